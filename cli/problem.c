/* SPDX-License-Identifier: ISC */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int problem_set(struct problem *problem, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(problem->text, sizeof(problem->text), format, list);
	va_end(list);
	return -1;
}

int problem_errno(struct problem *problem, int error, const char *format, ...)
{
	va_list list;
	size_t used;

	va_start(list, format);
	vsnprintf(problem->text, sizeof(problem->text), format, list);
	va_end(list);
	used = strlen(problem->text);
	snprintf(problem->text + used, sizeof(problem->text) - used, ": %s",
	         strerror(error));
	return -1;
}

int problem_option(struct problem *problem, const char *command, int option,
                   int argc, char *const *argv)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

	return problem_set(problem,
	                   option == ':'
	                           ? "%s: %s needs a value (see bh %s --help)"
	                           : "%s: no such option: %s (see bh %s --help)",
	                   command, word, command);
}
