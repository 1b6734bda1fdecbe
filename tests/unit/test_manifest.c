/* SPDX-License-Identifier: ISC */
/* links: cli/manifest.o cli/manifest_schema.o @plan */
/* libs: -lcyaml -lyaml -lnettle */

/* Manifests: what they yield, and that each error names file, line and key. */

#include <stdio.h>
#include <string.h>

#include "cli/manifest.h"
#include "tests/unit/test.h"

static struct plan plan;
static struct problem problem;

static int parse(const char *text)
{
	return manifest_parse("dir/cell.yaml", text, strlen(text), &plan,
	                      &problem);
}

static int clear_plan(void **state)
{
	(void)state;
	plan_free(&plan);
	return 0;
}

static void reads_everything(void **state)
{
	(void)state;
	assert_int_equal(
	        parse("domains:\n"
	              "  - name: web\n"
	              "    set: web\n"
	              "    isas: [x86_64, 'x86_64:kvm', riscv64]\n"
	              "    memory: 16M\n"
	              "    stack: 256K\n"
	              "    arguments: [-v, '8080']\n"
	              "    environment: ['A=b', 'C=']\n"
	              "    response: report\n"
	              "    deadline: 250\n"
	              "    console: false\n"
	              "  - name: store\n"
	              "    variants:\n"
	              "      - {isa: aarch64, core: unicorn, image: /s/a.elf}\n"
	              "      - {isa: x86_64, image: s/x.elf}\n"
	              "    service: true\n"
	              "    restart: yes\n"
	              "    recovery: 64K\n"
	              "channels:\n"
	              "  - {name: kv, client: web, server: store, credit: "
	              "4}\n"),
	        0);
	assert_int_equal(plan.domain_count, 2);
	assert_string_equal(plan.domains[0].set, "dir/web");
	assert_int_equal(plan.domains[0].isa_count, 3);
	assert_int_equal(plan.domains[0].isas[1].core, BH_CORE_KVM);
	assert_int_equal(plan.domains[0].memory, 16 << 20);
	assert_int_equal(plan.domains[0].stack, 256 << 10);
	assert_int_equal(plan.domains[0].arguments.count, 3);
	assert_string_equal(plan.domains[0].arguments.items[0], "web");
	assert_string_equal(plan.domains[0].arguments.items[2], "8080");
	assert_int_equal(plan.domains[0].environment.count, 2);
	assert_int_equal(plan.domains[0].response, BH_RESPONSE_REPORT);
	assert_int_equal(plan.domains[0].deadline, 250);
	assert_true(plan.domains[0].quiet);
	assert_false(plan.domains[0].service);
	assert_int_equal(plan.domains[1].variant_count, 2);
	assert_string_equal(plan.domains[1].variants[0].image, "/s/a.elf");
	assert_string_equal(plan.domains[1].variants[1].image, "dir/s/x.elf");
	assert_int_equal(plan.domains[1].variants[1].core, BH_CORE_ANY);
	assert_true(plan.domains[1].service);
	assert_true(plan.domains[1].restart);
	assert_int_equal(plan.domains[1].recovery, 65536);
	assert_int_equal(plan.connection_count, 1);
	assert_int_equal(plan.connections[0].client, 0);
	assert_int_equal(plan.connections[0].server, 1);
	assert_int_equal(plan.connections[0].credit, 4);
}

static void reads_the_short_form(void **state)
{
	(void)state;
	assert_int_equal(parse("set: ../hello\narguments: [a]\n"), 0);
	assert_int_equal(plan.domain_count, 1);
	assert_string_equal(plan.domains[0].name, "hello");
	assert_string_equal(plan.domains[0].set, "dir/../hello");
	assert_int_equal(plan.domains[0].memory, 0);
	assert_false(plan.domains[0].arena);
}

static void reads_arenas(void **state)
{
	(void)state;
	assert_int_equal(parse("name: a\nvariants:\n"
	                       "  - {isa: riscv64, image: a, root: b}\n"
	                       "arena: 8G\nmemory: 2G\n"),
	                 0);
	assert_string_equal(plan.domains[0].variants[0].root, "dir/b");
	assert_true(plan.domains[0].arena);
	assert_int_equal(plan.domains[0].arena_high, UINT64_C(8) << 30);
	assert_int_equal(plan.domains[0].memory, UINT64_C(2) << 30);
}

static void reads_whether_there_is_an_arena(void **state)
{
	(void)state;
	assert_int_equal(parse("set: a\narena: yes\n"), 0);
	assert_true(plan.domains[0].arena);
	assert_int_equal(plan.domains[0].arena_high, 0);
}

/* Each text is refused with a message that starts and contains as said. */
static const struct {
	const char *text, *start, *contains;
} refused[] = {
        {"", "dir/cell.yaml:1:", ""},
        {"\tset: a\n", "dir/cell.yaml:1:", "token"},
        {"set: [\n", "dir/cell.yaml:", ""},
        {"set: a\narena: 1000G\n", "dir/cell.yaml:2: arena:", "range"},
        {"set: a\narena: some\n", "dir/cell.yaml:2: arena:", "neither"},
        {"just text\n", "dir/cell.yaml:1:", "MAPPING"},
        {"set: a\nbogus: 1\n", "dir/cell.yaml:2: bogus:", "unknown key"},
        {"domains:\n  - name: a\n    set: a\n    mem: 1\n",
         "dir/cell.yaml:4: mem:", "unknown key"},
        {"domains:\n  - set: a\n", "dir/cell.yaml:2: name:", "name"},
        {"domains:\n  - name: a\n    set: a\n    memory: lots\n",
         "dir/cell.yaml:4: memory:", "'lots'"},
        {"domains:\n  - name: a\n    set: a\n    deadline: 0\n",
         "dir/cell.yaml:4: deadline:", "'0'"},
        {"domains:\n  - name: a\n    set: a\n    service: maybe\n",
         "dir/cell.yaml:4: service:", "maybe"},
        {"domains:\n  - name: a\n    set: a\n    response: maybe\n",
         "dir/cell.yaml:4: response:", "vote"},
        {"domains:\n  - name: a\n    set: a\n    isas: [z80]\n",
         "dir/cell.yaml:4: isas:", "z80"},
        {"domains:\n  - name: a\n    set: a\n    isas: x86_64\n",
         "dir/cell.yaml:4: isas:", "SEQUENCE"},
        {"domains:\n  - name: a\n", "dir/cell.yaml:2: name:", "'set'"},
        {"domains:\n  - name: a b\n    set: a\n",
         "dir/cell.yaml:2: name:", "letters"},
        {"domains:\n  - {name: a, set: a}\n  - {name: a, set: b}\n",
         "dir/cell.yaml:3: name:", "two domains"},
        {"domains:\n  - name: a\n    set: a\n    environment: [A]\n",
         "dir/cell.yaml:4: environment:", "NAME=VALUE"},
        {"domains:\n  - {name: a, set: a}\nchannels:\n"
         "  - {name: c, client: a, server: b}\n",
         "dir/cell.yaml:4: server:", "'b'"},
        {"domains:\n  - {name: a, set: a}\nchannels:\n"
         "  - {name: c, client: a, server: a}\n",
         "dir/cell.yaml:4: server:", "its own"},
        {"domains:\n  - {name: a, set: a}\nchannels:\n  - {name: c}\n",
         "dir/cell.yaml:4: client:", "missing"},
        {"domains:\n  - {name: a, set: a}\n  - {name: b, set: b}\nchannels:\n"
         "  - {name: c, client: a, server: b, credit: 65}\n",
         "dir/cell.yaml:5: credit:", "'65'"},
        {"set: a\ndomains:\n  - {name: a, set: a}\n",
         "dir/cell.yaml:2:", "either"},
        {"set: a\nvariants: [{isa: x86_64, image: a}]\n",
         "dir/cell.yaml:1: set:", "either"},
};

static void refuses_with_file_line_and_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int r = parse(refused[i].text);

		plan_free(&plan);
		if (r == -1 &&
		    strncmp(problem.text, refused[i].start,
		            strlen(refused[i].start)) == 0 &&
		    strstr(problem.text, refused[i].contains))
			continue;
		print_error("manifest:\n%s\nmessage: %s\n", refused[i].text,
		            r ? problem.text : "(accepted)");
		fail();
	}
}

static void refuses_too_many(void **state)
{
	char text[4096] = "domains:\n";

	(void)state;
	for (unsigned d = 0; d <= BH_MAX_DOMAINS; d++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		         "  - {name: d%u, set: a}\n", d);
	assert_int_equal(parse(text), -1);
	assert_non_null(strstr(problem.text, "dir/cell.yaml:"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_teardown(f, clear_plan)
	const struct CMUnitTest tests[] = {
	        CASE(reads_everything),
	        CASE(reads_the_short_form),
	        CASE(reads_arenas),
	        CASE(reads_whether_there_is_an_arena),
	        CASE(refuses_with_file_line_and_key),
	        CASE(refuses_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
