/* SPDX-License-Identifier: ISC */
#include "xlate/kept.h"
#include "xlate/x86_64/host.h"

/*
 * Host code for one block.  Instructions come one after the other, each writing
 * its result where the guest's register is, so that state is complete wherever
 * memory faults.  What is rare (faults, links that are not made yet, what the
 * interpreter has to do) comes behind the block, as stubs.
 */

struct rm guest(const struct translation *t, unsigned number)
{
	unsigned reg = scratch_find(t, number);

	return reg == NO_REGISTER ? t->host->places[number] : in_register(reg);
}

struct rm vector_guest(const struct translation *t, unsigned number)
{
	return t->host->vector_places[number];
}

unsigned use(struct translation *t, unsigned number, unsigned scratch)
{
	struct rm place = guest(t, number);

	if (!place.memory)
		return place.base;
	if (t->scratch.in_use)
		scratch = scratch_take(t);
	if (number == t->host->guest->zero) {
		emit_constant(t->e, scratch, 0);
	} else {
		scratch_load(t, scratch, number);
	}
	return scratch;
}

unsigned register_for(struct translation *t, unsigned number)
{
	struct rm place = t->host->places[number];
	unsigned reg = scratch_find(t, number);

	if (!place.memory)
		return place.base;
	if (!t->scratch.in_use)
		return RAX;
	return reg != NO_REGISTER && scratch_own(t, reg, number)
	               ? reg
	               : scratch_take(t);
}

unsigned result_register(struct translation *t,
                         const struct xlate_instruction *i)
{
	return register_for(t, i->rd);
}

void commit(struct translation *t, const struct xlate_instruction *i,
            unsigned from)
{
	set_register(t, i->rd, from);
}

void forget(struct translation *t, unsigned number)
{
	uint32_t others = number < 32 ? ~(UINT32_C(1) << number) : UINT32_MAX;

	if (t->division &&
	    (number == t->division->rs1 || number == t->division->rs2))
		t->division = NULL;
	t->checked &= others;
	t->narrow &= others;
	t->flags.low &= others;
	if (number == t->sum.first || number == t->sum.second)
		t->sum.known = false;
}

void set_register(struct translation *t, unsigned number, unsigned from)
{
	struct rm place = t->host->places[number];

	if (number == XLATE_SINK)
		return;
	forget(t, number);
	if (place.memory)
		scratch_set(t, from, number);
	else
		emit_move(t->e, place.base, from);
}

void set_constant(struct translation *t, unsigned number, uint64_t value)
{
	struct rm place = t->host->places[number];
	unsigned to;

	if (number == XLATE_SINK)
		return;
	forget(t, number);
	if (place.memory && (int64_t)value == (int32_t)value) {
		scratch_drop(t, number);
		emit_op(t->e, X86_STORE_IMMEDIATE | X86_W, 0, place);
		emit4(t->e, (uint32_t)value);
		return;
	}
	to = register_for(t, number);
	if (value == 0 && t->flags.held) /* not to change them */
		emit_constant_4(t->e, to, 0);
	else
		emit_constant(t->e, to, value);
	set_register(t, number, to);
}

struct stub *add_stub(struct translation *t, enum stub_kind kind, uint32_t jump)
{
	struct stub *stub = &t->stubs[t->stub_count++];

	*stub = (struct stub){.kind = (uint8_t)kind,
	                      .jump = jump,
	                      .pc = t->pc,
	                      .flags = t->flags,
	                      .newer = t->scratch.newer};
	return stub;
}

void defer_if(struct translation *t, const struct xlate_instruction *i,
              enum condition cc)
{
	add_stub(t, STUB_INTERPRET, emit_jcc(t->e, cc))->instruction = i;
}

uint32_t add_deferred(struct translation *t, uint64_t pc,
                      const struct xlate_instruction *i)
{
	uint32_t n = t->host->deferred_count++;

	t->host->deferred[n] = (struct deferred){.pc = pc, .instruction = *i};
	return n;
}

/* A jump out of the block, to a part that all share. */
static void leave_to(struct translation *t, uint32_t jump, uint32_t target)
{
	emit_target(t->e, jump, target);
	host_note(t->host, RELOCATE_SHARED, jump);
}

static void emit_wide_pc(struct translation *t, unsigned reg, uint64_t pc,
                         enum relocation_kind kind)
{
	emit_constant_8(t->e, reg, pc);
	host_note(t->host, kind, t->e->at - 8);
}

void emit_pc(struct translation *t, unsigned reg, uint64_t pc,
             enum relocation_kind kind)
{
	if (pc && !t->host->keeping) /* zero takes the flags */
		emit_constant(t->e, reg, pc);
	else
		emit_wide_pc(t, reg, pc, kind);
}

/* eax: the deferred instruction's number */
static void emit_deferred(struct translation *t, uint64_t pc,
                          const struct xlate_instruction *i)
{
	uint32_t n = add_deferred(t, pc, i);

	emit_constant_4(t->e, RAX, n);
	host_note(t->host, RELOCATE_DEFERRED, t->e->at - 4);
	leave_to(t, emit_call(t->e), t->host->interpret);
}

void defer(struct translation *t, const struct xlate_instruction *i)
{
	emit_deferred(t, t->pc, i);
	/* Any register may be another. */
	t->sum.known = false;
	t->division = NULL;
	scratch_forget(t);
	t->checked = t->narrow = 0;
	t->boxed = t->within_4 = t->within_8 = 0;
}

/*
 * An address register is compared with the window's end once; then it may move
 * a little, and displacements are small, since behind the window and below zero
 * (which is the kernel's half) lies nothing.
 */
#define SLACK_MAX 32000u

_Static_assert(SLACK_MAX + DISPLACEMENT_MAX + ACCESS_MAX < XLATE_GUARD,
               "the guard holds it");

_Static_assert(MACHINE_FIELD(top) == (int8_t)X86_UNDEFINED,
               "where the jump goes");

/* The comparison's last byte, its displacement, is no instruction: to go there
 * is a fault, and the place tells whose, as with memory. */
void check_address(struct translation *t, unsigned reg)
{
	emit_op(t->e, X86_CMP | X86_W, reg, in_memory(RBP, MACHINE_FIELD(top)));
	emit_jcc_near(t->e, CC_AE, -3);
}

struct rm access_register(struct translation *t, unsigned number)
{
	unsigned base = use(t, number, RCX);
	uint32_t bit = UINT32_C(1) << number;

	if (!(t->checked & bit) && number != t->host->guest->zero) {
		check_address(t, base);
		t->checked |= bit;
		t->slack[number] = 0;
	}
	return in_memory(base, 0);
}

struct rm access_memory(struct translation *t,
                        const struct xlate_instruction *i)
{
	struct rm memory = access_register(t, i->rs1);

	memory.displacement = (int32_t)i->imm;
	return memory;
}

struct rm access_aligned(struct translation *t,
                         const struct xlate_instruction *i, unsigned size)
{
	struct rm memory = access_register(t, i->rs1);

	if (size == 1)
		return memory;
	emit_op(t->e, X86_TEST_8, 0, in_register(memory.base));
	emit1(t->e, size - 1);
	add_stub(t, STUB_FAULT, emit_jcc(t->e, CC_NE));
	return memory;
}

struct known known_after(const struct translation *t, unsigned number,
                         int64_t step)
{
	uint64_t size = step < 0 ? -(uint64_t)step : (uint64_t)step;

	if (number >= 32 || !(t->checked >> number & 1) || size > SLACK_MAX ||
	    t->slack[number] + size > SLACK_MAX)
		return (struct known){false, 0};
	return (struct known){true, (uint16_t)(t->slack[number] + size)};
}

void set_known(struct translation *t, unsigned number, struct known known)
{
	if (number >= 32 || !known.checked)
		return;
	t->checked |= UINT32_C(1) << number;
	t->slack[number] = known.slack;
}

bool is_in_window(const struct translation *t, uint64_t address)
{
	const struct xlate *x = (const struct xlate *)(uintptr_t)t->host->self;

	return !t->host->keeping && address < x->config.top;
}

void set_known_address(struct translation *t, unsigned number, uint64_t address)
{
	if (is_in_window(t, address))
		set_known(t, number, (struct known){true, 0});
}

void set_address(struct translation *t, const struct xlate_instruction *i,
                 uint64_t address)
{
	unsigned to = result_register(t, i);

	emit_pc(t, to, address, RELOCATE_PC);
	commit(t, i, to);
	set_known_address(t, i->rd, address);
}

void note_origin(struct translation *t, uint64_t pc)
{
	uint32_t pending = t->flags.late ? t->flags.late
	                                 : host_pending(&t->flags);

	t->host->origins[t->host->origin_count++] = (struct origin){
	        .pc = pc,
	        .host = t->e->at,
	        .pending = pending,
	        .newer = t->scratch.newer};
}

static void finish(struct translation *t)
{
	if (t->host->guest->finish)
		t->host->guest->finish(t);
}

static void settle(struct translation *t)
{
	t->host->guest->settle(t);
}

void link_to(struct translation *t, uint32_t jump, uint64_t pc)
{
	add_stub(t, STUB_LINK, jump)->pc = pc;
}

/* Whether a guest address is an operand of four bytes. */
static bool is_narrow(const struct translation *t, uint64_t pc)
{
	return pc <= INT32_MAX && !t->host->keeping;
}

/* The address after a call goes to the link register; the host's goes on the
 * stack.  Where that ends, what is on it is given up. */
static void begin_call(struct translation *t, uint64_t next)
{
	unsigned link = t->host->guest->link;
	struct rm place = guest(t, link);
	unsigned to = place.memory ? RCX : place.base;

	emit_op(t->e, X86_CMP | X86_W, RSP,
	        in_memory(RBP, MACHINE_FIELD(host_stack_end)));
	emit_op(t->e, (X86_CMOV + CC_B) | X86_W, RSP,
	        in_memory(RBP, HOST_FIELD(stack)));
	if (is_narrow(t, next)) {
		set_constant(t, link, next);
	} else {
		emit_wide_pc(t, to, next, RELOCATE_PC);
		t->next_at = t->e->at - 8;
		set_register(t, link, to);
	}
}

/* Behind the call, where the callee's return has led if that is what the guest
 * returns to. */
static void end_call(struct translation *t, uint64_t next)
{
	struct emit *e = t->e;
	struct rm link = guest(t, t->host->guest->link);

	note_origin(t, next);
	if (is_narrow(t, next))
		emit_immediate(e, X86_CMP | X86_W, link, (int32_t)next);
	else
		emit_compare_code(e, use(t, t->host->guest->link, RCX),
		                  t->next_at);
	leave_to(t, emit_jcc(e, CC_NE), t->host->miss);
	if (!t->runs_on)
		link_to(t, emit_jump(e), next);
}

static void jump_to(struct translation *t, const struct xlate_instruction *i,
                    uint64_t target)
{
	uint64_t next = t->pc + i->length;

	if (i->rd == t->host->guest->link) {
		begin_call(t, next);
		link_to(t, emit_call(t->e), target);
		end_call(t, next);
		return;
	}
	if (i->rd != XLATE_SINK) {
		emit_pc(t, RAX, next, RELOCATE_PC);
		commit(t, i, RAX);
	}
	link_to(t, emit_jump(t->e), target);
}

/* Whether the instruction before a jump has told where that leads. */
static bool find_target(const struct translation *t,
                        const struct xlate_instruction *i, uint64_t *target)
{
	const struct xlate_instruction *before = i - 1;

	if (i == t->begin || !host_tells_target(before) || before->rd != i->rs1)
		return false;
	*target = t->pc - before->length + (uint64_t)before->imm +
	          (uint64_t)i->imm;
	if (t->host->guest->halfwords)
		*target &= ~UINT64_C(1);
	return true;
}

static void translate_jump_register(struct translation *t,
                                    const struct xlate_instruction *i)
{
	uint64_t next = t->pc + i->length, target;
	struct emit *e = t->e;

	if (find_target(t, i, &target)) {
		jump_to(t, i, target);
		return;
	}
	if (i->rd == XLATE_SINK && i->rs1 == t->host->guest->link &&
	    i->imm == 0) {
		emit1(t->e, 0xc3); /* ret */
		return;
	}
	emit_op(e, X86_MOV | X86_W, RAX, guest(t, i->rs1));
	if (i->imm)
		emit_immediate(e, X86_ADD | X86_W, in_register(RAX),
		               (int32_t)i->imm);
	if (i->rd == t->host->guest->link) {
		begin_call(t, next);
		host_call_indirect(t->host, e);
		end_call(t, next);
		return;
	}
	if (i->rd != XLATE_SINK) {
		emit_pc(t, RCX, next, RELOCATE_PC);
		commit(t, i, RCX);
	}
	host_jump_indirect(t->host, e);
}

static void leave_at(struct translation *t, uint64_t pc, int exit, uint32_t way)
{
	emit_pc(t, RAX, pc, RELOCATE_PC);
	emit_op(t->e, X86_STORE | X86_W, RAX,
	        in_memory(RBP, MACHINE_FIELD(state.pc)));
	emit_constant(t->e, RAX, (uint64_t)exit);
	leave_to(t, emit_jump(t->e), way);
}

/* A jump that is a link takes along what is pending. */
static void settle_before(struct translation *t,
                          const struct xlate_instruction *i)
{
	if (i->operation != OP_JUMP || i->rd == t->host->guest->link ||
	    !host_pending(&t->flags))
		settle(t);
}

/* False: it does not end the block. */
static bool translate_end(struct translation *t,
                          const struct xlate_instruction *i)
{
	const struct xlate_host *h = t->host;
	uint64_t next = t->pc + i->length;

	if (!xlate_ends_block(i))
		return false;
	finish(t);
	settle_before(t, i);
	scratch_forget(t);
	switch (i->operation) {
	case OP_JUMP:
		jump_to(t, i, t->pc + (uint64_t)i->imm);
		return true;
	case OP_JUMP_REGISTER:
		translate_jump_register(t, i);
		return true;
	case OP_SYSCALL:
		leave_at(t, next, XLATE_SYSCALL, h->trap);
		return true;
	case OP_FENCE_CODE:
		leave_at(t, t->pc, EXIT_REPLAY, h->leave);
		return true;
	case OP_BREAKPOINT:
		leave_at(t, t->pc, XLATE_BREAKPOINT, h->leave);
		return true;
	case OP_ILLEGAL:
		leave_at(t, t->pc, XLATE_ILLEGAL, h->trap);
		return true;
	default:
		return false;
	}
}

static void add_link(struct translation *t, struct link link)
{
	emit_target(t->e, link.jump, link.stub);
	t->host->links[t->host->link_count++] = link;
}

/* Where the jump at JUMP goes until it is led to PC. */
static void write_link(struct translation *t, uint32_t jump, uint64_t pc)
{
	struct link link = {.pc = pc, .jump = jump, .stub = t->e->at};

	if (t->host->keeping && keep_jump(t->host, jump, pc))
		return;
	if (t->host->kept && host_is_call(t->host, &link))
		link.rounds = KEPT_ROUNDS;
	add_link(t, link);
	leave_to(t, emit_call(t->e), t->host->leave_link);
}

/* The same, behind code from START on that has settled. */
static void write_links(struct translation *t, const struct stub *stub,
                        uint32_t start)
{
	uint32_t pending = host_pending(&stub->flags);

	if (pending && !t->host->keeping)
		add_link(t,
		         (struct link){.pc = stub->pc,
		                       .jump = stub->jump,
		                       .stub = start,
		                       .pending = pending});
	write_link(t, emit_jump(t->e), stub->pc);
}

static void write_stub(struct translation *t, const struct stub *stub)
{
	struct emit *e = t->e;
	uint32_t start = e->at;

	emit_target(e, stub->jump, start);
	t->flags = stub->flags;
	t->scratch.newer = stub->newer;
	note_origin(t, stub->pc);
	if (stub->kind == STUB_LINK || stub->kind == STUB_INTERPRET ||
	    stub->kind == STUB_SETTLE)
		settle(t);
	switch (stub->kind) {
	case STUB_LINK:
		if (e->at == start)
			write_link(t, stub->jump, stub->pc);
		else
			write_links(t, stub, start);
		return;
	case STUB_FAULT:
		emit1(e, X86_HLT);
		return;
	case STUB_INTERPRET:
		emit_deferred(t, stub->pc, stub->instruction);
		write_link(t, emit_jump(e),
		           stub->pc + stub->instruction->length);
		return;
	case STUB_NAN:
		emit_op(e, X86_MOVSD, stub->reg,
		        in_memory(RBP,
		                  stub->single
		                          ? HOST_FIELD(constants.nan_single)
		                          : HOST_FIELD(constants.nan_double)));
		break;
	case STUB_SETTLE:
		break;
	}
	emit_target(e, emit_jump(e), stub->back);
}

void host_begin(struct translation *t, struct xlate_host *h)
{
	t->host = h;
	t->e = &h->emit;
	t->stub_count = 0;
	t->runs_on = false;
	t->otherwise = 0;
}

bool host_returns(const struct xlate_host *h, const struct xlate_instruction *i)
{
	return (i->operation == OP_JUMP || i->operation == OP_JUMP_REGISTER) &&
	       i->rd == h->guest->link;
}

bool host_add_block(struct translation *t, uint64_t pc, uint32_t pending,
                    const struct xlate_instruction *code, uint32_t count)
{
	bool ended = false;

	t->pc = pc;
	t->begin = code;
	t->end = code + count;
	t->flags = pending ? t->host->guest->flags_of(t->host, pending)
	                   : (struct host_flags){.saved = true};
	t->sum.known = false;
	t->checked = t->narrow = 0;
	t->boxed = t->within_4 = t->within_8 = 0;
	t->scratch = (struct scratch){.in_use = false};
	t->division = NULL;
	t->late_count = 0;
	for (t->at = code; t->at != t->end; t->pc += t->at++->length) {
		note_origin(t, t->pc);
		ended = translate_end(t, t->at);
		if (!ended && !t->host->guest->translate(t, t->at))
			defer(t, t->at);
	}
	if (!ended) {
		finish(t);
		settle(t);
	}
	scratch_forget(t);
	return ended &&
	       !(t->runs_on && host_returns(t->host, &code[count - 1]));
}

void host_end(struct translation *t, bool goes_on)
{
	if (goes_on)
		link_to(t, emit_jump(t->e), t->pc);
	for (uint32_t n = 0; n < t->stub_count; n++)
		write_stub(t, &t->stubs[n]);
	t->stub_count = 0;
}
