/* SPDX-License-Identifier: ISC */

/*
 * A shift by the width of its operand or more uses some bits of the count or
 * yields zero, whatever the compiler chose.  The SDK's flags make it trap.
 */

#include "tests/guests/silent/silent.h"

static volatile uint32_t narrow;
static volatile uint64_t wide;
static volatile int signed_narrow;
static volatile int count;
static volatile uint64_t result;

static void left(void)
{
	result = narrow << count;
}

static void right(void)
{
	result = narrow >> count;
}

static void left_wide(void)
{
	result = wide << count;
}

static void right_signed(void)
{
	result = (uint64_t)(signed_narrow >> count);
}

static void attempt(void (*function)(void))
{
	result = 0;
	silent_add_number(silent_catch(function));
	silent_add_number(result);
}

void probe(uint64_t round)
{
	narrow = (uint32_t)silent_random();
	signed_narrow = (int)silent_random();
	wide = silent_random();
	/* -8 to 71: too small, right and too large for both widths. */
	count = (int)(round % 80) - 8;
	attempt(left);
	attempt(right);
	attempt(left_wide);
	attempt(right_signed);
	silent_add_number(wide << (count & 63));
	silent_add_number((uint64_t)(signed_narrow << (count & 31)));
}
