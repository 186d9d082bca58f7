/* SPDX-License-Identifier: BSD-3-Clause */

/* Thousands of timers that are due in one moment (ATTACKS E09): all connections of a stack wait
 * for an ACK when its clock jumps by an hour. A turn runs as many of them as its limit says,
 * none is passed over for one that had its turn, and packets that come in between are
 * served. */

#include "crowd.h"

#include <event2/buffer.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { CONNECTIONS = 16000, BATCH = 256 };

#define HOUR_US UINT64_C(3600000000)

static struct peer peers[CONNECTIONS];

static void start(struct rig *rig)
{
	struct evtcp_stack_config config;

	rig_configure(&config);
	config.rto_min_us = 200000;
	config.rto_initial_us = 1000000;
	assert_int_equal(config.limits.batch_timers, BATCH);
	rig_init(rig, false);
	rig_open(rig, &config);
	crowd_open(rig, peers, CONNECTIONS);
}

/* Everybody has ten octets in flight; the last peer is the innocent one. */
static void write_to_all(struct rig *rig)
{
	for (unsigned i = 0; i < CONNECTIONS - 1; i++)
		evtcp_conn_send(peers[i].conn, "0123456789", 10);
	evtcp_stack_flush(rig->stack);
	/* A flush has its limits. */
	while (evtcp_stack_next_deadline(rig->stack) <= rig->world.now_us)
		evtcp_stack_run_timers(rig->stack);
	rig_forget(rig);
}

static void a_jump_of_the_clock_is_worked_off_in_turns(void **state)
{
	struct rig rig;
	unsigned turns = 0, sent = 0;

	(void)state;
	start(&rig);
	write_to_all(&rig);
	rig.world.now_us += HOUR_US;
	uint64_t now = rig.world.now_us;
	while (sent < CONNECTIONS - 1) {
		struct packet p = crowd_segment(&rig, peers, CONNECTIONS - 1, ACK, 1 + turns);

		assert_true(evtcp_stack_next_deadline(rig.stack) <= now);
		rig_forget(&rig);
		evtcp_stack_run_timers(rig.stack);
		assert_in_range(rig.n_sent, 1, BATCH);
		sent += rig.n_sent;
		turns++;
		p.len = 1;
		rig_packet(&rig, &p);
		assert_int_equal(
			evbuffer_get_length(evtcp_conn_get_input(peers[CONNECTIONS - 1].conn)),
			turns);
	}
	for (unsigned i = 0; i < CONNECTIONS - 1; i++) {
		struct evtcp_conn_info info;

		evtcp_conn_get_info(peers[i].conn, &info);
		assert_int_equal(info.bytes_retransmitted, 10); /* each, and once */
	}
	evtcp_stack_check(rig.stack);
	print_message("E09: %u timers in %u turns\n", sent, turns);
	assert_true(rig_close(&rig));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jump_of_the_clock_is_worked_off_in_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
