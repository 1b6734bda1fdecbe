/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/device.h"
#include "device/net/net.h"

/* What a guest has closed has this long to send the rest, in nanoseconds. */
#define LINGER_LIMIT (UINT64_C(60) * 1000 * 1000 * 1000)

/* Numbers of accepted sockets: the slot, and above it how often it was used. */
#define SLOT_BITS 14u
BH_STATIC_ASSERT(NET_SLOTS == 1u << SLOT_BITS, "slots and numbers disagree");

int net_config_check(const struct bh_device_net *config, uint32_t descriptors)
{
	if (config->port_count > BH_DEVICE_NET_PORTS_MAX ||
	    config->target_count > BH_DEVICE_NET_TARGETS_MAX ||
	    config->name_count > BH_DEVICE_NET_NAMES_MAX || config->reserved ||
	    descriptors != config->port_count)
		return -BH_EINVAL;
	for (uint32_t i = 0; i < config->port_count; i++)
		if (config->ports[i].guest_port == 0 ||
		    config->ports[i].datagram > 1)
			return -BH_EINVAL;
	for (uint32_t i = 0; i < config->name_count; i++)
		if (!memchr(config->names[i].name, 0,
		            sizeof(config->names[i].name)))
			return -BH_EINVAL;
	return 0;
}

int net_init(struct net *net, int epoll, uint64_t generation)
{
	net->epoll = epoll;
	net->generation = generation;
	net->hello = true;
	net->queue_first = net->queue_last = NET_NONE;
	net->free = NET_NONE;
	for (uint32_t i = NET_SLOTS; i-- > 0;) {
		net->sockets[i].fd = -1;
		net->sockets[i].next = net->free;
		net->free = i;
	}
	for (uint32_t i = 0; i < net->config.port_count; i++) {
		net->ports[i].fd = BH_DEVICE_FD_FIRST + (int)i;
		net->ports[i].owner = NET_NONE;
	}
	net->chunks = mmap(NULL, (size_t)NET_CHUNK_COUNT * NET_CHUNK_SIZE,
	                   PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return net->chunks == MAP_FAILED ? -ENOMEM : 0;
}

/* ------------------------------------------------------------- the numbers */

static bool is_accepted(uint32_t number)
{
	return number & BH_NET_ACCEPTED_BIT;
}

/* The generation is random, so a guest cannot choose numbers that collide. */
static uint32_t hash_of(const struct net *net, uint32_t number)
{
	uint64_t h = (number ^ net->generation) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 32) % NET_HASH;
}

/* Where the number is, or the empty place where it would be.  Half of all
 * places are empty. */
static uint32_t find_place(const struct net *net, uint32_t number)
{
	uint32_t i = hash_of(net, number);

	while (net->hash[i] && net->sockets[net->hash[i] - 1].number != number)
		i = (i + 1) % NET_HASH;
	return i;
}

struct net_socket *net_find(struct net *net, uint32_t number)
{
	struct net_socket *socket;
	uint32_t place;

	if (is_accepted(number)) {
		socket = &net->sockets[number % NET_SLOTS];
		return socket->kind && socket->number == number ? socket : NULL;
	}
	place = net->hash[find_place(net, number)];
	return place ? &net->sockets[place - 1] : NULL;
}

/* Moves those up that had to give way to the one that goes. */
static void forget_number(struct net *net, struct net_socket *socket)
{
	uint32_t hole, i;

	if (socket->number == 0)
		return;
	if (is_accepted(socket->number)) {
		socket->number = 0;
		return;
	}
	hole = i = find_place(net, socket->number);
	for (;;) {
		uint32_t home;

		i = (i + 1) % NET_HASH;
		if (!net->hash[i])
			break;
		home = hash_of(net, net->sockets[net->hash[i] - 1].number);
		if ((i + NET_HASH - home) % NET_HASH <
		    (i + NET_HASH - hole) % NET_HASH)
			continue;
		net->hash[hole] = net->hash[i];
		hole = i;
	}
	net->hash[hole] = 0;
	socket->number = 0;
}

/* -------------------------------------------------------------- the sockets */

struct net_socket *net_create(struct net *net, uint32_t number,
                              enum net_kind kind)
{
	uint32_t slot = net->free;
	struct net_socket *socket;
	uint16_t life;

	if (slot == NET_NONE)
		return NULL;
	socket = &net->sockets[slot];
	net->free = socket->next;
	life = (uint16_t)(socket->life + 1);
	if (number == 0)
		number = BH_NET_ACCEPTED_BIT | (uint32_t)life << SLOT_BITS |
		         slot;
	*socket = (struct net_socket){
	        .number = number,
	        .fd = -1,
	        .kind = kind,
	        .life = life,
	        .next = NET_NONE,
	        .send_credit = BH_NET_SEND_CREDIT,
	};
	if (!is_accepted(number))
		net->hash[find_place(net, number)] = slot + 1;
	return socket;
}

void net_disconnect(struct net *net, struct net_socket *socket)
{
	while (socket->first)
		net_drop_chunk(net, socket);
	for (uint32_t i = 0; i < net->config.port_count; i++)
		if (net->ports[i].owner == net_slot(net, socket))
			net->ports[i].owner = NET_NONE;
	if (socket->fd >= 0 && socket->own_fd) {
		close(socket->fd);
		if (net->starved) {
			net->starved = false;
			for (uint32_t i = 0; i < net->config.port_count; i++)
				if (net->ports[i].owner != NET_NONE)
					net_enqueue(
					        net,
					        &net->sockets[net->ports[i]
					                              .owner]);
		}
	}
	socket->fd = -1;
}

/* Takes it out of the queue; queues are short or about to be served. */
static void dequeue(struct net *net, uint32_t slot)
{
	uint32_t before = NET_NONE;

	for (uint32_t i = net->queue_first; i != slot; i = net->sockets[i].next)
		before = i;
	if (before == NET_NONE)
		net->queue_first = net->sockets[slot].next;
	else
		net->sockets[before].next = net->sockets[slot].next;
	if (net->queue_last == slot)
		net->queue_last = before;
	net->sockets[slot].queued = false;
}

void net_destroy(struct net *net, struct net_socket *socket)
{
	uint32_t slot = net_slot(net, socket);

	net_disconnect(net, socket);
	forget_number(net, socket);
	if (socket->queued)
		dequeue(net, slot);
	if (socket->lingering)
		net->lingering--;
	socket->lingering = false;
	socket->kind = NET_FREE;
	socket->next = net->free;
	net->free = slot;
}

void net_linger(struct net *net, struct net_socket *socket)
{
	forget_number(net, socket);
	socket->lingering = true;
	socket->linger_until = device_now() + LINGER_LIMIT;
	net->lingering++;
}

void net_reset(struct net *net)
{
	static const struct linger reset = {1, 0};

	while (net->queue_first != NET_NONE) {
		net->sockets[net->queue_first].queued = false;
		net->queue_first = net->sockets[net->queue_first].next;
	}
	net->queue_last = NET_NONE;
	for (uint32_t i = 0; i < NET_SLOTS; i++) {
		struct net_socket *socket = &net->sockets[i];

		if (socket->kind == NET_FREE)
			continue;
		/* Peers must not take what they have got for all there is. */
		if (socket->fd >= 0 && socket->own_fd)
			setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &reset,
			           sizeof(reset));
		net_destroy(net, socket);
	}
}

void net_enqueue(struct net *net, struct net_socket *socket)
{
	uint32_t slot = net_slot(net, socket);

	if (socket->queued || socket->lingering)
		return;
	socket->queued = true;
	socket->next = NET_NONE;
	if (net->queue_last == NET_NONE)
		net->queue_first = slot;
	else
		net->sockets[net->queue_last].next = slot;
	net->queue_last = slot;
}

void net_break(struct net *net, struct net_socket *socket, int status)
{
	if (socket->lingering) {
		net_destroy(net, socket);
		return;
	}
	if (socket->broken)
		return;
	net_disconnect(net, socket);
	socket->broken = true;
	socket->reason = status;
	socket->owed |= NET_OWES_BROKEN;
	net_enqueue(net, socket);
}

/* --------------------------------------------------------------- the chunks */

static struct net_chunk *take_chunk(struct net *net)
{
	struct net_chunk *chunk = net->chunks_free;

	if (chunk)
		net->chunks_free = chunk->next;
	else if (net->chunks_used < NET_CHUNK_COUNT)
		chunk = &net->chunks[net->chunks_used++];
	else
		return NULL;
	chunk->next = NULL;
	chunk->begin = chunk->end = 0;
	return chunk;
}

void net_drop_chunk(struct net *net, struct net_socket *socket)
{
	struct net_chunk *chunk = socket->first;

	socket->first = chunk->next;
	if (!socket->first)
		socket->last = NULL;
	chunk->next = net->chunks_free;
	net->chunks_free = chunk;
}

int net_append(struct net *net, struct net_socket *socket, const uint8_t *bytes,
               size_t size)
{
	while (size) {
		struct net_chunk *chunk = socket->last;
		size_t room = chunk ? sizeof(chunk->bytes) - chunk->end : 0;

		if (room == 0) {
			chunk = take_chunk(net);
			if (!chunk)
				return -BH_ENOMEM;
			if (socket->last)
				socket->last->next = chunk;
			else
				socket->first = chunk;
			socket->last = chunk;
			room = sizeof(chunk->bytes);
		}
		if (room > size)
			room = size;
		memcpy(chunk->bytes + chunk->end, bytes, room);
		chunk->end += (uint32_t)room;
		bytes += room;
		size -= room;
	}
	return 0;
}
