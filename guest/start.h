/* SPDX-License-Identifier: ISC */
#ifndef BH_GUEST_START_H
#define BH_GUEST_START_H

/* What the ELF entry (start_ISA.S) and the first C code of an image need.  Of
 * a C library nothing, so that kernels use it too. */

#include "abi/boot.h"

/* Called by the ELF entry with the boot information. */
void bh_start(const struct bh_boot_info *boot)
        __attribute__((noreturn, visibility("hidden")));

/*
 * Applies the image's relocations; before it no address that the image holds
 * may be used.
 */
void bh_relocate(void) __attribute__((visibility("hidden")));

#endif
