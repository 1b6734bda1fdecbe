/* SPDX-License-Identifier: ISC */
#ifndef BH_BENCH_KERNELS_H
#define BH_BENCH_KERNELS_H

#include <stdint.h>

/*
 * What `make bench` compares translators with.  Each does some milliseconds of
 * one kind of work for every unit of COUNT and returns a checksum; those of the
 * integer kernels are the same on all instruction sets.
 */
uint64_t digest(long count);   /* SHA-256: shifts and logic in registers */
uint64_t sort(long count);     /* qsort(): calls through a pointer */
uint64_t sieve(long count);    /* primes: tight loops over memory */
uint64_t recurse(long count);  /* Fibonacci: calls and returns */
uint64_t words(long count);    /* a hash table of strings: libc */
uint64_t bytecode(long count); /* an interpreter: computed jumps */
uint64_t compress(long count); /* LZ77: bytes and branches */

uint64_t bodies(long count);    /* gravity: square roots and divisions */
uint64_t matrix(long count);    /* products: multiply and add */
uint64_t transform(long count); /* Fourier, with the library's sine */

uint64_t mix(uint64_t x); /* a pseudorandom number of x */

#endif
