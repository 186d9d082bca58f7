/* SPDX-License-Identifier: BSD-3-Clause */

/* Nothing is kept for a peer that is gone (ATTACKS T25): from whatever state it left us in, once
 * the application has let go as well, two minutes later there is no connection, no TIME-WAIT,
 * no timer and no byte of it, and nothing more is sent. */

#include "rig.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
// clang-format on

enum { TWO_MINUTES_US = 120000000 };

static void start(struct rig *rig, bool ipv6)
{
	struct evtcp_stack_config config;

	rig_configure(&config);
	config.rto_min_us = 200000;
	config.rto_initial_us = 1000000;
	rig_init(rig, ipv6);
	rig_open(rig, &config);
}

/* The last that the peer says: it acknowledges whatever we may have sent (RIG_IN_FLIGHT octets
 * and a FIN at the most), with the numbers of before and after its own FIN. What is no number
 * of ours is not believed. */
static void acknowledge(struct rig *rig)
{
	for (uint32_t seq = 1; seq <= 2; seq++) {
		for (uint32_t ack = 1; ack <= RIG_IN_FLIGHT + 2; ack++)
			rig_input(rig, ACK, seq, 0, ack);
	}
}

/* The application lets go; the peer says nothing more, or this. */
static void check_forgotten(struct rig *rig, const char *where, void (*last)(struct rig *rig))
{
	struct evtcp_stack_usage usage;

	if (rig->conn)
		rig_free(rig);
	if (last)
		last(rig);
	if (rig->conn) /* that opened by this */
		rig_free(rig);
	rig_wait(rig, TWO_MINUTES_US);
	evtcp_stack_get_usage(rig->stack, &usage);
	if (usage.connections || usage.orphans || usage.half_open || usage.time_wait ||
		usage.send_bytes || usage.receive_bytes || usage.out_of_order_bytes)
		fail_msg("%s: %u connections, %u half open, %u in TIME-WAIT", where,
			usage.connections, usage.half_open, usage.time_wait);
	rig_forget(rig);
	rig_wait(rig, UINT64_C(86400000000));
	if (rig->n_sent > 0)
		fail_msg("%s: %u packets a day later", where, rig->n_sent);
	evtcp_stack_check(rig->stack);
	assert_true(rig_close(rig));
}

static void every_state_is_left(void **state)
{
	struct rig rig;

	(void)state;
	for (int in = 0; in < N_SITUATIONS; in++) {
		for (int n = 0; n < 4; n++) {
			start(&rig, n % 2);
			rig_bring(&rig, (enum situation)in);
			check_forgotten(
				&rig, rig_name((enum situation)in), n / 2 ? acknowledge : NULL);
		}
	}
}

/* What else may wait when the application lets go. */
struct remains {
	bool fin_of_theirs; /* then LAST-ACK is next, else FIN-WAIT-1 */
	bool window_closed; /* our data cannot leave */
	unsigned unsent;    /* octets of it */
	bool text_unread;   /* then a reset is next: RFC 2525 2.17 */
	bool text_beyond_gap;
};

static void leave(struct rig *rig, const struct remains *remains)
{
	struct packet p = rig_segment(rig, ACK, 1, 0, 1);

	rig_accept(rig);
	p = rig_segment(rig, ACK, 1, 0, 1);
	p.window = remains->window_closed ? 0 : 65535;
	rig_packet(rig, &p);
	rig_write(rig, remains->unsent);
	if (remains->text_beyond_gap)
		rig_input(rig, ACK, 100, 100, 1);
	if (remains->text_unread)
		rig_input(rig, ACK, 1, 50, 1);
	if (remains->fin_of_theirs) {
		p.flags = FIN | ACK;
		p.seq += remains->text_unread ? 50 : 0;
		rig_packet(rig, &p);
	}
}

static void whatever_waits_is_given_up(void **state)
{
	struct rig rig;
	char where[80];

	(void)state;
	for (unsigned n = 0; n < 48; n++) {
		static const unsigned unsent[] = {0, 100, 200000};
		struct remains remains = {.fin_of_theirs = n & 1,
			.window_closed = n & 2,
			.text_unread = n & 4,
			.text_beyond_gap = n & 8,
			.unsent = unsent[n / 16]};

		start(&rig, n % 3 == 0);
		leave(&rig, &remains);
		snprintf(where, sizeof(where), "case %#x, %u octets unsent", n, remains.unsent);
		check_forgotten(&rig, where, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_left),
		cmocka_unit_test(whatever_waits_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
