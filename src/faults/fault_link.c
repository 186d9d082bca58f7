/* SPDX-License-Identifier: BSD-3-Clause */

/* A link that takes away what a fault script names.
 *
 *      stack
 *        |          ^
 *      output     input     a segment that a rule names goes no further: the
 *        |          |       observers are told, its sender is not
 *      lower link
 *
 * Input: packets from both sides. Output: the same packets but those that were
 * taken; one sighting for each of these, and one count of the cause FAULT. What is not TCP passes
 * unseen.
 *
 * It does not change, delay or keep packets, and does not decide: matcher.c does. */

#include <evtcp/fault.h>

#include "faults/matcher.h"
#include "util/memory.h"

#include <errno.h>

struct fault_link {
	struct evtcp_link *upper;          /* this link, as its user sees it */
	struct evtcp_link *lower;          /* owned */
	struct evtcp_fault_script *script; /* owned */
	struct matcher matcher;
	size_t n_observers;
	struct evtcp_observer observers[];
};

/* One more that was taken: counted by the stack, seen by the observers. */
static void fault_link_show(
	struct fault_link *link, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	evtcp_link_dropped(link->upper, EVTCP_CAUSE_FAULT);
	for (size_t i = 0; i < link->n_observers; i++)
		link->observers[i].packet(link->observers[i].arg, sighting, packet);
}

static bool fault_link_takes(
	struct fault_link *link, const struct evtcp_packet *packet, bool outbound)
{
	struct packet_view view;

	return packet_view_parse(&view, packet) &&
	       matcher_match(&link->matcher, &view, outbound) != NULL;
}

static int fault_link_output(void *ctx, const struct evtcp_packet *packet)
{
	struct fault_link *link = ctx;
	struct evtcp_packet taken = *packet;

	if (!fault_link_takes(link, packet, true))
		return evtcp_link_output(link->lower, packet);
	taken.fate = EVTCP_CAUSE_FAULT;
	fault_link_show(link, EVTCP_DROPPED_OUT, &taken);
	return 0; /* to the stack it was sent, and the network lost it */
}

static void fault_link_flush(void *ctx)
{
	struct fault_link *link = ctx;

	evtcp_link_flush(link->lower);
}

static void fault_link_free(void *ctx)
{
	struct fault_link *link = ctx;
	struct evtcp_fault_script *script = link->script;

	evtcp_link_free(link->lower);
	matcher_free(&link->matcher);
	memory_free(&script->world, link);
	evtcp_fault_free(script);
}

static void fault_link_input(void *arg, struct evtcp_packet *packet)
{
	struct fault_link *link = arg;
	const struct evtcp_world *world = &link->script->world;

	if (!fault_link_takes(link, packet, false)) {
		evtcp_link_input(link->upper, packet);
		return;
	}
	/* The stack would have filled these in, had it seen the packet. */
	packet->at_us = world->now_us(world->arg);
	packet->reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_FAULT};
	packet->fate = EVTCP_CAUSE_FAULT;
	fault_link_show(link, EVTCP_DROPPED_IN, packet);
}

static void fault_link_batch_end(void *arg)
{
	struct fault_link *link = arg;

	evtcp_link_batch_end(link->upper);
}

static void fault_link_failed(void *arg, int error)
{
	struct fault_link *link = arg;

	evtcp_link_failed(link->upper, error);
}

static void fault_link_dropped(void *arg, enum evtcp_cause cause)
{
	struct fault_link *link = arg;

	evtcp_link_dropped(link->upper, cause);
}

struct evtcp_link *evtcp_link_fault_new(struct evtcp_link *lower, struct evtcp_fault_script *script,
	const struct evtcp_observer *observers, size_t n)
{
	static const struct evtcp_link_ops ops = {
		.output = fault_link_output, .flush = fault_link_flush, .free = fault_link_free};
	struct fault_link *link =
		memory_alloc(&script->world, sizeof(*link) + n * sizeof(*observers));
	struct evtcp_receiver receiver = {
		.input = fault_link_input,
		.batch_end = fault_link_batch_end,
		.failed = fault_link_failed,
		.dropped = fault_link_dropped,
		.arg = link,
	};

	if (!link) {
		errno = ENOMEM;
		return NULL;
	}
	link->upper = evtcp_link_new(&ops, link, evtcp_link_get_mtu(lower));
	if (!link->upper) {
		memory_free(&script->world, link);
		return NULL; /* errno is evtcp_link_new's */
	}
	link->lower = lower;
	link->script = script;
	link->n_observers = n;
	if (n > 0)
		memcpy(link->observers, observers, n * sizeof(*observers));
	matcher_init(&link->matcher, script);
	evtcp_link_set_receiver(lower, &receiver);
	return link->upper;
}
