/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_GUESTS_SILENT_H
#define BH_TESTS_GUESTS_SILENT_H

/*
 * What the guests have in common that look for false alarms.  Each defines
 * probe(); silent.c calls it in every round with numbers that are random but
 * the same in all variants, and submits a digest of everything that the probe
 * has added: one exchange a round, in which a difference of one bit is a
 * divergence.
 *
 *      NAME [ROUNDS]           default 10000; prints the last digest
 */

#include <stddef.h>
#include <stdint.h>

/* One round; defined by the guest. */
void probe(uint64_t round);

/* Random, the same in all variants. */
uint64_t silent_random(void);

/* Adds to the digest: bytes, a number, formatted text. */
void silent_add(const void *bytes, size_t size);
void silent_add_number(uint64_t number);
void silent_add_text(const char *format, ...)
        __attribute__((format(printf, 1, 2)));

/* Covers the stack below the caller with addresses. */
void silent_soil_stack(void);

/*
 * Calls FUNCTION.  Returns 0, or the enum bh_fault of the trap that ended it;
 * the guest goes on.
 */
uint32_t silent_catch(void (*function)(void));

#endif
