/* SPDX-License-Identifier: ISC */
#include "console.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

/*
 * The descriptors are shared with whoever started bh, so they are not made
 * non-blocking.  Instead exo asks poll(2) first and then writes no more than
 * a pipe that polls writable is sure to take (pipe(7): PIPE_BUF).
 */
#define WRITE_STEP 4096u

/* Regular files and directories cannot be waited for and never block. */
static bool can_be_polled(int fd)
{
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && !S_ISREG(status.st_mode);
}

int console_create(struct console *console, int input_fd, int output_fd,
                   uint64_t capacity)
{
	*console = (struct console){
	        .input_fd = input_fd,
	        .output_fd = output_fd,
	        .input_polled = can_be_polled(input_fd),
	        .output_polled = can_be_polled(output_fd),
	        .queue = memory_reserve(capacity),
	        .capacity = capacity,
	};
	return console->queue ? 0 : -ENOMEM;
}

void console_write(struct console *console, const void *bytes, uint32_t size)
{
	if (console->output_fd < 0 || console->output_broken)
		return;
	if (console->capacity - console->tail < size) {
		memmove(console->queue, console->queue + console->head,
		        console->tail - console->head);
		console->tail -= console->head;
		console->head = 0;
	}
	memcpy(console->queue + console->tail, bytes, size);
	console->tail += size;
}

static bool is_ready(int fd, short events)
{
	struct pollfd wanted = {.fd = fd, .events = events};

	return poll(&wanted, 1, 0) == 1;
}

static void drop_output(struct console *console)
{
	console->output_broken = true;
	console->head = console->tail = 0;
}

void console_flush(struct console *console)
{
	while (console_has_output(console)) {
		uint64_t size = console->tail - console->head;
		ssize_t written;

		if (console->output_polled &&
		    !is_ready(console->output_fd, POLLOUT))
			return;
		if (console->output_polled && size > WRITE_STEP)
			size = WRITE_STEP;
		written = write(console->output_fd,
		                console->queue + console->head, size);
		if (written < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (written <= 0) {
			drop_output(console);
			return;
		}
		console->head += (uint64_t)written;
	}
	console->head = console->tail = 0;
}

int console_read(struct console *console, void *bytes, uint32_t size)
{
	ssize_t got;

	if (console->input_fd < 0)
		return 0;
	if (console->input_polled && !is_ready(console->input_fd, POLLIN))
		return -EAGAIN;
	got = read(console->input_fd, bytes, size);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	/* An input that fails (terminal hung up) has ended. */
	return got < 0 ? 0 : (int)got;
}
