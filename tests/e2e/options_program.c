/* SPDX-License-Identifier: ISC */

/*
 * An aarch64 Linux program: every instruction of FEAT_LSE and FEAT_CRC32 on many
 * operands, a digest for each; or with an argument, whether the kernel tells of
 * them.
 */

#include <inttypes.h>
#include <stdio.h>
#include <sys/auxv.h>

#include "operands.h"

#define ROUNDS 3000u

static uint64_t digest;

static void add(uint64_t v)
{
	digest = (digest ^ v) * UINT64_C(0x100000001b3);
}

static void begin(void)
{
	state = 1;
	digest = 0;
}

static void end(const char *name)
{
	printf("%s %016" PRIx64 "\n", name, digest);
}

#define EXTENDED(code) ".arch armv8-a+lse+crc\n" code
#define TIMES          for (unsigned n = 0; n < ROUNDS; n++)

/* R chooses the registers' names: w or nothing. */
#define ATOMIC(name, r)                                                        \
	begin();                                                               \
	TIMES                                                                  \
	{                                                                      \
		uint64_t memory[2] = {operand(), operand()}, a = operand(), d; \
		__asm__ volatile(EXTENDED(name " %" r "2, %" r "0, %1")        \
		                 : "=&r"(d), "+Q"(memory[0])                   \
		                 : "r"(a));                                    \
		add(d);                                                        \
		add(memory[0]);                                                \
		add(memory[1]);                                                \
	}                                                                      \
	end(name " " r)
#define ALL_SIZES(name)                                                        \
	ATOMIC(name "b", "w");                                                 \
	ATOMIC(name "alh", "w");                                               \
	ATOMIC(name "l", "w");                                                 \
	ATOMIC(name "a", "x")

#define COMPARE(name, r)                                                       \
	begin();                                                               \
	TIMES                                                                  \
	{                                                                      \
		uint64_t memory = operand(), a = operand(), d = memory;        \
		if (next() % 2)                                                \
			d = operand();                                         \
		__asm__ volatile(EXTENDED(name " %" r "0, %" r "2, %1")        \
		                 : "+r"(d), "+Q"(memory)                       \
		                 : "r"(a));                                    \
		add(d);                                                        \
		add(memory);                                                   \
	}                                                                      \
	end(name " " r)

#define COMPARE_PAIR(r)                                                        \
	begin();                                                               \
	TIMES                                                                  \
	{                                                                      \
		uint64_t memory[2] __attribute__((aligned(16))) = {operand(),  \
		                                                   operand()}; \
		register uint64_t c __asm__("x0") = memory[0];                 \
		register uint64_t d __asm__("x1") =                            \
		        r[0] == 'w' ? memory[0] >> 32 : memory[1];             \
		register uint64_t a __asm__("x2") = operand();                 \
		register uint64_t b __asm__("x3") = operand();                 \
		if (next() % 2)                                                \
			d ^= 1;                                                \
		__asm__ volatile(EXTENDED("casp " r "0, " r "1, " r "2, " r    \
		                          "3, [%2]")                           \
		                 : "+r"(c), "+r"(d)                            \
		                 : "r"(memory), "r"(a), "r"(b)                 \
		                 : "memory");                                  \
		add(c);                                                        \
		add(d);                                                        \
		add(memory[0]);                                                \
		add(memory[1]);                                                \
	}                                                                      \
	end("casp " r)

#define SUM(name, r)                                                           \
	begin();                                                               \
	TIMES                                                                  \
	{                                                                      \
		uint64_t a = operand(), b = operand(), d;                      \
		__asm__(EXTENDED(name " %w0, %w1, %" r "2")                    \
		        : "=r"(d)                                              \
		        : "r"(a), "r"(b));                                     \
		add(d);                                                        \
	}                                                                      \
	end(name)

static void compute(void)
{
	ALL_SIZES("ldadd");
	ALL_SIZES("ldclr");
	ALL_SIZES("ldeor");
	ALL_SIZES("ldset");
	ALL_SIZES("ldsmax");
	ALL_SIZES("ldsmin");
	ALL_SIZES("ldumax");
	ALL_SIZES("ldumin");
	ALL_SIZES("swp");
	COMPARE("casb", "w");
	COMPARE("casalh", "w");
	COMPARE("casl", "w");
	COMPARE("casa", "x");
	COMPARE_PAIR("w");
	COMPARE_PAIR("x");
	SUM("crc32b", "w");
	SUM("crc32h", "w");
	SUM("crc32w", "w");
	SUM("crc32x", "x");
	SUM("crc32cb", "w");
	SUM("crc32ch", "w");
	SUM("crc32cw", "w");
	SUM("crc32cx", "x");
}

int main(int argc, char **argv)
{
	unsigned long hwcap = getauxval(AT_HWCAP);

	(void)argv;
	if (argc > 1)
		printf("CRC32 %lu, atomics %lu\n", hwcap >> 7 & 1,
		       hwcap >> 8 & 1);
	else
		compute();
	return 0;
}
