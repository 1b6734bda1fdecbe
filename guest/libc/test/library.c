/* SPDX-License-Identifier: ISC */
/* Sorting, strings, memory and time; only sizes and contents are printed. */
#include <ctype.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "test.h"

static int by_low_byte(const void *a, const void *b)
{
	return (int)(*(const uint64_t *)a & 0xff) - (int)(*(const uint64_t *)b & 0xff);
}

static void test_sort(void)
{
	static uint64_t numbers[5000];

	for (int i = 0; i < 5000; i++)
		numbers[i] = random_u64();
	/* Many equal keys: the order among them is the algorithm's own. */
	qsort(numbers, 5000, sizeof(numbers[0]), by_low_byte);
	printf("qsort %016llx\n",
	       (unsigned long long)hash_bytes(HASH_START, numbers, sizeof(numbers)));
	uint64_t key = 77;
	uint64_t *hit = bsearch(&key, numbers, 5000, sizeof(numbers[0]), by_low_byte);
	printf("bsearch %ld\n", hit ? (long)(hit - numbers) : -1);
}

static void test_memory(void)
{
	void *blocks[64] = { 0 };
	size_t sizes[64] = { 0 };
	uint64_t h = HASH_START;

	for (int i = 0; i < 20000; i++) {
		unsigned k = random_u64() % 64;
		size_t size = random_u64() % 5000 + 1;
		if (blocks[k] == NULL) {
			blocks[k] = malloc(size);
			/* New memory is zero: no addresses of other blocks in it. */
			h = hash_bytes(h, blocks[k], size);
		} else if (i % 3 == 0) {
			size_t kept = sizes[k] < size ? sizes[k] : size;
			blocks[k] = realloc(blocks[k], size);
			h = hash_bytes(h, blocks[k], kept);
		} else {
			h = hash_bytes(h, blocks[k], sizes[k]);
			free(blocks[k]);
			blocks[k] = NULL;
			continue;
		}
		sizes[k] = size;
		memset(blocks[k], (int)k, size);
		h = hash_bytes(h, &size, sizeof(size));
	}
	printf("malloc %016llx\n", (unsigned long long)h);
	printf("too large %d\n", malloc(SIZE_MAX / 2) == NULL);
	printf("calloc overflow %d\n", calloc(SIZE_MAX / 2, 3) == NULL);
}

static void test_copies(void)
{
	static unsigned char area[1024];
	uint64_t h = HASH_START;

	for (int i = 0; i < 20000; i++) {
		uint64_t r = random_u64();
		size_t from = r % 400, to = (r >> 10) % 400, size = (r >> 20) % 600;
		void *(*volatile copy)(void *, const void *, size_t) = (r >> 40) & 1 ? memcpy : memmove;
		memset(area + to / 2, (int)(r >> 50), size / 7);
		area[(r >> 33) % sizeof(area)] = (unsigned char)i;
		copy(area + to, area + from, size); /* overlaps at times, for memcpy too */
		h = hash_bytes(h, area, sizeof(area));
	}
	printf("copies %016llx\n", (unsigned long long)h);
}

static void test_strings(void)
{
	static char a[256], b[256], c[1024];
	uint64_t h = HASH_START;

	for (int i = 0; i < 20000; i++) {
		size_t n = random_u64() % 100, m = random_u64() % 100, o = random_u64() % 8;
		for (size_t k = 0; k < n; k++)
			a[o + k] = (char)(random_u64() % 3 + (i & 1 ? 'a' : 0xfe));
		a[o + n] = 0;
		for (size_t k = 0; k < m; k++)
			b[k] = k < n && random_u64() % 50 ? a[o + k] : (char)(random_u64() % 255 + 1);
		b[m] = 0;
		/* The numbers themselves, not just their signs. */
		int r[] = { strcmp(a + o, b), strncmp(a + o, b, m / 2), memcmp(a + o, b, n < m ? n : m),
			    memcmp(a + o, b, 3), strcasecmp(a + o, b), strcoll(a + o, b),
			    (int)strlen(a + o), (int)strspn(a + o, "ab"), (int)strcspn(a + o, "c"),
			    strchr(a + o, 'b') ? (int)(strchr(a + o, 'b') - a) : -1,
			    strrchr(a + o, 'b') ? (int)(strrchr(a + o, 'b') - a) : -1,
			    strstr(a + o, "abca") ? (int)(strstr(a + o, "abca") - a) : -1,
			    memchr(b, 'c', m) ? (int)((char *)memchr(b, 'c', m) - b) : -1 };
		h = hash_bytes(h, r, sizeof(r));
		strcpy(c, a + o);
		strncat(c, b, 20);
		strncpy(c + 500, b, 60);
		h = hash_bytes(h, c, 600);
	}
	printf("strings %016llx\n", (unsigned long long)h);
	char text[] = "one,two;;three";
	char *save;
	for (char *t = strtok_r(text, ",;", &save); t; t = strtok_r(NULL, ",;", &save))
		printf("%s.", t);
	printf(" %s %s\n", strerror(2), strerror(12345));
	for (int i = 0; i < 256; i++)
		c[i] = (char)(!!isalpha(i) | !!isdigit(i) << 1 | !!isspace(i) << 2 | !!ispunct(i) << 3 |
			      !!isprint(i) << 4 | !!iscntrl(i) << 5 | !!isupper(i) << 6);
	printf("ctype %016llx\n", (unsigned long long)hash_bytes(HASH_START, c, 256));
}

static void test_time(void)
{
	time_t t = 1700000000;
	char text[100];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %a %b %j %U %%", &tm);
	printf("%s %ld %s", text, (long)mktime(&tm), asctime(&tm));
	printf("CLOCKS_PER_SEC %ld\n", (long)CLOCKS_PER_SEC);
}

static void test_jump(void)
{
	jmp_buf here;
	volatile double kept = 1.25;
	int r = setjmp(here);

	if (r < 3) {
		kept += r;
		longjmp(here, r + 1);
	}
	printf("longjmp %d %g\n", r, kept);
}

int main(void)
{
	test_sort();
	test_memory();
	test_copies();
	test_strings();
	test_time();
	test_jump();
	srand(7);
	srandom(7);
	srand48(7);
	printf("%d %d %ld %.17g\n", rand(), rand(), random(), drand48());
	ldiv_t d = ldiv(-7, 2);
	printf("%ld %ld %d\n", d.quot, d.rem, RAND_MAX);
	return 0;
}
