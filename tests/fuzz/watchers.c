/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target of those who watch packets: a ladder and a trace.
 *
 * In: packets, each as a byte of sighting, a byte of cause, a byte of length and as
 * many bytes; after each packet that is a TCP segment, an event about its connection.
 * Out: nothing, or an abort. Beyond "no crash": each line that is drawn is UTF-8
 * without control characters and shorter than it may be; each line of the trace is printable
 * ASCII between braces, with as many that open as close. Each packet is a heap block
 * of exactly its size. */

#include "fuzz/target.h"

#include "trace/packet_view.h"

#include <evtcp/ladder.h>
#include <evtcp/qlog.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1024 };

static void check_line(void *arg, const char *line)
{
	(void)arg;
	require(strlen(line) < LINE_MAX_BYTES);
	for (const unsigned char *c = (const unsigned char *)line; *c;) {
		if (*c < 0x80) {
			require(*c >= ' ' && *c <= '~');
			c += 1;
			continue;
		}
		/* What is drawn with has three bytes. */
		require((c[0] & 0xf0) == 0xe0 && (c[1] & 0xc0) == 0x80 && (c[2] & 0xc0) == 0x80);
		c += 3;
	}
}

static void check_json(void *arg, const char *line, size_t len)
{
	int depth = 0;

	(void)arg;
	require(len > 2 && len < LINE_MAX_BYTES && line[0] == '{');
	for (size_t i = 0; i < len; i++) {
		require(line[i] >= ' ' && line[i] <= '~' && line[i] != '\\');
		depth += line[i] == '{';
		depth -= line[i] == '}';
		require(depth > 0 || i + 1 == len);
	}
	require(depth == 0);
}

/* An event of any kind, with what there is at hand as its numbers. */
static void tell(const struct evtcp_sink *sink, const struct evtcp_packet *packet,
	const struct packet_view *view, bool outbound)
{
	struct evtcp_event event = {.at_us = packet->at_us, .reason = packet->reason};

	packet_view_tuple(view, outbound, &event.tuple);
	event.kind = (enum evtcp_event_kind)(view->tcp.window % EVTCP_N_EVENT_KINDS);
	event.u.segment.seq = view->tcp.seq;
	event.u.segment.ack = view->tcp.ack;
	event.u.segment.flags = view->tcp.flags;
	if (event.kind == EVTCP_EVENT_STATE)
		event.u.state.to = (enum evtcp_state)(view->tcp.seq % EVTCP_N_STATES);
	sink->event(sink->arg, &event);
}

struct watcher {
	struct evtcp_observer observer;
	struct evtcp_sink sink;
};

static void show(const struct watcher watchers[2], uint8_t how, struct evtcp_packet *packet)
{
	enum evtcp_sighting sighting = (enum evtcp_sighting)(how % 4);
	bool outbound = sighting == EVTCP_WIRE_OUT || sighting == EVTCP_DROPPED_OUT;
	struct packet_view view;

	packet->at_us = 1 + (uint64_t)how * 1000;
	packet->reason.count = how;
	packet->reason.delay_us = how * 99999u;
	packet->fate = sighting == EVTCP_DROPPED_IN || sighting == EVTCP_DROPPED_OUT
			       ? EVTCP_CAUSE_FAULT
			       : EVTCP_CAUSE_NONE;
	for (int i = 0; i < 2; i++)
		watchers[i].observer.packet(watchers[i].observer.arg, sighting, packet);
	if (!packet_view_parse(&view, packet))
		return;
	for (int i = 0; i < 2; i++)
		tell(&watchers[i].sink, packet, &view, outbound);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static const struct evtcp_qlog_config config = {.vantage_point = "server"};
	struct evtcp_ladder *ladder = evtcp_ladder_new(evtcp_world_system(), check_line, NULL);
	struct evtcp_qlog *qlog = evtcp_qlog_new(evtcp_world_system(), &config, check_json, NULL);
	struct watcher watchers[2];

	evtcp_ladder_set_columns(ladder, size > 0 ? input[0] : 0);
	evtcp_ladder_observer(ladder, &watchers[0].observer);
	evtcp_ladder_sink(ladder, &watchers[0].sink);
	evtcp_qlog_observer(qlog, &watchers[1].observer);
	evtcp_qlog_sink(qlog, &watchers[1].sink);
	while (size >= 3) {
		size_t len = input[2] < size - 3 ? input[2] : size - 3;
		struct iovec iov = {malloc(len ? len : 1), len};
		struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = len};

		memcpy(iov.iov_base, input + 3, len);
		packet.reason.cause = (enum evtcp_cause)(input[1] % EVTCP_N_CAUSES);
		show(watchers, input[0], &packet);
		free(iov.iov_base);
		input += 3 + len;
		size -= 3 + len;
	}
	evtcp_ladder_free(ladder);
	evtcp_qlog_free(qlog);
	return 0;
}

// clang-format off
#define ADDRESSES 10,0,0,1, 10,0,0,2
#define IP(len) 0x45,0,0,len, 0,0,0x40,0, 64,6,0,0, ADDRESSES
#define TCP(seq, ack, offset, flags) \
	0x9c,0x40,0,80, 0,0,0,seq, 0,0,0,ack, (offset) << 4,flags,1,2, 0,0,0,0

static const uint8_t conversation[] = {
	0, 40, 64, IP(64), TCP(1, 0, 11, 0x02),
		2,4,5,180, 4,2, 8,10,0,0,0,1,0,0,0,0, 1,3,3,7, 0,0,0,0,
	0, 40, 40, IP(40), TCP(2, 9, 5, 0x10),
	0, 41, 45, IP(45), TCP(2, 9, 5, 0x18), 'h','e','l','l','o',
	2, 80, 41, IP(41), TCP(7, 9, 5, 0x19), 'x',
	0, 50, 60, IP(60), TCP(8, 9, 10, 0x10), 1,1,5,18, 0,0,0,20,0,0,0,30, 0,0,0,40,0,0,0,50,
	0, 40, 40, IP(40), TCP(8, 0, 5, 0x04),
};

/* len: behind the IPv6 header */
#define ADDRESS6(host) 0xfd,0,0,0xe7, 0,0,0,0, 0,0,0,0, 0,0,0,host
#define IPV6(next, len) 0x60,0,0,0, 0,len,next,64, ADDRESS6(1), ADDRESS6(2)

static const uint8_t conversation_ipv6[] = {
	0, 40, 60, IPV6(6, 20), TCP(1, 0, 5, 0x02),
	0, 40, 68, IPV6(60, 28), 6,0,1,4,0,0,0,0, TCP(2, 9, 5, 0x10),
	2, 80, 61, IPV6(6, 21), TCP(7, 9, 5, 0x19), 'x',
	0, 40, 76, IPV6(0, 36), 44,0,0x1e,4,0,0,0,0, 6,0,0,0,1,2,3,4, TCP(8, 0, 5, 0x04),
};
// clang-format on

const struct fuzz_seed fuzz_seeds[] = {
	{conversation, sizeof(conversation)},
	{conversation_ipv6, sizeof(conversation_ipv6)},
	{NULL, 0},
};
