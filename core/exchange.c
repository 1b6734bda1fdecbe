/* SPDX-License-Identifier: ISC */
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "core/core.h"
#include "core/syscall.h"

/*
 * An answer often comes within microseconds, and to sleep and be woken takes
 * longer.  So a core looks for it for a moment, offering its CPU to exo and the
 * other variants (sched_yield) between two looks.  When somebody keeps the CPU
 * for long, the machine is busy; then sleeping is better, since the scheduler
 * lets a task that wakes up run soon, and the next waits sleep at once.
 *
 * In units of the CPU's time counter: about 50 and 25 us.
 */
#if defined(__x86_64__)
#define LOOK_LIMIT UINT64_C(150000)
#define YIELD_LIMIT UINT64_C(75000)
#else
#define LOOK_LIMIT UINT64_C(2500)
#define YIELD_LIMIT UINT64_C(1250)
#endif
#define PENALTY_MAX 256u

#define LOAD(field, order)         __atomic_load_n(&(field), order)
#define STORE(field, value, order) __atomic_store_n(&(field), value, order)

static uint64_t read_counter(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t count;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
	return count;
#endif
}

static void ring(void)
{
	static const uint64_t one = 1;

	core_syscall(SYS_write, BH_CORE_FD_DOORBELL, (long)&one, sizeof(one),
	             0);
}

/*
 * Both sides first raise their own flag and then look at the other's, with a
 * full fence between (Dekker): either exo sees the post while it polls, or
 * this core sees that exo has ceased to poll and rings.
 */
static void post(struct core *core, enum bh_post kind)
{
	struct bh_control *control = core->control;

	STORE(control->variant.kind, (uint32_t)kind, __ATOMIC_RELAXED);
	core->posted++;
	STORE(control->variant.posted, core->posted, __ATOMIC_RELEASE);
	atomic_thread_fence(memory_order_seq_cst);
	if (!LOAD(control->exo.exo_polling, __ATOMIC_RELAXED))
		ring();
}

static bool is_completed(const struct core *core)
{
	return LOAD(core->control->exo.completed, __ATOMIC_ACQUIRE) ==
	       core->posted;
}

static void punish(struct core *core)
{
	core->penalty = core->penalty ? 2 * core->penalty : 1;
	if (core->penalty > PENALTY_MAX)
		core->penalty = PENALTY_MAX;
	core->sleeps = core->penalty;
}

/* True if the answer came while this core was awake. */
static bool look_for_answer(struct core *core)
{
	uint64_t start = read_counter(), before = start, now;

	if (core->sleeps) {
		core->sleeps--;
		return false;
	}
	for (;;) {
		if (is_completed(core)) {
			core->penalty = 0;
			return true;
		}
		core_syscall(SYS_sched_yield, 0, 0, 0, 0);
		now = read_counter();
		if (now - before > YIELD_LIMIT) {
			punish(core);
			return false;
		}
		if (now - start > LOOK_LIMIT)
			return false;
		before = now;
	}
}

/* The same pattern as in post(), with variant_waiting and `completed`. */
static void wait(struct core *core)
{
	struct bh_control *control = core->control;

	if (look_for_answer(core))
		return;
	STORE(control->variant.variant_waiting, 1, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_seq_cst);
	while (!is_completed(core)) {
		uint32_t seen = LOAD(control->exo.completed, __ATOMIC_ACQUIRE);

		if (seen != core->posted)
			core_syscall(SYS_futex,
			             (long)&control->exo.completed, FUTEX_WAIT,
			             (long)seen, 0);
	}
	STORE(control->variant.variant_waiting, 0, __ATOMIC_RELAXED);
}

void core_exit(int status)
{
	for (;;)
		core_syscall(SYS_exit_group, status, 0, 0, 0);
}

void core_post(struct core *core, enum bh_post kind,
               void (*describe)(struct core *core))
{
	core->posting = true;
	for (;;) {
		post(core, kind);
		wait(core);
		switch (LOAD(core->control->exo.command, __ATOMIC_RELAXED)) {
		case BH_COMMAND_RUN:
			core->posting = false;
			return;
		case BH_COMMAND_DESCRIBE:
			if (describe)
				describe(core);
			kind = BH_POST_STATE;
			break;
		default:
			core_exit(0);
		}
	}
}
