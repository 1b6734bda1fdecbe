/* SPDX-License-Identifier: ISC */
/*
 * drive_core: plays launcher and exo for one core process.
 *
 *	drive_core [OPTION]... CORE IMAGE [ARG]...
 *
 *	-i ISA     instruction set of the image: x86_64 (default), aarch64,
 *	           riscv64
 *	-m MIB     size of the guest's heap (default 16)
 *	-s SEED    seed of layout and secret (default 1)
 *	-v         print every post, and the state after a fault
 *	-d MS      after MS milliseconds of the guest without a post, ask for
 *	           the state (exit status 124)
 *	-r         with -d: let the guest go on after each state
 *	-p         poll for posts instead of sleeping on the doorbell
 *	-t         print times and the core's resident memory at the end
 *	-A MIB     arena: 256 MiB and MIB, of which the guest may hold 64 MiB
 *	-R FILE    root image
 *	-S         sandbox: own namespaces and an empty root (needs root)
 *
 * Console writes go to standard output, console reads come from standard
 * input, entropy is a fixed sequence.  Every request is answered at once.
 * Exit status: the guest's own; 121 fault; 124 no post in time; 125 the core
 * could not start, or broke the contract; 126 the core process died.
 *
 * links: lib/elf_explain.o
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/core.h"
#include "abi/exchange.h"
#include "abi/protocol/clock.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/entropy.h"
#include "abi/record.h"
#include "lib/elf.h"

enum {
	STATUS_FAULT = 121,
	STATUS_LATE = 124,
	STATUS_ERROR = 125,
	STATUS_DIED = 126,
};

#define BUFFER_SIZE BH_AREA_BUFFER_DEFAULT
#define AREA_SIZE   (BH_AREA_SUBMISSION + 2 * BUFFER_SIZE)
#define STACK_SIZE  (UINT32_C(256) << 10)
#define ARENA_LOW   (UINT64_C(256) << 20)
#define ARENA_LIMIT (UINT64_C(64) << 20)

struct options {
	enum bh_isa isa;
	uint64_t heap_size;
	uint64_t arena_size;
	uint64_t seed;
	const char *root;
	bool verbose, polling, timing, sandbox, resuming;
	int patience; /* ms, -1: for ever */
};

struct drive {
	struct options options;
	uint8_t *area;
	struct bh_control *control;
	int area_fd, doorbell, start, image, kvm, root;
	pid_t pid;
	int process; /* pidfd */
	uint32_t seen;
	uint64_t exchanges;
	uint64_t started, ready, first, last;
};

static void __attribute__((noreturn, format(printf, 1, 2)))
fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "drive_core: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	exit(STATUS_ERROR);
}

static int check(int result, const char *what)
{
	if (result < 0)
		fail("%s: %s", what, strerror(errno));
	return result;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void add_channel(struct bh_core_start *start, enum bh_protocol protocol,
                        const char *name)
{
	struct bh_channel_info *c = &start->channels[start->channel_count++];

	c->protocol = (uint16_t)protocol;
	c->role = BH_ROLE_CLIENT;
	c->credit = 64;
	snprintf(c->name, sizeof(c->name), "%s", name);
}

static void write_start(struct drive *d, char **arguments, int count)
{
	static const char *const variables[] = {"DRIVEN=yes"};
	struct bh_core_start start = {
	        .magic = BH_CORE_MAGIC,
	        .version = BH_ABI_VERSION,
	        .size = sizeof(start),
	        .isa = d->options.isa,
	        .flags = d->options.sandbox ? 0 : BH_CORE_NO_SANDBOX_ROOT,
	        .submission_size = BUFFER_SIZE,
	        .completion_size = BUFFER_SIZE,
	        .stack_size = STACK_SIZE,
	        .heap_size = d->options.heap_size,
	        .arena_low_size = d->options.arena_size ? ARENA_LOW : 0,
	        .arena_high_size = d->options.arena_size,
	        .memory_limit = d->options.arena_size ? ARENA_LIMIT : 0,
	        .argument_count = (uint32_t)count,
	        .environment_count = 1,
	};
	char strings[4096];
	size_t used = 0;

	for (uint64_t i = 0; i < 4; i++)
		start.seed[i] = d->options.seed * 4 + i;
	add_channel(&start, BH_PROTOCOL_CONTROL, "control");
	add_channel(&start, BH_PROTOCOL_CONSOLE, "console");
	add_channel(&start, BH_PROTOCOL_CLOCK, "clock");
	add_channel(&start, BH_PROTOCOL_ENTROPY, "entropy");
	for (int i = 0; i < count + 1; i++) {
		const char *text = i < count ? arguments[i] : variables[0];
		size_t size = strlen(text) + 1;

		if (size > sizeof(strings) - used)
			fail("arguments are too long");
		memcpy(strings + used, text, size);
		used += size;
	}
	start.strings_size = (uint32_t)used;
	d->start = check(memfd_create("start", 0), "memfd_create");
	if (write(d->start, &start, sizeof(start)) != sizeof(start) ||
	    write(d->start, strings, used) != (ssize_t)used)
		fail("cannot write the start block");
}

static void create_area(struct drive *d)
{
	d->area_fd = check(memfd_create("area", MFD_ALLOW_SEALING), "area");
	check(ftruncate(d->area_fd, AREA_SIZE), "area");
	check(fcntl(d->area_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW),
	      "seal");
	d->area = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
	               d->area_fd, 0);
	if (d->area == MAP_FAILED)
		fail("cannot map the area");
	d->control = (struct bh_control *)(void *)d->area;
	d->control->exo.exo_polling = d->options.polling;
	d->doorbell = check(eventfd(0, EFD_NONBLOCK), "eventfd");
}

/* What there is none of must not be there by accident either. */
static void move_fd(int fd, int to)
{
	if (fd < 0)
		close(to);
	else if (dup2(fd, to) < 0)
		_exit(STATUS_DIED);
}

/* Numbers that the numbers of abi/core.h do not overlap. */
static int raise_fd(int fd)
{
	return fd < 0 ? fd : fcntl(fd, F_DUPFD, 32);
}

static void run_core(const struct drive *d, const char *core)
{
	char *const none[] = {NULL};
	int null = raise_fd(open("/dev/null", O_RDWR));
	int program = raise_fd(open(core, O_RDONLY | O_CLOEXEC));
	int start = raise_fd(d->start), image = raise_fd(d->image);
	int area = raise_fd(d->area_fd), doorbell = raise_fd(d->doorbell);
	int kvm = raise_fd(d->kvm), root = raise_fd(d->root);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (d->options.sandbox &&
	    unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS))
		_exit(STATUS_DIED);
	move_fd(null, 0);
	move_fd(null, 1);
	move_fd(start, BH_CORE_FD_START);
	move_fd(image, BH_CORE_FD_IMAGE);
	move_fd(area, BH_CORE_FD_AREA);
	move_fd(doorbell, BH_CORE_FD_DOORBELL);
	move_fd(kvm, BH_CORE_FD_KVM);
	move_fd(root, BH_CORE_FD_ROOT);
	move_fd(-1, BH_CORE_FD_KEPT);
	fcntl(program, F_SETFD, FD_CLOEXEC);
	syscall(SYS_execveat, program, "", none, none, AT_EMPTY_PATH);
	fprintf(stderr, "drive_core: %s: %s\n", core, strerror(errno));
	_exit(STATUS_DIED);
}

/* Asks a computing guest where it is, repeatedly, as exo does; false if nothing
 * comes. */
static bool interrupt(struct drive *d)
{
	struct pollfd p = {d->doorbell, POLLIN, 0};

	for (int i = 0; i < 50; i++) {
		kill(d->pid, BH_CORE_SIGNAL_DESCRIBE);
		if (poll(&p, 1, 20 * (i + 1)) == 1)
			return true;
	}
	return false;
}

static void print_words(const char *name, const uint64_t *words, uint32_t n)
{
	fprintf(stderr, "%s", name);
	for (uint32_t i = 0; i < n; i++)
		fprintf(stderr, " %" PRIx64, words[i]);
	fprintf(stderr, "\n");
}

static void print_state(const struct bh_core_state *s)
{
	fprintf(stderr,
	        "fault %u address %" PRIx64 " pc %" PRIx64 " (image %" PRIx64
	        ") flags %" PRIx64 " thread %" PRIx64 "\n",
	        s->fault, s->address, s->pc, s->pc - s->bias, s->flags,
	        s->thread_pointer);
	print_words("registers", s->registers, 32);
	print_words("backtrace", s->backtrace,
	            s->backtrace_count < BH_STATE_BACKTRACE
	                    ? s->backtrace_count
	                    : BH_STATE_BACKTRACE);
	fprintf(stderr, "code at %" PRIx64 ":", s->code_address);
	for (uint32_t i = 0; i < s->code_size && i < BH_STATE_CODE; i++)
		fprintf(stderr, " %02x", s->code[i]);
	fprintf(stderr, "\nstack at %" PRIx64 ": %u bytes\n", s->stack_address,
	        s->stack_size);
}

static bool has_posted(struct drive *d)
{
	return __atomic_load_n(&d->control->variant.posted, __ATOMIC_ACQUIRE) !=
	       d->seen;
}

/* Waits for the next post; false if the core is gone. */
static bool await_post(struct drive *d)
{
	struct pollfd p[] = {{d->doorbell, POLLIN, 0}, {d->process, POLLIN, 0}};
	uint64_t rung;

	for (int i = 0; d->options.polling && i < 10000; i++)
		if (has_posted(d))
			break;
	while (!has_posted(d)) {
		/* A core that has not said READY has no signal handler yet. */
		int patience = d->seen ? d->options.patience : -1;
		int n = poll(p, 2, d->options.polling ? 0 : patience);

		if (n == 0 && !d->options.polling) {
			if (!interrupt(d))
				fail("no post, and no answer to the signal");
			if (!d->options.resuming)
				d->options.patience = -1;
			continue;
		}
		if (p[0].revents && read(d->doorbell, &rung, sizeof(rung)) < 0)
			fail("doorbell: %s", strerror(errno));
		if (p[1].revents && !has_posted(d))
			return false;
	}
	d->seen++;
	if (d->control->variant.posted != d->seen)
		fail("posted is %u, expected %u", d->control->variant.posted,
		     d->seen);
	return true;
}

static void answer(struct drive *d, enum bh_command command)
{
	struct bh_control *c = d->control;

	__atomic_store_n(&c->exo.command, (uint32_t)command, __ATOMIC_RELAXED);
	__atomic_store_n(&c->exo.completed, d->seen, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&c->variant.variant_waiting, __ATOMIC_RELAXED))
		syscall(SYS_futex, &c->exo.completed, FUTEX_WAKE, 1, NULL, NULL,
		        0);
}

/* The core's resident memory in KiB that is not the guest's. */
static long resident(const struct drive *d)
{
	char path[64], line[256];
	uint64_t start, end;
	long total = 0, kib;
	bool guest = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)d->pid);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2)
			guest = start < BH_GUEST_TOP;
		if (!guest && sscanf(line, "Rss: %ld", &kib) == 1)
			total += kib;
	}
	fclose(f);
	return total;
}

static int __attribute__((noreturn)) finish(struct drive *d, int status)
{
	fflush(stdout);
	if (d->options.timing) {
		uint64_t n = d->exchanges > 1 ? d->exchanges - 1 : 1;

		fprintf(stderr,
		        "start to ready %" PRIu64 " us; %" PRIu64
		        " exchanges, %" PRIu64 " ns each; core resident %ld "
		        "KiB\n",
		        (d->ready - d->started) / 1000, d->exchanges,
		        (d->last - d->first) / n, resident(d));
	}
	if (d->seen)
		answer(d, BH_COMMAND_STOP);
	waitpid(d->pid, NULL, 0);
	exit(status);
}

struct reply {
	struct bh_record record;
	uint8_t payload[4096];
};

static uint64_t clock_value(const struct drive *d, const struct bh_record *r)
{
	if (r->type == BH_CLOCK_RESOLUTION)
		return 1;
	return r->value[0] == BH_CLOCK_REALTIME
	               ? (uint64_t)time(NULL) * UINT64_C(1000000000)
	               : now() - d->started;
}

static void act(struct drive *d, const struct bh_record *r, struct reply *reply)
{
	const uint8_t *payload = (const uint8_t *)(r + 1);
	size_t size = r->size - sizeof(*r);
	size_t want = r->value[0] < sizeof(reply->payload)
	                      ? (size_t)r->value[0]
	                      : sizeof(reply->payload);
	ssize_t n = 0;

	reply->record = (struct bh_record){.size = sizeof(*r),
	                                   .channel = r->channel,
	                                   .type = r->type,
	                                   .tag = r->tag};
	if (r->channel == 0 && r->type == BH_CONTROL_EXIT)
		finish(d, (int)r->value[0]);
	if (r->channel == 0) {
		fprintf(stderr, "abort %" PRIu64 ": %.*s\n", r->value[0],
		        (int)size, (const char *)payload);
		finish(d, STATUS_FAULT);
	}
	if (r->channel == 1 && r->type == BH_CONSOLE_WRITE) {
		fwrite(payload, 1, size, stdout);
		reply->record.value[0] = size;
	} else if (r->channel == 1) {
		fflush(stdout);
		n = read(STDIN_FILENO, reply->payload, want);
	} else if (r->channel == 2) {
		reply->record.value[0] = clock_value(d, r);
	} else if (r->channel == 3) {
		for (; (size_t)n < want; n++)
			reply->payload[n] = (uint8_t)(n * 37 + 11);
	} else {
		reply->record.status = -BH_ENOENT;
	}
	reply->record.size += (uint32_t)(n > 0 ? n : 0);
}

static void exchange(struct drive *d)
{
	const uint8_t *in = d->area + BH_AREA_SUBMISSION;
	uint8_t *out = d->area + BH_AREA_SUBMISSION + BUFFER_SIZE;
	struct bh_submission submission;
	struct bh_completion completion = {.exchange = ++d->exchanges};
	struct reply reply;
	uint64_t at = sizeof(submission);

	d->last = now();
	if (d->exchanges == 1)
		d->first = d->last;
	memcpy(&submission, in, sizeof(submission));
	if (submission.exchange != d->exchanges ||
	    submission.bytes > BUFFER_SIZE - sizeof(submission))
		fail("exchange %" PRIu64 ": header says %" PRIu64
		     " with %u bytes",
		     d->exchanges, submission.exchange, submission.bytes);
	for (uint32_t i = 0; i < submission.count; i++) {
		const struct bh_record *r = (const void *)(in + at);

		if (at + sizeof(*r) > sizeof(submission) + submission.bytes ||
		    r->size < sizeof(*r) || at + r->size > BUFFER_SIZE)
			fail("record %u does not fit the batch", i);
		act(d, r, &reply);
		memcpy(out + sizeof(completion) + completion.bytes, &reply,
		       reply.record.size);
		completion.bytes +=
		        (uint32_t)BH_RECORD_STRIDE(reply.record.size);
		completion.count++;
		at += BH_RECORD_STRIDE(r->size);
	}
	if (completion.count == 0 && submission.wait != BH_WAIT_NONE)
		completion.status = -BH_ETIMEDOUT;
	completion.monotonic = d->last - d->started;
	completion.realtime = (uint64_t)time(NULL) * UINT64_C(1000000000);
	memcpy(out, &completion, sizeof(completion));
	answer(d, BH_COMMAND_RUN);
}

static void serve(struct drive *d)
{
	static const char *const names[] = {"none",  "ready", "exchange",
	                                    "fault", "error", "state"};

	while (await_post(d)) {
		uint32_t kind = d->control->variant.kind;

		if (d->options.verbose)
			fprintf(stderr, "post %u: %s\n", d->seen,
			        kind < 6 ? names[kind] : "?");
		switch (kind) {
		case BH_POST_READY:
			d->ready = now();
			answer(d, BH_COMMAND_RUN);
			break;
		case BH_POST_EXCHANGE:
			exchange(d);
			break;
		case BH_POST_ERROR:
			d->control->message[BH_CONTROL_MESSAGE_SIZE - 1] = 0;
			fprintf(stderr, "%s\n", d->control->message);
			finish(d, STATUS_ERROR);
		case BH_POST_FAULT:
		case BH_POST_STATE:
			if (d->options.verbose)
				print_state(&d->control->state);
			if (kind == BH_POST_STATE && d->options.resuming) {
				answer(d, BH_COMMAND_RUN);
				break;
			}
			finish(d, kind == BH_POST_FAULT ? STATUS_FAULT
			                                : STATUS_LATE);
		default:
			fail("post of unknown kind %u", kind);
		}
	}
}

static enum bh_isa isa_named(const char *name)
{
	for (int i = BH_ISA_X86_64; i <= BH_ISA_RISCV64; i++)
		if (strcmp(bh_isa_name((enum bh_isa)i), name) == 0)
			return (enum bh_isa)i;
	fail("unknown instruction set %s", name);
}

static void read_options(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){.isa = BH_ISA_X86_64,
	                      .heap_size = UINT64_C(16) << 20,
	                      .seed = 1,
	                      .patience = -1};
	while ((c = getopt(argc, argv, "+i:m:s:vd:rptSA:R:")) != -1) {
		switch (c) {
		case 'i':
			o->isa = isa_named(optarg);
			break;
		case 'm':
			o->heap_size = strtoull(optarg, NULL, 0) << 20;
			break;
		case 's':
			o->seed = strtoull(optarg, NULL, 0);
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'd':
			o->patience = atoi(optarg);
			break;
		case 'r':
			o->resuming = true;
			break;
		case 'p':
			o->polling = true;
			break;
		case 't':
			o->timing = true;
			break;
		case 'A':
			o->arena_size = strtoull(optarg, NULL, 0) << 20;
			break;
		case 'R':
			o->root = optarg;
			break;
		case 'S':
			o->sandbox = true;
			break;
		default:
			exit(STATUS_ERROR);
		}
	}
	if (argc - optind < 2)
		fail("usage: drive_core [OPTION]... CORE IMAGE [ARG]...");
}

int main(int argc, char **argv)
{
	struct drive d = {.kvm = -1, .root = -1};
	int status;

	read_options(&d.options, argc, argv);
	d.image = check(open(argv[optind + 1], O_RDONLY), argv[optind + 1]);
	if (d.options.root)
		d.root = check(open(d.options.root, O_RDONLY), d.options.root);
	d.kvm = open("/dev/kvm", O_RDWR); /* absent: only bh-core-kvm minds */
	create_area(&d);
	write_start(&d, argv + optind + 1, argc - optind - 1);
	d.started = now();
	d.pid = check(fork(), "fork");
	if (d.pid == 0)
		run_core(&d, argv[optind]);
	d.process = check((int)syscall(SYS_pidfd_open, d.pid, 0), "pidfd_open");
	serve(&d);
	waitpid(d.pid, &status, 0);
	fflush(stdout);
	fprintf(stderr, "core died: %s %d\n",
	        WIFSIGNALED(status) ? "signal" : "exit status",
	        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return STATUS_DIED;
}
