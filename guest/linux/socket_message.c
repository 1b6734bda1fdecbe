/* SPDX-License-Identifier: ISC */

/* The calls that send and receive. */

#include "guest/linux/clock.h"
#include "guest/linux/socket.h"
#include "guest/linux/syscall.h"
#include "guest/linux/task.h"

#define SOL_SOCKET      1
#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2
#define IP_TOS          1
#define IP_TTL          2
#define IP_PKTINFO      8
#define IPV6_PKTINFO    50
#define NOBODY          65534u /* /proc/sys/kernel/overflowuid */
#define CONTROL_MAX     20480u /* net.core.optmem_max */
#define TRANSFER_MAX    0x7ffff000u
#define VECTORS_MAX     1024u /* UIO_MAXIOV; also messages of sendmmsg */

/* struct msghdr and struct mmsghdr, the same on the three ISAs */
struct header {
	uint64_t name;
	uint32_t name_size, padding;
	uint64_t vector, count;
	uint64_t control, control_size;
	uint32_t flags, padding2;
};

struct many {
	struct header header;
	uint32_t size, padding;
};

/* struct cmsghdr */
struct control {
	uint64_t size;
	int32_t level, type;
};

static uint64_t control_align(uint64_t size)
{
	return (size + 7) & ~UINT64_C(7);
}

/* --------------------------------------------------------------- sending */

static int take_rights(struct message *message, const uint8_t *data,
                       uint64_t size)
{
	uint64_t count = size / sizeof(int32_t);

	if (count > RIGHTS_MAX || message->rights)
		return -EINVAL;
	if (!count)
		return 0;
	if (rights_are_many())
		return -ETOOMANYREFS;
	message->rights = rights_create((unsigned)count);
	if (!message->rights)
		return -ENOMEM;
	for (uint64_t i = 0; i < count; i++) {
		int32_t number;
		struct file *file;

		memcpy(&number, data + i * sizeof(number), sizeof(number));
		file = descriptor_hold(number);
		if (!file)
			return -EBADF;
		rights_add(message->rights, file);
	}
	return 0;
}

static int take_credentials(struct message *message, const uint8_t *data,
                            uint64_t size)
{
	struct credentials c;

	if (size != sizeof(c))
		return -EINVAL;
	memcpy(&c, data, sizeof(c));
	if (process.euid && (c.pid != PROCESS_ID ||
	                     (c.uid != process.uid && c.uid != process.euid) ||
	                     (c.gid != process.gid && c.gid != process.egid)))
		return -EPERM;
	message->credentials = c;
	return 0;
}

static int read_controls(struct socket *socket, struct message *message,
                         const uint8_t *bytes, uint64_t size)
{
	uint64_t at = 0;

	while (size - at >= sizeof(struct control)) {
		struct control c;
		const uint8_t *data = bytes + at + sizeof(c);
		uint64_t data_size;
		int r = 0;

		memcpy(&c, bytes + at, sizeof(c));
		if (c.size < sizeof(c) || c.size > size - at)
			return -EINVAL;
		data_size = c.size - sizeof(c);
		if (c.level == SOL_SOCKET && socket->family == AF_UNIX) {
			if (c.type == SCM_RIGHTS)
				r = take_rights(message, data, data_size);
			else if (c.type == SCM_CREDENTIALS)
				r = take_credentials(message, data, data_size);
			else
				r = -EINVAL;
		}
		if (r)
			return r;
		if (control_align(c.size) > size - at)
			break;
		at += control_align(c.size);
	}
	return 0;
}

static int read_control(struct socket *socket, struct message *message,
                        const struct header *header)
{
	uint8_t *bytes;
	int r;

	if (!header->control_size)
		return 0;
	if (header->control_size > CONTROL_MAX)
		return -ENOBUFS;
	bytes = memory_allocate(header->control_size);
	if (!bytes)
		return -ENOBUFS;
	r = user_read(bytes, header->control, header->control_size);
	if (!r)
		r = read_controls(socket, message, bytes, header->control_size);
	memory_free(bytes);
	return r;
}

static int64_t send(struct socket *socket, const struct header *header,
                    struct io *io, uint32_t flags)
{
	struct socket_address to = {0};
	struct message message = {.flags = flags};
	int64_t r = 0;

	if (flags & MSG_OOB && socket->ops != &inet_stream_family)
		return -EOPNOTSUPP;
	if (socket->file->flags & O_NONBLOCK)
		message.flags |= MSG_DONTWAIT;
	if (header->name && header->name_size) {
		if ((int32_t)header->name_size < 0)
			return -EINVAL;
		to.size = header->name_size < SOCKET_ADDRESS_MAX
		                  ? header->name_size
		                  : SOCKET_ADDRESS_MAX;
		if (user_read(to.bytes, header->name, to.size))
			return -EFAULT;
		message.to = &to;
	}
	r = read_control(socket, &message, header);
	if (!r)
		r = socket->ops->send(socket, io, &message);
	rights_free(message.rights);
	return r;
}

SYSCALL(sendto)
{
	struct header header = {
	        .name = call->a[4],
	        .name_size = (uint32_t)call->a[5],
	};
	struct io_piece piece;
	struct io io;
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);
	int64_t n = -EINVAL;

	if (!socket)
		return r;
	io_from_buffer(&io, &piece, call->a[1],
	               min_u64(call->a[2], TRANSFER_MAX));
	/* sendmsg() cuts the name. */
	if (!header.name || header.name_size <= SOCKET_ADDRESS_MAX)
		n = send(socket, &header, &io, (uint32_t)call->a[3]);
	file_release(socket->file);
	return n;
}

static int64_t send_one(struct socket *socket, uint64_t address, uint32_t flags)
{
	struct header header;
	struct io io;
	int64_t n;

	if (user_read(&header, address, sizeof(header)))
		return -EFAULT;
	if (header.count > VECTORS_MAX)
		return -EMSGSIZE;
	n = io_from_vector(&io, header.vector, header.count);
	if (n)
		return n;
	n = send(socket, &header, &io, flags);
	io_release(&io);
	return n;
}

SYSCALL(sendmsg)
{
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);
	int64_t n;

	if (!socket)
		return r;
	n = send_one(socket, call->a[1], (uint32_t)call->a[2]);
	file_release(socket->file);
	return n;
}

SYSCALL(sendmmsg)
{
	uint32_t count = (uint32_t)call->a[2], i;
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);
	int64_t n = 0;

	if (!socket)
		return r;
	if (count > VECTORS_MAX)
		count = VECTORS_MAX;
	for (i = 0; i < count; i++) {
		uint64_t address = call->a[1] + i * sizeof(struct many);
		uint32_t size;

		n = send_one(socket, address, (uint32_t)call->a[3]);
		if (n < 0)
			break;
		size = (uint32_t)n;
		n = user_write(address + offsetof(struct many, size), &size,
		               sizeof(size));
		if (n)
			break;
	}
	file_release(socket->file);
	return i ? (int64_t)i : n;
}

/* ------------------------------------------------------------- receiving */

/* Where control messages go: the program's buffer. */
struct control_writer {
	uint64_t address, left, used;
	bool cut;
};

static void put_control(struct control_writer *w, int level, int type,
                        const void *data, uint64_t size)
{
	struct control c = {
	        .size = sizeof(c) + size,
	        .level = level,
	        .type = type,
	};
	uint64_t space = control_align(c.size);

	if (w->left < sizeof(c)) {
		w->cut = true;
		return;
	}
	if (w->left < c.size) {
		w->cut = true;
		c.size = w->left;
	}
	if (user_write(w->address, &c, sizeof(c)) ||
	    user_write(w->address + sizeof(c), data, c.size - sizeof(c)))
		return;
	space = min_u64(space, w->left);
	w->address += space;
	w->left -= space;
	w->used += space;
}

/* How many of COUNT descriptors have room. */
static unsigned rights_room(const struct control_writer *w, unsigned count)
{
	const uint64_t header = sizeof(struct control);
	uint64_t room = 0;

	if (w->left > header)
		room = (w->left - header) / sizeof(int32_t);
	if (!user_writable(w->address, header + room * sizeof(int32_t)))
		return 0;
	return (unsigned)min_u64(room, count);
}

/* Installs what fits; the rest is closed, as on Linux. */
static void put_rights(struct control_writer *w, struct rights *rights,
                       bool close_on_exec)
{
	int32_t numbers[RIGHTS_MAX];
	unsigned room = rights_room(w, rights->count), n = 0;

	for (; n < room; n++) {
		int number = descriptor_install(file_hold(rights->files[n]),
		                                close_on_exec, 0);

		if (number < 0)
			break;
		numbers[n] = number;
	}
	if (n < rights->count)
		w->cut = true;
	if (n)
		put_control(w, SOL_SOCKET, SCM_RIGHTS, numbers,
		            n * sizeof(int32_t));
}

static void put_packet_info(struct control_writer *w,
                            const struct socket *socket,
                            const struct bh_net_address *to)
{
	if (socket->family == AF_INET) {
		/* struct in_pktinfo: interface, specific, destination */
		uint8_t info[12] = {1};

		memcpy(info + 4, to->bytes, 4);
		memcpy(info + 8, to->bytes, 4);
		put_control(w, IPPROTO_IP, IP_PKTINFO, info, sizeof(info));
	} else {
		/* struct in6_pktinfo: address, interface */
		struct socket_address address;
		uint8_t info[20] = {[16] = 1};

		inet_write_address(socket, to, &address);
		memcpy(info, address.bytes + 8, 16);
		put_control(w, IPPROTO_IPV6, IPV6_PKTINFO, info, sizeof(info));
	}
}

static void put_arrival(struct control_writer *w, const struct socket *socket,
                        const struct arrival *arrival)
{
	int32_t time_to_live = arrival->time_to_live;

	if (!arrival->to.family)
		return;
	if (socket->options.receive_info)
		put_packet_info(w, socket, &arrival->to);
	if (socket->options.receive_ttl)
		put_control(w, IPPROTO_IP, IP_TTL, &time_to_live,
		            sizeof(time_to_live));
	if (socket->options.receive_tos)
		put_control(w, IPPROTO_IP, IP_TOS, &arrival->type_of_service,
		            sizeof(arrival->type_of_service));
}

static void put_credentials(struct control_writer *w, struct credentials c)
{
	if (!c.pid)
		c.uid = c.gid = NOBODY;
	put_control(w, SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof(c));
}

static void put_controls(struct control_writer *w, struct socket *socket,
                         struct message *message)
{
	if (socket->options.pass_credentials && socket->family == AF_UNIX)
		put_credentials(w, message->credentials);
	put_arrival(w, socket, &message->arrival);
	if (message->rights)
		put_rights(w, message->rights,
		           message->flags & MSG_CMSG_CLOEXEC);
	if (w->cut)
		message->seen |= MSG_CTRUNC;
}

static int64_t receive(struct socket *socket, struct io *io,
                       struct message *message, uint32_t flags)
{
	message->flags = flags;
	/* UDP does not look at it. */
	if (flags & MSG_OOB &&
	    (socket->family == AF_UNIX || socket->family == AF_NETLINK))
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	if (socket->file->flags & O_NONBLOCK)
		message->flags |= MSG_DONTWAIT;
	return socket->ops->receive(socket, io, message);
}

SYSCALL(recvfrom)
{
	struct message message = {0};
	struct io_piece piece;
	struct io io;
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);
	int64_t n;

	if (!socket)
		return r;
	io_from_buffer(&io, &piece, call->a[1],
	               min_u64(call->a[2], TRANSFER_MAX));
	n = receive(socket, &io, &message, (uint32_t)call->a[3]);
	if (n >= 0 && call->a[4] && call->a[5]) {
		int32_t room, size = (int32_t)message.from.size;

		if (user_read(&room, call->a[5], sizeof(room)))
			n = -EFAULT;
		else if (room < 0)
			n = -EINVAL;
		else if (user_write(call->a[4], message.from.bytes,
		                    (size_t)(room < size ? room : size)) ||
		         user_write(call->a[5], &size, sizeof(size)))
			n = -EFAULT;
	}
	rights_free(message.rights);
	file_release(socket->file);
	return n;
}

/* What a receive says beside the bytes. */
static int put_header(struct socket *socket, struct message *message,
                      struct header *header, uint64_t address)
{
	struct control_writer w = {
	        .address = header->control,
	        .left = header->control ? header->control_size : 0,
	};
	uint32_t size = message->from.size;

	if (header->name) {
		if (size > header->name_size)
			size = header->name_size;
		if (user_write(header->name, message->from.bytes, size))
			return -EFAULT;
		header->name_size = message->from.size;
	}
	put_controls(&w, socket, message);
	header->control_size = w.used;
	header->flags = message->seen | (message->flags & MSG_CMSG_CLOEXEC);
	/* The pointers stay as they are. */
	if (user_write(address + offsetof(struct header, name_size),
	               &header->name_size, sizeof(header->name_size)) ||
	    user_write(address + offsetof(struct header, control_size),
	               &header->control_size, sizeof(header->control_size)) ||
	    user_write(address + offsetof(struct header, flags), &header->flags,
	               sizeof(header->flags)))
		return -EFAULT;
	return 0;
}

static int64_t receive_one(struct socket *socket, uint64_t address,
                           uint32_t flags)
{
	struct message message = {0};
	struct header header;
	struct io io;
	int64_t n;
	int r;

	if (user_read(&header, address, sizeof(header)))
		return -EFAULT;
	if (header.count > VECTORS_MAX)
		return -EMSGSIZE;
	if ((int32_t)header.name_size < 0)
		return -EINVAL;
	n = io_from_vector(&io, header.vector, header.count);
	if (n)
		return n;
	n = receive(socket, &io, &message, flags);
	io_release(&io);
	if (n >= 0) {
		r = put_header(socket, &message, &header, address);
		n = r ? r : n;
	}
	rights_free(message.rights);
	return n;
}

SYSCALL(recvmsg)
{
	int r;
	struct socket *socket = socket_hold(call_int(call, 0), &r);
	int64_t n;

	if (!socket)
		return r;
	n = receive_one(socket, call->a[1], (uint32_t)call->a[2]);
	file_release(socket->file);
	return n;
}

/* Receives up to COUNT messages, until DEADLINE has come.  Returns how many,
 * and in *ERROR why there are no more: 0 or -errno. */
static uint32_t receive_many(struct socket *socket, uint64_t address,
                             uint32_t count, uint32_t flags, uint64_t deadline,
                             int64_t *error)
{
	uint32_t one_flags = flags & ~(uint32_t)MSG_WAITFORONE;

	for (uint32_t i = 0; i < count; i++, address += sizeof(struct many)) {
		int64_t n = receive_one(socket, address, one_flags);
		uint32_t size = (uint32_t)n;

		*error = n < 0 ? n
		               : user_write(address +
		                                    offsetof(struct many, size),
		                            &size, sizeof(size));
		if (*error)
			return i;
		if (flags & MSG_WAITFORONE)
			one_flags |= MSG_DONTWAIT;
		/* As on Linux, the time is looked at between messages. */
		if (clock_monotonic() >= deadline)
			return i + 1;
	}
	return count;
}

static uint64_t time_left(uint64_t deadline)
{
	uint64_t now = clock_monotonic();

	return deadline > now ? deadline - now : 0;
}

SYSCALL(recvmmsg)
{
	uint32_t count = (uint32_t)min_u64((uint32_t)call->a[2], VECTORS_MAX);
	uint64_t deadline;
	int r = deadline_from_user(call->a[4], &deadline);
	struct socket *socket;
	int64_t error = 0, n;

	if (r)
		return r;
	socket = socket_hold(call_int(call, 0), &r);
	if (!socket)
		return r;
	n = socket_take_error(socket);
	if (!n)
		n = receive_many(socket, call->a[1], count,
		                 (uint32_t)call->a[3], deadline, &error);
	/* What ends it behind a message is said by the next call. */
	if (!n)
		n = error;
	else if (n > 0 && error && error != -EAGAIN && error != -ERESTARTSYS)
		socket->error = (int)-error;
	file_release(socket->file);
	if (n > 0 && call->a[4] &&
	    time_to_user(call->a[4], time_left(deadline)))
		return -EFAULT;
	return n;
}
