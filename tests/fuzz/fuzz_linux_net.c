/* SPDX-License-Identifier: ISC */
/* links: guest/linux/net_socket.o guest/linux/net_items.o
 * guest/linux/net_hosts.o */

/*
 * The sockets of the Linux personality against a net device that lies: events
 * for sockets that do not exist, or are of another kind, or are closed; absurd
 * counts and sizes; lists that are cut.  The program's side makes and closes
 * sockets in between.  What lies around net_socket.c is made here, as simple as
 * its contract allows.
 */

#include <stdlib.h>
#include <string.h>

#include "guest/linux/inet.h"
#include "guest/linux/net.h"
#include "guest/linux/vfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SOCKETS   32u
#define DATA_MAX  65536u
#define EVENT_MAX 512u

static struct socket *sockets[SOCKETS];
static uint8_t command_bytes[sizeof(struct bh_net_item) + DATA_MAX + 8];
static volatile uint8_t sink;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void look_at(const void *bytes, uint64_t size)
{
	uint8_t sum = 0;

	for (uint64_t i = 0; i < size; i++)
		sum ^= ((const uint8_t *)bytes)[i];
	sink = sum;
}

static struct socket *new_socket(unsigned type, unsigned state)
{
	for (unsigned i = 0; i < SOCKETS; i++) {
		struct socket *socket;

		if (sockets[i])
			continue;
		socket = sockets[i] = calloc(1, sizeof(*socket));
		require(socket);
		socket->type = type;
		socket->state = state;
		socket->backlog = 3;
		list_init(&socket->net_link);
		return socket;
	}
	return NULL;
}

/* ------------------------------------------------- what lies around the file
 */

void *memory_allocate(size_t size)
{
	return malloc(size ? size : 1);
}

void *memory_resize(void *memory, size_t size)
{
	return realloc(memory, size);
}

void memory_free(void *memory)
{
	free(memory);
}

void log_line(const char *format, ...)
{
	(void)format;
}

bool net_available(void)
{
	return true;
}

void *net_append(const struct bh_net_item *item, size_t data_size)
{
	require(item->type >= BH_NET_LISTEN && item->type <= BH_NET_OPTION);
	require(item->socket && item->socket < 2 * BH_NET_ACCEPTED_BIT);
	require(data_size <= DATA_MAX);
	return command_bytes + sizeof(*item);
}

void *net_append_more(uint32_t socket, size_t *size)
{
	(void)socket;
	(void)size;
	return NULL;
}

size_t net_data_max(void)
{
	return DATA_MAX;
}

void net_take_back(size_t size)
{
	(void)size;
}

void net_forget_commands(void)
{
}

bool inet_is_loopback(const struct bh_net_address *address)
{
	return address->bytes[0] == 127;
}

void inet_connected(struct socket *socket, int status,
                    const struct bh_net_address *local)
{
	look_at(local, sizeof(*local));
	require(status <= 0);
	if (socket->state == SOCKET_CONNECTING)
		socket->state = status ? SOCKET_OVER : SOCKET_CONNECTED;
}

struct socket *inet_accepted(struct socket *listener,
                             const struct bh_net_address *peer,
                             const struct bh_net_address *local)
{
	require(listener->state == SOCKET_LISTENING);
	require(net_address_is_valid(peer) && net_address_is_valid(local));
	return new_socket(SOCK_STREAM, SOCKET_CONNECTED);
}

void inet_ended(struct socket *socket)
{
	require(socket->type == SOCK_STREAM);
}

void inet_broken(struct socket *socket, int status)
{
	(void)status;
	require(socket->type == SOCK_STREAM);
	socket->state = SOCKET_OVER;
}

void inet_source(const struct bh_net_address *remote,
                 struct bh_net_address *local)
{
	require(net_address_is_valid(remote));
	look_at(local, sizeof(*local));
}

void inet_write_address(const struct socket *socket,
                        const struct bh_net_address *from,
                        struct socket_address *address)
{
	(void)socket;
	require(net_address_is_valid(from));
	memset(address, 0, sizeof(*address));
}

void io_from_kernel(struct io *io, struct io_piece *piece, void *buffer,
                    uint64_t size)
{
	(void)piece;
	look_at(buffer, size);
	memset(io, 0, sizeof(*io));
	io->left = size;
}

int64_t io_get(struct io *io, void *bytes, uint64_t size)
{
	require(size <= io->left);
	memset(bytes, 1, size);
	io->left -= size;
	return (int64_t)size;
}

int64_t ipc_would_block(void)
{
	return -1;
}

struct packet *packet_create(uint32_t size)
{
	return calloc(1, sizeof(struct packet) + size);
}

void packet_free(struct packet *packet)
{
	free(packet->from);
	free(packet);
}

void socket_deliver(struct socket *to, struct packet *packet)
{
	require(to->type == SOCK_DGRAM);
	packet_free(packet);
}

int64_t socket_deliver_bytes(struct socket *to, struct io *io, uint64_t size)
{
	require(to->type == SOCK_STREAM && size == io->left);
	io->left = 0;
	return (int64_t)size;
}

void socket_queue_accept(struct socket *listener, struct socket *child)
{
	require(listener != child && child->net_number);
}

void wait_wake(struct wait_queue *queue, uint32_t events)
{
	(void)queue;
	(void)events;
}

int vfs_open(int64_t descriptor, const char *path, uint32_t flags,
             uint32_t mode, struct file **file)
{
	(void)descriptor;
	(void)path;
	(void)flags;
	(void)mode;
	(void)file;
	return -2;
}

int64_t file_write(struct file *file, struct io *io)
{
	(void)file;
	(void)io;
	return 0;
}

void file_release(struct file *file)
{
	(void)file;
}

int format(char *to, size_t size, const char *format, ...)
{
	(void)format;
	if (size > 4)
		memcpy(to, "a b\n", 5);
	return 4;
}

/* ---------------------------------------------------------------- the input */

struct input {
	const uint8_t *data;
	size_t left;
};

static uint8_t take(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->data++;
}

static void make_socket(uint8_t kind)
{
	struct socket *socket =
	        new_socket(kind % 3 == 2 ? SOCK_DGRAM : SOCK_STREAM,
	                   kind % 3 == 0   ? SOCKET_CONNECTING
	                   : kind % 3 == 1 ? SOCKET_LISTENING
	                                   : SOCKET_IDLE);

	if (!socket)
		return;
	if (kind % 3 == 0)
		net_connect(socket);
	else if (kind % 3 == 1)
		net_listen(socket);
	else
		net_bind(socket, BH_NET_IPV4);
}

static void drop_socket(unsigned i)
{
	if (!sockets[i])
		return;
	if (sockets[i]->net_number)
		net_close(sockets[i], false);
	free(sockets[i]);
	sockets[i] = NULL;
}

static void use_socket(struct socket *socket, uint8_t how)
{
	struct io io = {.left = how * 64u};
	struct bh_net_address to = {.family = BH_NET_IPV4};

	if (!socket || !socket->net_number)
		return;
	if (socket->type == SOCK_DGRAM)
		net_send_to(socket, &io, &to);
	else if (socket->state == SOCKET_CONNECTED && socket->net_credit)
		net_send(socket, &io, min_u64(io.left, socket->net_credit));
	net_consumed(socket, how);
}

/* One event: the type, the socket and the value from a few of interest, or from
 * the input's bytes as they are. */
static void tell(struct input *input)
{
	_Alignas(8) uint8_t bytes[EVENT_MAX];
	struct bh_net_item *item = (void *)bytes;
	uint8_t which = take(input), kind = take(input);
	const struct socket *socket = sockets[which % SOCKETS];
	size_t size = sizeof(*item) + (kind & 64 ? 256 : kind & 3u);

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i < sizeof(*item) ? take(input) : (uint8_t)i;
	if (!(kind & 128)) {
		item->size = (uint32_t)size;
		item->type = (uint16_t)(item->type % 13);
		item->address.family = item->local.family = BH_NET_IPV4;
		item->socket = socket ? socket->net_number : which;
		if (kind & 32)
			item->value = BH_NET_ACCEPTED_BIT | which;
	}
	/* In memory of its own, so that a byte too far is seen. */
	uint8_t *copy = malloc(size);

	require(copy);
	memcpy(copy, bytes, size);
	net_events(copy, size);
	free(copy);
}

static void check_all(void)
{
	for (unsigned i = 0; i < SOCKETS; i++) {
		const struct socket *s = sockets[i];

		if (!s)
			continue;
		require(s->net_credit <= BH_NET_SEND_CREDIT);
		for (unsigned k = 0; s->net_number && k < i; k++)
			require(!sockets[k] ||
			        sockets[k]->net_number != s->net_number);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};

	while (input.left) {
		uint8_t op = take(&input), which = take(&input);

		if (op < 40)
			make_socket(which);
		else if (op < 70)
			drop_socket(which % SOCKETS);
		else if (op < 100)
			use_socket(sockets[which % SOCKETS], op);
		else if (op < 104)
			net_reset(-104);
		else
			tell(&input);
		check_all();
	}
	for (unsigned i = 0; i < SOCKETS; i++)
		drop_socket(i);
	net_reset(-104);
	return 0;
}
