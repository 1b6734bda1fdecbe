/* SPDX-License-Identifier: ISC */
#include "tests/guests/silent/silent.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <bh.h>

static uint64_t digest = UINT64_C(0xcbf29ce484222325); /* FNV-1a: its start */
static uint64_t random_state;

uint64_t silent_random(void)
{
	/* SplitMix64, see examples/burn. */
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

void silent_add(const void *bytes, size_t size)
{
	const uint8_t *from = bytes;

	/* FNV-1a (Fowler, Noll, Vo). */
	for (size_t i = 0; i < size; i++)
		digest = (digest ^ from[i]) * UINT64_C(0x100000001b3);
}

void silent_add_number(uint64_t number)
{
	silent_add(&number, sizeof(number));
}

void silent_add_text(const char *format, ...)
{
	char text[512] = "";
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	silent_add_number((uint64_t)size);
	silent_add(text, sizeof(text));
}

void silent_soil_stack(void)
{
	volatile uint64_t addresses[200];

	for (int i = 0; i < 200; i++)
		addresses[i] = (uint64_t)&addresses[i];
}

/* ------------------------------------------------------------------- traps */

#if defined(__x86_64__)
enum { STACK_POINTER = 4, ENTRY_ADJUSTMENT = 8 };
#elif defined(__aarch64__)
enum { STACK_POINTER = 31, ENTRY_ADJUSTMENT = 0 };
#else
enum { STACK_POINTER = 2, ENTRY_ADJUSTMENT = 0 };
#endif

static jmp_buf back;
static volatile uint32_t caught;

static void land(void)
{
	longjmp(back, 1);
}

/* Goes on in land(), on the stack of the function that trapped. */
static void entry(struct bh_upcall_frame *frame)
{
	uint64_t *stack_pointer = &frame->registers[STACK_POINTER];

	caught = frame->fault;
	frame->pc = (uint64_t)land;
	*stack_pointer = *stack_pointer / 16 * 16 - ENTRY_ADJUSTMENT;
	bh_call(BH_CALL_RESUME, (uint64_t)frame, 0, 0);
	abort();
}

uint32_t silent_catch(void (*function)(void))
{
	static char stack[16384] __attribute__((aligned(16)));

	bh_call(BH_CALL_SET_UPCALL, (uint64_t)entry,
	        (uint64_t)(stack + sizeof(stack)), BH_UPCALL_TRAP);
	caught = 0;
	if (!setjmp(back))
		function();
	bh_call(BH_CALL_SET_UPCALL, 0, 0, 0);
	return caught;
}

/* -------------------------------------------------------------------- main */

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
	int clock = bh_find_channel("clock");

	if (clock < 0 || bh_entropy(&random_state, sizeof(random_state)) < 0)
		return 1;
	for (uint64_t round = 0; round < rounds; round++) {
		uint64_t tag;

		probe(round);
		/* The guest chooses tags, so a digest is a good one. */
		tag = digest & BH_TAG_MAX;
		bh_submit((unsigned)clock, BH_CLOCK_RESOLUTION, tag,
		          BH_VALUES(BH_CLOCK_MONOTONIC), NULL, 0);
		if (!bh_wait(tag, BH_NEVER))
			return 1;
	}
	printf("%" PRIu64 " rounds, digest %016" PRIx64 "\n", rounds, digest);
	return 0;
}
