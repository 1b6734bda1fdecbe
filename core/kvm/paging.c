/* SPDX-License-Identifier: ISC */
#include "core/kvm/paging.h"

#include <errno.h>
#include <stddef.h>

#define ENTRY_PRESENT    (UINT64_C(1) << 0)
#define ENTRY_WRITE      (UINT64_C(1) << 1)
#define ENTRY_USER       (UINT64_C(1) << 2)
#define ENTRY_ACCESSED   (UINT64_C(1) << 5)
#define ENTRY_DIRTY      (UINT64_C(1) << 6)
#define ENTRY_LARGE      (UINT64_C(1) << 7)
#define ENTRY_NO_EXECUTE (UINT64_C(1) << 63)
#define ENTRY_ADDRESS    UINT64_C(0x000ffffffffff000)

/* Levels count from the leaves: 0 is a page table, 1 a page directory. */
#define LEVEL_TABLE     0u
#define LEVEL_DIRECTORY 1u
#define LEVEL_ROOT      3u
#define INDEX_BITS      9u
#define INDEX_MASK      ((1u << INDEX_BITS) - 1)

void kvm_paging_start(struct kvm_paging *paging, void *memory, uint64_t base,
                      uint32_t capacity)
{
	paging->memory = memory;
	paging->base = base;
	paging->capacity = capacity;
	paging->used = 1;
}

uint64_t kvm_paging_root(const struct kvm_paging *paging)
{
	return paging->base;
}

static uint64_t *table_at(const struct kvm_paging *paging, uint64_t physical)
{
	return (uint64_t *)(void *)(paging->memory + (physical - paging->base));
}

static uint64_t *entry_in(uint64_t *table, uint64_t address, unsigned level)
{
	return &table[(address >> (12 + INDEX_BITS * level)) & INDEX_MASK];
}

/*
 * Inner entries permit everything: rights are decided by the leaf alone, so
 * two ranges that share a table cannot influence each other.
 */
static int add_table(struct kvm_paging *paging, uint64_t *entry)
{
	if (paging->used == paging->capacity)
		return -ENOMEM;
	*entry = (paging->base + (uint64_t)paging->used++ * KVM_PAGE_SIZE) |
	         ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER | ENTRY_ACCESSED;
	return 0;
}

/* Finds, or makes, the entry that maps ADDRESS at LEVEL. */
static int find_entry(struct kvm_paging *paging, uint64_t address,
                      unsigned level, uint64_t **found)
{
	uint64_t *table = table_at(paging, kvm_paging_root(paging));

	for (unsigned at = LEVEL_ROOT; at > level; at--) {
		uint64_t *entry = entry_in(table, address, at);

		if (!(*entry & ENTRY_PRESENT)) {
			int r = add_table(paging, entry);

			if (r)
				return r;
		}
		if (*entry & ENTRY_LARGE)
			return -EEXIST;
		table = table_at(paging, *entry & ENTRY_ADDRESS);
	}
	*found = entry_in(table, address, level);
	return 0;
}

static uint64_t leaf_bits(unsigned flags)
{
	uint64_t bits = ENTRY_PRESENT | ENTRY_ACCESSED | ENTRY_DIRTY;

	if (flags & KVM_PAGE_WRITE)
		bits |= ENTRY_WRITE;
	if (flags & KVM_PAGE_USER)
		bits |= ENTRY_USER;
	if (!(flags & KVM_PAGE_EXECUTE))
		bits |= ENTRY_NO_EXECUTE;
	return bits;
}

static bool range_is_valid(uint64_t address, uint64_t size)
{
	return size != 0 && address % KVM_PAGE_SIZE == 0 &&
	       size % KVM_PAGE_SIZE == 0 && address < KVM_PAGING_TOP &&
	       size <= KVM_PAGING_TOP - address;
}

int kvm_paging_map(struct kvm_paging *paging, uint64_t address, uint64_t size,
                   unsigned flags)
{
	uint64_t end = address + size;

	if (!range_is_valid(address, size) ||
	    ((flags & KVM_PAGE_WRITE) && (flags & KVM_PAGE_EXECUTE)))
		return -EINVAL;

	while (address < end) {
		bool large = address % KVM_LARGE_PAGE_SIZE == 0 &&
		             end - address >= KVM_LARGE_PAGE_SIZE;
		uint64_t *entry;
		int r = find_entry(paging, address,
		                   large ? LEVEL_DIRECTORY : LEVEL_TABLE,
		                   &entry);

		if (r)
			return r;
		if (*entry & ENTRY_PRESENT)
			return -EEXIST;
		*entry = address | leaf_bits(flags) | (large ? ENTRY_LARGE : 0);
		address += large ? KVM_LARGE_PAGE_SIZE : KVM_PAGE_SIZE;
	}
	return 0;
}

/* The table that maps ADDRESS, or NULL. */
static uint64_t *find_table(const struct kvm_paging *paging, uint64_t address)
{
	uint64_t *table = table_at(paging, kvm_paging_root(paging));

	for (unsigned at = LEVEL_ROOT; at > LEVEL_TABLE; at--) {
		uint64_t entry = *entry_in(table, address, at);

		if (!(entry & ENTRY_PRESENT))
			return NULL;
		table = table_at(paging, entry & ENTRY_ADDRESS);
	}
	return table;
}

bool kvm_paging_has_table(const struct kvm_paging *paging, uint64_t address)
{
	return find_table(paging, address) != NULL;
}

int kvm_paging_add_table(struct kvm_paging *paging, uint64_t address)
{
	uint64_t *entry;

	return find_entry(paging, address, LEVEL_TABLE, &entry);
}

void kvm_paging_set(struct kvm_paging *paging, uint64_t start, uint64_t end,
                    unsigned flags)
{
	uint64_t *table = find_table(paging, start);
	uint64_t bits = flags ? leaf_bits(flags) : 0;

	for (uint64_t at = start; at < end; at += KVM_PAGE_SIZE)
		*entry_in(table, at, LEVEL_TABLE) = bits ? at | bits : 0;
}
