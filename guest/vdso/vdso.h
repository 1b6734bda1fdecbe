/* SPDX-License-Identifier: ISC */
#ifndef BH_GUEST_VDSO_H
#define BH_GUEST_VDSO_H

/*
 * What guest/linux and the code that it maps into a program share: the page of
 * data behind that code.
 */

#include <stdint.h>

struct vdso_data {
	uint64_t monotonic, realtime; /* ns, of the last exchange */
	uint32_t reads;               /* since then */
	uint32_t reserved;
};

/* After so many the kernel is asked, which then exchanges. */
#define VDSO_READS_MAX 20000u

#endif
