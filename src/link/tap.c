/* SPDX-License-Identifier: BSD-3-Clause */

/* A link that passes everything on and shows each packet to an observer.
 *
 *      upper (stack, or another link)
 *        |          ^
 *      output     input, then shown: its reason is known only afterwards
 *        |          |
 *      lower, then shown if it was taken
 *
 * In: packets from both sides. Out: the same packets, and sightings.
 *
 * It changes nothing, keeps nothing, and does not show what lower refuses: that
 * packet was never on the wire. What lower takes and refuses only at its flush was shown by
 * then. */

#include <evtcp/link.h>

#include "util/memory.h"

#include <errno.h>

struct tap {
	struct evtcp_link *upper; /* the tap itself, as its user sees it */
	struct evtcp_link *lower; /* owned */
	struct evtcp_observer observer;
};

static int tap_output(void *ctx, const struct evtcp_packet *packet)
{
	struct tap *tap = ctx;

	if (evtcp_link_output(tap->lower, packet) < 0)
		return -1;
	tap->observer.packet(tap->observer.arg, EVTCP_WIRE_OUT, packet);
	return 0;
}

static void tap_flush(void *ctx)
{
	struct tap *tap = ctx;

	evtcp_link_flush(tap->lower);
}

static void tap_free(void *ctx)
{
	struct tap *tap = ctx;

	evtcp_link_free(tap->lower);
	memory_free(evtcp_world_system(), tap);
}

static void tap_input(void *arg, struct evtcp_packet *packet)
{
	struct tap *tap = arg;

	evtcp_link_input(tap->upper, packet);
	tap->observer.packet(tap->observer.arg, EVTCP_WIRE_IN, packet);
}

static void tap_batch_end(void *arg)
{
	struct tap *tap = arg;

	evtcp_link_batch_end(tap->upper);
}

static void tap_failed(void *arg, int error)
{
	struct tap *tap = arg;

	evtcp_link_failed(tap->upper, error);
}

static void tap_dropped(void *arg, enum evtcp_cause cause)
{
	struct tap *tap = arg;

	evtcp_link_dropped(tap->upper, cause);
}

struct evtcp_link *evtcp_link_tap_new(
	struct evtcp_link *lower, const struct evtcp_observer *observer)
{
	static const struct evtcp_link_ops ops = {
		.output = tap_output, .flush = tap_flush, .free = tap_free};
	struct tap *tap = memory_alloc(evtcp_world_system(), sizeof(*tap));
	struct evtcp_receiver receiver = {
		.input = tap_input,
		.batch_end = tap_batch_end,
		.failed = tap_failed,
		.dropped = tap_dropped,
		.arg = tap,
	};

	if (!tap) {
		errno = ENOMEM;
		return NULL;
	}
	tap->lower = lower;
	tap->observer = *observer;
	tap->upper = evtcp_link_new(&ops, tap, evtcp_link_get_mtu(lower));
	if (!tap->upper) {
		memory_free(evtcp_world_system(), tap);
		return NULL; /* errno is evtcp_link_new's */
	}
	evtcp_link_set_receiver(lower, &receiver);
	return tap->upper;
}
