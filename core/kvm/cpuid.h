/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_KVM_CPUID_H
#define BH_CORE_KVM_CPUID_H

/*
 * The CPU that a guest sees through CPUID: the x86-64 baseline (x86-64-v1 of
 * the System V psABI) and FSGSBASE, alike on every host, so that a program
 * which chooses code by CPUID chooses the same everywhere.  The software-only
 * PVM kind intercepts CPUID in ring 3 only on processors with CPUID faulting;
 * elsewhere it is the host's.
 */

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#define KVM_CPUID_ENTRIES 256u

/* Room for the entries that follow the header. */
union kvm_cpu_model {
	struct kvm_cpuid2 table;
	uint8_t room[sizeof(struct kvm_cpuid2) +
	             KVM_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2)];
};

/* Reads what KVM offers and reduces it to the baseline: 0 or -errno. */
int kvm_cpuid_baseline(int kvm, union kvm_cpu_model *model);

/* Reduces the entries in place.  For kvm_cpuid_baseline() and its test. */
void kvm_cpuid_reduce(union kvm_cpu_model *model);

/* Width of a guest-physical address in bits; 36 where CPUID does not say. */
unsigned kvm_cpuid_physical_bits(const union kvm_cpu_model *model);

bool kvm_cpuid_has_fsgsbase(const union kvm_cpu_model *model);

#endif
