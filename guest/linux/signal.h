/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_SIGNAL_H
#define BH_LINUX_SIGNAL_H

/* Signals: sending, waiting for them, delivering them on the way back to the
 * program.  Numbers and layouts are those of Linux. */

#include "guest/linux/task.h"

#define SIGNALS_MAX 64

/* siginfo_t, 128 bytes on all instruction sets. */
struct signal_info {
	int32_t number, error, code, padding;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			uint64_t value;
		} sender;
		struct {
			int32_t timer, overrun;
			uint64_t value;
		} timer;
		struct {
			uint64_t address;
		} fault;
		struct {
			int64_t band;
			int32_t descriptor;
		} poll;
		uint8_t bytes[112];
	};
};

/* Sends to the process, or to one task.  INFO may be NULL (SI_KERNEL). */
int signal_send_process(int number, const struct signal_info *info);
int signal_send_task(struct task *task, int number,
                     const struct signal_info *info);

/* Would a signal that is sent now wait to be taken?  TASK: NULL if it is for
 * the process. */
bool signal_is_wanted(const struct task *task, int number);

/* Pending, not blocked by MASK, for the current task or the process; for
 * sigpending, signalfd, sigwait. */
uint64_t signal_pending(void);

/* Takes the lowest pending signal that is in SET; 0: none. */
int signal_take(uint64_t set, struct signal_info *info);

/* Woken whenever a signal becomes pending: signalfd and sigtimedwait. */
extern struct wait_queue signal_queue;

/* Replaces the mask until the current call has returned to the program and
 * the handler, if any, has run (ppoll, pselect, epoll_pwait, sigsuspend). */
int signal_mask_for_call(uint64_t set_address, uint64_t set_size);

#endif
