/* SPDX-License-Identifier: ISC */
#include "progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MILLISECONDS 1000ll
#define QUIET_MS     2000 /* nothing is said before */
#define REWRITE_MS   100  /* on a terminal */
#define REPEAT_MS    5000 /* a plain line at most this often */

static struct {
	const char *what;
	char text[256];
	char shown[256];
	long long started;
	long long written;
	bool terminal;
	bool visible; /* a line on the terminal is to be taken away */
} progress;

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * MILLISECONDS + now.tv_nsec / 1000000;
}

void progress_start(const char *what)
{
	memset(&progress, 0, sizeof(progress));
	progress.what = what;
	progress.started = now_ms();
	progress.terminal = isatty(STDERR_FILENO);
}

void progress_set(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(progress.text, sizeof(progress.text), format, list);
	va_end(list);
	progress_tick();
}

void progress_tick(void)
{
	long long now = now_ms();

	if (!progress.what || now - progress.started < QUIET_MS ||
	    now - progress.written <
	            (progress.terminal ? REWRITE_MS : REPEAT_MS) ||
	    strcmp(progress.text, progress.shown) == 0)
		return;
	fprintf(stderr,
	        progress.terminal ? "\r\033[Kbh: %s: %.60s" : "bh: %s: %s\n",
	        progress.what, progress.text);
	fflush(stderr);
	progress.visible = progress.terminal;
	progress.written = now;
	strcpy(progress.shown, progress.text);
}

void progress_clear(void)
{
	if (progress.visible)
		fputs("\r\033[K", stderr);
	progress.visible = false;
}
