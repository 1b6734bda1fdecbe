/* SPDX-License-Identifier: ISC */
#include "guest/linux/console.h"

#include "abi/protocol/console.h"
#include "guest/linux/channel.h"
#include "guest/linux/signal.h"
#include "guest/linux/start.h"
#include "guest/linux/vfs.h"

#define INPUT_SIZE 4096u
/* Bytes that may be on their way; then a writer waits. */
#define OUTPUT_LIMIT 65536u
#define SIGNAL_PIPE  13

static int channel = -1;
static bool is_terminal;

/* ------------------------------------------------------------------- input */

/* One read is under way, or the bytes that it has brought are taken first. */
static struct {
	struct request request;
	struct wait_queue queue;
	bool pending, ended;
	uint32_t start, end; /* in buffer */
	uint8_t buffer[INPUT_SIZE];
} input;

static void input_completed(struct request *request,
                            const struct bh_record *reply)
{
	uint32_t size = reply->size - (uint32_t)sizeof(*reply);

	(void)request;
	if (size > INPUT_SIZE)
		size = INPUT_SIZE;
	if (reply->status)
		size = 0;
	memcpy(input.buffer, reply + 1, size);
	input.start = 0;
	input.end = size;
	input.ended = !size;
	input.pending = false;
	wait_wake(&input.queue, POLLIN | POLLRDNORM);
}

static bool input_is_ready(void)
{
	return input.end > input.start || input.ended;
}

static void input_ask(void)
{
	const uint64_t values[4] = {INPUT_SIZE};

	if (input.pending || input_is_ready())
		return;
	input.request.completed = input_completed;
	if (channel < 0 ||
	    channel_submit(&input.request, (unsigned)channel, BH_CONSOLE_READ,
	                   values, NULL, 0, NULL, 0))
		input.ended = true;
	else
		input.pending = true;
}

static int64_t console_read(struct file *file, struct io *io, uint64_t position)
{
	int64_t n;
	int r = 0;

	(void)position;
	if (!io->left)
		return 0;
	while (!input_is_ready()) {
		input_ask();
		if (input_is_ready())
			break;
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		WAIT_FOR(r, &input.queue, input_is_ready(), NEVER);
		if (r)
			return r == -EINTR ? -ERESTARTSYS : r;
	}
	if (input.end == input.start) {
		/* A terminal may go on after its end of input. */
		input.ended = false;
		return 0;
	}
	n = io_put(io, input.buffer + input.start,
	           min_u64(input.end - input.start, io->left));
	if (n > 0)
		input.start += (uint32_t)n;
	return n;
}

/* ------------------------------------------------------------------ output */

struct output {
	struct request request;
	uint32_t size;
	unsigned stream; /* enum bh_console_stream */
};

static struct {
	struct wait_queue queue;
	uint32_t unanswered; /* bytes */
	bool broken[BH_CONSOLE_STREAMS]; /* nobody reads any more */
} output;

static void output_completed(struct request *request,
                             const struct bh_record *reply)
{
	struct output *done = CONTAINER_OF(request, struct output, request);

	output.unanswered -= done->size;
	if (reply->status)
		output.broken[done->stream] = true;
	memory_free(done);
	wait_wake(&output.queue, POLLOUT | POLLWRNORM);
}

static unsigned stream_of(const struct file *file)
{
	return (unsigned)(uintptr_t)file->data;
}

static bool output_has_room(const struct file *file)
{
	return output.unanswered < OUTPUT_LIMIT ||
	       output.broken[stream_of(file)];
}

/*
 * What has been written since the last exchange.  A console is a stream of
 * bytes: where one write ends and the next begins differs between builds of a
 * program (a buffer's size, an instruction set's own fast path) and must not
 * show.  So records end where the buffer is full, where the other stream goes on,
 * or with the exchange.
 */
static struct {
	uint8_t bytes[PAGE_SIZE];
	uint32_t size;
	unsigned stream;
} gathered;

/* The reply is not waited for: what was written leaves with the next exchange,
 * at the latest when the program ends. */
static void submit_gathered(void)
{
	const uint64_t values[4] = {gathered.stream};
	struct output *write;

	if (!gathered.size)
		return;
	write = memory_zeroed(sizeof(*write));
	if (!write)
		panic("no memory for what the program writes");
	write->request.completed = output_completed;
	write->size = gathered.size;
	write->stream = gathered.stream;
	gathered.size = 0;
	if (channel_submit(&write->request, (unsigned)channel, BH_CONSOLE_WRITE,
	                   values, gathered.bytes, write->size, NULL, 0))
		panic("the console takes no record");
}

/* Moves bytes from IO into the buffer; how many, or -errno. */
static int64_t gather_from(struct io *io, unsigned stream)
{
	uint64_t most = min_u64(sizeof(gathered.bytes), channel_payload_max());
	int64_t n;

	if (stream != gathered.stream)
		submit_gathered();
	gathered.stream = stream;
	n = io_get(io, gathered.bytes + gathered.size,
	           min_u64(io->left, most - gathered.size));
	if (n <= 0)
		return n;
	gathered.size += (uint32_t)n;
	output.unanswered += (uint32_t)n;
	if (gathered.size == most)
		submit_gathered();
	return n;
}

static int wait_for_room(const struct file *file)
{
	int r = 0;

	if (!output_has_room(file) && (file->flags & O_NONBLOCK))
		return -EAGAIN;
	WAIT_FOR(r, &output.queue, output_has_room(file), NEVER);
	if (r)
		return r == -EINTR ? -ERESTARTSYS : r;
	if (output.broken[stream_of(file)]) {
		signal_send_task(task_current, SIGNAL_PIPE, NULL);
		return -EPIPE;
	}
	return 0;
}

static int64_t console_write(struct file *file, struct io *io,
                             uint64_t position)
{
	int64_t done = 0, n = 0;

	(void)position;
	if (channel < 0)
		return (int64_t)io->left;
	while (io->left) {
		int r = wait_for_room(file);

		n = r ? r : gather_from(io, stream_of(file));
		if (n <= 0)
			break;
		done += n;
	}
	return done ? done : n;
}

/* ---------------------------------------------------------------- requests */

enum {
	TCGETS = 0x5401,
	TCSETS = 0x5402,
	TCSETSW = 0x5403,
	TCSETSF = 0x5404,
	TIOCGPGRP = 0x540f,
	TIOCSPGRP = 0x5410,
	TIOCGWINSZ = 0x5413,
	TIOCSWINSZ = 0x5414,
	FIONREAD = 0x541b,
};

/* struct termios of Linux (asm-generic/termbits.h): a terminal as it starts. */
struct termios {
	uint32_t input, output, control, local;
	uint8_t line, characters[19];
};

_Static_assert(sizeof(struct termios) == 36, "struct termios");

static const struct termios terminal = {
        .input = 0x500,  /* ICRNL, IXON */
        .output = 0x5,   /* OPOST, ONLCR */
        .control = 0xbf, /* B38400, CS8, CREAD */
        .local = 0x8a3b, /* ISIG, ICANON, ECHO, ..., IEXTEN */
        .characters = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23,
                       22},
};

static int64_t console_control(struct file *file, uint32_t request,
                               uint64_t argument)
{
	static const uint16_t window[4] = {24, 80};
	uint32_t number = input.end - input.start;

	(void)file;
	if (request == FIONREAD)
		return user_write(argument, &number, sizeof(number));
	if (!is_terminal)
		return -ENOTTY;
	switch (request) {
	case TCGETS:
		return user_write(argument, &terminal, sizeof(terminal));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return user_readable(argument, sizeof(terminal)) ? 0 : -EFAULT;
	case TIOCGWINSZ:
		return user_write(argument, window, sizeof(window));
	case TIOCSWINSZ:
		return user_readable(argument, sizeof(window)) ? 0 : -EFAULT;
	case TIOCGPGRP:
		number = (uint32_t)process.process_group;
		return user_write(argument, &number, sizeof(number));
	case TIOCSPGRP:
		return user_readable(argument, sizeof(number)) ? 0 : -EFAULT;
	default:
		return -ENOTTY;
	}
}

static uint32_t console_poll(struct file *file, struct poll_table *table)
{
	uint32_t events = 0;

	if (file_may_read(file)) {
		input_ask();
		poll_watch(table, &input.queue);
		if (input_is_ready())
			events |= POLLIN | POLLRDNORM;
	}
	if (file_may_write(file)) {
		poll_watch(table, &output.queue);
		if (output_has_room(file))
			events |= POLLOUT | POLLWRNORM;
		if (output.broken[stream_of(file)])
			events |= POLLERR;
	}
	return events;
}

static const struct file_ops console_ops = {
        .name = "console",
        .read = console_read,
        .write = console_write,
        .poll = console_poll,
        .control = console_control,
};

int console_open(struct file *file, unsigned stream)
{
	file->ops = &console_ops;
	file->data = (void *)(uintptr_t)stream;
	return 0;
}

bool console_is_terminal(void)
{
	return is_terminal;
}

void console_start(void)
{
	const char *tty = boot_option("tty");

	is_terminal = tty && !strcmp(tty, "1");
	channel = channel_next(BH_PROTOCOL_CONSOLE, -1);
	if (channel >= 0)
		channel_before_exchange(submit_gathered);
	wait_queue_init(&input.queue);
	wait_queue_init(&output.queue);
}
