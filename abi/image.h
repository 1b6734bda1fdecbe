/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_IMAGE_H
#define BH_ABI_IMAGE_H

/*
 * Images and sets.
 *
 * An image is an ELF64 file (ET_DYN or ET_EXEC) for one instruction set.  A
 * set is a directory with one image per instruction set, named after it:
 * x86_64.elf, aarch64.elf, riscv64.elf.  A set may lack some of them.
 *
 * An image that the SDK has linked carries an ELF note (System V ABI, "Note
 * Section") in a PT_NOTE segment: name BH_IMAGE_NOTE_NAME, type
 * BH_IMAGE_NOTE_TYPE, and struct bh_image_note as the descriptor.  It is for
 * people and tools; a core runs images without it too.
 */

#include "base.h"

#define BH_IMAGE_NOTE_NAME "Broken-Hype"
#define BH_IMAGE_NOTE_NAME_SIZE 12u /* terminating zero included */
#define BH_IMAGE_NOTE_TYPE 1u
#define BH_IMAGE_SUFFIX ".elf"

struct bh_image_note {
	uint32_t version; /* BH_ABI_VERSION that the image was built for */
	uint32_t isa;     /* enum bh_isa */
};

BH_ASSERT_SIZE(bh_image_note, 8);
BH_ASSERT_OFFSET(bh_image_note, isa, 4);

#endif
