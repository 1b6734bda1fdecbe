/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_INET_H
#define BH_LINUX_INET_H

/* Addresses and ports of IPv4 and IPv6 inside the guest; what inet_stream.c and
 * inet_datagram.c share. */

#include "guest/linux/socket.h"

/* Reads a sockaddr as SOCKET's family has it; -EINVAL, -EAFNOSUPPORT. */
int inet_read_address(const struct socket *socket,
                      const struct socket_address *address,
                      struct bh_net_address *to);
/* Reads a sockaddr_in, whatever family it says; -EINVAL. */
int inet_read_ipv4(const struct socket_address *address,
                   struct bh_net_address *to);

/* IPv6 sockets speak IPv4 only if they may and have no address of IPv6. */
bool inet_speaks(const struct socket *socket, const struct bh_net_address *to);
/* Is it one of the guest's own? */
bool inet_is_local(const struct bh_net_address *address);
/* Connections to "any" go to this host. */
void inet_any_to_loopback(struct bh_net_address *address);
/* The address that a packet to REMOTE leaves from. */
void inet_source(const struct bh_net_address *remote,
                 struct bh_net_address *local);

int inet_bind(struct socket *socket, const struct socket_address *address);
/* A port of its own, if it has none; -EADDRNOTAVAIL: none left. */
int inet_bind_any(struct socket *socket);
/* Somebody else listens where SOCKET wants to. */
bool inet_listen_conflicts(const struct socket *socket);
void inet_unbind(struct socket *socket);
int inet_name(struct socket *socket, bool peer, struct socket_address *address);

/* The socket of TYPE that listens (is bound) where TO says; the most exact. */
struct socket *inet_find(unsigned type, const struct bh_net_address *to,
                         const struct bh_net_address *from);

/* Urgent data: the byte that is left of IO becomes that of TO; a receive with
 * MSG_OOB. */
int64_t inet_deliver_urgent(struct socket *to, struct io *io);
int64_t inet_receive_urgent(struct socket *socket, struct io *io,
                            struct message *message);

/* Does the outside reach what is bound here? */
bool inet_is_public(const struct socket *socket);

#endif
