/* SPDX-License-Identifier: ISC */

/*
 * Which instructions occur in RISC-V and AArch64 programs and libraries, and
 * whether the decode tables have them: a sweep over all sections with code.
 *
 *	count FILE...
 *
 * Prints a line for each instruction that occurs, the most frequent first, then
 * what the table does not have (but zeros, which fill gaps), by word and by
 * file, and the sum.  Other files are passed over.
 */

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "xlate/aarch64/aarch64.h"
#include "xlate/riscv64/riscv64.h"

struct count {
	const char *name;
	uint32_t word; /* without a name */
	uint64_t count;
};

#define COUNTS 65536u

static struct count counts[COUNTS];
static size_t used;
static uint64_t total, unknown, files, zeros;

static void add(const char *name, uint32_t word)
{
	size_t n;

	for (n = 0; n < used; n++)
		if (counts[n].name == name && counts[n].word == word)
			break;
	if (n == COUNTS) {
		fprintf(stderr, "count: too many unknown words\n");
		exit(1);
	}
	if (n == used)
		counts[used++] = (struct count){name, word, 0};
	counts[n].count++;
	total++;
	if (!name)
		unknown++;
}

/* The length of the instruction at CODE, and its name if the table has it. */
static size_t riscv64_at(const uint8_t *code, size_t size, const char **name)
{
	size_t length = (code[0] & 3) == 3 ? 4 : 2;

	if (length <= size)
		*name = riscv64_name(code, length);
	return length;
}

/* What came after Armv8.0-A or is optional in it: programs ask for it first. */
static const char *aarch64_extension(uint32_t word)
{
	static const struct {
		uint32_t match, mask;
		const char *name;
	} extensions[] = {
	        {0x04000000, 0x1e000000, "(SVE)"},
	        {0xe0000000, 0xfe000000, "(SME)"},
	        {0xd503447f, 0xfffff4ff, "(SME)"},
	        {0xd5100000, 0xffd00000, "(system registers)"},
	        {0xd5080000, 0xffd80000, "(system instructions)"},
	        {0x38200000, 0x3f200c00, "(LSE)"},
	        {0x08207c00, 0x3f207c00, "(LSE)"},
	        {0x1ac04000, 0x7fe0e000, "(CRC)"},
	        {0x4e280800, 0xff3e0c00, "(AES)"},
	        {0x0ee0e000, 0xbfe0fc00, "(AES)"}, /* pmull */
	        {0x5e280800, 0xff3e0c00, "(SHA)"},
	        {0x5e000000, 0xff208c00, "(SHA)"},
	        {0xce000000, 0xff000000, "(SHA3, SHA512, SM3, SM4)"},
	        {0xd9200000, 0xff200000, "(MTE)"},
	        {0x19000000, 0x3b000000, "(LRCPC, LSE128, MOPS)"},
	        {0x9ac01000, 0xffe0f800, "(MTE)"},
	        {0xf8200400, 0xff200400, "(PAuth)"},
	        {0x00000000, 0xffff0000, "(udf)"},
	};

	for (size_t n = 0; n < sizeof(extensions) / sizeof(extensions[0]); n++)
		if ((word & extensions[n].mask) == extensions[n].match)
			return extensions[n].name;
	return NULL;
}

static size_t aarch64_at(const uint8_t *code, size_t size, const char **name)
{
	uint32_t word;

	if (size >= sizeof(word)) {
		memcpy(&word, code, sizeof(word));
		*name = aarch64_name(word);
		if (!*name && word)
			*name = aarch64_extension(word);
	}
	return sizeof(word);
}

typedef size_t instruction_at(const uint8_t *, size_t, const char **);

static void sweep(instruction_at *at, const uint8_t *code, size_t size)
{
	while (size >= 2) {
		const char *name = NULL;
		uint32_t word = 0;
		size_t length = at(code, size, &name);

		if (length > size)
			return;
		if (!name)
			memcpy(&word, code, length);
		if (name || word)
			add(name, word);
		else
			zeros++;
		code += length;
		size -= length;
	}
}

/* SIZE bytes at OFFSET lie within the file. */
static int lies_within(uint64_t offset, uint64_t size, uint64_t file)
{
	return offset <= file && size <= file - offset;
}

static void read_sections(const uint8_t *file, size_t size)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)file;
	const Elf64_Shdr *section;
	instruction_at *at;

	if (size < sizeof(*header) || memcmp(file, ELFMAG, SELFMAG))
		return;
	at = header->e_machine == EM_AARCH64 ? aarch64_at : riscv64_at;
	if (header->e_ident[EI_CLASS] != ELFCLASS64 ||
	    (header->e_machine != EM_RISCV &&
	     header->e_machine != EM_AARCH64) ||
	    header->e_shoff % 8 ||
	    !lies_within(header->e_shoff, header->e_shnum * sizeof(*section),
	                 size))
		return;
	files++;
	section = (const Elf64_Shdr *)(const void *)(file + header->e_shoff);
	for (unsigned n = 0; n < header->e_shnum; n++, section++)
		if (section->sh_type == SHT_PROGBITS &&
		    section->sh_flags & SHF_EXECINSTR &&
		    lies_within(section->sh_offset, section->sh_size, size))
			sweep(at, file + section->sh_offset, section->sh_size);
}

static void read_file(const char *path)
{
	uint64_t before = unknown;
	int fd = open(path, O_RDONLY);
	struct stat status;
	void *p;

	if (fd < 0 || fstat(fd, &status)) {
		fprintf(stderr, "count: %s: cannot be read\n", path);
		exit(1);
	}
	p = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p != MAP_FAILED) { /* it is, of an empty file */
		read_sections(p, (size_t)status.st_size);
		munmap(p, (size_t)status.st_size);
	}
	close(fd);
	if (unknown != before)
		printf("%10lu  unknown in %s\n",
		       (unsigned long)(unknown - before), path);
}

static int by_count(const void *a, const void *b)
{
	const struct count *x = a, *y = b;

	if (!x->name != !y->name)
		return x->name ? -1 : 1;
	return (x->count < y->count) - (x->count > y->count);
}

int main(int argc, char **argv)
{
	for (int n = 1; n < argc; n++)
		read_file(argv[n]);
	qsort(counts, used, sizeof(counts[0]), by_count);
	for (size_t n = 0; n < used; n++) {
		if (counts[n].name)
			printf("%10lu  %s\n", (unsigned long)counts[n].count,
			       counts[n].name);
		else
			printf("%10lu  unknown: %08x\n",
			       (unsigned long)counts[n].count, counts[n].word);
	}
	printf("%lu instructions in %lu files, %lu unknown; %lu zeros\n",
	       (unsigned long)total, (unsigned long)files,
	       (unsigned long)unknown, (unsigned long)zeros);
	return 0;
}
