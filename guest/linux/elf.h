/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_ELF_H
#define BH_LINUX_ELF_H

/* Loading of a program's files (System V ABI, chapters 4 and 5). */

#include "guest/linux/file.h"

struct elf_image {
	uint64_t base;     /* what was added to the file's addresses */
	uint64_t entry;
	uint64_t headers;  /* address of the program headers in memory */
	uint64_t header_count;
	uint64_t end;      /* of the last segment */
	bool is_movable;
	char interpreter[256]; /* "": none */
};

#define ELF_PROGRAM_HEADER_SIZE 56u

/*
 * Maps the segments of FILE, a program or its interpreter.
 * -ENOEXEC: not a program of this instruction set.
 */
int elf_load(struct file *file, bool is_interpreter, struct elf_image *image);

#endif
