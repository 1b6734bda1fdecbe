/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_SERVICE_H
#define BH_ABI_PROTOCOL_SERVICE_H

/*
 * Channels between two domains.  Types 1 to BH_SERVICE_TYPE_MAX belong to the
 * two ends; exo neither knows nor interprets them, nor values and payload.
 *
 * The client submits a request: any type, a tag of its own, values, payload,
 * status zero.  exo delivers it to the server as a record on the server's end
 * of the channel with the same type, values and payload, `client` set to the
 * sender's identity, and a tag of exo's choosing that is unique in the life
 * of the server domain.  exo fixes one order of the requests of all clients;
 * every variant of the server receives them in this order at the same points
 * of its record stream.
 *
 * The server answers by submitting a record on that channel with the same type
 * and tag, and a status, values and payload of its own.  exo passes it to the
 * client with the client's tag.  A tag that belongs to no unanswered request
 * of that channel is refused (the server is stopped): replies cannot be
 * forged, doubled or sent to a stranger.
 *
 * When the server is restarted, every unanswered request is delivered again,
 * in the old order, with the old tags.  When it is gone for good, requests
 * complete with -BH_ECONNRESET.
 *
 * Flow control: a client may have `credit` (boot.h) unanswered requests; the
 * next one completes at once with -BH_EAGAIN.
 */

#include "../base.h"

#define BH_SERVICE_TYPE_MAX 0x7fffu
#define BH_SERVICE_CREDIT_DEFAULT 16u
#define BH_SERVICE_CREDIT_MAX 64u

/* The largest payload that fits any channel between domains. */
#define BH_SERVICE_PAYLOAD_MAX 32768u

/*
 * The largest payload of channels that speak a device's protocol (net, volume).
 * exo refuses a cell in which the buffers at both ends do not hold it.
 */
#define BH_DEVICE_PAYLOAD_MAX 262144u

#endif
