/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "memory.h"

#define SETTLED_SECONDS 2
#define CHUNK           (256u << 10)

char *measure_cache_folder(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && cache[0] == '/')
		return memory_format("%s/broken-hype", cache);
	if (home && home[0] == '/')
		return memory_format("%s/.cache/broken-hype", home);
	return NULL;
}

static int open_file(const char *path, struct stat *status,
                     struct problem *problem)
{
	BH_AUTO_CLOSE int fd =
	        open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, status))
		return problem_errno(problem, errno, "%s", path);
	if (!S_ISREG(status->st_mode))
		return problem_set(problem, "%s is not a regular file", path);
	return bh_steal_fd(&fd);
}

static void write_digest(struct sha256_ctx *hash, char text[SHA256_TEXT])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(hash, sizeof(digest), digest);
	for (unsigned i = 0; i < sizeof(digest); i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static int read_all(const char *path, int fd, char text[SHA256_TEXT],
                    struct problem *problem)
{
	BH_AUTO_FREE char *chunk = memory_new(1, CHUNK);
	struct sha256_ctx hash;
	ssize_t n;

	sha256_init(&hash);
	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return problem_errno(problem, errno, "%s", path);
		sha256_update(&hash, (size_t)n, (const uint8_t *)chunk);
	}
	write_digest(&hash, text);
	return 0;
}

int measure_file(const char *path, char text[SHA256_TEXT],
                 struct problem *problem)
{
	struct stat status;
	BH_AUTO_CLOSE int fd = open_file(path, &status, problem);

	return fd < 0 ? -1 : read_all(path, fd, text, problem);
}

/* What must be unchanged for a file to be the same. */
static char *identity(const struct stat *status)
{
	return memory_format(
	        "%llx %llx %lld %lld.%09ld %lld.%09ld",
	        (unsigned long long)status->st_dev,
	        (unsigned long long)status->st_ino, (long long)status->st_size,
	        (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
	        (long long)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

/* The folder, if it is ours alone; made if it is not there. */
static int open_memory(bool make)
{
	BH_AUTO_FREE char *cache = measure_cache_folder();
	BH_AUTO_FREE char *folder = NULL;
	BH_AUTO_CLOSE int fd = -1;
	struct stat status;

	if (!cache)
		return -1;
	folder = memory_format("%s/measured", cache);
	if (make)
		for (char *slash = folder; slash;) {
			slash = strchr(slash + 1, '/');
			if (slash)
				*slash = 0;
			(void)mkdir(folder, 0700);
			if (slash)
				*slash = '/';
		}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &status) || status.st_uid != geteuid() ||
	    status.st_mode & 022)
		return -1;
	return bh_steal_fd(&fd);
}

static void entry_name(char name[64], const struct stat *status)
{
	snprintf(name, 64, "%llx-%llx", (unsigned long long)status->st_dev,
	         (unsigned long long)status->st_ino);
}

static bool recall(const struct stat *status, char text[SHA256_TEXT])
{
	BH_AUTO_CLOSE int folder = open_memory(false);
	BH_AUTO_FREE char *wanted = identity(status);
	BH_AUTO_CLOSE int fd = -1;
	char name[64], entry[256] = "";
	size_t length = strlen(wanted);

	if (folder < 0)
		return false;
	entry_name(name, status);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || read(fd, entry, sizeof(entry) - 1) !=
	                      (ssize_t)(length + 1 + SHA256_TEXT))
		return false;
	if (memcmp(entry, wanted, length) != 0 || entry[length] != ' ')
		return false;
	memcpy(text, entry + length + 1, SHA256_TEXT - 1);
	text[SHA256_TEXT - 1] = 0;
	return strspn(text, "0123456789abcdef") == SHA256_TEXT - 1;
}

/* Failing to remember is no error. */
static void remember(const struct stat *status, const char *text)
{
	BH_AUTO_CLOSE int folder = open_memory(true);
	BH_AUTO_FREE char *what = identity(status);
	BH_AUTO_FREE char *entry = memory_format("%s %s\n", what, text);
	BH_AUTO_CLOSE int fd = -1;
	char name[64], new[96];

	if (folder < 0 || status->st_ctim.tv_sec + SETTLED_SECONDS > time(NULL))
		return;
	entry_name(name, status);
	snprintf(new, sizeof(new), "%s.%d", name, getpid());
	fd = openat(folder, new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (write(fd, entry, strlen(entry)) != (ssize_t)strlen(entry) ||
	    renameat(folder, new, folder, name))
		(void)unlinkat(folder, new, 0);
}

int measure_cached(const char *path, char text[SHA256_TEXT],
                   struct problem *problem)
{
	struct stat before, after;
	BH_AUTO_CLOSE int fd = open_file(path, &before, problem);

	if (fd < 0)
		return -1;
	if (recall(&before, text))
		return 0;
	if (read_all(path, fd, text, problem))
		return -1;
	if (fstat(fd, &after) == 0) {
		BH_AUTO_FREE char *one = identity(&before);
		BH_AUTO_FREE char *other = identity(&after);

		if (strcmp(one, other) == 0)
			remember(&after, text);
	}
	return 0;
}
