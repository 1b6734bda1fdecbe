/* SPDX-License-Identifier: ISC */
#include "diversity.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image_yaml.h"
#include "lib/cleanup.h"
#include "memory.h"

#define PRELOAD "LD_PRELOAD="

static const struct {
	const char *name;
	unsigned kinds;
} words[] = {
        {"all", DIVERSITY_ORDER | DIVERSITY_GAPS | DIVERSITY_HEAP |
                        DIVERSITY_ALLOCATOR},
        {"order", DIVERSITY_ORDER},
        {"gaps", DIVERSITY_GAPS},
        {"heap", DIVERSITY_HEAP},
        {"allocator", DIVERSITY_ALLOCATOR | DIVERSITY_NEEDED},
};

static const struct {
	const char *package, *library;
} allocators[] = {
        {"libjemalloc2", "libjemalloc.so.2"},
        {"libmimalloc3", "libmimalloc.so.3"},
        {"libmimalloc2.0", "libmimalloc.so.2"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int parse_word(unsigned *diversity, const char *text, size_t length,
                      const char *what, struct problem *problem)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i].name) == length &&
		    strncmp(words[i].name, text, length) == 0) {
			*diversity |= words[i].kinds;
			return 0;
		}
	return problem_set(problem,
	                   "%s: no such kind: '%.*s' (there are: order, gaps, "
	                   "heap, allocator, all)",
	                   what, (int)(length < 200 ? length : 200), text);
}

int diversity_parse(unsigned *diversity, const char *text, const char *what,
                    struct problem *problem)
{
	if (!text)
		text = "all";
	for (;;) {
		size_t length = strcspn(text, ",");

		if (parse_word(diversity, text, length, what, problem))
			return -1;
		if (!text[length])
			return 0;
		text += length + 1;
	}
}

static bool has_package(const struct image *image, const char *name)
{
	for (unsigned i = 0; i < image->package_count; i++)
		if (strcmp(image->packages[i].name, name) == 0)
			return true;
	return false;
}

static bool preloads(const struct plan_domain *domain)
{
	for (unsigned i = 0; i < domain->environment.count; i++)
		if (strncmp(domain->environment.items[i], PRELOAD,
		            sizeof(PRELOAD) - 1) == 0)
			return true;
	return false;
}

int diversity_plan(struct plan_domain *domain, const struct image *image,
                   struct problem *problem)
{
	const char *found[1 + COUNT(allocators)] = {""}; /* the program's own */
	unsigned count = 1;

	if (!(domain->diversity & DIVERSITY_ALLOCATOR))
		return 0;
	for (size_t i = 0; i < COUNT(allocators); i++)
		if (has_package(image, allocators[i].package))
			found[count++] = allocators[i].library;
	if (count == 1 && domain->diversity & DIVERSITY_NEEDED)
		return problem_set(problem,
		                   "%s holds no allocator but its own: build it "
		                   "with --include libjemalloc2,libmimalloc3",
		                   domain->linux_image);
	if (count == 1)
		return 0;
	if (preloads(domain))
		return problem_set(problem, "LD_PRELOAD is given already, and "
		                            "another allocator needs it");
	for (unsigned v = 0; v < domain->variant_count; v++)
		domain->variants[v].allocator = found[v % count];
	return 0;
}

static void add(struct plan_strings *environment, const char *format,
                const char *value)
        __attribute__((format(printf, 2, 0)));

static void add(struct plan_strings *environment, const char *format,
                const char *value)
{
	BH_AUTO_FREE char *text = memory_format(format, value);

	plan_strings_add(environment, text);
}

/*
 * malloc() and free() fill memory with a byte that no other variant has.  They do
 * so only with chunks that pass by the cache of a thread, so in every second
 * variant there is none, and freed memory is used again in another order.  bh.heap
 * gives each variant a mark of freed memory of its own.
 */
static void add_heap(struct plan_strings *environment, unsigned variant,
                     uint64_t random)
{
	const unsigned each = 255 / BH_MAX_VARIANTS;
	BH_AUTO_FREE char *tunables = memory_format(
	        "glibc.malloc.perturb=%u%s",
	        1 + variant * each + (unsigned)(random % each),
	        variant % 2 ? ":glibc.malloc.tcache_count=0"
	                      ":glibc.malloc.mxfast=0"
	                    : "");

	add(environment, "bh.start.GLIBC_TUNABLES=%s", tunables);
	add(environment, "bh.heap=%s", "own");
}

void diversity_add(const struct plan_domain *domain, unsigned variant,
                   uint64_t random, struct plan_strings *environment)
{
	const char *allocator = domain->variants[variant].allocator;

	if (domain->diversity & DIVERSITY_ORDER && variant % 2)
		add(environment, "bh.order=%s", "up");
	if (domain->diversity & DIVERSITY_GAPS)
		add(environment, "bh.gaps=%s", "on");
	if (domain->diversity & DIVERSITY_HEAP)
		add_heap(environment, variant, random);
	if (allocator)
		add(environment, "bh.start." PRELOAD "%s", allocator);
}
