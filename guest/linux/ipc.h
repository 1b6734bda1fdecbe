/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_IPC_H
#define BH_LINUX_IPC_H

/* What pipes, sockets, epoll and the others share, and what other modules call
 * of them. */

#include "guest/linux/file.h"

/* poll(2): what always goes together (wait.h has the numbers). */
#define POLL_READABLE ((uint32_t)(POLLIN | POLLRDNORM))
#define POLL_WRITABLE ((uint32_t)(POLLOUT | POLLWRNORM))

enum {
	SIGPIPE = 13,
	SIGURG = 23,
};

enum {
	FIONREAD = 0x541b,
	FIONBIO = 0x5421,
	TIOCOUTQ = 0x5411,
	SIOCATMARK = 0x8905,
};

/* ------------------------------------------------------------ progress */

/*
 * A program that never sleeps must still see what arrives, and other threads
 * must run.  What is counted is what the program asks for, which all variants
 * do alike: calls that found nothing, and polls that found something at once.
 */

/* The result of a call that would block: -EAGAIN, and now and then the others
 * run and an exchange is made first.  To be called last. */
int64_t ipc_would_block(void);
/* A poll returns without having slept. */
void ipc_poll_returns(void);
/* Lets others run, or takes in what has arrived. */
void ipc_relax(void);

/* Turns the result of a sleep into that of the call: -EINTR becomes
 * -ERESTARTSYS. */
static inline int64_t ipc_restart(int64_t result)
{
	return result == -EINTR ? -ERESTARTSYS : result;
}

/* A serial number for what has no name: st_ino of pipes and sockets. */
uint64_t ipc_number(void);
/* file_ops.status of such a file. */
int ipc_status(uint32_t mode, uint64_t number, struct linux_stat *status);

/* A new file, or -ENFILE, for which the data is freed by the caller; then a
 * descriptor.  FLAGS: O_NONBLOCK, O_CLOEXEC, and the access mode. */
int64_t ipc_install(const struct file_ops *ops, void *data, uint32_t flags);

/* ------------------------------------------------------------- hooks */

/* fcntl(F_GETPIPE_SZ), fcntl(F_SETPIPE_SZ): -EBADF if it is no pipe. */
int64_t pipe_size(struct file *file);
int64_t pipe_set_size(struct file *file, uint64_t size);

/* poll(2) of one file in the kernel: sleeps until one of EVENTS holds. */
int ipc_wait_file(struct file *file, uint32_t events, uint64_t deadline);

#endif
