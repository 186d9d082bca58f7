/* SPDX-License-Identifier: BSD-3-Clause */

/* The link emulator that nothing is asked of: it steps aside, so that packets pass as if it were
 * not there; it comes back when it is asked for something, or when somebody watches. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <evtcp/impair.h>
#include <stdlib.h>

#include "link/memory.h"
#include "test_packet.h"
#include "test_world.h"

enum { MS = 1000, BEGIN = 5000000, SEGMENT = 500, SEGMENTS = 2 };

/* An emulator over a memory link that takes packets of many segments. */
struct bench {
	struct test_world world;
	uint64_t now;
	struct memory_link *memory;
	struct evtcp_link *link;
	struct evtcp_impair *impair;
	unsigned received, ended, expected, seen;
};

static uint64_t bench_now(void *arg)
{
	return ((struct bench *)arg)->now; /* the world is the first thing in a bench */
}

static void bench_input(void *arg, struct evtcp_packet *packet)
{
	((struct bench *)arg)->received++;
	packet->reason.cause = EVTCP_CAUSE_ACCEPTED;
}

static void bench_batch_end(void *arg)
{
	((struct bench *)arg)->ended++;
}

static void bench_expect(void *arg, const struct evtcp_packet *packet)
{
	(void)packet;
	((struct bench *)arg)->expected++;
}

static void bench_sighting(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	(void)sighting;
	(void)packet;
	((struct bench *)arg)->seen++;
}

static void bench_say(struct bench *bench, const char *text)
{
	struct evtcp_impair_spec spec;
	struct evtcp_impair_error error;

	assert_int_equal(evtcp_impair_parse(text, &spec, &error), 0);
	assert_int_equal(evtcp_impair_set_spec(bench->impair, &spec), 0);
	evtcp_impair_set_seed(bench->impair, spec.seed);
}

static void bench_open(struct bench *bench)
{
	static const struct evtcp_offload offload = {.checksum = true, .segments_len = 65535};
	struct evtcp_impair_config config = {.world = &bench->world.world};
	struct evtcp_observer observer = {bench_sighting, bench};
	struct evtcp_receiver receiver = {.input = bench_input,
		.batch_end = bench_batch_end,
		.takes_offload = true,
		.expect = bench_expect,
		.arg = bench};
	struct evtcp_link *lower;

	*bench = (struct bench){.now = BEGIN};
	test_world_init(&bench->world);
	bench->world.world.now_us = bench_now;
	evtcp_impair_spec_init(&config.spec);
	config.observers = &observer;
	config.n_observers = 1;
	lower = memory_link_new(evtcp_world_system(), 1500, 1000, &bench->memory);
	memory_link_set_offload(bench->memory, &offload);
	bench->link = evtcp_impair_link_new(lower, &config, &bench->impair);
	assert_non_null(bench->link);
	evtcp_link_set_receiver(bench->link, &receiver);
	evtcp_impair_set_watched(bench->impair, 0);
}

static void bench_close(struct bench *bench)
{
	evtcp_link_free(bench->link);
	assert_int_equal(bench->world.blocks, 0);
}

/* The stack sends two segments, as one packet if the link takes that. How many packets went out
 * below, all of which are popped. */
static unsigned bench_send(struct bench *bench)
{
	struct test_segment segment = {
		.out = true, .flags = TEST_ACK, .payload_len = SEGMENT * SEGMENTS};
	struct memory_packet *out;
	struct test_packet packet;
	unsigned n = 0;

	test_packet_build(&packet, &segment, bench->now, EVTCP_CAUSE_DATA);
	packet.packet.segment_len = SEGMENT;
	packet.packet.checksum_left = true;
	assert_int_equal(evtcp_link_output(bench->link, &packet.packet), 0);
	evtcp_link_flush(bench->link);
	for (; (out = memory_link_pop(bench->memory)) != NULL; n++)
		memory_link_drop(bench->memory, out);
	return n;
}

static void bench_receive(struct bench *bench)
{
	struct test_segment segment = {.flags = TEST_ACK, .payload_len = 10};
	struct test_packet packet;

	test_packet_build(&packet, &segment, 0, EVTCP_CAUSE_NONE);
	memory_link_expect(bench->memory, packet.bytes, packet.packet.len);
	memory_link_inject(bench->memory, packet.bytes, packet.packet.len, 0);
	memory_link_end_batch(bench->memory);
}

static uint64_t bench_entered(const struct bench *bench)
{
	struct evtcp_impair_usage usage;

	evtcp_impair_get_usage(bench->impair, EVTCP_IMPAIR_TX, &usage);
	return usage.entered;
}

static void packets_of_many_segments_pass_whole(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	assert_true(evtcp_link_get_offload(bench.link)->checksum);
	assert_int_equal(bench_send(&bench), 1);
	bench_receive(&bench);
	assert_int_equal(bench.received, 1);
	assert_int_equal(bench.ended, 1);
	assert_int_equal(bench.expected, 1);
	assert_int_equal(bench.seen, 0);
	assert_int_equal(bench_entered(&bench), 0);
	bench_close(&bench);
}

static void what_the_lower_link_refuses_is_refused(void **state)
{
	struct test_segment segment = {.out = true, .flags = TEST_ACK};
	struct test_packet packet;
	struct bench bench;

	(void)state;
	bench_open(&bench);
	evtcp_impair_set_watched(bench.impair, 1);
	memory_link_refuse(bench.memory, EIO);
	test_packet_build(&packet, &segment, 0, EVTCP_CAUSE_DATA);
	errno = 0;
	assert_int_equal(evtcp_link_output(bench.link, &packet.packet), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(bench.seen, 0);
	bench_close(&bench);
}

static void who_watches_sees_packets_as_on_a_wire(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	evtcp_impair_set_watched(bench.impair, 1);
	assert_false(evtcp_link_get_offload(bench.link)->checksum);
	assert_int_equal(bench_send(&bench), SEGMENTS);
	bench_receive(&bench);
	assert_int_equal(bench.seen, SEGMENTS + 1);
	assert_int_equal(bench_entered(&bench), 0);
	evtcp_impair_set_watched(bench.impair, 0);
	assert_int_equal(bench_send(&bench), 1);
	assert_int_equal(bench.seen, SEGMENTS + 1);
	bench_close(&bench);
}

/* So whoever wants to know only that costs nobody the offload. */
static void who_does_not_watch_is_told_of_what_befalls_packets(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	bench_say(&bench, "tx.loss=100%");
	bench_send(&bench);
	assert_int_equal(bench.seen, SEGMENTS);
	bench_say(&bench, "tx.loss=0%,tx.corrupt=100%");
	bench_send(&bench);
	assert_int_equal(bench.seen, 2 * SEGMENTS);
	bench_say(&bench, "tx.delay=1ms");
	bench_send(&bench);
	assert_int_equal(bench.seen, 2 * SEGMENTS);
	bench_close(&bench);
}

static void asked_for_something_it_is_there_at_once(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	bench_say(&bench, "tx.loss=100%");
	assert_false(evtcp_link_get_offload(bench.link)->checksum);
	assert_int_equal(bench_send(&bench), 0);
	assert_int_equal(bench_entered(&bench), SEGMENTS);
	bench_receive(&bench);
	assert_int_equal(bench.expected, 0); /* for it may be lost */
	bench_say(&bench, "loss=0%");
	assert_int_equal(bench_send(&bench), 1);
	bench_close(&bench);
}

/* Or what was sent later would overtake it. */
static void it_steps_aside_when_the_last_packet_under_way_has_come(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	bench_say(&bench, "tx.delay=20ms");
	assert_int_equal(bench_send(&bench), 0);
	bench_say(&bench, "loss=0%");
	assert_false(evtcp_link_get_offload(bench.link)->checksum);
	bench.now += 19 * MS;
	assert_int_equal(bench_send(&bench), 0); /* behind the others */
	bench.now += MS;
	evtcp_impair_run(bench.impair);
	assert_int_equal(memory_link_len(bench.memory), 2 * SEGMENTS);
	assert_true(evtcp_link_get_offload(bench.link)->checksum);
	assert_int_equal(bench_send(&bench), 2 * SEGMENTS + 1);
	bench_close(&bench);
}

static void a_seed_that_is_set_anew_decides_the_same_again(void **state)
{
	enum { N = 64 };
	uint64_t fates[2] = {0, 0};
	struct bench bench;

	(void)state;
	bench_open(&bench);
	for (unsigned run = 0; run < 2; run++) {
		bench_say(&bench, "tx.loss=40%,seed=9");
		for (unsigned i = 0; i < N / SEGMENTS; i++)
			fates[run] = fates[run] << 2 | bench_send(&bench);
	}
	assert_true(fates[0] == fates[1]);
	assert_true(fates[0] != 0 && fates[0] != UINT64_MAX / 3 * 2);
	bench_close(&bench);
}

static void a_lower_link_that_can_less_is_asked_for_less(void **state)
{
	static const struct evtcp_offload none;
	struct bench bench;

	(void)state;
	bench_open(&bench);
	memory_link_set_offload(bench.memory, &none);
	assert_int_equal(bench_send(&bench), SEGMENTS);
	assert_false(evtcp_link_get_offload(bench.link)->checksum);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_many_segments_pass_whole),
		cmocka_unit_test(what_the_lower_link_refuses_is_refused),
		cmocka_unit_test(who_watches_sees_packets_as_on_a_wire),
		cmocka_unit_test(who_does_not_watch_is_told_of_what_befalls_packets),
		cmocka_unit_test(asked_for_something_it_is_there_at_once),
		cmocka_unit_test(it_steps_aside_when_the_last_packet_under_way_has_come),
		cmocka_unit_test(a_seed_that_is_set_anew_decides_the_same_again),
		cmocka_unit_test(a_lower_link_that_can_less_is_asked_for_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
