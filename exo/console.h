/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_CONSOLE_H
#define BH_EXO_CONSOLE_H

/*
 * The console of one domain: two host descriptors, a bounded queue of output,
 * at most one unanswered read.  See abi/protocol/console.h.
 */

#include <stdbool.h>
#include <stdint.h>

struct console {
	int input_fd, output_fd; /* -1: none */
	bool input_polled;       /* the descriptor can be waited for; if not */
	bool output_polled;      /* (regular file) it is always ready */
	bool output_broken;
	bool reading;            /* a read is unanswered */
	uint16_t read_channel;
	uint64_t read_tag;
	uint32_t read_size;
	uint8_t *queue;          /* output: queue[head, tail) */
	uint64_t capacity, head, tail;
};

/* One read returns at most this much. */
#define CONSOLE_READ_MAX 32768u

/* CAPACITY: bytes of output that may be queued.  Returns 0 or -errno. */
int console_create(struct console *console, int input_fd, int output_fd,
                   uint64_t capacity);

static inline uint64_t console_room(const struct console *console)
{
	return console->capacity - (console->tail - console->head);
}

static inline bool console_has_output(const struct console *console)
{
	return console->tail != console->head;
}

/* Queues output; the caller has made sure that there is room. */
void console_write(struct console *console, const void *bytes, uint32_t size);

/* Writes what the descriptor takes without blocking. */
void console_flush(struct console *console);

/*
 * Reads at most SIZE bytes without blocking.  Returns their number, 0 at the
 * end of input, or -EAGAIN.
 */
int console_read(struct console *console, void *bytes, uint32_t size);

#endif
