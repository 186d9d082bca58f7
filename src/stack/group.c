/* SPDX-License-Identifier: BSD-3-Clause */

/* A group of stacks: inboxes by which their threads talk to each other.
 *
 *      any thread ─► lock ─► list of a place ─► descriptor wakes the loop of its stack
 *                                                  └─► the whole list is taken, then each
 *                                                      item runs without the lock
 *
 * In: packets that are nobody's in a stack, calls that were posted. Out: the same in another
 * stack's thread.
 *
 * A lock is held for as long as it takes to append an item or to take a list, never while
 * anything runs, and only who has something to pass on takes one. A packet goes round the ring
 * once, as one item of memory: the place that it started from is where it ends. */

#include "stack/group.h"
#include "stack/flush.h"
#include "stack/stack.h"
#include "util/memory.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Of one inbox. Packets and posts do not crowd each other out. */
enum { GROUP_PLACES = 1024, GROUP_PACKETS = 1024, GROUP_BYTES = 1 << 20, GROUP_POSTS = 1024 };

/* Something on its way to a stack: a call, or a packet if cb is NULL. */
struct group_item {
	struct group_item *next;
	void (*cb)(struct evtcp_stack *stack, void *arg);
	void *arg;
	unsigned origin; /* the place whose link the packet came from */
	uint16_t segment_len;
	bool checksum_left;
	size_t len;
	uint8_t bytes[];
};

struct group_place {
	int fd; /* an eventfd, readable when the list is not empty; lives with the group */
	pthread_mutex_t lock; /* of what follows */
	bool open;            /* a stack is here */
	struct group_item *first, **last;
	unsigned n_packets, n_posts;
	size_t bytes; /* of the packets */
};

struct evtcp_group {
	struct evtcp_world world;
	struct keyed_hash secret;
	unsigned n;
	struct group_place places[];
};

/* ---- inboxes ---------------------------------------------------------------------- */

static bool group_has_room(const struct group_place *place, const struct group_item *item)
{
	if (item->cb)
		return place->n_posts < GROUP_POSTS;
	return place->n_packets < GROUP_PACKETS && item->len <= GROUP_BYTES - place->bytes;
}

static void group_append(struct group_place *place, struct group_item *item)
{
	static const uint64_t one = 1;

	item->next = NULL;
	*place->last = item;
	place->last = &item->next;
	if (item->cb) {
		place->n_posts++;
	} else {
		place->n_packets++;
		place->bytes += item->len;
	}
	/* Cannot fail: the counter stays far below its end, for it is read with the list. */
	if (place->first == item)
		(void)!write(place->fd, &one, sizeof(one));
}

/* 0, or an errno value: EAGAIN, ENOTCONN; item is the caller's then. */
static int group_put(struct group_place *place, struct group_item *item)
{
	int error = 0;

	pthread_mutex_lock(&place->lock);
	if (!place->open)
		error = ENOTCONN;
	else if (!group_has_room(place, item))
		error = EAGAIN;
	else
		group_append(place, item);
	pthread_mutex_unlock(&place->lock);
	return error;
}

/* Takes all there is; from now on stays open or not. */
static struct group_item *group_take(struct group_place *place, bool stays)
{
	struct group_item *items;
	uint64_t n;

	pthread_mutex_lock(&place->lock);
	items = place->first;
	place->first = NULL;
	place->last = &place->first;
	place->n_packets = place->n_posts = 0;
	place->bytes = 0;
	place->open = stays;
	if (items)
		(void)!read(place->fd, &n, sizeof(n));
	pthread_mutex_unlock(&place->lock);
	return items;
}

/* Whether somebody who comes has the place to himself from now on. */
static bool group_claim(struct group_place *place)
{
	bool was_open;

	pthread_mutex_lock(&place->lock);
	was_open = place->open;
	place->open = true;
	pthread_mutex_unlock(&place->lock);
	return !was_open;
}

/* ---- packets ---------------------------------------------------------------------- */

/* To the next place behind `from` where somebody is; where it came from somebody is. Returns what
 * became of it; in any case item is not ours any more: who has it may be done with it already. */
static enum evtcp_cause group_forward(
	struct evtcp_group *group, struct group_item *item, unsigned from)
{
	unsigned origin = item->origin, place = from;
	int error;

	do {
		place = (place + 1) % group->n;
		error = group_put(&group->places[place], item);
	} while (error == ENOTCONN && place != origin);
	if (error == 0)
		return EVTCP_CAUSE_PASSED_ON;
	memory_free(&group->world, item);
	return EVTCP_CAUSE_PASS_QUEUE_FULL;
}

enum evtcp_cause group_pass(struct evtcp_stack *stack, const struct evtcp_packet *packet)
{
	struct evtcp_group *group = stack->membership.group;
	struct group_item *item = memory_alloc(&group->world, sizeof(*item) + packet->len);

	assert(packet->iovcnt == 1 && "the batch has made it one piece");
	if (!item)
		return EVTCP_CAUSE_NO_MEMORY;
	*item = (struct group_item){.origin = stack->membership.index,
		.segment_len = packet->segment_len,
		.checksum_left = packet->checksum_left,
		.len = packet->len};
	memcpy(item->bytes, packet->iov[0].iov_base, packet->len);
	return group_forward(group, item, item->origin);
}

static void group_take_packet(struct evtcp_stack *stack, struct group_item *item)
{
	const struct group_membership *membership = &stack->membership;
	struct iovec iov = {item->bytes, item->len};
	struct evtcp_packet packet = {.iov = &iov,
		.iovcnt = 1,
		.len = item->len,
		.segment_len = item->segment_len,
		.checksum_left = item->checksum_left};
	enum evtcp_cause cause;
	bool taken;

	stack->tcp.has_siblings = item->origin != membership->index;
	taken = batch_offer(stack, &packet);
	stack->tcp.has_siblings = true;
	if (taken) {
		memory_free(&membership->group->world, item);
		return;
	}
	cause = group_forward(membership->group, item, membership->index);
	if (cause != EVTCP_CAUSE_PASSED_ON)
		tracer_count(&stack->trace, cause);
}

static void group_on_inbox(evutil_socket_t fd, short what, void *arg)
{
	struct evtcp_stack *stack = arg;
	struct evtcp_group *group = stack->membership.group;
	struct group_item *item = group_take(&group->places[stack->membership.index], true), *next;

	(void)fd;
	(void)what;
	for (; item; item = next) {
		next = item->next;
		if (!item->cb) {
			group_take_packet(stack, item);
			continue;
		}
		item->cb(stack, item->arg);
		memory_free(&group->world, item);
	}
	if (stack->batch.open || flush_pending(stack))
		evtcp_stack_flush(stack);
}

/* ---- places ----------------------------------------------------------------------- */

/* What is left in an inbox that closes: packets are lost, calls are told that it is in vain. */
static void group_close(struct evtcp_group *group, struct group_place *place)
{
	struct group_item *item, *next;

	for (item = group_take(place, false); item; item = next) {
		next = item->next;
		if (item->cb)
			item->cb(NULL, item->arg);
		memory_free(&group->world, item);
	}
}

int evtcp_group_join(struct evtcp_group *group, unsigned index, struct evtcp_stack *stack)
{
	struct group_membership *membership = &stack->membership;
	struct group_place *place;

	if (index >= group->n || !stack->base) {
		errno = EINVAL;
		return -1;
	}
	place = &group->places[index];
	if (membership->group || !group_claim(place)) {
		errno = EBUSY;
		return -1;
	}
	membership->inbox =
		event_new(stack->base, place->fd, EV_READ | EV_PERSIST, group_on_inbox, stack);
	if (!membership->inbox || event_add(membership->inbox, NULL) < 0) {
		if (membership->inbox)
			event_free(membership->inbox);
		membership->inbox = NULL;
		group_close(group, place);
		errno = ENOMEM;
		return -1;
	}
	membership->group = group;
	membership->index = index;
	tcp_share_secret(&stack->tcp, &group->secret);
	stack->tcp.has_siblings = true;
	return 0;
}

void evtcp_group_leave(struct evtcp_stack *stack)
{
	struct group_membership *membership = &stack->membership;

	if (!membership->group)
		return;
	event_free(membership->inbox);
	group_close(membership->group, &membership->group->places[membership->index]);
	*membership = (struct group_membership){0};
	stack->tcp.has_siblings = false;
}

int evtcp_group_get_index(const struct evtcp_stack *stack)
{
	return stack->membership.group ? (int)stack->membership.index : -1;
}

int evtcp_group_post(struct evtcp_group *group, unsigned index,
	void (*cb)(struct evtcp_stack *stack, void *arg), void *arg)
{
	struct group_item *item;
	int error = EINVAL;

	if (index >= group->n) {
		errno = error;
		return -1;
	}
	item = memory_alloc(&group->world, sizeof(*item));
	if (!item) {
		errno = ENOMEM;
		return -1;
	}
	*item = (struct group_item){.cb = cb, .arg = arg};
	error = group_put(&group->places[index], item);
	if (error == 0)
		return 0;
	memory_free(&group->world, item);
	errno = error;
	return -1;
}

/* ---- the group -------------------------------------------------------------------- */

struct evtcp_group *evtcp_group_new(unsigned n, const struct evtcp_world *world)
{
	struct evtcp_group *group;

	if (n < 1 || n > GROUP_PLACES) {
		errno = EINVAL;
		return NULL;
	}
	group = memory_zalloc(world, sizeof(*group) + n * sizeof(group->places[0]));
	if (!group) {
		errno = ENOMEM;
		return NULL;
	}
	group->world = *world;
	keyed_hash_init(&group->secret, world);
	for (; group->n < n; group->n++) {
		struct group_place *place = &group->places[group->n];

		place->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (place->fd < 0) {
			int error = errno;

			evtcp_group_free(group);
			errno = error;
			return NULL;
		}
		place->last = &place->first;
		pthread_mutex_init(&place->lock, NULL);
	}
	return group;
}

void evtcp_group_free(struct evtcp_group *group)
{
	struct evtcp_world world;

	if (!group)
		return;
	for (unsigned i = 0; i < group->n; i++) {
		assert(!group->places[i].open && "all stacks have left");
		pthread_mutex_destroy(&group->places[i].lock);
		close(group->places[i].fd);
	}
	world = group->world;
	memory_free(&world, group);
}
