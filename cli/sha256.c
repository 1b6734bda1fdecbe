/* SPDX-License-Identifier: ISC */
#include "sha256.h"

#include <stdio.h>
#include <string.h>

/* FIPS 180-4, section 4.2.2 */
static const uint32_t constants[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
        0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
        0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
        0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
        0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
        0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
        0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void take_block(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[64], s[8];

	for (unsigned i = 0; i < 16; i++)
		w[i] = load(block + 4 * i);
	for (unsigned i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		uint32_t a = s[0], e = s[4];
		uint32_t t1 = s[7] +
		              (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
		              ((e & s[5]) ^ (~e & s[6])) + constants[i] + w[i];
		uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
		              ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256_start(struct sha256 *hash)
{
	*hash = (struct sha256){
	        .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
	};
}

void sha256_add(struct sha256 *hash, const void *data, size_t size)
{
	const uint8_t *from = data;
	size_t used = hash->size % sizeof(hash->block);

	hash->size += size;
	while (size) {
		size_t part = sizeof(hash->block) - used;

		if (!used && size >= sizeof(hash->block)) {
			take_block(hash->state, from);
			part = sizeof(hash->block);
		} else {
			part = part < size ? part : size;
			memcpy(hash->block + used, from, part);
			used += part;
			if (used == sizeof(hash->block)) {
				take_block(hash->state, hash->block);
				used = 0;
			}
		}
		from += part;
		size -= part;
	}
}

void sha256_text(struct sha256 *hash, char text[SHA256_TEXT])
{
	uint64_t bits = hash->size * 8;
	uint8_t end[8];

	for (unsigned i = 0; i < 8; i++)
		end[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(hash, "\x80", 1);
	while (hash->size % sizeof(hash->block) != 56)
		sha256_add(hash, "", 1);
	sha256_add(hash, end, sizeof(end));
	for (unsigned i = 0; i < 8; i++)
		snprintf(text + 8 * i, 9, "%08x", hash->state[i]);
}
