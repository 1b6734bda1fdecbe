/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <unwind.h>

#include "core/unicorn/unicorn.h"

/*
 * The exact pc of a faulting load or store.
 *
 * When such an access fails in libunicorn 2.0.1, the guest's pc is that of a
 * block which began some time before, and its interface has no other.  (A code
 * hook everywhere would keep pc, at a tenth of the speed, and breaks something
 * else: see on_entry() in unicorn.c.)  But each block has a table from host to
 * guest instructions, and QEMU's own function that looks pc up there is in the
 * library.  It wants the place in the generated code that made the access,
 * which is found by unwinding the host's stack from the hook:
 *
 *	hook, load_helper or store_helper, helper_*_mmu, generated code
 *
 * A slow-path load is called from the end of its block and passes the place
 * where it belongs in the register of the fourth argument (tcg_out_qemu_ld_
 * slow_path() in qemu/tcg/i386/tcg-target.inc.c), by a lea just before the
 * call.  Everything else returns to the right place.
 */

#if UC_API_MAJOR != 2 || UC_API_MINOR != 0
#error "check the offsets below against this version of libunicorn"
#endif

#define UC_CPU 0x180u /* uc_struct.cpu */
#define CPU_UC 0x81a8u /* CPUState.uc */

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
	const struct unicorn *u = data;
	uintptr_t ip = _Unwind_GetIP(context);

	if (ip && (u->isa->restore_state(u->cpu, belongs_to(ip), true) ||
	           u->isa->restore_state(u->cpu, ip, true)))
		return _URC_END_OF_STACK;
	return _URC_NO_REASON;
}

void unicorn_restore_pc(const struct unicorn *u)
{
	struct unicorn copy = *u;

	_Unwind_Backtrace(try_frame, &copy);
}

static void *load_pointer(const void *object, size_t offset)
{
	void *pointer;

	memcpy(&pointer, (const char *)object + offset, sizeof(pointer));
	return pointer;
}

void unicorn_find_cpu(struct unicorn *u)
{
	u->cpu = load_pointer(u->uc, UC_CPU);
	if (!u->cpu || load_pointer(u->cpu, CPU_UC) != u->uc)
		core_fail(u->core, "unicorn: this libunicorn is not 2.0.1; "
		                   "build against Debian 12's libunicorn-dev");
	/* The unwinder's first use makes system calls. */
	unicorn_restore_pc(u);
}
