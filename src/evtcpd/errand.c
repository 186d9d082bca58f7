/* SPDX-License-Identifier: BSD-3-Clause */
/* An order to all workers, posted through the group of their stacks (evtcp/group.h).
 *
 *      errand_begin ─┬─► worker 0 acts ──────────────────────┐
 *                    ├─ post ─► worker 1 acts ─► one less ───┤ a timer of the main loop
 *                    └─ post ─► worker 2 acts ─► one less ───┘ sees that none is left: over
 *
 * In: what to do, a few bytes for it. Out: calls in each thread, one call when all is done.
 *
 * The errand is held by who began it, until it is over or cancelled, and by each post, until that
 * has run; whoever is last frees it. Between threads there is nothing but two counts. */

#include "evtcpd/errand.h"

#include <errno.h>
#include <event2/event.h>
#include <evtcp/group.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ERRAND_POLL_US 1000

/* One of the others. */
struct errand_part {
	struct errand *errand;
	struct worker *worker;
	int is_posted;
};

struct errand {
	atomic_uint holders;
	atomic_uint left; /* of the others, those that have not acted */
	struct workers *workers;
	struct errand_order order;
	struct event *poll;
	unsigned char value[ERRAND_VALUE];
	unsigned n; /* parts */
	struct errand_part parts[];
};

static void errand_drop(struct errand *errand)
{
	if (atomic_fetch_sub(&errand->holders, 1) == 1)
		free(errand);
}

/* In the thread of a worker; without stack it has left, and will do nothing any more. */
static void errand_on_post(struct evtcp_stack *stack, void *arg)
{
	struct errand_part *part = arg;
	struct errand *errand = part->errand;

	if (stack != NULL)
		errand->order.act(part->worker, errand->value);
	atomic_fetch_sub(&errand->left, 1);
	errand_drop(errand);
}

/* Whoever could not be asked before is asked now. */
static void errand_ask(struct errand *errand)
{
	struct evtcp_group *group = workers_group(errand->workers);

	for (unsigned i = 0; i < errand->n; i++) {
		struct errand_part *part = &errand->parts[i];

		if (part->is_posted)
			continue;
		atomic_fetch_add(&errand->holders, 1);
		part->is_posted =
			evtcp_group_post(group, part->worker->index, errand_on_post, part) == 0;
		if (!part->is_posted) /* never the last: whoever asks holds it, too */
			atomic_fetch_sub(&errand->holders, 1);
	}
}

static void errand_end(struct errand *errand)
{
	if (errand->poll != NULL)
		event_free(errand->poll);
	errand_drop(errand);
}

static void errand_on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct errand *errand = arg;
	struct errand_order order = errand->order;

	(void)fd;
	(void)what;
	errand_ask(errand);
	if (atomic_load(&errand->left) != 0)
		return;
	errand_end(errand);
	order.over(order.arg);
}

static struct errand *errand_new(struct workers *workers, const struct errand_order *order)
{
	static const struct timeval interval = {0, ERRAND_POLL_US};
	unsigned n = workers_count(workers) - 1;
	struct errand *errand = calloc(1, sizeof(*errand) + n * sizeof(errand->parts[0]));

	if (errand == NULL)
		return NULL;
	atomic_init(&errand->holders, 1);
	atomic_init(&errand->left, n);
	errand->workers = workers;
	errand->order = *order;
	memcpy(errand->value, order->value, order->len);
	errand->n = n;
	for (unsigned i = 0; i < n; i++)
		errand->parts[i] = (struct errand_part){errand, workers_at(workers, i + 1), 0};
	errand->poll = event_new(
		workers_at(workers, 0)->parts.base, -1, EV_PERSIST, errand_on_poll, errand);
	if (errand->poll != NULL && event_add(errand->poll, &interval) == 0)
		return errand;
	errand_end(errand);
	return NULL;
}

int errand_begin(struct errand **errand, struct workers *workers, const struct errand_order *order)
{
	*errand = NULL;
	if (workers_count(workers) > 1) {
		*errand = errand_new(workers, order);
		if (*errand == NULL) {
			errno = ENOMEM;
			return -1;
		}
	}
	order->act(workers_at(workers, 0), order->value);
	if (*errand != NULL)
		errand_ask(*errand);
	else
		order->over(order->arg);
	return 0;
}

void errand_cancel(struct errand *errand)
{
	if (errand != NULL)
		errand_end(errand);
}
