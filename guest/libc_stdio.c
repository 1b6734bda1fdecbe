/* SPDX-License-Identifier: ISC */

/*
 * The C library's standard streams on the console.  stdout and stderr are
 * buffered by line, or by BUFFER bytes without one, so that a line is one
 * exchange; setvbuf(stdout, NULL, _IOFBF, 0) makes it one a buffer.
 */

#include <errno.h>
#include <stdio.h>
#include <stdio-bufio.h>
#include <string.h>
#include <unistd.h>

#include "guest/internal.h"

#define BUFFER 4096

static char input_buffer[BUFFER];
static char output_buffer[BUFFER];
static char error_buffer[BUFFER];

ssize_t read(int fd, void *bytes, size_t size)
{
	int64_t got;

	if (fd != STDIN_FILENO) {
		errno = EBADF;
		return -1;
	}
	if (!size)
		return 0;
	/* Whoever is asked should see the question. */
	fflush(stdout);
	fflush(stderr);
	got = bh_console_read(bytes, size);
	if (got < 0) {
		errno = bh_errno(got);
		return -1;
	}
	return (ssize_t)got;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	int status;

	if (fd != STDOUT_FILENO && fd != STDERR_FILENO) {
		errno = EBADF;
		return -1;
	}
	status = bh_console_write_to(fd == STDERR_FILENO ? BH_CONSOLE_ERROR
	                                                 : BH_CONSOLE_OUTPUT,
	                             bytes, size);
	if (status < 0) {
		errno = bh_errno(status);
		return -1;
	}
	return (ssize_t)size;
}

/* Both streams may end up in one place, so keep the order of what is written.
 */
static ssize_t write_error(int fd, const void *bytes, size_t size)
{
	fflush(stdout);
	return write(fd, bytes, size);
}

static struct __file_bufio input = FDEV_SETUP_BUFIO(
        STDIN_FILENO, input_buffer, BUFFER, read, NULL, NULL, NULL, __SRD, 0);
static struct __file_bufio output =
        FDEV_SETUP_BUFIO(STDOUT_FILENO, output_buffer, BUFFER, NULL, write,
                         NULL, NULL, __SWR, __BLBF);
static struct __file_bufio error =
        FDEV_SETUP_BUFIO(STDERR_FILENO, error_buffer, BUFFER, NULL,
                         write_error, NULL, NULL, __SWR, __BLBF);

FILE *const stdin = &input.xfile.cfile.file;
FILE *const stdout = &output.xfile.cfile.file;
FILE *const stderr = &error.xfile.cfile.file;

__attribute__((destructor(101)))
static void flush_all(void)
{
	fflush(stdout);
	fflush(stderr);
}
