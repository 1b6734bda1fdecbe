/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_RECORD_H
#define BH_ABI_RECORD_H

/*
 * A record is one message on one channel: a header of one cache line, then a
 * payload by value.  A record holds no address, no handle of the host and
 * nothing that depends on the instruction set, so two variants that mean the
 * same write the same bytes, and comparing them is one memcmp.
 *
 * Records lie back to back in a batch.  Each starts at a multiple of
 * BH_RECORD_ALIGN from the start of the batch; the bytes between the end of
 * one record and the start of the next are zero and belong to the batch, so
 * they are compared like everything else.
 *
 * In a submission a record is a request, a reply to a request that was
 * delivered before, or a one-way message; the protocol of the channel
 * (abi/protocol/) says which types are which.  Every request that a guest
 * submits is answered by exactly one record on the same channel with the same
 * type and tag.  The guest chooses its tags freely; exo never interprets
 * them.
 */

#include "base.h"

#define BH_RECORD_ALIGN 8u

struct bh_record {
	uint32_t size;     /* header and payload, without the padding after it */
	uint16_t channel;  /* index in the sender's own channel table */
	uint16_t type;     /* operation, defined by the channel's protocol */
	uint64_t tag;      /* joins a reply with its request */
	uint32_t client;   /* written by exo: 1 + number of the domain that sent
	                      it; zero in submissions and in exo's own replies */
	int32_t status;    /* in replies: 0 or a negative bh_error; in requests: 0 */
	uint64_t value[4]; /* scalar arguments or results; unused ones are zero */
	uint64_t reserved; /* zero */
	/* payload follows: size - sizeof(struct bh_record) bytes */
};

BH_ASSERT_SIZE(bh_record, 64);
BH_ASSERT_OFFSET(bh_record, size, 0);
BH_ASSERT_OFFSET(bh_record, channel, 4);
BH_ASSERT_OFFSET(bh_record, type, 6);
BH_ASSERT_OFFSET(bh_record, tag, 8);
BH_ASSERT_OFFSET(bh_record, client, 16);
BH_ASSERT_OFFSET(bh_record, status, 20);
BH_ASSERT_OFFSET(bh_record, value, 24);
BH_ASSERT_OFFSET(bh_record, reserved, 56);

/* The room that a record of SIZE bytes takes in a batch. */
#define BH_RECORD_STRIDE(size)                                                 \
	(((uint64_t)(size) + (BH_RECORD_ALIGN - 1)) &                          \
	 ~(uint64_t)(BH_RECORD_ALIGN - 1))

/* Channel 0 always exists and speaks the control protocol. */
#define BH_CHANNEL_CONTROL 0u

#endif
