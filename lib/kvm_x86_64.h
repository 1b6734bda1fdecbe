/* SPDX-License-Identifier: ISC */
#ifndef BH_LIB_KVM_X86_64_H
#define BH_LIB_KVM_X86_64_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define BH_MSR_LSTAR UINT32_C(0xc0000082)

/* Where the vCPU goes on after SYSCALL.  False: KVM refuses. */
static inline bool bh_kvm_set_lstar(int vcpu, uint64_t address)
{
	union {
		struct kvm_msrs table;
		uint8_t room[sizeof(struct kvm_msrs) +
		             sizeof(struct kvm_msr_entry)];
	} msrs = {.table.nmsrs = 1};

	msrs.table.entries[0] = (struct kvm_msr_entry){
	        .index = BH_MSR_LSTAR,
	        .data = address,
	};
	return ioctl(vcpu, KVM_SET_MSRS, &msrs) == 1;
}

#endif
