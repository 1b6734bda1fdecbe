/* SPDX-License-Identifier: ISC */
/* links: device/volume/path.o device/volume/files.o device/volume/names.o
 * device/volume/list.o device/volume/serve.o */
#define _GNU_SOURCE
#include "test.h"

#include <signal.h>
#include <sys/wait.h>

#include "volume_folder.h"

/* What a hostile guest, or a hostile neighbour in the same folder, tries. */

#define READ BH_VOLUME_OPEN_READ

static int secret_setup(void **state)
{
	int fd;

	if (folder_setup(state))
		return -1;
	fd = open(host("secret"), O_CREAT | O_WRONLY, 0600);
	return fd < 0 || write(fd, "secret", 6) != 6 || close(fd);
}

/* Nothing may have happened to it, whatever was tried. */
static int secret_teardown(void **state)
{
	struct stat status;
	int r = stat(host("secret"), &status);

	if (r || status.st_size != 6 || status.st_nlink != 1 ||
	    status.st_mtime < 1000 || (status.st_mode & 07777) != 0600)
		return -1;
	return folder_teardown(state);
}

/* Every request that takes a path, on PATH; all must fail. */
static void all_fail(const char *path)
{
	static const unsigned types[] = {
	        BH_VOLUME_LOOKUP,        BH_VOLUME_MAKE_FOLDER,
	        BH_VOLUME_REMOVE_FOLDER, BH_VOLUME_UNLINK,
	        BH_VOLUME_READ_LINK,     BH_VOLUME_SET_MODE,
	        BH_VOLUME_SET_TIMES,     BH_VOLUME_SYNC_FOLDER,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_true(on_path(types[i], path, 0, 0) < 0);
	assert_true(on_path(BH_VOLUME_OPEN, path, READ, 0) < 0);
	assert_true(on_path(BH_VOLUME_OPEN, path, NEW, 0600) < 0);
	assert_true(on_two(BH_VOLUME_LIST, path, "", 0) < 0);
	assert_int_not_equal(open_handle("mine", NEW), 0);
	assert_true(on_two(BH_VOLUME_RENAME, path, "new", 0) < 0);
	assert_true(on_two(BH_VOLUME_RENAME, "mine", path, 0) < 0);
	assert_true(on_two(BH_VOLUME_LINK, path, "new", 0) < 0);
	assert_true(on_two(BH_VOLUME_LINK, "mine", path, 0) < 0);
	assert_true(on_two(BH_VOLUME_SYMLINK, "x", path, 0) < 0);
	serve(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0);
}

static void paths_do_not_climb(void **state)
{
	static const char *const paths[] = {
	        "/",  "/etc", "/etc/passwd", "..",     "../secret",
	        ".",  "./f",  "d/..",        "d/../f", "d//f",
	        "d/", "//",   "../in/f",     "d/.",    "d/../../secret",
	};

	(void)state;
	assert_int_equal(on_path(BH_VOLUME_MAKE_FOLDER, "d", 0755, 0), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		all_fail(paths[i]);
		assert_int_equal(on_path(BH_VOLUME_LOOKUP, paths[i], 0, 0),
		                 -EINVAL);
	}
}

static void paths_end_where_they_say(void **state)
{
	char path[5000];

	(void)state;
	assert_int_equal(serve(BH_VOLUME_LOOKUP, 0, 0, 0, 0, "a\0b", 3),
	                 -EINVAL);
	assert_int_equal(serve(BH_VOLUME_LOOKUP, 0, 0, 0, 0, "a\0", 2),
	                 -EINVAL);
	memset(path, 'x', sizeof(path));
	path[256] = 0;
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, path, 0, 0), -ENAMETOOLONG);
	path[255] = 0;
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, path, 0, 0), -ENOENT);
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? '/' : 'x';
	path[4095] = 0;
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, path, 0, 0), -ENOENT);
	assert_int_equal(serve(BH_VOLUME_LOOKUP, 0, 0, 0, 0, path, 4096),
	                 -ENAMETOOLONG);
}

static void strings_are_two(void **state)
{
	(void)state;
	assert_int_equal(serve(BH_VOLUME_RENAME, 0, 0, 0, 0, NULL, 0), -EINVAL);
	assert_int_equal(serve(BH_VOLUME_RENAME, 0, 0, 0, 0, "a", 1), -EINVAL);
	assert_int_equal(serve(BH_VOLUME_RENAME, 0, 0, 0, 0, "a\0", 2),
	                 -EINVAL);
	assert_int_equal(serve(BH_VOLUME_RENAME, 0, 0, 0, 0, "a\0b", 3),
	                 -EINVAL);
	assert_int_equal(serve(BH_VOLUME_RENAME, 0, 0, 0, 0, "a\0b\0c", 6),
	                 -EINVAL);
	assert_int_equal(serve(BH_VOLUME_LIST, 0, 0, 0, 0, "\0", 1), -EINVAL);
	assert_int_equal(serve(BH_VOLUME_LIST, 0, 0, 0, 0, "\0a\0b", 5),
	                 -EINVAL);
	assert_int_equal(on_two(BH_VOLUME_SYMLINK, "", "l", 0), -ENOENT);
}

static void names_may_hold_all_other_bytes(void **state)
{
	char name[2] = "";

	(void)state;
	for (unsigned byte = 1; byte < 256; byte++) {
		if (byte == '/' || byte == '.')
			continue;
		name[0] = (char)byte;
		assert_int_not_equal(open_handle(name, NEW), 0);
		assert_int_equal(on_path(BH_VOLUME_LOOKUP, name, 0, 0), 0);
		assert_int_equal(on_path(BH_VOLUME_UNLINK, name, 0, 0), 0);
	}
}

static void links_are_not_followed(void **state)
{
	(void)state;
	assert_int_equal(on_two(BH_VOLUME_SYMLINK, "../secret", "l", 0), 0);
	assert_int_equal(on_two(BH_VOLUME_SYMLINK, "..", "up", 0), 0);
	assert_int_equal(on_two(BH_VOLUME_SYMLINK, "/", "root", 0), 0);
	assert_int_equal(
	        on_two(BH_VOLUME_SYMLINK, "/proc/self/root", "magic", 0), 0);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "l", READ, 0), -ELOOP);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "l", NEW, 0600), -ELOOP);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "l",
	                         BH_VOLUME_OPEN_WRITE | BH_VOLUME_OPEN_TRUNCATE,
	                         0),
	                 -ELOOP);
	assert_true(on_path(BH_VOLUME_SET_MODE, "l", 0777, 0) < 0);
	assert_int_equal(on_path(BH_VOLUME_SET_TIMES, "l", 1, 1), 0);
	all_fail("up/secret");
	all_fail("up/new");
	all_fail("root/etc/passwd");
	all_fail("magic/etc/passwd");
	all_fail("up/in/l");
	assert_true(on_two(BH_VOLUME_LIST, "up", "", 0) < 0);
	/* The link, not what it leads to. */
	assert_int_equal(on_two(BH_VOLUME_LINK, "l", "l2", 0), 0);
	assert_int_equal(on_path(BH_VOLUME_READ_LINK, "l2", 0, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_UNLINK, "l", 0, 0), 0);
}

/* Somebody moves a folder out from under a path while it is walked. */
static void renames_underneath_do_not_help(void **state)
{
	unsigned out = 0;
	pid_t child;

	(void)state;
	assert_int_equal(on_path(BH_VOLUME_MAKE_FOLDER, "a", 0755, 0), 0);
	assert_int_equal(on_path(BH_VOLUME_MAKE_FOLDER, "a/b", 0755, 0), 0);
	assert_int_equal(rename(host("in/a/b"), host("moved")), 0);
	assert_int_equal(symlink("../../moved", host("in/a/b")), 0);
	all_fail("a/b/f");
	assert_int_equal(symlink("..", host("in/swap")), 0);
	assert_int_equal(mkdir(host("in/real"), 0755), 0);
	child = fork();
	if (child == 0)
		for (;;)
			renameat2(volume.folder, "swap", volume.folder, "real",
			          RENAME_EXCHANGE);
	for (unsigned i = 0; i < 5000; i++) {
		if (on_path(BH_VOLUME_OPEN, "swap/secret", READ, 0) == 0)
			out++;
		on_path(BH_VOLUME_UNLINK, "real/secret", 0, 0);
		on_path(BH_VOLUME_SET_MODE, "swap/secret", 0777, 0);
		on_path(BH_VOLUME_SET_TIMES, "real/secret", 1, 1);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(out, 0);
}

static void only_files_and_folders_are_opened(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(host("in/fifo"), 0666), 0);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "fifo", READ, 0), -ENXIO);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "fifo", NEW, 0), -ENXIO);
	assert_int_equal(on_path(BH_VOLUME_SYNC_FOLDER, "fifo", 0, 0),
	                 -ENOTDIR);
	assert_int_equal(on_path(BH_VOLUME_LOOKUP, "fifo", 0, 0), 0);
	if (mknod(host("in/null"), S_IFCHR | 0666, 1 << 8 | 3) == 0)
		assert_int_equal(on_path(BH_VOLUME_OPEN, "null", READ, 0),
		                 -ENXIO);
}

static void numbers_are_checked(void **state)
{
	static char data[BH_VOLUME_DATA_MAX + 1];
	uint64_t h = open_handle("f", NEW);

	(void)state;
	assert_int_equal(serve(BH_VOLUME_READ, h, UINT64_MAX, 1, 0, NULL, 0),
	                 -EINVAL);
	assert_int_equal(serve(BH_VOLUME_READ, h, INT64_MAX, 1, 0, NULL, 0),
	                 -EINVAL);
	assert_int_equal(
	        serve(BH_VOLUME_READ, h, 0, BH_VOLUME_DATA_MAX + 1, 0, NULL, 0),
	        -EINVAL);
	assert_int_equal(serve(BH_VOLUME_READ, h, 0, UINT64_MAX, 0, NULL, 0),
	                 -EINVAL);
	assert_int_equal(serve(BH_VOLUME_WRITE, h, UINT64_MAX, 0, 0, data, 1),
	                 -EINVAL);
	assert_int_equal(serve(BH_VOLUME_WRITE, h, 0, 2, 0, data, 1), -EINVAL);
	assert_int_equal(serve(BH_VOLUME_WRITE, h, 0, 0, 0, data, 0), -EINVAL);
	assert_int_equal(serve(BH_VOLUME_WRITE, h, 0, 0, 0, data, sizeof(data)),
	                 -EINVAL);
	assert_int_equal(
	        serve(BH_VOLUME_TRUNCATE, h, UINT64_MAX, 0, 0, NULL, 0),
	        -EINVAL);
	assert_int_equal(serve(BH_VOLUME_ALLOCATE, h, INT64_MAX, 1, 0, NULL, 0),
	                 -EINVAL);
	assert_int_equal(serve(BH_VOLUME_FSYNC, h, 2, 0, 0, NULL, 0), -EINVAL);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "f", 32, 0), -EINVAL);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "f", 0, 0), -EINVAL);
	assert_int_equal(on_two(BH_VOLUME_RENAME, "f", "g", 4), -EINVAL);
	assert_int_equal(serve(BH_VOLUME_LOOKUP, 0, 0, 0, 1, "f", 1), -EINVAL);
	for (unsigned type = 23; type < 65536; type += 127)
		assert_int_equal(serve(type, h, 0, 0, 0, "f", 1), -ENOSYS);
	assert_int_equal(serve(0, h, 0, 0, 0, "f", 1), -ENOSYS);
}

static void no_program_becomes_privileged(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(on_path(BH_VOLUME_OPEN, "f", NEW, 04755), -EPERM);
	assert_int_equal(on_path(BH_VOLUME_MAKE_FOLDER, "d", 02755, 0), -EPERM);
	assert_int_not_equal(open_handle("f", NEW), 0);
	assert_int_equal(on_path(BH_VOLUME_SET_MODE, "f", 04755, 0), -EPERM);
	assert_int_equal(on_path(BH_VOLUME_SET_MODE, "f", 02755, 0), -EPERM);
	assert_int_equal(stat(host("in/f"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
}

static void handles_belong_to_one_client_and_life(void **state)
{
	uint64_t handle = open_handle("f", NEW);
	struct volume_request request = {
	        .type = BH_VOLUME_ATTRIBUTES,
	        .client = 2,
	        .value = {handle},
	};

	(void)state;
	volume_serve(&volume, &request, &reply);
	assert_int_equal(reply.status, -EBADF);
	assert_int_equal(write_bytes(handle ^ (UINT64_C(1) << 32), 0, "x"),
	                 -EIO);
	assert_int_equal(reply.value[3], GENERATION);
	assert_int_equal(write_bytes(handle + 1, 0, "x"), -EBADF);
	assert_int_equal(write_bytes(handle | 0xffff, 0, "x"), -EBADF);
	assert_int_equal(write_bytes(0, 0, "x"), -EIO);
	assert_int_equal(
	        serve(BH_VOLUME_UNLINK, GENERATION + 1, 0, 0, 0, "f", 1), -EIO);
	assert_int_equal(serve(BH_VOLUME_UNLINK, GENERATION, 0, 0, 0, "f", 1),
	                 0);
}

static void handles_come_to_an_end(void **state)
{
	unsigned count = 0;

	(void)state;
	while (open_handle("f", NEW))
		count++;
	assert_int_equal(reply.status, -EMFILE);
	assert_true(count > 900 && count <= BH_VOLUME_HANDLES_MAX);
	assert_int_equal(serve(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0), 0);
	assert_int_not_equal(open_handle("f", NEW), 0);
}

static void read_only_stays_as_it_is(void **state)
{
	static const unsigned types[] = {
	        BH_VOLUME_MAKE_FOLDER, BH_VOLUME_REMOVE_FOLDER,
	        BH_VOLUME_UNLINK,      BH_VOLUME_RENAME,
	        BH_VOLUME_LINK,        BH_VOLUME_SYMLINK,
	        BH_VOLUME_SET_MODE,    BH_VOLUME_SET_TIMES,
	        BH_VOLUME_WRITE,
	};
	uint64_t handle = open_handle("f", NEW);

	(void)state;
	assert_int_equal(write_bytes(handle, 0, "text"), 0);
	volume.read_only = true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(serve(types[i], 0, 0, 0, 0, "f", 1), -EROFS);
	assert_int_equal(serve(BH_VOLUME_TRUNCATE, handle, 0, 0, 0, NULL, 0),
	                 -EROFS);
	assert_int_equal(serve(BH_VOLUME_ALLOCATE, handle, 0, 9, 0, NULL, 0),
	                 -EROFS);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "f", BH_VOLUME_OPEN_WRITE, 0),
	                 -EROFS);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "f", NEW, 0), -EROFS);
	assert_int_equal(on_path(BH_VOLUME_OPEN, "f", READ, 0), 0);
	assert_int_equal(serve(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0), 0);
	assert_int_equal(reply.value[0], 1);
}

#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(name, secret_setup, secret_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(paths_do_not_climb),
	        CASE(paths_end_where_they_say),
	        CASE(strings_are_two),
	        CASE(names_may_hold_all_other_bytes),
	        CASE(links_are_not_followed),
	        CASE(renames_underneath_do_not_help),
	        CASE(only_files_and_folders_are_opened),
	        CASE(numbers_are_checked),
	        CASE(no_program_becomes_privileged),
	        CASE(handles_belong_to_one_client_and_life),
	        CASE(handles_come_to_an_end),
	        CASE(read_only_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
