/* SPDX-License-Identifier: BSD-3-Clause */

/* Senders that leave gaps: octet by octet on one connection (ATTACKS T22; what a segment costs
 * is counted in tests/unit/tcp_reass_steps.c), and one octet on each of many (ATTACKS T23).
 * What is kept is bounded in number and by the memory that it really takes; what comes in
 * order is never refused for it. */

#include "crowd.h"

#include <event2/buffer.h>
#include <time.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum {
	BUFFER = 1 << 20,
	OCTETS = 65535,
	RANGE_COST = 1200, /* limits.h */
	CONNECTIONS = 10000,
	SOME_BYTES = 4 << 20
};

static void start(struct rig *rig, uint64_t out_of_order_bytes, uint32_t buffer)
{
	struct evtcp_stack_config config;

	rig_configure(&config);
	config.limits.receive_buffer = config.limits.receive_buffer_max = buffer;
	if (out_of_order_bytes)
		config.limits.out_of_order_bytes = out_of_order_bytes;
	rig_init(rig, false);
	rig_open(rig, &config);
}

static uint64_t out_of_order_bytes(const struct rig *rig)
{
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(rig->stack, &usage);
	return usage.out_of_order_bytes;
}

/* From the right, every second one, from both ends, all over. */
static uint32_t place(int order, uint32_t i)
{
	switch (order) {
	case 0:
		return OCTETS - 1 - i;
	case 1:
		return 2 * i < OCTETS ? 2 * i : 2 * i - OCTETS;
	case 2:
		return i % 2 ? OCTETS - 1 - i / 2 : i / 2;
	default:
		return (uint32_t)((uint64_t)i * 40503 % OCTETS);
	}
}

static void open_scaled(struct rig *rig)
{
	struct packet syn = rig_segment(rig, SYN, 0, 0, 0);

	rig_listen(rig);
	syn.options[0] = 3;
	syn.options[1] = 3;
	syn.options[2] = 7;
	syn.options_len = 3;
	rig_packet(rig, &syn);
	rig_input(rig, ACK, 1, 0, 1);
}

/* All octets but the first, in this order; then the first. Whatever was thrown away comes
 * again in order. */
static void run_octets(int order)
{
	struct rig rig;
	struct timespec from, to;
	uint64_t most = 0;

	start(&rig, 0, BUFFER);
	open_scaled(&rig);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (uint32_t i = 0; i < OCTETS; i++) {
		struct packet p = rig_segment(&rig, ACK, 2 + place(order, i), 1, 1);

		rig_packet(&rig, &p);
		most = out_of_order_bytes(&rig) > most ? out_of_order_bytes(&rig) : most;
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	evtcp_stack_check(rig.stack);
	assert_true(most <= 2 * (uint64_t)BUFFER);
	print_message("T22: order %d: at most %u bytes kept, %.1f us a segment\n", order,
		(unsigned)most,
		((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
			1000 / OCTETS);
	for (uint32_t at = 0; at <= OCTETS; at += 1000)
		rig_input(&rig, ACK, 1 + at, OCTETS + 1 - at < 1000 ? OCTETS + 1 - at : 1000, 1);
	assert_int_equal(evbuffer_get_length(evtcp_conn_get_input(rig.conn)), OCTETS + 1);
	assert_int_equal(out_of_order_bytes(&rig), 0);
	assert_true(rig_close(&rig));
}

static void octet_by_octet_costs_little(void **state)
{
	(void)state;
	for (int order = 0; order < 4; order++)
		run_octets(order);
}

/* ---- T23 --------------------------------------------------------------------------- */

/* An octet of each peer, at seq. */
static void all_say(struct rig *rig, const struct peer *peers, uint32_t seq)
{
	for (unsigned n = 0; n < CONNECTIONS; n++) {
		struct packet p = crowd_segment(rig, peers, n, ACK, seq);

		p.len = 1;
		rig_packet(rig, &p);
	}
}

static unsigned count_read(const struct peer *peers, size_t octets)
{
	unsigned n_read = 0;

	for (unsigned n = 0; n < CONNECTIONS; n++)
		n_read += evbuffer_get_length(evtcp_conn_get_input(peers[n].conn)) == octets;
	return n_read;
}

static void one_octet_on_each_of_many_is_counted_at_its_cost(void **state)
{
	static struct peer peers[CONNECTIONS];
	struct rig rig;

	(void)state;
	for (int bounded = 0; bounded < 2; bounded++) {
		start(&rig, bounded ? SOME_BYTES : 0, 65536);
		crowd_open(&rig, peers, CONNECTIONS);
		all_say(&rig, peers, 2); /* of a read of 64 KiB that never comes whole */
		uint64_t kept = out_of_order_bytes(&rig);
		if (bounded)
			assert_true(kept <= SOME_BYTES && kept > SOME_BYTES / 2);
		else
			assert_true(kept >= (uint64_t)CONNECTIONS * RANGE_COST);
		all_say(&rig, peers, 1); /* in order: nobody is refused */
		assert_int_equal(out_of_order_bytes(&rig), 0);
		assert_int_equal(count_read(peers, 0), 0);
		unsigned both = count_read(peers, 2);
		assert_true(bounded ? both > 0 && both < CONNECTIONS : both == CONNECTIONS);
		assert_int_equal(count_read(peers, 1), CONNECTIONS - both);
		evtcp_stack_check(rig.stack);
		print_message("T23: %u of %u had room beyond the gap\n", both, CONNECTIONS);
		assert_true(rig_close(&rig));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octet_by_octet_costs_little),
		cmocka_unit_test(one_octet_on_each_of_many_is_counted_at_its_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
