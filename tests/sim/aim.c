/* SPDX-License-Identifier: BSD-3-Clause */

/* Clocks that are set by a look into the future: both hosts are made once as the
 * scenario says, one connects, the SYN and its answer are read, and thrown away with
 * the hosts.
 *
 * In: a scenario. Out: the same with other clock origins.
 *
 * It is near, not exact: the clock runs on while packets travel. What a side will
 * have sent when it wraps differs from what was asked by a quarter of the
 * microseconds that passed. */

#include "aim.h"

#include "packet.h"

#include <string.h>

/* The last packet that a host has sent. */
struct aim_glimpse {
	uint8_t bytes[128];
	size_t len;
};

struct aim {
	struct aim_glimpse last[2];
	struct host hosts[2];
	uint64_t time_us;
};

static int aim_transmit(void *arg, struct host *host, const struct evtcp_packet *packet)
{
	struct aim *aim = arg;
	struct aim_glimpse *glimpse = &aim->last[host->index];

	glimpse->len = 0;
	if (packet->len > sizeof(glimpse->bytes))
		return 0;
	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(glimpse->bytes + glimpse->len, packet->iov[i].iov_base,
			packet->iov[i].iov_len);
		glimpse->len += packet->iov[i].iov_len;
	}
	return 0;
}

static void aim_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	(void)arg;
	evtcp_conn_abort(conn);
}

/* Makes the SYN of the first connection, and its answer. */
static void aim_shake_hands(struct aim *aim, const struct dialogue_plan *plan)
{
	unsigned opener = plan->opener == OPENER_1 ? 1 : 0;
	struct host *client = &aim->hosts[opener], *server = &aim->hosts[1 - opener];
	struct sockaddr_storage local, remote;
	socklen_t len;
	struct evtcp_listener *listener;
	struct evtcp_conn *conn;

	host_address(client, opener, plan->ports[opener], &local);
	len = host_address(client, 1 - opener, plan->ports[1 - opener], &remote);
	listener = evtcp_listener_new(
		server->stack, aim_accept, NULL, (struct sockaddr *)&remote, len);
	conn = evtcp_conn_connect(
		client->stack, (struct sockaddr *)&local, len, (struct sockaddr *)&remote, len);
	evtcp_stack_flush(client->stack);
	if (aim->last[opener].len) {
		host_deliver(server, aim->last[opener].bytes, aim->last[opener].len);
		host_end_batch(server);
	}
	evtcp_conn_abort(conn);
	evtcp_listener_free(listener);
}

static void aim_move(struct host_plan *plan, const struct aim_glimpse *glimpse, uint64_t before,
	uint64_t later_us)
{
	struct packet packet;
	uint32_t wanted, then;

	if (before == 0 || packet_parse(glimpse->bytes, glimpse->len, &packet) ||
		!(packet.flags & PACKET_SYN))
		return;
	wanted = (uint32_t)-before;
	then = packet.seq + (uint32_t)(later_us / 4);
	plan->clock_origin_us += 4 * (uint64_t)(uint32_t)(wanted - then);
}

void aim_clocks(struct scenario *scenario)
{
	const struct dialogue_plan *first = &scenario->dialogues[0];
	unsigned opener = first->opener == OPENER_1 ? 1 : 0;
	struct memory libevent_memory = {0};
	struct aim aim = {0};
	int made = 0;

	if (scenario->wraps_after[0] == 0 && scenario->wraps_after[1] == 0)
		return;
	memory_adopt_libevent(&libevent_memory);
	for (unsigned i = 0; i < 2; i++) {
		struct host *host = &aim.hosts[i];

		host->time_us = &aim.time_us;
		host->transmit = aim_transmit;
		host->arg = &aim;
		made += host_init(host, &scenario->hosts[i], scenario->seed, i, NULL) == 0;
	}
	if (made == 2)
		aim_shake_hands(&aim, first);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t later = first->opens_at_us +
				 (i == opener ? 0 : scenario->ways[opener].way.delay.us);

		aim_move(&scenario->hosts[i], &aim.last[i], scenario->wraps_after[i], later);
		if (aim.hosts[i].stack)
			host_free(&aim.hosts[i]);
	}
	memory_adopt_libevent(NULL);
}
