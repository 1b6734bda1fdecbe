/* SPDX-License-Identifier: ISC */
#include "guest/linux/epoll.h"

/* What an item always reports. */
#define ALWAYS    ((uint32_t)(POLLERR | POLLHUP))
#define MODIFIERS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

/* fs/eventpoll.c: how deep instances may watch each other. */
#define NESTING_MAX 5u

/* An entry in a queue of the file's; most files have one. */
struct watch {
	struct wait_entry entry;
	struct epoll_item *item;
	struct watch *next;
};

struct epoll_item {
	struct list ready_link; /* in epoll->ready, or alone */
	struct list file_link;  /* in file->watchers */
	struct epoll_item *next;
	struct epoll *epoll;
	struct file *file; /* not held: it tells us when it goes */
	int descriptor;
	struct epoll_event event;
	struct watch *watches;
	bool failed; /* no memory for a watch */
};

static bool is_ready(const struct epoll_item *item)
{
	return item->ready_link.next != &item->ready_link;
}

static void make_ready(struct epoll_item *item)
{
	if (!is_ready(item))
		list_append(&item->epoll->ready, &item->ready_link);
	wait_wake_some(&item->epoll->queue, POLL_READABLE, 1);
}

/* Something about the file has changed; EVENTS 0: anything. */
static void watch_wakes(struct wait_entry *entry, uint32_t events)
{
	struct epoll_item *item =
	        CONTAINER_OF(entry, struct watch, entry)->item;

	/* A one-shot item that has fired waits for EPOLL_CTL_MOD. */
	if (!(item->event.events & ~MODIFIERS))
		return;
	if (events && !(events & (item->event.events | ALWAYS)))
		return;
	make_ready(item);
}

struct collector {
	struct poll_table table;
	struct epoll_item *item;
};

static void add_watch(struct poll_table *table, struct wait_queue *queue)
{
	struct epoll_item *item =
	        CONTAINER_OF(table, struct collector, table)->item;
	struct watch *watch = memory_zeroed(sizeof(*watch));

	if (!watch) {
		item->failed = true;
		return;
	}
	watch->item = item;
	watch->entry.wake = watch_wakes;
	watch->next = item->watches;
	item->watches = watch;
	list_append(&queue->entries, &watch->entry.link);
}

static struct epoll_item *find(const struct epoll *epoll,
                               const struct file *file, int descriptor)
{
	struct epoll_item *item = NULL;

	if ((uint32_t)descriptor < epoll->room)
		item = epoll->items[descriptor];
	while (item && item->file != file)
		item = item->next;
	return item;
}

static int make_room(struct epoll *epoll, uint32_t wanted)
{
	uint32_t room = epoll->room ? epoll->room : 32;
	struct epoll_item **items;

	if (wanted <= epoll->room)
		return 0;
	while (room < wanted)
		room *= 2;
	items = memory_resize(epoll->items, room * sizeof(struct epoll_item *));
	if (!items)
		return -ENOMEM;
	memset(items + epoll->room, 0,
	       (room - epoll->room) * sizeof(struct epoll_item *));
	epoll->items = items;
	epoll->room = room;
	return 0;
}

static void item_free(struct epoll_item *item)
{
	struct epoll_item **at = &item->epoll->items[item->descriptor];

	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	while (item->watches) {
		struct watch *watch = item->watches;

		item->watches = watch->next;
		wait_end(&watch->entry);
		memory_free(watch);
	}
	list_remove(&item->ready_link);
	list_remove(&item->file_link);
	memory_free(item);
}

static int add(struct epoll *epoll, struct file *file, int descriptor,
               const struct epoll_event *event)
{
	struct collector collector = {.table.add = add_watch};
	struct epoll_item *item;
	uint32_t events;

	if (make_room(epoll, (uint32_t)descriptor + 1))
		return -ENOMEM;
	item = memory_zeroed(sizeof(*item));
	if (!item)
		return -ENOMEM;
	list_init(&item->ready_link);
	item->epoll = epoll;
	item->file = file;
	item->descriptor = descriptor;
	item->event = *event;
	item->next = epoll->items[descriptor];
	epoll->items[descriptor] = item;
	list_append(&file->watchers, &item->file_link);
	collector.item = item;
	events = file_poll(file, &collector.table);
	if (item->failed) {
		item_free(item);
		return -ENOMEM;
	}
	if (events & (event->events | ALWAYS))
		make_ready(item);
	return 0;
}

static int modify(struct epoll_item *item, const struct epoll_event *event)
{
	if ((item->event.events | event->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	item->event = *event;
	if (file_poll(item->file, NULL) & (event->events | ALWAYS))
		make_ready(item);
	return 0;
}

/* How many instances deep FILE leads; more than NESTING_MAX if it leads to
 * LOOKED_FOR. */
static unsigned depth(const struct file *file, const struct epoll *looked_for,
                      unsigned level)
{
	const struct epoll *epoll = file->data;
	unsigned deepest = 0;

	if (file->ops != &epoll_ops)
		return 0;
	if (epoll == looked_for || level > NESTING_MAX)
		return NESTING_MAX + 1;
	for (uint32_t i = 0; i < epoll->room; i++) {
		const struct epoll_item *item = epoll->items[i];

		for (; item; item = item->next) {
			unsigned d = depth(item->file, looked_for, level + 1);

			if (d > deepest)
				deepest = d;
		}
	}
	return deepest + 1;
}

static int check_add(struct epoll *epoll, const struct file *file,
                     const struct epoll_event *event)
{
	if (event->events & EPOLLEXCLUSIVE) {
		const uint32_t allowed = (uint32_t)(POLLIN | POLLOUT) | ALWAYS |
		                         EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

		if (event->events & ~allowed || file->ops == &epoll_ops)
			return -EINVAL;
	}
	return depth(file, epoll, 0) >= NESTING_MAX ? -ELOOP : 0;
}

int epoll_change(struct epoll *epoll, int operation, struct file *file,
                 int descriptor, const struct epoll_event *event)
{
	struct epoll_item *item = find(epoll, file, descriptor);
	int r;

	switch (operation) {
	case EPOLL_CTL_ADD:
		r = check_add(epoll, file, event);
		if (r)
			return r;
		return item ? -EEXIST : add(epoll, file, descriptor, event);
	case EPOLL_CTL_MOD:
		if (event->events & EPOLLEXCLUSIVE)
			return -EINVAL;
		return item ? modify(item, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (!item)
			return -ENOENT;
		item_free(item);
		return 0;
	default:
		return -EINVAL;
	}
}

/*
 * As Linux does it: each ready item is asked again; one that is watched by
 * level goes to the end of the list, to be asked again next time.
 */
unsigned epoll_collect(struct epoll *epoll, struct epoll_event *events,
                       unsigned count)
{
	struct list taken = LIST_INIT(taken);
	unsigned n = 0;

	while (!list_is_empty(&epoll->ready)) {
		struct list *first = epoll->ready.next;

		list_remove(first);
		list_append(&taken, first);
	}
	while (n < count && !list_is_empty(&taken)) {
		struct epoll_item *item =
		        LIST_FIRST(&taken, struct epoll_item, ready_link);
		uint32_t wanted = item->event.events;
		uint32_t now;

		list_remove(&item->ready_link);
		if (!(wanted & ~MODIFIERS))
			continue;
		now = file_poll(item->file, NULL) & (wanted | ALWAYS);
		if (!now)
			continue;
		events[n++] = (struct epoll_event){now, item->event.data};
		if (wanted & EPOLLONESHOT)
			item->event.events &= MODIFIERS;
		else if (!(wanted & EPOLLET))
			list_append(&epoll->ready, &item->ready_link);
	}
	/* What is left comes first next time. */
	while (!list_is_empty(&taken)) {
		struct list *last = taken.previous;

		list_remove(last);
		list_insert_before(epoll->ready.next, last);
	}
	return n;
}

uint32_t epoll_state(struct epoll *epoll, struct poll_table *table)
{
	uint32_t state = 0;

	poll_watch(table, &epoll->queue);
	LIST_EACH(item, &epoll->ready, struct epoll_item, ready_link)
	{
		if (file_poll(item->file, NULL) &
		    (item->event.events | ALWAYS)) {
			state = POLL_READABLE;
			break;
		}
		list_remove(&item->ready_link);
	}
	return state;
}

struct epoll *epoll_create(void)
{
	struct epoll *epoll = memory_zeroed(sizeof(*epoll));

	if (!epoll)
		return NULL;
	list_init(&epoll->ready);
	wait_queue_init(&epoll->queue);
	return epoll;
}

void epoll_destroy(struct epoll *epoll)
{
	for (uint32_t i = 0; i < epoll->room; i++)
		while (epoll->items[i])
			item_free(epoll->items[i]);
	memory_free(epoll->items);
	memory_free(epoll);
}

void epoll_file_gone(struct file *file)
{
	while (!list_is_empty(&file->watchers))
		item_free(LIST_FIRST(&file->watchers, struct epoll_item,
		                     file_link));
}
