/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_LADDER_H
#define TEST_LADDER_H

/* A page that a ladder writes on, and what is shown to the ladder: segments of one connection, with
 * numbers relative to its SYNs, and events. For tests that compare whole pages. */

#include <evtcp/ladder.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_packet.h"

struct page {
	struct evtcp_ladder *ladder;
	struct evtcp_observer observer;
	struct evtcp_sink sink;
	uint64_t at_us;
	char text[65536];
	size_t len;
};

static inline void page_write(void *arg, const char *line)
{
	struct page *page = arg;

	page->len += (size_t)snprintf(
		page->text + page->len, sizeof(page->text) - page->len, "%s\n", line);
	assert_true(page->len < sizeof(page->text));
}

static inline int page_setup(void **state)
{
	struct page *page = calloc(1, sizeof(*page));

	page->ladder = evtcp_ladder_new(evtcp_world_system(), page_write, page);
	assert_non_null(page->ladder);
	evtcp_ladder_observer(page->ladder, &page->observer);
	evtcp_ladder_sink(page->ladder, &page->sink);
	page->at_us = 5000000;
	*state = page;
	return 0;
}

static inline int page_teardown(void **state)
{
	struct page *page = *state;

	evtcp_ladder_free(page->ladder);
	free(page);
	return 0;
}

static inline void show(struct page *page, enum evtcp_sighting sighting,
	const struct test_segment *segment, struct evtcp_reason reason)
{
	struct test_packet packet;

	test_packet_build(&packet, segment, page->at_us, EVTCP_CAUSE_NONE);
	packet.packet.reason = reason;
	if (sighting == EVTCP_DROPPED_OUT || reason.cause == EVTCP_CAUSE_FAULT)
		packet.packet.fate = EVTCP_CAUSE_FAULT;
	else if (reason.cause == EVTCP_CAUSE_FAULT_TAKEN)
		packet.packet.fate = EVTCP_CAUSE_FAULT_HELD_BACK;
	page->observer.packet(page->observer.arg, sighting, &packet.packet);
	page->at_us += 100;
}

#define ISN_IN 4294967290u
#define ISN_OUT 70000u

/* A segment from the client, numbers relative to both SYNs. */
static inline void in(struct page *page, uint16_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	struct test_segment segment = {.flags = flags,
		.seq = ISN_IN + seq,
		.ack = ISN_OUT + ack,
		.window = 502,
		.payload_len = len};

	show(page, EVTCP_WIRE_IN, &segment, (struct evtcp_reason){EVTCP_CAUSE_ACCEPTED, 0, 0});
}

static inline struct test_segment from_server(
	uint16_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	return (struct test_segment){.out = true,
		.flags = flags,
		.seq = ISN_OUT + seq,
		.ack = ISN_IN + ack,
		.window = 65535,
		.payload_len = len};
}

static inline void out(struct page *page, struct test_segment segment, struct evtcp_reason reason)
{
	show(page, EVTCP_WIRE_OUT, &segment, reason);
}

static inline void out_lost(
	struct page *page, struct test_segment segment, struct evtcp_reason reason)
{
	show(page, EVTCP_DROPPED_OUT, &segment, reason);
}

static inline struct evtcp_event event(
	struct page *page, enum evtcp_event_kind kind, struct evtcp_reason reason)
{
	static const uint8_t server[16] = {[10] = 0xff, 0xff, 10, 0, 0, 2};
	static const uint8_t client[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};
	struct evtcp_event e = {.at_us = page->at_us, .kind = kind, .reason = reason};

	memcpy(e.tuple.local.addr.bytes, server, 16);
	memcpy(e.tuple.remote.addr.bytes, client, 16);
	e.tuple.local.port = 80;
	e.tuple.remote.port = 40000;
	return e;
}

static inline void becomes_from(
	struct page *page, enum evtcp_state from, enum evtcp_state to, enum evtcp_cause cause)
{
	struct evtcp_event e = event(page, EVTCP_EVENT_STATE, (struct evtcp_reason){cause, 0, 0});

	e.u.state.from = from;
	e.u.state.to = to;
	page->sink.event(page->sink.arg, &e);
}

static inline void becomes(struct page *page, enum evtcp_state to, enum evtcp_cause cause)
{
	becomes_from(page, EVTCP_CLOSED, to, cause);
}

static inline void fires(struct page *page, struct evtcp_reason reason)
{
	struct evtcp_event e = event(page, EVTCP_EVENT_TIMER, reason);

	page->sink.event(page->sink.arg, &e);
}

static inline struct evtcp_reason why(enum evtcp_cause cause)
{
	return (struct evtcp_reason){.cause = cause};
}

static inline void assert_page(struct page *page, const char *expected)
{
	/* cmocka's own message would be cut after 1 KiB. */
	if (strcmp(page->text, expected) != 0) {
		printf("drawn:\n%s\nexpected:\n%s", page->text, expected);
		fail_msg("another ladder");
	}
}

enum {
	S = TEST_SYN,
	A = TEST_ACK,
	SA = TEST_SYN | TEST_ACK,
	PA = TEST_PSH | TEST_ACK,
	FA = TEST_FIN | TEST_ACK
};

static inline void handshake(struct page *page)
{
	becomes(page, EVTCP_SYN_RECEIVED, EVTCP_CAUSE_SYN_ARRIVED);
	in(page, S, 0, 0, 0);
	out(page, from_server(SA, 0, 1, 0), why(EVTCP_CAUSE_SYN_ACK));
	becomes(page, EVTCP_ESTABLISHED, EVTCP_CAUSE_OPENED_PASSIVE);
	in(page, A, 1, 1, 0);
}

/* The page without what handshake draws. */
static inline void begin_established(struct page *page)
{
	handshake(page);
	page->len = 0;
	page->text[0] = '\0';
}

#endif
