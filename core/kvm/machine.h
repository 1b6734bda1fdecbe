/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_KVM_MACHINE_H
#define BH_CORE_KVM_MACHINE_H

/*
 * A virtual machine with one vCPU in ring 3 of long mode, its memory slots and
 * page tables.
 *
 * After kvm_machine_close_vm() the only thing left to do is KVM_RUN on
 * descriptor BH_CORE_FD_KVM, which then is the vCPU: registers travel in the
 * shared struct kvm_run (KVM_CAP_SYNC_REGS), so the seccomp filter needs no
 * other request.  With an arena, memory slots are added as well.
 * Source: Linux Documentation/virt/kvm/api.rst.
 *
 * Set-up functions end in core_fail().
 */

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"
#include "core/kvm/paging.h"

/* Where the virtual machine's descriptor stays if there is an arena: the start
 * block has been read and closed. */
#define KVM_FD_VM BH_CORE_FD_START

/* The arena's memory slots are of this size, aligned. */
#define KVM_CHUNK_SIZE (UINT64_C(64) << 20)
#define KVM_CHUNKS     (BH_GUEST_TOP / KVM_CHUNK_SIZE)

struct kvm_machine {
	int vm;
	struct kvm_run *run; /* shared with the kernel */
	uint8_t *system; /* KVM_SYSTEM_PAGES, then the pool of page tables */
	struct kvm_paging paging;
	uint32_t slot_count;
	/* Of the low and of the high arena: which have slots. */
	bool chunks[2][KVM_CHUNKS];
	bool read_only_slots; /* KVM_CAP_READONLY_MEM */
	bool fsgsbase;        /* the guest may use wrfsbase and the like */
	uint64_t flags;       /* rflags that the guest always runs with */
};

/* Takes the open /dev/kvm at BH_CORE_FD_KVM and puts the vCPU in its place. */
void kvm_machine_create(struct core *core, struct kvm_machine *machine);

/* Makes REGION visible, as a memory slot and in the page tables. */
void kvm_machine_map(struct core *core, struct kvm_machine *machine,
                     const struct core_region *region);

/*
 * Makes first runs in the hypercall entry at core->hypercall: proves that the
 * guest can leave ring 3, and chooses machine->flags; with an arena, that a
 * system call traps as kvm.c expects.
 */
void kvm_machine_prove(struct core *core, struct kvm_machine *machine);

/* Loads the initial state of all registers: ring 3, at pc, with rdi. */
void kvm_machine_start(struct core *core, struct kvm_machine *machine,
                       uint64_t pc, uint64_t stack_pointer, uint64_t rdi);

/* Gives up the right to change the machine, but for adding slots if there is an
 * arena. */
void kvm_machine_close_vm(struct core *core, struct kvm_machine *machine);

/* The host's memory at HOST becomes the guest's at GUEST; KVM_MEM_* flags.
 * 0 or -errno.  Makes no use of the C library. */
int kvm_machine_add_slot(struct kvm_machine *machine, uint64_t guest,
                         const void *host, uint64_t size, uint32_t flags);

/* Runs the guest until it exits: 0, or -errno (-EINTR: a signal). */
int kvm_machine_run(void);

/*
 * Completes the instruction that exited and brings general and special
 * registers to machine->run->s.regs.  Returns 0 or -errno.
 */
int kvm_machine_fetch(struct kvm_machine *machine);

/* For a signal handler: the current or next run returns at once. */
void kvm_machine_interrupt(struct kvm_machine *machine);

/* Whether it has been interrupted since the last call. */
bool kvm_machine_was_interrupted(struct kvm_machine *machine);

#endif
