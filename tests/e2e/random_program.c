/* SPDX-License-Identifier: ISC */

/*
 * A Linux program, riscv64 or aarch64, that runs random programs: the handler
 * of the signal that ends one has its registers, and returns into the next.
 * Each runs some times, so that a translator has interpreted, translated and
 * linked its blocks; all runs have to end alike.  What is printed is where and
 * how each ends, its registers, and a digest of its memory.
 *
 * CODE and STATE name the files (random_state.h), LENGTH the bytes of one.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "random_state.h"

#define TIMES        12u
#define PROGRAMS_MAX 1000u
#define ADDRESS_MAX  (UINT64_C(1) << 38) /* above, systems differ */

__asm__(".section .text.random, \"ax\"\n"
        ".balign 64\n"
        ".globl random_code, random_code_end, random_states\n"
        "random_code: .incbin \"" CODE "\"\n"
        "random_code_end:\n"
        ".section .rodata\n"
        ".balign 16\n"
        "random_states: .incbin \"" STATE "\"\n"
        ".text\n");

extern const uint8_t random_code[], random_code_end[];
extern const struct random_state random_states[];

struct end {
	int signal;
	bool differs; /* from what another run has come to */
	uint64_t pc, address, digest;
	struct random_state state;
};

static struct end ends[PROGRAMS_MAX];
static unsigned count, current, times;
/* At RANDOM_DATA, says the linker; nothing follows. */
static uint64_t data[RANDOM_SIZE / 8]
        __attribute__((section(".random_data"), aligned(4096)));
static struct random_state outside; /* this program itself */
static uint64_t outside_pc;
static uint64_t thread; /* what programs change and the C library needs */

#if defined(__riscv)
static uint64_t global;

static void keep_registers(void)
{
	__asm__ volatile("mv %0, gp\n\tmv %1, tp" : "=r"(global), "=r"(thread));
}

static void begin_handler(void)
{
	__asm__ volatile("mv gp, %0\n\tmv tp, %1" ::"r"(global), "r"(thread));
}

/* Both are among what the context has. */
static void end_handler(void)
{
}

static uint64_t get(const mcontext_t *m, struct random_state *s)
{
	for (unsigned n = 1; n < 32; n++)
		s->x[n] = m->__gregs[n];
	for (unsigned n = 0; n < 32; n++)
		s->v[n][0] = m->__fpregs.__d.__f[n];
	s->flags = m->__fpregs.__d.__fcsr;
	return m->__gregs[0];
}

static void set(mcontext_t *m, const struct random_state *s, uint64_t pc)
{
	m->__gregs[0] = pc;
	for (unsigned n = 1; n < 32; n++)
		m->__gregs[n] = s->x[n];
	for (unsigned n = 0; n < 32; n++)
		m->__fpregs.__d.__f[n] = s->v[n][0];
	m->__fpregs.__d.__fcsr = (uint32_t)s->flags;
}
#else
#define NZCV UINT64_C(0xf0000000)

static void keep_registers(void)
{
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(thread));
}

static void begin_handler(void)
{
	__asm__ volatile("msr tpidr_el0, %0" ::"r"(thread));
}

/* No context has it, and each system puts it elsewhere. */
static void end_handler(void)
{
	if (current != count)
		__asm__ volatile("msr tpidr_el0, xzr");
}

static struct fpsimd_context *vectors(const mcontext_t *m)
{
	return (struct fpsimd_context *)(void *)m->__reserved;
}

static uint64_t get(const mcontext_t *m, struct random_state *s)
{
	const struct fpsimd_context *f = vectors(m);

	memcpy(s->x, m->regs, 31 * sizeof(s->x[0]));
	s->x[31] = m->sp;
	memcpy(s->v, f->vregs, sizeof(s->v));
	s->flags = m->pstate & NZCV;
	s->fpsr = f->fpsr;
	return m->pc;
}

static void set(mcontext_t *m, const struct random_state *s, uint64_t pc)
{
	struct fpsimd_context *f = vectors(m);

	m->pc = pc;
	memcpy(m->regs, s->x, 31 * sizeof(s->x[0]));
	m->sp = s->x[31];
	memcpy(f->vregs, s->v, sizeof(s->v));
	m->pstate = (m->pstate & ~NZCV) | s->flags;
	f->fpsr = (uint32_t)s->fpsr;
	f->fpcr = 0;
}
#endif

static void fill_memory(void)
{
	uint64_t word = current;

	for (unsigned n = 0; n < RANDOM_SIZE / 8; n++)
		data[n] = word = word * UINT64_C(6364136223846793005) + 1;
}

static uint64_t digest_memory(void)
{
	uint64_t digest = 0;

	for (unsigned n = 0; n < RANDOM_SIZE / 8; n++)
		digest = (digest ^ data[n]) * UINT64_C(0x100000001b3);
	return digest;
}

static uint64_t code_of(unsigned program)
{
	return (uint64_t)random_code + program * LENGTH;
}

static void take_end(int number, const siginfo_t *info, const mcontext_t *m)
{
	static struct end end; /* without padding that differs */
	struct end *first = &ends[current];

	end.signal = number;
	end.pc = get(m, &end.state) - code_of(current);
	end.address = (uint64_t)info->si_addr;
	if (number != SIGSEGV || end.address >= ADDRESS_MAX)
		end.address = 0;
	end.digest = digest_memory();
	if (times == 0)
		*first = end;
	else if (memcmp(first, &end, sizeof(end)))
		first->differs = true;
}

static void step(void)
{
	if (++times == TIMES) {
		times = 0;
		current++;
	}
}

/* Or this one goes on, if there is none left. */
static void begin_program(mcontext_t *m)
{
	fill_memory();
	if (current == count)
		set(m, &outside, outside_pc);
	else
		set(m, &random_states[current], code_of(current));
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;

	begin_handler();
	if (number == SIGUSR1) {
		outside_pc = get(m, &outside);
	} else {
		take_end(number, info, m);
		step();
	}
	begin_program(m);
	end_handler();
}

static void handle_signals(void)
{
	static const int numbers[] = {SIGUSR1, SIGTRAP, SIGSEGV, SIGBUS,
	                              SIGILL};
	static uint8_t stack[1 << 16];
	const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_sigaction = on_signal,
	                           .sa_flags = SA_SIGINFO | SA_ONSTACK};

	keep_registers();
	sigaltstack(&other, NULL);
	for (unsigned n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		sigaction(numbers[n], &action, NULL);
}

static void print(unsigned program)
{
	const struct end *e = &ends[program];

	printf("%u: signal %d at %" PRIx64 ", address %" PRIx64
	       ", memory %" PRIx64 ", flags %" PRIx64 ", fpsr %" PRIx64 "%s\n",
	       program, e->signal, e->pc, e->address, e->digest, e->state.flags,
	       e->state.fpsr, e->differs ? ", DIFFERS" : "");
	for (unsigned n = 0; n < 32; n++)
		printf("%u: %u %016" PRIx64 " %016" PRIx64 "%016" PRIx64 "\n",
		       program, n, e->state.x[n], e->state.v[n][1],
		       e->state.v[n][0]);
}

int main(void)
{
	count = (unsigned)((random_code_end - random_code) / LENGTH);
	if ((uint64_t)data != RANDOM_DATA || count > PROGRAMS_MAX)
		return 1;
	handle_signals();
	raise(SIGUSR1);
	for (unsigned n = 0; n < count; n++)
		print(n);
	return 0;
}
