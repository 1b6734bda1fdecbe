/* SPDX-License-Identifier: ISC */
/* What the compile flags make the same: types, sizes, arithmetic, padding. */
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "test.h"

#define SIZE(t) printf(#t " %zu %zu\n", sizeof(t), alignof(t))
#define SIGNED(t) printf(#t " %s\n", (t)-1 < 0 ? "signed" : "unsigned")

enum small { SMALL_A, SMALL_B };
enum negative { NEGATIVE = -1 };

struct padded {
	char a;
	int b;
	char c;
	long d;
	short e;
};

struct bits {
	unsigned a : 3;
	int b : 5;
	unsigned long c : 40;
	char d : 4;
};

/* Leaves what a later function must not find in its local variables. */
__attribute__((noinline)) static void dirty_stack(int value)
{
	volatile unsigned char rubbish[2000];

	for (size_t i = 0; i < sizeof(rubbish); i++)
		rubbish[i] = (unsigned char)(value + (int)i);
}

__attribute__((noinline)) static void show(const char *what, const void *data, size_t size)
{
	const unsigned char *p = data;

	printf("%s", what);
	for (size_t i = 0; i < size; i++)
		printf(" %02x", p[i]);
	printf("\n");
}

__attribute__((noinline)) static void structs(int x)
{
	struct padded all = { .a = (char)x, .b = x, .c = (char)x, .d = x, .e = (short)x };
	struct padded some = { .b = x };
	struct padded none;
	struct bits bits = { .a = (unsigned)x, .b = x };
	unsigned char array[24];

	show("all", &all, sizeof(all));
	show("some", &some, sizeof(some));
	show("none", &none, sizeof(none));
	show("bits", &bits, sizeof(bits));
	show("array", array, sizeof(array));
}

__attribute__((noinline)) static struct padded make(int x)
{
	return (struct padded){ .a = (char)x, .d = x };
}

__attribute__((noinline)) static void copies(int x)
{
	struct padded *heap = malloc(sizeof(*heap));

	memset(heap, 0xee, sizeof(*heap));
	*heap = (struct padded){ .a = (char)x, .e = 7 };
	show("heap", heap, sizeof(*heap));
	struct padded by_value = *heap;
	by_value.c = 1;
	show("value", &by_value, sizeof(by_value));
	/* The padding of what a function returns is not the same: NOTES.md. */
	struct padded returned = make(x);
	printf("returned %d %d %ld\n", returned.a, returned.b, returned.d);
	struct padded member;
	member.a = (char)x;
	member.b = x;
	member.c = (char)x;
	member.d = x;
	member.e = (short)x;
	show("member", &member, sizeof(member));
	*heap = member;
	show("heap", heap, sizeof(*heap));
	free(heap);
}

int main(void)
{
	SIZE(char); SIZE(short); SIZE(int); SIZE(long); SIZE(long long); SIZE(void *);
	SIZE(float); SIZE(double); SIZE(long double); SIZE(max_align_t); SIZE(wchar_t);
	SIZE(wint_t); SIZE(size_t); SIZE(ptrdiff_t); SIZE(intmax_t); SIZE(__int128);
	SIZE(time_t); SIZE(clock_t); SIZE(struct tm); SIZE(struct timeval); SIZE(struct timespec);
	SIZE(off_t); SIZE(ssize_t); SIZE(mode_t); SIZE(pid_t); SIZE(uid_t); SIZE(ino_t); SIZE(dev_t);
	SIZE(struct stat); SIZE(FILE); SIZE(sig_atomic_t); SIZE(int_fast8_t); SIZE(int_fast16_t);
	SIZE(int_fast32_t); SIZE(div_t); SIZE(enum small); SIZE(enum negative); SIZE(struct bits);
	SIZE(struct padded); SIZE(_Bool); SIZE(mbstate_t); SIZE(sigset_t);
	SIZE(float_t); SIZE(double_t);
	SIGNED(char); SIGNED(wchar_t); SIGNED(wint_t); SIGNED(enum small);
	printf("%d %d %d %d %d %d\n", FLT_EVAL_METHOD, LDBL_MANT_DIG, LDBL_DIG, DECIMAL_DIG,
	       FLT_RADIX, EDOM);
	printf("%d %d %d %d\n", BUFSIZ, EOF, PATH_MAX, SIGSEGV);
	printf("%d %d\n", math_errhandling, FP_ILOGBNAN);
	printf("%s %s\n", __FILE_NAME__, __func__);
#ifdef FP_FAST_FMA
	printf("FP_FAST_FMA\n");
#endif

	for (int x = -3; x < 4; x += 3) {
		dirty_stack(x);
		structs(x);
		dirty_stack(x * 7);
		copies(x);
	}

	printf("%d %d %d\n", HIDE(INT_MAX) + HIDE(1), HIDE(INT_MIN) - HIDE(1),
	       HIDE(INT_MAX) * HIDE(INT_MAX));
	printf("%d %d %d\n", -HIDE(INT_MIN), HIDE(-7) / HIDE(2), HIDE(-7) % HIDE(2));
	printf("%d %d %d\n", HIDE(-7) >> HIDE(1), HIDE(-1) << HIDE(31), (signed char)HIDE(200));
	double nan = HIDE(0.0) / HIDE(0.0);
	printf("%d %u %d\n", (int)nan, (unsigned)nan, (short)nan);
	printf("%ld %lu %d\n", (long)HIDE(1e30), (unsigned long)HIDE(-1e30), (int)HIDE(-1e30));
	printf("%g %g %g %g\n", fmax(HIDE(-0.0), HIDE(0.0)), fmin(HIDE(0.0), HIDE(-0.0)),
	       fmax(nan, HIDE(1.0)), fmin(HIDE(1.0), nan));
	feclearexcept(FE_ALL_EXCEPT);
	volatile double infinite = HIDE(1.0) / HIDE(0.0);
	printf("%g %d %d\n", infinite, !!fetestexcept(FE_DIVBYZERO), !!fetestexcept(FE_INVALID));
	long (*volatile round_nan)(double) = lrint;
	printf("%ld %ld %lld\n", round_nan(nan), lrint(-nan), llroundf((float)nan));
	return 0;
}
