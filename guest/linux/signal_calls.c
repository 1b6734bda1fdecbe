/* SPDX-License-Identifier: ISC */
#include "guest/linux/arch.h"
#include "guest/linux/internal.h"
#include "guest/linux/mm.h"
#include "guest/linux/signal_numbers.h"

#define SET_SIZE sizeof(uint64_t)

enum { SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2 };

/* struct sigaction of the system call. */
#if ARCH_HAS_RESTORER
struct user_action {
	uint64_t handler, flags, restorer, mask;
};
#else
struct user_action {
	uint64_t handler, flags, mask;
};
#endif

struct user_stack {
	uint64_t pointer;
	uint32_t flags, padding;
	uint64_t size;
};

static void set_action(int number, const struct user_action *user)
{
	struct signal_action *action = &signal_actions[number];

	action->handler = user->handler;
	action->flags = user->flags;
	action->mask =
	        user->mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
#if ARCH_HAS_RESTORER
	action->restorer = user->restorer;
#endif
	if (action->handler == SIG_IGN ||
	    (action->handler == SIG_DFL &&
	     (number == SIGCHLD || number == SIGURG || number == SIGWINCH ||
	      number == SIGCONT)))
		signal_forget(number);
}

SYSCALL(rt_sigaction)
{
	int number = call_int(call, 0);
	struct user_action new = {0}, old = {0};

	if (call->a[3] != SET_SIZE || number < 1 || number > SIGNALS_MAX)
		return -EINVAL;
	if (call->a[1] && (number == SIGKILL || number == SIGSTOP))
		return -EINVAL;
	if (call->a[1] && user_read(&new, call->a[1], sizeof(new)))
		return -EFAULT;
	old.handler = signal_actions[number].handler;
	old.flags = signal_actions[number].flags;
	old.mask = signal_actions[number].mask;
#if ARCH_HAS_RESTORER
	old.restorer = signal_actions[number].restorer;
#endif
	if (call->a[1])
		set_action(number, &new);
	if (call->a[2] && user_write(call->a[2], &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

SYSCALL(rt_sigprocmask)
{
	uint64_t old = task_current->blocked, set;

	if (call->a[3] != SET_SIZE)
		return -EINVAL;
	if (call->a[1]) {
		if (user_read(&set, call->a[1], sizeof(set)))
			return -EFAULT;
		switch (call_int(call, 0)) {
		case SIG_BLOCK:
			set |= old;
			break;
		case SIG_UNBLOCK:
			set = old & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_mask(set);
	}
	if (call->a[2] && user_write(call->a[2], &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

SYSCALL(rt_sigpending)
{
	uint64_t set = signal_pending() & task_current->blocked;

	if (call->a[1] > SET_SIZE)
		return -EINVAL;
	return user_write(call->a[0], &set, call->a[1]);
}

SYSCALL(rt_sigsuspend)
{
	int r;

	if (!call->a[0])
		return -EFAULT;
	r = signal_mask_for_call(call->a[0], call->a[1]);
	while (!r)
		r = task_sleep(NEVER);
	return r == -EINTR ? -ERESTARTNOHAND : r;
}

SYSCALL(pause)
{
	(void)call;
	while (!task_sleep(NEVER))
		;
	return -ERESTARTNOHAND;
}

SYSCALL(rt_sigtimedwait)
{
	struct signal_info info = {0};
	uint64_t set, deadline, blocked = task_current->blocked;
	int number = 0, r;

	if (call->a[3] != SET_SIZE)
		return -EINVAL;
	if (user_read(&set, call->a[0], sizeof(set)))
		return -EFAULT;
	r = deadline_from_user(call->a[2], &deadline);
	if (r)
		return r;
	/* What is waited for does not interrupt; nor need it be blocked. */
	task_current->blocked |= set;
	WAIT_FOR(r, &signal_queue, (signal_pending() & set) != 0, deadline);
	number = signal_take(set, &info);
	task_current->blocked = blocked;
	if (!number)
		return r == -ETIMEDOUT ? -EAGAIN : -EINTR;
	if (call->a[1] && user_write(call->a[1], &info, sizeof(info)))
		return -EFAULT;
	return number;
}

SYSCALL(rt_sigreturn)
{
	struct bh_upcall_frame *frame = task_current->frame;
	uint64_t mask, alternate;
	struct user_stack stack;

	(void)call;
	if (arch_signal_return(frame, &mask, &alternate))
		process_kill(SIGSEGV);
	signal_set_mask(mask);
	if (!user_read(&stack, alternate, sizeof(stack)) &&
	    !(stack.flags & SS_DISABLE)) {
		task_current->alternate_stack = stack.pointer;
		task_current->alternate_size = stack.size;
		task_current->alternate_flags = stack.flags & SS_AUTODISARM;
	}
	return (int64_t)frame->registers[ARCH_RESULT];
}

SYSCALL(sigaltstack)
{
	struct task *task = task_current;
	uint64_t sp = task->frame->registers[ARCH_STACK];
	bool active = task->alternate_size &&
	              sp - task->alternate_stack - 1 < task->alternate_size;
	struct user_stack new, old = {
	        .pointer = task->alternate_stack,
	        .flags = task->alternate_flags |
	                 (!task->alternate_size ? SS_DISABLE
	                  : active              ? SS_ONSTACK
	                                        : 0),
	        .size = task->alternate_size,
	};

	if (call->a[0]) {
		if (user_read(&new, call->a[0], sizeof(new)))
			return -EFAULT;
		if (active)
			return -EPERM;
		if (new.flags & ~(SS_DISABLE | SS_ONSTACK | SS_AUTODISARM))
			return -EINVAL;
		if (new.flags & SS_DISABLE)
			new.size = new.pointer = 0;
		else if (new.size < ARCH_SIGNAL_STACK_MIN)
			return -ENOMEM;
		task->alternate_stack = new.pointer;
		task->alternate_size = new.size;
		task->alternate_flags = new.flags & SS_AUTODISARM;
	}
	if (call->a[1] && user_write(call->a[1], &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

/* --------------------------------------------------------------- sending */

static struct signal_info from_self(int number, int code)
{
	struct signal_info info = {.number = number, .code = code};

	info.sender.pid = PROCESS_ID;
	info.sender.uid = process.uid;
	return info;
}

static bool is_valid(int number)
{
	return number >= 0 && number <= SIGNALS_MAX;
}

/* There is one process: 1, its group, and everybody. */
SYSCALL(kill)
{
	int id = call_int(call, 0), number = call_int(call, 1);
	struct signal_info info = from_self(number, SI_USER);

	if (!is_valid(number))
		return -EINVAL;
	/* -1 means everybody else, and nobody else is here. */
	if (id == -1 ||
	    (id != PROCESS_ID && id != 0 && id != -process.process_group))
		return -ESRCH;
	return signal_send_process(number, &info);
}

static int64_t kill_task(int process_id, int id, int number,
                         const struct signal_info *info)
{
	struct task *task = task_find(id);

	if (id <= 0 || process_id <= 0 || !is_valid(number))
		return -EINVAL;
	if (process_id != PROCESS_ID || !task)
		return -ESRCH;
	return signal_send_task(task, number, info);
}

SYSCALL(tgkill)
{
	struct signal_info info = from_self(call_int(call, 2), SI_TKILL);

	return kill_task(call_int(call, 0), call_int(call, 1),
	                 call_int(call, 2), &info);
}

SYSCALL(tkill)
{
	struct signal_info info = from_self(call_int(call, 1), SI_TKILL);

	return kill_task(PROCESS_ID, call_int(call, 0), call_int(call, 1),
	                 &info);
}

SYSCALL(rt_sigqueueinfo)
{
	struct signal_info info;

	if (user_read(&info, call->a[2], sizeof(info)))
		return -EFAULT;
	if (!is_valid(call_int(call, 1)))
		return -EINVAL;
	if (call_int(call, 0) != PROCESS_ID)
		return -ESRCH;
	return signal_send_process(call_int(call, 1), &info);
}

SYSCALL(rt_tgsigqueueinfo)
{
	struct signal_info info;

	if (user_read(&info, call->a[3], sizeof(info)))
		return -EFAULT;
	return kill_task(call_int(call, 0), call_int(call, 1),
	                 call_int(call, 2), &info);
}
