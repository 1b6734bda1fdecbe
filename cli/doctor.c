/* SPDX-License-Identifier: ISC */
#include "doctor.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bh.h"

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
	static struct doctor doctor;
	bool json = false, able;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			fputs(help, stdout);
			return 0;
		}
		if (strcmp(argv[i], "--json") != 0)
			return bh_complain("doctor: no such option: %s (see "
			                   "bh doctor --help)",
			                   argv[i]);
		json = true;
	}
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
