/* SPDX-License-Identifier: ISC */
/* links: @plan */
/* libs: -lcyaml -lyaml -lnettle */

/* The plan of a run: numbers, names, images, cores and channel tables. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <elf.h>

#include "cli/memory.h"
#include "cli/plan.h"
#include "tests/unit/test.h"

static char folder[] = "/tmp/bh-test-plan-XXXXXX";
static struct plan plan;
static struct problem problem;

static void write_image(const char *name, uint16_t machine)
{
	Elf64_Ehdr header = {.e_machine = machine};
	char path[256];
	FILE *file;

	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(&header, sizeof(header), 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static int setup_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	write_image("x86_64.elf", EM_X86_64);
	write_image("aarch64.elf", EM_AARCH64);
	write_image("sparc.elf", EM_SPARCV9);
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"x86_64.elf", "aarch64.elf",
	                                    "sparc.elf"};
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static struct plan_domain *add_domain(const char *name, const char *set)
{
	struct plan_domain *domain = &plan.domains[plan.domain_count++];

	plan_domain_init(domain);
	assert_int_equal(plan_set_name(domain->name, name, "name", &problem),
	                 0);
	domain->set = memory_string(set);
	return domain;
}

static int clear_plan(void **state)
{
	(void)state;
	plan_free(&plan);
	return 0;
}

static void parses_sizes(void **state)
{
	uint64_t size;

	(void)state;
	assert_int_equal(plan_parse_size("64K", 1 << 20, "s", &size, &problem),
	                 0);
	assert_int_equal(size, 65536);
	assert_int_equal(plan_parse_size("1m", 1 << 20, "s", &size, &problem),
	                 0);
	assert_int_equal(size, 1 << 20);
	assert_int_equal(plan_parse_size("1", 1 << 20, "s", &size, &problem),
	                 0);
	assert_int_equal(size, 4096);
}

static void refuses_sizes(void **state)
{
	static const char *const bad[] = {"",
	                                  "0",
	                                  "-1",
	                                  "+1",
	                                  " 1",
	                                  "1T",
	                                  "1KK",
	                                  "K",
	                                  "2M",
	                                  "1.5M",
	                                  "99999999999999999999",
	                                  "18014398509481984K"};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		        plan_parse_size(bad[i], 1 << 20, "s", &size, &problem),
		        -1);
}

static void parses_isas(void **state)
{
	struct plan_variant variant = {.core = BH_CORE_ANY};

	(void)state;
	assert_int_equal(plan_parse_isa(&variant, "x86_64:kvm", &problem), 0);
	assert_int_equal(variant.isa, BH_ISA_X86_64);
	assert_int_equal(variant.core, BH_CORE_KVM);
	assert_int_equal(plan_parse_isa(&variant, "i386", &problem), -1);
	assert_non_null(strstr(problem.text, "riscv64"));
	assert_int_equal(plan_parse_isa(&variant, "x86_64:", &problem), -1);
	assert_int_equal(plan_parse_isa(&variant, "x86_64:xen", &problem), -1);
	assert_int_equal(plan_parse_isa(&variant,
	                                "a-name-that-is-longer-than-any-isa-is",
	                                &problem),
	                 -1);
}

static void refuses_names(void **state)
{
	char name[BH_NAME_SIZE];

	(void)state;
	assert_int_equal(plan_set_name(name, "a-b_c.9", "n", &problem), 0);
	assert_int_equal(plan_set_name(name, "", "n", &problem), -1);
	assert_int_equal(plan_set_name(name, "a b", "n", &problem), -1);
	assert_int_equal(plan_set_name(name, "\033[31m", "n", &problem), -1);
	assert_int_equal(plan_set_name(name, "0123456789012345678901234567890",
	                               "n", &problem),
	                 0);
	assert_int_equal(plan_set_name(name, "01234567890123456789012345678901",
	                               "n", &problem),
	                 -1);
}

static void finds_all_images(void **state)
{
	(void)state;
	add_domain("guest", folder);
	assert_int_equal(plan_complete(&plan, &problem), 0);
	assert_int_equal(plan.domains[0].variant_count, 2);
	assert_int_equal(plan.domains[0].variants[0].isa, BH_ISA_X86_64);
	assert_int_equal(plan.domains[0].variants[1].isa, BH_ISA_AARCH64);
	assert_int_not_equal(plan.domains[0].variants[0].core, BH_CORE_ANY);
}

static void picks_one_twice(void **state)
{
	struct plan_domain *domain = add_domain("guest", folder);

	(void)state;
	domain->isa_count = 2;
	domain->isas[0].isa = domain->isas[1].isa = BH_ISA_AARCH64;
	domain->isas[1].core = BH_CORE_UNICORN;
	assert_int_equal(plan_complete(&plan, &problem), 0);
	assert_int_equal(domain->variant_count, 2);
	assert_int_equal(domain->variants[1].core, BH_CORE_UNICORN);
}

static void refuses_missing_images(void **state)
{
	struct plan_domain *domain = add_domain("guest", folder);

	(void)state;
	domain->isa_count = 1;
	domain->isas[0].isa = BH_ISA_RISCV64;
	assert_int_equal(plan_complete(&plan, &problem), -1);
	assert_non_null(strstr(problem.text, "riscv64"));
}

static void refuses_foreign_images(void **state)
{
	struct plan_domain *domain = add_domain("guest", "unused");
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/sparc.elf", folder);
	domain->variants[0].image = memory_string(path);
	domain->variant_count = 1;
	assert_int_equal(plan_complete(&plan, &problem), -1);
	assert_non_null(strstr(problem.text, "sparc.elf"));
}

static void refuses_wrong_isa(void **state)
{
	struct plan_domain *domain = add_domain("guest", "unused");
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/x86_64.elf", folder);
	domain->variants[0].image = memory_string(path);
	domain->variants[0].isa = BH_ISA_AARCH64;
	domain->variant_count = 1;
	assert_int_equal(plan_complete(&plan, &problem), -1);
	assert_non_null(strstr(problem.text, "aarch64"));
}

static void refuses_impossible_core(void **state)
{
	struct plan_domain *domain = add_domain("guest", folder);
	enum bh_isa foreign = BH_ISA_AARCH64;
	const char *best = "use xlate";

	(void)state;
#if defined(__aarch64__)
	foreign = BH_ISA_X86_64;
	best = "use unicorn";
#endif
	domain->isa_count = 1;
	domain->isas[0].isa = foreign;
	domain->isas[0].core = BH_CORE_NATIVE;
	assert_int_equal(plan_complete(&plan, &problem), -1);
	assert_non_null(strstr(problem.text, best));
}

static void numbers_channels(void **state)
{
	struct plan_connection *connection = &plan.connections[0];
	struct plan_domain *client, *server;

	(void)state;
	client = add_domain("client", folder);
	server = add_domain("server", folder);
	server->service = true;
	server->recovery = 4096;
	*connection = (struct plan_connection){
	        "store", 0, 1, BH_PROTOCOL_SERVICE, 16, 0, 0};
	plan.connection_count = 1;
	assert_int_equal(plan_complete(&plan, &problem), 0);
	assert_int_equal(plan.terminal, 0);
	assert_int_equal(client->channel_count, 5);
	assert_int_equal(server->channel_count, 6);
	assert_int_equal(connection->client_channel, 4);
	assert_int_equal(connection->server_channel, 5);
	assert_string_equal(server->channels[4].name, "recovery");
	assert_int_equal(server->channels[5].role, BH_ROLE_SERVER);
	assert_int_equal(client->channels[4].credit, 16);
}

static void refuses_only_services(void **state)
{
	(void)state;
	add_domain("guest", folder)->service = true;
	assert_int_equal(plan_complete(&plan, &problem), -1);
}

static void refuses_too_many_channels(void **state)
{
	(void)state;
	add_domain("client", folder);
	add_domain("server", folder);
	for (unsigned c = 0; c < BH_MAX_CHANNELS - 3; c++)
		plan.connections[plan.connection_count++] =
		        (struct plan_connection){
		                "c", 0, 1, BH_PROTOCOL_SERVICE, 1, 0, 0};
	assert_int_equal(plan_complete(&plan, &problem), -1);
	assert_non_null(strstr(problem.text, "channels"));
}

static void refuses_long_arguments(void **state)
{
	struct plan_domain *domain = add_domain("guest", folder);
	char *text = memory_new(1, 70000);

	(void)state;
	memset(text, 'a', 69999);
	plan_strings_add(&domain->arguments, text);
	free(text);
	assert_int_equal(plan_complete(&plan, &problem), -1);
	assert_non_null(strstr(problem.text, "65536"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_teardown(f, clear_plan)
	const struct CMUnitTest tests[] = {
	        CASE(parses_sizes),
	        CASE(refuses_sizes),
	        CASE(parses_isas),
	        CASE(refuses_names),
	        CASE(finds_all_images),
	        CASE(picks_one_twice),
	        CASE(refuses_missing_images),
	        CASE(refuses_foreign_images),
	        CASE(refuses_wrong_isa),
	        CASE(refuses_impossible_core),
	        CASE(numbers_channels),
	        CASE(refuses_only_services),
	        CASE(refuses_too_many_channels),
	        CASE(refuses_long_arguments),
	};

	return cmocka_run_group_tests(tests, setup_folder, remove_folder);
}
