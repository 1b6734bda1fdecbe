/* SPDX-License-Identifier: ISC */
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "core/core.h"
#include "core/syscall.h"

/*
 * How often to look at `completed` before sleeping.  A look costs a few
 * nanoseconds, a sleep and a wake several microseconds; but while exo runs on
 * the same CPU, every look delays it.
 */
#define SPIN_COUNT 0

#define LOAD(field, order)         __atomic_load_n(&(field), order)
#define STORE(field, value, order) __atomic_store_n(&(field), value, order)

static void pause_cpu(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb");
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

/* The same pattern with variant_waiting and `completed`. */
static void wait(struct core *core)
{
	struct bh_control *control = core->control;

	for (int i = 0; i < SPIN_COUNT; i++) {
		if (is_completed(core))
			return;
		pause_cpu();
	}
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
