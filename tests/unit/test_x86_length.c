/* SPDX-License-Identifier: ISC */
/* links: guest/linux/x86_length.o */
/* libs: -lcapstone */

/*
 * Lengths of x86-64 instructions, and what may be moved from before a system
 * call.  Encodings as binutils 2.40 gives them.
 */

#include "guest/linux/x86_length.h"

#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

static const struct {
	int length;
	uint8_t code[15];
} cases[] = {
        {5, {0xb8, 0x59, 0, 0, 0}},                  /* mov $0x59,%eax */
        {6, {0x41, 0xba, 8, 0, 0, 0}},               /* mov $8,%r10d */
        {10, {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}},  /* movabs */
        {4, {0x66, 0xb8, 1, 2}},                     /* mov $0x201,%ax */
        {7, {0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff}}, /* mov $-1,%rax */
        {2, {0x0f, 0x05}},                           /* syscall */
        {5, {0x48, 0x8b, 0x44, 0x24, 0x10}},         /* mov 16(%rsp),%rax */
        {8, {0x48, 0x8b, 0x04, 0x25, 1, 0, 0, 0}},   /* mov 1,%rax */
        {7, {0x48, 0x8b, 0x15, 1, 0, 0, 0}},         /* mov 1(%rip),%rdx */
        {3, {0xf6, 0xc1, 1}},                        /* test $1,%cl */
        {6, {0xf7, 0xc1, 1, 0, 0, 0}},               /* test $1,%ecx */
        {2, {0xf7, 0xd8}},                           /* neg %eax */
        {4, {0xf3, 0x0f, 0x1e, 0xfa}},               /* endbr64 */
        {9, {0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}}, /* nopw */
        {6, {0x66, 0x0f, 0x3a, 0x0f, 0xc1, 8}},      /* palignr */
        {4, {0xc5, 0xf8, 0x28, 0xc1}},               /* vmovaps */
        {3, {0xc5, 0xf8, 0x77}},                     /* vzeroupper */
        {5, {0xc4, 0xe2, 0x79, 0x18, 0xc1}},         /* vbroadcastss */
        {6, {0x62, 0xf1, 0x7c, 0x48, 0x28, 0xc1}},   /* vmovaps zmm */
        {4, {0xc8, 1, 0, 1}},                        /* enter */
        {9, {0xa1, 1, 2, 3, 4, 5, 6, 7, 8}},         /* mov moffs,%eax */
        {X86_INVALID, {0x06}},
        {X86_INVALID, {0x0e}},
        {X86_INVALID, {0xc4, 0x08, 0x5b}},           /* VEX, map 8 */
        {X86_UNKNOWN, {0xc4, 0x07, 0x5b}},
        {X86_INVALID, {0xea, 1, 2, 3, 4, 5, 6}},
        {X86_UNKNOWN, {0xd5, 0, 0}},
};

static void lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(x86_length(cases[i].code, 15),
		                 cases[i].length);
}

static void ends_too_early(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int n = 0; n < cases[i].length; n++)
			assert_int_equal(x86_length(cases[i].code, (size_t)n),
			                 X86_UNKNOWN);
	/* Fifteen bytes at most. */
	uint8_t prefixes[20];

	memset(prefixes, 0x66, sizeof(prefixes));
	assert_int_equal(x86_length(prefixes, sizeof(prefixes)), X86_INVALID);
}

/* Wherever both know an instruction, another decoder says the same. */
static void as_capstone(void **state)
{
	unsigned compared = 0;
	csh handle;

	(void)state;
	assert_int_equal(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
	srand(1);
	for (unsigned i = 0; i < 65536; i++) {
		uint8_t code[15];
		cs_insn *instruction;
		int n;

		/* All opcodes of one byte and of two, other bytes by chance. */
		for (size_t j = 0; j < sizeof(code); j++)
			code[j] = (uint8_t)rand();
		code[0] = i & 1 ? 0x0f : (uint8_t)(i >> 1);
		code[1] = i & 1 ? (uint8_t)(i >> 1) : code[1];
		n = x86_length(code, sizeof(code));
		if (cs_disasm(handle, code, sizeof(code), 0, 1, &instruction) !=
		    1)
			continue;
		if (n > 0) {
			if (n != instruction->size)
				fail_msg("%02x %02x %02x %02x: %d, not %d (%s)",
				         code[0], code[1], code[2], code[3], n,
				         instruction->size,
				         instruction->mnemonic);
			compared++;
		}
		cs_free(instruction, 1);
	}
	cs_close(&handle);
	assert_true(compared > 30000);
}

/* The window before a system call: nops, then the bytes given. */
static unsigned before(const void *bytes, size_t size)
{
	uint8_t code[X86_WINDOW + 2];

	memset(code, 0x90, sizeof(code));
	memcpy(code + X86_WINDOW - size, bytes, size);
	code[X86_WINDOW] = 0x0f;
	code[X86_WINDOW + 1] = 0x05;
	return x86_movable_before(code);
}
#define BEFORE(bytes) before(bytes, sizeof(bytes) - 1)

static void movable(void **state)
{
	(void)state;
	assert_int_equal(BEFORE("\x48\x89\xf7\xb8\x01\0\0\0"), 5);
	assert_int_equal(BEFORE("\x89\xc7\x41\xba\x08\0\0\0"), 6);
	assert_int_equal(BEFORE("\x48\xc7\xc0\x0f\0\0\0"), 7);
	assert_int_equal(BEFORE("\x48\x8b\x44\x24\x10"), 5);
	assert_int_equal(BEFORE("\x4c\x89\x5c\x24\x08"), 5);
	assert_int_equal(BEFORE("\xc7\x44\x24\x08\x01\0\0\0"), 8);
}

/* The end of a function, right where reading begins: `add $8, %rsp; pop %rbx`
 * holds bytes that look like a VEX prefix. */
static void movable_after_an_epilogue(void **state)
{
	uint8_t code[X86_WINDOW];

	(void)state;
	memset(code, 0x90, sizeof(code));
	memcpy(code + 4, "\x48\x83\xc4\x08\x5b\x5d\xc3", 7);
	memcpy(code + sizeof(code) - 5, "\xb8\xe4\0\0\0", 5);
	assert_int_equal(before(code, sizeof(code)), 5);
}

static void not_movable(void **state)
{
	(void)state;
	/* What looks like `mov $1,%eax` is the end of something longer. */
	assert_int_equal(BEFORE("\x8d\xb8\x01\0\0\0"), 6); /* lea 1(%rax),%edi */
	assert_int_equal(BEFORE("\x81\xb8\0\0\0\0\x01\0\0\0"), 0); /* cmpl */
	assert_int_equal(BEFORE("\x0f\x1f\xb8\x01\0\0\0"), 0);     /* nop */
	/* Too short for a jump. */
	assert_int_equal(BEFORE("\x31\xc0"), 0);
	assert_int_equal(BEFORE("\xb8\x01\0\0\0\x31\xff"), 0);
	/* Another address, another meaning. */
	assert_int_equal(BEFORE("\x48\x8b\x05\x01\0\0\0"), 0);
	assert_int_equal(BEFORE("\x48\x89\x05\x01\0\0\0"), 0);
	assert_int_equal(BEFORE("\xc7\x05\x01\0\0\0\x01\0\0\0"), 0);
	assert_int_equal(BEFORE("\xc7\xf8\x01\0\0\0"), 0); /* xbegin */
	assert_int_equal(BEFORE("\xe8\x01\0\0\0"), 0);
	assert_int_equal(BEFORE("\xe9\x01\0\0\0"), 0);
	/* An instruction that the system call's bytes belong to. */
	assert_int_equal(BEFORE("\xb8\x01\0"), 0);
}

/* Two beginnings that lead to different instructions: nothing is certain. */
static void uncertain(void **state)
{
	uint8_t code[X86_WINDOW + 2];

	(void)state;
	/* 00 00 ...: two bytes each, or shifted by one. */
	memset(code, 0, sizeof(code));
	code[X86_WINDOW - 5] = 0xb8;
	code[X86_WINDOW - 4] = 1;
	assert_int_equal(x86_movable_before(code), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lengths),     cmocka_unit_test(ends_too_early),
	        cmocka_unit_test(as_capstone), cmocka_unit_test(movable),
	        cmocka_unit_test(movable_after_an_epilogue),
	        cmocka_unit_test(not_movable), cmocka_unit_test(uncertain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
