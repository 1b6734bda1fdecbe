/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_VOLUME_H
#define BH_CLI_VOLUME_H

/* Volumes: folders of the host that a guest gets, each through a device. */

#include "plan.h"

/*
 * Parses "HOSTFOLDER:GUESTFOLDER[:ro]" and adds it to the domain.  RESOLVE
 * makes HOSTFOLDER what it is relative to; NULL: it stays as it is.
 */
int volume_parse(struct plan_domain *domain, const char *text,
                 char *(*resolve)(const void *context, const char *path),
                 const void *context, struct problem *problem);

void volume_release(struct plan_volume *volume);

/* Adds devices and channels for the volumes of domain NUMBER, and tells its
 * kernel where they are to be mounted. */
int volume_plan(struct plan *plan, unsigned number, struct problem *problem);

#endif
