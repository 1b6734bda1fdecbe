/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image_build.h"
#include "lib/cleanup.h"
#include "memory.h"

/*
 * A program can see when a file was changed, so that must be the same for all
 * variants: packages of different architectures were not built at the same
 * second.  A time stays if every tree that has the file agrees on it.
 */

/* What files get instead: SOURCE_DATE_EPOCH, else the first day of 2025. */
#define FIXED_TIME 1735689600ll

/* nftw() has no context. */
static struct {
	const struct image_build *build;
	unsigned tree;
	size_t skip; /* length of the tree's own path */
	long long started;
	long long fixed;
	long long latest;
	int error;
	char *path;
} walk;

static long long fixed_time(void)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long number;

	if (!text)
		return FIXED_TIME;
	errno = 0;
	number = strtoll(text, &end, 10);
	return errno || *end || end == text || number < 0 ? FIXED_TIME : number;
}

/*
 * The decision must come out alike in all trees though the trees are changed
 * one after the other: a changed time is the fixed one, and it agrees only
 * with itself.
 */
static bool agreed(const char *name, const struct stat *status)
{
	if (status->st_mtim.tv_sec >= walk.started || status->st_mtim.tv_nsec)
		return false;
	for (unsigned t = 0; t < walk.build->source_count; t++) {
		BH_AUTO_FREE char *path = memory_format(
		        "%s%s", walk.build->sources[t].tree, name);
		struct stat other;

		if (t == walk.tree)
			continue;
		if (lstat(path, &other) ||
		    other.st_mtim.tv_sec != status->st_mtim.tv_sec ||
		    other.st_mtim.tv_nsec ||
		    (other.st_mode & S_IFMT) != (status->st_mode & S_IFMT))
			return false;
	}
	return true;
}

static int visit(const char *path, const struct stat *status, int type,
                 struct FTW *place)
{
	struct timespec times[2];

	(void)type;
	(void)place;
	if (agreed(path + walk.skip, status)) {
		if (status->st_mtim.tv_sec > walk.latest)
			walk.latest = status->st_mtim.tv_sec;
		return 0;
	}
	times[0] = times[1] = (struct timespec){walk.fixed, 0};
	if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	walk.error = errno;
	walk.path = memory_string(path);
	return 1;
}

int image_normalise_times(const struct image_build *build, long long started,
                          long long *latest, struct problem *problem)
{
	int r = 0;

	walk.build = build;
	walk.started = started;
	walk.fixed = walk.latest = fixed_time();
	walk.error = 0;
	walk.path = NULL;
	for (unsigned t = 0; t < build->source_count && !r; t++) {
		walk.tree = t;
		walk.skip = strlen(build->sources[t].tree);
		r = nftw(build->sources[t].tree, visit, 32, FTW_PHYS);
	}
	*latest = walk.latest;
	if (!r)
		return 0;
	if (walk.error)
		problem_errno(problem, walk.error, "image: %s", walk.path);
	else
		problem_errno(problem, errno, "image: times of files");
	free(walk.path);
	return -1;
}
