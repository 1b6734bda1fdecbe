/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_CONSOLE_H
#define BH_EXO_CONSOLE_H

/*
 * The console of one domain: its host descriptors, a bounded queue of output
 * for both streams, at most one unanswered read.  See abi/protocol/console.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/protocol/console.h"

struct console_output {
	int fd;      /* -1: none, what is written is discarded */
	bool polled; /* it can be waited for; if not (regular file), it is
	                always ready */
	bool broken; /* nobody reads any more */
};

struct console {
	int input_fd;            /* -1: none */
	bool input_polled;       /* as in struct console_output */
	bool reading;            /* a read is unanswered */
	uint16_t read_channel;
	uint64_t read_tag;
	uint32_t read_size;
	struct console_output outputs[BH_CONSOLE_STREAMS];
	uint8_t *queue;          /* output: pieces in queue[head, tail), each
	                            a struct console_piece and its bytes */
	uint64_t capacity, head, tail;
	uint64_t last;           /* where the last piece begins */
};

struct console_piece {
	uint32_t stream, size;
};

/* One read returns at most this much. */
#define CONSOLE_READ_MAX 32768u

/* CAPACITY: bytes of output that may be queued, a record's header counting
 * more than a piece's.  Returns 0 or -errno. */
int console_create(struct console *console, int input_fd,
                   const int output_fd[BH_CONSOLE_STREAMS], uint64_t capacity);

static inline uint64_t console_room(const struct console *console)
{
	return console->capacity - (console->tail - console->head);
}

static inline bool console_has_output(const struct console *console)
{
	return console->tail != console->head;
}

/* Queues output; the caller has made sure that there is room for SIZE bytes and
 * a struct console_piece. */
void console_write(struct console *console, enum bh_console_stream stream,
                   const void *bytes, uint32_t size);

/* The stream whose turn it is, of a console that has output. */
enum bh_console_stream console_next(const struct console *console);

/* Writes what the descriptors take without blocking, in the order in which it
 * came: they may be one terminal. */
void console_flush(struct console *console);

/*
 * Reads at most SIZE bytes without blocking.  Returns their number, 0 at the
 * end of input, or -EAGAIN.
 */
int console_read(struct console *console, void *bytes, uint32_t size);

#endif
