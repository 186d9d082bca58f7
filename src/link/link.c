/* SPDX-License-Identifier: BSD-3-Clause */

/* What every link has in common: its functions, its MTU, and who gets what
 * comes in.
 *
 * In: an implementation's calls (input, batch_end, failed, dropped) and a user's (output,
 * flush). Out: the same calls, passed on.
 *
 * It keeps no packet, knows no clock and decides nothing. */

#include <evtcp/link.h>

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

void evtcp_link_input(struct evtcp_link *link, struct evtcp_packet *packet)
{
	if (link->receiver.input)
		link->receiver.input(link->receiver.arg, packet);
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

int evtcp_link_output(struct evtcp_link *link, const struct evtcp_packet *packet)
{
	return link->ops.output(link->ctx, packet);
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
