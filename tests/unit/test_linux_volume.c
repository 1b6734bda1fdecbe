/* SPDX-License-Identifier: ISC */
/* links: @linux device/volume/path.o device/volume/files.o
 * device/volume/names.o device/volume/list.o device/volume/serve.o */

/*
 * A volume as a program sees it: the Linux personality, and at the other end
 * of its channel the device's own code, on a temporary folder.
 */

#define _GNU_SOURCE
#include "test.h"

#include "volume_folder.h"

#include <sys/mman.h>
#include <sys/uio.h>

#include "tests/unit/linux/machine.h"

#define PAGE   4096u
#define SHARED 1u
#define RW     3u
#define HERE   ((uint64_t)-100) /* AT_FDCWD */

/* ---------------------------------------------------------------- the device
 */

static struct {
	unsigned seen[32];    /* requests of each type */
	uint64_t value1;      /* of the last one */
	unsigned fails, type; /* so many requests of this type fail with EIO */
	uint64_t random;      /* not 0: replies are nonsense from here */
} device;

static uint64_t random_next(void)
{
	device.random ^= device.random << 13;
	device.random ^= device.random >> 7;
	device.random ^= device.random << 17;
	return device.random;
}

/* A reply of any size and any bytes, but the statuses mostly say it is one. */
static void answer_nonsense(int32_t *status, const void **bytes, size_t *size)
{
	for (unsigned i = 0; i < 4; i++)
		reply.value[i] = random_next() >> random_next() % 64;
	*status = random_next() % 4 ? 0 : (int32_t)random_next();
	*size = random_next() % 2 ? random_next() % 400 : 56;
	for (size_t i = 0; i < *size; i++)
		reply_bytes[i] = random_next() % 3 ? 0 : (uint8_t)random_next();
	*bytes = reply_bytes;
}

static bool answer(const struct bh_record *record, int32_t *status,
                   const void **bytes, size_t *size)
{
	device.seen[record->type % 32]++;
	device.value1 = record->value[1];
	if (device.random) {
		answer_nonsense(status, bytes, size);
		return true;
	}
	if (device.fails && device.type == record->type) {
		device.fails--;
		*status = -EIO;
		return true;
	}
	*status = serve(record->type, record->value[0], record->value[1],
	                record->value[2], record->value[3], record + 1,
	                record->size - sizeof(*record));
	*bytes = reply_bytes;
	*size = reply.size;
	return true;
}

/* -------------------------------------------------------------- the program */

static uint64_t open_file(const char *path, unsigned flags)
{
	int64_t r = call("openat", HERE, AT(machine_string(path)), flags, 0644);

	assert_in_range(r, 0, 1023);
	return (uint64_t)r;
}

static int64_t write_text(uint64_t file, const char *text)
{
	return call("write", file, AT(machine_string(text)), strlen(text));
}

static void close_file(uint64_t file)
{
	assert_int_equal(call("close", file), 0);
}

/* The file on the host holds SIZE bytes, the first being these. */
static void host_holds(const char *path, size_t size, const char *first)
{
	char bytes[16] = "";
	struct stat status;
	int fd = open(host(path), O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, size);
	assert_true(read(fd, bytes, strlen(first)) >= 0);
	assert_string_equal(bytes, first);
	close(fd);
}

static uint64_t new_file(const char *path, const char *text)
{
	uint64_t file = open_file(path, O_RDWR | O_CREAT | O_TRUNC);

	assert_int_equal(write_text(file, text), strlen(text));
	return file;
}

static void is_written_and_read(void **state)
{
	uint64_t file = new_file("/data/a", "hello");
	char *buffer = machine_memory(PAGE);

	(void)state;
	host_holds("in/a", 5, "hello");
	assert_int_equal(call("pread64", file, AT(buffer), PAGE, 1), 4);
	assert_memory_equal(buffer, "ello", 4);
	close_file(file);
}

/* ------------------------------------------------------- what lasts, and when
 */

enum way {
	FSYNC,
	FDATASYNC,
	O_SYNC_WRITE,
	O_DSYNC_WRITE,
	RWF_SYNC_WRITE,
	RWF_DSYNC_WRITE,
	MSYNC,
	SYNC_RANGE,
	SYNC,
	FOLDER
};

static int64_t write_with(uint64_t file, unsigned flags)
{
	struct iovec *vector = machine_memory(PAGE);

	*vector = (struct iovec){(void *)(uintptr_t)machine_string("x"), 1};
	return call("pwritev2", file, AT(vector), 1, 0, 0, flags);
}

static int64_t sync_mapping(uint64_t file)
{
	int64_t at = call("mmap", 0, PAGE, RW, SHARED, file, 0), r;

	assert_true(at > 0);
	*(char *)(uintptr_t)at = 'm';
	r = call("msync", (uint64_t)at, PAGE, 4);
	assert_int_equal(call("munmap", (uint64_t)at, PAGE), 0);
	return r;
}

static int64_t opened_with(unsigned flags)
{
	uint64_t file = open_file("/data/a", O_RDWR | flags);
	int64_t r = write_text(file, "x");

	close_file(file);
	return r;
}

static int64_t sync_by(enum way way, uint64_t file)
{
	switch (way) {
	case FSYNC:
		return call("fsync", file);
	case FDATASYNC:
		return call("fdatasync", file);
	case O_SYNC_WRITE:
		return opened_with(O_SYNC);
	case O_DSYNC_WRITE:
		return opened_with(O_DSYNC);
	case RWF_SYNC_WRITE:
		return write_with(file, 4);
	case RWF_DSYNC_WRITE:
		return write_with(file, 2);
	case MSYNC:
		return sync_mapping(file);
	case SYNC_RANGE:
		return call("sync_file_range", file, 0, 0, 7);
	case SYNC:
		return call("sync");
	default:
		return -1;
	}
}

/* The device has been asked when the call returns, and its word is the call's:
 * what does not reach the disk is not said to have. */
static void waits_for_the_disk(void **state)
{
	uint64_t file = new_file("/data/a", "hello");

	(void)state;
	for (enum way way = FSYNC; way <= SYNC; way++) {
		bool data = way == FDATASYNC || way == O_DSYNC_WRITE ||
		            way == RWF_DSYNC_WRITE || way == MSYNC ||
		            way == SYNC_RANGE;
		unsigned before = device.seen[BH_VOLUME_FSYNC];

		assert_true(sync_by(way, file) >= 0);
		assert_int_equal(device.seen[BH_VOLUME_FSYNC], before + 1);
		if (way == FSYNC || way == FDATASYNC)
			assert_int_equal(device.value1, data);
		device.type = BH_VOLUME_FSYNC;
		device.fails = 1;
		/* sync(2) has no way to say it. */
		assert_int_equal(sync_by(way, file), way == SYNC ? 0 : -EIO);
		assert_int_equal(device.fails, 0);
	}
	close_file(file);
}

static void waits_for_folders(void **state)
{
	uint64_t folder = open_file("/data", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(call("fsync", folder), 0);
	assert_int_equal(device.seen[BH_VOLUME_SYNC_FOLDER], 1);
	device.type = BH_VOLUME_SYNC_FOLDER;
	device.fails = 2;
	assert_int_equal(call("fsync", folder), -EIO);
	assert_int_equal(call("fdatasync", folder), -EIO);
	close_file(folder);
}

/* What ordinary writing costs: no wait for a disk. */
static void does_not_wait_unasked(void **state)
{
	unsigned before = device.seen[BH_VOLUME_FSYNC];

	(void)state;
	close_file(new_file("/data/a", "hello"));
	assert_int_equal(device.seen[BH_VOLUME_FSYNC], before);
}

/* ------------------------------------------------------------------ mappings
 */

static uint64_t map_file(uint64_t file, size_t size)
{
	int64_t at = call("mmap", 0, size, RW, SHARED, file, 0);

	assert_true(at > 0);
	return (uint64_t)at;
}

static void writes_mappings_back(void **state)
{
	uint64_t file = new_file("/data/a", "hello"), at;

	(void)state;
	at = map_file(file, PAGE);
	memcpy((void *)(uintptr_t)at, "HELLO", 5);
	assert_int_equal(call("munmap", at, PAGE), 0);
	host_holds("in/a", 5, "HELLO");
	at = map_file(file, PAGE);
	memcpy((void *)(uintptr_t)at, "other", 5);
	/* Another mapping in its place. */
	assert_int_equal(call("mmap", at, PAGE, RW,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	                      UINT64_MAX, 0),
	                 at);
	host_holds("in/a", 5, "other");
	assert_int_equal(*(char *)(uintptr_t)at, 0);
	close_file(file);
}

static void says_what_is_not_written_back(void **state)
{
	uint64_t file = new_file("/data/a", "hello");
	uint64_t at = map_file(file, PAGE);

	(void)state;
	device.type = BH_VOLUME_WRITE;
	device.fails = 1;
	assert_int_equal(call("munmap", at, PAGE), 0);
	assert_int_equal(call("fsync", file), 0);
	assert_true(machine_said("a mapping of /data/a is not written back"));
	close_file(file);
}

static struct {
	uint64_t file, at; /* a mapping that is given up */
	uint64_t mine;     /* one that another thread makes meanwhile */
	bool over;
} race;

static void *bytes_of(uint64_t at)
{
	return (void *)(uintptr_t)at;
}

/* Maps memory, where it is given some, when the first mapping has gone. */
static void map_meanwhile(const void *nothing)
{
	(void)nothing;
	race.mine = AT(machine_memory(16 * PAGE));
	memset(bytes_of(race.mine), 7, 16 * PAGE);
	assert_int_equal(call("munmap", race.at, 4 * PAGE), 0);
	close_file(race.file);
	race.over = true;
}

/* While a mapping is written back its thread sleeps, and others map, unmap and
 * close what they like. */
static void is_safe_from_other_threads(void **state)
{
	static char expected[16 * PAGE];

	(void)state;
	race.file = new_file("/data/a", "hello");
	assert_int_equal(call("ftruncate", race.file, 16 * PAGE), 0);
	race.at = map_file(race.file, 16 * PAGE);
	memset(bytes_of(race.at), 'w', 16 * PAGE);
	machine_thread(map_meanwhile, NULL);
	assert_int_equal(call("munmap", race.at, 16 * PAGE), 0);
	while (!race.over)
		call("sched_yield");
	memset(expected, 7, sizeof(expected));
	assert_memory_equal(bytes_of(race.mine), expected, sizeof(expected));
	host_holds("in/a", 16 * PAGE, "wwww");
}

/* ------------------------------------------------------- death and hostility
 */

static void outlives_its_device(void **state)
{
	uint64_t file = new_file("/data/a", "hello");

	(void)state;
	volume.generation++;
	assert_int_equal(write_text(file, "more"), -EIO);
	assert_int_equal(call("fsync", file), -EIO);
	close_file(file);
	host_holds("in/a", 5, "hello");
	/* The names are still there, and files can be opened anew. */
	file = open_file("/data/a", O_WRONLY | O_APPEND);
	assert_int_equal(write_text(file, " again"), 6);
	host_holds("in/a", 11, "hello again");
	close_file(file);
	assert_int_equal(
	        call("unlinkat", HERE, AT(machine_string("/data/a")), 0), 0);
}

/* One of everything, with whatever result; none is a wild one. */
static void use(uint64_t file, uint64_t folder, char *buffer)
{
	const char *path = machine_string("/data/x");
	int64_t opened;

	call("read", file, AT(buffer), PAGE);
	call("write", file, AT(buffer), PAGE);
	call("fsync", file);
	call("fstat", file, AT(buffer));
	call("ftruncate", file, 5);
	call("getdents64", folder, AT(buffer), PAGE);
	call("lseek", folder, 0, SEEK_SET);
	call("mkdirat", HERE, AT(path), 0755);
	call("unlinkat", HERE, AT(path), 0);
	call("readlinkat", HERE, AT(path), AT(buffer), PAGE);
	call("statfs", AT(path), AT(buffer));
	opened = call("openat", HERE, AT(path), O_RDWR | O_CREAT, 0644);
	if (opened >= 0) {
		assert_in_range(opened, 0, 1023);
		close_file((uint64_t)opened);
	}
	opened = call("mmap", 0, PAGE, RW, SHARED, file, 0);
	if (opened > 0)
		assert_int_equal(call("munmap", (uint64_t)opened, PAGE), 0);
}

static void believes_no_nonsense(void **state)
{
	uint64_t file = new_file("/data/a", "hello");
	uint64_t folder = open_file("/data", O_RDONLY | O_DIRECTORY);
	char *buffer = machine_memory(PAGE);
	uint64_t memory;

	(void)state;
	device.random = 88172645463325252u;
	use(file, folder, buffer);
	memory = machine.kernel_memory;
	for (unsigned i = 0; i < 3000; i++)
		use(file, folder, buffer);
	device.random = 0;
	/* The guest hears of the device's true generation again. */
	assert_int_equal(call("fsync", file), 0);
	assert_in_range(machine.kernel_memory, 0, memory + (64u << 10));
	close_file(file);
	close_file(folder);
}

/* ------------------------------------------------------------------- the end
 */

static int result;

static void ended(int status)
{
	if (!result)
		host_holds("in/end", 5, "ENDED");
	folder_teardown(NULL);
	exit(result ? result : status);
}

/* What is mapped when the program ends is written back, too. */
static void end_with_a_mapping(void)
{
	uint64_t file = new_file("/data/end", "ended");

	memcpy(bytes_of(map_file(file, PAGE)), "ENDED", 5);
	machine.ended = ended;
	call("exit_group", 0);
}

static void program(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(is_written_and_read),
	        cmocka_unit_test(waits_for_the_disk),
	        cmocka_unit_test(waits_for_folders),
	        cmocka_unit_test(does_not_wait_unasked),
	        cmocka_unit_test(writes_mappings_back),
	        cmocka_unit_test(says_what_is_not_written_back),
	        cmocka_unit_test(is_safe_from_other_threads),
	        cmocka_unit_test(outlives_its_device),
	        cmocka_unit_test(believes_no_nonsense),
	};

	result = cmocka_run_group_tests(tests, NULL, NULL);
	end_with_a_mapping();
}

int main(void)
{
	if (folder_setup(NULL))
		return 125;
	machine.device = answer;
	machine.values = reply.value;
	machine.volume = true;
	machine.option = "bh.volumes=volume-0=/data";
	machine_run(program);
}
