/* SPDX-License-Identifier: ISC */

/*
 * A guest whose variants disagree, for the tests of the monitor.
 *
 *      disagree HOW WHO
 *
 * HOW is a name of the table below.  WHO is the one that differs: x86_64,
 * aarch64 or riscv64; or "secret": each variant by a bit of its own secret, so
 * that variants of one instruction set differ too (for most seeds).  Three
 * exchanges agree; the fourth is the one to stop.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bh.h>

static bool odd;

static void put(const char *text)
{
	bh_console_write(text, strlen(text));
}

static void byte(void)
{
	put(odd ? "fourth: MUST NOT APPEAR, tails\n"
	        : "fourth: MUST NOT APPEAR, heads\n");
}

static void length(void)
{
	put(odd ? "fourth: MUST NOT APPEAR, longer\n"
	        : "fourth: MUST NOT APPEAR\n");
}

static void extra(void)
{
	int console = bh_find_channel("console");

	if (odd)
		bh_submit((unsigned)console, BH_CONSOLE_WRITE, 7, NULL,
		          "extra: MUST NOT APPEAR\n", 23);
	put("fourth: MUST NOT APPEAR\n");
}

/* Another type, the same length. */
static void header(void)
{
	int clock = bh_find_channel("clock");

	bh_request((unsigned)clock, odd ? BH_CLOCK_GET : BH_CLOCK_RESOLUTION,
	           BH_VALUES(BH_CLOCK_MONOTONIC), NULL, 0);
}

/* The same records, waiting for something else. */
static void waiting(void)
{
	bh_exchange(odd ? BH_WAIT_ANY : BH_WAIT_NONE, 0, 0);
}

/* One skips an exchange that the others make. */
static void missing(void)
{
	if (!odd)
		put("fourth: MUST NOT APPEAR\n");
	put("fifth: MUST NOT APPEAR\n");
}

static void fault(void)
{
	if (odd)
		*(volatile int *)8 = 1;
	put("fourth: MUST NOT APPEAR\n");
}

/* All fault, each in a way of its own. */
static void faults(void)
{
	if (odd)
		*(volatile int *)8 = 1;
	__builtin_trap();
}

static void leave(void)
{
	if (odd)
		exit(0);
	put("fourth: MUST NOT APPEAR\n");
}

static void code(void)
{
	exit(odd ? 3 : 4);
}

static void loop(void)
{
	volatile bool forever = odd;

	while (forever)
		;
	put("fourth: MUST NOT APPEAR\n");
}

static void abortion(void)
{
	if (odd)
		abort();
	put("fourth: MUST NOT APPEAR\n");
}

/* A pointer, which every variant has somewhere else. */
static void address(void)
{
	char text[64];

	snprintf(text, sizeof(text), "MUST NOT APPEAR %p\n", (void *)text);
	put(text);
}

static void none(void)
{
	put("fourth\n");
}

static const struct {
	const char *name;
	void (*act)(void);
} ways[] = {
        {"byte", byte},         {"length", length},   {"extra", extra},
        {"header", header},     {"missing", missing}, {"fault", fault},
        {"faults", faults},     {"exit", leave},      {"code", code},
        {"loop", loop},         {"abort", abortion},  {"address", address},
        {"waiting", waiting},   {"none", none},
};

static bool is_odd(const char *who)
{
	static const char *const names[] = {
	        [BH_ISA_X86_64] = "x86_64",
	        [BH_ISA_AARCH64] = "aarch64",
	        [BH_ISA_RISCV64] = "riscv64",
	};

	if (!strcmp(who, "secret"))
		return bh_boot()->secret[1] & 1;
	return !strcmp(who, names[bh_boot()->isa]);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: disagree HOW WHO\n");
		return 2;
	}
	odd = is_odd(argv[2]);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, argv[1]))
			continue;
		put("first\n");
		put("second\n");
		put("third\n");
		ways[i].act();
		return 0;
	}
	fprintf(stderr, "disagree: no way '%s'\n", argv[1]);
	return 2;
}
