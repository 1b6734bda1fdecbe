/* SPDX-License-Identifier: ISC */
/* links: @xlate */

/*
 * xlate_stop() in a signal handler ends loops of every kind, on each tier, and
 * the guest goes on where it was.  xlate_peek() tells where that is without
 * ending them.
 */

#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#include "tests/unit/test.h"
#include "tests/unit/xlate_kept.h"
#include "xlate/xlate.h"

#define TOP   UINT64_C(0x40000000)
#define CODE  UINT64_C(0x10000000)
#define PAGE  0x1000u
#define COUNT 10u /* the register that counts rounds, where there is one */

static struct xlate *x;

struct loop {
	const char *text;
	uint32_t code[4];
	bool counts;
};

static const struct loop riscv64[] = {
        {"a jump to itself", {0x0000006f}, false},
        {"a call of itself", {0x000000ef}, false},
        /* addi a0,a0,1; bnez a0,.-4 */
        {"a branch", {0x00150513, 0xfe051ee3}, true},
        /* jal .+8; j .-4; addi a0,a0,1; ret */
        {"a function", {0x008000ef, 0xffdff06f, 0x00150513, 0x00008067}, true},
        /* auipc t0,0; addi a0,a0,1; jr 4(t0) */
        {"a computed jump", {0x00000297, 0x00150513, 0x00428067}, true},
};

static const struct loop aarch64[] = {
        {"a jump to itself", {0x14000000}, false},
        {"a call of itself", {0x94000000}, false},
        /* add x10,x10,1; cbnz x10,.-4 */
        {"a branch", {0x9100054a, 0xb5ffffea}, true},
        /* adds x10,x10,1; b.ne .-4 */
        {"a condition", {0xb100054a, 0x54ffffe1}, true},
        /* add x10,x10,1; cmp x10,xzr; b.ne .-8: flags are not stored */
        {"a comparison", {0x9100054a, 0xeb1f015f, 0x54ffffc1}, true},
        /* bl .+8; b .-4; add x10,x10,1; ret */
        {"a function", {0x94000002, 0x17ffffff, 0x9100054a, 0xd65f03c0}, true},
        /* adr x5,.; add x10,x10,1; br x5 */
        {"a computed jump", {0x10000005, 0x9100054a, 0xd61f00a0}, true},
};

static bool has_code;

static uint64_t fetch(void *data, uint64_t address, uint64_t limit)
{
	(void)data;
	return has_code && address >= CODE && address < CODE + PAGE ? limit : 0;
}

static void on_alarm(int number)
{
	(void)number;
	xlate_stop(x);
}

static void run_until_stopped(void)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 5000}};

	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(xlate_run(x), XLATE_STOPPED);
}

static void check_loop(enum xlate_isa isa, enum way way,
                       const struct loop *loop)
{
	struct xlate_state *s = xlate_state(x);
	uint64_t before = 0;

	memcpy((void *)CODE, loop->code, sizeof(loop->code));
	xlate_forget(x, CODE, CODE + PAGE);
	if (way == KEPT)
		assert_true(keep_code(x, isa, CODE, sizeof(loop->code)));
	s->x[COUNT] = 0;
	s->pc = CODE;
	for (unsigned k = 0; k < 3; k++) {
		run_until_stopped();
		if (s->pc < CODE || s->pc >= CODE + sizeof(loop->code))
			fail_msg("%s: pc is %lx", loop->text, s->pc);
		if (loop->counts && s->x[COUNT] <= before)
			fail_msg("%s: does not go on", loop->text);
		before = s->x[COUNT];
	}
}

/* ------------------------------------------------------------------- peek */

#define UNTOUCHED 11u /* a register that loops do not use */
#define PATTERN   UINT64_C(0x0123456789abcdef)

static struct {
	unsigned signals, wanted, seen, at_branch;
	uint64_t count; /* of the last time at the branch */
	bool wrong;
} peeked;

/* The second instruction of `a branch`: the count has been written. */
#define BRANCH_AT (CODE + 4)

static void look(const struct xlate_state *s)
{
	peeked.seen++;
	if ((s->pc != CODE && s->pc != BRANCH_AT) || s->x[UNTOUCHED] != PATTERN)
		peeked.wrong = true;
	if (s->pc != BRANCH_AT)
		return;
	if (s->x[COUNT] < peeked.count)
		peeked.wrong = true;
	peeked.count = s->x[COUNT];
	peeked.at_branch++;
}

static void on_look(int number, siginfo_t *info, void *context)
{
	struct xlate_state s;

	(void)number;
	(void)info;
	if (xlate_peek(x, context, &s))
		look(&s);
	if (++peeked.signals >= peeked.wanted)
		xlate_stop(x);
}

/* Looks at `a branch` under way some times. */
static void check_peek(enum xlate_isa isa, enum way way,
                       const struct loop *loop)
{
	const struct itimerval often = {.it_value = {.tv_usec = 500},
	                                .it_interval = {.tv_usec = 500}};
	const struct itimerval never = {0};
	struct sigaction action = {.sa_sigaction = on_look,
	                           .sa_flags = SA_SIGINFO};
	struct xlate_state *s = xlate_state(x);
	ucontext_t here;

	memset(&peeked, 0, sizeof(peeked));
	memcpy((void *)CODE, loop->code, sizeof(loop->code));
	xlate_forget(x, CODE, CODE + PAGE);
	if (way == KEPT)
		assert_true(keep_code(x, isa, CODE, sizeof(loop->code)));
	s->x[COUNT] = 0;
	s->x[UNTOUCHED] = PATTERN;
	s->pc = CODE;
	assert_int_equal(getcontext(&here), 0);
	assert_false(xlate_peek(x, &here, s));
	sigaction(SIGALRM, &action, NULL);
	do {
		peeked.wanted += 20;
		setitimer(ITIMER_REAL, &often, NULL);
		assert_int_equal(xlate_run(x), XLATE_STOPPED);
		setitimer(ITIMER_REAL, &never, NULL);
	} while (way != INTERPRETED && !peeked.at_branch &&
	         peeked.wanted < 2000);
	assert_false(peeked.wrong);
	assert_true(s->x[COUNT] >= peeked.count);
	if (way == INTERPRETED)
		assert_int_equal(peeked.seen, 0);
	else
		assert_true(peeked.at_branch);
}

static void check_isa(enum xlate_isa isa, enum way way,
                      const struct loop *loops, size_t count)
{
	struct xlate_config config = {
	        .isa = isa,
	        .tier = way_tier(way),
	        .top = TOP,
	        .fetch = fetch,
	        .float_traps = 1, /* without it, kept code is not run */
	        .patience = way_patience(way),
	};

	assert_int_equal(xlate_create(&x, &config), 0);
	assert_ptr_equal(mmap((void *)CODE, PAGE, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
	                      -1, 0),
	                 (void *)CODE);
	has_code = true;
	signal(SIGALRM, on_alarm);
	for (size_t n = 0; n < count; n++)
		check_loop(isa, way, &loops[n]);
	if (way == KEPT)
		assert_true(kept_blocks(x) >= count);
	check_peek(isa, way, &loops[2]);
	has_code = false;
	xlate_destroy(x);
	munmap((void *)CODE, PAGE);
}

static void check_way(enum way way)
{
	check_isa(XLATE_RISCV64, way, riscv64,
	          sizeof(riscv64) / sizeof(riscv64[0]));
	check_isa(XLATE_AARCH64, way, aarch64,
	          sizeof(aarch64) / sizeof(aarch64[0]));
}

static void interpreter_stops(void **state)
{
	(void)state;
	check_way(INTERPRETED);
}

static void translator_stops(void **state)
{
	(void)state;
	check_way(TRANSLATED);
	check_way(MIXED);
}

static void kept_blocks_stop(void **state)
{
	(void)state;
	check_way(KEPT);
}

/* Before there is anything to stop: the next run does nothing. */
static void stop_is_kept(void **state)
{
	struct xlate_config config = {
	        .tier = XLATE_TRANSLATE, .top = TOP, .fetch = fetch};

	(void)state;
	assert_int_equal(xlate_create(&x, &config), 0);
	xlate_state(x)->pc = CODE;
	xlate_stop(x);
	assert_int_equal(xlate_run(x), XLATE_STOPPED);
	assert_true(xlate_state(x)->pc == CODE);
	assert_int_equal(xlate_run(x), XLATE_EXECUTE); /* nothing mapped */
	xlate_destroy(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(interpreter_stops),
	        cmocka_unit_test(translator_stops),
	        cmocka_unit_test(kept_blocks_stop),
	        cmocka_unit_test(stop_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
