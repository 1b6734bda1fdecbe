/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image_build.h"
#include "memory.h"
#include "tool.h"

/*
 * dpkg-deb reads the package, tar writes the tree.  `dpkg-deb --extract` would
 * replace the links /bin, /lib, ... of a merged /usr by folders.  What is for
 * people only stays out.
 */
int image_unpack(const char *package, const char *tree, struct problem *problem)
{
	const char *const reader[] = {"dpkg-deb", "--fsys-tarfile", package,
	                              NULL};
	const char *const writer[] = {"tar",
	                              "--extract",
	                              "--file=-",
	                              "--preserve-permissions",
	                              "--no-same-owner",
	                              "--keep-directory-symlink",
	                              "--warning=no-timestamp",
	                              "--exclude=./usr/share/doc/*",
	                              "--exclude=./usr/share/man/*",
	                              "--exclude=./usr/share/info/*",
	                              "--exclude=./usr/share/locale/*",
	                              "--exclude=./usr/share/lintian/*",
	                              "--directory",
	                              tree,
	                              NULL};
	struct tool tools[2] = {{.argv = reader}, {.argv = writer}};
	const char *name = strrchr(package, '/');
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return problem_errno(problem, errno, "pipe");
	tools[0].output = ends[1];
	tools[1].input = ends[0];
	return tool_run(tools, 2, name ? name + 1 : package, problem);
}
