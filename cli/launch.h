/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_LAUNCH_H
#define BH_CLI_LAUNCH_H

/*
 * The processes of a cell and the descriptors they share.  Descriptors are
 * made once; processes of a domain may be started many times.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/cell.h"
#include "device.h"
#include "names.h"
#include "plan.h"
#include "spawn.h"
#include "tee.h"

struct core_slot {
	struct process process;
	int image;
	int root; /* -1: none */
	int kept; /* likewise */
	int area;
	int doorbell;
	int wake;         /* devices only, else -1 */
	int death;        /* wait status of its last end */
	unsigned generation; /* how many times it has been started */
};

struct domain_slot {
	struct device_slot device;
	struct core_slot cores[BH_MAX_VARIANTS];
	int outputs[BH_CONSOLE_STREAMS]; /* as exo gets them, -1: none */
	int output_read; /* our end if the output passes through us, or -1 */
};

/* Closes what exo writes the domain's console to, as far as it is ours. */
void launch_close_outputs(struct domain_slot *slot);

struct launch {
	const struct plan *plan;
	struct host host;
	struct process exo;
	int control;     /* our end of the socket */
	int control_exo; /* exo's end, closed once exo has it */
	int cell;
	int report; /* memfd of raw reports */
	int trace;
	struct tee log;  /* copies the terminal's output to a file */
	int json;        /* the file that the JSON report goes to, or -1 */
	int status_read; /* failures of children before exec */
	int status_write;
	int exo_executable;
	int core_executables[CORE_KINDS]; /* by kind; -1: not used */
	int kvm;
	struct domain_slot domains[BH_MAX_DOMAINS];
};

/* Opens and creates everything; starts nothing. */
int launch_prepare(struct launch *launch, const struct plan *plan,
                   const struct host *host, struct problem *problem);

/* The host refuses a namespace: probe it, prepare anew, start again. */
#define LAUNCH_REFUSED 1

/* Starts exo and all cores.  Returns 0, -1 or LAUNCH_REFUSED. */
int launch_start(struct launch *launch, struct problem *problem);

/* Starts all cores of a domain again, with new layouts. */
int launch_restart(struct launch *launch, unsigned domain,
                   struct problem *problem);

/* Starts one core again, which is dead, with a new layout. */
int launch_replace(struct launch *launch, unsigned domain, unsigned variant,
                   struct problem *problem);

/* Waits for the end of every process, killing it first. */
void launch_kill(struct launch *launch);

void launch_close(struct launch *launch);

/* One line about what this host does not offer, or NULL if nothing. */
const char *launch_weaker(const struct launch *launch, struct problem *text);

/* cell.c: what exo is told, and the descriptors that go with it. */
#define CELL_FDS_MAX 512u
unsigned cell_describe(const struct launch *launch, struct bh_cell *cell,
                       int fds[CELL_FDS_MAX]);

/* start.c: a memfd with the start block of one variant, or -errno. */
int start_block(const struct launch *launch, unsigned domain, unsigned variant);

#endif
