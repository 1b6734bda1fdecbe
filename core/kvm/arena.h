/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_KVM_ARENA_H
#define BH_CORE_KVM_ARENA_H

/*
 * The arena of a virtual machine (core.h): memory that the guest changes while
 * it runs.
 *
 * Two things decide what the guest may do there.  Its page tables are the
 * core's own, and say so exactly.  The host's memory protection says the same
 * but for execution, since this process executes nothing of the guest's.
 *
 * Page tables are written from here, which KVM does not see.  What it has
 * derived from them it forgets when the host's mapping of the same page changes
 * (MMU notifiers), and addresses are the same in guest and host.  So
 *
 * - a right is taken away, or given to execute, only together with a change of
 *   the host's mapping;
 * - an entry that refers to a table stays as it is for ever, and there are no
 *   large pages, since KVM keeps what it has derived from those entries.
 *
 * What becomes memory costs nothing before it is touched: the tables come by
 * the fault, each with all the entries of its 2 MiB, and from then on they are
 * kept up to date.  Memory slots, for which KVM allocates some bytes a page,
 * come the same way, in larger chunks.
 */

#include "core/kvm/machine.h"

/* core_ops.change for MACHINE. */
int kvm_arena_change(struct core *core, struct kvm_machine *machine,
                     const struct bh_memory_change *change);

/*
 * The guest has met a page fault at ADDRESS and wanted ACCESS (one CORE_*).
 * 1: it may have that, and repeats the instruction; 0: the fault is the
 * guest's; or -BH_ENOMEM.
 */
int kvm_arena_fault(struct core *core, struct kvm_machine *machine,
                    uint64_t address, uint32_t access);

#endif
