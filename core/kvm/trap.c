/* SPDX-License-Identifier: ISC */
#include "core/kvm/trap.h"

#include <stdbool.h>
#include <string.h>

/* Code segment of the stubs; the entries before the user segments are free. */
#define SELECTOR_STUBS 0x10u

/* Flat 64-bit segments, accessed bits set: the page is read-only. */
#define DESCRIPTOR_CODE_0 UINT64_C(0x00af9b000000ffff)
#define DESCRIPTOR_DATA_3 UINT64_C(0x00cff3000000ffff)
#define DESCRIPTOR_CODE_3 UINT64_C(0x00affb000000ffff)

#define GATE_INTERRUPT UINT64_C(0x8e00)
#define GATE_RING3     UINT64_C(0x6000)

#define STUB_SIZE 16u

#define TSS_RSP0          4u
#define TSS_BITMAP_OFFSET 102u
#define TSS_BITMAP        104u

/* Vectors for which the processor pushes an error code. */
#define WITH_ERROR_CODE                                                        \
	(1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 |      \
	 1u << 17 | 1u << 21 | 1u << 29 | 1u << 30)

#define PAGE_FAULT_WRITE 2u
#define PAGE_FAULT_FETCH 16u

static void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint64_t stub_address(unsigned vector)
{
	return KVM_STUBS_ADDRESS + vector * STUB_SIZE;
}

static void fill_gate(uint8_t *idt, unsigned vector)
{
	uint64_t stub = stub_address(vector);
	/* INT3 is the one exception that a program may raise by itself. */
	uint64_t type = vector == KVM_VECTOR_BREAKPOINT
	                        ? GATE_INTERRUPT | GATE_RING3
	                        : GATE_INTERRUPT;

	put64(idt + vector * 16, (stub & 0xffff) | SELECTOR_STUBS << 16 |
	                                 type << 32 |
	                                 (stub >> 16 & 0xffff) << 48);
	put64(idt + vector * 16 + 8, stub >> 32);
}

static void fill_stub(uint8_t *stubs, unsigned vector)
{
	const uint8_t push_zero[] = {0x6a, 0x00};
	/* clang-format off */
	const uint8_t rest[] = {
	        0x6a, (uint8_t)vector, /* push vector */
	        0xe6, KVM_PORT_TRAP,   /* out %al, port */
	        0x48, 0x83, 0xc4, 16,  /* add $16, %rsp */
	        0x48, 0xcf,            /* iretq */
	};
	/* clang-format on */
	uint8_t *at = stubs + vector * STUB_SIZE;

	if (!(WITH_ERROR_CODE >> vector & 1)) {
		memcpy(at, push_zero, sizeof(push_zero));
		at += sizeof(push_zero);
	}
	memcpy(at, rest, sizeof(rest));
}

static void allow_port(uint8_t *tss, unsigned port)
{
	tss[TSS_BITMAP + port / 8] &= (uint8_t)~(1u << port % 8);
}

void kvm_system_fill(uint8_t *memory)
{
	uint8_t *gdt = memory;
	uint8_t *idt = memory + KVM_IDT_OFFSET;
	uint8_t *stubs = memory + KVM_SYSTEM_STUBS * BH_PAGE_SIZE;
	uint8_t *tss = memory + KVM_SYSTEM_TSS * BH_PAGE_SIZE;
	const uint16_t bitmap = TSS_BITMAP;

	put64(gdt + SELECTOR_STUBS, DESCRIPTOR_CODE_0);
	put64(gdt + (KVM_SELECTOR_DATA & ~7u), DESCRIPTOR_DATA_3);
	put64(gdt + (KVM_SELECTOR_CODE & ~7u), DESCRIPTOR_CODE_3);
	for (unsigned vector = 0; vector < KVM_IDT_ENTRIES; vector++) {
		fill_gate(idt, vector);
		fill_stub(stubs, vector);
	}
	put64(tss + TSS_RSP0, KVM_STACK_TOP);
	memcpy(tss + TSS_BITMAP_OFFSET, &bitmap, sizeof(bitmap));
	memset(tss + TSS_BITMAP, 0xff, KVM_TSS_LIMIT + 1 - TSS_BITMAP);
	allow_port(tss, KVM_PORT_EXCHANGE);
	allow_port(tss, KVM_PORT_CALL);
}

struct kvm_frame *kvm_system_frame(uint8_t *memory)
{
	return (struct kvm_frame *)(void *)(memory +
	                                    (KVM_STACK_TOP - KVM_SYSTEM_BASE) -
	                                    sizeof(struct kvm_frame));
}

void kvm_write_entry(uint8_t *page)
{
	/* An exchange has no argument and returns 0: rax is 0 on its way. */
	/* clang-format off */
	const uint8_t code[] = {
	        0x48, 0x89, 0xf8,        /* mov %rdi, %rax */
	        0x48, 0x09, 0xf0,        /* or %rsi, %rax */
	        0x48, 0x09, 0xd0,        /* or %rdx, %rax */
	        0x48, 0x09, 0xc8,        /* or %rcx, %rax */
	        0x75, 0x03,              /* jnz 1f */
	        0xe6, KVM_PORT_EXCHANGE, /* out %al, port */
	        0xc3,                    /* ret */
	        0xe6, KVM_PORT_CALL,     /* 1: out %al, port */
	        0xc3,                    /* ret */
	};
	/* clang-format on */

	const uint8_t syscall[] = {0x0f, 0x05};

	_Static_assert(sizeof(code) <= KVM_ENTRY_SYSCALL,
	               "one after the other");
	memset(page, 0xcc, BH_PAGE_SIZE);
	memcpy(page, code, sizeof(code));
	memcpy(page + KVM_ENTRY_SYSCALL, syscall, sizeof(syscall));
}

enum bh_fault kvm_classify_page_fault(uint64_t error_code)
{
	if (error_code & PAGE_FAULT_FETCH)
		return BH_FAULT_EXECUTE;
	return error_code & PAGE_FAULT_WRITE ? BH_FAULT_WRITE : BH_FAULT_READ;
}
