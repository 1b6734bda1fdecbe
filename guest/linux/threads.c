/* SPDX-License-Identifier: ISC */

/* System calls that make, end and name threads, and about their schedule. */

#include "guest/linux/arch.h"
#include "guest/linux/internal.h"
#include "guest/linux/mm.h"
#include "guest/linux/signal_numbers.h"

enum {
	CLONE_VM = 0x100,
	CLONE_FS = 0x200,
	CLONE_FILES = 0x400,
	CLONE_SIGHAND = 0x800,
	CLONE_THREAD = 0x10000,
	CLONE_SETTLS = 0x80000,
	CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000,
	CLONE_CHILD_SETTID = 0x1000000,
	CLONE_IS_THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
	                  CLONE_THREAD,
};

/* struct clone_args of Linux, its first version. */
struct clone_args {
	uint64_t flags, descriptor, child_tid, parent_tid, exit_signal;
	uint64_t stack, stack_size, tls;
};

static void refuse_process(void)
{
	static bool complained;

	if (!complained)
		log_line("the program wants a second process; "
		         "it has to make do with threads");
	complained = true;
}

static void set_thread_pointer(struct bh_upcall_frame *frame, uint64_t value)
{
	frame->thread_pointer = value;
#if defined(__riscv)
	frame->registers[4] = value;
#endif
}

static int64_t clone(const struct clone_args *args)
{
	struct task *task;

	if ((args->flags & CLONE_IS_THREAD) != CLONE_IS_THREAD) {
		refuse_process();
		return -ENOSYS;
	}
	if (args->flags & CLONE_PARENT_SETTID &&
	    !user_writable(args->parent_tid, sizeof(task->id)))
		return -EFAULT;
	task = task_create();
	if (!task)
		return -EAGAIN;
	task->frame->registers[ARCH_RESULT] = 0;
	if (args->stack)
		task->frame->registers[ARCH_STACK] =
		        args->stack + args->stack_size;
	if (args->flags & CLONE_SETTLS)
		set_thread_pointer(task->frame, args->tls);
	if (args->flags & CLONE_PARENT_SETTID)
		user_write(args->parent_tid, &task->id, sizeof(task->id));
	if (args->flags & CLONE_CHILD_SETTID)
		user_write(args->child_tid, &task->id, sizeof(task->id));
	if (args->flags & CLONE_CHILD_CLEARTID)
		task->clear_child_tid = args->child_tid;
	return task->id;
}

SYSCALL(clone)
{
	struct clone_args args = {
	        .flags = call->a[0] & ~UINT64_C(0xff),
	        .exit_signal = call->a[0] & 0xff,
	        .stack = call->a[1],
	        .parent_tid = call->a[2],
	};

#if defined(__x86_64__)
	args.child_tid = call->a[3];
	args.tls = call->a[4];
#else
	args.tls = call->a[3];
	args.child_tid = call->a[4];
#endif
	return clone(&args);
}

SYSCALL(clone3)
{
	struct clone_args args = {0};

	if (call->a[1] < sizeof(args))
		return -EINVAL;
	if (call->a[1] > PAGE_SIZE)
		return -E2BIG;
	if (user_read(&args, call->a[0], sizeof(args)))
		return -EFAULT;
	return clone(&args);
}

SYSCALL(fork)
{
	(void)call;
	refuse_process();
	return -ENOSYS;
}

SYSCALL(vfork)
{
	(void)call;
	refuse_process();
	return -ENOSYS;
}

SYSCALL(execve)
{
	static bool complained;

	(void)call;
	if (!complained)
		log_line("the program wants to start another in its place; "
		         "it cannot");
	complained = true;
	return -ENOSYS;
}

SYSCALL(execveat)
{
	return sys_execve(call);
}

SYSCALL(wait4)
{
	(void)call;
	return -ECHILD;
}

SYSCALL(waitid)
{
	(void)call;
	return -ECHILD;
}

static void end_thread(void)
{
	struct task *task = task_current;
	const uint32_t nobody = 0;

	futex_task_ends();
	if (task->clear_child_tid) {
		user_write(task->clear_child_tid, &nobody, sizeof(nobody));
		futex_wake(task->clear_child_tid, 1, UINT32_MAX);
	}
	task->blocked = UINT64_MAX;
	signal_task_ends(task);
}

SYSCALL(exit)
{
	if (task_count() == 1)
		process_exit(call_int(call, 0) & 0xff);
	end_thread();
	task_end();
}

SYSCALL(exit_group)
{
	process_exit(call_int(call, 0) & 0xff);
}

void process_exit(int status)
{
	if (process_ends)
		process_ends();
	if (net_ends)
		net_ends();
	channel_exit(status);
}

SYSCALL(set_tid_address)
{
	task_current->clear_child_tid = call->a[0];
	return task_current->id;
}

SYSCALL(gettid)
{
	(void)call;
	return task_current->id;
}

SYSCALL(rseq)
{
	(void)call;
	return -ENOSYS;
}

/* ------------------------------------------------------------- schedule */

SYSCALL(sched_yield)
{
	(void)call;
	task_yield();
	return 0;
}

static bool is_task(int id)
{
	return id == 0 || id == PROCESS_ID || task_find(id);
}

SYSCALL(sched_getaffinity)
{
	const uint64_t first = 1;

	if (call->a[1] < sizeof(first) || call->a[1] % sizeof(first))
		return -EINVAL;
	if (!is_task(call_int(call, 0)))
		return -ESRCH;
	if (user_write(call->a[2], &first, sizeof(first)))
		return -EFAULT;
	return sizeof(first);
}

SYSCALL(sched_setaffinity)
{
	uint8_t first;

	if (!is_task(call_int(call, 0)))
		return -ESRCH;
	if (call->a[1] == 0)
		return -EINVAL;
	if (user_read(&first, call->a[2], sizeof(first)))
		return -EFAULT;
	return first & 1 ? 0 : -EINVAL;
}

SYSCALL(getcpu)
{
	if (call->a[0] && user_zero(call->a[0], sizeof(uint32_t)))
		return -EFAULT;
	if (call->a[1] && user_zero(call->a[1], sizeof(uint32_t)))
		return -EFAULT;
	return 0;
}

/* 0, or what these calls answer if there is no task with this id. */
static int no_task(int32_t id)
{
	if (id < 0)
		return -EINVAL;
	return is_task(id) ? 0 : -ESRCH;
}

/* SCHED_OTHER is the one policy: tasks take turns. */
SYSCALL(sched_getscheduler)
{
	return no_task(call_int(call, 0));
}

SYSCALL(sched_setscheduler)
{
	if (!is_task(call_int(call, 0)))
		return -ESRCH;
	return call_int(call, 1) == 0 ? 0 : -EPERM;
}

SYSCALL(sched_getparam)
{
	int r = call->a[1] ? no_task(call_int(call, 0)) : -EINVAL;

	return r ? r : user_zero(call->a[1], sizeof(int32_t));
}

SYSCALL(sched_setparam)
{
	int32_t priority;

	if (!is_task(call_int(call, 0)))
		return -ESRCH;
	if (user_read(&priority, call->a[1], sizeof(priority)))
		return -EFAULT;
	return priority == 0 ? 0 : -EINVAL;
}

static int64_t priority_limit(int policy, int realtime)
{
	if (policy == 1 || policy == 2)
		return realtime;
	return policy == 0 || policy == 3 || policy == 5 ? 0 : -EINVAL;
}

SYSCALL(sched_get_priority_max)
{
	return priority_limit(call_int(call, 0), 99);
}

SYSCALL(sched_get_priority_min)
{
	return priority_limit(call_int(call, 0), 1);
}

SYSCALL(sched_rr_get_interval)
{
	if (!is_task(call_int(call, 0)))
		return -ESRCH;
	return time_to_user(call->a[1], UINT64_C(100000000));
}

/* Values from 1 to 40, as the system call has them: 20 is niceness 0. */
SYSCALL(getpriority)
{
	(void)call;
	return 20;
}

SYSCALL(setpriority)
{
	(void)call;
	return 0;
}

/* ------------------------------------------------------------ odd calls */

/* One vCPU: memory is always in order between threads. */
SYSCALL(membarrier)
{
	enum {
		QUERY = 0,
		ALL = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 |
		      1 << 6,
	};
	int command = call_int(call, 0);

	if (call_int(call, 1))
		return -EINVAL;
	if (command == QUERY)
		return ALL;
	return command & ~ALL || command & (command - 1) ? -EINVAL : 0;
}

SYSCALL(arch_prctl)
{
	enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS };
	struct bh_upcall_frame *frame = task_current->frame;

	switch (call_int(call, 0)) {
	case SET_FS:
		if (call->a[1] >= UINT64_C(1) << 47)
			return -EPERM;
		frame->thread_pointer = call->a[1];
		return 0;
	case GET_FS:
		return user_write(call->a[1], &frame->thread_pointer,
		                  sizeof(frame->thread_pointer));
	default:
		return -EINVAL;
	}
}

SYSCALL(riscv_flush_icache)
{
	(void)call;
#if defined(__riscv)
	__asm__ volatile(".4byte 0x0000100f" ::: "memory"); /* fence.i */
	return 0;
#else
	return -ENOSYS;
#endif
}

/* arch/riscv/include/uapi/asm/hwprobe.h: what every core offers. */
SYSCALL(riscv_hwprobe)
{
	struct {
		int64_t key;
		uint64_t value;
	} pair;

	if (!ARCH_IS_RISCV)
		return -ENOSYS;
	for (uint64_t i = 0; i < call->a[1]; i++) {
		uint64_t at = call->a[0] + i * sizeof(pair);

		if (user_read(&pair, at, sizeof(pair)))
			return -EFAULT;
		switch (pair.key) {
		case 3: /* BASE_BEHAVIOR: IMA */
			pair.value = 1;
			break;
		case 4: /* IMA_EXT_0: FD, C */
			pair.value = 3;
			break;
		case 0: /* vendor, architecture and implementation */
		case 1:
		case 2:
		case 5: /* misaligned access: unknown */
			pair.value = 0;
			break;
		default:
			pair.key = -1;
			pair.value = 0;
		}
		if (user_write(at, &pair, sizeof(pair)))
			return -EFAULT;
	}
	return 0;
}
