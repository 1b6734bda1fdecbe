/* SPDX-License-Identifier: ISC */
#ifndef BH_LIB_ELF_INTERNAL_H
#define BH_LIB_ELF_INTERNAL_H

/* Shared by lib/elf*.c: bounded access to the image. */

#include <string.h>

#include "lib/elf.h"

/* Whether [offset, offset + size) lies within LIMIT bytes. */
static inline bool elf_within(uint64_t offset, uint64_t size, uint64_t limit)
{
	return offset <= limit && size <= limit - offset;
}

/* Whether COUNT entries of SIZE bytes at OFFSET lie within the image. */
static inline bool elf_table_within(const struct bh_elf *elf, uint64_t offset,
                                    uint64_t count, uint64_t size)
{
	return offset <= elf->size && count <= (elf->size - offset) / size;
}

/* Copies an entry out of the image, which need not be aligned.  The caller
 * has checked the bounds. */
static inline void elf_copy(const struct bh_elf *elf, uint64_t offset,
                            void *to, size_t size)
{
	memcpy(to, elf->data + offset, size);
}

static inline bool elf_refuse(struct bh_elf_problem *problem,
                              enum bh_elf_error error, uint32_t index,
                              uint64_t a, uint64_t b)
{
	*problem = (struct bh_elf_problem){error, index, a, b};
	return false;
}

#endif
