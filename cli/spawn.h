/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_SPAWN_H
#define BH_CLI_SPAWN_H

/*
 * Starts a role (exo or a core) in namespaces of its own.
 *
 * The child is cloned into a user and a PID namespace, which is cheap, and
 * enters the other namespaces itself, so that those of several children are
 * created in parallel: a network namespace alone costs 0.6 ms.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "problem.h"

/* What this host grants to this user.  Starts as everything; what fails is
 * taken out by host_probe(). */
struct host {
	bool user_namespace;
	int namespaces; /* CLONE_NEW*, without CLONE_NEWUSER */
	bool landlock;
	bool root; /* the launcher is user 0 and may become nobody */
};

#define SPAWN_NAMESPACES                                                       \
	(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |            \
	 CLONE_NEWUTS | CLONE_NEWCGROUP)

struct spawn {
	const char *title; /* argv[0], for ps(1) */
	int executable;    /* open descriptor */
	const int *fds;    /* fds[i] becomes first + i; -1: stays closed */
	unsigned fd_count;
	int first;
	bool network; /* stays in the host's network namespace, and may have as
	                 many descriptors as the host allows */
	/* If root starts it: not nobody, but this user, without its other
	 * groups and without any capability. */
	bool as_owner;
	uid_t uid;
	gid_t gid;
	int status; /* write end of a pipe, close-on-exec: a child that
	               fails before exec writes a spawn_failure */
};

struct spawn_failure {
	int stage; /* enum spawn_stage */
	int error; /* errno */
};

enum spawn_stage {
	SPAWN_NAMESPACE, /* a namespace was refused: probe and try again */
	SPAWN_IDENTITY,
	SPAWN_DESCRIPTORS,
	SPAWN_EXECUTE,
};

const char *spawn_stage_name(int stage);


struct process {
	pid_t pid; /* 0: none */
	int pidfd;
};

/* An optimistic guess that costs nothing. */
void host_init(struct host *host);

/* Tries each namespace by itself and keeps in HOST what works. */
void host_probe(struct host *host);

/* The BH_CORE_NO_* flags of abi/core.h that a role must know. */
uint32_t host_sandbox_flags(const struct host *host);

/*
 * Starts the child and returns at once; *process is the caller's to reap.
 * Returns -errno if even the process could not be made; -EPERM, -ENOSPC,
 * -EINVAL and -EUSERS mean that the host refuses a namespace.
 */
int spawn_start(const struct spawn *spawn, const struct host *host,
                struct process *process);

/* Sends a signal; a process that is gone already is no error. */
void process_signal(const struct process *process, int signal);
/* Waits for the end and forgets the process. */
void process_reap(struct process *process);

#endif
