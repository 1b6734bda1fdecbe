/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_DOCTOR_H
#define BH_CLI_DOCTOR_H

/*
 * What this host offers.  Each check looks for itself (it tries the thing; it
 * does not infer it from version numbers) and reports one item.
 */

#include <stdbool.h>

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_WEAKER,  /* bh runs, with less; advice says less of what */
	DOCTOR_MISSING, /* bh cannot run at all */
	DOCTOR_NOTE,    /* neither good nor bad */
};

struct doctor_item {
	char name[32];
	enum doctor_state state;
	char found[160];
	char advice[256]; /* what is weaker, and what to do; or empty */
};

#define DOCTOR_ITEMS_MAX 40u

struct doctor {
	struct doctor_item items[DOCTOR_ITEMS_MAX];
	unsigned count;
};

/* Adds an item whose texts the caller then fills in. */
struct doctor_item *doctor_add(struct doctor *doctor, const char *name,
                               enum doctor_state state);

void doctor_check_host(struct doctor *doctor); /* kernel and CPU */
void doctor_check_namespaces(struct doctor *doctor);
void doctor_check_kvm(struct doctor *doctor);
void doctor_check_programs(struct doctor *doctor); /* what is installed */

#endif
