/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_TASK_H
#define BH_LINUX_TASK_H

/*
 * Tasks: the threads of the one process.  Each has a kernel stack; a system
 * call runs on it and may sleep anywhere (wait.h).  Tasks take turns only by
 * sleeping, yielding or ending, in the order of one queue, so the schedule is
 * the same in all variants.
 */

#include "guest/linux/kernel.h"
#include "guest/linux/wait.h"

struct bh_upcall_frame;
struct timer;

#define PROCESS_ID 1 /* getpid(): the same in every run */

struct task {
	struct list link;      /* in the list of all tasks */
	struct list run_link;  /* in the queue of runnable ones */
	int32_t id;            /* gettid() */
	char name[16];         /* prctl(PR_SET_NAME) */
	bool ended;
	int32_t policy, priority, nice; /* sched(7) */
	uint64_t timer_slack;           /* prctl(PR_SET_TIMERSLACK) */

	/* arch.h: where the program and the kernel of this task stand. */
	struct bh_upcall_frame *frame; /* of the system call being handled */
	uint8_t *stack;                /* kernel stack, TASK_STACK_SIZE */
	void *context;                 /* saved kernel stack pointer */
	void *vectors;                 /* saved vector registers */
	void (*begin)(void);           /* what the context starts with */
	uint64_t call_number;          /* of the call, and its first argument, */
	uint64_t call_first;           /* which the result replaces */
	bool call_restarts;            /* it may be made again after a signal */

	uint64_t clear_child_tid; /* address, 0: none */
	uint64_t robust_list, robust_list_size;

	/* signal.h */
	uint64_t blocked;       /* signal mask: bit n - 1 is signal n */
	uint64_t saved_blocked; /* to be restored after the handler */
	bool restore_blocked;
	uint64_t pending;
	struct list pending_info;
	uint64_t alternate_stack, alternate_size;
	uint32_t alternate_flags;

	/*
	 * A call that returns -ERESTART_RESTARTBLOCK leaves its deadline here.
	 * If no handler runs it is made again with the same arguments, and
	 * finds `restarting` set: the deadline is this one, not a new one.
	 */
	uint64_t restart_deadline;
	bool restarting;
};

#define TASK_STACK_SIZE (8u * PAGE_SIZE)
#define TASKS_MAX 4096u

extern struct task *task_current;

/* All tasks, for /proc and for signals; in order of creation. */
extern struct list task_list;

struct task *task_find(int32_t id);
unsigned task_count(void);

/* Puts the task at the end of the queue. */
void task_wake(struct task *task);
/* Lets the others run first. */
void task_yield(void);
/* Is there another task that could run now? */
bool task_others_runnable(void);

/* True if the current task has a signal to handle: sleep is over. */
bool task_is_interrupted(void);

/*
 * Ends the process: flushes what is queued and leaves the guest with STATUS
 * (exit_group), or with 128 + the signal that killed it.
 */
void process_exit(int status) __attribute__((noreturn));

/* Limits (getrlimit), credentials, umask, names: state of the process. */
struct process {
	uint32_t uid, euid, suid, gid, egid, sgid;
	uint32_t groups[32];
	unsigned group_count;
	uint32_t umask;
	uint64_t limits[16][2];
	char *executable;   /* path, for /proc/self/exe */
	char *arguments;    /* argv, back to back: /proc/self/cmdline */
	size_t arguments_size;
	char *environment;
	size_t environment_size;
	uint64_t auxiliary[64]; /* pairs, as the program got them */
	unsigned auxiliary_count;
	uint64_t stack_start;
	bool dumpable, no_new_privileges, keeps_capabilities, is_subreaper;
	bool no_huge_pages;
	int32_t death_signal; /* prctl(PR_SET_PDEATHSIG) */
	int32_t process_group, session;
};

extern struct process process;

#endif
