/* SPDX-License-Identifier: BSD-3-Clause */

/* What every link has in common: its functions, its MTU, what it takes, and who gets what
 * comes in.
 *
 * In: an implementation's calls (expect, input, batch_end, failed, dropped) and a user's (output,
 * flush). Out: the same calls, passed on.
 *
 * Neither a link nor a receiver gets packets that it does not take: those are cut up and
 * completed here. Else it keeps no packet, knows no clock and decides nothing. */

#include <evtcp/link.h>

#include "link/segments.h"
#include "util/memory.h"

#include <errno.h>

/* IPv4 demands that 68 bytes pass whole (RFC 791 3.2 rule 1); the total length field
 * ends at 65,535. */
#define LINK_MTU_MIN 68
#define LINK_MTU_MAX 65535

struct evtcp_link {
	struct evtcp_link_ops ops;
	void *ctx;
	struct evtcp_receiver receiver; /* all NULL until there is one */
	struct evtcp_offload offload;   /* what it takes on the way out */
	unsigned mtu;                   /* bytes */
};

/* A link may exist before any stack, hence the system's allocator. */
struct evtcp_link *evtcp_link_new(const struct evtcp_link_ops *ops, void *ctx, unsigned mtu)
{
	struct evtcp_link *link;

	if (!ops->output || mtu < LINK_MTU_MIN || mtu > LINK_MTU_MAX) {
		errno = EINVAL;
		return NULL;
	}
	link = memory_alloc(evtcp_world_system(), sizeof(*link));
	if (!link) {
		errno = ENOMEM;
		return NULL;
	}
	*link = (struct evtcp_link){.ops = *ops, .ctx = ctx, .mtu = mtu};
	return link;
}

void evtcp_link_free(struct evtcp_link *link)
{
	if (!link)
		return;
	if (link->ops.free)
		link->ops.free(link->ctx);
	memory_free(evtcp_world_system(), link);
}

void evtcp_link_set_receiver(struct evtcp_link *link, const struct evtcp_receiver *receiver)
{
	link->receiver = receiver ? *receiver : (struct evtcp_receiver){0};
}

void evtcp_link_set_offload(struct evtcp_link *link, const struct evtcp_offload *offload)
{
	link->offload = *offload;
}

const struct evtcp_offload *evtcp_link_get_offload(const struct evtcp_link *link)
{
	return &link->offload;
}

/* ---- in -------------------------------------------------------------------------------- */

/* A packet comes to its receiver in parts, and what became of the last one is said of it. */
struct link_arrival {
	const struct evtcp_receiver *receiver;
	struct evtcp_packet *packet;
};

static int link_input_part(void *arg, struct evtcp_packet *part)
{
	struct link_arrival *arrival = arg;

	arrival->receiver->input(arrival->receiver->arg, part);
	arrival->packet->at_us = part->at_us;
	arrival->packet->reason = part->reason;
	return 0;
}

void evtcp_link_expect(struct evtcp_link *link, const struct evtcp_packet *packet)
{
	if (link->receiver.expect)
		link->receiver.expect(link->receiver.arg, packet);
}

void evtcp_link_input(struct evtcp_link *link, struct evtcp_packet *packet)
{
	struct link_arrival arrival = {&link->receiver, packet};

	if (!link->receiver.input)
		return;
	if ((packet->segment_len == 0 && !packet->checksum_left) || link->receiver.takes_offload)
		link->receiver.input(link->receiver.arg, packet);
	else if (segments_each(packet, link_input_part, &arrival) < 0)
		evtcp_link_dropped(link, EVTCP_CAUSE_LINK_OFFLOAD);
}

void evtcp_link_batch_end(struct evtcp_link *link)
{
	if (link->receiver.batch_end)
		link->receiver.batch_end(link->receiver.arg);
}

void evtcp_link_failed(struct evtcp_link *link, int error)
{
	if (link->receiver.failed)
		link->receiver.failed(link->receiver.arg, error);
}

void evtcp_link_dropped(struct evtcp_link *link, enum evtcp_cause cause)
{
	if (link->receiver.dropped)
		link->receiver.dropped(link->receiver.arg, cause);
}

/* ---- out ------------------------------------------------------------------------------- */

static bool link_takes(const struct evtcp_link *link, const struct evtcp_packet *packet)
{
	const struct evtcp_offload *offload = &link->offload;

	if (!offload->checksum)
		return !packet->checksum_left && packet->segment_len == 0;
	return packet->segment_len == 0 || packet->len <= offload->segments_len;
}

static int link_output_part(void *arg, struct evtcp_packet *part)
{
	struct evtcp_link *link = arg;

	return link->ops.output(link->ctx, part);
}

int evtcp_link_output(struct evtcp_link *link, const struct evtcp_packet *packet)
{
	if (link_takes(link, packet))
		return link->ops.output(link->ctx, packet);
	return segments_each(packet, link_output_part, link);
}

void evtcp_link_flush(struct evtcp_link *link)
{
	if (link->ops.flush)
		link->ops.flush(link->ctx);
}

unsigned evtcp_link_get_mtu(const struct evtcp_link *link)
{
	return link->mtu;
}
