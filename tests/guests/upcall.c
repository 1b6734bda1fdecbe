/* SPDX-License-Identifier: ISC */

/*
 * Upcalls as a guest kernel uses them: traps that are survived, system call
 * instructions that are answered, threads that are switched by resuming
 * another frame, the thread pointer.  What it prints is the same on the three
 * instruction sets.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

/*
 * For each instruction set: where a system call's number, arguments and result
 * are, the stack pointer, and small functions that trap.  NAME_end is where a
 * survivor goes on.
 */
uint64_t try_read(uint64_t address);
uint64_t try_write(uint64_t address);
uint64_t try_jump(uint64_t address);
uint64_t try_undefined(uint64_t unused);
uint64_t try_trap(uint64_t unused);
uint64_t system_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
uint64_t thread_pointer(void);

#define FUNCTION(name, code)                                                   \
	".globl " name "\n.hidden " name "\n" name ":\n" code "\n"
#define TRAPPING(name, code)                                                   \
	FUNCTION(name, code) ".globl " name "_end\n.hidden " name              \
	                     "_end\n" name "_end:\nret\n"

#if defined(__x86_64__)
enum { NUMBER = 0, FIRST = 7, SECOND = 6, THIRD = 2, RESULT = 0, SP = 4 };
#define STACK_ENTRY 8 /* as after a call */
__asm__(".pushsection .text\n"
        TRAPPING("try_read", "mov (%rdi), %rax")
        TRAPPING("try_write", "mov %rdi, (%rdi)")
        TRAPPING("try_jump", "jmp *%rdi")
        TRAPPING("try_undefined", ".byte 0x06")
        TRAPPING("try_trap", "ud2")
        FUNCTION("system_call", "mov %rdi, %rax\nmov %rsi, %rdi\n"
                 "mov %rdx, %rsi\nmov %rcx, %rdx\nsyscall\nret")
        FUNCTION("thread_pointer", "mov %fs:0, %rax\nret")
        ".popsection\n");
#elif defined(__aarch64__)
enum { NUMBER = 8, FIRST = 0, SECOND = 1, THIRD = 2, RESULT = 0, SP = 31 };
#define STACK_ENTRY 0
__asm__(".pushsection .text\n"
        TRAPPING("try_read", "ldr x0, [x0]")
        TRAPPING("try_write", "str x0, [x0]")
        TRAPPING("try_jump", "br x0")
        TRAPPING("try_undefined", ".inst 0")
        TRAPPING("try_trap", "brk #1")
        FUNCTION("system_call", "mov x8, x0\nmov x0, x1\nmov x1, x2\n"
                 "mov x2, x3\nsvc #0\nret")
        FUNCTION("thread_pointer", "mrs x0, tpidr_el0\nldr x0, [x0]\nret")
        ".popsection\n");
#elif defined(__riscv)
enum { NUMBER = 17, FIRST = 10, SECOND = 11, THIRD = 12, RESULT = 10, SP = 2 };
#define STACK_ENTRY 0
__asm__(".pushsection .text\n"
        TRAPPING("try_read", "ld a0, 0(a0)")
        TRAPPING("try_write", "sd a0, 0(a0)")
        TRAPPING("try_jump", "jr a0")
        TRAPPING("try_undefined", ".word 0x0000000b")
        TRAPPING("try_trap", "ebreak")
        FUNCTION("system_call", "mv a7, a0\nmv a0, a1\nmv a1, a2\nmv a2, a3\n"
                 "ecall\nret")
        FUNCTION("thread_pointer", "ld a0, 0(tp)\nret")
        ".popsection\n");
#endif

extern const char try_read_end[], try_write_end[], try_jump_end[],
        try_undefined_end[], try_trap_end[];

#define SURVIVED 4242u
#define CALL_SUM 1000u   /* result: sum of the arguments */
#define CALL_YIELD 1001u /* another thread goes on */
#define CALL_POINTER 1002u

static char upcall_stack[65536] __attribute__((aligned(16)));
static uint64_t resume_at;
static uint32_t last_fault;
static uint64_t last_address;

/* Two threads: the one that runs main(), and one more. */
static struct bh_upcall_frame threads[2];
static unsigned running;

static void handle_call(struct bh_upcall_frame *frame)
{
	uint64_t *r = frame->registers;

	switch (r[NUMBER]) {
	case CALL_SUM:
		r[RESULT] = r[FIRST] + r[SECOND] * 10 + r[THIRD] * 100;
		break;
	case CALL_YIELD:
		r[RESULT] = 0;
		threads[running] = *frame;
		running ^= 1;
		*frame = threads[running];
		break;
	case CALL_POINTER:
		r[RESULT] = frame->thread_pointer;
		break;
	default:
		r[RESULT] = UINT64_MAX;
	}
}

static void entry(struct bh_upcall_frame *frame)
{
	if (frame->cause == BH_UPCALL_SYSCALL) {
		handle_call(frame);
	} else {
		last_fault = frame->fault;
		last_address = frame->address;
		frame->pc = resume_at;
		frame->registers[RESULT] = SURVIVED;
	}
	bh_call(BH_CALL_RESUME, (uint64_t)frame, 0, 0);
	abort();
}

static void try(const char *name, uint64_t (*function)(uint64_t),
                const char *end, uint64_t address)
{
	uint64_t result;

	resume_at = (uint64_t)end;
	last_fault = last_address = 0;
	result = function(address);
	printf("%s: fault %" PRIu32 " address %#" PRIx64 " %s\n", name,
	       last_fault, last_address,
	       result == SURVIVED ? "survived" : "WRONG RESULT");
}

static int turns;

static void second_thread(void)
{
	for (;;) {
		turns = turns * 10 + 2;
		system_call(CALL_YIELD, 0, 0, 0);
	}
}

static void try_threads(void)
{
	static char stack[16384] __attribute__((aligned(16)));

	/* Whatever the frame does not set is zero. */
	threads[1].pc = (uint64_t)second_thread;
	threads[1].registers[SP] = (uint64_t)(stack + sizeof(stack)) -
	                           STACK_ENTRY;
	for (int i = 0; i < 3; i++) {
		turns = turns * 10 + 1;
		system_call(CALL_YIELD, 0, 0, 0);
	}
	printf("turns %d\n", turns);
}

static void try_thread_pointer(void)
{
	/* Its first word points to itself, as the x86-64 ABI has it. */
	static uint64_t block[2];
	uint64_t self = (uint64_t)block;
	int64_t status;

	block[0] = self;
	status = bh_call(BH_CALL_SET_THREAD_POINTER, self, 0, 0);
	printf("thread pointer: status %d, read %s, in frame %s\n",
	       (int)status, thread_pointer() == self ? "right" : "WRONG",
	       system_call(CALL_POINTER, 0, 0, 0) == self ? "right" : "WRONG");
}

int main(void)
{
	int64_t status;

	if (!(bh_boot()->features[0] & BH_FEATURE_UPCALLS)) {
		printf("this core has no upcalls\n");
		return 1;
	}
	status = bh_call(BH_CALL_SET_UPCALL, 3, 0, BH_UPCALL_TRAP);
	printf("entry at address 3: status %d\n", (int)status);
	status = bh_call(BH_CALL_SET_UPCALL, (uint64_t)entry,
	                 (uint64_t)(upcall_stack + sizeof(upcall_stack)),
	                 BH_UPCALL_TRAP | BH_UPCALL_SYSCALL);
	printf("set: status %d\n", (int)status);
	for (int i = 0; i < 2; i++) {
		try("read", try_read, try_read_end, 0x10);
		try("write", try_write, try_write_end, 0x18);
		try("jump", try_jump, try_jump_end, 0x20);
		try("undefined", try_undefined, try_undefined_end, 0);
		try("trap", try_trap, try_trap_end, 0);
	}
	printf("sum %" PRIu64 "\n", system_call(CALL_SUM, 1, 2, 3));
	printf("unknown %" PRId64 "\n",
	       (int64_t)system_call(7777, 0, 0, 0));
	try_threads();
	try_thread_pointer();
	/* Upcalls taken back: the next trap is the end. */
	status = bh_call(BH_CALL_SET_UPCALL, 0, 0, 0);
	printf("taken back: status %d\n", (int)status);
	return 0;
}
