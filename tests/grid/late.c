/* SPDX-License-Identifier: BSD-3-Clause */
/* What is late is not lost: on a path that loses nothing, packets that are overtaken, or that
 * all wait for a second, cost next to no speed (RFC 3522, RFC 4015, RFC 5682, RFC 8985). In
 * virtual time, with each congestion control. */

#include "bad_path.h"
#include <stdlib.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
// clang-format on

static const char *const late_algorithms[] = {"newreno", "cubic", "bbr"};

enum { LATE_N_ALGORITHMS = sizeof(late_algorithms) / sizeof(late_algorithms[0]) };

static const uint64_t late_second_us = 1000000;

/* 100 Mbit/s, a round trip of rtt_ms, of which a quarter is the lateness of one packet in ten;
 * the queue holds one bandwidth-delay product. Percent of what the path could carry in ten
 * seconds. */
static double goodput_with_one_in_ten_late(unsigned rtt_ms, const char *cc)
{
	static struct bad_path path;
	char spec[128];

	snprintf(spec, sizeof(spec), "delay=%uus,tx.rate=100mbit,tx.queue=%u,tx.reorder=10%%/%uus",
		rtt_ms * 500, rtt_ms * 100 / 12, rtt_ms * 250);
	bad_path_open(&path, spec, cc);
	bad_path_until(&path, path.now_us + 10 * late_second_us);
	double could = 1e8 / 8 * (double)(path.now_us - path.first_us) / 1e6 * BAD_PATH_PAYLOAD /
		       BAD_PATH_MTU;
	double goodput = 100 * (double)path.received / could;
	bad_path_close(&path);
	return goodput;
}

static void one_packet_in_ten_late_costs_less_than_a_tenth(void **state)
{
	(void)state;
	for (int i = 0; i < LATE_N_ALGORITHMS; i++) {
		double goodput = goodput_with_one_in_ten_late(40, late_algorithms[i]);
		print_message("%s: %.1f %%\n", late_algorithms[i], goodput);
		assert_true(goodput >= 90);
	}
}

static uint32_t window_of(const struct bad_path *path)
{
	struct evtcp_conn_info info;

	evtcp_conn_get_info(path->sender, &info);
	return info.cwnd;
}

/* For 10 ms, in the fifth second of a download, packets take a second longer, and what follows
 * waits behind them. Returns cwnd two round trips after the first of them has arrived, in percent
 * of what it was before. */
static double window_after_a_spike(unsigned rtt_ms, const char *cc, uint64_t *timeouts)
{
	static struct bad_path path;
	char usual[96], spike[96];

	snprintf(usual, sizeof(usual), "delay=%uus,tx.rate=100mbit,tx.queue=%u", rtt_ms * 500,
		rtt_ms * 100 / 12);
	snprintf(spike, sizeof(spike), "rx.delay=%uus,tx.delay=%uus,tx.rate=100mbit,tx.queue=%u",
		rtt_ms * 500, rtt_ms * 500 + 1000000, rtt_ms * 100 / 12);
	bad_path_open(&path, usual, cc);
	bad_path_until(&path, path.now_us + 5 * late_second_us);
	uint32_t before = window_of(&path);
	bad_path_change(&path, spike);
	bad_path_until(&path, path.now_us + 10000);
	bad_path_change(&path, usual);
	bad_path_until(&path, path.now_us + late_second_us - 10000 + rtt_ms * 500);
	bad_path_until(&path, path.now_us + 2 * rtt_ms * 1000);
	uint32_t after = window_of(&path);
	*timeouts = evtcp_stack_get_counter(path.server, EVTCP_CAUSE_RTO);
	bad_path_close(&path);
	return 100.0 * after / before;
}

static void after_a_spike_the_window_is_what_it_was(void **state)
{
	static const unsigned rtts_ms[] = {20, 40, 100};

	(void)state;
	for (int i = 0; i < 3 * LATE_N_ALGORITHMS; i++) {
		const char *cc = late_algorithms[i / 3];
		uint64_t timeouts;
		double back = window_after_a_spike(rtts_ms[i % 3], cc, &timeouts);
		print_message("%s, %u ms: %.0f %% of the window, %u RTOs\n", cc, rtts_ms[i % 3],
			back, (unsigned)timeouts);
		assert_true(timeouts > 0); /* else it was no spike */
		assert_true(back >= 90);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_packet_in_ten_late_costs_less_than_a_tenth),
		cmocka_unit_test(after_a_spike_the_window_is_what_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
