/* SPDX-License-Identifier: ISC */
#include "descriptors.h"

#include <errno.h>
#include <sys/resource.h>

/* Fails for no limit that there is. */
static struct rlimit get(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	getrlimit(RLIMIT_NOFILE, &limit);
	return limit;
}

unsigned long long descriptors_max(void)
{
	return get().rlim_max;
}

int descriptors_raise(struct problem *problem)
{
	struct rlimit limit = get();

	if (limit.rlim_cur >= DESCRIPTORS_MIN)
		return 0;
	if (limit.rlim_max < DESCRIPTORS_MIN)
		return problem_set(problem,
		                   "this host allows %llu open files, bh needs "
		                   "%u: raise the limit (ulimit -Hn)",
		                   (unsigned long long)limit.rlim_max,
		                   DESCRIPTORS_MIN);
	limit.rlim_cur = DESCRIPTORS_MIN;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return problem_errno(problem, errno, "limit of open files");
	return 0;
}

void descriptors_raise_to_max(void)
{
	struct rlimit limit = get();

	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
