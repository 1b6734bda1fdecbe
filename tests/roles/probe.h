/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_ROLES_PROBE_H
#define BH_TESTS_ROLES_PROBE_H

/*
 * A probe takes a role's place: the launcher's own code starts it in its
 * namespaces, it enters the role's sandbox and seccomp table, and then tries
 * what the role must not do.  What it finds goes to descriptor PROBE_FD as
 * lines of tests/run.
 */

#include "lib/sandbox.h"
#include "lib/seccomp.h"

#define PROBE_FD 3

struct probe_role {
	const char *name;
	const struct bh_seccomp_rule *(*rules)(size_t *count);
	struct bh_sandbox sandbox;
	unsigned most; /* different system calls that it may have; 0: any */
};

/* The rest of main(); argv[0] says what is to be tried. */
int probe_main(const struct probe_role *role, char **argv);

/* The same for a kind of core: all have one sandbox, but for threads. */
int probe_core_main(const char *name,
                    const struct bh_seccomp_rule *(*rules)(size_t *count),
                    bool starts_threads, unsigned most, char **argv);

/* probe_sandbox.c */
void probe_sandbox(const struct probe_role *role);
/* probe_calls.c */
void probe_calls(const struct probe_role *role);

/* One line: `ok ROLE-CASE` or `not ok ROLE-CASE: why`. */
void probe_say(const struct probe_role *role, const char *name, const char *why);
/* An `ok` line that ends in words of its own, for counts. */
void probe_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
