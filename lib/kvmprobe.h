/* SPDX-License-Identifier: ISC */
#ifndef BH_LIB_KVMPROBE_H
#define BH_LIB_KVMPROBE_H

/*
 * What the KVM of this host is, found out by using it: a vCPU in ring 3 of
 * long mode, as the kvm core sets one up, executes a few instructions and
 * leaves by OUT.  Takes a few milliseconds and leaves nothing behind.
 */

#include <stdbool.h>
#include <stdint.h>

enum bh_kvm_kind {
	BH_KVM_UNKNOWN = 0,
	BH_KVM_SOFTWARE = 1, /* no hardware virtualization: PVM */
	BH_KVM_VMX = 2,      /* VT-x */
	BH_KVM_SVM = 3,      /* AMD-V */
};

struct bh_kvm_probe {
	int api_version;        /* 12 on every KVM there is */
	bool capabilities;      /* it has all that the kvm core asks for */
	bool runs;              /* a vCPU in ring 3 did what it was told */
	enum bh_kvm_kind kind;  /* known if it runs */
	bool system_calls;      /* what a Linux program's SYSCALL does is
	                           what the kvm core expects */
	uint32_t exit_ns;       /* the quickest of some exits by OUT */
	uint32_t exit_reason;   /* KVM_EXIT_* of the first that was wrong */
	unsigned physical_bits; /* of a guest-physical address; 39 are needed */
	const char *stage; /* what failed, a static string; NULL: nothing */
};

/*
 * Probes the open /dev/kvm, which stays open.  Returns 0 if the kvm core can
 * run; else -errno with probe->stage set (-EPROTO: KVM works, the vCPU does
 * something else).
 */
int bh_kvm_probe(int kvm, struct bh_kvm_probe *probe);

/* "VT-x", "SVM", "PVM, in software", "of unknown kind". */
const char *bh_kvm_kind_name(enum bh_kvm_kind kind);

#endif
