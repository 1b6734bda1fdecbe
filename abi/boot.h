/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_BOOT_H
#define BH_ABI_BOOT_H

/*
 * Boot information: what a guest finds when it starts.
 *
 * The core starts the guest at its ELF entry point with the address of struct
 * bh_boot_info in the first argument register of the ISA's C calling
 * convention (rdi, x0, a0), a stack pointer aligned to 16 bytes as at the
 * entry of a function (on x86-64: 8 modulo 16, with a zero return address),
 * every other general register zero, and the frame pointer zero so that a
 * backtrace ends there.  Floating point is in the ISA's default state: round
 * to nearest, no traps, subnormals kept.
 *
 * The structure, its strings and its channel table lie in pages that the
 * guest can read and not write.  It only ever grows at its end: a guest checks
 * `size` before it uses a field that version 1.0 did not have.
 *
 * Everything here is the same for all variants of a domain except the
 * addresses, `isa` and `secret`.  Those must never influence what the guest
 * submits; the monitor would take it for a divergence, and rightly.
 */

#include "base.h"

#define BH_BOOT_MAGIC UINT32_C(0x6f626862) /* "bhbo" */

/* Feature word 0: what this core and this exo can do beyond version 1.0. */
#define BH_FEATURE_UPCALLS (UINT64_C(1) << 0) /* BH_CALL_SET_UPCALL, RESUME */
#define BH_FEATURE_THREAD_POINTER (UINT64_C(1) << 1) /* BH_CALL_SET_THREAD_POINTER */
#define BH_FEATURE_MEMORY (UINT64_C(1) << 2)  /* BH_CALL_MEMORY, the arena */
#define BH_FEATURE_SIGNALS (UINT64_C(1) << 3) /* BH_CONTROL_SIGNAL may come */
#define BH_FEATURE_RISCV_BITS (UINT64_C(1) << 4) /* all riscv64 variants of the
	domain know Zba, Zbb and Zbs */
#define BH_FEATURE_ARM_OPTIONS (UINT64_C(1) << 5) /* all aarch64 variants of the
	domain know FEAT_LSE and FEAT_CRC32 */

/* Protocols.  A channel speaks one; abi/protocol/NAME.h defines it. */
enum bh_protocol {
	BH_PROTOCOL_CONTROL = 0,
	BH_PROTOCOL_CONSOLE = 1,
	BH_PROTOCOL_CLOCK = 2,
	BH_PROTOCOL_ENTROPY = 3,
	BH_PROTOCOL_RECOVERY = 4,
	BH_PROTOCOL_SERVICE = 5, /* between two domains; types are theirs */
	/* Between a domain and a device; exo treats them as SERVICE. */
	BH_PROTOCOL_NET = 6,
	BH_PROTOCOL_VOLUME = 7,
};

/* Which end of a channel the guest holds. */
enum bh_role {
	BH_ROLE_CLIENT = 0, /* submits requests, receives replies */
	BH_ROLE_SERVER = 1, /* receives requests, submits replies */
};

/* One entry of the channel table; its index is the channel's number. */
struct bh_channel_info {
	uint16_t protocol;       /* enum bh_protocol */
	uint16_t role;           /* enum bh_role */
	uint32_t credit;         /* requests that may be unanswered at a time */
	char name[BH_NAME_SIZE]; /* zero-terminated; "console", "clock", ... */
};

BH_ASSERT_SIZE(bh_channel_info, 40);
BH_ASSERT_OFFSET(bh_channel_info, role, 2);
BH_ASSERT_OFFSET(bh_channel_info, credit, 4);
BH_ASSERT_OFFSET(bh_channel_info, name, 8);

/*
 * The arena is memory that the guest manages itself with BH_CALL_MEMORY, for
 * guests that are kernels.  It has two parts: `low` begins at BH_GUEST_BOTTOM,
 * where programs are linked that cannot be moved; `high` lies at a random
 * address.  All of it starts as BH_MEMORY_NONE.
 *
 * The root image of this ISA is mapped read-only.  It differs per ISA, so it
 * must not influence what the guest submits except through what its files have
 * in common.
 */
struct bh_boot_info {
	uint32_t magic;           /* BH_BOOT_MAGIC */
	uint32_t version;         /* BH_ABI_VERSION of the core */
	uint32_t size;            /* bytes of this structure that the core filled */
	uint32_t isa;             /* enum bh_isa */
	uint64_t features[2];     /* feature words */
	uint64_t hypercall;       /* address of the entry, see hypercall.h */
	uint64_t submission;      /* address of the submission buffer */
	uint64_t completion;      /* address of the completion buffer */
	uint32_t submission_size; /* of the buffer, header included */
	uint32_t completion_size;
	uint64_t image_base;      /* lowest address of the image */
	uint64_t image_size;      /* up to the end of its last segment */
	uint64_t heap_base;       /* zeroed read-write memory for the guest */
	uint64_t heap_size;
	uint64_t stack_base;      /* lowest address; below it lies a guard */
	uint64_t stack_size;
	uint64_t arguments;       /* argument_count strings back to back, each
	                             zero-terminated */
	uint64_t environment;     /* likewise, NAME=VALUE */
	uint32_t argument_count;
	uint32_t environment_count;
	uint64_t channels;        /* channel_count of struct bh_channel_info */
	uint32_t channel_count;
	uint32_t channel_size;    /* sizeof(struct bh_channel_info): the stride */
	uint64_t secret[2];       /* random, different in every variant: stack
	                             protector and allocator canaries */
	uint64_t arena_low_base;  /* the arena, see above; sizes are zero if */
	uint64_t arena_low_size;  /* the domain has none */
	uint64_t arena_high_base;
	uint64_t arena_high_size;
	uint64_t memory_limit;    /* bytes of the arena that may be writable at a
	                             time */
	uint64_t root_base;       /* the root image; size zero if there is none */
	uint64_t root_size;
};

BH_ASSERT_SIZE(bh_boot_info, 224);
BH_ASSERT_OFFSET(bh_boot_info, version, 4);
BH_ASSERT_OFFSET(bh_boot_info, size, 8);
BH_ASSERT_OFFSET(bh_boot_info, isa, 12);
BH_ASSERT_OFFSET(bh_boot_info, features, 16);
BH_ASSERT_OFFSET(bh_boot_info, hypercall, 32);
BH_ASSERT_OFFSET(bh_boot_info, submission, 40);
BH_ASSERT_OFFSET(bh_boot_info, completion, 48);
BH_ASSERT_OFFSET(bh_boot_info, submission_size, 56);
BH_ASSERT_OFFSET(bh_boot_info, completion_size, 60);
BH_ASSERT_OFFSET(bh_boot_info, image_base, 64);
BH_ASSERT_OFFSET(bh_boot_info, image_size, 72);
BH_ASSERT_OFFSET(bh_boot_info, heap_base, 80);
BH_ASSERT_OFFSET(bh_boot_info, heap_size, 88);
BH_ASSERT_OFFSET(bh_boot_info, stack_base, 96);
BH_ASSERT_OFFSET(bh_boot_info, stack_size, 104);
BH_ASSERT_OFFSET(bh_boot_info, arguments, 112);
BH_ASSERT_OFFSET(bh_boot_info, environment, 120);
BH_ASSERT_OFFSET(bh_boot_info, argument_count, 128);
BH_ASSERT_OFFSET(bh_boot_info, environment_count, 132);
BH_ASSERT_OFFSET(bh_boot_info, channels, 136);
BH_ASSERT_OFFSET(bh_boot_info, channel_count, 144);
BH_ASSERT_OFFSET(bh_boot_info, channel_size, 148);
BH_ASSERT_OFFSET(bh_boot_info, secret, 152);
BH_ASSERT_OFFSET(bh_boot_info, arena_low_base, 168);
BH_ASSERT_OFFSET(bh_boot_info, arena_high_base, 184);
BH_ASSERT_OFFSET(bh_boot_info, memory_limit, 200);
BH_ASSERT_OFFSET(bh_boot_info, root_base, 208);
BH_ASSERT_OFFSET(bh_boot_info, root_size, 216);

#endif
