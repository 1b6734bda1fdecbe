/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image_build.h"
#include "lib/cleanup.h"
#include "memory.h"
#include "tool.h"

/* -------------------------------------------------------- what every root has
 */

/* Folders of Debian's base-files and what the kernel mounts on. */
static const struct {
	const char *path;
	mode_t mode;
} folders[] = {{"usr", 0755},     {"usr/bin", 0755},   {"usr/sbin", 0755},
               {"usr/lib", 0755}, {"etc", 0755},       {"dev", 0755},
               {"proc", 0555},    {"sys", 0555},       {"run", 0755},
               {"tmp", 01777},    {"root", 0700},      {"home", 0755},
               {"mnt", 0755},     {"srv", 0755},       {"var", 0755},
               {"var/lib", 0755}, {"var/cache", 0755}, {"var/log", 0755},
               {"var/tmp", 01777}};

static const struct {
	const char *path;
	const char *target;
} links[] = {
        {"bin", "usr/bin"},    {"sbin", "usr/sbin"},        {"lib", "usr/lib"},
        {"var/run", "../run"}, {"var/lock", "../run/lock"},
};

/* Used where no package and no folder brings its own. */
static const struct {
	const char *path;
	const char *text;
} files[] = {
        {"etc/passwd",
         "root:x:0:0:root:/root:/bin/sh\n"
         "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
         "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
         "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
        {"etc/group", "root:x:0:\ndaemon:x:1:\nwww-data:x:33:\n"
                      "nogroup:x:65534:\n"},
        {"etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n"},
        {"etc/nsswitch.conf",
         "passwd: files\ngroup: files\nhosts: files dns\n"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int make_folder(const char *tree, const char *path, mode_t mode,
                       struct problem *problem)
{
	BH_AUTO_FREE char *full = memory_format("%s/%s", tree, path);

	if ((mkdir(full, mode) && errno != EEXIST) || chmod(full, mode))
		return problem_errno(problem, errno, "image: %s", full);
	return 0;
}

static int make_link(const char *tree, const char *path, const char *target,
                     struct problem *problem)
{
	BH_AUTO_FREE char *full = memory_format("%s/%s", tree, path);

	if (symlink(target, full) && errno != EEXIST)
		return problem_errno(problem, errno, "image: %s", full);
	return 0;
}

int image_skeleton(const char *tree, enum bh_isa isa, struct problem *problem)
{
	if (image_make_folder(tree, problem))
		return -1;
	for (unsigned i = 0; i < COUNT(folders); i++)
		if (make_folder(tree, folders[i].path, folders[i].mode,
		                problem))
			return -1;
	for (unsigned i = 0; i < COUNT(links); i++)
		if (make_link(tree, links[i].path, links[i].target, problem))
			return -1;
	if (isa != BH_ISA_X86_64)
		return 0;
	/* The one architecture whose loader lies in /lib64. */
	return make_folder(tree, "usr/lib64", 0755, problem) ||
	                       make_link(tree, "lib64", "usr/lib64", problem)
	               ? -1
	               : 0;
}

/* base-passwd keeps Debian's users here until its script copies them. */
static int copy_master(const char *tree, const char *name,
                       struct problem *problem)
{
	BH_AUTO_FREE char *from =
	        memory_format("%s/usr/share/base-passwd/%s.master", tree, name);
	BH_AUTO_FREE char *to = memory_format("%s/etc/%s", tree, name);
	const char *const argv[] = {"cp", "-T", from, to, NULL};
	struct tool tool = {.argv = argv};

	if (access(from, R_OK) || access(to, F_OK) == 0)
		return 0;
	return tool_run(&tool, 1, name, problem);
}

int image_defaults(const char *tree, struct problem *problem)
{
	if (copy_master(tree, "passwd", problem) ||
	    copy_master(tree, "group", problem))
		return -1;
	for (unsigned i = 0; i < COUNT(files); i++) {
		BH_AUTO_FREE char *path =
		        memory_format("%s/%s", tree, files[i].path);
		BH_AUTO_CLOSE int fd = open(path,
		                            O_WRONLY | O_CREAT | O_EXCL |
		                                    O_NOFOLLOW | O_CLOEXEC,
		                            0644);
		size_t size = strlen(files[i].text);

		if (fd < 0 && errno == EEXIST)
			continue;
		if (fd < 0 || write(fd, files[i].text, size) != (ssize_t)size ||
		    fchmod(fd, 0644))
			return problem_errno(problem, errno, "image: %s", path);
	}
	return 0;
}

/* -------------------------------------------------------------------- copies
 */

/* A folder of the tree; its links, also absolute ones, lead nowhere else. */
static int open_inside(int root, const char *path)
{
	struct open_how how = {
	        .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
	        .resolve = RESOLVE_IN_ROOT,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Opens the folder above the last component, making what is missing. */
static int open_parent(const char *tree, const char *to)
{
	BH_AUTO_CLOSE int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	BH_AUTO_CLOSE int parent = root < 0 ? -1 : open_inside(root, "/");
	BH_AUTO_FREE char *path = memory_string(to);

	for (char *slash = path; parent >= 0;) {
		char *name = slash + strspn(slash, "/");
		int next;

		slash = strchr(name, '/');
		if (!slash)
			return bh_steal_fd(&parent);
		*slash = 0;
		next = open_inside(root, path);
		if (next < 0 && errno == ENOENT &&
		    mkdirat(parent, name, 0755) == 0)
			next = open_inside(root, path);
		*slash = '/';
		close(parent);
		parent = next;
	}
	return -1;
}

int image_copy_in(const char *tree, const char *from, const char *to,
                  struct problem *problem)
{
	BH_AUTO_CLOSE int parent = open_parent(tree, to);
	BH_AUTO_FREE char *target = memory_format("/proc/%d/fd/%d/%s", getpid(),
	                                          parent, strrchr(to, '/') + 1);
	const char *const argv[] = {"cp",
	                            "-rT",
	                            "--preserve=mode,timestamps,links",
	                            "--no-dereference",
	                            "--remove-destination",
	                            "--",
	                            from,
	                            target,
	                            NULL};
	struct tool tool = {.argv = argv};

	if (parent < 0)
		return problem_errno(problem, errno, "image: --copy to %s", to);
	return tool_run(&tool, 1, "--copy", problem);
}

/* ------------------------------------------------------------------- folders
 */

int image_make_folder(const char *path, struct problem *problem)
{
	BH_AUTO_FREE char *copy = memory_string(path);

	for (char *slash = copy; (slash = strchr(slash + 1, '/'));) {
		*slash = 0;
		if (mkdir(copy, 0777) && errno != EEXIST)
			return problem_errno(problem, errno, "image: %s", copy);
		*slash = '/';
	}
	if (mkdir(path, 0777) && errno != EEXIST)
		return problem_errno(problem, errno, "image: %s", path);
	return 0;
}

static int make_writable(const char *path, const struct stat *status, int type,
                         struct FTW *walk)
{
	(void)walk;
	if (type == FTW_D && (status->st_mode & 0700) != 0700)
		(void)chmod(path, 0700);
	else if (type == FTW_DNR)
		(void)chmod(path, 0700);
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	(void)remove(path);
	return 0;
}

void image_remove(const char *path)
{
	(void)nftw(path, make_writable, 32, FTW_PHYS);
	(void)nftw(path, remove_one, 32, FTW_PHYS | FTW_DEPTH);
}
