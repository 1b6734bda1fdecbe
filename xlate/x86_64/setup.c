/* SPDX-License-Identifier: ISC */
#include "xlate/x86_64/host.h"

/*
 * The parts that all blocks share: entering, leaving, calling the interpreter.
 */

/* What a C function must leave as it was. */
static const uint8_t saved[] = {RBX, RBP, R12, R13, R14, R15};
#define SAVED_COUNT sizeof(saved)

/* Where a return goes when there has been no call. */
#define FRAME      8
#define STACK_ROOM (64 * 1024)

static struct rm field(int32_t displacement)
{
	return in_memory(RBP, displacement);
}

static void emit_push(struct emit *e, unsigned reg)
{
	if (reg & 8)
		emit1(e, 0x41);
	emit1(e, 0x50 | (reg & 7));
}

static void emit_pop(struct emit *e, unsigned reg)
{
	if (reg & 8)
		emit1(e, 0x41);
	emit1(e, 0x58 | (reg & 7));
}

static int32_t x_field(unsigned number)
{
	return MACHINE_FIELD(state.x) + 8 * (int32_t)number;
}

static int32_t vector_field(const struct host_guest *g, unsigned number)
{
	return MACHINE_FIELD(state) + g->vectors +
	       g->vector_size * (int32_t)number;
}

/* Of one vector register. */
static unsigned vector_move(const struct host_guest *g, bool store)
{
	if (g->vector_size == 16)
		return store ? X86_MOVAPS_STORE : X86_MOVAPS;
	return store ? X86_MOVSD_STORE : X86_MOVSD;
}

static void move_vectors(const struct host_guest *g, struct emit *e, bool store)
{
	for (unsigned i = 0; i < VECTOR_PINNED_COUNT; i++)
		emit_op(e, vector_move(g, store), g->vector_pinned[i].host,
		        field(vector_field(g, g->vector_pinned[i].guest)));
}

static void move_integers(const struct host_guest *g, struct emit *e,
                          bool store)
{
	for (unsigned i = 0; i < PINNED_COUNT; i++)
		emit_op(e, (store ? X86_STORE : X86_MOV) | X86_W,
		        g->pinned[i].host, field(x_field(g->pinned[i].guest)));
}

static void load_pinned(struct xlate_host *h, struct emit *e)
{
	move_vectors(h->guest, e, false);
	move_integers(h->guest, e, false);
}

static void store_pinned(struct xlate_host *h, struct emit *e)
{
	move_integers(h->guest, e, true);
	move_vectors(h->guest, e, true);
}

/*
 * To write MXCSR takes tens of nanoseconds if it changes.  The guest's becomes
 * the host's and the reverse only where they differ; C code does not care for
 * flags, and does nothing that raises an exception.  Both may use rcx.
 */
static void load_mxcsr(struct emit *e)
{
	uint32_t same;

	emit_op(e, X86_MXCSR, X86_STMXCSR, field(HOST_FIELD(host_mxcsr)));
	emit_op(e, X86_MOV, RCX, field(HOST_FIELD(host_mxcsr)));
	emit_op(e, X86_CMP, RCX, field(HOST_FIELD(mxcsr)));
	same = emit_jcc(e, CC_E);
	emit_op(e, X86_MXCSR, X86_LDMXCSR, field(HOST_FIELD(mxcsr)));
	emit_target(e, same, e->at);
}

static void store_mxcsr(struct emit *e)
{
	uint32_t same;

	emit_op(e, X86_MXCSR, X86_STMXCSR, field(HOST_FIELD(mxcsr)));
	emit_op(e, X86_MOV, RCX, field(HOST_FIELD(mxcsr)));
	emit_op(e, X86_XOR, RCX, field(HOST_FIELD(host_mxcsr)));
	emit_immediate(e, X86_AND, in_register(RCX),
	               ~(MXCSR_FLAGS | MXCSR_TRAPS << MXCSR_MASK));
	same = emit_jcc(e, CC_E);
	emit_op(e, X86_MXCSR, X86_LDMXCSR, field(HOST_FIELD(host_mxcsr)));
	emit_target(e, same, e->at);
}

/* int enter(struct xlate *, const void *code) */
static void write_enter(struct xlate_host *h, struct emit *e)
{
	h->enter = e->at;
	for (unsigned i = 0; i < SAVED_COUNT; i++)
		emit_push(e, saved[i]);
	emit_immediate(e, X86_SUB | X86_W, in_register(RSP), FRAME);
	emit_op(e, X86_LEA | X86_W, RBP, in_memory(RDI, BIAS));
	emit_move(e, RAX, RSI);
	emit_constant(e, RCX, (uint64_t)(uintptr_t)(h->executable + h->miss));
	emit_op(e, X86_STORE | X86_W, RCX, in_memory(RSP, 0));
	emit_op(e, X86_STORE | X86_W, RSP, field(HOST_FIELD(stack)));
	emit_op(e, X86_LEA | X86_W, RCX, in_memory(RSP, -STACK_ROOM));
	emit_op(e, X86_STORE | X86_W, RCX, field(MACHINE_FIELD(host_stack_end)));
	load_mxcsr(e);
	load_pinned(h, e);
	emit_op(e, X86_JMP_RM, GROUP5_JUMP, in_register(RAX));
}

/* With the result of enter() in eax. */
static void write_leave(struct xlate_host *h, struct emit *e)
{
	h->leave = e->at;
	store_pinned(h, e);
	store_mxcsr(e);
	emit_op(e, X86_MOV | X86_W, RSP, field(HOST_FIELD(stack)));
	emit_immediate(e, X86_ADD | X86_W, in_register(RSP), FRAME);
	for (unsigned i = SAVED_COUNT; i--;)
		emit_pop(e, saved[i]);
	emit1(e, 0xc3); /* ret */
}

static void leave_with(struct xlate_host *h, struct emit *e, int exit)
{
	emit_constant(e, RAX, (uint64_t)exit);
	emit_target(e, emit_jump(e), h->leave);
}

/* Called, so that the return address tells where. */
static void write_leave_link(struct xlate_host *h, struct emit *e)
{
	h->leave_link = e->at;
	emit_pop(e, RAX);
	emit_op(e, X86_STORE | X86_W, RAX, field(HOST_FIELD(exit_host)));
	leave_with(h, e, EXIT_LINK);
}

/* rax: the target */
static void write_leave_indirect(struct xlate_host *h, struct emit *e)
{
	h->leave_indirect = e->at;
	if (h->guest->halfwords)
		emit_immediate(e, X86_AND | X86_W, in_register(RAX), -2);
	emit_op(e, X86_STORE | X86_W, RAX, field(MACHINE_FIELD(state.pc)));
	leave_with(h, e, EXIT_INDIRECT);
}

/* Whatever is on the stack.  rbx is lost. */
static void call_c(struct emit *e, uint64_t function)
{
	emit_move(e, RBX, RSP);
	emit_immediate(e, X86_AND | X86_W, in_register(RSP), -16);
	emit_constant(e, RAX, function);
	emit_op(e, X86_JMP_RM, GROUP5_CALL, in_register(RAX));
	emit_move(e, RSP, RBX);
}

/* Called with eax: the number of a struct deferred.  All registers survive but
 * the scratch ones; the guest's change as the instruction says. */
static void write_interpret(struct xlate_host *h, struct emit *e)
{
	uint32_t done;

	h->interpret = e->at;
	store_pinned(h, e);
	store_mxcsr(e);
	emit_op(e, X86_MOV | X86_W, RDI, field(HOST_FIELD(self)));
	emit_move(e, RSI, RAX);
	call_c(e, (uint64_t)(uintptr_t)host_interpret);
	emit_op(e, X86_TEST, RAX, in_register(RAX));
	done = emit_jcc(e, CC_NE);
	load_mxcsr(e);
	load_pinned(h, e);
	emit1(e, 0xc3);
	/* Registers in memory are newer than the host's. */
	emit_target(e, done, e->at);
	load_pinned(h, e);
	load_mxcsr(e);
	emit_target(e, emit_jump(e), h->leave);
}

/*
 * eax: the exit.  The embedder deals with it, and the guest goes on, with what
 * is on the stack: calls return to where they have been made.  Is that code
 * gone by now, or xlate_stop() been called, no indirect jump has a target, and
 * translated code is left.
 */
static void write_trap(struct xlate_host *h, struct emit *e)
{
	const struct xlate *x = (const struct xlate *)(uintptr_t)h->self;
	uint32_t left;

	if (!x->config.trap) {
		h->trap = h->leave;
		return;
	}
	h->trap = e->at;
	store_pinned(h, e);
	store_mxcsr(e);
	emit_op(e, X86_MOV | X86_W, RDI, field(HOST_FIELD(self)));
	emit_move(e, RSI, RAX);
	call_c(e, (uint64_t)(uintptr_t)host_trap);
	load_mxcsr(e);
	load_pinned(h, e);
	emit_op(e, X86_TEST_8, 0, in_register(RAX));
	emit1(e, 1);
	left = emit_jcc(e, CC_E);
	emit_op(e, X86_MOV | X86_W, RAX, field(MACHINE_FIELD(state.pc)));
	host_jump_indirect(h, e);
	emit_target(e, left, e->at);
	emit_op(e, X86_MOV, RAX, field(HOST_FIELD(exit_trap)));
	emit_target(e, emit_jump(e), h->leave);
}

/* A return to where the stack does not lead.  What is on it is of no use any
 * more. */
static void write_miss(struct xlate_host *h, struct emit *e)
{
	h->miss = e->at;
	emit_op(e, X86_MOV | X86_W, RAX, h->places[h->guest->link]);
	emit_op(e, X86_MOV | X86_W, RSP, field(HOST_FIELD(stack)));
	host_jump_indirect(h, e);
}

void host_write_shared(struct xlate_host *h)
{
	struct emit *e = &h->emit;

	e->at = 0;
	write_leave(h, e);
	write_leave_link(h, e);
	write_leave_indirect(h, e);
	write_interpret(h, e);
	write_trap(h, e);
	write_miss(h, e);
	write_enter(h, e);
	h->first = e->at;
}

/*
 * The guest's address in rax is found in a table by its low bits, which are
 * multiplied by 8 to be the distance of entries of 16 bytes.  OPERATION, of
 * X86_JMP_RM's group, goes there.
 */
static void go_indirect(struct xlate_host *h, struct emit *e,
                        unsigned operation)
{
	uint32_t miss;

	emit_op(e, X86_MOV, RCX, in_register(RAX));
	emit_immediate(e, X86_AND, in_register(RCX), (TARGETS - 1) * 2);
	emit_op(e, X86_CMP | X86_W, RAX,
	        in_indexed(RBP, RCX, 3, HOST_FIELD(targets)));
	miss = emit_jcc(e, CC_NE);
	emit_target(e, miss, h->leave_indirect);
	host_note(h, RELOCATE_SHARED, miss);
	emit_op(e, X86_JMP_RM, operation,
	        in_indexed(RBP, RCX, 3,
	                   HOST_FIELD(targets) + (int32_t)sizeof(uint64_t)));
}

void host_jump_indirect(struct xlate_host *h, struct emit *e)
{
	go_indirect(h, e, GROUP5_JUMP);
}

void host_call_indirect(struct xlate_host *h, struct emit *e)
{
	go_indirect(h, e, GROUP5_CALL);
}
