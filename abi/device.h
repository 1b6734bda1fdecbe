/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_DEVICE_H
#define BH_ABI_DEVICE_H

/*
 * How the launcher starts a device process: the only kind of process that
 * touches the outside (host sockets, a folder).
 *
 * A device is a domain of one variant without a core: it posts and waits on an
 * exchange area as a core does for its guest (exchange.h), so exo has one way
 * to speak with everybody.  It differs in one point: instead of a futex exo
 * rings `wake`, an eventfd, so that a device can wait for exo and for its
 * descriptors in one epoll_wait(2).  If `variant_waiting` of the control page
 * is set, it is rung
 *
 *  - with an answer;
 *  - when a request comes while the device has posted nothing, after `requests`
 *    has been raised.  So a device that holds a request unanswered until
 *    something happens outside need not post: it can submit the answer at once
 *    when that happens.
 *
 * A ring may be late or stand for several reasons; the control page tells.
 *
 * A device is the server end of its channels.  It receives requests with the
 * identity of the client that exo adds, and answers each exactly once.  When it
 * dies, for any reason, it is started again; requests it had not answered come
 * again.  It gives every life a new `generation`, so that both sides know what
 * has been lost.
 *
 * Everything a guest sends it is hostile, and it is hostile to its guest: both
 * check every byte.
 */

#include "base.h"

enum bh_device_fd {
	BH_DEVICE_FD_START = 3,    /* the start block, read from its beginning */
	BH_DEVICE_FD_AREA = 4,     /* the exchange area, a sealed memfd */
	BH_DEVICE_FD_DOORBELL = 5, /* an eventfd that exo waits on */
	BH_DEVICE_FD_WAKE = 6,     /* an eventfd that exo rings */
	BH_DEVICE_FD_FIRST = 8,    /* the descriptors that are its purpose:
	                              listening sockets; a folder */
};

#define BH_DEVICE_MAGIC UINT32_C(0x76646862) /* "bhdv" */

/*
 * The start block.  `configuration_size` bytes that the kind of device defines
 * (below) follow it.
 */
struct bh_device_start {
	uint32_t magic;           /* BH_DEVICE_MAGIC */
	uint32_t version;         /* BH_ABI_VERSION */
	uint32_t size;            /* of this structure */
	uint32_t flags;           /* BH_CORE_NO_* of core.h */
	uint32_t submission_size; /* as in exchange.h */
	uint32_t completion_size;
	uint32_t descriptor_count; /* from BH_DEVICE_FD_FIRST on */
	uint32_t configuration_size;
	uint64_t generation;      /* random, never zero, new with each start */
	uint64_t reserved[2];     /* zero */
};

BH_ASSERT_SIZE(bh_device_start, 56);
BH_ASSERT_OFFSET(bh_device_start, flags, 12);
BH_ASSERT_OFFSET(bh_device_start, descriptor_count, 24);
BH_ASSERT_OFFSET(bh_device_start, generation, 32);

/* device/volume: BH_DEVICE_FD_FIRST is the folder, O_PATH | O_DIRECTORY. */
struct bh_volume_configuration {
	uint32_t read_only; /* 0 or 1 */
	uint32_t reserved;
};

BH_ASSERT_SIZE(bh_volume_configuration, 8);

/*
 * Requests that a volume's guest may have unanswered: the replies to all of
 * them fit the device's submission buffer, of BH_VOLUME_BUFFER_MIN bytes at
 * least, so that the device answers whatever one completion brings.
 */
#define BH_VOLUME_CREDIT 7u
#define BH_VOLUME_BUFFER_MIN (UINT32_C(1) << 20)

#endif
