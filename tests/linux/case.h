/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_LINUX_CASE_H
#define BH_TESTS_LINUX_CASE_H

/*
 * Programs that ask Linux questions and print what it answers, one line for
 * each case: "NAME: ANSWERS".  tests/linux-calls.sh runs them on the host's Linux and
 * under bh, and compares the lines.  So an answer holds nothing that may differ
 * between two runs: no address, no pid, no time, no number of a port.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* What a C library may not have, or has in headers of Linux alone. */
#ifndef FALLOC_FL_KEEP_SIZE
#define FALLOC_FL_KEEP_SIZE 1
#define FALLOC_FL_PUNCH_HOLE 2
#define FALLOC_FL_ZERO_RANGE 16
#endif
#ifndef RWF_APPEND
#define RWF_APPEND 16
#endif
#ifndef __GLIBC__
#define close_range(first, last, flags)                                        \
	syscall(SYS_close_range, first, last, flags)
#define renameat2(from_fd, from, to_fd, to, flags)                             \
	syscall(SYS_renameat2, from_fd, from, to_fd, to, flags)
#define preadv2(fd, v, n, at, flags)                                           \
	syscall(SYS_preadv2, fd, v, n, (long)(at), 0L, flags)
#define pwritev2(fd, v, n, at, flags)                                          \
	syscall(SYS_pwritev2, fd, v, n, (long)(at), 0L, flags)
#endif

#define CASE_ERRORS(X) \
	X(EPERM) X(ENOENT) X(ESRCH) X(EINTR) X(EIO) X(ENXIO) X(E2BIG) \
	X(ENOEXEC) X(EBADF) X(ECHILD) X(EAGAIN) X(ENOMEM) X(EACCES) \
	X(EFAULT) X(ENOTBLK) X(EBUSY) X(EEXIST) X(EXDEV) X(ENODEV) \
	X(ENOTDIR) X(EISDIR) X(EINVAL) X(ENFILE) X(EMFILE) X(ENOTTY) \
	X(ETXTBSY) X(EFBIG) X(ENOSPC) X(ESPIPE) X(EROFS) X(EMLINK) X(EPIPE) \
	X(EDOM) X(ERANGE) X(EDEADLK) X(ENAMETOOLONG) X(ENOLCK) X(ENOSYS) \
	X(ENOTEMPTY) X(ELOOP) X(ENODATA) X(ETIME) X(EPROTO) X(EBADMSG) \
	X(EOVERFLOW) X(EILSEQ) X(ENOTSOCK) X(EDESTADDRREQ) X(EMSGSIZE) \
	X(EPROTOTYPE) X(ENOPROTOOPT) X(EPROTONOSUPPORT) X(ESOCKTNOSUPPORT) \
	X(EOPNOTSUPP) X(EPFNOSUPPORT) X(EAFNOSUPPORT) X(EADDRINUSE) \
	X(EADDRNOTAVAIL) X(ENETDOWN) X(ENETUNREACH) X(ECONNABORTED) \
	X(ECONNRESET) X(ENOBUFS) X(EISCONN) X(ENOTCONN) X(ETIMEDOUT) \
	X(ECONNREFUSED) X(EHOSTUNREACH) X(EALREADY) X(EINPROGRESS) \
	X(ETOOMANYREFS) X(ECANCELED) X(EOWNERDEAD) X(ENOTRECOVERABLE)

/* glibc has strerrorname_np(), musl has not. */
static inline const char *error_name(int error)
{
#define NAME(e) \
	case e: \
		return #e;
	switch (error) {
		CASE_ERRORS(NAME)
	}
#undef NAME
	return "an error without a name";
}

/* Stands before the names of cases that are asked more than once. */
static const char *case_prefix = "";

/* Begins the line of a case. */
static inline void begin(const char *name)
{
	printf("%s%s:", case_prefix, name);
}

/* A result: the number, or the name of the error. */
static inline void say(long result)
{
	if (result == -1)
		printf(" %s", error_name(errno));
	else
		printf(" %ld", result);
}

static inline void done(void)
{
	putchar('\n');
	fflush(stdout);
}

/*
 * Begins a program that makes files: in an empty folder of the one that it is
 * told, or of /tmp, and not as root, who may do everything.
 */
static inline void enter(int argc, char **argv)
{
	umask(022);
	if (chdir(argc > 1 ? argv[1] : "/tmp"))
		exit(1);
	if (getuid() == 0 &&
	    (setgroups(0, NULL) || setresgid(1000, 1000, 1000) ||
	     setresuid(1000, 1000, 1000)))
		exit(1);
	if (mkdir("here", 0755) || chdir("here"))
		exit(1);
}

/* A file with this text. */
static inline void make_file(const char *path, const char *text, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	write(fd, text, strlen(text));
	close(fd);
}

/* What was read, as part of the answer. */
static inline void say_bytes(const char *bytes, long size)
{
	if (size < 0)
		say(size);
	else
		printf(" %ld '%.*s'", size, (int)size, bytes);
}

/* A case of one call. */
#define ASK(name, call)                                                        \
	do {                                                                   \
		begin(name);                                                   \
		say(call);                                                     \
		done();                                                        \
	} while (0)

#endif
