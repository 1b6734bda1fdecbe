/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bh.h"
#include "confine.h"
#include "lib/elf.h"
#include "mapped.h"
#include "xlate/keep.h"

/*
 * bh-translate ISA FILE INPUT...: writes kept translations to FILE, of all ELF
 * files in the inputs, which are ELF files themselves, or root images; tells how
 * far it is, a line each time. An image may come from anywhere, so it gives up
 * everything but these files before it looks into them.
 */

#define OUTPUT_FD  3
#define INPUTS_MAX 2 /* the Linux personality and a root */

/* Files of an EROFS image that bh makes lie at blocks of their own, in one
 * piece: an ELF file is where a block begins with its magic number.  What looks
 * like one and is none costs time and room only. */
#define BLOCK 4096u

static const struct bh_seccomp_rule permissions[] = {
        {SYS_write, "the result, and how far it is", {{0}}},
        {SYS_brk, "allocate", {{0}}},
        {SYS_mmap, "allocate", {BH_SECCOMP_ARG_MASKED(2, 4, 0)}},
        {SYS_mremap, "allocate", {{0}}},
        {SYS_munmap, "free", {{0}}},
        {SYS_madvise, "free", {{0}}},
        {SYS_getrandom, "the allocator's own secret", {{0}}},
        {SYS_exit_group, "end", {{0}}},
};

static void fail(const char *format, ...)
        __attribute__((noreturn, format(printf, 1, 2)));

static void fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(BH_EXIT_ERROR);
}

static void open_input(struct mapped *file, const char *path)
{
	int r = mapped_open(file, path);

	if (r)
		fail("%s: %s", path, strerror(-r));
}

static void open_output(const char *path)
{
	int fd =
	        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NOCTTY,
	             0644);

	if (fd < 0 || dup2(fd, OUTPUT_FD) < 0)
		fail("%s: %s", path, strerror(errno));
}

static void give_up_everything(void)
{
	const char *failed =
	        confine(OUTPUT_FD, permissions,
	                sizeof(permissions) / sizeof(permissions[0]));

	if (failed)
		fail("sandbox: %s", failed);
}

struct code {
	uint64_t offset, size, address;
};

/* The next piece of code from *INDEX on.  Sections tell more exactly than
 * segments, which may have data, too; they are missing where somebody has taken
 * them away. */
static bool next_code(const struct bh_elf *elf, uint32_t *index,
                      struct code *code)
{
	struct bh_elf_problem problem;
	struct bh_elf_section section;
	struct bh_elf_segment segment;

	while (*index < elf->section_count) {
		if (!bh_elf_section(elf, (*index)++, &section, &problem) ||
		    section.type != SHT_PROGBITS ||
		    !(section.flags & SHF_EXECINSTR))
			continue;
		*code = (struct code){section.offset, section.size,
		                      section.address};
		return true;
	}
	while (!elf->section_count && *index < elf->segment_count) {
		bh_elf_segment(elf, (*index)++, &segment);
		if (segment.type != PT_LOAD || !(segment.flags & PF_X))
			continue;
		*code = (struct code){segment.offset, segment.file_size,
		                      segment.address};
		return true;
	}
	return false;
}

/* Where the last code of the file ends. */
static size_t translate_elf(struct xlate_keep *k, const struct bh_elf *elf)
{
	struct code code;
	size_t end = 0;
	uint32_t index = 0;

	while (next_code(elf, &index, &code)) {
		/* In order, so that no byte is translated twice. */
		if (code.offset < end || code.offset > elf->size ||
		    code.size > elf->size - code.offset)
			continue;
		if (xlate_keep_code(k, elf->data + code.offset, code.size,
		                    code.address))
			fail("%s", strerror(ENOMEM));
		end = code.offset + code.size;
	}
	return end;
}

static void translate_all(struct xlate_keep *k, enum bh_isa isa,
                          const struct mapped *file)
{
	size_t at = 0;

	while (at < file->size) {
		struct bh_elf_problem problem;
		struct bh_elf elf;
		size_t size = 0;

		if (bh_elf_open(&elf, file->data + at, file->size - at,
		                &problem) &&
		    elf.isa == isa) {
			size = translate_elf(k, &elf);
			printf("%zu %% of the image\n",
			       at / (file->size / 100 + 1));
		}
		at += size < BLOCK ? BLOCK : (size + BLOCK - 1) / BLOCK * BLOCK;
	}
}

static void write_all(const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(OUTPUT_FD, data, size);

		if (n < 0)
			fail("cannot write the result: %s", strerror(errno));
		data += n;
		size -= (size_t)n;
	}
}

int main(int argc, char **argv)
{
	enum bh_isa isa;
	struct mapped inputs[INPUTS_MAX];
	int count = argc - 3;
	struct xlate_keep *k;
	struct xlate_kept kept;
	const void *data;
	static char line[80]; /* so that stdio does not ask what stdout is */
	int r;

	setvbuf(stdout, line, _IOLBF, sizeof(line));
	if (count < 1 || count > INPUTS_MAX)
		fail("it is started by bh translate, not by people");
	isa = strcmp(argv[1], "aarch64") == 0 ? BH_ISA_AARCH64 : BH_ISA_RISCV64;
	for (int n = 0; n < count; n++)
		open_input(&inputs[n], argv[3 + n]);
	open_output(argv[2]);
	r = xlate_keep_start(&k, isa == BH_ISA_AARCH64 ? XLATE_AARCH64
	                                               : XLATE_RISCV64);
	if (r)
		fail("%s", r == -EOPNOTSUPP ? "there is no translator for this "
		                              "host"
		                            : strerror(-r));
	give_up_everything();

	for (int n = 0; n < count; n++)
		translate_all(k, isa, &inputs[n]);
	data = xlate_keep_finish(k, &kept);
	if (!data)
		fail("%s", strerror(ENOMEM));
	write_all(data, kept.size);
	xlate_keep_release(k);
	return 0;
}
