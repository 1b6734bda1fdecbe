/* SPDX-License-Identifier: ISC */

/* What the device tells when it introduces itself.  Names that outgoing
 * connections may be made to: it has resolved them, and a program finds them in
 * /etc/hosts, since there is no name server.  And which addresses of the
 * loopback are not only the guest's own. */

#include "guest/linux/net.h"
#include "guest/linux/vfs.h"

#define SHARED_MAX 64u
#define HOSTS_PATH "/etc/hosts"
#define HOSTS_MAX  32768u /* bytes; more than the device can have names for */

static char hosts[HOSTS_MAX];
static size_t hosts_size;
static struct bh_net_address shared[SHARED_MAX]; /* with the host's loopback */
static unsigned shared_count;

/* "ADDRESS NAME\n"; the name only if it can stand in a file of names. */
static int host_line(char *to, size_t size, const struct bh_net_name *name)
{
	const uint8_t *b = name->address.bytes;
	int n = 0;

	for (const char *c = name->name; *c; c++)
		if (*c <= ' ' || *c == '#' || (uint8_t)*c >= 0x7f)
			return 0;
	if (!name->name[0])
		return 0;
	if (name->address.family == BH_NET_IPV4)
		return format(to, size, "%u.%u.%u.%u %s\n", b[0], b[1], b[2],
		              b[3], name->name);
	if (name->address.family != BH_NET_IPV6)
		return 0;
	for (unsigned i = 0; i < 16 && (size_t)n < size; i += 2)
		n += format(to + n, size - (size_t)n, "%x%s",
		            (unsigned)(b[i] << 8 | b[i + 1]),
		            i < 14 ? ":" : " ");
	if ((size_t)n < size)
		n += format(to + n, size - (size_t)n, "%s\n", name->name);
	return n;
}

bool net_shares_loopback(const struct bh_net_address *address)
{
	for (unsigned i = 0; i < shared_count; i++)
		if (shared[i].family == address->family &&
		    (!shared[i].port || shared[i].port == address->port) &&
		    !memcmp(shared[i].bytes, address->bytes,
		            sizeof(address->bytes)))
			return true;
	return false;
}

static bool take_shared(const struct bh_net_name *name)
{
	if (name->name[0] || !inet_is_loopback(&name->address))
		return false;
	if (shared_count < SHARED_MAX)
		shared[shared_count++] = name->address;
	return true;
}

void net_hosts_take(const uint8_t *data, size_t size)
{
	hosts_size = shared_count = 0;
	for (size_t at = 0; size - at >= sizeof(struct bh_net_name);
	     at += sizeof(struct bh_net_name)) {
		struct bh_net_name name;
		size_t room = sizeof(hosts) - hosts_size;
		int n;

		memcpy(&name, data + at, sizeof(name));
		name.name[sizeof(name.name) - 1] = 0;
		if (take_shared(&name))
			continue;
		n = host_line(hosts + hosts_size, room, &name);
		if (n < 0 || (size_t)n >= room)
			break;
		hosts_size += (size_t)n;
	}
}

/* What the image's file says comes first, as in Linux the first line wins. */
void net_hosts_write(void)
{
	struct file *file;
	struct io_piece piece;
	struct io io;
	int64_t r;

	if (!hosts_size)
		return;
	r = vfs_open(AT_FDCWD, HOSTS_PATH, O_WRONLY | O_CREAT | O_APPEND, 0644,
	             &file);
	if (!r) {
		io_from_kernel(&io, &piece, hosts, hosts_size);
		r = file_write(file, &io);
		file_release(file);
	}
	if (r < 0)
		log_line(HOSTS_PATH " cannot be written (%d)", (int)r);
}
