/* SPDX-License-Identifier: ISC */
#ifndef BH_CORE_KVM_TRAP_H
#define BH_CORE_KVM_TRAP_H

/*
 * How the guest leaves ring 3, and what the core makes of it.
 *
 * The vCPU starts in ring 3 and spends its life there, which is what makes it
 * run natively on the software-only PVM flavour of KVM.  It leaves on its own
 * by an OUT to one of two ports that the I/O permission bitmap of its TSS
 * allows.  Every exception goes through an interrupt gate to a stub in ring 0
 * that pushes the vector, does an OUT to a third port, and returns by IRET
 * when the core lets it go on.  So each exception arrives with its precise
 * frame in supervisor memory that the guest cannot touch, alike on PVM (which
 * emulates those few ring-0 instructions), VT-x and SVM; on SVM a shutdown
 * instead would lose the registers.
 *
 * All of it lies in the supervisor pages at KVM_SYSTEM_BASE:
 *
 *      page 0  descriptors: GDT, IDT       read
 *      page 1  stubs                       read, execute
 *      page 2  TSS with its I/O bitmap     read
 *      page 3  stack of ring 0             read, write
 *
 * Sources: Intel SDM volume 3A, chapters 6.12 and 6.14 (gates, 64-bit frame),
 * 7.7 (64-bit TSS), volume 1, chapter 19.5.2 (I/O permission bitmap).
 */

#include <stddef.h>
#include <stdint.h>

#include "abi/base.h"
#include "abi/exchange.h"

/* Outside every region, and mapped by the same top-level entry. */
#define KVM_SYSTEM_BASE        BH_GUEST_TOP
#define KVM_SYSTEM_DESCRIPTORS 0u
#define KVM_SYSTEM_STUBS       1u
#define KVM_SYSTEM_TSS         2u
#define KVM_SYSTEM_STACK       3u
#define KVM_SYSTEM_PAGES       4u

/* Ports: multiples of 8, so that each has a byte of the bitmap to itself. */
#define KVM_PORT_EXCHANGE 0x10u /* BH_CALL_EXCHANGE: no register matters */
#define KVM_PORT_CALL     0x18u /* any other hypercall */
#define KVM_PORT_TRAP     0x20u /* ring 0 only */

/* PVM insists on these two for ring 3; they are Linux's own. */
#define KVM_SELECTOR_CODE 0x33u
#define KVM_SELECTOR_DATA 0x2bu

enum kvm_vector {
	KVM_VECTOR_DIVIDE = 0,
	KVM_VECTOR_DEBUG = 1,
	KVM_VECTOR_BREAKPOINT = 3,
	KVM_VECTOR_UNDEFINED = 6,
	KVM_VECTOR_DOUBLE_FAULT = 8,
	KVM_VECTOR_STACK = 12,
	KVM_VECTOR_PROTECTION = 13,
	KVM_VECTOR_PAGE = 14,
	KVM_VECTOR_X87 = 16,
	KVM_VECTOR_ALIGNMENT = 17,
	KVM_VECTOR_SIMD = 19,
};

/* What a stub leaves at the top of the ring-0 stack. */
struct kvm_frame {
	uint64_t vector;
	uint64_t error_code;
	uint64_t rip;
	uint64_t cs;
	uint64_t rflags;
	uint64_t rsp;
	uint64_t ss;
};

BH_ASSERT_SIZE(kvm_frame, 56);

/* Where the processor finds what kvm_system_fill() has written. */
#define KVM_GDT_ADDRESS KVM_SYSTEM_BASE
#define KVM_GDT_ENTRIES 7u
#define KVM_IDT_OFFSET  1024u
#define KVM_IDT_ADDRESS (KVM_SYSTEM_BASE + KVM_IDT_OFFSET)
#define KVM_IDT_ENTRIES 32u
#define KVM_STUBS_ADDRESS                                                      \
	(KVM_SYSTEM_BASE + KVM_SYSTEM_STUBS * (uint64_t)BH_PAGE_SIZE)
#define KVM_TSS_ADDRESS                                                        \
	(KVM_SYSTEM_BASE + KVM_SYSTEM_TSS * (uint64_t)BH_PAGE_SIZE)
#define KVM_STACK_TOP                                                          \
	(KVM_SYSTEM_BASE + (KVM_SYSTEM_STACK + 1) * (uint64_t)BH_PAGE_SIZE)
#define KVM_TSS_LIMIT                                                          \
	(104u + 256u / 8u) /* bitmap for 256 ports, 0xff after                 \
	                    */

/*
 * LSTAR.  PVM sets EFER.SCE behind our back: there a SYSCALL arrives here,
 * still in ring 3, and faults at once on the supervisor page.  Elsewhere
 * EFER.SCE is clear and SYSCALL is an undefined instruction.
 */
#define KVM_SYSCALL_LANDING (KVM_STUBS_ADDRESS + 0x800)

/* Writes descriptors, stubs and TSS to the KVM_SYSTEM_PAGES at memory. */
void kvm_system_fill(uint8_t *memory);

/* The frame of the trap that the guest is in. */
struct kvm_frame *kvm_system_frame(uint8_t *memory);

/* Offset of the instruction in it that posts an exchange. */
#define KVM_ENTRY_OUT 14u
/* Of a system call, which nobody makes but kvm_machine_prove(). */
#define KVM_ENTRY_SYSCALL 32u

/* Code of the page at the hypercall entry, BH_PAGE_SIZE bytes. */
void kvm_write_entry(uint8_t *page);

/* The class of a page fault, from its error code. */
enum bh_fault kvm_classify_page_fault(uint64_t error_code);

#endif
