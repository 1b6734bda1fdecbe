/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/riscv64/riscv64.h"

/*
 * RV64GC has no rotations and no extension by zeros, but two shifts and what
 * combines them.  A shift that may be part of that is left out until its result
 * is read: what combines it takes its operand instead, and most often the
 * result is overwritten then, and was of no use to anybody.  If memory faults
 * in between, the handler does the shifts that have been left out, in their
 * order; and so does host code where a block is left.
 *
 * While a shift is left out, the host has not changed its operand.  The guest
 * may have, by shifts that have been left out later.
 */

/* The register I changes. */
static unsigned changed(const struct xlate_instruction *i)
{
	return xlate_writes(i) ? XLATE_SINK : i->rd;
}

static bool reads(const struct xlate_instruction *i, unsigned number)
{
	return i->rs1 == number || (reads_second(i) && i->rs2 == number);
}

static bool is_word(const struct xlate_instruction *i)
{
	return i->operation == OP_SLL_W || i->operation == OP_SRL_W;
}

static bool is_left(const struct xlate_instruction *i)
{
	return i->operation == OP_SLL || i->operation == OP_SLL_W;
}

static bool is_right(const struct xlate_instruction *i)
{
	return i->operation == OP_SRL || i->operation == OP_SRL_W;
}

static bool is_constant_shift(const struct xlate_instruction *i)
{
	return (is_left(i) || is_right(i)) && i->immediate && i->imm &&
	       i->rs1 && i->rd != XLATE_SINK;
}

/* Together, they rotate. */
static bool are_parts(const struct xlate_instruction *a,
                      const struct xlate_instruction *b)
{
	return a->rs1 == b->rs1 && is_word(a) == is_word(b) &&
	       is_left(a) != is_left(b) &&
	       a->imm + b->imm == (is_word(a) ? 32 : 64);
}

/* What combines them; NULL: not known to be done, or of another kind. */
static const struct xlate_instruction *find_use(
        const struct translation *t, const struct xlate_instruction *shift)
{
	for (const struct xlate_instruction *i = shift + 1; i < t->end; i++) {
		if (!keeps_scratch(t, i) || is_branch(i))
			return NULL;
		if (reads(i, shift->rd))
			return i;
		if (changed(i) == shift->rd ||
		    (changed(i) == shift->rs1 && !is_constant_shift(i)))
			return NULL;
	}
	return NULL;
}

static const struct xlate_instruction *find_late(const struct translation *t,
                                                 unsigned number)
{
	for (unsigned n = 0; n < t->late_count; n++)
		if (t->late[n].shift->rd == number)
			return t->late[n].shift;
	return NULL;
}

/* The same, or one that is to be done before USE and may be left out then. */
static const struct xlate_instruction *find_shift(
        const struct translation *t, const struct xlate_instruction *use,
        unsigned number)
{
	const struct xlate_instruction *i = use;

	while (--i > t->at)
		if (changed(i) == number)
			return is_constant_shift(i) && find_use(t, i) == use
			               ? i
			               : NULL;
	return find_late(t, number);
}

/* A shift to the left by so many leaves what a move of the host's takes. */
static unsigned move_after(const struct xlate_instruction *i)
{
	if (i->operation != OP_SLL)
		return 0;
	return i->imm == 32   ? X86_MOV
	       : i->imm == 48 ? X86_MOVZX_16
	       : i->imm == 56 ? X86_MOVZX_8
	                      : 0;
}

/* Whether USE extends by zeros what SHIFT has left. */
static bool extends(const struct xlate_instruction *use,
                    const struct xlate_instruction *shift)
{
	return use->operation == OP_SRL && use->immediate &&
	       use->rs1 == shift->rd && move_after(shift);
}

static bool is_rotation(const struct xlate_instruction *use)
{
	return use->operation == OP_OR && !use->immediate &&
	       use->rs1 != use->rs2;
}

static bool is_worth_while(const struct translation *t,
                           const struct xlate_instruction *shift)
{
	const struct xlate_instruction *use = find_use(t, shift), *other;

	if (!use)
		return false;
	if (extends(use, shift))
		return true;
	if (!is_rotation(use))
		return false;
	other = find_shift(t, use, use->rs1 == shift->rd ? use->rs2 : use->rs1);
	return other && are_parts(shift, other);
}

static void rotate(struct translation *t, const struct xlate_instruction *use,
                   const struct xlate_instruction *a,
                   const struct xlate_instruction *b)
{
	struct xlate_instruction i = *use;

	i.rs1 = a->rs1;
	i.rs2 = 0;
	scratch_lock(t, &i);
	rotate_by_constant(t, &i, is_word(a) ? 0 : X86_W,
	                   (unsigned)(is_right(a) ? a->imm : b->imm));
	if (is_word(a))
		set_low(t, i.rd);
}

static void extend(struct translation *t, const struct xlate_instruction *use,
                   const struct xlate_instruction *shift)
{
	unsigned more = (unsigned)(use->imm - shift->imm), to;
	struct xlate_instruction i = *use;

	i.rs1 = shift->rs1;
	i.rs2 = 0;
	scratch_lock(t, &i);
	to = result_register(t, &i);
	emit_op(t->e, move_after(shift), to, guest(t, i.rs1));
	if (use->imm > shift->imm)
		emit_shift(t->e, X86_W, SHIFT_RIGHT, to, more);
	else if (use->imm < shift->imm)
		emit_shift(t->e, X86_W, SHIFT_LEFT, to, 0 - more);
	commit(t, &i, to);
}

static void drop(struct translation *t, unsigned n)
{
	t->late_count--;
	for (; n < t->late_count; n++)
		t->late[n] = t->late[n + 1];
}

/* What a fault's handler has to know from now on. */
static void note(struct translation *t)
{
	struct xlate_host *h = t->host;
	struct late_note *note = &h->late_notes[h->late_note_count];

	t->flags.late = 0;
	if (!t->late_count)
		return;
	note->low = t->flags.low;
	note->count = t->late_count;
	for (unsigned n = 0; n < t->late_count; n++)
		note->numbers[n] = t->late[n].number;
	t->flags.late = 1 + 2 * h->late_note_count++;
}

/* What NUMBER has, before that changes: all that has been left out and takes it
 * as an operand, but what changes NUMBER itself. */
static void finish_operand(struct translation *t, unsigned number);

static void finish(struct translation *t, const struct xlate_instruction *shift)
{
	unsigned n = 0;

	finish_operand(t, shift->rd);
	while (t->late[n].shift != shift)
		n++;
	drop(t, n);
	translate_plain(t, shift);
	note(t);
	note_origin(t, t->pc);
}

static void finish_operand(struct translation *t, unsigned number)
{
	unsigned n = 0;

	while (n < t->late_count) {
		const struct xlate_instruction *shift = t->late[n].shift;

		if (shift->rs1 != number || shift->rd == number) {
			n++;
			continue;
		}
		finish(t, shift);
		n = 0;
	}
}

static void finish_read(struct translation *t,
                        const struct xlate_instruction *i)
{
	const struct xlate_instruction *shift;

	while ((shift = find_late(t, i->rs1)))
		finish(t, shift);
	while (reads_second(i) && (shift = find_late(t, i->rs2)))
		finish(t, shift);
}

void late_finish(struct translation *t)
{
	while (t->late_count)
		finish(t, t->late[0].shift);
}

/* Its result is overwritten. */
static void overwrite(struct translation *t, unsigned number)
{
	for (unsigned n = 0; n < t->late_count; n++)
		if (t->late[n].shift->rd == number)
			drop(t, n);
}

/* Whether what A takes would change if others were finished. */
static bool is_fragile(const struct translation *t,
                       const struct xlate_instruction *a,
                       const struct xlate_instruction *b)
{
	for (unsigned n = 0; n < t->late_count; n++) {
		const struct xlate_instruction *other = t->late[n].shift;

		if (other->rd == a->rs1 && other != a && other != b)
			return true;
	}
	return false;
}

static bool combine(struct translation *t, const struct xlate_instruction *i)
{
	const struct xlate_instruction *a = find_late(t, i->rs1), *b;

	if (!a)
		return false;
	if (extends(i, a) && !is_fragile(t, a, a)) {
		finish_operand(t, i->rd);
		extend(t, i, a);
		return true;
	}
	b = is_rotation(i) ? find_late(t, i->rs2) : NULL;
	if (!b || !are_parts(a, b) || is_fragile(t, a, b))
		return false;
	finish_operand(t, i->rd);
	rotate(t, i, a, b);
	return true;
}

static bool leave_out(struct translation *t, const struct xlate_instruction *i)
{
	struct late late = {.shift = i};

	if (t->host->keeping || !t->host->bmi2 || !is_constant_shift(i) ||
	    !is_worth_while(t, i))
		return false;
	finish_read(t, i);
	if (t->late_count == LATE_MAX)
		return false;
	halves_need(t, i);
	forget(t, i->rd);
	overwrite(t, i->rd);
	late.number = add_deferred(t, t->pc, i);
	t->late[t->late_count++] = late;
	return true;
}

static bool translate_whole(struct translation *t,
                            const struct xlate_instruction *i)
{
	bool done;

	if (!keeps_scratch(t, i) || is_branch(i)) {
		late_finish(t);
	} else {
		finish_read(t, i);
		finish_operand(t, changed(i));
	}
	done = translate_plain(t, i);
	overwrite(t, changed(i));
	return done;
}

bool late_translate(struct translation *t, const struct xlate_instruction *i)
{
	bool done = combine(t, i);

	if (done)
		overwrite(t, i->rd);
	else
		done = leave_out(t, i) || translate_whole(t, i);
	note(t);
	return done;
}

static void recall(struct xlate_state *state, const struct xlate_instruction *i)
{
	uint64_t value = state->x[i->rs1];

	if (is_word(i))
		value = (uint32_t)value;
	value = is_left(i) ? value << i->imm : value >> i->imm;
	state->x[i->rd] =
	        is_word(i) ? (uint64_t)(int64_t)(int32_t)value : value;
}

void late_recall(const struct xlate_host *h, struct xlate_state *state,
                 uint32_t pending)
{
	const struct late_note *note = &h->late_notes[pending >> 1];

	if (!(pending & 1)) {
		halves_recall(state, pending);
		return;
	}
	if (pending >> 1 >= h->late_note_count) /* a broken file says so */
		return;
	halves_recall(state, note->low);
	for (unsigned n = 0; n < note->count; n++)
		recall(state, &h->deferred[note->numbers[n]].instruction);
}
