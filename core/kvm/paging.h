/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_KVM_PAGING_H
#define BH_CORE_KVM_PAGING_H

/*
 * Guest page tables: four levels, identity mapping (guest-virtual equals
 * guest-physical), 2 MiB pages wherever a range covers one, 4 KiB pages
 * elsewhere.
 *
 * The table pages come from a pool that the caller owns: host memory at
 * `memory`, guest-physical at `base`.  The pool itself is not mapped, so the
 * guest cannot reach its own tables.  Accessed and dirty bits are set from the
 * start, so that the processor never has to write to a table.
 *
 * Source: Intel SDM volume 3A, chapter 4.5 "4-level paging".
 */

#include <stdbool.h>
#include <stdint.h>

#define KVM_PAGE_SIZE       4096u
#define KVM_LARGE_PAGE_SIZE (UINT64_C(1) << 21)

/* One top-level entry's worth: more than BH_GUEST_TOP and what lies above. */
#define KVM_PAGING_TOP (UINT64_C(1) << 39)

enum kvm_page_flags {
	KVM_PAGE_WRITE = 1,
	KVM_PAGE_EXECUTE = 2,
	KVM_PAGE_USER = 4, /* ring 3 may use it */
};

struct kvm_paging {
	uint8_t *memory;   /* the pool, zeroed, page-aligned */
	uint64_t base;     /* its guest-physical address */
	uint32_t capacity; /* of the pool, in pages */
	uint32_t used;     /* pages taken so far; the first is the root */
};

/* Starts an empty table over a pool of at least one page. */
void kvm_paging_start(struct kvm_paging *paging, void *memory, uint64_t base,
                      uint32_t capacity);

/* The value for CR3. */
uint64_t kvm_paging_root(const struct kvm_paging *paging);

/*
 * Maps [address, address + size), both multiples of KVM_PAGE_SIZE, size not
 * zero.  Returns 0, -EINVAL (not aligned, beyond KVM_PAGING_TOP, or writable
 * and executable at once), -EEXIST (some of it is mapped already) or -ENOMEM
 * (the pool is used up).  After an error the range may be mapped in part.
 */
int kvm_paging_map(struct kvm_paging *paging, uint64_t address, uint64_t size,
                   unsigned flags);

/*
 * For memory that changes, in small pages only.  A table maps the
 * KVM_LARGE_PAGE_SIZE bytes around an address.  Nothing of them may have been
 * mapped as a large page.
 */
bool kvm_paging_has_table(const struct kvm_paging *paging, uint64_t address);

/* Makes one, without entries, where there is none: 0 or -ENOMEM. */
int kvm_paging_add_table(struct kvm_paging *paging, uint64_t address);

/* The pages from START to END, within one table that is there, get FLAGS
 * whatever they had; zero: they are mapped no more. */
void kvm_paging_set(struct kvm_paging *paging, uint64_t start, uint64_t end,
                    unsigned flags);

#endif
