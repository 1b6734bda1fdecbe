/* SPDX-License-Identifier: ISC */
#include "doctor.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bh.h"
#include "problem.h"

static const char help[] =
        "usage: bh doctor [--json]\n"
        "\n"
        "Says what this host offers, what bh will use of it, and what to do\n"
        "about what is missing.\n"
        "\n"
        "Exit status: 0 if bh can run, 1 if it cannot.\n";

static const char *const states[] = {
        [DOCTOR_OK] = "ok",
        [DOCTOR_WEAKER] = "weaker",
        [DOCTOR_MISSING] = "missing",
        [DOCTOR_NOTE] = "note",
};

struct doctor_item *doctor_add(struct doctor *doctor, const char *name,
                               enum doctor_state state)
{
	struct doctor_item *item = &doctor->items[doctor->count++];

	snprintf(item->name, sizeof(item->name), "%s", name);
	item->state = state;
	return item;
}

static void print_text(const struct doctor *doctor)
{
	for (unsigned i = 0; i < doctor->count; i++) {
		const struct doctor_item *item = &doctor->items[i];

		printf("%-8s %-22s %s%s%s\n", states[item->state], item->name,
		       item->found, item->advice[0] ? ": " : "", item->advice);
	}
}

static void print_json(const struct doctor *doctor, bool able)
{
	json_t *items = json_array();
	json_t *root;

	for (unsigned i = 0; i < doctor->count; i++) {
		const struct doctor_item *item = &doctor->items[i];

		json_array_append_new(
		        items,
		        json_pack("{s:s, s:s, s:s, s:s}", "name", item->name,
		                  "state", states[item->state], "found",
		                  item->found, "advice", item->advice));
	}
	root = json_pack("{s:b, s:o}", "able", able, "items", items);
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static bool is_able(const struct doctor *doctor)
{
	for (unsigned i = 0; i < doctor->count; i++)
		if (doctor->items[i].state == DOCTOR_MISSING)
			return false;
	return true;
}

int command_doctor(int argc, char **argv)
{
	static const struct option options[] = {
	        {"json", no_argument, NULL, 'j'},
	        {"help", no_argument, NULL, 'h'},
	        {NULL, 0, NULL, 0},
	};
	static struct doctor doctor;
	struct problem problem;
	bool json = false, able;
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return 0;
		}
		if (option != 'j') {
			problem_option(&problem, "doctor", option, argc, argv);
			return bh_complain("%s", problem.text);
		}
		json = true;
	}
	if (optind < argc)
		return bh_complain("doctor: what is %s? (see bh doctor --help)",
		                   argv[optind]);
	doctor_check_host(&doctor);
	doctor_check_namespaces(&doctor);
	doctor_check_kvm(&doctor);
	doctor_check_programs(&doctor);
	able = is_able(&doctor);
	if (json)
		print_json(&doctor, able);
	else
		print_text(&doctor);
	return able ? 0 : 1;
}
