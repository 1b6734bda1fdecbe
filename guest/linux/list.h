/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_LIST_H
#define BH_LINUX_LIST_H

/* A doubly linked ring with a head of its own; an unlinked node points to
 * itself, so removing it twice does no harm. */

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *previous;
};

#define LIST_INIT(name) {&(name), &(name)}

/* The structure of TYPE whose MEMBER is at POINTER. */
#define CONTAINER_OF(pointer, type, member)                                    \
	((type *)(void *)((char *)(pointer) - offsetof(type, member)))

/* Walks a list; the current entry may be removed meanwhile, no other. */
#define LIST_EACH(entry, head, type, member)                                   \
	for (type *entry = CONTAINER_OF((head)->next, type, member),           \
	          *entry##_next =                                              \
	                  CONTAINER_OF(entry->member.next, type, member);      \
	     &entry->member != (head);                                         \
	     entry = entry##_next,                                             \
	     entry##_next = CONTAINER_OF(entry->member.next, type, member))

static inline void list_init(struct list *list)
{
	list->next = list->previous = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_insert_before(struct list *at, struct list *node)
{
	node->previous = at->previous;
	node->next = at;
	at->previous->next = node;
	at->previous = node;
}

static inline void list_append(struct list *list, struct list *node)
{
	list_insert_before(list, node);
}

static inline void list_remove(struct list *node)
{
	node->previous->next = node->next;
	node->next->previous = node->previous;
	list_init(node);
}

/* The first entry, or NULL. */
#define LIST_FIRST(head, type, member)                                         \
	(list_is_empty(head) ? (type *)NULL                                    \
	                     : CONTAINER_OF((head)->next, type, member))

#endif
