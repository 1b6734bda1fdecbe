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

int console_create(struct console *console, int input_fd,
                   const int output_fd[BH_CONSOLE_STREAMS], uint64_t capacity)
{
	*console = (struct console){
	        .input_fd = input_fd,
	        .input_polled = can_be_polled(input_fd),
	        .queue = memory_reserve(capacity),
	        .capacity = capacity,
	};
	for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++)
		console->outputs[i] = (struct console_output){
		        .fd = output_fd[i],
		        .polled = can_be_polled(output_fd[i]),
		};
	return console->queue ? 0 : -ENOMEM;
}

static struct console_piece piece_at(const struct console *console,
                                     uint64_t offset)
{
	struct console_piece piece;

	memcpy(&piece, console->queue + offset, sizeof(piece));
	return piece;
}

static void put_piece(struct console *console, uint64_t offset,
                      struct console_piece piece)
{
	memcpy(console->queue + offset, &piece, sizeof(piece));
}

/* The last piece becomes longer if it is of the same stream: one write(2). */
static void extend_last(struct console *console, enum bh_console_stream stream,
                        uint32_t size)
{
	struct console_piece piece = {stream, 0};

	if (console_has_output(console) &&
	    piece_at(console, console->last).stream == (uint32_t)stream) {
		piece = piece_at(console, console->last);
	} else {
		console->last = console->tail;
		console->tail += sizeof(piece);
	}
	piece.size += size;
	put_piece(console, console->last, piece);
}

void console_write(struct console *console, enum bh_console_stream stream,
                   const void *bytes, uint32_t size)
{
	const struct console_output *output = &console->outputs[stream];

	if (!size || output->fd < 0 || output->broken)
		return;
	if (console->capacity - console->tail <
	    sizeof(struct console_piece) + size) {
		memmove(console->queue, console->queue + console->head,
		        console->tail - console->head);
		console->tail -= console->head;
		console->last -= console->head;
		console->head = 0;
	}
	extend_last(console, stream, size);
	memcpy(console->queue + console->tail, bytes, size);
	console->tail += size;
}

enum bh_console_stream console_next(const struct console *console)
{
	return (enum bh_console_stream)piece_at(console, console->head)
	        .stream;
}

static bool is_ready(int fd, short events)
{
	struct pollfd wanted = {.fd = fd, .events = events};

	return poll(&wanted, 1, 0) == 1;
}

/* DONE bytes of the first piece have left; what remains of it is a piece. */
static void consume(struct console *console, struct console_piece piece,
                    uint32_t done)
{
	bool is_last = console->last == console->head;

	piece.size -= done;
	console->head += done;
	if (is_last)
		console->last = console->head;
	if (piece.size)
		put_piece(console, console->head, piece);
	else
		console->head += sizeof(piece);
}

/* Returns what the descriptor took, 0 for nothing now, or -1 when it takes
 * nothing any more. */
static ssize_t write_some(const struct console_output *output,
                          const uint8_t *bytes, uint32_t size)
{
	ssize_t written;

	if (output->polled && !is_ready(output->fd, POLLOUT))
		return 0;
	if (output->polled && size > WRITE_STEP)
		size = WRITE_STEP;
	written = write(output->fd, bytes, size);
	if (written < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return written > 0 ? written : -1;
}

void console_flush(struct console *console)
{
	while (console_has_output(console)) {
		struct console_piece piece = piece_at(console, console->head);
		struct console_output *output = &console->outputs[piece.stream];
		const uint8_t *bytes =
		        console->queue + console->head + sizeof(piece);
		ssize_t written = output->broken ? (ssize_t)piece.size
		                : write_some(output, bytes, piece.size);

		if (written == 0)
			return;
		if (written < 0)
			output->broken = true;
		else
			consume(console, piece, (uint32_t)written);
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
