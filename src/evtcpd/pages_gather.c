/* SPDX-License-Identifier: BSD-3-Clause */
/* The question to all workers.
 *
 *      exchange ─► gather ─── ask 1 ─► worker 1 fills it ──► back home: added, or dropped
 *                     └────── ask 2 ─► worker 2 fills it ──►
 *
 * In: an exchange and its worker's host. Out: a sum, and who is missing in it.
 *
 * The gather is touched in the thread of the exchange alone, but for the count of who holds it:
 * the exchange, until it is over, and each ask, until it is. So an answer that comes too late finds
 * a gather without exchange, and whoever is last frees it. An ask that cannot be posted, there
 * or back, is dropped: its worker is missing. */
#include "evtcpd/pages_gather.h"

#include "evtcpd/pages.h"
#include "evtcpd/pages_report.h"
#include "http/reply.h"

#include <evtcp/group.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef void (*gather_reply)(struct http_exchange *exchange, struct pages_report *report,
	const struct pages_missing *missing);

struct gather {
	atomic_uint holders;
	struct http_exchange *exchange; /* NULL: nobody waits any more */
	const struct pages_host *host;
	gather_reply reply;
	struct pages_report sum;
	unsigned waiting; /* answers that may still come */
	unsigned most;    /* connections of each worker */
	unsigned n;
	unsigned char missing[]; /* n, see struct pages_missing */
};

/* A question on its way. */
struct gather_ask {
	struct gather *gather;
	unsigned home, place; /* of who asks, of who is asked */
	struct pages_report report;
};

struct gather_state {
	struct gather *gather;
};

_Static_assert(sizeof(struct gather_state) <= HTTP_EXCHANGE_STATE, "the state fits");

/* ---- who holds what ----------------------------------------------------------------- */

static struct gather *gather_new(const struct pages_host *host, unsigned most, gather_reply reply)
{
	struct gather *gather = calloc(1, sizeof(*gather) + host->n);

	if (gather == NULL || pages_report_init(&gather->sum) < 0) {
		free(gather);
		return NULL;
	}
	atomic_init(&gather->holders, 1);
	gather->host = host;
	gather->reply = reply;
	gather->n = host->n;
	gather->most = (most + host->n - 1) / host->n;
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

/* At home: an answer. The exchange replies from its timer, which is due at once. */
static void gather_on_answer(struct evtcp_stack *stack, void *arg)
{
	struct gather_ask *ask = arg;
	struct gather *gather = ask->gather;

	if (stack != NULL && gather->exchange != NULL) {
		pages_report_add(&gather->sum, &ask->report);
		gather->missing[ask->place] = 0;
		if (--gather->waiting == 0)
			http_exchange_set_timer(
				gather->exchange, http_exchange_now(gather->exchange));
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
	if (pages_report_init(&ask->report) == 0 &&
		evtcp_group_post(gather->host->group, place, gather_on_ask, ask) == 0)
		return 0;
	gather_ask_free(ask);
	return -1;
}

/* ---- the exchange ------------------------------------------------------------------------ */

static void gather_on_timer(struct http_exchange *exchange, uint64_t now_us)
{
	const struct gather_state *state = http_exchange_state(exchange);
	struct gather *gather = state->gather;
	struct pages_missing missing = {gather->missing, gather->n};

	(void)now_us;
	gather->exchange = NULL;
	gather->reply(exchange, &gather->sum, &missing);
}

static void gather_on_gone(struct http_exchange *exchange)
{
	struct gather_state *state = http_exchange_state(exchange);

	state->gather->exchange = NULL;
	gather_drop(state->gather);
}

static const struct http_exchange_ops gather_ops = {
	.timer = gather_on_timer, .gone = gather_on_gone};

/* The others' answers come later, if any do. */
static void gather_from_all(struct http_exchange *exchange, struct gather *gather)
{
	struct gather_state *state = http_exchange_state(exchange);
	unsigned home = (unsigned)evtcp_group_get_index(gather->host->stack);
	uint64_t now_us = http_exchange_now(exchange);

	state->gather = gather;
	gather->exchange = exchange;
	http_exchange_take(exchange, &gather_ops);
	pages_report_fill(&gather->sum, gather->host, gather->most);
	for (unsigned place = 0; place < gather->n; place++) {
		gather->missing[place] = place != home;
		if (place != home && gather_ask(gather, home, place) == 0)
			gather->waiting++;
	}
	http_exchange_set_timer(exchange, gather->waiting == 0 ? now_us : now_us + PAGES_GATHER_US);
}

static void gather_from_one(struct http_exchange *exchange, const struct pages_host *host,
	unsigned most, gather_reply reply)
{
	static const unsigned char none;
	const struct pages_missing missing = {&none, 1};
	struct pages_report report;

	if (pages_report_init(&report) < 0) {
		http_reply_text(exchange, 503, "503 Service Unavailable: out of memory\n");
		return;
	}
	pages_report_fill(&report, host, most);
	reply(exchange, &report, &missing);
	pages_report_free(&report);
}

void pages_gather(struct http_exchange *exchange, const struct pages_host *host, unsigned most,
	gather_reply reply)
{
	struct gather *gather;

	if (host->group == NULL) {
		gather_from_one(exchange, host, most, reply);
		return;
	}
	gather = gather_new(host, most, reply);
	if (gather == NULL)
		http_reply_text(exchange, 503, "503 Service Unavailable: out of memory\n");
	else
		gather_from_all(exchange, gather);
}
