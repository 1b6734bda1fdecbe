/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_CORE_H
#define BH_ABI_CORE_H

/*
 * How the launcher starts a core process: open descriptors at fixed numbers,
 * and a start block that says what to run.  No argument or environment
 * variable of the process means anything.  The process starts in namespaces of
 * its own (user, PID, mount, network, IPC, UTS, cgroup) as far as the host
 * grants them, as user 0 of its user namespace, with PR_SET_PDEATHSIG set to
 * SIGKILL; it sheds the rest itself (lib/sandbox.h) before it looks at a byte
 * of the image.
 */

#include "base.h"
#include "boot.h"

enum bh_core_fd {
	BH_CORE_FD_START = 3,    /* the start block, read from its beginning */
	BH_CORE_FD_IMAGE = 4,    /* the guest's ELF image, opened read-only */
	BH_CORE_FD_AREA = 5,     /* the exchange area, a sealed memfd */
	BH_CORE_FD_DOORBELL = 6, /* an eventfd that exo waits on */
	BH_CORE_FD_KVM = 7,      /* /dev/kvm, for the kvm core only */
	BH_CORE_FD_ROOT = 8,     /* the root image, opened read-only; may be
	                            absent */
	BH_CORE_FD_KEPT = 9,     /* kept translations of its code, opened
	                            read-only; for the xlate core, may be absent */
};

/* Interrupts a computing guest: the core posts BH_POST_STATE and waits. */
#define BH_CORE_SIGNAL_DESCRIBE 10 /* SIGUSR1 on every Linux that matters here */

#define BH_CORE_MAGIC UINT32_C(0x6f636862) /* "bhco" */
#define BH_CORE_STRINGS_MAX 65536u

/* Flags of a start block. */
#define BH_CORE_NO_SANDBOX_ROOT (UINT32_C(1) << 0) /* the host offers no mount
	namespace: the core keeps the root and relies on Landlock and seccomp */
#define BH_CORE_NO_LANDLOCK (UINT32_C(1) << 1) /* the host offers no Landlock */
#define BH_CORE_RISCV_BITS (UINT32_C(1) << 2) /* the guest is told of
	BH_FEATURE_RISCV_BITS, */
#define BH_CORE_ARM_OPTIONS (UINT32_C(1) << 3) /* and of BH_FEATURE_ARM_OPTIONS */

struct bh_core_start {
	uint32_t magic;           /* BH_CORE_MAGIC */
	uint32_t version;         /* BH_ABI_VERSION */
	uint32_t size;            /* of this structure; the strings follow it */
	uint32_t isa;             /* enum bh_isa that the image must have */
	uint32_t flags;           /* BH_CORE_* */
	uint32_t submission_size; /* as in exchange.h */
	uint32_t completion_size;
	uint32_t stack_size;      /* multiple of BH_PAGE_SIZE */
	uint64_t heap_size;       /* multiple of BH_PAGE_SIZE */
	uint64_t arena_low_size;  /* likewise; both zero: no arena */
	uint64_t arena_high_size;
	uint64_t memory_limit;    /* boot.h; held by RLIMIT_DATA */
	uint64_t seed[4];         /* of this variant's layout and secret */
	uint32_t argument_count;  /* strings, zero-terminated, first in the */
	uint32_t environment_count; /* string area; then the environment's */
	uint32_t strings_size;    /* bytes of both, at most BH_CORE_STRINGS_MAX */
	uint32_t channel_count;
	struct bh_channel_info channels[BH_MAX_CHANNELS];
};

BH_ASSERT_SIZE(bh_core_start, 1392);
BH_ASSERT_OFFSET(bh_core_start, isa, 12);
BH_ASSERT_OFFSET(bh_core_start, flags, 16);
BH_ASSERT_OFFSET(bh_core_start, submission_size, 20);
BH_ASSERT_OFFSET(bh_core_start, stack_size, 28);
BH_ASSERT_OFFSET(bh_core_start, heap_size, 32);
BH_ASSERT_OFFSET(bh_core_start, arena_low_size, 40);
BH_ASSERT_OFFSET(bh_core_start, memory_limit, 56);
BH_ASSERT_OFFSET(bh_core_start, seed, 64);
BH_ASSERT_OFFSET(bh_core_start, argument_count, 96);
BH_ASSERT_OFFSET(bh_core_start, strings_size, 104);
BH_ASSERT_OFFSET(bh_core_start, channel_count, 108);
BH_ASSERT_OFFSET(bh_core_start, channels, 112);

#endif
