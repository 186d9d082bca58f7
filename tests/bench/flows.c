/* SPDX-License-Identifier: BSD-3-Clause */

/* In: the sightings of a link emulator, each packet once when it enters, with its fate. Out:
 * counts for each connection.
 *
 * Only what the server sends is looked at. An additional copy that the emulator makes is not
 * the server's doing; a damaged packet is a lost one, as the receiver will refuse it. */

#include "flows.h"

#include "trace/packet_view.h"

#include <inttypes.h>
#include <string.h>

static bool flows_same_end(const struct evtcp_endpoint *a, const struct evtcp_endpoint *b)
{
	return a->port == b->port && memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

/* The connection, a new one if need be; NULL if there are too many. */
static struct flow *flows_find(struct flows *flows, const struct evtcp_tuple *tuple)
{
	for (size_t i = 0; i < flows->len; i++) {
		struct flow *flow = &flows->items[i];

		if (flows_same_end(&flow->tuple.local, &tuple->local) &&
			flows_same_end(&flow->tuple.remote, &tuple->remote))
			return flow;
	}
	if (flows->len == FLOWS_MAX)
		return NULL;
	flows->items[flows->len].tuple = *tuple;
	return &flows->items[flows->len++];
}

static void flows_see(void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	struct flows *flows = arg;
	struct packet_view view;
	struct evtcp_tuple tuple;
	struct flow *flow;
	bool is_whole = packet->fate != EVTCP_CAUSE_IMPAIR_CORRUPTED &&
			packet->fate != EVTCP_CAUSE_IMPAIR_TRUNCATED;

	if ((sighting != EVTCP_WIRE_OUT && sighting != EVTCP_DROPPED_OUT) ||
		packet->fate == EVTCP_CAUSE_IMPAIR_DUPLICATED || !packet_view_parse(&view, packet))
		return;
	packet_view_tuple(&view, true, &tuple);
	flow = flows_find(flows, &tuple);
	if (!flow) {
		flows->others++;
		return;
	}
	retransmissions_note(&flow->server, view.tcp.seq, view.payload_len,
		sighting == EVTCP_WIRE_OUT && is_whole);
}

struct evtcp_observer flows_observer(struct flows *flows)
{
	return (struct evtcp_observer){.packet = flows_see, .arg = flows};
}

void flows_print(const struct flows *flows, FILE *file)
{
	fputs("[", file);
	for (size_t i = 0; i < flows->len; i++) {
		const struct flow *flow = &flows->items[i];
		const struct retransmissions *server = &flow->server;
		char local[EVTCP_ENDPOINT_TEXT], remote[EVTCP_ENDPOINT_TEXT];

		fprintf(file, "%s{\"server\":\"%s\",\"client\":\"%s\"", i == 0 ? "" : ",",
			evtcp_endpoint_format(&flow->tuple.local, local, sizeof(local)),
			evtcp_endpoint_format(&flow->tuple.remote, remote, sizeof(remote)));
		fprintf(file,
			",\"segments\":%" PRIu64 ",\"octets\":%" PRIu64
			",\"lost_segments\":%" PRIu64 ",\"again_segments\":%" PRIu64
			",\"again_octets\":%" PRIu64,
			server->segments, server->octets, server->lost_segments,
			server->again_segments, server->again_octets);
		fprintf(file, ",\"vain_segments\":%" PRIu64 ",\"vain_octets\":%" PRIu64 "}",
			server->vain_segments, server->vain_octets);
	}
	fputs("]", file);
}

void flows_free(struct flows *flows)
{
	for (size_t i = 0; i < flows->len; i++)
		retransmissions_free(&flows->items[i].server);
}
