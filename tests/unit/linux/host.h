/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_UNIT_LINUX_HOST_H
#define BH_TESTS_UNIT_LINUX_HOST_H

/* Pages of the test's own process, apart from the kernel's headers, which have
 * the same names for other things.  PROTECTION: a set of HOST_*. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_READ = 1, HOST_WRITE = 2 };

/* Zeroed pages, in the place of what is there; false: no memory. */
bool host_map(uint64_t address, uint64_t size, int protection);
bool host_protect(uint64_t address, uint64_t size, int protection);
/* Takes a range where nothing is. */
bool host_reserve(uint64_t address, uint64_t size);
/* Pages anywhere, or NULL. */
void *host_pages(size_t size);

/* Stack that is used anew: a sanitizer forgets the frames that were left without
 * a return. */
void host_renew_stack(void *stack, size_t size);

/* The test is over. */
void host_die(const char *text, ...)
        __attribute__((noreturn, format(printf, 1, 2)));

#endif
