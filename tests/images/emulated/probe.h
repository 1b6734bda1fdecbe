/* SPDX-License-Identifier: ISC */
#ifndef PROBE_H
#define PROBE_H

/*
 * Small pieces of code per instruction set whose behaviour on a core is known
 * in advance.  probe_NAME() does something; where it faults, that is at the
 * label probe_NAME_at.  The argument is an address unless said otherwise.
 */

#include <stdint.h>

#define PROBE(name)                                                            \
	uint64_t probe_##name(uint64_t a, uint64_t b);                         \
	extern const char probe_##name##_at[]                                  \
	        __attribute__((visibility("hidden")));

#define PROBES                                                                 \
	PROBE(load)       /* loads 8 bytes in the middle of a block */         \
	PROBE(store)      /* stores 8 bytes, after other stores */             \
	PROBE(jump)       /* goes to the address */                            \
	PROBE(undefined)  /* an undefined instruction */                       \
	PROBE(trap)       /* ud2, brk, ebreak */                               \
	PROBE(privileged) /* an instruction for kernels */                     \
	PROBE(clock)      /* reads a time counter */                           \
	PROBE(divide)     /* a / b in 64 bits */                               \
	PROBE(syscall)    /* system call number a with argument b */           \
	PROBE(spin)       /* loops for ever over three blocks */               \
	PROBE(pause)      /* a times the hint for waiting loops */             \
	PROBE(atomic)     /* adds b at the address, returns the sum */         \
	PROBE(float_state) /* the floating-point control register */           \
	PROBE(set_float)  /* puts a into a scratch vector register */          \
	PROBE(get_float)  /* and reads it back */                              \
	PROBE(pointer)    /* the thread pointer */

PROBES

#endif
