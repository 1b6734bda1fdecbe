/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

/* The folder of this executable, without a slash at its end. */
static int own_folder(char folder[PATH_MAX], struct problem *problem)
{
	ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return problem_errno(problem, errno,
		                     "/proc/self/exe (is /proc mounted?)");
	folder[n] = 0;
	slash = strrchr(folder, '/');
	if (slash)
		*slash = 0;
	return 0;
}

static char *find(const char *name, int access_mode, struct problem *problem)
{
	char folder[PATH_MAX];
	char *path;

	if (own_folder(folder, problem))
		return NULL;
	path = memory_format("%s/libexec/%s", folder, name);
	if (access(path, access_mode) == 0)
		return path;
	free(path);
	path = memory_format("%s/../libexec/bh/%s", folder, name);
	if (access(path, access_mode) == 0)
		return path;
	free(path);
	problem_set(problem,
	            "%s is missing: neither %s/libexec nor %s/../libexec/bh "
	            "has it (incomplete build or installation)",
	            name, folder, folder);
	return NULL;
}

char *helper_path(const char *name, struct problem *problem)
{
	return find(name, X_OK, problem);
}

char *helper_data_path(const char *name, struct problem *problem)
{
	return find(name, R_OK, problem);
}

int helper_open(const char *name, struct problem *problem)
{
	char *path = helper_path(name, problem);
	int fd;

	if (!path)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		problem_errno(problem, errno, "%s", path);
	free(path);
	return fd;
}
