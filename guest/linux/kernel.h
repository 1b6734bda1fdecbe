/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_KERNEL_H
#define BH_LINUX_KERNEL_H

/*
 * The Linux personality: a kernel that lives inside a guest and runs one
 * unmodified Linux program, with threads, on one vCPU.
 *
 * Program and kernel share one flat address space and one privilege level; a
 * program that breaks its kernel has broken only its own variant.  The kernel
 * is one image per instruction set, built from these sources without a C
 * library and without floating point (a system call keeps the program's
 * vector registers where they are).
 *
 * The one rule that everything here obeys: what the kernel submits, and when,
 * must be the same in all variants.  So nothing that differs between them (an
 * address, a system call number, how often a library calls mmap) may reach a
 * record or decide when one leaves.  Threads switch only when one blocks, in
 * the order of a queue; time stands still between exchanges.
 *
 * Conventions: functions return 0 or a positive result, or a negative Linux
 * errno (errno.h); sizes in bytes, times in nanoseconds.  Addresses of the
 * program are uint64_t and are never dereferenced except by mm.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/linux/errno.h"
#include "guest/linux/list.h"
#include "guest/linux/string.h"

#define PAGE_SIZE 4096u
#define PAGE_MASK ((uint64_t)PAGE_SIZE - 1)

#define PAGE_DOWN(x) ((uint64_t)(x) & ~PAGE_MASK)
#define PAGE_UP(x) (((uint64_t)(x) + PAGE_MASK) & ~PAGE_MASK)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define NANOSECONDS UINT64_C(1000000000)
#define NEVER UINT64_MAX

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * One line of the kernel's own for the user, on the console's error stream.
 * It is compared like all output: what it says must be the same in all
 * variants.  Formats: %s %d %u %x %c with l and ll, %%.
 */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The kernel has found itself broken: ends the guest (BH_CONTROL_ABORT). */
void panic(const char *why) __attribute__((noreturn));

/* Kernel memory, 16-byte aligned.  NULL if there is none left. */
void *memory_allocate(size_t size);
void *memory_zeroed(size_t size);
void *memory_resize(void *memory, size_t size);
void memory_free(void *memory);

/* Whole zeroed pages of kernel memory; contents of tmpfs files, stacks. */
void *memory_pages(size_t count);
void memory_free_pages(void *pages, size_t count);

/* Bytes of kernel memory in use, and the limit (/proc/meminfo, tmpfs). */
uint64_t memory_used(void);
uint64_t memory_limit(void);

#endif
