/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_SHA256_H
#define BH_CLI_SHA256_H

/* SHA-256 (FIPS 180-4, section 6.2). */

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32u
#define SHA256_TEXT 65u /* hexadecimal digits and the terminating zero */

struct sha256 {
	uint32_t state[8];
	uint64_t size; /* bytes so far */
	uint8_t block[64];
};

void sha256_start(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t size);
/* The digest as lower-case hexadecimal digits; HASH is used up. */
void sha256_text(struct sha256 *hash, char text[SHA256_TEXT]);

#endif
