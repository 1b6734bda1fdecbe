/* SPDX-License-Identifier: ISC */
/* links: @linux */

/*
 * A hostile program: any system calls with any arguments, from several threads.
 * Whatever it asks for, the kernel must touch nothing but what the program may,
 * and must not lose its way.  The kernel lives on from input to input, and the
 * program's files and descriptors go in between.
 *
 * What would end the process is left out: those who do that have ended.
 */

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "guest/linux/areas.h"
#include "guest/linux/arch.h"
#include "guest/linux/internal.h"
#include "guest/linux/signal_numbers.h"
#include "tests/unit/linux/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DATA_SIZE     65536u
#define PLAY_SIZE     (64u * PAGE_SIZE)
#define CALLS_MAX     64u
#define CALLS_LIMIT   460u
#define STACK_SIZE    16384u
#define THREADS       16u
#define HOUR          (3600 * NANOSECONDS)
#define KERNEL_MEMORY (64u << 20)

static const char *const paths[] = {
        "a", "b", "d", "d/a", "d/b", "d/d", "d/d/a", "/", ".", "..",
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/console",
        "/dev/shm/a", "/proc", "/proc/self/maps", "/proc/self/fd",
        "/proc/self/fd/3", "/proc/self/status", "/proc/meminfo", "/proc/mounts",
        "/proc/self/task", "/sys", "/tmp/a", "d/../a", "a/b", "", "a/",
        "/proc/self/exe", "/proc/self/cwd/a",
};

static const uint64_t numbers[] = {
        0, 1, 8, 4095, 4096, 65536, 0x7fffffff, 0x80000000, 0xffffffff,
        UINT64_C(1) << 32, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX,
        (uint64_t)-100, (uint64_t)-4096, PLAY_SIZE,
};

static struct {
	const uint8_t *data;
	size_t left;
} input;

static uint8_t *data_area, *play_area, *path_area;
static uint8_t *stacks;
static bool stack_is_used[THREADS];
static uint64_t limits[16][2];
static unsigned calls_left;
static jmp_buf started;

static uint8_t take(void)
{
	if (!input.left)
		return 0;
	input.left--;
	return *input.data++;
}

static uint64_t take_64(void)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)take() << 8 * i;
	return value;
}

static uint64_t take_argument(void)
{
	uint8_t kind = take();

	if (kind < 64)
		return kind;
	if (kind < 104)
		return AT(data_area) + (kind - 64u) * 512 + take();
	if (kind < 128)
		return AT(play_area) + (kind - 104u) * PAGE_SIZE;
	if (kind < 160)
		return kind - 128u;
	if (kind < 176)
		return numbers[kind - 160];
	if (kind < 208)
		return AT(path_area) + (kind - 176u) * 64;
	if (kind < 224)
		return UINT64_C(1) << take() % 64;
	return take_64();
}

/* -------------------------------------------------------- what is left out */

static bool is_one_of(uint64_t number, const char *const *names)
{
	for (; *names; names++)
		if (machine_number(*names) == number)
			return true;
	return false;
}

/* Above the area to play with lies what the program itself needs. */
static bool overlaps(uint64_t start, uint64_t size)
{
	uint64_t end = start + PAGE_UP(size) + PAGE_SIZE;

	return PAGE_UP(size) < size || end < start ||
	       end > AT(play_area) + PLAY_SIZE + PAGE_SIZE;
}

static bool is_left_out(uint64_t number, const uint64_t *a)
{
	static const char *const endings[] = {"exit", "exit_group",
	                                      "rt_sigreturn", "sigaltstack",
	                                      "clone3", NULL};
	static const char *const sendings[] = {
	        "kill", "tkill", "tgkill", "rt_sigqueueinfo",
	        "rt_tgsigqueueinfo", "timer_create", NULL};
	static const char *const mappings[] = {"munmap", "mprotect", "mmap",
	                                       "madvise", "pkey_mprotect",
	                                       "mremap", NULL};

	if (is_one_of(number, endings))
		return true;
	if (is_one_of(number, mappings))
		return overlaps(a[0], a[1]) || overlaps(a[0], a[2]) ||
		       overlaps(a[4], a[2]);
	if (is_one_of(number, sendings))
		return (int)a[1] == SIGKILL || (int)a[2] == SIGKILL;
	return false;
}

static void on_signal(int number, void *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
}

/* No signal ends the process, and each finds a stack. */
static void tame_signals(void)
{
	for (int n = 1; n <= SIGNALS_MAX; n++) {
		struct signal_action *action = &signal_actions[n];

		if (n == SIGKILL || n == SIGSTOP)
			continue;
		if (action->handler != SIG_IGN)
			action->handler = AT(on_signal);
		action->flags &= ~(uint64_t)SA_ONSTACK;
		if (action->flags & SA_RESETHAND)
			action->flags &= ~(uint64_t)SA_RESETHAND;
	}
}

/* --------------------------------------------------------------- the program */

/* Threads get a stack of their own, whatever they ask for. */
static void make_thread(uint64_t number, uint64_t *a)
{
	unsigned i = 0;

	while (i < THREADS && stack_is_used[i])
		i++;
	if (i == THREADS)
		return;
	a[1] = AT(stacks) + (i + 1) * STACK_SIZE - 64;
	stack_is_used[i] = machine_call_number(number, a) > 0;
}

static void one_call(void)
{
	uint64_t number = take() | (uint64_t)(take() & 1) << 8, a[6];
	unsigned count = take() % 7;

	if (number == 255) { /* bytes for the calls to come */
		uint64_t at = (uint64_t)take() * 64;

		for (unsigned i = 0; i < 8u * (1 + count); i += 8) {
			uint64_t value = take_argument();

			memcpy(data_area + at + i, &value, sizeof(value));
		}
		return;
	}
	memset(a, 0, sizeof(a));
	for (unsigned i = 0; i < count; i++)
		a[i] = take_argument();
	if (number == machine_number("clone"))
		make_thread(number, a);
	else if (number < CALLS_LIMIT && !is_left_out(number, a))
		machine_call_number(number, a);
	tame_signals();
}

static void run_calls(void)
{
	while (input.left && calls_left) {
		calls_left--;
		one_call();
	}
}

static void thread(void)
{
	uint64_t top = task_current->frame->registers[ARCH_STACK];

	run_calls();
	stack_is_used[(top - AT(stacks)) / STACK_SIZE] = false;
	call("exit");
}

/* Everybody's sleep ends. */
static void stuck(void)
{
	tame_signals();
	LIST_EACH(task, &task_list, struct task, link)
		task->blocked = 0;
	signal_actions[SIGUSR1] =
	        (struct signal_action){.handler = AT(on_signal)};
	LIST_EACH(task, &task_list, struct task, link)
		signal_send_task(task, SIGUSR1, NULL);
	machine.signals |= SIGNAL_BIT(SIGUSR1);
}

static void set_up(void)
{
	data_area = machine_memory(DATA_SIZE);
	stacks = machine_memory(THREADS * STACK_SIZE);
	machine_string("");
	path_area = machine_memory(PAGE_SIZE);
	play_area = machine_memory(PLAY_SIZE);
	memcpy(limits, process.limits, sizeof(limits));
	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++)
		memcpy(path_area + 64u * i, paths[i], strlen(paths[i]) + 1);
	longjmp(started, 1);
}

/* ----------------------------------------------------------------- cleaning */

static int64_t unlink_at(const char *path, uint64_t flags)
{
	return call("unlinkat", (uint64_t)AT_FDCWD, AT(machine_string(path)),
	            flags);
}

static void remove_below(const char *folder, unsigned depth)
{
	static const char *const names[] = {"a", "b", "d"};
	char path[64];

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		format(path, sizeof(path), "%s/%s", folder, names[i]);
		if (unlink_at(path, 0) != -EISDIR)
			continue;
		if (depth)
			remove_below(path, depth - 1);
		unlink_at(path, 0x200);
	}
}

static void clean(void)
{
	machine.kernel_limit = 0;
	memcpy(process.limits, limits, sizeof(limits));
	task_current->blocked = 0;
	for (unsigned i = 0; task_count() > 1; i++) {
		if (i > 10000)
			abort();
		stuck();
		machine_settle();
	}
	for (int n; (n = descriptor_next(3)) >= 0;)
		call("close", (uint64_t)n);
	call("fchdir", 0);
	call("chdir", AT(machine_string("/")));
	call("munmap", AT(play_area), PLAY_SIZE);
	play_area = (void *)(uintptr_t)call(
	        "mmap", AT(play_area), PLAY_SIZE, MM_READ | MM_WRITE,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, UINT64_MAX, 0);
	remove_below("", 3);
	remove_below("/tmp", 1);
	remove_below("/dev/shm", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool running;

	if (!running) {
		running = true;
		machine.stuck = stuck;
		machine.thread = thread;
		machine.patience = HOUR;
		if (!setjmp(started))
			machine_run(set_up);
		tame_signals();
	}
	memset(data_area, 0, 4096);
	input.data = data;
	input.left = size;
	calls_left = CALLS_MAX;
	machine.kernel_limit = machine.kernel_memory + KERNEL_MEMORY;
	run_calls();
	clean();
	return 0;
}
