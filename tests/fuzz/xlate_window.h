/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_XLATE_WINDOW_H
#define BH_TESTS_XLATE_WINDOW_H

/* A guest's window with little in it, for fuzzers that run any bytes as code.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "tests/unit/xlate_values.h"
#include "xlate/xlate.h"

#define TOP  UINT64_C(0x40000000)
#define CODE UINT64_C(0x10000000) /* executed and read */
#define DATA UINT64_C(0x10010000) /* written; nothing is around it */
#define EDGE (TOP - PAGE)         /* likewise */
#define PAGE 0x1000u

static struct xlate *running;
static uint8_t *secret; /* a page of the host's */
static struct sigaction inherited;

#define require(condition)                                                     \
	do {                                                                   \
		if (!(condition))                                              \
			fail(#condition);                                      \
	} while (0)

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	if (address < CODE || address >= CODE + PAGE)
		return 0;
	return CODE + PAGE - address < limit ? CODE + PAGE - address : limit;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	if (running)
		xlate_on_fault(running, info, context);
	/* Not the guest's: the fuzzer wants to know. */
	sigaction(number, &inherited, NULL);
}

static void on_timer(int number)
{
	(void)number;
	if (running)
		xlate_stop(running);
}

static void set_timer(long microseconds)
{
	const struct itimerval timer = {.it_value.tv_usec = microseconds};

	setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

static void handle_signals(void)
{
	struct sigaction fault = {.sa_sigaction = on_fault,
	                          .sa_flags = SA_SIGINFO | SA_NODEFER};

	sigaction(SIGSEGV, &fault, &inherited);
	sigaction(SIGBUS, &fault, NULL);
	sigaction(SIGILL, &fault, NULL);
	sigaction(SIGFPE, &fault, NULL);
	signal(SIGVTALRM, on_timer);
}

/* Until the guest leaves, or for so long. */
static enum xlate_exit run_for(struct xlate *x, long microseconds)
{
	enum xlate_exit exit;

	running = x;
	set_timer(microseconds);
	exit = xlate_run(x);
	set_timer(0);
	running = NULL;
	return exit;
}

static void *map(uint64_t at)
{
	int fixed = at ? MAP_FIXED_NOREPLACE : 0;
	void *p = mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);

	require(p != MAP_FAILED && (!at || p == (void *)at));
	return p;
}

static void map_window(void)
{
	map(CODE);
	map(DATA);
	map(EDGE);
	secret = map(0);
	memset(secret, 0x5e, PAGE);
}

static void require_secret(void)
{
	for (unsigned n = 0; n < PAGE; n++)
		require(secret[n] == 0x5e);
}

/* The page of code, empty, to be written to. */
static uint32_t *open_code(void)
{
	void *code = (void *)CODE;

	require(mprotect(code, PAGE, PROT_READ | PROT_WRITE) == 0);
	return memset(code, 0, PAGE); /* no instruction */
}

static void close_code(void)
{
	require(mprotect((void *)CODE, PAGE, PROT_READ) == 0);
}

/* Where something is, or begins, or ends. */
static uint64_t any_address(const struct xlate *x)
{
	const uint64_t places[] = {
	        DATA,
	        DATA + PAGE,
	        DATA + PAGE / 2,
	        EDGE,
	        EDGE + PAGE / 2,
	        TOP,
	        CODE,
	        TOP + 0x8000,
	        TOP + XLATE_GUARD,
	        UINT64_MAX,
	        1ull << 63,
	        (uint64_t)(uintptr_t)secret,
	        1ull << 47,
	        0,
	        (uint64_t)(uintptr_t)x,
	        DATA + 2048,
	        DATA + 1024,
	        EDGE + 2048,
	};

	return places[next() % (sizeof(places) / sizeof(places[0]))] +
	       (next() % 4 ? next() % 4 * 8 : 0) - next() % 3;
}

#endif
