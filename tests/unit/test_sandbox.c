/* SPDX-License-Identifier: ISC */
/* links: lib/sandbox.o */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sandbox.h"

/* A role that may have the files of one folder (Landlock), and no others. */

#define FOLDER 8

static char place[64];

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(place, "/tmp/bh-sandbox-XXXXXX");
	if (!mkdtemp(place) || chmod(place, 0755) || chdir(place) ||
	    mkdir("in", 0777) || mkdir("in/a", 0777) || mkdir("in/b", 0777))
		return -1;
	fd = open("in/a/file", O_CREAT | O_WRONLY, 0666);
	close(fd);
	close(open("secret", O_CREAT | O_WRONLY, 0666));
	return fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", place);
	return system(command);
}

/* 0: done; else the errno. */
static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

static int open_error(const char *path, int flags)
{
	return error_of(openat(FOLDER, path, flags, 0666));
}

#define EXPECT(got, wanted)                                                    \
	do {                                                                   \
		int found = (got);                                             \
                                                                               \
		if (found != (wanted))                                         \
			_exit(__LINE__ % 200 + 1);                             \
	} while (0)

static void enter(bool read_only)
{
	const struct bh_sandbox sandbox = {
	        .landlock = true,
	        .writes_files = true,
	        .folder = FOLDER,
	        .folder_read_only = read_only,
	        .keep_fds = FOLDER,
	};
	const char *stage;

	if (dup2(open("in", O_PATH | O_DIRECTORY), FOLDER) < 0 ||
	    bh_sandbox_enter(&sandbox, &stage))
		_exit(255);
}

static void outside_is_closed(void)
{
	EXPECT(open_error("../secret", O_RDONLY), EACCES);
	EXPECT(open_error("/etc/passwd", O_RDONLY), EACCES);
	EXPECT(open_error("../new", O_CREAT | O_WRONLY), EACCES);
	EXPECT(error_of(unlinkat(FOLDER, "../secret", 0)), EACCES);
	EXPECT(error_of(mkfifoat(FOLDER, "fifo", 0666)), EACCES);
	EXPECT(error_of(mknodat(FOLDER, "socket", S_IFSOCK | 0666, 0)), EACCES);
}

static void writer(long abi)
{
	enter(false);
	outside_is_closed();
	EXPECT(open_error("a/file", O_RDWR), 0);
	EXPECT(open_error("a/file", O_WRONLY | O_TRUNC), 0);
	EXPECT(open_error("a/new", O_CREAT | O_EXCL | O_RDWR), 0);
	EXPECT(error_of(mkdirat(FOLDER, "c", 0777)), 0);
	EXPECT(error_of(symlinkat("x", FOLDER, "l")), 0);
	EXPECT(error_of(renameat(FOLDER, "a/new", FOLDER, "b/new")),
	       abi >= 2 ? 0 : EXDEV);
	EXPECT(error_of(renameat(FOLDER, "a/file", FOLDER, "a/other")), 0);
	EXPECT(error_of(unlinkat(FOLDER, "a/other", 0)), 0);
	_exit(0);
}

static void reader(long abi)
{
	(void)abi;
	enter(true);
	outside_is_closed();
	EXPECT(open_error("a/file", O_RDONLY), 0);
	EXPECT(open_error("a", O_RDONLY | O_DIRECTORY), 0);
	EXPECT(open_error("a/file", O_RDWR), EACCES);
	EXPECT(open_error("a/new", O_CREAT | O_RDWR), EACCES);
	EXPECT(error_of(mkdirat(FOLDER, "c", 0777)), EACCES);
	EXPECT(error_of(symlinkat("x", FOLDER, "l")), EACCES);
	EXPECT(error_of(unlinkat(FOLDER, "a/file", 0)), EACCES);
	EXPECT(error_of(renameat(FOLDER, "a/file", FOLDER, "a/b")), EACCES);
	_exit(0);
}

static void run(void (*child)(long abi))
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	int status;
	pid_t pid;

	if (abi < 0) {
		print_message("skip: this kernel has no Landlock\n");
		skip();
	}
	pid = fork();
	if (pid == 0)
		child(abi);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_folder_to_write(void **state)
{
	(void)state;
	run(writer);
}

static void a_folder_to_read(void **state)
{
	(void)state;
	run(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_folder_to_write, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(a_folder_to_read, setup,
	                                        teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
