/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "abi/core.h"
#include "abi/exchange.h"
#include "diversity.h"
#include "launch.h"
#include "lib/cleanup.h"

/* Four for the core, one for what makes variants unlike. */
#define SEED_WORDS 5u

/* SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
 * Generators", OOPSLA 2014): enough for a run that is to be repeated. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int choose_seed(const struct plan *plan, unsigned domain,
                       unsigned variant, unsigned generation,
                       uint64_t seed[SEED_WORDS])
{
	uint64_t state = plan->seed;

	if (!plan->seeded)
		return getrandom(seed, SEED_WORDS * sizeof(uint64_t), 0) ==
		                       SEED_WORDS * sizeof(uint64_t)
		               ? 0
		               : -EIO;
	state ^= next_random(&state) + domain;
	state ^= next_random(&state) + variant;
	state ^= next_random(&state) + generation;
	for (unsigned i = 0; i < SEED_WORDS; i++)
		seed[i] = next_random(&state);
	return 0;
}

static size_t append_strings(char *area, size_t used,
                             const struct plan_strings *strings)
{
	for (unsigned i = 0; i < strings->count; i++) {
		size_t size = strlen(strings->items[i]) + 1;

		memcpy(area + used, strings->items[i], size);
		used += size;
	}
	return used;
}

static int write_all(int fd, const void *data, size_t size)
{
	ssize_t n = write(fd, data, size);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

/* Whether all variants of ISA are on cores that know more than its baseline: what
 * a program is told must not differ between them. */
static bool know_options(const struct plan_domain *plan, enum bh_isa isa)
{
	for (unsigned i = 0; i < plan->variant_count; i++)
		if (plan->variants[i].isa == isa &&
		    plan->variants[i].core != BH_CORE_XLATE &&
		    plan->variants[i].core != BH_CORE_INTERPRET)
			return false;
	return true;
}

int start_block(const struct launch *launch, unsigned domain, unsigned variant)
{
	const struct plan_domain *plan = &launch->plan->domains[domain];
	struct bh_core_start start = {
	        .magic = BH_CORE_MAGIC,
	        .version = BH_ABI_VERSION,
	        .size = sizeof(start),
	        .isa = plan->variants[variant].isa,
	        .flags = host_sandbox_flags(&launch->host),
	        .submission_size = plan->buffer_size,
	        .completion_size = plan->buffer_size,
	        .stack_size = (uint32_t)plan->stack,
	        .heap_size = plan->heap,
	        .arena_low_size = plan->arena_low,
	        .arena_high_size = plan->arena_high,
	        .memory_limit = plan->memory_limit,
	        .argument_count = plan->arguments.count,
	        .environment_count = plan->environment.count,
	        .channel_count = plan->channel_count,
	};
	char strings[BH_CORE_STRINGS_MAX]; /* most are not used */
	struct plan_strings own = {NULL, 0};
	uint64_t seed[SEED_WORDS];
	BH_AUTO_CLOSE int fd = -1;
	size_t used;
	int r;

	if (know_options(plan, BH_ISA_RISCV64))
		start.flags |= BH_CORE_RISCV_BITS;
	if (know_options(plan, BH_ISA_AARCH64))
		start.flags |= BH_CORE_ARM_OPTIONS;
	memcpy(start.channels, plan->channels, sizeof(start.channels));
	r = choose_seed(launch->plan, domain, variant,
	                launch->domains[domain].cores[variant].generation,
	                seed);
	if (r)
		return r;
	memcpy(start.seed, seed, sizeof(start.seed));
	diversity_add(plan, variant, seed[SEED_WORDS - 1], &own);
	used = append_strings(strings, 0, &plan->arguments);
	used = append_strings(strings, used, &plan->environment);
	used = append_strings(strings, used, &own);
	start.environment_count += own.count;
	plan_strings_release(&own);
	start.strings_size = (uint32_t)used;
	fd = memfd_create("bh-start", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, &start, sizeof(start));
	if (!r)
		r = write_all(fd, strings, used);
	if (r)
		return r;
	lseek(fd, 0, SEEK_SET);
	return bh_steal_fd(&fd);
}
