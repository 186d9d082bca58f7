/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_LIST_H
#define UTIL_LIST_H

/* A doubly linked list of nodes that live inside other objects: push, remove and
 * pop in constant time. A node is in at most one list; a zeroed one is in none. */

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *next, *prev;
};

/* The head is a node of a ring; an empty list points at itself. */
struct list {
	struct list_node head;
};

/* container_of: the object of this type whose member this node is. */
#define container_of(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->head.next = list->head.prev = &list->head;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

static inline bool list_node_is_in(const struct list_node *node)
{
	return node->next != NULL;
}

static inline void list_push(struct list *list, struct list_node *node)
{
	node->next = &list->head;
	node->prev = list->head.prev;
	node->prev->next = node;
	list->head.prev = node;
}

static inline void list_remove(struct list_node *node)
{
	if (!list_node_is_in(node))
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = NULL;
}

/* list_last: the newest node, NULL when empty. */
static inline struct list_node *list_last(const struct list *list)
{
	return list_is_empty(list) ? NULL : list->head.prev;
}

/* list_first, list_pop: the oldest node, NULL when empty; pop takes it out. */
static inline struct list_node *list_first(const struct list *list)
{
	return list_is_empty(list) ? NULL : list->head.next;
}

static inline struct list_node *list_pop(struct list *list)
{
	struct list_node *node = list_first(list);
	if (node != NULL)
		list_remove(node);
	return node;
}

#endif
