/* SPDX-License-Identifier: ISC */
/* links: @linux */

/* Pipes, and what waits for them: readers, writers, poll and epoll. */

#include "tests/unit/linux/machine.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define CAPACITY 65536

static int32_t *ends;
static uint8_t *buffer; /* twice what a pipe holds */

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(call("pipe2", AT(ends), O_NONBLOCK), 0);
	memset(buffer, 0, 2 * CAPACITY);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	call("close", (uint64_t)ends[0]);
	call("close", (uint64_t)ends[1]);
	return 0;
}

static int64_t put(size_t size)
{
	return call("write", (uint64_t)ends[1], AT(buffer), size);
}

static int64_t get(size_t size)
{
	return call("read", (uint64_t)ends[0], AT(buffer), size);
}

static void block(void)
{
	assert_int_equal(call("fcntl", (uint64_t)ends[0], F_SETFL, 0), 0);
	assert_int_equal(call("fcntl", (uint64_t)ends[1], F_SETFL, 0), 0);
}

static void keeps_bytes_in_order(void **state)
{
	uint8_t next = 0, expected = 0;

	(void)state;
	/* Sizes that do not fit the ring's: it wraps around at odd places. */
	for (unsigned round = 0; round < 200; round++) {
		size_t size = 1 + round * 37 % 3000;

		for (size_t i = 0; i < size; i++)
			buffer[i] = next++;
		assert_int_equal(put(size), size);
		memset(buffer, 0, size);
		assert_int_equal(get(2 * CAPACITY), size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(buffer[i], expected++);
	}
	assert_int_equal(get(1), -EAGAIN);
}

static void holds_64_kib(void **state)
{
	int32_t *size = machine_memory(4096);

	(void)state;
	assert_int_equal(put(2 * CAPACITY), CAPACITY);
	assert_int_equal(put(1), -EAGAIN);
	assert_int_equal(call("ioctl", (uint64_t)ends[0], 0x541b, AT(size)), 0);
	assert_int_equal(*size, CAPACITY);
	/* Up to PIPE_BUF bytes go in as a whole or not at all. */
	assert_int_equal(get(4095), 4095);
	assert_int_equal(put(4096), -EAGAIN);
	assert_int_equal(get(1), 1);
	assert_int_equal(put(4096), 4096);
}

static void ends_when_nobody_writes(void **state)
{
	(void)state;
	assert_int_equal(put(3), 3);
	assert_int_equal(call("close", (uint64_t)ends[1]), 0);
	assert_int_equal(get(10), 3);
	assert_int_equal(get(10), 0);
	assert_int_equal(get(10), 0);
}

static void breaks_when_nobody_reads(void **state)
{
	uint64_t *action = machine_memory(4096);

	(void)state;
	action[0] = (uint64_t)(uintptr_t)SIG_IGN;
	assert_int_equal(call("rt_sigaction", SIGPIPE, AT(action), 0, 8), 0);
	assert_int_equal(call("close", (uint64_t)ends[0]), 0);
	assert_int_equal(put(1), -EPIPE);
}

static void refuses_bad_memory(void **state)
{
	uint64_t *vector = machine_memory(4096);
	uint8_t *two = machine_memory(8192);

	(void)state;
	assert_int_equal(call("write", (uint64_t)ends[1], 16, 5), -EFAULT);
	assert_int_equal(call("write", (uint64_t)ends[1], UINT64_MAX - 2, 5),
	                 -EFAULT);
	assert_int_equal(put(5), 5);
	assert_int_equal(call("read", (uint64_t)ends[0], 16, 5), -EFAULT);
	/* Nothing was lost. */
	assert_int_equal(get(10), 5);
	/* What lies before the bad address is taken. */
	assert_int_equal(call("munmap", AT(two + 4096), 4096), 0);
	assert_int_equal(call("write", (uint64_t)ends[1], AT(two + 4090), 10), 6);
	vector[0] = AT(buffer);
	vector[1] = 2;
	vector[2] = 16;
	vector[3] = 2;
	assert_int_equal(call("readv", (uint64_t)ends[0], AT(vector), 2), 2);
	vector[3] = UINT64_MAX;
	assert_int_equal(call("readv", (uint64_t)ends[0], AT(vector), 2),
	                 -EINVAL);
	assert_int_equal(call("readv", (uint64_t)ends[0], AT(vector), 1025),
	                 -EINVAL);
}

static void knows_which_end_is_which(void **state)
{
	(void)state;
	assert_int_equal(call("read", (uint64_t)ends[1], AT(buffer), 1),
	                 -EBADF);
	assert_int_equal(call("write", (uint64_t)ends[0], AT(buffer), 1),
	                 -EBADF);
	assert_int_equal(call("lseek", (uint64_t)ends[0], 0, 0), -ESPIPE);
	assert_int_equal(call("pread64", (uint64_t)ends[0], AT(buffer), 1, 0),
	                 -ESPIPE);
	assert_int_equal(call("read", 1000, AT(buffer), 1), -EBADF);
	assert_int_equal(call("read", UINT64_MAX, AT(buffer), 1), -EBADF);
}

/* ---------------------------------------------------------------- waiting */

static char order[16];

static void note(char what)
{
	size_t n = strlen(order);

	assert_true(n + 1 < sizeof(order));
	order[n] = what;
	order[n + 1] = 0;
}

static void read_one(const void *name)
{
	char byte = *(const char *)name;

	assert_int_equal(get(1), 1);
	note(byte);
}

static void wakes_readers_in_order(void **state)
{
	(void)state;
	order[0] = 0;
	block();
	machine_thread(read_one, "a");
	machine_thread(read_one, "b");
	machine_settle();
	assert_string_equal(order, "");
	assert_int_equal(put(2), 2);
	machine_settle();
	assert_string_equal(order, "ab");
}

static void write_much(const void *argument)
{
	(void)argument;
	assert_int_equal(put(2 * CAPACITY), 2 * CAPACITY);
	note('w');
}

static void a_writer_waits_for_room(void **state)
{
	size_t left = 2 * CAPACITY;

	(void)state;
	order[0] = 0;
	block();
	machine_thread(write_much, NULL);
	machine_settle();
	assert_string_equal(order, "");
	while (left) {
		int64_t n = get(10000);

		assert_in_range(n, 1, 10000);
		left -= (size_t)n;
	}
	machine_settle();
	assert_string_equal(order, "w");
}

static void polls(void **state)
{
	struct pollfd *fds = machine_memory(4096);

	(void)state;
	fds[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
	fds[1] = (struct pollfd){.fd = ends[1], .events = POLLOUT};
	fds[2] = (struct pollfd){.fd = -1, .events = POLLIN, .revents = 7};
	fds[3] = (struct pollfd){.fd = 999, .events = POLLIN};
	assert_int_equal(call("ppoll", AT(fds), 4, 0, 0, 0), 2);
	assert_int_equal(fds[0].revents, 0);
	assert_int_equal(fds[1].revents, POLLOUT);
	assert_int_equal(fds[2].revents, 0);
	assert_int_equal(fds[3].revents, POLLNVAL);
	assert_int_equal(put(2 * CAPACITY), CAPACITY);
	assert_int_equal(call("ppoll", AT(fds), 2, 0, 0, 0), 1);
	assert_int_equal(fds[0].revents, POLLIN);
	assert_int_equal(fds[1].revents, 0);
	assert_int_equal(call("close", (uint64_t)ends[1]), 0);
	assert_int_equal(call("ppoll", AT(fds), 1, 0, 0, 0), 1);
	assert_int_equal(fds[0].revents, POLLIN | POLLHUP);
	assert_int_equal(call("ppoll", AT(fds), UINT64_MAX, 0, 0, 0), -EINVAL);
	assert_int_equal(call("ppoll", 16, 1, 0, 0, 0), -EFAULT);
}

static void polls_until_a_time(void **state)
{
	struct pollfd *fds = machine_memory(4096);
	uint64_t *timeout = (void *)(fds + 16), before = machine.monotonic;

	(void)state;
	fds[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
	timeout[1] = 5000000;
	assert_int_equal(call("ppoll", AT(fds), 1, AT(timeout), 0, 0), 0);
	assert_in_range(machine.monotonic - before, 5000000, 8000000);
	timeout[1] = 1000000000;
	assert_int_equal(call("ppoll", AT(fds), 1, AT(timeout), 0, 0), -EINVAL);
}

/* ------------------------------------------------------------------ epoll */

static int epoll_watch(int epoll, int operation, int fd, uint32_t events)
{
	struct epoll_event *event = machine_memory(4096);
	int r;

	*event = (struct epoll_event){events, {.fd = fd}};
	r = (int)call("epoll_ctl", (uint64_t)epoll, (uint64_t)operation,
	              (uint64_t)fd, AT(event));
	call("munmap", AT(event), 4096);
	return r;
}

static struct epoll_event *happened;

static int epoll_now(int epoll)
{
	return (int)call("epoll_pwait", (uint64_t)epoll, AT(happened), 16, 0);
}

static void epoll_tells_levels_and_edges(void **state)
{
	int epoll = (int)call("epoll_create1", 0);

	(void)state;
	assert_int_equal(epoll_watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN),
	                 0);
	assert_int_equal(epoll_now(epoll), 0);
	assert_int_equal(put(2), 2);
	assert_int_equal(epoll_now(epoll), 1);
	assert_int_equal(happened[0].data.fd, ends[0]);
	assert_int_equal(happened[0].events, EPOLLIN);
	assert_int_equal(epoll_now(epoll), 1);
	assert_int_equal(epoll_watch(epoll, EPOLL_CTL_MOD, ends[0],
	                             EPOLLIN | EPOLLET),
	                 0);
	assert_int_equal(epoll_now(epoll), 1);
	assert_int_equal(epoll_now(epoll), 0);
	assert_int_equal(put(1), 1);
	assert_int_equal(epoll_now(epoll), 1);
	assert_int_equal(epoll_watch(epoll, EPOLL_CTL_MOD, ends[0],
	                             EPOLLIN | EPOLLONESHOT),
	                 0);
	assert_int_equal(epoll_now(epoll), 1);
	assert_int_equal(put(1), 1);
	assert_int_equal(epoll_now(epoll), 0);
	assert_int_equal(epoll_watch(epoll, EPOLL_CTL_DEL, ends[0], 0), 0);
	assert_int_equal(epoll_watch(epoll, EPOLL_CTL_DEL, ends[0], 0),
	                 -ENOENT);
	call("close", (uint64_t)epoll);
}

static void epoll_forgets_what_is_closed(void **state)
{
	int epoll = (int)call("epoll_create1", 0);
	int copy = (int)call("dup", (uint64_t)ends[0]);

	(void)state;
	assert_int_equal(epoll_watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN),
	                 0);
	assert_int_equal(epoll_watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN),
	                 -EEXIST);
	assert_int_equal(put(1), 1);
	/* The open file is watched, not its number. */
	assert_int_equal(call("close", (uint64_t)ends[0]), 0);
	assert_int_equal(epoll_now(epoll), 1);
	assert_int_equal(call("close", (uint64_t)copy), 0);
	assert_int_equal(epoll_now(epoll), 0);
	call("close", (uint64_t)epoll);
}

static void epoll_refuses_itself(void **state)
{
	int a = (int)call("epoll_create1", 0);
	int b = (int)call("epoll_create1", 0);

	(void)state;
	assert_int_equal(epoll_watch(a, EPOLL_CTL_ADD, a, EPOLLIN), -EINVAL);
	assert_int_equal(epoll_watch(a, EPOLL_CTL_ADD, b, EPOLLIN), 0);
	assert_int_equal(epoll_watch(b, EPOLL_CTL_ADD, a, EPOLLIN), -ELOOP);
	assert_int_equal(epoll_watch(b, EPOLL_CTL_ADD, ends[0], EPOLLIN), 0);
	assert_int_equal(put(1), 1);
	assert_int_equal(epoll_now(a), 1);
	assert_int_equal(happened[0].data.fd, b);
	assert_int_equal(epoll_watch(a, EPOLL_CTL_ADD, 999, EPOLLIN), -EBADF);
	assert_int_equal(epoll_watch(ends[0], EPOLL_CTL_ADD, a, EPOLLIN),
	                 -EINVAL);
	assert_int_equal(epoll_watch(a, 4, b, EPOLLIN), -EINVAL);
	assert_int_equal(call("epoll_pwait", (uint64_t)a, AT(happened), 0, 0),
	                 -EINVAL);
	assert_int_equal(call("epoll_pwait", (uint64_t)a, 16, 1, 0), -EFAULT);
	call("close", (uint64_t)b);
	call("close", (uint64_t)a);
}

static void program(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	        CASE(keeps_bytes_in_order),
	        CASE(holds_64_kib),
	        CASE(ends_when_nobody_writes),
	        CASE(breaks_when_nobody_reads),
	        CASE(refuses_bad_memory),
	        CASE(knows_which_end_is_which),
	        CASE(wakes_readers_in_order),
	        CASE(a_writer_waits_for_room),
	        CASE(polls),
	        CASE(polls_until_a_time),
	        CASE(epoll_tells_levels_and_edges),
	        CASE(epoll_forgets_what_is_closed),
	        CASE(epoll_refuses_itself),
	};

	ends = machine_memory(4096);
	buffer = machine_memory(2 * CAPACITY);
	happened = machine_memory(4096);
	exit(cmocka_run_group_tests(tests, NULL, NULL));
}

int main(void)
{
	machine_run(program);
}
