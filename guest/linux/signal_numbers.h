/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_SIGNAL_NUMBERS_H
#define BH_LINUX_SIGNAL_NUMBERS_H

/* asm-generic/signal.h and siginfo.h of Linux, the same on the three ISAs; and
 * what signal.c offers to signal_calls.c alone. */

#include "abi/exchange.h"
#include "abi/protocol/control.h"
#include "guest/linux/arch.h"

#define SIGNAL_BIT(n) (UINT64_C(1) << ((n)-1))

enum {
	SIGHUP = 1,
	SIGINT = 2,
	SIGQUIT = 3,
	SIGILL = 4,
	SIGTRAP = 5,
	SIGABRT = 6,
	SIGBUS = 7,
	SIGFPE = 8,
	SIGKILL = 9,
	SIGUSR1 = 10,
	SIGSEGV = 11,
	SIGUSR2 = 12,
	SIGPIPE = 13,
	SIGALRM = 14,
	SIGTERM = 15,
	SIGCHLD = 17,
	SIGCONT = 18,
	SIGSTOP = 19,
	SIGTSTP = 20,
	SIGTTIN = 21,
	SIGTTOU = 22,
	SIGURG = 23,
	SIGVTALRM = 26,
	SIGPROF = 27,
	SIGWINCH = 28,
	SIGIO = 29,
	SIGSYS = 31,
	SIGRTMIN = 32,
};

#define SIG_DFL 0u
#define SIG_IGN 1u

#define SA_NOCLDSTOP UINT64_C(1)
#define SA_SIGINFO UINT64_C(4)
#define SA_RESTORER UINT64_C(0x04000000)
#define SA_ONSTACK UINT64_C(0x08000000)
#define SA_RESTART UINT64_C(0x10000000)
#define SA_NODEFER UINT64_C(0x40000000)
#define SA_RESETHAND UINT64_C(0x80000000)

#define SS_ONSTACK 1u
#define SS_DISABLE 2u
#define SS_AUTODISARM (UINT32_C(1) << 31)

enum {
	SI_USER = 0,
	SI_KERNEL = 0x80,
	SI_QUEUE = -1,
	SI_TIMER = -2,
	SI_TKILL = -6,
	ILL_ILLOPN = 2,
	FPE_INTDIV = 1,
	SEGV_MAPERR = 1,
	SEGV_ACCERR = 2,
	BUS_ADRALN = 1,
	TRAP_BRKPT = 1,
};

extern struct signal_action signal_actions[SIGNALS_MAX + 1];

/* Sets the current task's mask, but for those that nobody can block. */
void signal_set_mask(uint64_t mask);
/* Drops all that are pending with this number. */
void signal_forget(int number);
void signal_task_ends(struct task *task);

#endif
