/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IMPAIR_LINK_BENCH_H
#define IMPAIR_LINK_BENCH_H

/* The link emulator as a link under test, in virtual time: over a memory link, and below a stack
 * that only counts. Include after <cmocka.h>. */

#include <evtcp/impair.h>
#include <stdio.h>
#include <string.h>

#include "link/memory.h"
#include "test_packet.h"
#include "test_world.h"

enum { MS = 1000, BEGIN = 5000000 };

/* An emulator over a memory link, and all who are told. */
struct bench {
	struct test_world world;
	uint64_t now;
	struct memory_link *memory;
	struct evtcp_link *link;
	struct evtcp_impair *impair;
	uint8_t came[1500]; /* to the stack, last */
	size_t came_len;
	unsigned received, ended, failed; /* by the stack: packets, batches, an errno */
	unsigned dropped;                 /* and how many it was told to count as lost */
	/* What observers were told: "in:REASON/FATE out:...". */
	char told[1000];
};

static inline uint64_t bench_now(void *arg)
{
	/* The world is the first thing in a bench. */
	return ((struct bench *)arg)->now;
}

static inline void bench_input(void *arg, struct evtcp_packet *packet)
{
	struct bench *bench = arg;

	bench->received++;
	bench->came_len = packet->len;
	memcpy(bench->came, packet->iov[0].iov_base, packet->len);
	packet->at_us = bench->now;
	packet->reason.cause = EVTCP_CAUSE_ACCEPTED;
}

static inline void bench_batch_end(void *arg)
{
	((struct bench *)arg)->ended++;
}

static inline void bench_failed(void *arg, int error)
{
	((struct bench *)arg)->failed = (unsigned)error;
}

static inline void bench_dropped(void *arg, enum evtcp_cause cause)
{
	assert_int_equal(evtcp_cause_class(cause), EVTCP_CLASS_DROPPED);
	((struct bench *)arg)->dropped++;
}

static inline void bench_sighting(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	static const char *const names[] = {"in", "out", "lost-in", "lost-out"};
	struct bench *bench = arg;
	size_t len = strlen(bench->told);

	assert_int_equal(packet->at_us, bench->now);
	snprintf(bench->told + len, sizeof(bench->told) - len, "%s:%s/%s ", names[sighting],
		evtcp_cause_name(packet->reason.cause), evtcp_cause_name(packet->fate));
}

static inline void bench_open_on(struct bench *bench, const char *text, struct event_base *base)
{
	struct evtcp_impair_config config = {.world = &bench->world.world, .base = base};
	struct evtcp_observer observer = {bench_sighting, bench};
	struct evtcp_receiver receiver = {
		bench_input, bench_batch_end, bench_failed, bench_dropped, bench, false, NULL};
	struct evtcp_impair_error error;
	struct evtcp_link *lower;

	*bench = (struct bench){.now = BEGIN};
	test_world_init(&bench->world);
	bench->world.world.now_us = bench_now;
	if (base)
		bench->world.world.now_us = evtcp_world_system()->now_us;
	else
		config.observers = &observer;
	config.n_observers = base ? 0 : 1;
	if (evtcp_impair_parse(text, &config.spec, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	lower = memory_link_new(evtcp_world_system(), 1500, 1000, &bench->memory);
	bench->link = evtcp_impair_link_new(lower, &config, &bench->impair);
	assert_non_null(bench->link);
	evtcp_link_set_receiver(bench->link, &receiver);
}

static inline void bench_open(struct bench *bench, const char *text)
{
	bench_open_on(bench, text, NULL);
}

static inline void bench_close(struct bench *bench)
{
	evtcp_link_free(bench->link);
	assert_int_equal(bench->world.blocks, 0);
}

/* The stack sends a data segment. */
static inline void bench_send(struct bench *bench, size_t payload_len)
{
	struct test_segment segment = {.out = true, .flags = TEST_ACK, .payload_len = payload_len};
	struct test_packet packet;

	test_packet_build(&packet, &segment, bench->now, EVTCP_CAUSE_DATA);
	packet.bytes[6] = 0x40; /* don't fragment */
	assert_int_equal(evtcp_link_output(bench->link, &packet.packet), 0);
	evtcp_link_flush(bench->link);
}

/* One comes in from below. Returns what the lower link is told of it. */
static inline enum evtcp_cause bench_receive(struct bench *bench, size_t payload_len)
{
	struct test_segment segment = {.flags = TEST_ACK, .payload_len = payload_len};
	struct test_packet packet;
	struct evtcp_reason reason;

	test_packet_build(&packet, &segment, 0, EVTCP_CAUSE_NONE);
	packet.bytes[6] = 0x40;
	reason = memory_link_inject(bench->memory, packet.bytes, packet.packet.len, 0);
	memory_link_end_batch(bench->memory);
	return reason.cause;
}

/* How many packets have gone out below. */
static inline unsigned bench_sent(struct bench *bench)
{
	return memory_link_len(bench->memory);
}

#endif
