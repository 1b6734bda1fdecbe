/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_DEVICE_H
#define BH_CLI_DEVICE_H

/*
 * Devices as the launcher sees them: a program below libexec, descriptors that
 * are its purpose, and a configuration block (abi/device.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi/boot.h"
#include "plan.h"

#define DEVICE_FDS_MAX 64u

/* What one device gets whenever it is started. */
struct device_slot {
	int executable;          /* -1: not opened */
	int fds[DEVICE_FDS_MAX]; /* owned; they become BH_DEVICE_FD_FIRST ... */
	unsigned fd_count;
	/* If root starts it: this user instead of nobody. */
	bool as_owner;
	uid_t uid;
	gid_t gid;
	void *configuration;     /* owned */
	size_t configuration_size;
};

struct device_kind {
	const char *program; /* "bh-device-net" */
	enum bh_protocol protocol;
	bool network; /* it stays in the host's network namespace */
	/*
	 * Opens what the device needs, before anything is started.  PLAN and
	 * NUMBER are the device's.  Returns 0 or -1 with one line.  What has
	 * been put into SLOT is released by the caller in any case.
	 */
	int (*prepare)(const struct plan *plan, unsigned number,
	               struct device_slot *slot, struct problem *problem);
};

void device_slot_init(struct device_slot *slot);
void device_slot_release(struct device_slot *slot);

/* Opens the program and calls prepare(). */
int device_prepare(const struct plan *plan, unsigned number,
                   struct device_slot *slot, struct problem *problem);

/* A memfd with the start block for one life of the device, or -errno. */
int device_start_block(const struct device_slot *slot, uint32_t sandbox_flags,
                       uint32_t buffer_size);

#endif
