/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

/* ------------------------------------------------------------------ digest */

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* FIPS 180-4 with other constants. */
static void digest_block(uint32_t state[8], const uint32_t block[16])
{
	uint32_t w[64], s[8];

	memcpy(w, block, 16 * sizeof(w[0]));
	for (unsigned i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^
		        w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^
		        w[i - 2] >> 10);
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		uint32_t a = s[7] + w[i] + 0x428a2f98 * (i + 1) +
		             (rotate(s[4], 6) ^ rotate(s[4], 11) ^
		              rotate(s[4], 25)) +
		             ((s[4] & s[5]) ^ (~s[4] & s[6]));
		uint32_t b = (rotate(s[0], 2) ^ rotate(s[0], 13) ^
		              rotate(s[0], 22)) +
		             ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += a;
		s[0] = a + b;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

uint64_t digest(long count)
{
	uint32_t state[8] = {1, 2, 3, 4, 5, 6, 7, 8}, block[16] = {0};

	for (long i = 0; i < count * 1200; i++) {
		block[i % 16] += (uint32_t)i;
		digest_block(state, block);
	}
	return (uint64_t)state[0] << 32 | state[7];
}

/* -------------------------------------------------------------------- sort */

#define SORTED 8192

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t sort(long count)
{
	static uint64_t table[SORTED];
	uint64_t sum = 0;

	for (long i = 0; i < count; i++) {
		for (int k = 0; k < SORTED; k++)
			table[k] = mix(sum + (uint64_t)k);
		qsort(table, SORTED, sizeof(table[0]), compare);
		sum += table[SORTED / 2];
	}
	return sum;
}

/* ------------------------------------------------------------------- sieve */

#define NUMBERS 200000

uint64_t sieve(long count)
{
	static uint8_t composite[NUMBERS];
	uint64_t sum = 0;

	for (long i = 0; i < count; i++) {
		memset(composite, 0, sizeof(composite));
		for (int p = 2; p < NUMBERS; p++) {
			if (composite[p])
				continue;
			sum += (uint64_t)(p ^ i);
			for (int k = 2 * p; k < NUMBERS; k += p)
				composite[k] = 1;
		}
	}
	return sum;
}

/* ----------------------------------------------------------------- recurse */

static uint64_t fibonacci(uint64_t n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

uint64_t recurse(long count)
{
	uint64_t sum = 0;

	for (long i = 0; i < count; i++)
		sum += fibonacci(26 + (uint64_t)(i & 1));
	return sum;
}

/* ------------------------------------------------------------------- words */

#define BUCKETS 1024

struct word {
	struct word *next;
	uint64_t seen;
	char text[];
};

static uint64_t hash(const char *s)
{
	uint64_t h = 5381;

	while (*s)
		h = h * 33 + (uint8_t)*s++;
	return h;
}

static void count_word(struct word **buckets, const char *text)
{
	struct word **at = &buckets[hash(text) % BUCKETS];

	while (*at && strcmp((*at)->text, text))
		at = &(*at)->next;
	if (!*at) {
		*at = calloc(1, sizeof(**at) + strlen(text) + 1);
		strcpy((*at)->text, text);
	}
	(*at)->seen++;
}

static uint64_t drop_words(struct word **buckets)
{
	uint64_t sum = 0;

	for (int i = 0; i < BUCKETS; i++)
		while (buckets[i]) {
			struct word *word = buckets[i];

			sum = sum * 31 + word->seen + strlen(word->text);
			buckets[i] = word->next;
			free(word);
		}
	return sum;
}

uint64_t words(long count)
{
	static struct word *buckets[BUCKETS];
	uint64_t sum = 0;
	char text[32];

	for (long i = 0; i < count; i++) {
		for (uint64_t k = 0; k < 5000; k++) {
			snprintf(text, sizeof(text), "word-%llu",
			         (unsigned long long)mix(k ^ sum) % 2000);
			count_word(buckets, text);
		}
		sum += drop_words(buckets);
	}
	return sum;
}

/* ---------------------------------------------------------------- bytecode */

enum { LOAD, ADD, XOR, SHIFT, MULTIPLY, SWAP, LOOP, END };

static uint64_t interpret(const uint8_t *code, uint64_t rounds)
{
	uint64_t a = 1, b = 2;

	for (const uint8_t *pc = code;;) {
		switch (*pc++) {
		case LOAD:
			b = *pc++;
			break;
		case ADD:
			a += b;
			break;
		case XOR:
			a ^= b << 3;
			break;
		case SHIFT:
			a = a << 5 | a >> 59;
			break;
		case MULTIPLY:
			a *= b | 1;
			break;
		case SWAP:
			b ^= a;
			a ^= b;
			b ^= a;
			break;
		case LOOP:
			if (--rounds)
				pc = code;
			break;
		default:
			return a;
		}
	}
}

uint64_t bytecode(long count)
{
	static const uint8_t code[] = {
	        LOAD, 7,   ADD, XOR,  SHIFT, ADD, SWAP,     MULTIPLY, LOAD,
	        33,   XOR, ADD, SWAP, SHIFT, XOR, MULTIPLY, LOOP,     END,
	};
	uint64_t sum = 0;

	for (long i = 0; i < count; i++)
		sum += interpret(code, 50000);
	return sum;
}

/* ---------------------------------------------------------------- compress */

#define INPUT  16384
#define HASHES 4096

static uint32_t match_hash(const uint8_t *p)
{
	return (p[0] | p[1] << 8 | p[2] << 16) * 2654435761u >> 20;
}

/* Greedy, one candidate for a match; the sum of all lengths and distances. */
static uint64_t compress_once(const uint8_t *input)
{
	static uint16_t last[HASHES];
	uint64_t sum = 0;
	int at = 0;

	memset(last, 0, sizeof(last));
	while (at < INPUT - 3) {
		uint16_t *slot = &last[match_hash(input + at)];
		int from = *slot, length = 0;

		*slot = (uint16_t)at;
		while (from < at && at + length < INPUT &&
		       input[from + length] == input[at + length])
			length++;
		sum = sum * 31 + (uint64_t)(length > 2 ? at - from : input[at]);
		at += length > 2 ? length : 1;
	}
	return sum;
}

uint64_t compress(long count)
{
	static uint8_t input[INPUT];
	uint64_t sum = 0;

	for (int i = 0; i < INPUT; i++)
		input[i] = "etaoin "[mix((uint64_t)i / 3) % 7];
	for (long i = 0; i < count * 32; i++) {
		input[mix((uint64_t)i) % INPUT] ^= (uint8_t)i;
		sum += compress_once(input);
	}
	return sum;
}
