/* SPDX-License-Identifier: ISC */
/* links: core/kvm/trap.o core/protection_x86_64.o core/kvm/cpuid.o */

/*
 * Pure parts of the kvm core: how faults are classified, what the supervisor
 * pages hold, and the CPU model.
 */

#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "core/kvm/cpuid.h"
#include "core/kvm/trap.h"

static void classifies_page_faults(void **state)
{
	(void)state;
	assert_int_equal(kvm_classify_page_fault(4), BH_FAULT_READ);
	assert_int_equal(kvm_classify_page_fault(5), BH_FAULT_READ);
	assert_int_equal(kvm_classify_page_fault(6), BH_FAULT_WRITE);
	assert_int_equal(kvm_classify_page_fault(7), BH_FAULT_WRITE);
	assert_int_equal(kvm_classify_page_fault(0x14), BH_FAULT_EXECUTE);
	assert_int_equal(kvm_classify_page_fault(0x15), BH_FAULT_EXECUTE);
}

static void classifies_protection_faults(void **state)
{
	static const struct {
		uint8_t code[6];
		size_t size;
		enum bh_fault fault;
	} cases[] = {
	        {{0xf4}, 1, BH_FAULT_INSTRUCTION},             /* hlt */
	        {{0xfa}, 1, BH_FAULT_INSTRUCTION},             /* cli */
	        {{0x0f, 0x20, 0xc0}, 3, BH_FAULT_INSTRUCTION}, /* mov cr0 */
	        {{0xe4, 0x71}, 2, BH_FAULT_INSTRUCTION},       /* in */
	        {{0xf3, 0x6e}, 2, BH_FAULT_INSTRUCTION},       /* rep outsb */
	        {{0xcd, 0x80}, 2, BH_FAULT_INSTRUCTION},       /* int 0x80 */
	        {{0x8a, 0x01}, 2, BH_FAULT_READ},              /* mov */
	        {{0x88, 0x01}, 2, BH_FAULT_WRITE},
	        {{0x48, 0x89, 0x08}, 3, BH_FAULT_WRITE},
	        {{0x66, 0x41, 0xc7, 0x00, 0, 0}, 6, BH_FAULT_WRITE},
	        {{0x0f, 0x28, 0x00}, 3, BH_FAULT_READ}, /* movaps */
	        {{0x0f, 0x29, 0x00}, 3, BH_FAULT_WRITE},
	        {{0x48, 0x39, 0x00}, 3, BH_FAULT_READ},  /* cmp */
	        {{0x48, 0x01, 0x00}, 3, BH_FAULT_WRITE}, /* add */
	        {{0x83, 0x38, 0x01}, 3, BH_FAULT_READ},  /* cmp $1 */
	        {{0x83, 0x00, 0x01}, 3, BH_FAULT_WRITE}, /* add $1 */
	        {{0x50}, 1, BH_FAULT_WRITE},             /* push */
	        {{0x58}, 1, BH_FAULT_READ},              /* pop */
	        {{0xc3}, 1, BH_FAULT_EXECUTE},           /* ret */
	        {{0xff, 0xe0}, 2, BH_FAULT_EXECUTE},     /* jmp *%rax */
	        {{0xff, 0x20}, 2, BH_FAULT_READ},        /* jmp *(%rax) */
	        {{0x66, 0x66}, 2, BH_FAULT_READ},        /* cut off */
	        {{0}, 0, BH_FAULT_READ},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (core_classify_protection(cases[i].code, cases[i].size) !=
		    cases[i].fault)
			fail_msg("case %zu is not %d", i, cases[i].fault);
}

static uint64_t load(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t gate_target(const uint8_t *gate)
{
	uint64_t low = load(gate);

	return (low & 0xffff) | (low >> 48 & 0xffff) << 16 |
	       load(gate + 8) << 32;
}

/* Only INT3 is for ring 3 to raise, and every stub lies in the stubs' page. */
static void fills_every_gate(void **state)
{
	uint8_t *memory = calloc(KVM_SYSTEM_PAGES, BH_PAGE_SIZE);

	(void)state;
	kvm_system_fill(memory);
	for (unsigned vector = 0; vector < KVM_IDT_ENTRIES; vector++) {
		const uint8_t *gate = memory + KVM_IDT_OFFSET + vector * 16;
		uint64_t target = gate_target(gate);
		uint64_t access = load(gate) >> 40 & 0xff;

		assert_int_equal(access, vector == 3 ? 0xee : 0x8e);
		assert_in_range(target, KVM_STUBS_ADDRESS,
		                KVM_STUBS_ADDRESS + BH_PAGE_SIZE - 1);
		assert_int_not_equal(memory[target - KVM_SYSTEM_BASE], 0);
	}
	free(memory);
}

static void permits_two_ports(void **state)
{
	uint8_t *memory = calloc(KVM_SYSTEM_PAGES, BH_PAGE_SIZE);
	const uint8_t *tss = memory + KVM_SYSTEM_TSS * BH_PAGE_SIZE;

	(void)state;
	kvm_system_fill(memory);
	for (unsigned port = 0; port < 256; port++) {
		bool open = !(tss[104 + port / 8] >> port % 8 & 1);

		assert_int_equal(open, port == KVM_PORT_EXCHANGE ||
		                               port == KVM_PORT_CALL);
	}
	/* A byte of ones must follow, within the limit. */
	assert_int_equal(tss[104 + 256 / 8], 0xff);
	assert_in_range(104 + 256 / 8, 0, KVM_TSS_LIMIT);
	free(memory);
}

static void entry_leaves_where_it_says(void **state)
{
	uint8_t page[BH_PAGE_SIZE];

	(void)state;
	kvm_write_entry(page);
	assert_int_equal(page[KVM_ENTRY_OUT], 0xe6);
	assert_int_equal(page[KVM_ENTRY_OUT + 1], KVM_PORT_EXCHANGE);
}

static void reduces_the_cpu_to_the_baseline(void **state)
{
	static union kvm_cpu_model model;
	static const struct kvm_cpuid_entry2 offered[] = {
	        {.function = 0, .eax = 0x20, .ebx = 0x68747541},
	        {.function = 1, .ecx = UINT32_MAX, .edx = UINT32_MAX},
	        {.function = 7, .index = 0, .eax = 2, .ebx = UINT32_MAX},
	        {.function = 7, .index = 1, .eax = UINT32_MAX},
	        {.function = 0xd, .index = 0, .eax = 7},
	        {.function = 0x40000000, .ebx = 0x4b4d564b},
	        {.function = 0x80000000, .eax = 0x80000021},
	        {.function = 0x80000008, .eax = 0x3028, .ebx = UINT32_MAX},
	};

	(void)state;
	model.table.nent = sizeof(offered) / sizeof(offered[0]);
	memcpy(model.table.entries, offered, sizeof(offered));
	kvm_cpuid_reduce(&model);
	assert_int_equal(model.table.nent, 5);
	assert_int_equal(model.table.entries[0].eax, 7);
	assert_int_equal(model.table.entries[1].ecx, 0);
	assert_true(model.table.entries[1].edx >> 26 & 1); /* SSE2 */
	assert_int_equal(model.table.entries[2].ebx, 1);   /* FSGSBASE */
	assert_int_equal(model.table.entries[3].eax, 0x80000008);
	assert_int_equal(model.table.entries[4].ebx, 0);
	assert_int_equal(kvm_cpuid_physical_bits(&model), 40);
	assert_true(kvm_cpuid_has_fsgsbase(&model));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(classifies_page_faults),
	        cmocka_unit_test(classifies_protection_faults),
	        cmocka_unit_test(fills_every_gate),
	        cmocka_unit_test(permits_two_ports),
	        cmocka_unit_test(entry_leaves_where_it_says),
	        cmocka_unit_test(reduces_the_cpu_to_the_baseline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
