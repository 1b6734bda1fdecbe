/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_PIPE_FILE_H
#define BH_LINUX_PIPE_FILE_H

/* A pipe as its files share it: what pipe.c and splice.c know of it. */

#include "guest/linux/file.h"
#include "guest/linux/pipe.h"

struct pipe {
	struct pipe_ring ring;
	struct wait_queue queue;
	uint64_t number;
	unsigned readers, writers, files;
	/* How many have ever opened an end of a FIFO: one that waits for the
	 * other end must not miss one that has come and gone. */
	unsigned reads_opened, writes_opened;
	/* Somebody hands the first bytes on, and takes what went. */
	bool front_held;
	struct inode *inode; /* of a FIFO; held by its files */
};

/* NULL: the file is no end of a pipe. */
struct pipe *pipe_of(const struct file *file);

/* Waits for bytes.  1: there are some; 0: there never will be; -EAGAIN if it
 * would have to wait and must not; -ERESTARTSYS. */
int64_t pipe_wait_bytes(struct pipe *pipe, bool nonblocking);
/* Waits for room.  0; -EPIPE, and SIGPIPE is sent: nobody reads; or as above.
 */
int64_t pipe_wait_room(struct pipe *pipe, bool nonblocking);

#endif
