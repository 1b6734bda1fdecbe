/* SPDX-License-Identifier: ISC */
#include "core/kvm/cpuid.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#define LEAF_FEATURES          UINT32_C(1)
#define LEAF_EXTENDED_FEATURES UINT32_C(7)
#define LEAF_AMD               UINT32_C(0x80000000)
#define LEAF_AMD_FEATURES      UINT32_C(0x80000001)
#define LEAF_ADDRESS_SIZES     UINT32_C(0x80000008)

#define FSGSBASE              (UINT32_C(1) << 0) /* leaf 7, ebx */
#define PHYSICAL_BITS_DEFAULT 36u

/*
 * What remains of each leaf; all others go.  Leaf 1, edx: FPU, PSE, TSC, MSR,
 * PAE, CX8, PGE, CMOV, CLFSH, MMX, FXSR, SSE, SSE2.  Leaf 0x80000001, edx: the
 * like without CLFSH and SSE, SYSCALL, NX, LM; ecx: LAHF.
 * Source: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.
 */
static const struct {
	uint32_t function;
	uint32_t eax, ebx, ecx, edx;
} baseline[] = {
        {0, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
        {LEAF_FEATURES, UINT32_MAX, 0x0000ff00, 0, 0x0788a179},
        {LEAF_EXTENDED_FEATURES, 0, FSGSBASE, 0, 0},
        {LEAF_AMD, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
        {LEAF_AMD_FEATURES, 0, 0, 1, 0x21908979},
        {LEAF_ADDRESS_SIZES, 0x0000ffff, 0, 0, 0},
};

#define BASELINE_COUNT (sizeof(baseline) / sizeof(baseline[0]))

static bool reduce_entry(struct kvm_cpuid_entry2 *entry)
{
	if (entry->index != 0)
		return false;
	for (size_t i = 0; i < BASELINE_COUNT; i++) {
		if (entry->function != baseline[i].function)
			continue;
		entry->eax &= baseline[i].eax;
		entry->ebx &= baseline[i].ebx;
		entry->ecx &= baseline[i].ecx;
		entry->edx &= baseline[i].edx;
		return true;
	}
	return false;
}

/* The highest leaf of a range must not promise what is gone. */
static void limit_range(struct kvm_cpuid_entry2 *entry)
{
	if (entry->function == 0 && entry->eax > LEAF_EXTENDED_FEATURES)
		entry->eax = LEAF_EXTENDED_FEATURES;
	if (entry->function == LEAF_AMD && entry->eax > LEAF_ADDRESS_SIZES)
		entry->eax = LEAF_ADDRESS_SIZES;
}

void kvm_cpuid_reduce(union kvm_cpu_model *model)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < model->table.nent; i++) {
		struct kvm_cpuid_entry2 entry = model->table.entries[i];

		if (!reduce_entry(&entry))
			continue;
		limit_range(&entry);
		model->table.entries[kept++] = entry;
	}
	model->table.nent = kept;
}

int kvm_cpuid_baseline(int kvm, union kvm_cpu_model *model)
{
	memset(model, 0, sizeof(*model));
	model->table.nent = KVM_CPUID_ENTRIES;
	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &model->table))
		return -errno;
	kvm_cpuid_reduce(model);
	return 0;
}

static const struct kvm_cpuid_entry2 *find_leaf(
        const union kvm_cpu_model *model, uint32_t function)
{
	for (uint32_t i = 0; i < model->table.nent; i++)
		if (model->table.entries[i].function == function)
			return &model->table.entries[i];
	return NULL;
}

unsigned kvm_cpuid_physical_bits(const union kvm_cpu_model *model)
{
	const struct kvm_cpuid_entry2 *entry =
	        find_leaf(model, LEAF_ADDRESS_SIZES);

	return entry ? entry->eax & 0xff : PHYSICAL_BITS_DEFAULT;
}

bool kvm_cpuid_has_fsgsbase(const union kvm_cpu_model *model)
{
	const struct kvm_cpuid_entry2 *entry =
	        find_leaf(model, LEAF_EXTENDED_FEATURES);

	return entry && (entry->ebx & FSGSBASE);
}
