/* SPDX-License-Identifier: ISC */
#ifndef BH_LIB_SANDBOX_H
#define BH_LIB_SANDBOX_H

/*
 * What every role sheds when it starts, in this order:
 *
 *   namespaces     entered by the launcher, see abi/core.h
 *   empty root     an empty read-only tmpfs instead of the host's files
 *   capabilities   none left, none to be gained (no_new_privs)
 *   limits         core dumps, growing files, new processes, locked memory
 *   Landlock       no file (but those of `folder`), no TCP port, no abstract
 *                  socket, no signal out
 *   seccomp        the role's own table
 *
 * A role calls bh_sandbox_enter() first and bh_seccomp_enter() when its
 * set-up is complete.
 */

#include <stdbool.h>
#include <stdint.h>

struct bh_sandbox {
	bool root;        /* replace the root; needs a mount namespace */
	bool landlock;    /* the kernel has Landlock */
	bool writes_files; /* may extend files that it holds open */
	bool starts_threads; /* leave RLIMIT_NPROC as it is: the kernel starts a
	                        thread of its own on the role's behalf, as KVM
	                        does at the first entry into a guest */
	int folder;       /* O_PATH descriptor of the one folder whose files the
	                     role may use, 0: none */
	bool folder_read_only;
	const uint16_t *connect_ports; /* TCP ports that it may connect to; port 0
	                                  stands for all */
	uint32_t connect_count;
	int keep_fds;     /* highest descriptor to stay open; others are closed */
	uint64_t address_space; /* RLIMIT_AS in bytes, 0: leave as it is */
};

/*
 * Applies the stages above, seccomp excepted.  Returns 0, or -errno with
 * *stage naming the stage that failed (a static string).
 */
int bh_sandbox_enter(const struct bh_sandbox *sandbox, const char **stage);

#endif
