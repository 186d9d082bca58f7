/* SPDX-License-Identifier: BSD-3-Clause */

/* Fault scripts at work: segments pass a fault link, and each is lost or not.
 * Every story runs at the six initial sequence numbers of ATTACKS.md T01. */

#include "test_faults.h"

#include <errno.h>
#include <evtcp/stack.h>

#include "faults/matcher.h"

/* Sends one segment through; whether it came out at the other end. Exactly one of
 * passing and a sighting must happen. */
static bool bench_passes(struct bench *bench, const struct test_segment *segment)
{
	struct test_packet packet;
	unsigned received = bench->received, lost = bench->lost[0] + bench->lost[1];
	bool passed;

	test_packet_build(&packet, segment, bench->now_us, EVTCP_CAUSE_DATA);
	if (segment->out) {
		assert_int_equal(evtcp_link_output(bench->link, &packet.packet), 0);
		passed = memory_link_len(bench->memory) == 1;
		memory_link_drop(bench->memory, memory_link_pop(bench->memory));
	} else {
		memory_link_inject(bench->memory, packet.bytes, packet.packet.len, 0);
		memory_link_end_batch(bench->memory);
		passed = bench->received == received + 1;
	}
	assert_int_equal(bench->lost[0] + bench->lost[1], lost + !passed);
	assert_int_equal(bench->dropped, bench->lost[0] + bench->lost[1]);
	bench->last = 0; /* what came out is known */
	return passed;
}

/* One line of a story: a segment, numbers relative to the sender's ISN, and its
 * fate. */
struct step {
	bool out;
	uint8_t flags;
	uint32_t seq;
	size_t len;
	const char *fate; /* "" or "lost" */
	uint16_t port;    /* the client's; 0: the same for all */
};

#define IN(flags, seq, len, fate) \
	{ \
		false, flags, seq, len, fate, 0 \
	}
#define OUT(flags, seq, len, fate) \
	{ \
		true, flags, seq, len, fate, 0 \
	}
#define OUT_TO(port, flags, seq, len, fate) \
	{ \
		true, flags, seq, len, fate, port \
	}

static void lose_at(const char *script, const struct step *steps, size_t n, uint32_t isn)
{
	struct bench bench;

	bench_open(&bench, script);
	for (size_t i = 0; i < n; i++) {
		struct test_segment segment = {
			.out = steps[i].out,
			.client_port = steps[i].port,
			.flags = steps[i].flags,
			.seq = isn + steps[i].seq,
			.ack = 1,
			.payload_len = steps[i].len,
		};
		bool passes = bench_passes(&bench, &segment);

		if (passes != (steps[i].fate[0] == '\0'))
			fail_msg("isn %u, step %zu of \"%s\" %s", (unsigned)isn, i + 1, script,
				passes ? "passed" : "was lost");
	}
	evtcp_link_free(bench.link);
}

static void lose(const char *script, const struct step *steps, size_t n)
{
	static const uint32_t isns[] = {
		0, 1, INT32_MAX, UINT32_C(1) << 31, UINT32_MAX, UINT32_MAX - 1459};

	for (size_t i = 0; i < sizeof(isns) / sizeof(isns[0]); i++)
		lose_at(script, steps, n, isns[i]);
}

#define LOSE(script, ...) \
	lose(script, (const struct step[]){__VA_ARGS__}, \
		sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

enum { S = TEST_SYN, SA = TEST_SYN | TEST_ACK, A = TEST_ACK, FA = TEST_FIN | TEST_ACK };

static void the_first_data_segment_is_lost_three_times(void **state)
{
	(void)state;
	// clang-format off
	LOSE("out data nth 1: drop 3",
		IN(S, 0, 0, ""), OUT(SA, 0, 0, ""), IN(A, 1, 0, ""),
		IN(A, 1, 74, ""),      /* the other direction's data */
		OUT(A, 1, 0, ""),      /* no data */
		OUT(A, 1, 1000, "lost"),
		OUT(A, 1001, 1000, ""),      /* the second */
		OUT(A, 1, 1000, "lost"),
		OUT(A, 1001, 1000, ""),
		OUT(A, 1, 1000, "lost"),
		OUT(A, 1, 1000, ""));     /* used up */
	// clang-format on
}

static void a_segment_sent_again_is_known_by_its_first_number_however_it_is_cut(void **state)
{
	(void)state;
	// clang-format off
	LOSE("out data nth 2: drop 4",
		OUT(SA, 0, 0, ""),
		OUT(A, 1, 1000, ""),
		OUT(A, 1001, 1000, "lost"),
		OUT(A, 2001, 1000, ""),
		OUT(A, 1001, 1400, "lost"),  /* longer */
		OUT(A, 1001, 10, "lost"),  /* shorter */
		OUT(A, 501, 501, "lost"),  /* around it */
		OUT(A, 501, 501, ""));
	LOSE("out data nth 2: drop 9",
		OUT(SA, 0, 0, ""),
		OUT(A, 1, 1000, ""),
		OUT(A, 1, 1400, "lost"),  /* the first again, and 400 new bytes */
		OUT(A, 1, 1000, ""),      /* the first alone */
		OUT(A, 1011, 100, ""),      /* not the number that the rule knows */
		OUT(A, 1001, 400, "lost"));
	LOSE("out data nth 2: drop",
		OUT(SA, 0, 0, ""),
		OUT(A, 1, 1000, ""),
		OUT(A, 1, 1000, ""),      /* the first again is no second */
		OUT(A, 1001, 1000, "lost"));
	// clang-format on
}

static void without_nth_every_segment_of_the_kind_counts(void **state)
{
	(void)state;
	// clang-format off
	LOSE("out data: drop 3",
		OUT(SA, 0, 0, ""),
		OUT(A, 1, 1000, "lost"),
		OUT(A, 1001, 1000, "lost"),
		OUT(A, 1, 1000, "lost"),
		OUT(A, 1, 1000, ""),
		OUT(A, 1001, 1000, ""));
	LOSE("in segment: drop always",
		IN(S, 0, 0, "lost"), IN(S, 0, 0, "lost"), OUT(SA, 0, 0, ""),
		IN(A, 1, 0, "lost"), IN(A, 1, 1, "lost"));
	// clang-format on
}

static void syn_fin_and_syn_ack_are_retransmitted_too(void **state)
{
	(void)state;
	// clang-format off
	LOSE("in syn nth 1: drop 2\n"
	     "out syn nth 1: drop 1\n"
	     "out fin nth 1: drop 2",
		IN(S, 0, 0, "lost"), IN(S, 0, 0, "lost"), IN(S, 0, 0, ""),
		OUT(SA, 0, 0, "lost"), OUT(SA, 0, 0, ""),
		OUT(A, 1, 9, ""),
		OUT(FA, 10, 0, "lost"),
		OUT(FA, 1, 9, "lost"),       /* FIN with the data before it */
		OUT(FA, 10, 0, ""));
	// clang-format on
}

static void segments_without_numbers_are_counted_one_by_one(void **state)
{
	(void)state;
	// clang-format off
	LOSE("in ack nth 2: drop 3\n"
	     "in rst nth 1: drop",
		IN(S, 0, 0, ""),
		IN(A, 1, 0, ""),
		IN(A, 1, 10, ""),      /* data is no ack */
		IN(A, 11, 0, "lost"),
		IN(A, 11, 0, "lost"),
		IN(FA, 11, 0, ""),      /* nor is FIN */
		IN(A, 12, 0, "lost"),
		IN(A, 12, 0, ""),
		IN(TEST_RST, 12, 0, "lost"),
		IN(TEST_RST, 12, 0, ""));
	// clang-format on
}

static void each_connection_is_counted_by_itself(void **state)
{
	(void)state;
	// clang-format off
	LOSE("out data nth 1: drop",
		OUT_TO(1001, A, 1, 10, "lost"),
		OUT_TO(1002, A, 1, 10, "lost"),
		OUT_TO(1001, A, 1, 10, ""),
		OUT_TO(1002, A, 1, 10, ""));
	// clang-format on
}

static void a_new_connection_between_the_same_ends_begins_anew(void **state)
{
	(void)state;
	// clang-format off
	LOSE("out data nth 1: drop",
		IN(S, 0, 0, ""),
		OUT(SA, 0, 0, ""),
		OUT(A, 1, 10, "lost"),
		OUT(A, 1, 10, ""),
		IN(S, 9000, 0, ""),      /* a stray SYN changes nothing */
		OUT(A, 1, 10, ""),
		OUT(FA, 11, 0, ""),
		IN(FA, 1, 0, ""),
		IN(S, 5000, 0, ""),
		OUT(SA, 7000, 0, ""),
		OUT(A, 7001, 10, "lost"),
		OUT(A, 7001, 10, ""),
		IN(TEST_RST, 5001, 0, ""),
		IN(S, 6000, 0, ""),
		OUT(SA, 1, 0, ""),
		OUT(A, 2, 10, "lost"));
	// clang-format on
}

static void rules_count_alike_whatever_other_rules_take(void **state)
{
	(void)state;
	// clang-format off
	LOSE("out data nth 1: drop 1\n"
	     "out data nth 2: drop 1\n"
	     "out segment nth 3: drop 1",     /* SYN-ACK, first, second: the same again */
		OUT(SA, 0, 0, ""),
		OUT(A, 1, 100, "lost"),
		OUT(A, 101, 100, "lost"),
		OUT(A, 1, 100, ""),
		OUT(A, 101, 100, ""));
	// clang-format on
}

static void what_is_not_tcp_passes(void **state)
{
	struct bench bench;
	uint8_t icmp[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1};

	(void)state;
	bench_open(&bench, "in segment: drop always\nout segment: drop always");
	for (size_t len = 1; len <= sizeof(icmp); len++)
		memory_link_inject(bench.memory, icmp, len, 1);
	assert_int_equal(bench.received, sizeof(icmp));
	evtcp_link_free(bench.link);
}

static void a_sighting_has_the_time_and_the_reason(void **state)
{
	struct test_segment in = {.flags = TEST_ACK}, out = {.out = true, .flags = TEST_ACK};
	struct bench bench;

	(void)state;
	bench_open(&bench, "in ack: drop\nout ack: drop");
	assert_false(bench_passes(&bench, &out));
	assert_true(bench.last_at_us == bench.now_us);
	assert_int_equal(bench.why, EVTCP_CAUSE_DATA); /* why it was sent */
	bench.now_us += 5;
	assert_false(bench_passes(&bench, &in));
	assert_true(bench.last_at_us == bench.now_us); /* nobody else would have filled it in */
	assert_int_equal(bench.why, EVTCP_CAUSE_FAULT);
	evtcp_link_free(bench.link);
}

/* 4,096 connections are followed; of 4,097 the one silent for longest begins anew. */
static void the_oldest_of_too_many_connections_is_forgotten(void **state)
{
	struct test_segment segment = {.out = true, .flags = TEST_ACK, .seq = 1, .payload_len = 1};
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data nth 1: drop");
	for (unsigned i = 0; i < FOLLOW_MAX_CONNECTIONS; i++) {
		segment.client_port = (uint16_t)(10000 + i);
		assert_false(bench_passes(&bench, &segment));
	}
	segment.client_port = 10000; /* speaks again: the oldest is 10001 now */
	assert_true(bench_passes(&bench, &segment));
	segment.client_port = 9999;
	assert_false(bench_passes(&bench, &segment));
	segment.client_port = 10000;
	assert_true(bench_passes(&bench, &segment));
	segment.client_port = 10001;
	assert_false(bench_passes(&bench, &segment));
	evtcp_link_free(bench.link);
}

static void a_stack_counts_what_was_taken_as_fault(void **state)
{
	struct test_segment syn = {.flags = TEST_SYN, .seq = 1};
	struct evtcp_stack *stack = evtcp_stack_new(NULL, NULL);
	struct bench bench;

	(void)state;
	bench_open(&bench, "in syn: drop 2");
	evtcp_stack_attach(stack, bench.link);
	for (int i = 0; i < 3; i++) {
		struct test_packet packet;

		test_packet_build(&packet, &syn, 77, EVTCP_CAUSE_NONE);
		memory_link_inject(bench.memory, packet.bytes, packet.packet.len, 77);
	}
	assert_int_equal(evtcp_stack_get_counter(stack, EVTCP_CAUSE_FAULT), 2);
	assert_int_equal(bench.lost[0], 2);
	evtcp_stack_free(stack);
}

/* A world whose n-th allocation fails. */
struct scarcity {
	int left;
};

static void *scarce_alloc(void *arg, size_t size)
{
	struct scarcity *scarcity = arg;

	return scarcity->left-- > 0 ? malloc(size) : NULL;
}

static void scarce_free(void *arg, void *ptr)
{
	(void)arg;
	free(ptr);
}

static void without_memory_a_segment_passes_and_nothing_leaks(void **state)
{
	struct test_segment segment = {.out = true, .flags = TEST_ACK, .seq = 1, .payload_len = 1};
	struct evtcp_fault_error error;

	(void)state;
	for (int n = 1; n < 5; n++) {
		struct scarcity scarcity = {n};
		struct evtcp_world world = *evtcp_world_system();
		struct evtcp_fault_script *script;
		struct memory_link *memory;
		struct evtcp_link *lower, *link;
		struct evtcp_fault_config config = {.world = &world};
		struct test_packet packet;

		world.alloc = scarce_alloc;
		world.free = scarce_free;
		world.arg = &scarcity;
		script = evtcp_fault_parse("out data: drop always", 21, &world, &error);
		lower = memory_link_new(evtcp_world_system(), 1500, 10, &memory);
		config.script = script;
		link = evtcp_fault_link_new(lower, &config, NULL);
		if (!link) {
			assert_int_equal(errno, ENOMEM);
			evtcp_fault_free(script);
			evtcp_link_free(lower);
			continue;
		}
		test_packet_build(&packet, &segment, 1, EVTCP_CAUSE_DATA);
		assert_int_equal(evtcp_link_output(link, &packet.packet), 0);
		assert_int_equal(memory_link_len(memory), n < 4 ? 1 : 0);
		memory_link_drop(memory, memory_link_pop(memory));
		evtcp_link_free(link);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_data_segment_is_lost_three_times),
		cmocka_unit_test(
			a_segment_sent_again_is_known_by_its_first_number_however_it_is_cut),
		cmocka_unit_test(without_nth_every_segment_of_the_kind_counts),
		cmocka_unit_test(syn_fin_and_syn_ack_are_retransmitted_too),
		cmocka_unit_test(segments_without_numbers_are_counted_one_by_one),
		cmocka_unit_test(each_connection_is_counted_by_itself),
		cmocka_unit_test(a_new_connection_between_the_same_ends_begins_anew),
		cmocka_unit_test(rules_count_alike_whatever_other_rules_take),
		cmocka_unit_test(what_is_not_tcp_passes),
		cmocka_unit_test(a_sighting_has_the_time_and_the_reason),
		cmocka_unit_test(the_oldest_of_too_many_connections_is_forgotten),
		cmocka_unit_test(a_stack_counts_what_was_taken_as_fault),
		cmocka_unit_test(without_memory_a_segment_passes_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
