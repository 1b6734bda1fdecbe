/* SPDX-License-Identifier: ISC */

/*
 * Which instructions occur in RISC-V programs and libraries, and whether the
 * decode table has them: a sweep over all sections with code.
 *
 *	count FILE...
 *
 * Prints a line for each instruction that occurs, the most frequent first, then
 * what the table does not have (but zeros, which fill gaps), by word and by
 *file, and the sum.  Files that are not RISC-V's are passed over.
 */

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

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

static void sweep(const uint8_t *code, size_t size)
{
	while (size >= 2) {
		size_t length = (code[0] & 3) == 3 ? 4 : 2;
		const char *name;
		uint32_t word = 0;

		if (length > size)
			return;
		name = riscv64_name(code, length);
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

	if (size < sizeof(*header) || memcmp(file, ELFMAG, SELFMAG) ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 ||
	    header->e_machine != EM_RISCV || header->e_shoff % 8 ||
	    !lies_within(header->e_shoff, header->e_shnum * sizeof(*section),
	                 size))
		return;
	files++;
	section = (const Elf64_Shdr *)(const void *)(file + header->e_shoff);
	for (unsigned n = 0; n < header->e_shnum; n++, section++)
		if (section->sh_type == SHT_PROGBITS &&
		    section->sh_flags & SHF_EXECINSTR &&
		    lies_within(section->sh_offset, section->sh_size, size))
			sweep(file + section->sh_offset, section->sh_size);
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
