/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_NAMES_H
#define BH_CLI_NAMES_H

/*
 * The words of the contracts as people write and read them.  Functions that
 * name a number return a static string for every number, "unknown" included:
 * the numbers come from untrusted processes.
 */

#include <stdint.h>

#include "abi/base.h"

/* "x86_64", "aarch64", "riscv64" */
const char *isa_name(uint32_t isa);
/* BH_ISA_NONE if there is no such name. */
enum bh_isa isa_from_name(const char *name);
/* The ISA of an ELF machine number, or BH_ISA_NONE. */
enum bh_isa isa_from_elf_machine(uint16_t machine);
#define ISA_NAMES "x86_64, aarch64, riscv64"

/* One of CORE_NAMES; "any" for BH_CORE_ANY */
const char *core_name(uint32_t core);
/* BH_CORE_ANY if there is no such name. */
enum bh_core_kind core_from_name(const char *name);
#define CORE_KINDS (BH_CORE_INTERPRET + 1u) /* of enum bh_core_kind, to index by */
#define CORE_NAMES "native, kvm, xlate, interpret, unicorn"

/* The instruction set of this host. */
#if defined(__x86_64__)
#define HOST_ISA BH_ISA_X86_64
#elif defined(__aarch64__)
#define HOST_ISA BH_ISA_AARCH64
#else
#error "bh runs on x86-64 and aarch64 hosts"
#endif

const char *verdict_name(uint32_t verdict);     /* "agreed", ... */
const char *reason_name(uint32_t reason);       /* "bytes", ... */
const char *consequence_name(uint32_t consequence); /* "ends", ... */
const char *fault_name(uint32_t fault);         /* "read", "execute", ... */
const char *post_name(uint32_t post);           /* "exchange", "absent", ... */
const char *malformed_text(uint32_t malformed); /* a clause */
const char *abort_text(uint32_t abort);         /* a clause */

#endif
