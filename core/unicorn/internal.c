/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <unwind.h>

#include "core/unicorn/unicorn.h"

/*
 * What libunicorn 2.0.1 does not offer but has.
 *
 * 1. Stopping between blocks.  Unicorn looks for a wish to stop (uc_emu_stop(),
 * as from a signal handler) at the start of every block and, so that memory
 * hooks can stop at once, after every load and store (check_exit_request() in
 * qemu/tcg/tcg-op.c).  Wherever it then leaves, it sets pc to the start of the
 * block (cpu_tb_exec() in qemu/accel/tcg/cpu-exec.c).  A guest that is resumed
 * there runs the first part of the block twice: it takes its stack frame twice,
 * and soon returns to address 0.  With uc_struct.no_exit_request set (Unicorn
 * sets it for Thumb's IT blocks) the checks inside blocks are not generated;
 * those at the start of blocks are, and there the pc is right.
 *
 * And with any UC_HOOK_CODE hook, wherever it applies, or a timeout,
 * cpu_tb_exec() does not even set pc to the start of the block: it takes for
 * granted that such a hook keeps pc exact.  But blocks that jump to each other
 * directly do not write pc, so it is one of the past.  Hence no such hook here.
 *
 * 2. Stopping at a faulting load or store.  When an access fails, pc is
 * that of a block which began some time before.  (A code hook everywhere would
 * keep pc, at a tenth of the speed.)  But each block has a table from host to
 * guest instructions, and QEMU's own function that looks pc up there is in the
 * library.  It wants the place in the generated code that made the access,
 * which is found by unwinding the host's stack from the hook:
 *
 *	hook, load_helper or store_helper, helper_*_mmu, generated code
 *
 * A slow-path load is called from the end of its block and passes the place
 * where it belongs in the register of the fourth argument (tcg_out_qemu_ld_
 * slow_path() in qemu/tcg/i386/tcg-target.inc.c), by a lea just before the
 * call.  Everything else returns to the right place.  Then cpu_loop_exit() ends
 * the run there; a failed store would else go on until the next block.
 *
 * 3. One exception after the other.  QEMU's x86-64 notes an exception until it
 * has gone through the IDT (check_exception() in qemu/target/i386/
 * excp_helper.c); a second division by zero or general protection fault before
 * that is a double fault, and a third is the end of the machine.  A hook takes
 * the exception without the IDT, so the note stays; it is taken away here.
 */

#if UC_API_MAJOR != 2 || UC_API_MINOR != 0
#error "check the offsets below against this version of libunicorn"
#endif

#define UC_CPU             0x180u  /* uc_struct.cpu */
#define UC_NO_EXIT_REQUEST 0x78au  /* uc_struct.no_exit_request, a bool */
#define CPU_UC             0x81a8u /* CPUState.uc */
#define X86_OLD_EXCEPTION  0x9ca8u /* CPUX86State.old_exception, an int */
#define X86_NO_EXCEPTION   -1

#if defined(__x86_64__)
#define CALL_RELATIVE 0xe8u
#define CALL_SIZE     5u
#define LEA_SIZE      7u

/* "lea DISPLACEMENT(%rip), %rcx" and "call" before IP: where lea points. */
static uintptr_t belongs_to(uintptr_t ip)
{
	static const uint8_t lea[] = {0x48, 0x8d, 0x0d};
	const uint8_t *code = (const uint8_t *)ip;
	int32_t displacement;

	if (*(code - CALL_SIZE) == CALL_RELATIVE)
		code -= CALL_SIZE;
	else
		code -= CALL_SIZE + 1; /* call *TARGET(%rip) */
	if (memcmp(code - LEA_SIZE, lea, sizeof(lea)) != 0)
		return ip;
	memcpy(&displacement, code - sizeof(displacement),
	       sizeof(displacement));
	return (uintptr_t)code + (uintptr_t)(intptr_t)displacement;
}
#else
#error "where slow-path loads belong is known for x86-64 hosts only"
#endif

static _Unwind_Reason_Code try_frame(struct _Unwind_Context *context,
                                     void *data)
{
	struct unicorn *u = data;
	uintptr_t ip = _Unwind_GetIP(context);

	u->restored =
	        ip && (u->isa->restore_state(u->cpu, belongs_to(ip), true) ||
	               u->isa->restore_state(u->cpu, ip, true));
	return u->restored ? _URC_END_OF_STACK : _URC_NO_REASON;
}

bool unicorn_restore_pc(struct unicorn *u)
{
	u->restored = false;
	_Unwind_Backtrace(try_frame, u);
	return u->restored;
}

static void *load_pointer(const void *object, size_t offset)
{
	void *pointer;

	memcpy(&pointer, (const char *)object + offset, sizeof(pointer));
	return pointer;
}

static int32_t *old_exception(struct unicorn *u)
{
	return (int32_t *)(void *)((uint8_t *)u->cpu + X86_OLD_EXCEPTION);
}

static bool is_x86(const struct unicorn *u)
{
	return u->isa->arch == UC_ARCH_X86;
}

void unicorn_take_exception(struct unicorn *u)
{
	if (is_x86(u))
		*old_exception(u) = X86_NO_EXCEPTION;
}

void unicorn_reach_inside(struct unicorn *u)
{
	uint8_t *no_exit_request = (uint8_t *)u->uc + UC_NO_EXIT_REQUEST;

	u->cpu = load_pointer(u->uc, UC_CPU);
	if (!u->cpu || load_pointer(u->cpu, CPU_UC) != u->uc ||
	    *no_exit_request != 0 ||
	    (is_x86(u) && *old_exception(u) != X86_NO_EXCEPTION))
		core_fail(u->core, "unicorn: this libunicorn is not 2.0.1; "
		                   "build against Debian 12's libunicorn-dev");
	*no_exit_request = 1;
	/* The unwinder's first use makes system calls. */
	unicorn_restore_pc(u);
}
