/* SPDX-License-Identifier: ISC */
#include "seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define HOST_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define HOST_AUDIT_ARCH AUDIT_ARCH_AARCH64
#else
#error "bh runs on x86-64 and aarch64 hosts"
#endif

/* Load and compare both halves of each argument, plus number and verdict. */
#define RULE_LENGTH_MAX (2 + BH_SECCOMP_CHECKS * 6 + 1)
#define PROGRAM_MAX (4 + BH_SECCOMP_RULES_MAX * RULE_LENGTH_MAX)

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned length;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt,
                 uint8_t jf)
{
	p->code[p->length++] = (struct sock_filter){code, jt, jf, k};
}

static void emit_load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* Jumps over the rest of the rule (patched later) unless A == value. */
static void emit_require(struct program *p, uint32_t value)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, UINT8_MAX);
}

static void emit_check_half(struct program *p, size_t offset, uint32_t mask,
                            uint32_t value)
{
	if (mask == 0)
		return;
	emit_load(p, offset);
	if (mask != UINT32_MAX)
		emit(p, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	emit_require(p, value);
}

static void emit_check(struct program *p, const struct bh_seccomp_check *check)
{
	size_t low = offsetof(struct seccomp_data, args) +
	             check->index * sizeof(uint64_t);

	emit_check_half(p, low, (uint32_t)check->mask, (uint32_t)check->value);
	emit_check_half(p, low + sizeof(uint32_t),
	                (uint32_t)(check->mask >> 32),
	                (uint32_t)(check->value >> 32));
}

static void emit_rule(struct program *p, const struct bh_seccomp_rule *rule)
{
	unsigned start = p->length;

	emit_load(p, offsetof(struct seccomp_data, nr));
	emit_require(p, (uint32_t)rule->number);
	for (unsigned i = 0; i < BH_SECCOMP_CHECKS; i++)
		emit_check(p, &rule->checks[i]);
	emit(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);

	for (unsigned i = start; i < p->length; i++)
		if (p->code[i].jf == UINT8_MAX)
			p->code[i].jf = (uint8_t)(p->length - i - 1);
}

static bool rule_is_possible(const struct bh_seccomp_rule *rule)
{
	if (rule->number < 0)
		return false;
	for (unsigned i = 0; i < BH_SECCOMP_CHECKS; i++)
		if (rule->checks[i].index > 5 ||
		    (rule->checks[i].value & ~rule->checks[i].mask))
			return false;
	return true;
}

int bh_seccomp_enter(const struct bh_seccomp_rule *rules, size_t count)
{
	struct program p = {.length = 0};
	struct sock_fprog program;

	if (count > BH_SECCOMP_RULES_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		if (!rule_is_possible(&rules[i]))
			return -EINVAL;

	emit_load(&p, offsetof(struct seccomp_data, arch));
	emit(&p, BPF_JMP | BPF_JEQ | BPF_K, HOST_AUDIT_ARCH, 1, 0);
	emit(&p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	for (size_t i = 0; i < count; i++)
		emit_rule(&p, &rules[i]);
	emit(&p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);

	program.len = (unsigned short)p.length;
	program.filter = p.code;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		return -errno;
	return 0;
}
