/* SPDX-License-Identifier: ISC */
/*
 * A guest without SDK and libc: runs the probe that its first argument names.
 * Before a probe that is expected to fault it prints
 *
 *	expect CLASS pc ADDRESS address ADDRESS
 *
 * Compiled without use of floating-point registers, so that the probes' own
 * stay as they are.
 */
#include "abi/boot.h"
#include "abi/exchange.h"
#include "abi/hypercall.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/record.h"
#include <stdbool.h>

#include "probe.h"

typedef int64_t hypercall_function(uint64_t call, uint64_t a, uint64_t b,
                                   uint64_t c);

void probe_start(const struct bh_boot_info *info);
uint64_t probe_float(uint64_t rounds);
uint64_t probe_integer(uint64_t rounds);
uint64_t probe_recurse(uint64_t n);

static const struct bh_boot_info *boot;
static uint64_t exchanges;
static uint64_t faults_seen, syscalls_seen;

/* The compiler may ask for it. */
void *memset(void *to, int value, size_t size);
void *memset(void *to, int value, size_t size)
{
	volatile uint8_t *byte = to;

	while (size--)
		*byte++ = (uint8_t)value;
	return to;
}

static int64_t hypercall(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
	return ((hypercall_function *)(uintptr_t)boot->hypercall)(call, a, b,
	                                                          c);
}

static void exchange(uint16_t channel, uint16_t type, uint64_t value,
                     const char *payload, uint32_t size)
{
	struct bh_submission *s =
	        (struct bh_submission *)(uintptr_t)boot->submission;
	struct bh_record *r = (struct bh_record *)(s + 1);
	char *bytes = (char *)(r + 1);

	s->bytes = (uint32_t)BH_RECORD_STRIDE(sizeof(*r) + size);
	s->count = 1;
	s->wait = BH_WAIT_ANY;
	s->exchange = ++exchanges;
	s->deadline = BH_NEVER;
	r->size = (uint32_t)sizeof(*r) + size;
	r->channel = channel;
	r->type = type;
	r->value[0] = value;
	for (uint32_t i = 0; i < s->bytes - sizeof(*r); i++)
		bytes[i] = i < size ? payload[i] : 0;
	hypercall(BH_CALL_EXCHANGE, 0, 0, 0);
}

static void __attribute__((noreturn)) leave(uint64_t status)
{
	for (;;)
		exchange(BH_CHANNEL_CONTROL, BH_CONTROL_EXIT, status, "", 0);
}

static char line[256];
static uint32_t length;

static void add(const char *text)
{
	while (*text && length < sizeof(line))
		line[length++] = *text++;
}

static void add_hex(uint64_t value)
{
	add("0x");
	for (int shift = 60; shift >= 0; shift -= 4) {
		char digit[2] = {0, 0};

		digit[0] = (char)(value >> shift & 15);
		digit[0] += digit[0] < 10 ? '0' : 'a' - 10;
		add(digit);
	}
}

static void flush(void)
{
	add("\n");
	exchange(1, BH_CONSOLE_WRITE, 0, line, length);
	length = 0;
}

static void say(const char *text, uint64_t value)
{
	add(text);
	add(" ");
	add_hex(value);
	flush();
}

static void expect(const char *class, uint64_t pc, uint64_t address)
{
	add("expect ");
	add(class);
	add(" pc ");
	add_hex(pc);
	add(" address ");
	add_hex(address);
	flush();
}

static bool equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static uint64_t number(const char *text)
{
	uint64_t n = 0;

	while (*text >= '0' && *text <= '9')
		n = n * 10 + (uint64_t)(*text++ - '0');
	return n;
}

#define AT(name) ((uint64_t)(uintptr_t)probe_##name##_at)

static void fault_memory(const char *what)
{
	uint64_t code = AT(spin), data = boot->heap_base;
	uint64_t guard = boot->stack_base - 8;

	if (equal(what, "read-null")) {
		expect("read", AT(load), 0x10);
		probe_load(0x10, 0);
	} else if (equal(what, "read-guard")) {
		expect("read", AT(load), guard);
		probe_load(guard, 0);
	} else if (equal(what, "read-high")) {
		expect("read", AT(load), BH_GUEST_TOP + 8);
		probe_load(BH_GUEST_TOP + 8, 0);
	} else if (equal(what, "write-null")) {
		expect("write", AT(store), 8);
		probe_store(8, 0);
	} else if (equal(what, "write-code")) {
		expect("write", AT(store), code);
		probe_store(code, 0);
	} else if (equal(what, "write-boot")) {
		uint64_t address = (uint64_t)(uintptr_t)boot;

		expect("write", AT(store), address);
		probe_store(address, 0);
	} else if (equal(what, "write-completion")) {
		expect("write", AT(store), boot->completion);
		probe_store(boot->completion, 0);
	} else if (equal(what, "write-entry")) {
		expect("write", AT(store), boot->hypercall);
		probe_store(boot->hypercall, 0);
	} else if (equal(what, "execute-null")) {
		expect("execute", 0, 0);
		probe_jump(0, 0);
	} else if (equal(what, "execute-last")) {
		expect("execute", (uint64_t)-4, (uint64_t)-4);
		probe_jump((uint64_t)-4, 0);
	} else if (equal(what, "execute-data")) {
		expect("execute", data, data);
		probe_jump(data, 0);
	} else if (equal(what, "execute-stack")) {
		expect("execute", guard + 16, guard + 16);
		probe_jump(guard + 16, 0);
	}
}

static void fault_instruction(const char *what)
{
	if (equal(what, "undefined")) {
		expect("instruction", AT(undefined), 0);
		probe_undefined(0, 0);
	} else if (equal(what, "trap")) {
		expect("trap", AT(trap), 0);
		probe_trap(0, 0);
	} else if (equal(what, "privileged")) {
		expect("instruction", AT(privileged), 0);
		probe_privileged(0, 0);
	} else if (equal(what, "clock")) {
		expect("instruction", AT(clock), 0);
		probe_clock(0, 0);
	} else if (equal(what, "divide")) {
#if defined(__x86_64__)
		expect("arithmetic", AT(divide), 0);
#endif
		say("quotient", probe_divide(5, 0));
	} else if (equal(what, "syscall")) {
		add("expect syscall after ");
		add_hex(AT(syscall));
		flush();
		probe_syscall(1, 2);
	} else if (equal(what, "hypercall")) {
		add("expect hypercall");
		flush();
		hypercall(77, 0, 0, 0);
	}
}

#if defined(__x86_64__)
enum { NUMBER = 0, FIRST = 7, RESULT = 0 };
static const uint64_t syscall_size = 2, load_size = 3, trap_size = 2;
#elif defined(__aarch64__)
enum { NUMBER = 8, FIRST = 0, RESULT = 0 };
static const uint64_t syscall_size = 4, load_size = 4, trap_size = 4;
#else
enum { NUMBER = 17, FIRST = 10, RESULT = 10 };
static const uint64_t syscall_size = 4, load_size = 2, trap_size = 2;
#endif

/* Gives the code that was interrupted a result and continues after it. */
static void __attribute__((noreturn)) on_upcall(struct bh_upcall_frame *frame)
{
	if (frame->cause == BH_UPCALL_SYSCALL) {
		syscalls_seen++;
		if (frame->pc != AT(syscall) + syscall_size)
			say("bad syscall pc", frame->pc);
		frame->registers[RESULT] = frame->registers[NUMBER] * 1000 +
		                           frame->registers[FIRST];
	} else {
		faults_seen++;
		if (frame->fault == BH_FAULT_READ && frame->pc == AT(load)) {
			frame->registers[RESULT] = frame->address + 1;
			frame->pc += load_size;
		} else if (frame->fault == BH_FAULT_TRAP &&
		           frame->pc == AT(trap)) {
			frame->registers[RESULT] = 99;
			frame->pc += trap_size;
		} else {
			say("bad fault", frame->fault);
			say("bad fault pc", frame->pc);
			leave(3);
		}
	}
	for (;;)
		hypercall(BH_CALL_RESUME, (uint64_t)(uintptr_t)frame, 0, 0);
}

static bool upcalls_work(uint64_t stack)
{
	uint64_t entry = (uint64_t)(uintptr_t)on_upcall;
	bool good = true;

	faults_seen = syscalls_seen = 0;
	good &= hypercall(BH_CALL_SET_UPCALL, entry, stack,
	                  BH_UPCALL_TRAP | BH_UPCALL_SYSCALL) == 0;
	probe_set_float(0x123456789, 0);
	for (uint64_t i = 0; i < 100; i++) {
		good &= probe_syscall(i, 5) == i * 1000 + 5;
		good &= probe_load(i * 8, 0) == i * 8 + 1;
		good &= probe_trap(0, 0) == 99;
	}
	good &= probe_get_float(0, 0) == 0x123456789;
	return good && faults_seen == 200 && syscalls_seen == 100;
}

static void test_upcalls(void)
{
	uint64_t entry = (uint64_t)(uintptr_t)on_upcall;
	uint64_t top = boot->heap_base + boot->heap_size;

	say("own stack", upcalls_work(top));
	say("same stack", upcalls_work(0));
	say("bad entry",
	    (uint64_t)hypercall(BH_CALL_SET_UPCALL, boot->heap_base, 0, 1));
	say("bad frame", (uint64_t)hypercall(BH_CALL_RESUME, 8, 0, 0));
	hypercall(BH_CALL_SET_UPCALL, entry, 0, BH_UPCALL_SYSCALL);
	say("only system calls", probe_syscall(2, 3));
	expect("read", AT(load), 0x20);
	probe_load(0x20, 0);
}

static void test_state(void)
{
	uint64_t *word = (uint64_t *)(uintptr_t)boot->heap_base;

	say("float state", probe_float_state(0, 0));
	probe_set_float(0xabcdef, 0);
	word[0] = 0x7777;
	say("set thread pointer",
	    (uint64_t)hypercall(BH_CALL_SET_THREAD_POINTER, boot->heap_base, 0,
	                        0));
	say("thread pointer", probe_pointer(0, 0));
	say("float register", probe_get_float(0, 0));
	say("atomic", probe_atomic(boot->heap_base, 3));
	say("pause", probe_pause(1000, 0));
}

static void test_exchanges(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		const struct bh_completion *c =
		        (const struct bh_completion *)(uintptr_t)
		                boot->completion;

		exchange(2, 1, 1, "", 0);
		if (*(volatile const uint64_t *)&c->exchange != exchanges) {
			say("stale completion", c->exchange);
			leave(4);
		}
	}
	say("exchanges", count);
}

void probe_start(const struct bh_boot_info *info)
{
	const char *what = (const char *)(uintptr_t)info->arguments;
	const char *value;

	boot = info;
	while (*what++)
		;
	value = what;
	while (*value++)
		;
	if (info->argument_count < 2)
		leave(2);
	if (equal(what, "hello"))
		say("hello", boot->argument_count);
	else if (equal(what, "exchange"))
		test_exchanges(number(value));
	else if (equal(what, "upcalls"))
		test_upcalls();
	else if (equal(what, "state"))
		test_state();
	else if (equal(what, "spin"))
		probe_spin(0, 0);
	else if (equal(what, "float"))
		say("float", probe_float(number(value)));
	else if (equal(what, "integer"))
		say("integer", probe_integer(number(value)));
	else if (equal(what, "recurse"))
		say("recurse", probe_recurse(number(value)));
	fault_memory(what);
	fault_instruction(what);
	leave(0);
}
