/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "seccomp.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include "abi/cell.h"

static const struct bh_seccomp_rule rules[] = {
        {SYS_epoll_pwait2, "wait for posts, input, the launcher, time", {{0}}},
        {SYS_epoll_ctl, "arm and disarm the console's descriptors", {{0}}},
        {SYS_poll, "is the console ready?", {{0}}},
        {SYS_read, "console input", {{0}}},
        {SYS_write, "console output, trace, messages to the launcher, devices' bells", {{0}}},
        {SYS_pwrite64,
         "raw reports",
         {BH_SECCOMP_ARG(0, BH_EXO_FD_REPORT)}},
        {SYS_recvfrom,
         "messages from the launcher",
         {BH_SECCOMP_ARG(0, BH_EXO_FD_CONTROL)}},
        {SYS_futex,
         "wake variants",
         {BH_SECCOMP_ARG(1, FUTEX_WAKE)}},
        {SYS_sched_yield, "offer the CPU to the variants", {{0}}},
        {SYS_getrandom, "entropy for guests", {{0}}},
        {SYS_clock_gettime, "time, where the vDSO has no clock", {{0}}},
        {SYS_exit_group, "end", {{0}}},
#ifdef BH_SANITIZE
        {SYS_mmap, "the sanitizers' own memory", {{0}}},
        {SYS_munmap, "the sanitizers' own memory", {{0}}},
        {SYS_getpid, "the sanitizers' messages", {{0}}},
        {SYS_gettid, "the sanitizers' messages", {{0}}},
        {SYS_sigaltstack, "the sanitizers' end", {{0}}},
        {SYS_rt_sigprocmask, "the sanitizers' end", {{0}}},
        {SYS_madvise, "the sanitizers' own memory", {{0}}},
#endif
};

const struct bh_seccomp_rule *exo_seccomp_rules(size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]);
	return rules;
}
