/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "diversity.h"
#include "helper.h"
#include "image_yaml.h"
#include "lib/cleanup.h"
#include "measure.h"
#include "memory.h"
#include "names.h"
#include "plan.h"
#include "translate.h"

/*
 * A Linux program: what the image holds, run by the Linux personality, a guest
 * like any other.
 */

#define DEFAULT_PATH                                                           \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const struct image_root *find_root(const struct image *image,
                                          enum bh_isa isa)
{
	for (unsigned i = 0; i < image->root_count; i++)
		if (image->roots[i].isa == isa)
			return &image->roots[i];
	return NULL;
}

/* A file as it was when the image was built, or nothing runs. */
static int verify(const char *path, const char *sha256, struct problem *problem)
{
	char text[SHA256_TEXT];

	if (measure_cached(path, text, problem))
		return -1;
	if (strcmp(text, sha256) == 0)
		return 0;
	return problem_set(problem,
	                   "%s is not what its %s says: sha256 is %s; build "
	                   "the image again",
	                   path, IMAGE_FILE, text);
}

/* What is kept is used if it fits, and has to be what was made. */
static int add_kept(struct plan_domain *domain, struct plan_variant *variant,
                    const struct image_root *root, struct problem *problem)
{
	BH_AUTO_FREE char *path =
	        memory_format("%s/%s", domain->linux_image, root->kept);
	struct xlate_kept kept;
	enum xlate_fit fit;

	if (verify(path, root->kept_sha256, problem) ||
	    translate_look(path, &fit, &kept, problem))
		return -1;
	if (fit == XLATE_FITS)
		variant->kept = bh_steal_ptr(&path);
	else
		domain->kept_unfit = translate_unfit(fit);
	return 0;
}

/*
 * Those of the personality are as good as the rest of bh; on a host that they
 * are not for, all is translated while it runs.
 */
static int add_own_kept(struct plan_variant *variant, struct problem *problem)
{
	BH_AUTO_FREE char *name =
	        memory_format("linux/%s.xlate", isa_name(variant->isa));
	struct problem missing;
	BH_AUTO_FREE char *path = helper_data_path(name, &missing);
	struct xlate_kept kept;
	enum xlate_fit fit;

	if (!path)
		return 0;
	if (translate_look(path, &fit, &kept, problem))
		return -1;
	if (fit == XLATE_FITS)
		variant->kept = bh_steal_ptr(&path);
	return 0;
}

static int add_variant(struct plan_domain *domain, const struct image *image,
                       enum bh_isa isa, enum bh_core_kind core,
                       struct problem *problem)
{
	const struct image_root *root = find_root(image, isa);
	BH_AUTO_FREE char *kernel =
	        memory_format("linux/%s.elf", isa_name(isa));
	struct plan_variant *variant = &domain->variants[domain->variant_count];

	if (!root)
		return problem_set(problem, "%s has no root for %s",
		                   domain->linux_image, isa_name(isa));
	if (domain->variant_count == BH_MAX_VARIANTS)
		return problem_set(problem, "%s has more than %u variants",
		                   domain->name, BH_MAX_VARIANTS);
	*variant = (struct plan_variant){.isa = isa, .core = core};
	domain->variant_count++;
	variant->root = memory_format("%s/%s", domain->linux_image, root->file);
	variant->image = helper_data_path(kernel, problem);
	if (!variant->image || verify(variant->root, root->sha256, problem))
		return -1;
	if (root->kept && add_kept(domain, variant, root, problem))
		return -1;
	if (!variant->kept && translate_wanted(isa))
		return add_own_kept(variant, problem);
	return 0;
}

static int add_variants(struct plan_domain *domain, const struct image *image,
                        struct problem *problem)
{
	for (unsigned i = 0; i < domain->isa_count; i++)
		if (add_variant(domain, image, domain->isas[i].isa,
		                domain->isas[i].core, problem))
			return -1;
	if (domain->isa_count)
		return 0;
	for (enum bh_isa isa = BH_ISA_X86_64; isa <= BH_ISA_RISCV64; isa++)
		if (find_root(image, isa) &&
		    add_variant(domain, image, isa, BH_CORE_ANY, problem))
			return -1;
	return 0;
}

static bool has_variable(const struct plan_strings *environment,
                         const char *setting)
{
	size_t length = (size_t)(strchr(setting, '=') - setting) + 1;

	for (unsigned i = 0; i < environment->count; i++)
		if (strncmp(environment->items[i], setting, length) == 0)
			return true;
	return false;
}

/* What the image says comes after what the user has said already. */
static void add_environment(struct plan_domain *domain,
                            const struct image *image)
{
	for (unsigned i = 0; i < image->environment.count; i++)
		if (!has_variable(&domain->environment,
		                  image->environment.items[i]))
			plan_strings_add(&domain->environment,
			                 image->environment.items[i]);
	if (!has_variable(&domain->environment, DEFAULT_PATH))
		plan_strings_add(&domain->environment, DEFAULT_PATH);
}

/* What the kernel is to know; the program does not see these. */
static void add_kernel_option(struct plan_domain *domain, const char *name,
                              const char *value)
{
	BH_AUTO_FREE char *setting = NULL;

	if (!value)
		return;
	setting = memory_format("bh.%s=%s", name, value);
	plan_strings_add(&domain->environment, setting);
}

static int complete(struct plan_domain *domain, const struct image *image,
                    struct problem *problem)
{
	if (!domain->arguments.count)
		for (unsigned i = 0; i < image->command.count; i++)
			plan_strings_add(&domain->arguments,
			                 image->command.items[i]);
	if (!domain->arguments.count)
		return problem_set(problem,
		                   "%s has no command of its own: give one "
		                   "after --",
		                   domain->linux_image);
	if (domain->arguments.items[0][0] != '/')
		return problem_set(problem,
		                   "the command '%.200s' is not an absolute "
		                   "path",
		                   domain->arguments.items[0]);
	if (domain->workdir && domain->workdir[0] != '/')
		return problem_set(problem,
		                   "the workdir '%.200s' is not an absolute "
		                   "path",
		                   domain->workdir);
	add_environment(domain, image);
	add_kernel_option(domain, "workdir",
	                  domain->workdir ? domain->workdir : image->workdir);
	add_kernel_option(domain, "user", domain->user);
	add_kernel_option(domain, "hostname", domain->hostname);
	if (add_variants(domain, image, problem))
		return -1;
	return diversity_plan(domain, image, problem);
}

int image_plan(struct plan_domain *domain, struct problem *problem)
{
	struct image image;
	int r = image_load(domain->linux_image, &image, problem);

	if (!r)
		r = complete(domain, &image, problem);
	image_release(&image);
	domain->signals = true;
	domain->arena = true;
	return r;
}
