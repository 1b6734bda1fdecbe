/* SPDX-License-Identifier: ISC */

/*
 * Integer division by zero traps on x86-64 and has a result on the two others,
 * as has the most negative number divided by -1.  The SDK's flags make all of
 * them trap; a program that asks first never notices.
 */

#include "tests/guests/silent/silent.h"

static volatile int32_t dividend, divisor;
static volatile int64_t long_dividend, long_divisor;
static volatile int64_t result;

static void divide(void)
{
	result = dividend / divisor;
}

static void remainder_of(void)
{
	result = dividend % divisor;
}

static void divide_long(void)
{
	result = long_dividend / long_divisor;
}

static void remainder_of_unsigned(void)
{
	result = (int64_t)((uint64_t)long_dividend % (uint64_t)long_divisor);
}

static void attempt(void (*function)(void))
{
	result = 0;
	silent_add_number(silent_catch(function));
	silent_add_number((uint64_t)result);
}

void probe(uint64_t round)
{
	dividend = round % 3 ? (int32_t)silent_random() : INT32_MIN;
	divisor = (int32_t)(silent_random() % 5) - 2;
	long_dividend = round % 3 ? (int64_t)silent_random() : INT64_MIN;
	long_divisor = (int64_t)(silent_random() % 5) - 2;
	attempt(divide);
	attempt(remainder_of);
	attempt(divide_long);
	attempt(remainder_of_unsigned);
	/* Asked first. */
	if (divisor && !(divisor == -1 && dividend == INT32_MIN))
		silent_add_number((uint64_t)(dividend / divisor));
}
