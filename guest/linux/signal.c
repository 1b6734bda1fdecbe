/* SPDX-License-Identifier: ISC */

/* Signals: what is pending, and what becomes of it on the way back to the
 * program.  The system calls are in signal_calls.c. */

#include "guest/linux/arch.h"
#include "guest/linux/areas.h"
#include "guest/linux/internal.h"
#include "guest/linux/signal_numbers.h"

#define NAMED_MAX 32

struct pending {
	struct list link;
	struct signal_info info;
};

struct signal_action signal_actions[SIGNALS_MAX + 1];
struct wait_queue signal_queue = {LIST_INIT(signal_queue.entries)};

static uint64_t process_pending;
static struct list process_info = LIST_INIT(process_info);

static const char names[NAMED_MAX][8] = {
        "",     "HUP",  "INT",  "QUIT", "ILL",    "TRAP", "ABRT", "BUS",
        "FPE",  "KILL", "USR1", "SEGV", "USR2",   "PIPE", "ALRM", "TERM",
        "STK",  "CHLD", "CONT", "STOP", "TSTP",   "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",  "PWR",  "SYS",
};

static const uint64_t ignored_by_default =
        SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) |
        SIGNAL_BIT(SIGCONT);
/* There is nobody who could let the process go on. */
static const uint64_t stopping = SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) |
                                 SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU);
/* A program that ends by one of these is broken, not asked to end. */
static const uint64_t failures =
        SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGABRT) |
        SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSEGV) |
        SIGNAL_BIT(SIGSYS);

static bool is_ignored(int number)
{
	uint64_t handler = signal_actions[number].handler;

	if (number == SIGKILL)
		return false;
	if (number == SIGSTOP)
		return true;
	return handler == SIG_IGN ||
	       (handler == SIG_DFL &&
	        (ignored_by_default | stopping) & SIGNAL_BIT(number));
}

/* --------------------------------------------------------------- sending */

static void wake_for(int number)
{
	LIST_EACH(task, &task_list, struct task, link) {
		if (!(task->blocked & SIGNAL_BIT(number))) {
			task_wake(task);
			break;
		}
	}
}

static int add(uint64_t *set, struct list *infos, int number,
               const struct signal_info *info)
{
	struct pending *pending;

	/* Each timer has a signal of its own, whatever its number. */
	if (number < SIGRTMIN && *set & SIGNAL_BIT(number) &&
	    !(info && info->code == SI_TIMER))
		return 0;
	pending = memory_zeroed(sizeof(*pending));
	if (!pending)
		return -EAGAIN;
	if (info)
		pending->info = *info;
	else
		pending->info.code = SI_KERNEL;
	pending->info.number = number;
	list_append(infos, &pending->link);
	*set |= SIGNAL_BIT(number);
	return 0;
}

bool signal_is_wanted(const struct task *task, int number)
{
	if (!task)
		task = LIST_FIRST(&task_list, struct task, link);
	return !is_ignored(number) || task->blocked & SIGNAL_BIT(number);
}

int signal_send_process(int number, const struct signal_info *info)
{
	int r;

	if (number < 0 || number > SIGNALS_MAX)
		return -EINVAL;
	if (number == 0 || list_is_empty(&task_list) ||
	    !signal_is_wanted(NULL, number))
		return 0;
	r = add(&process_pending, &process_info, number, info);
	wake_for(number);
	wait_wake(&signal_queue, 1);
	return r;
}

int signal_send_task(struct task *task, int number,
                     const struct signal_info *info)
{
	int r;

	if (number < 0 || number > SIGNALS_MAX)
		return -EINVAL;
	if (number == 0 || !signal_is_wanted(task, number))
		return 0;
	r = add(&task->pending, &task->pending_info, number, info);
	if (!(task->blocked & SIGNAL_BIT(number)) && task != task_current)
		task_wake(task);
	wait_wake(&signal_queue, 1);
	return r;
}

/* ---------------------------------------------------------------- taking */

uint64_t signal_pending(void)
{
	return task_current->pending | process_pending;
}

bool task_is_interrupted(void)
{
	return (signal_pending() & ~task_current->blocked) != 0;
}

static bool take_from(uint64_t *set, struct list *infos, int number,
                      struct signal_info *info)
{
	bool found = false, more = false;

	if (!(*set & SIGNAL_BIT(number)))
		return false;
	LIST_EACH(pending, infos, struct pending, link) {
		if (pending->info.number != number)
			continue;
		if (found) {
			more = true;
			break;
		}
		found = true;
		*info = pending->info;
		list_remove(&pending->link);
		memory_free(pending);
		if (info->code == SI_TIMER)
			timer_signal_taken(info);
	}
	if (!more)
		*set &= ~SIGNAL_BIT(number);
	return found;
}

/* Linux takes faults first, then the lowest number. */
int signal_take(uint64_t set, struct signal_info *info)
{
	uint64_t have = signal_pending() & set;
	int number;

	if (!have)
		return 0;
	if (have & failures)
		have &= failures;
	number = __builtin_ctzll(have) + 1;
	if (!take_from(&task_current->pending, &task_current->pending_info,
	               number, info))
		take_from(&process_pending, &process_info, number, info);
	return number;
}

void signal_forget(int number)
{
	struct signal_info info;

	while (take_from(&process_pending, &process_info, number, &info))
		;
	LIST_EACH(task, &task_list, struct task, link)
		while (take_from(&task->pending, &task->pending_info, number,
		                 &info))
			;
}

void signal_task_ends(struct task *task)
{
	LIST_EACH(pending, &task->pending_info, struct pending, link) {
		list_remove(&pending->link);
		memory_free(pending);
	}
	/* What was meant for the process is for another task now. */
	for (int n = 1; n <= SIGNALS_MAX; n++)
		if (process_pending & SIGNAL_BIT(n))
			wake_for(n);
}

void signal_set_mask(uint64_t mask)
{
	task_current->blocked =
	        mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
}

int signal_mask_for_call(uint64_t set_address, uint64_t set_size)
{
	uint64_t set;

	if (!set_address)
		return 0;
	if (set_size != sizeof(set))
		return -EINVAL;
	if (user_read(&set, set_address, sizeof(set)))
		return -EFAULT;
	task_current->saved_blocked = task_current->blocked;
	task_current->restore_blocked = true;
	signal_set_mask(set);
	return 0;
}

/* ------------------------------------------------------------ delivering */

static void describe(char *to, size_t size, int number)
{
	if (number < NAMED_MAX)
		format(to, size, "the program was ended by SIG%s",
		       names[number]);
	else
		format(to, size, "the program was ended by signal %d", number);
}

void process_kill(int number)
{
	char text[64];

	describe(text, sizeof(text), number);
	if (failures & SIGNAL_BIT(number)) {
		/* What the program has written leaves in any case. */
		channel_exchange_now();
		channel_abort(BH_ABORT_CALLED, text);
	}
	process_exit(128 + number);
}

/*
 * A trap that nobody handles: the core reports it as it would have without a
 * kernel, with the program's registers.
 */
static void __attribute__((noreturn))
end_by_trap(const struct bh_upcall_frame *frame, int number)
{
	char text[64];

	describe(text, sizeof(text), number);
	log_line("%s", text);
	channel_exchange_now();
	hypercall(BH_CALL_SET_UPCALL, 0, 0, 0);
	hypercall(BH_CALL_RESUME, (uint64_t)(uintptr_t)frame, 0, 0);
	process_kill(number);
}

/* Makes the program make its call again. */
static void restart(struct bh_upcall_frame *frame)
{
	frame->registers[ARCH_RESULT] = task_current->call_first;
	frame->registers[ARCH_NUMBER] = task_current->call_number;
	frame->pc -= ARCH_SYSCALL_SIZE;
}

static bool is_on_alternate(const struct task *task, uint64_t pointer)
{
	return task->alternate_size &&
	       pointer - task->alternate_stack - 1 < task->alternate_size;
}

static void enter_handler(struct bh_upcall_frame *frame, int number,
                          const struct signal_info *info)
{
	struct task *task = task_current;
	struct signal_action action = signal_actions[number];
	uint64_t stack = frame->registers[ARCH_STACK];
	uint64_t mask =
	        task->restore_blocked ? task->saved_blocked : task->blocked;
	int r;

	if (action.flags & SA_ONSTACK && task->alternate_size &&
	    !is_on_alternate(task, stack))
		stack = task->alternate_stack + task->alternate_size;
	else
		stack -= ARCH_RED_ZONE;
	r = arch_signal_enter(frame, &action, info, mask, stack);
	if (r)
		process_kill(SIGSEGV);
	task->restore_blocked = false;
	signal_set_mask(task->blocked | action.mask |
	                (action.flags & SA_NODEFER ? 0 : SIGNAL_BIT(number)));
	if (action.flags & SA_RESETHAND)
		signal_actions[number].handler = SIG_DFL;
	if (task->alternate_flags & SS_AUTODISARM)
		task->alternate_size = 0;
}

/* What an interrupted call returns to a program whose handler has run. */
static void finish_call(struct bh_upcall_frame *frame, uint64_t flags)
{
	int64_t result = (int64_t)frame->registers[ARCH_RESULT];

	if (!task_current->call_restarts)
		return;
	task_current->call_restarts = false;
	task_current->restart_deadline = 0;
	if (result == -ERESTARTSYS && flags & SA_RESTART)
		restart(frame);
	else
		frame->registers[ARCH_RESULT] = (uint64_t)-EINTR;
}

void signal_deliver(struct bh_upcall_frame *frame)
{
	struct task *task = task_current;
	struct signal_info info;
	int number;

	while ((number = signal_take(~task->blocked, &info)) != 0) {
		if (is_ignored(number))
			continue;
		if (signal_actions[number].handler == SIG_DFL)
			process_kill(number);
		finish_call(frame, signal_actions[number].flags);
		enter_handler(frame, number, &info);
	}
	if (task->call_restarts)
		restart(frame);
	task->restarting = task->call_restarts && task->restart_deadline;
	task->call_restarts = false;
	if (task->restore_blocked) {
		task->restore_blocked = false;
		task->blocked = task->saved_blocked;
	}
}

/* ----------------------------------------------------------------- traps */

static void classify(const struct bh_upcall_frame *frame,
                     struct signal_info *info)
{
	info->fault.address = frame->pc;
	switch (frame->fault) {
	case BH_FAULT_READ:
	case BH_FAULT_WRITE:
	case BH_FAULT_EXECUTE:
		info->number = SIGSEGV;
		info->code = area_covers(frame->address, 1) ? SEGV_ACCERR
		                                            : SEGV_MAPERR;
		info->fault.address = frame->address;
		break;
	case BH_FAULT_ALIGNMENT:
		info->number = SIGBUS;
		info->code = BUS_ADRALN;
		info->fault.address = frame->address;
		break;
	case BH_FAULT_ARITHMETIC:
		info->number = SIGFPE;
		info->code = FPE_INTDIV;
		break;
	case BH_FAULT_TRAP:
		info->number = arch_trap_signal(frame);
		info->code = info->number == SIGTRAP ? TRAP_BRKPT : ILL_ILLOPN;
		break;
	default:
		info->number = SIGILL;
		info->code = ILL_ILLOPN;
	}
}

void signal_trap(struct bh_upcall_frame *frame)
{
	struct signal_info info = {0};
	const struct signal_action *action;

	classify(frame, &info);
	action = &signal_actions[info.number];
	if (action->handler == SIG_DFL || action->handler == SIG_IGN ||
	    task_current->blocked & SIGNAL_BIT(info.number))
		end_by_trap(frame, info.number);
	if (frame->fault == BH_FAULT_TRAP && info.number == SIGTRAP)
		frame->pc += ARCH_TRAP_SKIP;
	enter_handler(frame, info.number, &info);
}
