/* SPDX-License-Identifier: ISC */
#include "tests/unit/linux/machine.h"

#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "abi/exchange.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/entropy.h"
#include "guest/linux/arch.h"
#include "guest/linux/areas.h"
#include "guest/linux/internal.h"
#include "guest/linux/rewrite.h"
#include "guest/linux/signal_numbers.h"
#include "tests/unit/linux/host.h"

/* Above what sanitizers keep for themselves. */
#define ARENA_HIGH UINT64_C(0x200000000000)
#define ARENA_HIGH_SIZE (UINT64_C(1) << 36)
#define ARENA_LOW UINT64_C(0x210000000000)
#define ARENA_LOW_SIZE (UINT64_C(1) << 30)
#define BUFFER 65536u
#define CONTEXT_STACK (512u << 10)
#define THREAD_STACK 65536u
#define STRINGS 64u
#define REALTIME UINT64_C(1700000000000000000)
#define MILLISECOND UINT64_C(1000000)

struct machine machine;

enum {
	CHANNEL_CONTROL,
	CHANNEL_CONSOLE,
	CHANNEL_ENTROPY,
	CHANNEL_DEVICE,
	CHANNELS
};

static struct bh_channel_info channels[CHANNELS] = {
        {.protocol = BH_PROTOCOL_CONTROL, .name = "control"},
        {.protocol = BH_PROTOCOL_CONSOLE, .credit = 64, .name = "console"},
        {.protocol = BH_PROTOCOL_ENTROPY, .credit = 64, .name = "entropy"},
};
static const struct bh_channel_info
        net = {.protocol = BH_PROTOCOL_NET, .credit = 64, .name = "net"},
        volume = {.protocol = BH_PROTOCOL_VOLUME,
                  .credit = 4,
                  .name = "volume-0"};

static _Alignas(64) uint8_t submission[BUFFER], completion[BUFFER];

/* --------------------------------------------------------- kernel memory */

struct object {
	size_t size;
	uint64_t padding;
};

static bool is_there(size_t size)
{
	return !machine.kernel_limit ||
	       (size <= machine.kernel_limit &&
	        machine.kernel_memory <= machine.kernel_limit - size);
}

void *memory_allocate(size_t size)
{
	struct object *object;

	if (!is_there(size) || size > SIZE_MAX / 2)
		return NULL;
	object = malloc(sizeof(*object) + size);
	if (!object)
		return NULL;
	object->size = size;
	machine.kernel_memory += size;
	return object + 1;
}

void *memory_zeroed(size_t size)
{
	void *memory = memory_allocate(size);

	if (memory)
		memset(memory, 0, size);
	return memory;
}

/* Always elsewhere, so that nobody keeps the old address. */
void *memory_resize(void *memory, size_t size)
{
	void *new = memory_allocate(size);
	size_t old = memory ? ((struct object *)memory - 1)->size : 0;

	if (!new)
		return NULL;
	if (memory)
		memcpy(new, memory, old < size ? old : size);
	memory_free(memory);
	return new;
}

void memory_free(void *memory)
{
	struct object *object = memory;

	if (!memory)
		return;
	machine.kernel_memory -= object[-1].size;
	free(object - 1);
}

void *memory_pages(size_t count)
{
	void *pages;

	if (!count || count > SIZE_MAX / 2 / PAGE_SIZE ||
	    !is_there(count * PAGE_SIZE))
		return NULL;
	pages = aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
	if (!pages)
		return NULL;
	memset(pages, 0, count * PAGE_SIZE);
	machine.kernel_memory += count * PAGE_SIZE;
	return pages;
}

void memory_free_pages(void *pages, size_t count)
{
	if (pages)
		machine.kernel_memory -= count * PAGE_SIZE;
	free(pages);
}

uint64_t memory_used(void)
{
	return machine.kernel_memory;
}

uint64_t memory_limit(void)
{
	return machine.kernel_limit ? machine.kernel_limit : 64u << 20;
}

/* --------------------------------------------------------------- contexts */

/* A context is used again by the next task, not given back. */
struct context {
	ucontext_t registers;
	struct context *next_free;
	void (*function)(void);
	bool started;
};

static struct context *free_contexts;
static struct context first_context;

static void begin_context(void)
{
	struct context *context = task_current->context;

	context->function();
	host_die("a context has returned");
}

void *arch_context(uint64_t top, void (*function)(void))
{
	struct context *context = free_contexts;

	(void)top;
	if (!first_context.function) {
		/* The first task runs where the test does. */
		context = &first_context;
	} else if (context) {
		free_contexts = context->next_free;
	} else {
		context = calloc(1, sizeof(*context));
		if (!context)
			host_die("no memory");
		context->registers.uc_stack.ss_sp = host_pages(CONTEXT_STACK);
		if (!context->registers.uc_stack.ss_sp)
			host_die("no memory");
	}
	context->function = function;
	context->started = false;
	return context;
}

static void start_context(struct context *context)
{
	void *stack = context->registers.uc_stack.ss_sp;

	if (getcontext(&context->registers))
		host_die("getcontext");
	ASAN_UNPOISON_MEMORY_REGION(stack, CONTEXT_STACK);
	context->registers.uc_stack.ss_sp = stack;
	context->registers.uc_stack.ss_size = CONTEXT_STACK;
	host_renew_stack(stack, CONTEXT_STACK);
	makecontext(&context->registers, begin_context, 0);
	context->started = true;
}

/* ------------------------------------------------------------ the program */

/* A frame's pc while a call of the program's is under way: where it is. */
struct place_of_call {
	jmp_buf back;
	struct task *task;
};

/* What a thread begins with lies at the top of its stack. */
struct thread_start {
	void (*function)(const void *);
	const void *argument;
};

static struct task *known[TASKS_MAX];

static bool is_new(struct task *task)
{
	for (unsigned i = 0; i < TASKS_MAX; i++) {
		if (known[i] == task)
			return false;
		if (!known[i]) {
			known[i] = task;
			return true;
		}
	}
	host_die("too many threads");
}

static struct place_of_call *places[256];
static unsigned place_count;

/* They stay in the order in which they were made. */
static void remove_place(unsigned i)
{
	memmove(&places[i], &places[i + 1],
	        (--place_count - i) * sizeof(places[0]));
}

/* A thread has ended, in the middle of a call. */
static void forget_task(const struct task *task)
{
	unsigned last = 0, at = TASKS_MAX;

	for (unsigned i = 0; i < TASKS_MAX && known[i]; i++) {
		if (known[i] == task)
			at = i;
		last = i;
	}
	if (at == TASKS_MAX)
		return;
	known[at] = known[last];
	known[last] = NULL;
	for (unsigned i = place_count; i-- > 0;)
		if (places[i]->task == task)
			remove_place(i);
}

void arch_switch(void **save, void *load)
{
	struct context *from = *save, *to = load;

	if (to == &first_context && !to->started) {
		to->started = true;
		to->function();
		host_die("the first task has ended");
	}
	if (CONTAINER_OF(save, struct task, context)->ended) {
		forget_task(CONTAINER_OF(save, struct task, context));
		from->next_free = free_contexts;
		free_contexts = from;
	}
	if (!to->started)
		start_context(to);
	if (swapcontext(&from->registers, &to->registers))
		host_die("swapcontext");
}

static struct place_of_call *place_at(uint64_t pc)
{
	for (unsigned i = 0; i < place_count; i++)
		if (AT(places[i]) == pc && places[i]->task == task_current)
			return places[i];
	return NULL;
}

static bool is_handler(uint64_t pc)
{
	for (int n = 1; n <= SIGNALS_MAX; n++)
		if (signal_actions[n].handler == pc)
			return true;
	return false;
}

/* The register that a frame's stack pointer is in, as the program moves it. */
static uint64_t *stack_of(struct bh_upcall_frame *frame)
{
	return &frame->registers[ARCH_STACK];
}

static void run_handler(struct bh_upcall_frame *frame)
{
	static const uint8_t arguments[6] = ARCH_ARGUMENTS;
	void (*handler)(int, void *, void *) =
	        (void *)(uintptr_t)frame->pc;
	uint64_t stack = *stack_of(frame);

	handler((int)frame->registers[arguments[0]],
	        (void *)(uintptr_t)frame->registers[arguments[1]],
	        (void *)(uintptr_t)frame->registers[arguments[2]]);
	frame = task_current->frame;
	/* On x86-64 `ret` has taken the restorer's address. */
	*stack_of(frame) = stack + (ARCH_SYSCALL_BY_X86 ? 8 : 0);
	call("rt_sigreturn");
	host_die("rt_sigreturn has returned");
}

/* Leaves all that the kernel has called.  AddressSanitizer does this by itself on
 * stacks that it knows. */
static void leave_to(struct place_of_call *place, int how)
{
	uint8_t *top = (uint8_t *)place, *here = __builtin_frame_address(0);

	if (top > here && top - here < (ptrdiff_t)CONTEXT_STACK)
		ASAN_UNPOISON_MEMORY_REGION(here, (size_t)(top - here));
	longjmp(place->back, how);
}

static int64_t resume(struct bh_upcall_frame *frame)
{
	struct place_of_call *place = place_at(frame->pc);
	struct thread_start start;

	if (is_new(task_current)) {
		if (machine.thread)
			machine.thread();
		memcpy(&start, (void *)(uintptr_t)*stack_of(frame),
		       sizeof(start));
		start.function(start.argument);
		call("exit");
		host_die("a thread has not ended");
	}
	if (place)
		leave_to(place, 1);
	place = place_at(frame->pc + ARCH_SYSCALL_SIZE);
	if (place)
		leave_to(place, 2);
	if (is_handler(frame->pc))
		run_handler(frame);
	if (machine.astray)
		machine.astray(frame);
	host_die("the program is resumed at 0x%llx",
	    (unsigned long long)frame->pc);
}

static uint64_t find_number(const char *name)
{
	static const struct {
		const char *name;
		int x86, generic;
	} names[] = {
#define NONE -1
#define NAME(name, x86, generic) {#name, x86, generic},
#include "guest/linux/calls/all.names"
#undef NAME
	};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, name))
			return (uint64_t)(ARCH_SYSCALL_BY_X86
			                          ? names[i].x86
			                          : names[i].generic);
	host_die("no system call %s", name);
}

/* Fuzzing asks for little else: what was found for a literal is kept. */
uint64_t machine_number(const char *name)
{
	static struct {
		const char *name;
		uint64_t number;
	} found[1024];
	size_t at = AT(name) % ARRAY_SIZE(found);

	if (found[at].name != name) {
		found[at].number = find_number(name);
		found[at].name = name;
	}
	return found[at].number;
}

static struct bh_upcall_frame *upcall_frame(void)
{
	return (void *)(uintptr_t)(task_stack_top(task_current) -
	                           sizeof(struct bh_upcall_frame));
}

static void (*upcall_entry)(struct bh_upcall_frame *);

/* And those of the same thread that were made within it, and given up. */
static void forget_place(const struct place_of_call *place)
{
	bool found = false;

	for (unsigned i = place_count; i-- > 0 && !found;) {
		if (places[i]->task != task_current)
			continue;
		found = places[i] == place;
		remove_place(i);
	}
}

/* The kernel has left its frames, which lie below this one, by longjmp(). */
static void renew_stack(void)
{
	const struct context *context = task_current->context;
	uint8_t *low = context->registers.uc_stack.ss_sp;
	const uint8_t *here = __builtin_frame_address(0);

	if (low)
		host_renew_stack(low, (size_t)(here - low));
}

/* Enters the kernel with FRAME, which goes on at PLACE. */
static void enter(struct bh_upcall_frame *frame, struct place_of_call *place)
{
	if (place_count == ARRAY_SIZE(places))
		host_die("too many calls within calls");
	place->task = task_current;
	places[place_count++] = place;
	frame->pc = AT(place);
	switch (setjmp(place->back)) {
	case 0:
		upcall_entry(frame);
		host_die("an upcall has returned");
	case 2:
		/* The instruction before is made again. */
		frame->pc = AT(place);
		frame->cause = BH_UPCALL_SYSCALL;
		upcall_entry(frame);
		host_die("an upcall has returned");
	default:
		break;
	}
	renew_stack();
	forget_place(place);
}

int64_t machine_call(const char *name, const uint64_t arguments[6])
{
	return machine_call_number(machine_number(name), arguments);
}

int64_t machine_call_number(uint64_t number, const uint64_t arguments[6])
{
	static const uint8_t order[6] = ARCH_ARGUMENTS;
	struct bh_upcall_frame *frame = upcall_frame();
	struct place_of_call place;

	frame->cause = BH_UPCALL_SYSCALL;
	for (unsigned i = 0; i < 6; i++)
		frame->registers[order[i]] = arguments[i];
	frame->registers[ARCH_NUMBER] = number;
	enter(frame, &place);
	return (int64_t)upcall_frame()->registers[ARCH_RESULT];
}

void machine_trap(unsigned fault, uint64_t address)
{
	struct bh_upcall_frame *frame = upcall_frame();
	struct place_of_call place;

	frame->cause = BH_UPCALL_TRAP;
	frame->fault = fault;
	frame->address = address;
	enter(frame, &place);
}

void machine_set_stack(void *top)
{
	*stack_of(upcall_frame()) = AT(top);
}

void *machine_memory(size_t size)
{
	int64_t at = call("mmap", 0, size, MM_READ | MM_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0);

	if (at < 0)
		host_die("mmap: %d", (int)at);
	return (void *)(uintptr_t)at;
}

int machine_thread(void (*function)(const void *), const void *argument)
{
	enum { FLAGS = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 };
	uint8_t *stack = machine_memory(THREAD_STACK);
	struct thread_start start = {function, argument};
	uint8_t *top = stack + THREAD_STACK - 64;
	int64_t id;

	memcpy(top, &start, sizeof(start));
	id = call("clone", FLAGS, AT(top));
	if (id < 0)
		host_die("clone: %d", (int)id);
	return (int)id;
}

void machine_settle(void)
{
	for (int i = 0; i < 64; i++)
		call("sched_yield");
}

const char *machine_string(const char *text)
{
	static char *memory;
	static unsigned next;
	size_t size = strlen(text) + 1;
	char *at;

	if (!memory)
		memory = machine_memory((size_t)STRINGS * 2 * PAGE_SIZE);
	if (size > 2 * PAGE_SIZE)
		host_die("a long string");
	at = memory + next++ % STRINGS * 2 * PAGE_SIZE;
	memcpy(at, text, size);
	return at;
}

/* ------------------------------------------------------------ hypercalls */

static void copy_root(const struct bh_memory_change *change)
{
	uint64_t there = change->offset < machine.root_size
	                         ? machine.root_size - change->offset
	                         : 0;

	memcpy((void *)(uintptr_t)change->address,
	       (const uint8_t *)machine.root + change->offset,
	       min_u64(there, change->size));
}

static bool change_one(const struct bh_memory_change *change)
{
	bool is_root = change->kind == BH_MEMORY_ROOT;
	int protection = (int)change->protection & (HOST_READ | HOST_WRITE);

	if (!change->size || (change->address | change->size) & PAGE_MASK ||
	    !arena_holds(change->address, change->size) ||
	    (is_root ? change->offset & PAGE_MASK : change->offset))
		host_die("a malformed change of the arena");
	if (change->kind == BH_MEMORY_PROTECT)
		return host_protect(change->address, change->size, protection);
	if (!host_map(change->address, change->size,
	              is_root ? HOST_READ | HOST_WRITE : protection))
		return false;
	if (is_root)
		copy_root(change);
	return !is_root ||
	       host_protect(change->address, change->size, protection);
}

static void *answer(const struct bh_record *record, int32_t status,
                    const void *payload, size_t size)
{
	struct bh_completion *header = (void *)completion;
	struct bh_record *reply =
	        (void *)(completion + sizeof(*header) + header->bytes);
	size_t whole = sizeof(*reply) + size;

	if (sizeof(*header) + header->bytes + BH_RECORD_STRIDE(whole) > BUFFER)
		host_die("too much for one completion");
	*reply = *record;
	reply->size = (uint32_t)whole;
	reply->status = status;
	if (size)
		memcpy(reply + 1, payload, size);
	header->bytes += (uint32_t)BH_RECORD_STRIDE(whole);
	header->count++;
	return reply + 1;
}

static void control(const struct bh_record *record)
{
	if (record->type == BH_CONTROL_ABORT)
		host_die("the kernel aborts: %.*s",
		    (int)(record->size - sizeof(*record)),
		    (const char *)(record + 1));
	if (record->type != BH_CONTROL_EXIT)
		host_die("a control record of type %u", record->type);
	if (machine.ended)
		machine.ended((int)record->value[0]);
	host_die("the process ends with status %d", (int)record->value[0]);
}

static void console(const struct bh_record *record)
{
	size_t size = record->size - sizeof(*record);

	if (record->type != BH_CONSOLE_WRITE)
		return; /* there is never any input */
	if (size > sizeof(machine.console) - machine.console_size - 1)
		machine.console_size = 0;
	memcpy(machine.console + machine.console_size, record + 1, size);
	machine.console_size += size;
	machine.console[machine.console_size] = 0;
	((struct bh_record *)answer(record, 0, NULL, 0) - 1)->value[0] = size;
}

static void entropy(const struct bh_record *record)
{
	static uint8_t next;
	uint8_t bytes[BH_ENTROPY_MAX];

	if (record->value[0] > sizeof(bytes))
		host_die("so much entropy");
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = next++;
	answer(record, 0, bytes, record->value[0]);
}

static void device(const struct bh_record *record)
{
	struct bh_record head = *record;
	const void *reply = NULL;
	int32_t status = 0;
	size_t size = 0;

	if (!machine.device || !machine.device(record, &status, &reply, &size))
		return;
	if (machine.values)
		memcpy(head.value, machine.values, sizeof(head.value));
	answer(&head, status, reply, size);
}

static void submitted(const struct bh_submission *header)
{
	const uint8_t *batch = (const uint8_t *)(header + 1);

	for (uint32_t at = 0; at < header->bytes;) {
		const struct bh_record *record = (const void *)(batch + at);

		if (record->size < sizeof(*record) ||
		    record->size > header->bytes - at)
			host_die("a malformed record");
		switch (record->channel) {
		case CHANNEL_CONTROL:
			control(record);
			break;
		case CHANNEL_CONSOLE:
			console(record);
			break;
		case CHANNEL_ENTROPY:
			entropy(record);
			break;
		default:
			device(record);
		}
		at += (uint32_t)BH_RECORD_STRIDE(record->size);
	}
}

static bool send_signal(void)
{
	struct bh_record record = {.type = BH_CONTROL_SIGNAL};

	if (!machine.signals)
		return false;
	record.value[0] = (uint64_t)__builtin_ctzll(machine.signals) + 1;
	machine.signals &= machine.signals - 1;
	answer(&record, 0, NULL, 0);
	return true;
}

static void wait_until(uint64_t deadline)
{
	if (deadline == BH_NEVER ||
	    (machine.patience && deadline > machine.monotonic &&
	     deadline - machine.monotonic > machine.patience)) {
		if (!machine.stuck)
			host_die("the guest waits for ever");
		machine.stuck();
		send_signal();
	} else if (deadline > machine.monotonic) {
		machine.monotonic = deadline;
	}
}

/* Nothing ever takes time, except waiting for it. */
static int64_t exchange(void)
{
	const struct bh_submission *header = (const void *)submission;
	struct bh_completion *reply = (void *)completion;

	machine.exchanges++;
	if (header->exchange != machine.exchanges)
		host_die("exchanges are not counted");
	*reply = (struct bh_completion){.exchange = header->exchange};
	submitted(header);
	machine.monotonic += MILLISECOND;
	if (header->wait == BH_WAIT_ANY && !reply->count && !send_signal())
		wait_until(header->deadline);
	reply->monotonic = machine.monotonic;
	reply->realtime = REALTIME + machine.monotonic;
	return 0;
}

static int64_t entry(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	const struct bh_memory_change *changes = (void *)(uintptr_t)a;

	switch (number) {
	case BH_CALL_EXCHANGE:
		return exchange();
	case BH_CALL_MEMORY:
		for (uint64_t i = 0; i < b; i++)
			if (!change_one(&changes[i]))
				return i ? (int64_t)i : -BH_ENOMEM;
		return (int64_t)b;
	case BH_CALL_SET_UPCALL:
		upcall_entry = (void *)(uintptr_t)a;
		return 0;
	case BH_CALL_RESUME:
		return resume((void *)(uintptr_t)a);
	default:
		host_die("hypercall %d, %d", (int)number, (int)c);
	}
}

/* ------------------------------------------------------------------ start */

static void (*test)(void);

static void begin(void)
{
	struct bh_upcall_frame *frame = task_current->frame;
	struct place_of_call place = {.task = task_current};
	uint8_t *stack;

	file_start();
	vfs_start();
	if (machine.volume)
		volume_start();
	else
		net_start();
	process_start();
	mm_set_break(ARENA_LOW);
	is_new(task_current);
	places[place_count++] = &place;
	frame->pc = AT(&place);
	if (!setjmp(place.back))
		task_enter_program();
	place_count = 0;
	stack = machine_memory(THREAD_STACK);
	machine_set_stack(stack + THREAD_STACK - 64);
	test();
	host_die("the program has returned");
}

void machine_run(void (*program)(void))
{
	static struct bh_boot_info info;

	info = (struct bh_boot_info){
	        .magic = BH_BOOT_MAGIC,
	        .size = sizeof(info),
	        .hypercall = AT(entry),
	        .submission = AT(submission),
	        .completion = AT(completion),
	        .submission_size = sizeof(submission),
	        .completion_size = sizeof(completion),
	        .channels = AT(channels),
	        .channel_count = machine.device ? CHANNELS : CHANNEL_DEVICE,
	        .channel_size = sizeof(channels[0]),
	        .secret = {1, 2},
	        .arena_low_base = ARENA_LOW,
	        .arena_low_size = ARENA_LOW_SIZE,
	        .arena_high_base = ARENA_HIGH,
	        .arena_high_size = ARENA_HIGH_SIZE,
	        .memory_limit = machine.memory_limit ? machine.memory_limit
	                                             : 1u << 30,
	        .root_base = AT(machine.root),
	        .root_size = machine.root_size,
	};
	channels[CHANNEL_DEVICE] = machine.volume ? volume : net;
	test = program;
	if (!host_reserve(ARENA_HIGH, ARENA_HIGH_SIZE) ||
	    !host_reserve(ARENA_LOW, ARENA_LOW_SIZE))
		host_die("no place for the arena");
	channel_start(&info);
	clock_start();
	calls_start();
	mm_start();
	task_start(begin);
}

bool machine_said(const char *text)
{
	return strstr(machine.console, text) != NULL;
}

/* -------------------------------------------------------- what is not there */

const char *boot_option(const char *name)
{
	const char *option = machine.option;
	size_t size = strlen(name);

	if (!option || strncmp(option, "bh.", 3) ||
	    strncmp(option + 3, name, size) || option[3 + size] != '=')
		return NULL;
	return option + 3 + size + 1;
}

void program_libc_started(void)
{
}

void rewrite_trapped(const struct bh_upcall_frame *frame)
{
	(void)frame;
}

void rewrite_forget(uint64_t start, uint64_t end, bool restore)
{
	(void)start;
	(void)end;
	(void)restore;
}

uint64_t rewrite_original(uint64_t pc)
{
	return pc;
}
