/* SPDX-License-Identifier: ISC */

/* Tasks, the queue of those that can run, and the way to the program and back.
 * What system calls do with tasks is in threads.c. */

#include "guest/linux/arch.h"
#include "guest/linux/internal.h"
#include "guest/linux/rewrite.h"

/* So many turns without an exchange, and what has come is taken in. */
#define TURNS_MAX 256u

#define STACK_CANARY UINT64_C(0x5ac1e57ac4ca4a41)

struct task *task_current;
struct bh_upcall_frame *rewrite_frame;
struct list task_list = LIST_INIT(task_list);

static struct list runnable = LIST_INIT(runnable);
static struct task *upcall_task; /* whose stack upcalls run on */
static uint64_t thread_pointer;  /* as the program was last resumed with */
static struct task *ended;       /* its stack is to be freed */
static struct task *alone;       /* no other runs any more */
static unsigned tasks;
static int32_t last_id = PROCESS_ID - 1;

struct task *task_find(int32_t id)
{
	LIST_EACH(task, &task_list, struct task, link)
		if (task->id == id)
			return task;
	return NULL;
}

unsigned task_count(void)
{
	return tasks;
}

/* ----------------------------------------------------- making and ending */

static void task_free(struct task *task)
{
	memory_free_pages(task->stack, TASK_STACK_SIZE / PAGE_SIZE);
	memory_free_pages(task->vectors,
	                  PAGE_UP(arch_vectors_size()) / PAGE_SIZE);
	memory_free(task);
}

static struct task *allocate(void)
{
	struct task *task = memory_zeroed(sizeof(*task));

	if (!task)
		return NULL;
	task->stack = memory_pages(TASK_STACK_SIZE / PAGE_SIZE);
	task->vectors = memory_pages(PAGE_UP(arch_vectors_size()) / PAGE_SIZE);
	if (!task->stack || !task->vectors) {
		task_free(task);
		return NULL;
	}
	*(uint64_t *)(void *)task->stack = STACK_CANARY;
	task->frame = (void *)(uintptr_t)(task_stack_top(task) -
	                                  sizeof(*task->frame));
	list_init(&task->link);
	list_init(&task->run_link);
	list_init(&task->pending_info);
	arch_vectors_init(task->vectors);
	return task;
}

/* Where a context begins: what is left of the one before is cleared away. */
static void task_begin(void)
{
	struct task *task = task_current;

	if (ended)
		task_free(ended);
	ended = NULL;
	task->begin();
	panic("a task went astray");
}

static void add(struct task *task, void (*begin)(void))
{
	task->id = ++last_id;
	task->begin = begin;
	task->context = arch_context((uint64_t)(uintptr_t)task->frame,
	                             task_begin);
	list_append(&task_list, &task->link);
	tasks++;
}

void task_start(void (*function)(void))
{
	struct task *task = allocate();
	void *nothing;

	if (!task)
		panic("no memory for the first task");
	add(task, function);
	task_current = task;
	arch_switch(&nothing, task->context);
	panic("the first task went astray");
}

static void begin_program(void)
{
	arch_vectors_restore(task_current->vectors);
	task_enter_program();
}

struct task *task_create(void)
{
	const struct task *parent = task_current;
	struct task *task;

	if (tasks >= TASKS_MAX)
		return NULL;
	task = allocate();
	if (!task)
		return NULL;
	*task->frame = *parent->frame;
	arch_vectors_save(task->vectors);
	memcpy(task->name, parent->name, sizeof(task->name));
	task->blocked = parent->blocked;
	task->policy = parent->policy;
	task->priority = parent->priority;
	task->nice = parent->nice;
	task->timer_slack = parent->timer_slack;
	add(task, begin_program);
	task_wake(task);
	return task;
}

/* ------------------------------------------------------------ switching */

void task_wake(struct task *task)
{
	if (task->ended || task->run_link.next != &task->run_link ||
	    (alone && task != alone))
		return;
	list_append(&runnable, &task->run_link);
}

void task_stay_alone(void)
{
	alone = task_current;
	while (!list_is_empty(&runnable))
		list_remove(runnable.next);
}

bool task_others_runnable(void)
{
	return !list_is_empty(&runnable);
}

static void switch_to(struct task *next)
{
	struct task *task = task_current;

	if (*(uint64_t *)(void *)task->stack != STACK_CANARY)
		panic("a kernel stack overran");
	if (!task->ended)
		arch_vectors_save(task->vectors);
	task_current = next;
	arch_switch(&task->context, next->context);
	/* Somebody has come back to this task. */
	if (ended)
		task_free(ended);
	ended = NULL;
	arch_vectors_restore(task->vectors);
}

/*
 * Counted from the last exchange on: threads of which the variants have more or
 * fewer turns, such as an allocator's, must not move the point where this makes
 * one.
 */
static void count_turn(void)
{
	static uint64_t since;
	static unsigned turns;

	if (since != channel_exchanges()) {
		since = channel_exchanges();
		turns = 0;
	}
	if (++turns >= TURNS_MAX)
		channel_exchange_now();
}

/* The next in the queue runs; it may be the current one. */
static void schedule(void)
{
	struct task *next;

	count_turn();
	for (;;) {
		clock_run_timers();
		next = LIST_FIRST(&runnable, struct task, run_link);
		if (next)
			break;
		channel_wait(clock_next_deadline());
	}
	list_remove(&next->run_link);
	if (next != task_current)
		switch_to(next);
}

void task_yield(void)
{
	task_wake(task_current);
	schedule();
}

void task_end(void)
{
	struct task *task = task_current;

	list_remove(&task->link);
	list_remove(&task->run_link);
	task->ended = true;
	tasks--;
	if (upcall_task == task)
		upcall_task = NULL;
	/* The one that runs next frees it. */
	if (ended)
		panic("two tasks end at once");
	ended = task;
	schedule();
	panic("a task that has ended runs");
}

/* -------------------------------------------------------------- sleeping */

struct alarm {
	struct timer timer;
	struct task *task;
};

static void wake_sleeper(struct timer *timer)
{
	task_wake(CONTAINER_OF(timer, struct alarm, timer)->task);
}

int task_sleep(uint64_t deadline)
{
	struct alarm alarm = {.task = task_current};

	if (task_is_interrupted())
		return -EINTR;
	if (deadline <= clock_monotonic())
		return -ETIMEDOUT;
	timer_init(&alarm.timer, wake_sleeper);
	timer_set(&alarm.timer, deadline);
	schedule();
	timer_cancel(&alarm.timer);
	if (task_is_interrupted())
		return -EINTR;
	return deadline <= clock_monotonic() ? -ETIMEDOUT : 0;
}

void task_sleep_deaf(void)
{
	schedule();
}

void wait_begin(struct wait_entry *entry, struct wait_queue *queue)
{
	entry->task = task_current;
	entry->wake = NULL;
	list_append(&queue->entries, &entry->link);
}

void wait_end(struct wait_entry *entry)
{
	list_remove(&entry->link);
}

void wait_wake(struct wait_queue *queue, uint32_t events)
{
	wait_wake_some(queue, events, UINT32_MAX);
}

void wait_wake_some(struct wait_queue *queue, uint32_t events, unsigned count)
{
	LIST_EACH(entry, &queue->entries, struct wait_entry, link) {
		if (entry->wake) {
			entry->wake(entry, events);
		} else if (count) {
			count--;
			task_wake(entry->task);
		}
	}
}

/* ------------------------------------------------- the program and back */

static bool is_kernel_code(uint64_t pc)
{
	return pc - boot->image_base < boot->image_size;
}

static void upcall(struct bh_upcall_frame *frame)
{
	struct task *task = task_current;

	if (is_kernel_code(frame->pc))
		panic("the kernel faulted");
	task->frame = frame;
	if (frame->cause == BH_UPCALL_SYSCALL) {
		rewrite_trapped(frame);
		calls_dispatch(frame);
	} else {
		task->call_restarts = false;
		frame->pc = rewrite_original(frame->pc);
		if (!arch_emulate(frame))
			signal_trap(frame);
	}
	task_enter_program();
}

static void __attribute__((noreturn)) resume(struct task *task)
{
	if (upcall_task != task) {
		if (hypercall(BH_CALL_SET_UPCALL, (uint64_t)(uintptr_t)upcall,
		              task_stack_top(task),
		              BH_UPCALL_SYSCALL | BH_UPCALL_TRAP))
			panic("the core refuses upcalls");
		upcall_task = task;
		rewrite_frame = (void *)(uintptr_t)(task_stack_top(task) -
		                                    sizeof(*task->frame));
	}
	thread_pointer = task->frame->thread_pointer;
	hypercall(BH_CALL_RESUME, (uint64_t)(uintptr_t)task->frame, 0, 0);
	panic("the core refuses to resume");
}

void task_enter_program(void)
{
	signal_deliver(task_current->frame);
	resume(task_current);
}

#if defined(__x86_64__)
/* The program has called its kernel (rewrite.h).  Returns if no more than the
 * result register is to be loaded. */
void task_called(struct bh_upcall_frame *frame)
{
	struct task *task = task_current;
	uint64_t number = frame->registers[ARCH_NUMBER];
	uint64_t pc = frame->pc, stack = frame->registers[ARCH_STACK];

	task->frame = frame;
	calls_dispatch(frame);
	signal_deliver(frame);
	if (number == ARCH_SIGRETURN || frame->pc != pc ||
	    frame->registers[ARCH_STACK] != stack || upcall_task != task ||
	    frame->thread_pointer != thread_pointer)
		resume(task);
}
#endif
