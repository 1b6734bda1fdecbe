/* SPDX-License-Identifier: ISC */

/*
 * Urgent data of TCP within the guest: tcp(7), MSG_OOB.  The last byte that was
 * sent so lies in a packet of its own, which marks its place in the stream.
 */

#include "guest/linux/inet.h"
#include "guest/linux/signal.h"

/* The byte that was urgent until now: one more in the stream, unless the reader
 * has come to it. */
static void replace_urgent(struct socket *to)
{
	struct packet *old = to->urgent;

	if (old && to->incoming.next == &old->link &&
	    !to->options.urgent_inline)
		socket_drop(to, old);
	to->urgent = NULL;
}

int64_t inet_deliver_urgent(struct socket *to, struct io *io)
{
	struct packet *packet;
	int r;

	packet = packet_read(io, 1, &r);
	if (!packet)
		return r;
	packet->room = packet->size;
	replace_urgent(to);
	to->urgent = packet;
	socket_deliver(to, packet);
	wait_wake(&to->queue, POLLPRI);
	if (to->file && to->file->owner)
		signal_send_process(SIGURG, NULL);
	return 1;
}

int64_t inet_receive_urgent(struct socket *socket, struct io *io,
                            struct message *message)
{
	struct packet *urgent = socket->urgent;

	if (socket->state != SOCKET_CONNECTED && socket->state != SOCKET_OVER)
		return -ENOTCONN;
	if (socket->options.urgent_inline || !urgent || urgent->urgent_taken)
		return -EINVAL;
	message->seen |= MSG_OOB;
	if (!io->left) {
		message->seen |= MSG_TRUNC;
		return 0;
	}
	urgent->urgent_taken = !(message->flags & MSG_PEEK);
	return io_put(io, urgent->bytes, 1);
}
