/* SPDX-License-Identifier: ISC */

/* System calls that make and end threads. */

#include "guest/linux/arch.h"
#include "guest/linux/channel.h"
#include "guest/linux/internal.h"
#include "guest/linux/mm.h"
#include "guest/linux/signal_numbers.h"

#define EXIT_SIGNAL UINT64_C(0xff) /* CSIGNAL */
#define CLONE_CLEAR_SIGHAND (UINT64_C(1) << 32)
#define CLONE_INTO_CGROUP (UINT64_C(1) << 33)

enum {
	CLONE_VM = 0x100,
	CLONE_FS = 0x200,
	CLONE_FILES = 0x400,
	CLONE_SIGHAND = 0x800,
	CLONE_PIDFD = 0x1000,
	CLONE_PARENT = 0x8000,
	CLONE_THREAD = 0x10000,
	CLONE_NEWNS = 0x20000,
	CLONE_SETTLS = 0x80000,
	CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000,
	CLONE_DETACHED = 0x400000,
	CLONE_CHILD_SETTID = 0x1000000,
	CLONE_NEWUSER = 0x10000000,
	CLONE_NEWPID = 0x20000000,
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

/* Flags that exclude each other, or need each other. */
static bool is_contradictory(uint64_t flags)
{
	bool thread = flags & CLONE_THREAD, handlers = flags & CLONE_SIGHAND;

	return (flags & CLONE_FS && flags & (CLONE_NEWNS | CLONE_NEWUSER)) ||
	       (thread && !handlers) || (handlers && !(flags & CLONE_VM)) ||
	       (thread && flags & (CLONE_NEWUSER | CLONE_NEWPID)) ||
	       (handlers && flags & CLONE_CLEAR_SIGHAND) ||
	       (flags & CLONE_PIDFD && flags & CLONE_DETACHED);
}

static int64_t clone(const struct clone_args *args)
{
	struct task *task;

	if (is_contradictory(args->flags))
		return -EINVAL;
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
	        .flags = (uint32_t)call->a[0] & ~EXIT_SIGNAL,
	        .exit_signal = call->a[0] & EXIT_SIGNAL,
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
	if (args.flags & CLONE_PIDFD && args.flags & CLONE_PARENT_SETTID)
		return -EINVAL;
	return clone(&args);
}

static bool is_valid(const struct clone_args *args)
{
	const uint64_t known =
	        UINT32_MAX | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;

	return !(args->flags & (~known | CLONE_DETACHED | EXIT_SIGNAL)) &&
	       args->exit_signal <= SIGNALS_MAX &&
	       !(args->flags & (CLONE_THREAD | CLONE_PARENT) &&
	         args->exit_signal) &&
	       !args->stack == !args->stack_size;
}

/* The first version of its structure; later ones add what is refused. */
SYSCALL(clone3)
{
	struct clone_args args = {0};
	int r;

	if (call->a[1] < sizeof(args))
		return -EINVAL;
	if (call->a[1] > PAGE_SIZE)
		return -E2BIG;
	r = user_read_versioned(&args, sizeof(args), call->a[0], call->a[1]);
	if (r)
		return r;
	return is_valid(&args) ? clone(&args) : -EINVAL;
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

enum {
	WNOHANG = 1,
	WUNTRACED = 2,
	WEXITED = 4,
	WCONTINUED = 8,
	WNOWAIT = 0x1000000,
	/* __WNOTHREAD, __WALL, __WCLONE */
	WAIT_ALL = 0x20000000 | 0x40000000 | (int)0x80000000,
};

/* There are no children, but mistakes are told first. */
SYSCALL(wait4)
{
	const int known = WNOHANG | WUNTRACED | WCONTINUED | WAIT_ALL;

	return call_int(call, 2) & ~known ? -EINVAL : -ECHILD;
}

SYSCALL(waitid)
{
	const int wanted = WEXITED | WUNTRACED | WCONTINUED;
	const int known = wanted | WNOHANG | WNOWAIT | WAIT_ALL;
	int kind = call_int(call, 0), options = call_int(call, 3);

	if (kind < 0 || kind > 3 || options & ~known || !(options & wanted))
		return -EINVAL;
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
	task_stay_alone();
	mm_write_back(0, UINT64_MAX);
	if (net_ends)
		net_ends();
	channel_exit(status);
}

SYSCALL(set_tid_address)
{
	task_current->clear_child_tid = call->a[0];
	program_libc_started();
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

/* arch/riscv/include/uapi/asm/hwprobe.h: FD, C; and Zba, Zbb, Zbs, if all variants
 * have them. */
static uint64_t riscv_extensions(void)
{
	uint64_t bits = boot->features[0] & BH_FEATURE_RISCV_BITS;

	return 1 << 0 | 1 << 1 | (bits ? 1 << 3 | 1 << 4 | 1 << 5 : 0);
}

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
		case 4: /* IMA_EXT_0 */
			pair.value = riscv_extensions();
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
