/* SPDX-License-Identifier: BSD-3-Clause */
/* The question to all workers.
 *
 *      who asks ─► gather ─── ask 1 ─► worker 1 fills it ──► back home: added, or dropped
 *                     └────── ask 2 ─► worker 2 fills it ──►
 *
 * In: the host of a worker, in its thread. Out: a sum, and who is missing in it.
 *
 * The gather is touched in the thread of who asks alone, but for the count of who holds it: who
 * asks, until it ends, and each ask, until it is over. So an answer that comes too late finds
 * a gather that nobody waits for, and whoever is last frees it. An ask that cannot be posted, there
 * or back, is dropped: its worker is missing. Knows no time: who asks decides how long. */
#include "evtcpd/gather.h"

#include "evtcpd/pages.h"

#include <evtcp/group.h>

#include <stdatomic.h>
#include <stdlib.h>

struct gather {
	atomic_uint holders;
	int has_ended; /* nobody waits any more */
	const struct pages_host *host;
	void (*over)(void *arg);
	void *arg;
	struct pages_report sum;
	unsigned waiting; /* answers that may still come */
	unsigned most;    /* connections of each worker */
	unsigned n;
	unsigned char missing[]; /* n, see struct gather_missing */
};

/* A question on its way. */
struct gather_ask {
	struct gather *gather;
	unsigned home, place; /* of who asks, of who is asked */
	struct pages_report report;
};

/* ---- who holds what ----------------------------------------------------------------- */

static struct gather *gather_new(
	const struct pages_host *host, enum pages_report_style style, unsigned most)
{
	unsigned n = host->group != NULL ? host->n : 1;
	struct gather *gather = calloc(1, sizeof(*gather) + n);

	if (gather == NULL || pages_report_init(&gather->sum, style) < 0) {
		free(gather);
		return NULL;
	}
	atomic_init(&gather->holders, 1);
	gather->host = host;
	gather->n = n;
	gather->most = (most + n - 1) / n;
	return gather;
}

static void gather_drop(struct gather *gather)
{
	if (atomic_fetch_sub(&gather->holders, 1) != 1)
		return;
	pages_report_free(&gather->sum);
	free(gather);
}

static void gather_ask_free(struct gather_ask *ask)
{
	pages_report_free(&ask->report);
	gather_drop(ask->gather);
	free(ask);
}

/* ---- asking and answering -------------------------------------------------------------- */

/* At home: an answer. */
static void gather_on_answer(struct evtcp_stack *stack, void *arg)
{
	struct gather_ask *ask = arg;
	struct gather *gather = ask->gather;

	if (stack != NULL && !gather->has_ended) {
		pages_report_add(&gather->sum, &ask->report);
		gather->missing[ask->place] = 0;
		if (--gather->waiting == 0)
			gather->over(gather->arg);
	}
	gather_ask_free(ask);
}

/* In the thread of who is asked. */
static void gather_on_ask(struct evtcp_stack *stack, void *arg)
{
	struct gather_ask *ask = arg;
	const struct pages_host *all = ask->gather->host->all;

	if (stack == NULL) {
		gather_ask_free(ask);
		return;
	}
	pages_report_fill(&ask->report, &all[ask->place], ask->gather->most);
	if (evtcp_group_post(all[ask->place].group, ask->home, gather_on_answer, ask) < 0)
		gather_ask_free(ask);
}

/* 0, or -1: place stays missing. */
static int gather_ask(struct gather *gather, unsigned home, unsigned place)
{
	struct gather_ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		return -1;
	*ask = (struct gather_ask){.gather = gather, .home = home, .place = place};
	atomic_fetch_add(&gather->holders, 1);
	if (pages_report_init(&ask->report, gather->sum.style) == 0 &&
		evtcp_group_post(gather->host->group, place, gather_on_ask, ask) == 0)
		return 0;
	gather_ask_free(ask);
	return -1;
}

static void gather_ask_others(struct gather *gather)
{
	unsigned home = (unsigned)evtcp_group_get_index(gather->host->stack);

	for (unsigned place = 0; place < gather->n; place++) {
		gather->missing[place] = place != home;
		if (place != home && gather_ask(gather, home, place) == 0)
			gather->waiting++;
	}
}

/* ---- the whole ------------------------------------------------------------------------- */

struct gather *gather_begin(const struct pages_host *host, enum pages_report_style style,
	unsigned most, void (*over)(void *arg), void *arg)
{
	struct gather *gather = gather_new(host, style, most);

	if (gather == NULL)
		return NULL;
	gather->over = over;
	gather->arg = arg;
	pages_report_fill(&gather->sum, host, gather->most);
	if (host->group != NULL)
		gather_ask_others(gather);
	return gather;
}

int gather_waits(const struct gather *gather)
{
	return gather->waiting != 0;
}

struct pages_report *gather_sum(struct gather *gather)
{
	return &gather->sum;
}

struct gather_missing gather_get_missing(const struct gather *gather)
{
	return (struct gather_missing){gather->missing, gather->n};
}

void gather_end(struct gather *gather)
{
	gather->has_ended = 1;
	gather_drop(gather);
}
