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

/* Errors are discarded. */
static int create(int input, int output)
{
	return console_create(&console, input, (int[]){output, -1}, CAPACITY);
}

static void begin_output(void)
{
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(create(-1, ends[1]), 0);
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
	while (console_room(&console) >=
	       sizeof(chunk) + sizeof(struct console_piece)) {
		memset(chunk, (int)(written / sizeof(chunk)), sizeof(chunk));
		console_write(&console, BH_CONSOLE_OUTPUT, chunk, sizeof(chunk));
		written += sizeof(chunk);
		console_flush(&console);
		assert_true(written <= CAPACITY + 8192);
	}
	assert_true(console_has_output(&console));
	assert_true(written >= CAPACITY - 2 * sizeof(chunk));
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
	console_write(&console, BH_CONSOLE_OUTPUT, "text", 4);
	console_flush(&console);
	assert_true(console.outputs[0].broken);
	assert_false(console_has_output(&console));
	console_write(&console, BH_CONSOLE_OUTPUT, "more", 4);
	assert_false(console_has_output(&console));
	end();
}

static void no_output_discards(void **state)
{
	(void)state;
	assert_int_equal(create(-1, -1), 0);
	for (int i = 0; i < 100000; i++)
		console_write(&console, BH_CONSOLE_OUTPUT, "0123456789", 10);
	assert_false(console_has_output(&console));
	assert_false(console.outputs[0].broken);
}

static void regular_file_takes_everything(void **state)
{
	int fd = memfd_create("file", 0);
	uint8_t chunk[CAPACITY];

	(void)state;
	assert_int_equal(create(fd, fd), 0);
	assert_false(console.outputs[0].polled);
	memset(chunk, 7, sizeof(chunk));
	for (int i = 0; i < 20; i++) {
		console_write(&console, BH_CONSOLE_OUTPUT, chunk, sizeof(chunk));
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
	assert_int_equal(create(-1, fd), 0);
	console_write(&console, BH_CONSOLE_OUTPUT, "text", 4);
	console_flush(&console);
	assert_true(console.outputs[0].broken);
	close(fd);
}

/* Reads SIZE bytes that must all be BYTE. */
static void reads(int fd, uint8_t byte, size_t size)
{
	uint8_t got;

	for (size_t i = 0; i < size; i++) {
		console_flush(&console);
		assert_int_equal(read(fd, &got, 1), 1);
		assert_int_equal(got, byte);
	}
}

static void queue_moves_down(void **state)
{
	uint8_t chunk[CAPACITY];
	uint32_t first = CAPACITY - 2 * sizeof(struct console_piece);

	(void)state;
	begin_output();
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 8192), 8192);
	memset(chunk, 1, sizeof(chunk));
	console_write(&console, BH_CONSOLE_OUTPUT, chunk, first);
	console_flush(&console); /* 8192 have left */
	memset(chunk, 2, 5000);
	console_write(&console, BH_CONSOLE_OUTPUT, chunk, 5000);
	assert_true(console.head == 0);
	reads(ends[0], 1, first);
	reads(ends[0], 2, 5000);
	assert_false(console_has_output(&console));
	end();
}

/* Both streams lead to one pipe: nothing changes places. */
static void streams_keep_their_order(void **state)
{
	uint8_t chunk[3000];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	assert_int_equal(console_create(&console, -1,
	                                (int[]){ends[1], dup(ends[1])},
	                                CAPACITY), 0);
	for (uint8_t i = 0; i < 5; i++) {
		memset(chunk, i, sizeof(chunk));
		console_write(&console, (enum bh_console_stream)(i % 2), chunk,
		              sizeof(chunk));
		console_flush(&console);
	}
	for (uint8_t i = 0; i < 5; i++)
		reads(ends[0], i, sizeof(chunk));
	assert_false(console_has_output(&console));
	close(console.outputs[1].fd);
	end();
}

/* What one stream loses, the other one does not. */
static void streams_break_alone(void **state)
{
	int errors[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(errors), 0);
	assert_int_equal(console_create(&console, -1,
	                                (int[]){ends[1], errors[1]}, CAPACITY),
	                 0);
	console_write(&console, BH_CONSOLE_OUTPUT, "a", 1);
	console_write(&console, BH_CONSOLE_ERROR, "b", 1);
	console_write(&console, BH_CONSOLE_OUTPUT, "c", 1);
	assert_int_equal(console_next(&console), BH_CONSOLE_OUTPUT);
	close(ends[0]);
	reads(errors[0], 'b', 1);
	assert_true(console.outputs[BH_CONSOLE_OUTPUT].broken);
	assert_false(console.outputs[BH_CONSOLE_ERROR].broken);
	assert_false(console_has_output(&console));
	close(ends[1]);
	close(errors[0]);
	close(errors[1]);
}

/* Small writes of one stream leave together. */
static void pieces_are_joined(void **state)
{
	int errors[2];
	char text[10];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe2(errors, O_DIRECT), 0); /* keeps writes apart */
	assert_int_equal(console_create(&console, -1,
	                                (int[]){ends[1], errors[1]}, CAPACITY),
	                 0);
	console_write(&console, BH_CONSOLE_OUTPUT, "a", 1);
	console_write(&console, BH_CONSOLE_ERROR, "b", 1);
	console_write(&console, BH_CONSOLE_ERROR, "c", 1);
	console_flush(&console);
	assert_int_equal(read(errors[0], text, sizeof(text)), 2);
	assert_memory_equal(text, "bc", 2);
	close(errors[0]);
	close(errors[1]);
	end();
}

static void reading_never_blocks(void **state)
{
	char text[10];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(create(ends[0], -1), 0);
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
	assert_int_equal(create(-1, -1), 0);
	assert_int_equal(console_read(&console, text, 10), 0);
	/* One that fails has ended too. */
	assert_int_equal(create(directory, -1), 0);
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
	        cmocka_unit_test(streams_keep_their_order),
	        cmocka_unit_test(streams_break_alone),
	        cmocka_unit_test(pieces_are_joined),
	        cmocka_unit_test(reading_never_blocks),
	        cmocka_unit_test(no_input_is_at_its_end),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("exo/console", tests, NULL, NULL);
}
