/* SPDX-License-Identifier: ISC */
/* links: exo/console.o exo/memory.o */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exo/console.h"

#define CAPACITY 16384u

static struct console console;
static int ends[2];

static void begin_output(void)
{
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(console_create(&console, -1, ends[1], CAPACITY), 0);
}

static void end(void)
{
	close(ends[0]);
	close(ends[1]);
}

/* A reader that never reads: the queue holds what it may, and no write
 * blocks. */
static void full_pipe_is_bounded(void **state)
{
	uint8_t chunk[1000], byte;
	uint64_t written = 0, read_back = 0;

	(void)state;
	begin_output();
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 8192), 8192);
	while (console_room(&console) >= sizeof(chunk)) {
		memset(chunk, (int)(written / sizeof(chunk)), sizeof(chunk));
		console_write(&console, chunk, sizeof(chunk));
		written += sizeof(chunk);
		console_flush(&console);
		assert_true(written <= CAPACITY + 8192);
	}
	assert_true(console_has_output(&console));
	assert_true(written >= CAPACITY);
	/* All of it arrives, in order. */
	while (read_back < written) {
		assert_int_equal(read(ends[0], &byte, 1), 1);
		assert_int_equal(byte, (uint8_t)(read_back / sizeof(chunk)));
		read_back++;
		console_flush(&console);
	}
	assert_false(console_has_output(&console));
	assert_int_equal(console_room(&console), CAPACITY);
	end();
}

static void reader_gone_drops_output(void **state)
{
	(void)state;
	begin_output();
	close(ends[0]);
	console_write(&console, "text", 4);
	console_flush(&console);
	assert_true(console.output_broken);
	assert_false(console_has_output(&console));
	console_write(&console, "more", 4);
	assert_false(console_has_output(&console));
	end();
}

static void no_output_discards(void **state)
{
	(void)state;
	assert_int_equal(console_create(&console, -1, -1, CAPACITY), 0);
	for (int i = 0; i < 100000; i++)
		console_write(&console, "0123456789", 10);
	assert_false(console_has_output(&console));
	assert_false(console.output_broken);
}

static void regular_file_takes_everything(void **state)
{
	int fd = memfd_create("file", 0);
	uint8_t chunk[CAPACITY];

	(void)state;
	assert_int_equal(console_create(&console, fd, fd, CAPACITY), 0);
	assert_false(console.output_polled);
	memset(chunk, 7, sizeof(chunk));
	for (int i = 0; i < 20; i++) {
		console_write(&console, chunk, sizeof(chunk));
		console_flush(&console);
		assert_false(console_has_output(&console));
	}
	assert_int_equal(lseek(fd, 0, SEEK_END), 20 * CAPACITY);
	assert_int_equal(console_read(&console, chunk, 10), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(console_read(&console, chunk, 10), 10);
	close(fd);
}

static void full_device_breaks_output(void **state)
{
	int fd = open("/dev/full", O_RDWR);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(console_create(&console, -1, fd, CAPACITY), 0);
	console_write(&console, "text", 4);
	console_flush(&console);
	assert_true(console.output_broken);
	close(fd);
}

static void queue_moves_down(void **state)
{
	uint8_t chunk[CAPACITY];

	(void)state;
	begin_output();
	memset(chunk, 1, sizeof(chunk));
	console_write(&console, chunk, CAPACITY);
	console.head = 5000; /* as if so much had been written */
	memset(chunk, 2, 5000);
	console_write(&console, chunk, 5000);
	assert_int_equal(console_room(&console), 0);
	assert_int_equal(console.queue[CAPACITY - 5001], 1);
	assert_int_equal(console.queue[CAPACITY - 5000], 2);
	end();
}

static void reading_never_blocks(void **state)
{
	char text[10];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(console_create(&console, ends[0], -1, CAPACITY), 0);
	assert_int_equal(console_read(&console, text, 10), -EAGAIN);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_int_equal(console_read(&console, text, 2), 2);
	assert_int_equal(console_read(&console, text, 10), 1);
	assert_int_equal(console_read(&console, text, 10), -EAGAIN);
	close(ends[1]);
	assert_int_equal(console_read(&console, text, 10), 0);
	assert_int_equal(console_read(&console, text, 10), 0);
	close(ends[0]);
}

static void no_input_is_at_its_end(void **state)
{
	char text[10];
	int directory = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(console_create(&console, -1, -1, CAPACITY), 0);
	assert_int_equal(console_read(&console, text, 10), 0);
	/* One that fails has ended too. */
	assert_int_equal(console_create(&console, directory, -1, CAPACITY), 0);
	assert_int_equal(console_read(&console, text, 10), 0);
	close(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(full_pipe_is_bounded),
	        cmocka_unit_test(reader_gone_drops_output),
	        cmocka_unit_test(no_output_discards),
	        cmocka_unit_test(regular_file_takes_everything),
	        cmocka_unit_test(full_device_breaks_output),
	        cmocka_unit_test(queue_moves_down),
	        cmocka_unit_test(reading_never_blocks),
	        cmocka_unit_test(no_input_is_at_its_end),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("exo/console", tests, NULL, NULL);
}
