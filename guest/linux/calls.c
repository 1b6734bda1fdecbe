/* SPDX-License-Identifier: ISC */

/* The system call tables and the dispatcher (syscall.h). */

#include "guest/linux/arch.h"
#include "guest/linux/internal.h"

#define CALLS_MAX 512u
#define NONE -1

typedef int64_t function(const struct syscall *call);

#define CALL(name, x86, generic, state, missing) function sys_##name;
#include "calls.inc"
#undef CALL

struct entry {
	const char *name;
	int16_t number, generic;
	function *function;
};

#if ARCH_SYSCALL_BY_X86
#define OWN(x86, generic) (x86)
#else
#define OWN(x86, generic) (generic)
#endif

/* A call that this ISA lacks has no number here, and its code is dropped. */
static const struct entry entries[] = {
#define CALL(name, x86, generic, state, missing)                               \
	{#name, OWN(x86, generic), generic,                                    \
	 OWN(x86, generic) == NONE ? NULL : sys_##name},
#include "calls.inc"
#undef CALL
};

static const struct entry names[] = {
#define NAME(name, x86, generic) {#name, OWN(x86, generic), generic, NULL},
#include "guest/linux/calls/all.names"
#undef NAME
};

static function *table[CALLS_MAX];
static bool complained[CALLS_MAX];

void calls_start(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		int number = entries[i].number;

		if (number != NONE)
			table[number] = entries[i].function;
	}
}

/*
 * What the line says is the same in all variants: it has the name, and of the
 * numbers the generic one.
 */
static void complain(uint64_t number)
{
	if (number < CALLS_MAX) {
		if (complained[number])
			return;
		complained[number] = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].number < 0 || (uint64_t)names[i].number != number)
			continue;
		if (names[i].generic == NONE)
			log_line("system call %s is not available",
			         names[i].name);
		else
			log_line("system call %s (%d) is not available",
			         names[i].name, names[i].generic);
		return;
	}
	if (!complained[0])
		log_line("a system call that Linux does not have");
	complained[0] = true;
}

void calls_dispatch(struct bh_upcall_frame *frame)
{
	static const uint8_t order[6] = ARCH_ARGUMENTS;
	uint64_t number = frame->registers[ARCH_NUMBER];
	struct task *task = task_current;
	struct syscall call;
	int64_t result = -ENOSYS;

	for (unsigned i = 0; i < 6; i++)
		call.a[i] = frame->registers[order[i]];
	if (!task->restarting)
		task->restart_deadline = 0;
	task->call_number = number;
	task->call_first = call.a[0];
	if (number < CALLS_MAX && table[number])
		result = table[number](&call);
	else
		complain(number);
	task->restarting = false;
	task->call_restarts = result == -ERESTARTSYS ||
	                      result == -ERESTARTNOHAND ||
	                      result == -ERESTART_RESTARTBLOCK;
	frame->registers[ARCH_RESULT] = (uint64_t)result;
}
