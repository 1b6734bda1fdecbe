/* SPDX-License-Identifier: ISC */
/* Numbers to text and back, in every format but %p. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

static void print_double(double d)
{
	printf("%f %e %g %a %.0f %.3f %.17g %+.5e % g %#g %020.3f %-20g| %G %E %A %F\n",
	       d, d, d, d, d, d, d, d, d, d, d, d, d, d, d, d);
}

static void print_quad(long double q)
{
	printf("%Lf %Le %Lg %La %.0Lf %.36Lg %+.5Le %#Lg %LA\n", q, q, q, q, q, q, q, q, q);
}

static const double values[] = {
	0.0, -0.0, 1.0, -1.0, 0.1, 1.5, 2.5, 0.5, 123456789.125, 1e21, 1e22, 1e23, 1e-5,
	1e-4, 999999.5, 9999995.0, 5e-324, -5e-324, 2.2250738585072014e-308,
	1.7976931348623157e308, 1e100, 3.141592653589793, 0x1.fffffffffffffp-1023,
	INFINITY, -INFINITY, NAN, -NAN,
};

static const char *const texts[] = {
	"0", "-0", "1", "1e400", "-1e400", "1e-400", "4.9e-324", "2.4703282292062327e-324",
	"2.4703282292062328e-324", "0x1p-1074", "0x1.8p-1075", "0x1.fffffffffffffp1023",
	"0x1.fffffffffffff8p1023", "1.7976931348623158e308", "1.7976931348623159e308",
	"inf", "-infinity", "nan", "-nan", "nan(123)", "  12.5abc", "1e", "1e+", ".5", "5.",
	".", "0x", "0x.8", "0x1.921fb54442d18469898cc51701b8p+1", "9007199254740993",
	"3.14159265358979323846264338327950288419716939937510", "1e4932", "1e5000", "1e-4950",
	"0.1000000000000000055511151231257827021181583404541015625", "6.5536e4",
	"123456789012345678901234567890",
};

static void print_integers(void)
{
	printf("%d %i %u %x %X %o %c %s %% %5d|%-5d|%05d|%+d|% d|%#x|%#o|%.3d|%8.3d|\n", -1, 42,
	       4000000000u, 0xbeef, 0xbeef, 0777, 'x', "text", 42, 42, 42, 42, 42, 42, 42, 7, 7);
	printf("%hhd %hd %ld %lld %jd %zd %td\n", (char)200, (short)40000, -1L,
	       (long long)INT64_MIN, INTMAX_MIN, (size_t)-1, (ptrdiff_t)-1);
	printf("%llu %llx %llo %ju %zu %lu\n", ~0ull, ~0ull, ~0ull, UINTMAX_MAX, SIZE_MAX, ~0ul);
	printf("%*d %-*d| %.*s %.2s %10s %-10s|\n", 8, 1, 8, 2, 3, "abcdef", "xyz", "r", "l");
	printf("%2$s %1$s %3$d\n", "one", "two", 3);
	printf("%" PRId8 " %" PRIu16 " %" PRIx32 " %" PRIo64 "\n", (int8_t)-5, (uint16_t)65535,
	       0xdeadbeefu, (uint64_t)1 << 63);
	printf("%d %d\n", snprintf(NULL, 0, "%s", "12345"), printf("%s", ""));
}

int main(void)
{
	print_integers();
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		print_double(HIDE(values[i]));
		print_quad(HIDE((long double)values[i]));
	}
	/* The NaN of an operation: negative on x86-64, positive on the others. */
	double zero = HIDE(0.0);
	print_double(zero / zero);
	print_double(sqrt(HIDE(-1.0)));
	print_quad((long double)zero / zero);
	print_double(HIDE(INFINITY) - HIDE(INFINITY));
	print_quad(3.14159265358979323846264338327950288L);
	print_quad(1.18973149535723176508575932662800702e4932L);
	print_quad(6.47517511943802511092443895822764655e-4966L);
	print_quad(HIDE(1.0L) / 3);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *end;
		errno = 0;
		double d = strtod(texts[i], &end);
		printf("strtod(%s) = %.17g %a rest '%s' errno %d\n", texts[i], d, d, end, errno);
		float f = strtof(texts[i], &end);
		printf("strtof = %.9g %a\n", (double)f, (double)f);
		errno = 0;
		long double q = strtold(texts[i], &end);
		printf("strtold = %.36Lg %La rest '%s' errno %d\n", q, q, end, errno);
		double s = 0;
		long double sq = 0;
		int n = sscanf(texts[i], "%lf", &s) + 2 * sscanf(texts[i], "%Lf", &sq);
		printf("sscanf %d %.17g %.36Lg\n", n, s, sq);
		printf("strtol %ld %lld %lu %ld\n", strtol(texts[i], NULL, 10),
		       strtoll(texts[i], NULL, 0), strtoul(texts[i], NULL, 16),
		       (long)atoi(texts[i]));
	}

	/* Random doubles there and back; what is printed is hashed. */
	uint64_t h = HASH_START;
	int bad = 0;
	for (int i = 0; i < 50000; i++) {
		char text[400];
		uint64_t bits = random_u64();
		double d;
		memcpy(&d, &bits, sizeof(d));
		int n = snprintf(text, sizeof(text), "%.17g %.*e %.*g %a", d, i % 20, d, i % 20, d, d);
		h = hash_bytes(h, text, (size_t)n);
		if (!isnan(d) && strtod(text, NULL) != d)
			bad++;
		n = snprintf(text, sizeof(text), "%.36Lg %La", d / 3.0L, d / 3.0L);
		h = hash_bytes(h, text, (size_t)n);
		if (!isnan(d) && i < 5000 && strtold(strchr(text, ' '), NULL) != d / 3.0L)
			bad++;
	}
	printf("random %016llx, %d not the same after printing and reading\n",
	       (unsigned long long)h, bad);
	return 0;
}
