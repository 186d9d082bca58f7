/* SPDX-License-Identifier: BSD-3-Clause */
/* From a block to an entry and back. In: a block on which nothing is going on; out: an entry with
 * the second part of it (tcb.h), whatever that is. What the first part holds then is what a new
 * block holds, so that waking is making one and putting the second part back.
 *
 * Whether it may rest at all the application says, which must be content to ask for its buffers
 * anew; whether it can, rest_may; whether it does, how many others are idle and since when. */

#include "tcp/rest.h"
#include "tcp/demux.h"
#include "tcp/state.h"
#include "tcp/tcb.h"
#include "tcp/timers.h"
#include "util/fetch.h"
#include "util/memory.h"
#include "wire/address.h"
#include <assert.h>
#include <string.h>

/* The keepalive timer of one that has it. */
struct rest_timer {
	struct deadline_node deadline;
	struct rest *rest;
};

struct rest {
	struct hash_node by_tuple;
	struct tcb_ref *ref;
	struct rest_timer *timer; /* NULL: none */
	uint32_t order;           /* its place among those whose deadlines are the same */
	uint32_t size;            /* octets, of all of this */
	struct evtcp_tuple tuple;
	uint32_t packed[]; /* the second part of the block */
};

/* ---- packing ------------------------------------------------------------------------------- */

/* The second part of a block in words of four octets, most of which are zero: a bit for each says
 * whether it is not, and then it follows. */
enum {
	REST_WORDS = (sizeof(struct tcb) - TCB_LASTING) / sizeof(uint32_t),
	REST_MASKS = (REST_WORDS + 31) / 32,
};

_Static_assert(TCB_LASTING % sizeof(uint32_t) == 0, "it begins with a word");

static size_t rest_pack(const struct tcb *tcb, uint32_t packed[REST_MASKS + REST_WORDS])
{
	const unsigned char *from = (const unsigned char *)tcb + TCB_LASTING;
	uint32_t *to = packed + REST_MASKS;

	memset(packed, 0, REST_MASKS * sizeof(*packed));
	for (unsigned i = 0; i < REST_WORDS; i++) {
		uint32_t word;

		memcpy(&word, from + i * sizeof(word), sizeof(word));
		packed[i / 32] |= (uint32_t)(word != 0) << i % 32;
		*to = word;
		to += word != 0;
	}
	return (size_t)(to - packed);
}

/* Into a block whose second part is zero. */
static void rest_unpack(const uint32_t *packed, struct tcb *tcb)
{
	unsigned char *to = (unsigned char *)tcb + TCB_LASTING;
	const uint32_t *word = packed + REST_MASKS;

	for (unsigned i = 0; i < REST_MASKS; i++) {
		for (uint32_t mask = packed[i]; mask != 0; mask &= mask - 1) {
			size_t at = i * 32 + (unsigned)__builtin_ctz(mask);

			memcpy(to + at * sizeof(*word), word++, sizeof(*word));
		}
	}
}

/* ---- whether and when ---------------------------------------------------------------------- */

static bool rest_nothing_is_sent(const struct tcb *tcb, uint64_t now)
{
	return sendq_len(&tcb->sendq) == 0 && tcb->records.len == 0 && !tcb->fin_queued &&
	       tcb->recovery.phase == RECOVERY_OPEN && !tcb->tlp.open && !tcb->tlp.due &&
	       !tcb->persist && !tcb->persist_due && !tcb->keepalive_due &&
	       tcb->pacing.next_ns <= now * 1000;
}

static bool rest_nothing_has_come(const struct tcb *tcb, uint64_t now)
{
	return tcb->unread == 0 && tcb_input_len(tcb) == 0 && tcb->reass == NULL &&
	       !tcb->urgent && tcb->ack == TCB_ACK_NONE && tcb->dsack.left == tcb->dsack.right &&
	       tcb->challenge_at_us <= now;
}

static bool rest_may(const struct tcb *tcb, uint64_t now)
{
	return tcb->may_rest && tcb->ref != NULL && tcb->state == EVTCP_ESTABLISHED &&
	       !tcb->rst_pending && tcb->error == 0 && tcb->soft_error == 0 && tcb->news == 0 &&
	       !list_node_is_in(&tcb->in_output) && !list_node_is_in(&tcb->in_starved) &&
	       rest_nothing_is_sent(tcb, now) && rest_nothing_has_come(tcb, now);
}

void rest_consider(struct tcb *tcb, uint64_t now)
{
	struct rest_table *table = &tcb->tcp->rest;

	rest_stay_awake(tcb);
	if (!rest_may(tcb, now))
		return;
	list_push(&table->idle, &tcb->in_idle);
	table->n_idle++;
}

void rest_stay_awake(struct tcb *tcb)
{
	if (!list_node_is_in(&tcb->in_idle))
		return;
	list_remove(&tcb->in_idle);
	tcb->tcp->rest.n_idle--;
}

bool rest_is_due(const struct tcp *tcp)
{
	uint32_t awake = tcp->config.limits.awake;

	return awake != 0 && tcp->rest.n_idle > awake;
}

struct tcb *rest_next(struct tcp *tcp, uint64_t now)
{
	struct rest_table *table = &tcp->rest;

	while (rest_is_due(tcp)) {
		struct tcb *tcb = container_of(list_first(&table->idle), struct tcb, in_idle);

		rest_stay_awake(tcb);
		if (rest_may(tcb, now)) /* still: segments may have come since */
			return tcb;
	}
	return NULL;
}

/* ---- to rest ------------------------------------------------------------------------------- */

static int rest_set_timer(struct tcp *tcp, struct rest *rest, uint64_t at_us)
{
	struct rest_table *table = &tcp->rest;

	if (at_us == 0)
		return 0;
	if (deadline_queue_reserve(&table->deadlines, table->deadlines.len + 1) == -1)
		return -1;
	rest->timer = memory_zalloc(tcp->world, sizeof(*rest->timer));
	if (rest->timer == NULL)
		return -1;
	rest->timer->rest = rest;
	deadline_queue_set(&table->deadlines, &rest->timer->deadline, at_us);
	return 0;
}

static void rest_stop_timer(struct tcp *tcp, struct rest *rest)
{
	if (rest->timer == NULL)
		return;
	deadline_queue_remove(&tcp->rest.deadlines, &rest->timer->deadline);
	memory_free(tcp->world, rest->timer);
	rest->timer = NULL;
}

static struct rest *rest_new(struct tcb *tcb)
{
	uint32_t packed[REST_MASKS + REST_WORDS];
	size_t len = rest_pack(tcb, packed) * sizeof(*packed);
	struct tcp *tcp = tcb->tcp;
	struct rest *rest = memory_alloc(tcp->world, sizeof(*rest) + len);

	if (rest == NULL)
		return NULL;
	rest->timer = NULL;
	if (rest_set_timer(tcp, rest, tcb->deadline_us[TCB_TIMER_KEEPALIVE]) == -1)
		goto fail;
	if (hash_table_insert(&tcp->rest.by_tuple, &rest->by_tuple, tcb->by_tuple.hash) == -1)
		goto fail;
	rest->order = tcb->deadline.order;
	rest->size = (uint32_t)(sizeof(*rest) + len);
	rest->tuple = tcb->tuple;
	memcpy(rest->packed, packed, len);
	tcp->rest.bytes += rest->size;
	return rest;
fail:
	rest_stop_timer(tcp, rest);
	memory_free(tcp->world, rest);
	return NULL;
}

bool rest_put(struct tcb *tcb, uint64_t now)
{
	struct tcp *tcp = tcb->tcp;
	struct rest *rest = rest_may(tcb, now) ? rest_new(tcb) : NULL;

	if (rest == NULL)
		return false;
	rest->ref = tcb->ref;
	*rest->ref = (struct tcb_ref){.rest = rest};
	tcb->undo = NULL; /* the entry's now */
	tcb_free(tcb);
	tcp->n_connections++;
	return true;
}

/* ---- and back ------------------------------------------------------------------------------ */

static void rest_remove(struct tcp *tcp, struct rest *rest)
{
	tcp->rest.bytes -= rest->size;
	hash_table_remove(&tcp->rest.by_tuple, &rest->by_tuple);
	rest_stop_timer(tcp, rest);
	memory_free(tcp->world, rest);
	tcp->n_connections--;
}

static void rest_fill(const struct rest *rest, struct tcb *tcb)
{
	memset((unsigned char *)tcb + TCB_LASTING, 0, sizeof(*tcb) - TCB_LASTING);
	rest_unpack(rest->packed, tcb);
	tcb->tuple = rest->tuple;
	tcb->deadline.order = rest->order;
	tcb->state = EVTCP_ESTABLISHED;
	tcb->ref = rest->ref;
	sendq_init(&tcb->sendq, tcb->snd_nxt);
}

struct tcb *rest_wake(struct tcp *tcp, struct rest *rest, uint64_t now)
{
	uint64_t keepalive_us = rest->timer != NULL ? rest->timer->deadline.at_us : 0;
	struct tcb *tcb = tcb_new(tcp, &rest->tuple, now);

	if (tcb == NULL)
		return NULL;
	if (demux_insert(tcp, tcb, rest->by_tuple.hash) == -1) {
		tcb_free(tcb);
		return NULL;
	}
	rest_fill(rest, tcb);
	*tcb->ref = (struct tcb_ref){.tcb = tcb};
	rest_remove(tcp, rest);
	if (keepalive_us != 0)
		timers_set(tcb, TCB_TIMER_KEEPALIVE, keepalive_us);
	rest_consider(tcb, now); /* perhaps it was woken for nothing, and nothing is sent */
	return tcb;
}

struct rest_waking {
	struct tcp *tcp;
	uint64_t now;
};

static int rest_wake_node(struct hash_node *node, void *arg)
{
	const struct rest_waking *waking = arg;

	(void)rest_wake(waking->tcp, container_of(node, struct rest, by_tuple), waking->now);
	return 0;
}

void rest_wake_all(struct tcp *tcp, uint64_t now)
{
	struct rest_waking waking = {.tcp = tcp, .now = now};

	hash_table_foreach(&tcp->rest.by_tuple, rest_wake_node, &waking);
}

/* The entry alone, with what it owns. */
static void rest_free(struct tcp *tcp, struct rest *rest)
{
	struct tcb tcb;

	rest_show(tcp, rest, &tcb);
	undo_free(&tcb);
	rest_remove(tcp, rest);
}

void rest_forget(struct tcp *tcp, struct rest *rest)
{
	*rest->ref = (struct tcb_ref){0};
	rest_free(tcp, rest);
}

/* ---- the table ------------------------------------------------------------------------------ */

void rest_init(struct tcp *tcp)
{
	hash_table_init(&tcp->rest.by_tuple, tcp->world);
	deadline_queue_init(&tcp->rest.deadlines, tcp->world);
	list_init(&tcp->rest.idle);
}

static int rest_free_node(struct hash_node *node, void *arg)
{
	rest_free((struct tcp *)arg, container_of(node, struct rest, by_tuple));
	return 0;
}

void rest_free_all(struct tcp *tcp)
{
	hash_table_foreach(&tcp->rest.by_tuple, rest_free_node, tcp);
	hash_table_free(&tcp->rest.by_tuple);
	deadline_queue_free(&tcp->rest.deadlines);
}

struct rest *rest_find(const struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash)
{
	struct hash_node *node = hash_table_first(&tcp->rest.by_tuple, hash);

	for (; node != NULL; node = hash_table_next(node)) {
		struct rest *rest = container_of(node, struct rest, by_tuple);

		if (endpoint_equal(&rest->tuple.remote, &tuple->remote) &&
			endpoint_equal(&rest->tuple.local, &tuple->local))
			return rest;
	}
	return NULL;
}

const struct tcb_ref *rest_fetch(const struct tcp *tcp, uint64_t hash)
{
	struct hash_node *node = hash_table_first(&tcp->rest.by_tuple, hash);

	if (node == NULL)
		return NULL;
	const struct rest *rest = container_of(node, struct rest, by_tuple);
	fetch(rest, rest->size);
	return rest->ref;
}

void rest_show(struct tcp *tcp, const struct rest *rest, struct tcb *tcb)
{
	memset(tcb, 0, sizeof(*tcb));
	tcb->tcp = tcp;
	tcb->owned = 1;
	records_init(&tcb->records);
	rest_fill(rest, tcb);
}

struct rest_each {
	struct tcp *tcp;
	int (*fn)(const struct tcb *tcb, void *arg);
	void *arg;
};

static int rest_show_node(struct hash_node *node, void *arg)
{
	const struct rest_each *each = arg;
	struct tcb tcb;

	rest_show(each->tcp, container_of(node, struct rest, by_tuple), &tcb);
	return each->fn(&tcb, each->arg);
}

int rest_foreach(struct tcp *tcp, int (*fn)(const struct tcb *tcb, void *arg), void *arg)
{
	struct rest_each each = {.tcp = tcp, .fn = fn, .arg = arg};

	return hash_table_foreach(&tcp->rest.by_tuple, rest_show_node, &each);
}

/* ---- keepalive ------------------------------------------------------------------------------ */

enum { REST_AGAIN_US = 1000000 }; /* without memory to wake one for its probe */

unsigned rest_run_timers(struct tcp *tcp, uint64_t now, unsigned budget)
{
	struct deadline_queue *deadlines = &tcp->rest.deadlines;
	struct deadline_node *node;
	unsigned run = 0;

	while ((budget == 0 || run < budget) &&
		(node = deadline_queue_pop_due(deadlines, now)) != NULL) {
		struct rest *rest = container_of(node, struct rest_timer, deadline)->rest;

		if (rest_wake(tcp, rest, now) == NULL)
			deadline_queue_set(deadlines, node, now + REST_AGAIN_US);
		run++;
	}
	return run;
}

/* ---- invariants ------------------------------------------------------------------------------ */

static int rest_check_shown(const struct tcb *tcb, void *arg)
{
	struct tcp *tcp = arg;

	assert(tcb->ref != NULL && tcb->ref->tcb == NULL && tcb->ref->rest != NULL);
	assert(rest_find(tcp, &tcb->tuple, demux_hash(tcp, &tcb->tuple)) == tcb->ref->rest);
	assert(tcb->snd_una == tcb->snd_nxt && tcb->may_rest);
	(void)tcp;
	return 0;
}

void rest_check(const struct tcp *tcp)
{
	deadline_queue_check(&tcp->rest.deadlines);
	rest_foreach((struct tcp *)(uintptr_t)tcp, rest_check_shown, (void *)(uintptr_t)tcp);
}
