/* SPDX-License-Identifier: ISC */
#include "core/core.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define EXIT_SETUP 125

void core_fail(struct core *core, const char *format, ...)
{
	char line[BH_CONTROL_MESSAGE_SIZE];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length < 0)
		length = 0;
	if ((size_t)length >= sizeof(line))
		length = (int)sizeof(line) - 1;

	if (core->control) {
		for (int i = 0; i < length; i++)
			core->control->message[i] = line[i];
		core->control->message[length] = 0;
		core_post(core, BH_POST_ERROR, NULL);
	} else if (write(STDERR_FILENO, line, (size_t)length) < 0) {
		/* Nobody can be told; the exit status has to do. */
		core_exit(EXIT_SETUP);
	}
	core_exit(EXIT_SETUP);
}
