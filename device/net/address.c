/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <string.h>

#include "device/net/net.h"

socklen_t net_to_sockaddr(union net_sockaddr *to,
                          const struct bh_net_address *from)
{
	memset(to, 0, sizeof(*to));
	if (from->family == BH_NET_IPV4) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons(from->port);
		memcpy(&to->v4.sin_addr, from->bytes, 4);
		return sizeof(to->v4);
	}
	to->v6.sin6_family = AF_INET6;
	to->v6.sin6_port = htons(from->port);
	memcpy(&to->v6.sin6_addr, from->bytes, 16);
	return sizeof(to->v6);
}

void net_from_sockaddr(struct bh_net_address *to,
                       const union net_sockaddr *from)
{
	*to = (struct bh_net_address){.family = 0};
	if (from->any.sa_family == AF_INET) {
		to->family = BH_NET_IPV4;
		to->port = ntohs(from->v4.sin_port);
		memcpy(to->bytes, &from->v4.sin_addr, 4);
	} else if (from->any.sa_family == AF_INET6) {
		to->family = BH_NET_IPV6;
		to->port = ntohs(from->v6.sin6_port);
		memcpy(to->bytes, &from->v6.sin6_addr, 16);
	}
}

bool net_is_target(const struct net *net, const struct bh_net_address *address,
                   bool datagram)
{
	for (uint32_t i = 0; i < net->config.target_count; i++) {
		const struct bh_device_net_target *t = &net->config.targets[i];

		if (t->datagram == datagram &&
		    t->address.family == address->family &&
		    (t->address.port == 0 ||
		     t->address.port == address->port) &&
		    memcmp(t->address.bytes, address->bytes,
		           sizeof(address->bytes)) == 0)
			return true;
	}
	return false;
}

/* FNV-1a; a peer that collides with another makes it forgotten, no more. */
static uint32_t hash_of(const struct bh_net_address *address)
{
	const uint8_t *bytes = (const uint8_t *)address;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(*address); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash % NET_PEERS;
}

void net_remember_peer(struct net_port *port, const struct bh_net_address *peer)
{
	port->peers[hash_of(peer)] = *peer;
}

bool net_knows_peer(const struct net_port *port,
                    const struct bh_net_address *peer)
{
	return memcmp(&port->peers[hash_of(peer)], peer, sizeof(*peer)) == 0;
}
