/* SPDX-License-Identifier: ISC */
#include "xlate/sweep.h"

#include <string.h>

#include "xlate/engine.h"

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

static bool is_call(const struct xlate_instruction *i)
{
	return (i->operation == OP_JUMP || i->operation == OP_JUMP_REGISTER) &&
	       i->rd != XLATE_SINK;
}

static void mark_target(struct sweep *s, size_t at,
                        const struct xlate_instruction *i)
{
	size_t target = at + (size_t)i->imm; /* before the code: too large */

	if (target < s->size && target % s->guest->alignment == 0)
		mark(s, target,
		     SWEEP_BLOCK | (is_call(i) ? SWEEP_FUNCTION : 0));
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
			next = SWEEP_BLOCK | SWEEP_FUNCTION;
	}
}
