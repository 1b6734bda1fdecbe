/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_BASE_H
#define BH_ABI_BASE_H

/*
 * The words every other contract is written in: integer types, instruction
 * sets, error numbers, limits.
 *
 * All contracts in abi/ follow the same rules.  Fields are little-endian and
 * of fixed width.  Padding is named `reserved` and is zero; a receiver refuses
 * a message whose reserved fields are not.  Sizes are in bytes, times in
 * nanoseconds.  A structure that may grow starts with its own size, grows only
 * at its end, and never changes the meaning of a field it has once had.
 * Every size and offset is asserted at compile time, so that gcc, clang and
 * the three instruction sets cannot disagree about one.
 */

#include <stddef.h>
#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Broken-Hype's contracts are little-endian; so is every supported ISA."
#endif

#ifdef __cplusplus
#define BH_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define BH_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* Asserts that MEMBER of struct TYPE lies OFFSET bytes from its start. */
#define BH_ASSERT_OFFSET(type, member, offset)                                 \
	BH_STATIC_ASSERT(offsetof(struct type, member) == (offset),            \
	                 #type "." #member " has moved")

/* Asserts that struct TYPE occupies SIZE bytes. */
#define BH_ASSERT_SIZE(type, size)                                             \
	BH_STATIC_ASSERT(sizeof(struct type) == (size), #type " has changed size")

/*
 * The version of all contracts together.  The major half changes when an old
 * peer could misunderstand a new one; the minor half when something was added
 * that a feature bit announces.  Peers with different major halves refuse
 * each other.
 */
#define BH_ABI_MAJOR 1u
#define BH_ABI_MINOR 0u
#define BH_ABI_VERSION ((BH_ABI_MAJOR << 16) | BH_ABI_MINOR)

/* Instruction sets.  The numbers appear in files and never change. */
enum bh_isa {
	BH_ISA_NONE = 0,
	BH_ISA_X86_64 = 1,
	BH_ISA_AARCH64 = 2, /* A64, ARMv8.0-A with FP and Advanced SIMD */
	BH_ISA_RISCV64 = 3, /* RV64GC, lp64d */
};

/* Kinds of core process, see docs/architecture.md. */
enum bh_core_kind {
	BH_CORE_ANY = 0, /* the command line chooses the best one */
	BH_CORE_NATIVE = 1,
	BH_CORE_KVM = 2,
	BH_CORE_UNICORN = 3,
	BH_CORE_DEVICE = 4, /* no core: a device process, see device.h */
	BH_CORE_XLATE = 5,
	BH_CORE_INTERPRET = 6,
};

/*
 * Error numbers.  A status is zero or the negative of one of these.  The
 * values are those of Linux (asm-generic/errno-base.h and errno.h), which all
 * three instruction sets share, so that a personality can pass them on.
 */
enum bh_error {
	BH_ENOENT = 2,       /* no such channel, operation or object */
	BH_EIO = 5,          /* the other side failed */
	BH_EAGAIN = 11,      /* no credit left; try again after a completion */
	BH_ENOMEM = 12,      /* a buffer that was fixed at creation is full */
	BH_EINVAL = 22,      /* a field has a value that its contract excludes */
	BH_ENOSPC = 28,      /* recovery memory is full */
	BH_EPIPE = 32,       /* nobody reads the other end any more */
	BH_EMSGSIZE = 90,    /* a record does not fit where it has to go */
	BH_ECONNRESET = 104, /* the other domain is gone for good */
	BH_ETIMEDOUT = 110,  /* the deadline of an exchange has passed */
};

/* Limits.  They bound every array that trusted code holds. */
#define BH_MAX_VARIANTS 8u       /* variants of one domain */
#define BH_MAX_DOMAINS 16u       /* domains of one cell */
#define BH_MAX_CHANNELS 32u      /* channels of one domain, built-in included */
#define BH_MAX_CONNECTIONS 64u   /* channels between domains in one cell */
#define BH_NAME_SIZE 32u         /* a name, terminating zero included */

/*
 * The guest address space.  Guest-virtual equals guest-physical.  Nothing is
 * ever mapped below BH_GUEST_BOTTOM, so that a null pointer with any
 * plausible offset faults, nor at or above BH_GUEST_TOP, which is the top of
 * user space in RISC-V's Sv39 and within the physical address width of every
 * machine that has KVM.
 */
#define BH_GUEST_BOTTOM UINT64_C(0x10000)
#define BH_GUEST_TOP UINT64_C(0x4000000000)
#define BH_PAGE_SIZE 4096u

#endif
