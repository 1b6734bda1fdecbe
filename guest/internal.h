/* SPDX-License-Identifier: ISC */
#ifndef BH_GUEST_INTERNAL_H
#define BH_GUEST_INTERNAL_H

/* What the files of the SDK know of each other; not for guests. */

#include "guest/bh.h"
#include "guest/start.h"

/* The guest's program.  One that takes fewer arguments ignores the rest. */
int main(int argc, char **argv, char **envp);

/* exchange.c */
void bh_exchange_init(const struct bh_boot_info *boot);

/*
 * Tags of the SDK's own.  The reply to a tag with the second bit is not for
 * the guest: bh_recovery_completed() gets it.
 */
#define BH_TAG_SDK (UINT64_C(1) << 63)
#define BH_TAG_RECOVERY (UINT64_C(1) << 62)

/* Appends a record whose header is complete except for its size. */
int bh_submit_record(const struct bh_record *header, const void *payload,
                     size_t size);

/* As bh_exchange(), but never answered from records that are kept. */
int bh_exchange_raw(enum bh_wait wait, uint64_t tag, uint64_t deadline);

/* recovery.c */
void bh_recovery_completed(const struct bh_record *record);

/* libc_system.c */
void bh_heap_init(const struct bh_boot_info *boot);

/* The C library's errno for a negative bh_error. */
int bh_errno(int64_t status);

#endif
