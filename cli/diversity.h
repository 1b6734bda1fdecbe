/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_DIVERSITY_H
#define BH_CLI_DIVERSITY_H

/*
 * What makes the variants of a Linux program unlike beyond their random layout
 * (`bh run --diversify`, bh-run(1)).  Which variant gets what follows from its
 * index; the kernel inside carries it out, as options and as variables for the
 * start of the C library (guest/linux/start.h).
 */

#include <stdint.h>

#include "plan.h"
#include "problem.h"

struct image;

enum {
	DIVERSITY_ORDER = 1,     /* mappings from the other end of memory */
	DIVERSITY_GAPS = 2,      /* pages between mappings that are not mapped */
	DIVERSITY_HEAP = 4,      /* glibc's allocator: what freed memory holds,
	                            and when it is used again */
	DIVERSITY_ALLOCATOR = 8, /* another allocator, if the image holds one */
	DIVERSITY_NEEDED = 16,   /* ... which it must */
};

/* Longest that diversity_add() adds to one variant. */
#define DIVERSITY_BYTES 256u

/*
 * Parses "KIND[,KIND]..." of order, gaps, heap, allocator and all; NULL is all.
 * WHAT names it in the message.
 */
int diversity_parse(unsigned *diversity, const char *text, const char *what,
                    struct problem *problem);

/* Finds the allocators of the image for the variants of DOMAIN. */
int diversity_plan(struct plan_domain *domain, const struct image *image,
                   struct problem *problem);

/* Appends what is particular to VARIANT to the environment of its start. */
void diversity_add(const struct plan_domain *domain, unsigned variant,
                   uint64_t random, struct plan_strings *environment);

#endif
