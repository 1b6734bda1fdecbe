/* SPDX-License-Identifier: ISC */
#include "names.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>

#include "abi/exchange.h"
#include "abi/protocol/control.h"
#include "abi/report.h"

#ifndef EM_RISCV
#define EM_RISCV 243
#endif

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const isas[] = {
        [BH_ISA_X86_64] = "x86_64",
        [BH_ISA_AARCH64] = "aarch64",
        [BH_ISA_RISCV64] = "riscv64",
};

static const char *const cores[] = {
        [BH_CORE_ANY] = "any",
        [BH_CORE_NATIVE] = "native",
        [BH_CORE_KVM] = "kvm",
        [BH_CORE_UNICORN] = "unicorn",
        [BH_CORE_XLATE] = "xlate",
        [BH_CORE_INTERPRET] = "interpret",
};

static const char *const consequences[] = {
        [BH_CONSEQUENCE_ENDS] = "ends",
        [BH_CONSEQUENCE_GOES_ON] = "goes on",
        [BH_CONSEQUENCE_RESTARTS] = "restarts",
        [BH_CONSEQUENCE_GIVEN_UP] = "given up",
};

static const char *const verdicts[] = {
        [BH_VERDICT_AGREED] = "agreed",
        [BH_VERDICT_DIVERGENCE] = "divergence",
        [BH_VERDICT_FAULT] = "fault",
        [BH_VERDICT_DEADLINE] = "deadline",
};

static const char *const reasons[] = {
        [BH_REASON_NONE] = "none",
        [BH_REASON_BYTES] = "bytes",
        [BH_REASON_LENGTH] = "length",
        [BH_REASON_FAULT] = "fault",
        [BH_REASON_LOST] = "lost",
        [BH_REASON_ABSENT] = "absent",
        [BH_REASON_ALL_FAULT] = "all-fault",
        [BH_REASON_ALL_LOST] = "all-lost",
        [BH_REASON_ABORT] = "abort",
        [BH_REASON_MALFORMED] = "malformed",
        [BH_REASON_COUNT] = "count",
};

static const char *const faults[] = {
        [BH_FAULT_NONE] = "none",
        [BH_FAULT_READ] = "read",
        [BH_FAULT_WRITE] = "write",
        [BH_FAULT_EXECUTE] = "execute",
        [BH_FAULT_INSTRUCTION] = "instruction",
        [BH_FAULT_TRAP] = "trap",
        [BH_FAULT_ARITHMETIC] = "arithmetic",
        [BH_FAULT_SYSCALL] = "syscall",
        [BH_FAULT_ALIGNMENT] = "alignment",
        [BH_FAULT_HYPERCALL] = "hypercall",
        [BH_FAULT_OTHER] = "other",
};

static const char *const posts[] = {
        [BH_POST_NONE] = "absent",       [BH_POST_READY] = "ready",
        [BH_POST_EXCHANGE] = "exchange", [BH_POST_FAULT] = "fault",
        [BH_POST_ERROR] = "error",       [BH_POST_STATE] = "interrupted",
};

static const char *const malformed[] = {
        [BH_MALFORMED_NONE] = "nothing is wrong",
        [BH_MALFORMED_HEADER] = ("a field of the submission header is out of "
                                 "range"),
        [BH_MALFORMED_EXCHANGE] = "the exchange number is out of turn",
        [BH_MALFORMED_SIZE] = "a record's size is too small or too large",
        [BH_MALFORMED_COUNT] = "batch length and record count disagree",
        [BH_MALFORMED_PADDING] = "padding or a reserved field is not zero",
        [BH_MALFORMED_CHANNEL] = ("a record names a channel that does not "
                                  "exist"),
        [BH_MALFORMED_TYPE] = ("a record has a type that its channel's "
                               "protocol does not define"),
        [BH_MALFORMED_FIELD] = ("a record has a value that its protocol "
                                "excludes"),
        [BH_MALFORMED_TAG] = "a reply answers no open request",
        [BH_MALFORMED_AFTER_EXIT] = "a record follows exit or abort",
};

static const char *const aborts[] = {
        [BH_ABORT_CALLED] = "it called abort()",
        [BH_ABORT_STACK_SMASHED] = ("its stack protector found an overwritten "
                                    "canary"),
        [BH_ABORT_HEAP_CORRUPTED] = "its allocator found a corrupted heap",
        [BH_ABORT_BOOT] = "it cannot use its boot information",
};

static const char *look_up(const char *const *table, size_t count, uint32_t i)
{
	return i < count && table[i] ? table[i] : "unknown";
}

static uint32_t find(const char *const *table, size_t count, const char *name)
{
	for (uint32_t i = 1; i < count; i++)
		if (table[i] && strcmp(table[i], name) == 0)
			return i;
	return 0;
}

const char *isa_name(uint32_t isa)
{
	return look_up(isas, COUNT(isas), isa);
}

enum bh_isa isa_from_name(const char *name)
{
	return (enum bh_isa)find(isas, COUNT(isas), name);
}

enum bh_isa isa_from_elf_machine(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return BH_ISA_X86_64;
	case EM_AARCH64:
		return BH_ISA_AARCH64;
	case EM_RISCV:
		return BH_ISA_RISCV64;
	default:
		return BH_ISA_NONE;
	}
}

const char *core_name(uint32_t core)
{
	return look_up(cores, COUNT(cores), core);
}

enum bh_core_kind core_from_name(const char *name)
{
	return (enum bh_core_kind)find(cores, COUNT(cores), name);
}

const char *verdict_name(uint32_t verdict)
{
	return look_up(verdicts, COUNT(verdicts), verdict);
}

const char *reason_name(uint32_t reason)
{
	return look_up(reasons, COUNT(reasons), reason);
}

const char *consequence_name(uint32_t consequence)
{
	return look_up(consequences, COUNT(consequences), consequence);
}

const char *fault_name(uint32_t fault)
{
	return look_up(faults, COUNT(faults), fault);
}

const char *post_name(uint32_t post)
{
	return look_up(posts, COUNT(posts), post);
}

const char *malformed_text(uint32_t what)
{
	return look_up(malformed, COUNT(malformed), what);
}

const char *abort_text(uint32_t what)
{
	return look_up(aborts, COUNT(aborts), what);
}
