/* SPDX-License-Identifier: ISC */

/* Names that outgoing connections may be made to: the device has resolved them,
 * and a program finds them in /etc/hosts, since there is no name server. */

#include "guest/linux/net.h"
#include "guest/linux/vfs.h"

#define HOSTS_PATH "/etc/hosts"
#define HOSTS_MAX  32768u /* bytes; more than the device can have names for */

static char hosts[HOSTS_MAX];
static size_t hosts_size;

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

void net_hosts_take(const uint8_t *data, size_t size)
{
	hosts_size = 0;
	for (size_t at = 0; size - at >= sizeof(struct bh_net_name);
	     at += sizeof(struct bh_net_name)) {
		struct bh_net_name name;
		size_t room = sizeof(hosts) - hosts_size;
		int n;

		memcpy(&name, data + at, sizeof(name));
		name.name[sizeof(name.name) - 1] = 0;
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
