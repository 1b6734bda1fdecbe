/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_UNIT_CORE_STUB_H
#define BH_TESTS_UNIT_CORE_STUB_H

/*
 * For tests of the core's set-up: a core_fail() that fails the test, or, if
 * the test expects it, comes back to it.
 *
 *	if (CORE_STUB_EXPECT()) { what must fail; fail_msg(...); }
 *	core_stub_message is what core_fail() was given
 */

#include "test.h"

#include <stdbool.h>
#include <stdio.h>

#include "core/core.h"

static jmp_buf core_stub_return;
static char core_stub_message[BH_CONTROL_MESSAGE_SIZE];

static bool core_stub_expected;

#define CORE_STUB_EXPECT()                                                     \
	(core_stub_expected = true, setjmp(core_stub_return) == 0)

void core_fail(struct core *core, const char *format, ...)
{
	va_list arguments;

	(void)core;
	va_start(arguments, format);
	vsnprintf(core_stub_message, sizeof(core_stub_message), format,
	          arguments);
	va_end(arguments);
	if (!core_stub_expected)
		fail_msg("core_fail: %s", core_stub_message);
	core_stub_expected = false;
	longjmp(core_stub_return, 1);
}

#endif
