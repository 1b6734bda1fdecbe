/* SPDX-License-Identifier: ISC */
#include "xlate/sweep.h"

#include <string.h>

#include "xlate/engine.h"

/* Jumps back from farther than this are taken for something else than loops. */
#define LOOP_MAX 2048

struct sweep {
	const struct xlate_guest *guest;
	const uint8_t *code;
	size_t size;
	uint8_t *marks;
};

static void mark(struct sweep *s, size_t at, unsigned what)
{
	if (at < s->size)
		s->marks[at / s->guest->alignment] |= (uint8_t)what;
}

static void mark_loop(struct sweep *s, size_t head, size_t end)
{
	mark(s, head, SWEEP_HEAD);
	for (; head <= end; head += s->guest->alignment)
		mark(s, head, SWEEP_LOOP);
}

static bool is_call(const struct xlate_instruction *i)
{
	return (i->operation == OP_JUMP || i->operation == OP_JUMP_REGISTER) &&
	       i->rd != XLATE_SINK;
}

static void mark_target(struct sweep *s, size_t at,
                        const struct xlate_instruction *i)
{
	size_t target = at + (size_t)i->imm; /* before the code: too large */

	if (target >= s->size || target % s->guest->alignment)
		return;
	mark(s, target, SWEEP_BLOCK | (is_call(i) ? SWEEP_FUNCTION : 0));
	if (!is_call(i) && target <= at && at - target <= LOOP_MAX)
		mark_loop(s, target, at);
}

/* What fills the space between functions. */
static bool is_padding(const struct sweep *s, size_t at,
                       const struct xlate_instruction *i)
{
	uint32_t word = 0;

	if (i->operation == OP_ILLEGAL)
		return true;
	memcpy(&word, s->code + at, i->length);
	return word == s->guest->nops[0] || word == s->guest->nops[1];
}

void sweep(const struct xlate_guest *guest, const uint8_t *code, size_t size,
           uint8_t *marks)
{
	struct sweep s = {guest, code, size, marks};
	struct xlate_instruction i;
	unsigned next = SWEEP_BLOCK | SWEEP_FUNCTION;

	for (size_t at = 0; size - at >= guest->alignment; at += i.length) {
		guest->decode(&i, code + at, size - at);
		if (!i.length)
			return;
		if ((next & SWEEP_FUNCTION) && is_padding(&s, at, &i))
			continue;
		mark(&s, at, next);
		next = 0;
		if (guest->leads(&i))
			mark_target(&s, at, &i);
		if (xlate_ends_block(&i))
			next = SWEEP_BLOCK;
		if (next && !is_call(&i) && i.operation != OP_SYSCALL)
			next |= SWEEP_FUNCTION;
	}
}
