/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_UNIT_LINUX_MACHINE_H
#define BH_TESTS_UNIT_LINUX_MACHINE_H

/*
 * The whole Linux personality inside the test's own process, with a test in the
 * place of the program: @linux in tests.mk.  What is below the kernel stands
 * here: its memory is malloc()'s, so that a sanitizer sees each object; the
 * arena is a range of the process; exo answers at once; kernel contexts have
 * large stacks.  Code of programs is not rewritten.
 *
 * A thread of the program is a C function on the context's stack.  call() is
 * its system call.  A signal handler is a C function, too; it runs where the
 * kernel says, and ends with rt_sigreturn.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/boot.h"
#include "abi/hypercall.h"
#include "abi/record.h"

struct machine {
	/* To be set before machine_run(); all may be zero. */
	const void *root; /* the root image */
	size_t root_size;
	uint64_t memory_limit; /* of the arena; 0: 1 GiB */
	const char *option;    /* "bh.NAME=VALUE" */
	bool volume; /* `device` is the channel volume-0, not the net's */

	/* What the kernel did. */
	char console[65536]; /* both streams, as a string */
	size_t console_size;
	uint64_t exchanges;
	uint64_t monotonic;
	uint64_t kernel_memory; /* bytes allocated */

	/* Kernel memory above this is not there; 0: no limit. */
	uint64_t kernel_limit;
	/* Signals that arrive when nothing else happens, lowest number first. */
	uint64_t signals;
	/* A longer wait than this is one for ever; 0: there is no such. */
	uint64_t patience;
	/* The guest waits for ever: may set `signals`.  NULL: the test fails. */
	void (*stuck)(void);
	/* In the place of machine_thread()'s function: a new thread runs. */
	void (*thread)(void);
	/* Called for records of other channels than exo's own.  False: it is
	 * not answered.  Else STATUS, and *REPLY if SIZE, are the answer. */
	bool (*device)(const struct bh_record *record, int32_t *status,
	               const void **reply, size_t *size);
	/* The values of such answers.  NULL: the record's own. */
	const uint64_t *values;
	/* The process has ended; does not return.  NULL: the test fails. */
	void (*ended)(int status);
	/* A frame that is none of call()'s: a wild rt_sigreturn.  Likewise. */
	void (*astray)(const struct bh_upcall_frame *frame);
};

extern struct machine machine;

/* Starts the kernel and calls PROGRAM as the first thread of the program.  It
 * does not return; PROGRAM may leave it with longjmp(). */
void machine_run(void (*program)(void));

/* A system call with up to six arguments. */
int64_t machine_call(const char *name, const uint64_t arguments[6]);
int64_t machine_call_number(uint64_t number, const uint64_t arguments[6]);
/* Of a call whose name is a string literal. */
uint64_t machine_number(const char *name);
#define call(name, ...)                                                        \
	machine_call(name, (const uint64_t[6]){__VA_ARGS__})
#define AT(pointer) ((uint64_t)(uintptr_t)(pointer))

/* A trap of the program (enum bh_fault) at ADDRESS. */
void machine_trap(unsigned fault, uint64_t address);

/* A thread with 64 KiB of stack; its number. */
int machine_thread(void (*function)(const void *), const void *argument);
/* Lets the others run until none can without time or events. */
void machine_settle(void);

/* Moves the program's stack pointer of this thread. */
void machine_set_stack(void *top);

/* Memory of the program that can be read and written. */
void *machine_memory(size_t size);
/* A string in it, gone with the next 64. */
const char *machine_string(const char *text);

/* Does the text appear on the console? */
bool machine_said(const char *text);

#endif
