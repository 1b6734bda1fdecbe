/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "plan.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "memory.h"
#include "names.h"

enum bh_isa image_isa(const char *path, struct problem *problem)
{
	BH_AUTO_CLOSE int fd =
	        open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	Elf64_Ehdr header;
	enum bh_isa isa;
	ssize_t n;

	if (fd < 0) {
		problem_errno(problem, errno, "%s", path);
		return BH_ISA_NONE;
	}
	n = pread(fd, &header, sizeof(header), 0);
	if (n < 0) {
		problem_errno(problem, errno, "%s", path);
		return BH_ISA_NONE;
	}
	if (n < (ssize_t)sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
		problem_set(problem,
		            "%s is not an ELF image (build one with bh-cc)",
		            path);
		return BH_ISA_NONE;
	}
	isa = header.e_ident[EI_CLASS] == ELFCLASS64
	              ? isa_from_elf_machine(header.e_machine)
	              : BH_ISA_NONE;
	if (isa == BH_ISA_NONE)
		problem_set(problem, "%s is an image for none of %s", path,
		            ISA_NAMES);
	return isa;
}

static int add_variant(struct plan_domain *domain, enum bh_isa isa,
                       enum bh_core_kind core, char *image,
                       struct problem *problem)
{
	if (domain->variant_count == BH_MAX_VARIANTS) {
		free(image);
		return problem_set(problem, "%s has more than %u variants",
		                   domain->name, BH_MAX_VARIANTS);
	}
	domain->variants[domain->variant_count++] =
	        (struct plan_variant){
	                .isa = isa, .core = core, .image = image};
	return 0;
}

static char *set_image(const struct plan_domain *domain, enum bh_isa isa)
{
	return memory_format("%s/%s.elf", domain->set, isa_name(isa));
}

/* The ISAs that were picked, each from its own file of the set. */
static int take_picked(struct plan_domain *domain, bool directory,
                       struct problem *problem)
{
	for (unsigned i = 0; i < domain->isa_count; i++) {
		const struct plan_variant *pick = &domain->isas[i];
		char *image = directory ? set_image(domain, pick->isa)
		                        : memory_string(domain->set);

		if (directory && access(image, F_OK) != 0) {
			problem_set(problem, "%s has no image for %s (%s.elf)",
			            domain->set, isa_name(pick->isa),
			            isa_name(pick->isa));
			free(image);
			return -1;
		}
		if (add_variant(domain, pick->isa, pick->core, image, problem))
			return -1;
	}
	return 0;
}

/* Every ISA that the set has an image for. */
static int take_all(struct plan_domain *domain, struct problem *problem)
{
	for (enum bh_isa isa = BH_ISA_X86_64; isa <= BH_ISA_RISCV64; isa++) {
		char *image = set_image(domain, isa);

		if (access(image, F_OK) != 0)
			free(image);
		else if (add_variant(domain, isa, BH_CORE_ANY, image, problem))
			return -1;
	}
	if (domain->variant_count == 0)
		return problem_set(problem,
		                   "%s holds no image: a set has one or more "
		                   "of x86_64.elf, aarch64.elf, riscv64.elf",
		                   domain->set);
	return 0;
}

int plan_find_images(struct plan_domain *domain, struct problem *problem)
{
	struct stat status;
	bool directory;

	if (domain->linux_image)
		return image_plan(domain, problem);
	if (domain->variant_count)
		return 0;
	if (!domain->set)
		return problem_set(problem,
		                   "domain %s has neither a set nor variants",
		                   domain->name);
	if (stat(domain->set, &status))
		return problem_errno(problem, errno, "%s", domain->set);
	directory = S_ISDIR(status.st_mode);
	if (domain->isa_count)
		return take_picked(domain, directory, problem);
	if (directory)
		return take_all(domain, problem);
	return add_variant(domain, BH_ISA_NONE, BH_CORE_ANY,
	                   memory_string(domain->set), problem);
}
