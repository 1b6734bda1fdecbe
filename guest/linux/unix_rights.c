/* SPDX-License-Identifier: ISC */

/* Files on their way through Unix sockets (SCM_RIGHTS). */

#include "guest/linux/socket.h"
#include "guest/linux/task.h"

static struct list on_their_way = LIST_INIT(on_their_way);
static unsigned sockets_on_their_way, files_on_their_way;

static struct socket *unix_socket(const struct file *file)
{
	struct socket *socket = file->ops == &socket_ops ? file->data : NULL;

	return socket && socket->family == AF_UNIX ? socket : NULL;
}

struct rights *rights_create(unsigned count)
{
	struct rights *rights =
	        memory_zeroed(sizeof(*rights) + count * sizeof(struct file *));

	if (rights)
		list_init(&rights->link);
	return rights;
}

void rights_add(struct rights *rights, struct file *file)
{
	rights->files[rights->count++] = file;
}

struct rights *rights_copy(const struct rights *rights)
{
	struct rights *copy = rights ? rights_create(rights->count) : NULL;

	for (unsigned i = 0; copy && i < rights->count; i++)
		rights_add(copy, file_hold(rights->files[i]));
	return copy;
}

static unsigned count_sockets(const struct rights *rights)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rights->count; i++)
		n += unix_socket(rights->files[i]) != NULL;
	return n;
}

bool rights_are_many(void)
{
	return process.euid && files_on_their_way > process.limits[7][0];
}

void rights_send(struct rights *rights, struct socket *to,
                 struct rights **place)
{
	rights->holder = to;
	rights->place = place;
	list_append(&on_their_way, &rights->link);
	files_on_their_way += rights->count;
	sockets_on_their_way += count_sockets(rights);
}

void rights_arrive(struct rights *rights)
{
	if (!rights->holder)
		return;
	*rights->place = NULL;
	rights->holder = NULL;
	list_remove(&rights->link);
	files_on_their_way -= rights->count;
	sockets_on_their_way -= count_sockets(rights);
}

void rights_free(struct rights *rights)
{
	if (!rights)
		return;
	rights_arrive(rights);
	for (unsigned i = 0; i < rights->count; i++)
		file_release(rights->files[i]);
	memory_free(rights);
}

/* -------------------------------------------------------------- collecting */

/* The Unix sockets that are on their way. */
#define EACH_SOCKET(socket)                                                    \
	LIST_EACH(rights, &on_their_way, struct rights, link)                  \
	for (unsigned i = 0; i < rights->count; i++)                           \
		if ((socket = unix_socket(rights->files[i])))

/* Can somebody read what is on its way in RIGHTS?  Nobody has the descriptor of
 * a connection that waits to be accepted, but of its listener. */
static bool can_arrive(const struct rights *rights)
{
	const struct socket *holder = rights->holder;

	if (!holder->file && holder->listener)
		holder = holder->listener;
	return !holder->lost;
}

/* Suspects those that nothing but messages on their way refers to. */
static void suspect_sockets(void)
{
	struct socket *socket;

	EACH_SOCKET(socket)
	socket->messages = 0;
	EACH_SOCKET(socket)
	socket->lost = ++socket->messages == socket->file->references;
}

/* Clears those that can be read from a socket that is not lost: were there any?
 */
static bool find_sockets(void)
{
	struct socket *socket;
	bool found = false;

	EACH_SOCKET(socket)
	if (socket->lost && can_arrive(rights)) {
		socket->lost = false;
		found = true;
	}
	return found;
}

void rights_collect(void)
{
	static bool collecting;
	struct list lost = LIST_INIT(lost);

	if (!sockets_on_their_way || collecting)
		return;
	suspect_sockets();
	while (find_sockets())
		;
	LIST_EACH(rights, &on_their_way, struct rights, link)
	if (!can_arrive(rights)) {
		rights_arrive(rights);
		list_append(&lost, &rights->link);
	}
	collecting = true;
	while (!list_is_empty(&lost)) {
		struct rights *rights = LIST_FIRST(&lost, struct rights, link);

		list_remove(&rights->link);
		rights_free(rights);
	}
	collecting = false;
}
