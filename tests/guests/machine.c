/* SPDX-License-Identifier: ISC */

/*
 * What a core owes its guest, as a guest sees it: the initial state, memory
 * protection, faults, upcalls, the thread pointer.  x86-64, free of any
 * library, so that it tests the machine and nothing else.
 *
 * The argument after the image's name is the case.  Cases that fault on purpose
 * do not come back; the others exit with 0, or with the number of the check
 * that did not hold.
 */

#include <stdbool.h>
#include <stddef.h>

#include "abi/boot.h"
#include "abi/exchange.h"
#include "abi/hypercall.h"
#include "abi/protocol/control.h"
#include "abi/record.h"

#define DATA_SIZE       64u
#define UPCALL_STACK    16384u
#define LOOP_ROUNDS     (1u << 29)
#define WALK_ROUNDS     4u
#define EXCHANGE_ROUNDS 4000u
#define FCW_DEFAULT     0x37f
#define MXCSR_DEFAULT   0x1f80

typedef int64_t hypercall_function(uint64_t call, uint64_t a, uint64_t b,
                                   uint64_t c);

void start(void);
void enter(const struct bh_boot_info *boot, const uint64_t *general);
void upcall_entry(void);
void handle_upcall(struct bh_upcall_frame *frame);

static const struct bh_boot_info *boot_info;
static uint64_t exchange_number;
static uint8_t writable_data[DATA_SIZE] = {0xc3};
static uint8_t upcall_stack[UPCALL_STACK] __attribute__((aligned(16)));
static struct bh_upcall_frame seen[2];
static volatile uint32_t upcalls;
static volatile bool trap_in_upcall;

/* Saves what it finds in the registers before the compiler touches them. */
__asm__(".globl start\n"
        "start:\n"
        "	push %rbp\n"
        "	push %r15; push %r14; push %r13; push %r12\n"
        "	push %r11; push %r10; push %r9; push %r8\n"
        "	push %rdx; push %rcx; push %rbx; push %rax; push %rsi\n"
        "	mov %rsp, %rsi\n"
        "	sub $8, %rsp\n"
        "	call enter\n"
        "	ud2\n"
        ".globl upcall_entry\n"
        "upcall_entry:\n"
        "	sub $8, %rsp\n"
        "	call handle_upcall\n"
        "	ud2\n");

#define SAVED_REGISTERS 14u

/* What compilers ask of every freestanding program. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *to, const void *from, size_t size)
{
	void *result = to;

	__asm__ volatile("rep movsb"
	                 : "+D"(to), "+S"(from), "+c"(size)
	                 :
	                 : "memory");
	return result;
}

void *memset(void *to, int value, size_t size)
{
	void *result = to;

	__asm__ volatile("rep stosb"
	                 : "+D"(to), "+c"(size)
	                 : "a"(value)
	                 : "memory");
	return result;
}

static int64_t call(enum bh_call number, uint64_t a, uint64_t b, uint64_t c)
{
	return ((hypercall_function *)(uintptr_t)boot_info->hypercall)(number,
	                                                               a, b, c);
}

static void fill_submission(const struct bh_record *record)
{
	struct bh_submission *s =
	        (struct bh_submission *)(uintptr_t)boot_info->submission;

	*s = (struct bh_submission){
	        .bytes = record ? sizeof(*record) : 0,
	        .count = record ? 1 : 0,
	        .wait = BH_WAIT_NONE,
	        .exchange = ++exchange_number,
	        .deadline = BH_NEVER,
	};
	if (record)
		*(struct bh_record *)(s + 1) = *record;
}

static void exchange(const struct bh_record *record)
{
	fill_submission(record);
	if (call(BH_CALL_EXCHANGE, 0, 0, 0) != 0)
		__builtin_trap();
}

static void __attribute__((noreturn)) leave(uint64_t status)
{
	const struct bh_record record = {
	        .size = sizeof(record),
	        .channel = BH_CHANNEL_CONTROL,
	        .type = BH_CONTROL_EXIT,
	        .value = {status},
	};

	exchange(&record);
	__builtin_trap();
}

static bool is_case(const char *name)
{
	const char *argument = (const char *)(uintptr_t)boot_info->arguments;

	while (*argument++)
		;
	while (*name && *name == *argument) {
		name++;
		argument++;
	}
	return *name == *argument;
}

/* ------------------------------------------------------- the initial state */

static void check_initial(const uint64_t *general)
{
	uint16_t fcw;
	uint32_t mxcsr;

	for (unsigned i = 0; i < SAVED_REGISTERS; i++)
		if (general[i] != 0)
			leave(1);
	/* The stack pointer was 8 modulo 16, and a zero lay there. */
	if ((uint64_t)(general + SAVED_REGISTERS) % 16 != 8)
		leave(2);
	if (general[SAVED_REGISTERS] != 0)
		leave(3);
	__asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(fcw), "=m"(mxcsr));
	if (fcw != FCW_DEFAULT)
		leave(4);
	if (mxcsr != MXCSR_DEFAULT)
		leave(5);
	for (unsigned i = 0; i < 3; i++)
		exchange(NULL);
	leave(0);
}

/* Vector registers must outlive a hypercall. */
static void check_vectors(void)
{
	uint64_t before[2] = {0x0123456789abcdef, 0xfedcba9876543210};
	uint64_t after[2];
	uint64_t entry = boot_info->hypercall;

	fill_submission(NULL);
	__asm__ volatile("movdqu %2, %%xmm15\n\t"
	                 "fld1\n\t"
	                 "xor %%edi, %%edi\n\t"
	                 "xor %%esi, %%esi\n\t"
	                 "xor %%edx, %%edx\n\t"
	                 "xor %%ecx, %%ecx\n\t"
	                 "call *%1\n\t"
	                 "movdqu %%xmm15, %0\n\t"
	                 "fstp %%st(0)"
	                 : "=m"(after)
	                 : "b"(entry), "m"(before)
	                 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
	                   "r11", "xmm15", "memory", "cc");
	leave(before[0] == after[0] && before[1] == after[1] ? 0 : 1);
}

/* ---------------------------------------------------------- thread pointer */

static void check_thread_pointer(void)
{
	static uint64_t place[2] = {11, 22};
	uint64_t value;

	if (call(BH_CALL_SET_THREAD_POINTER, (uintptr_t)place, 0, 0))
		leave(1);
	__asm__ volatile("mov %%fs:8, %0" : "=r"(value));
	if (value != 22)
		leave(2);
	exchange(NULL);
	__asm__ volatile("mov %%fs:0, %0" : "=r"(value));
	if (value != 11)
		leave(3);
	if (call(BH_CALL_SET_THREAD_POINTER, UINT64_C(1) << 63, 0, 0) !=
	    -BH_EINVAL)
		leave(4);
	leave(0);
}

/* ----------------------------------------------------------------- upcalls */

/* Each handled instruction is two bytes long. */
void handle_upcall(struct bh_upcall_frame *frame)
{
	if (trap_in_upcall)
		__asm__ volatile("divl %0" : : "r"(0) : "eax", "edx", "cc");
	if (upcalls < 2)
		seen[upcalls] = *frame;
	upcalls++;
	if (frame->cause == BH_UPCALL_TRAP)
		frame->pc += 2;
	frame->registers[0] = 4711; /* rax */
	call(BH_CALL_RESUME, (uintptr_t)frame, 0, 0);
	leave(90);
}

static void set_upcall(uint32_t causes, void *stack)
{
	if (call(BH_CALL_SET_UPCALL, (uintptr_t)upcall_entry, (uintptr_t)stack,
	         causes))
		leave(80);
}

static void check_upcalls(void *stack)
{
	uint64_t result, number = 39, preserved = 0x1122334455667788;
	uint64_t pc;

	set_upcall(BH_UPCALL_TRAP | BH_UPCALL_SYSCALL, stack);
	/* mov (%rbx), %eax: a read that faults */
	__asm__ volatile("lea 1f(%%rip), %2\n\t"
	                 "1: mov (%%rbx), %%eax"
	                 : "=a"(result), "+D"(preserved), "=&r"(pc)
	                 : "b"(UINT64_C(0x1230))
	                 : "memory", "cc");
	if (upcalls != 1 || seen[0].cause != BH_UPCALL_TRAP)
		leave(1);
	if (seen[0].fault != BH_FAULT_READ || seen[0].address != 0x1230)
		leave(2);
	if (seen[0].pc != pc || result != 4711)
		leave(3);
	if (seen[0].registers[7] != preserved || seen[0].registers[3] != 0x1230)
		leave(4);
	__asm__ volatile("lea 1f(%%rip), %1\n\t"
	                 "syscall\n\t"
	                 "1:"
	                 : "+a"(number), "=&r"(pc), "+D"(preserved)
	                 :
	                 : "rcx", "r11", "memory", "cc");
	if (upcalls != 2 || seen[1].cause != BH_UPCALL_SYSCALL)
		leave(5);
	if (seen[1].registers[0] != 39 || seen[1].registers[7] != preserved)
		leave(6);
	if (seen[1].pc != pc || number != 4711)
		leave(7);
	if (stack && (uint64_t)seen[1].registers[4] - (uintptr_t)upcall_stack <
	                     UPCALL_STACK)
		leave(8);
	leave(0);
}

/* A trap within a trap's upcall ends the guest. */
static void trap_twice(void)
{
	set_upcall(BH_UPCALL_TRAP, upcall_stack + UPCALL_STACK);
	trap_in_upcall = true;
	__asm__ volatile("ud2");
}

/* ------------------------------------------------------------------- speed */

/* Whoever plays exo times what lies between two exchanges. */
static void measure_loop(void)
{
	uint64_t a = 1, b = 2;

	exchange(NULL);
	for (uint32_t i = 0; i < LOOP_ROUNDS; i++) {
		a = a * 6364136223846793005 + i;
		b ^= a >> 7;
		__asm__ volatile("" : "+r"(a), "+r"(b));
	}
	exchange(NULL);
	leave(0);
}

static void walk(volatile uint64_t *memory, uint64_t words)
{
	uint64_t at = 0;

	/* The multiplier is 1 modulo 4, the increment odd: every word once. */
	for (uint64_t i = 0; i < words; i++) {
		memory[at] += i;
		at = (at * 5 + 12345) & (words - 1);
	}
}

/* The heap, in an order that no prefetcher guesses; its size is 2^n. */
static void measure_walk(void)
{
	volatile uint64_t *heap = (uint64_t *)(uintptr_t)boot_info->heap_base;
	uint64_t words = boot_info->heap_size / sizeof(*heap);

	exchange(NULL);
	for (uint64_t i = 0; i < words; i += BH_PAGE_SIZE / sizeof(*heap))
		heap[i] = i;
	exchange(NULL);
	for (unsigned i = 0; i < WALK_ROUNDS; i++)
		walk(heap, words);
	exchange(NULL);
	leave(0);
}

static void measure_exchange(void)
{
	exchange(NULL);
	for (uint32_t i = 0; i < EXCHANGE_ROUNDS; i++)
		exchange(NULL);
	exchange(NULL);
	leave(0);
}

/* ------------------------------------------------------------------ faults */

static void overflow_stack(void)
{
	__asm__ volatile("1: push %rax\n\tjmp 1b");
}

/* An address that the compiler cannot judge. */
static uint64_t hidden(uint64_t address)
{
	__asm__("" : "+r"(address));
	return address;
}

static void read_byte(uint64_t address)
{
	(void)*(volatile uint8_t *)(uintptr_t)hidden(address);
}

static void write_byte(uint64_t address)
{
	*(volatile uint8_t *)(uintptr_t)hidden(address) = 1;
}

static void run_byte(uint64_t address)
{
	((void (*)(void))(uintptr_t)hidden(address))();
}

#define RUN(name, code)                                                        \
	if (is_case(name))                                                     \
	__asm__ volatile(code)

static void fault(void)
{
	if (is_case("read-null"))
		read_byte(8);
	if (is_case("write-null"))
		write_byte(0xff0);
	if (is_case("execute-null"))
		run_byte(16);
	if (is_case("read-high"))
		read_byte(BH_GUEST_TOP);
	if (is_case("write-code"))
		write_byte((uintptr_t)start);
	if (is_case("write-completion"))
		write_byte(boot_info->completion);
	if (is_case("write-boot"))
		write_byte((uintptr_t)boot_info);
	if (is_case("execute-data"))
		run_byte((uintptr_t)writable_data);
	if (is_case("execute-heap"))
		run_byte(boot_info->heap_base);
	if (is_case("stack-overflow"))
		overflow_stack();
	RUN("read-noncanonical",
	    "mov $1, %ecx\n\tshl $63, %rcx\n\tmov (%rcx), %al");
	RUN("write-noncanonical",
	    "mov $1, %ecx\n\tshl $63, %rcx\n\tmov %al, (%rcx)");
	RUN("no-stack", "xor %esp, %esp\n\tpush %rax");
	RUN("undefined", "ud2\n\tnop");
	RUN("breakpoint", "int3");
	RUN("privileged", "hlt");
	RUN("control-register", "mov %cr0, %rax");
	RUN("port", "in $0x71, %al");
	RUN("trap-port", "out %al, $0x20");
	RUN("divide", "xor %eax, %eax\n\txor %edx, %edx\n\tdiv %eax");
	RUN("syscall", "syscall");
	RUN("floating",
	    "push $0x1d00\n\tldmxcsr (%rsp)\n\txorps %xmm0, %xmm0\n\t"
	    "divss %xmm0, %xmm0\n\tdivss %xmm0, %xmm0");
	if (is_case("bad-call"))
		call((enum bh_call)77, 0, 0, 0);
	if (is_case("bad-argument"))
		call(BH_CALL_EXCHANGE, 0, 0, 1);
	if (is_case("trap-twice"))
		trap_twice();
}

void enter(const struct bh_boot_info *boot, const uint64_t *general)
{
	boot_info = boot;
	if (boot->argument_count < 2)
		leave(100);
	if (is_case("initial"))
		check_initial(general);
	if (is_case("vectors"))
		check_vectors();
	if (is_case("thread-pointer"))
		check_thread_pointer();
	if (is_case("upcalls"))
		check_upcalls(upcall_stack + UPCALL_STACK);
	if (is_case("upcalls-below"))
		check_upcalls(NULL);
	if (is_case("loop"))
		measure_loop();
	if (is_case("walk"))
		measure_walk();
	if (is_case("exchange"))
		measure_exchange();
	if (is_case("spin"))
		for (;;)
			__asm__ volatile("pause");
	fault();
	leave(101);
}
