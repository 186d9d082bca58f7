/* SPDX-License-Identifier: BSD-3-Clause */

/* Segments in masses, from addresses that are made up: to a port where nobody is (ATTACKS T11),
 * and SYNs to one where somebody is (ATTACKS E01). Nothing is kept of the former, and none is
 * answered more than once (ATTACKS E12); of the latter so much is kept as the limit says, and
 * who means it is served. With EVTCP_EXHAUSTIVE set in the environment ten times as many. */

#include "rig.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum {
	SEGMENTS = 100000,
	CLIENT_EVERY = 997,
	CLIENT = 0x0a0000c8,
	HALF_OPEN = 1024,
	HALF_OPEN_BYTES = 256 * 1024
};

static uint64_t dice = 1;

static uint32_t roll(void)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice >> 32);
}

static unsigned how_many(void)
{
	return getenv("EVTCP_EXHAUSTIVE") ? 10 * SEGMENTS : SEGMENTS;
}

/* What leaves, in bytes. */
static void weigh(void *arg, const uint8_t *octets, size_t len)
{
	(void)octets;
	*(size_t *)arg += len;
}

static void start(struct rig *rig, bool ipv6)
{
	struct evtcp_stack_config config;

	rig_configure(&config);
	config.limits.half_open = HALF_OPEN;
	rig_init(rig, ipv6);
	rig_open(rig, &config);
}

/* From anywhere but ours; never an address that cannot be. */
static struct packet forged(const struct rig *rig, uint8_t flags)
{
	struct packet p = rig_segment(rig, flags, roll(), 0, roll());

	p.src = UINT32_C(0x0b000000) + roll() % UINT32_C(0x60000000);
	if ((p.src & 0xff) == 255 || p.src >> 24 == 127)
		p.src ^= UINT32_C(0x01000001);
	p.src_port = (uint16_t)(1 + roll() % 65535);
	return p;
}

static void t11_a_closed_port_answers_each_segment_once_and_keeps_nothing(void **state)
{
	static const uint8_t kinds[] = {SYN, SYN | ACK, ACK, FIN | ACK, 0, PSH | ACK};
	struct rig rig;
	size_t weight = 0;

	(void)state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		start(&rig, ipv6);
		rig.tap = weigh;
		rig.tap_arg = &weight;
		rig_input(&rig, SYN, 0, 0, 0); /* the stack makes its room for answers */
		size_t before = rig.world.live;
		for (unsigned n = how_many(); n > 0; n--) {
			struct packet p = forged(&rig, n % 2 ? SYN : kinds[n / 2 % sizeof(kinds)]);

			rig_forget(&rig);
			weight = 0;
			rig_packet(&rig, &p);
			assert_int_equal(rig.n_sent, 1);
			assert_true(rig.sent[0].flags & RST);
			assert_true(weight <= (ipv6 ? 60 : 40));
		}
		assert_int_equal(rig.world.live, before);
		rig_forget(&rig);
		rig_wait(&rig, UINT64_C(600000000));
		assert_int_equal(rig.n_sent, 0);
		assert_true(rig_close(&rig));
	}
}

static void t11_a_reset_is_never_answered(void **state)
{
	struct rig rig;

	(void)state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		start(&rig, ipv6);
		rig_listen(&rig);
		for (unsigned n = how_many(); n > 0; n--) {
			struct packet p = forged(&rig, (uint8_t)(RST | roll()));

			p.dst_port = (uint16_t)(n % 2 ? RIG_OUR_PORT : roll());
			rig_packet(&rig, &p);
		}
		assert_int_equal(rig.n_sent, 0);
		assert_true(rig_close(&rig));
	}
}

/* A client opens in the middle of it, and is heard. */
static void be_served(struct rig *rig)
{
	struct packet p = rig_segment(rig, SYN, 0, 0, 0);
	uint32_t seq = roll();

	p.src = CLIENT;
	p.src_port = (uint16_t)(1024 + roll() % 60000);
	p.seq = seq;
	rig_forget(rig);
	rig_packet(rig, &p);
	assert_int_equal(rig->n_sent, 1);
	assert_int_equal(rig->sent[0].flags, SYN | ACK);
	assert_null(rig->conn);
	p.flags = PSH | ACK;
	p.seq = seq + 1;
	p.ack = rig->sent[0].seq + 1;
	p.len = 5;
	rig_packet(rig, &p);
	assert_non_null(rig->conn);
	assert_int_equal(evbuffer_get_length(evtcp_conn_get_input(rig->conn)), 5);
	rig_free(rig);
	p.flags = RST;
	p.seq = seq + 6;
	p.len = 0;
	rig_packet(rig, &p);
}

static void e01_a_flood_of_syns_leaves_room_for_who_means_it(void **state)
{
	struct rig rig;
	struct evtcp_stack_usage usage;
	unsigned clients = 0;

	(void)state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		start(&rig, ipv6);
		rig_listen(&rig);
		evtcp_stack_get_usage(rig.stack, &usage);
		uint64_t before = usage.memory_bytes;
		for (unsigned n = how_many(); n > 0; n--) {
			struct packet p = forged(&rig, SYN);

			rig_forget(&rig);
			rig_packet(&rig, &p);
			assert_true(rig.n_sent <= 1);
			if (n % 50 == 0)
				rig_wait(&rig, 1000); /* 50,000 a second */
			if (n % CLIENT_EVERY != 0)
				continue;
			be_served(&rig);
			clients++;
			evtcp_stack_get_usage(rig.stack, &usage);
			assert_true(usage.half_open <= HALF_OPEN);
			assert_true(usage.memory_bytes <= before + HALF_OPEN_BYTES);
		}
		evtcp_stack_check(rig.stack);
		assert_true(rig_close(&rig));
	}
	print_message("E01: %u clients, all served\n", clients);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t11_a_closed_port_answers_each_segment_once_and_keeps_nothing),
		cmocka_unit_test(t11_a_reset_is_never_answered),
		cmocka_unit_test(e01_a_flood_of_syns_leaves_room_for_who_means_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
