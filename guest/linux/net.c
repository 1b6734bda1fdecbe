/* SPDX-License-Identifier: ISC */

/*
 * The way to the outside: the client of abi/protocol/net.h.  Commands are
 * gathered in chunks, each the payload of one turn, which leave with the next
 * exchange.  This file decides when; net_socket.c what.
 */

#include "abi/protocol/service.h"
#include "guest/linux/channel.h"
#include "guest/linux/net.h"
#include "guest/linux/internal.h"

/* The device answers a turn when the next has come, so few are unanswered. */
#define TURNS_MAX 4u

struct chunk {
	struct list link;
	size_t used;
	uint8_t bytes[];
};

struct turn {
	struct request request;
	uint64_t generation; /* that it was sent with */
};

static struct list chunks = LIST_INIT(chunks); /* to be sent, oldest first */
static struct chunk *spare;
static size_t last_send; /* offset of the item that bytes can be added to */
static size_t chunk_size;
static unsigned unanswered;
static uint64_t generation;
static int channel = -ENOENT;
static bool down, greeted;
static struct task *starter; /* waits for the first answer */

bool net_available(void)
{
	return channel >= 0 && !down;
}

/* ------------------------------------------------------------ gathering */

static struct chunk *last_chunk(void)
{
	if (list_is_empty(&chunks))
		return NULL;
	return CONTAINER_OF(chunks.previous, struct chunk, link);
}

static struct chunk *new_chunk(void)
{
	struct chunk *chunk = spare;

	spare = NULL;
	if (!chunk)
		chunk = memory_allocate(sizeof(*chunk) + chunk_size);
	if (!chunk)
		return NULL;
	chunk->used = 0;
	list_append(&chunks, &chunk->link);
	last_send = 0;
	return chunk;
}

void *net_append(const struct bh_net_item *item, size_t data_size)
{
	size_t size = sizeof(*item) + data_size;
	struct chunk *chunk = last_chunk();
	uint8_t *at;

	if (!chunk || NET_ITEM_STRIDE(size) > chunk_size - chunk->used)
		chunk = new_chunk();
	if (!chunk)
		return NULL;
	at = chunk->bytes + chunk->used;
	memcpy(at, item, sizeof(*item));
	((struct bh_net_item *)(void *)at)->size = (uint32_t)size;
	memset(at + size, 0, NET_ITEM_STRIDE(size) - size);
	last_send = item->type == BH_NET_SEND ? chunk->used + 1 : 0;
	chunk->used += NET_ITEM_STRIDE(size);
	return at + sizeof(*item);
}

size_t net_data_max(void)
{
	const struct chunk *chunk = last_chunk();
	size_t left = chunk ? chunk_size - chunk->used : chunk_size;

	/* What is too small a rest is left over. */
	if (left < 2 * sizeof(struct bh_net_item))
		left = chunk_size;
	return left - sizeof(struct bh_net_item);
}

void *net_append_more(uint32_t socket, size_t *size)
{
	struct chunk *chunk = last_chunk();
	struct bh_net_item *item;
	size_t end, room;

	if (!chunk || !last_send)
		return NULL;
	item = (void *)(chunk->bytes + last_send - 1);
	if (item->socket != socket)
		return NULL;
	end = last_send - 1 + item->size;
	room = chunk_size - end;
	if (*size > room)
		*size = room;
	if (!*size)
		return NULL;
	item->size += (uint32_t)*size;
	chunk->used = last_send - 1 + NET_ITEM_STRIDE(item->size);
	memset(chunk->bytes + end + *size, 0, chunk->used - end - *size);
	return chunk->bytes + end;
}

void net_take_back(size_t size)
{
	struct chunk *chunk = last_chunk();
	struct bh_net_item *item = (void *)(chunk->bytes + last_send - 1);
	size_t end;

	item->size -= (uint32_t)size;
	end = last_send - 1 + item->size;
	chunk->used = last_send - 1 + NET_ITEM_STRIDE(item->size);
	memset(chunk->bytes + end, 0, chunk->used - end);
}

void net_forget_commands(void)
{
	while (!list_is_empty(&chunks)) {
		struct chunk *chunk = LIST_FIRST(&chunks, struct chunk, link);

		list_remove(&chunk->link);
		memory_free(chunk);
	}
	last_send = 0;
}

/* ----------------------------------------------------------------- turns */

static void answered(struct request *request, const struct bh_record *reply)
{
	struct turn *turn = CONTAINER_OF(request, struct turn, request);
	uint64_t sent = turn->generation, now = reply->value[0];

	memory_free(turn);
	unanswered--;
	if (starter)
		task_wake(starter);
	if (down)
		return;
	if (reply->status) {
		down = true;
		log_line("the network device has failed (%d)", reply->status);
		net_reset(-ENETDOWN);
		return;
	}
	if (now != generation) {
		/* It is another device: it has done nothing of this turn. */
		generation = now;
		greeted = true;
		net_reset(-ECONNRESET);
	} else if (sent != now) {
		/* Sent before it was known: only what the first has told. */
		return;
	}
	net_events((const uint8_t *)(reply + 1), reply->size - sizeof(*reply));
}

static int send_turn(const struct chunk *chunk)
{
	const uint64_t values[4] = {generation};
	struct turn *turn = memory_zeroed(sizeof(*turn));
	int r;

	if (!turn)
		return -ENOMEM;
	turn->request.completed = answered;
	turn->generation = generation;
	unanswered++;
	r = channel_submit(&turn->request, (unsigned)channel, BH_NET_TURN,
	                   values, chunk ? chunk->bytes : NULL,
	                   chunk ? chunk->used : 0, NULL, 0);
	if (r) {
		unanswered--;
		memory_free(turn);
	}
	return r;
}

/* Before each exchange. */
static void gather(void)
{
	while (net_available() && unanswered < TURNS_MAX) {
		struct chunk *chunk = LIST_FIRST(&chunks, struct chunk, link);

		if (!chunk && unanswered)
			break;
		if (chunk) {
			/* Submitting may exchange, and more may come. */
			list_remove(&chunk->link);
			if (list_is_empty(&chunks))
				last_send = 0;
		}
		if (send_turn(chunk))
			panic("a turn of the network cannot be sent");
		if (spare)
			memory_free(chunk);
		else
			spare = chunk;
	}
}

void net_ends(void)
{
	if (net_available() && !list_is_empty(&chunks))
		channel_exchange_now();
}

void net_start(void)
{
	channel = channel_next(BH_PROTOCOL_NET, -1);
	if (channel < 0)
		return;
	/* The batch may hold more than one request may carry. */
	chunk_size = min_u64(channel_payload_max(), BH_DEVICE_PAYLOAD_MAX) &
	             ~(size_t)7;
	channel_before_exchange(gather);
	/* The device introduces itself before the program begins. */
	starter = task_current;
	while (!greeted && !down)
		task_sleep_deaf();
	starter = NULL;
	net_hosts_write();
}
