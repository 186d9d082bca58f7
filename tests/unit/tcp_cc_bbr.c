/* SPDX-License-Identifier: BSD-3-Clause */

/* BBR as an algorithm (draft-cardwell-iccrg-bbr-congestion-control-00): what it does over seconds
 * on a simulated path: a bottleneck with a queue without end, and a delay. */

#include "tcp/cc.h"
#include "tcp/pacing.h"
#include "tcp/records.h"
#include "tcp/recovery.h"

#include <stdlib.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MSS = 1000, MS = 1000, MOST = 1 << 17 };

struct packet {
	uint64_t sent_us, acked_us;
	struct rate_mark mark;
};

struct path {
	struct cc cc;
	struct rate rate;
	struct pacing pacing;
	uint64_t now;
	/* The path: bytes a second, its delay, when the bottleneck will be free; ACKs come only
	 * at multiples of ack_every_us, if that is not 0. */
	uint64_t bps;
	uint32_t rtt_us, ack_every_us;
	uint64_t free_us;
	/* What is in flight, as a ring. */
	struct packet packets[MOST];
	uint32_t first, n;
	/* What has happened. */
	enum evtcp_cause causes[64];
	unsigned n_causes;
	uint64_t delivered, rtt_sum_us;
	uint32_t longest_rtt_us, n_acks;
};

static int setup(void **state)
{
	struct path *p = calloc(1, sizeof(*p));

	p->cc.ops = &cc_bbr;
	cc_bbr.init(&p->cc, MSS);
	p->now = 1000 * MS;
	p->bps = 1250000; /* 10 Mbit/s */
	p->rtt_us = 40 * MS;
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void path_send(struct path *p)
{
	struct packet *packet = &p->packets[(p->first + p->n) % MOST];

	assert_true(p->n < MOST);
	if (p->free_us < p->now + p->rtt_us / 2)
		p->free_us = p->now + p->rtt_us / 2;
	p->free_us += MSS * UINT64_C(1000000) / p->bps;
	packet->mark = rate_on_send(&p->rate, p->n == 0, p->now);
	packet->sent_us = p->now;
	packet->acked_us = p->free_us + p->rtt_us / 2;
	if (p->ack_every_us != 0)
		packet->acked_us += p->ack_every_us - packet->acked_us % p->ack_every_us;
	p->n++;
	pacing_add(&p->pacing, p->cc.pacing_rate, MSS, p->now);
}

static void path_note(struct path *p, enum evtcp_cause cause)
{
	if (cause != EVTCP_CAUSE_NONE && p->n_causes < sizeof(p->causes) / sizeof(p->causes[0]))
		p->causes[p->n_causes++] = cause;
}

/* Everything whose ACK comes now, by one of them. */
static void path_ack(struct path *p)
{
	struct records_delivered told = {.has_newest = true};
	uint32_t before = p->n * MSS;

	while (p->n > 0 && p->packets[p->first % MOST].acked_us <= p->now) {
		const struct packet *packet = &p->packets[p->first++ % MOST];
		told.bytes += MSS;
		told.newest_sent_us = packet->sent_us;
		told.newest_rate = packet->mark;
		p->n--;
	}
	uint32_t rtt_us = (uint32_t)(p->now - told.newest_sent_us);
	struct cc_delivery d = {.now = p->now,
		.rate = rate_on_ack(&p->rate, &told, p->rtt_us, p->now),
		.delivered = p->rate.delivered,
		.bytes = told.bytes,
		.in_flight = p->n * MSS,
		.in_flight_before = before,
		.rtt_us = rtt_us,
		.srtt_us = rtt_us,
		.mss = MSS};
	path_note(p, cc_bbr.on_delivered(&p->cc, &d));
	if (cc_holds_back(&p->cc))
		rate_note_app_limited(&p->rate, p->n * MSS);
	p->delivered += told.bytes;
	p->n_acks++;
	p->rtt_sum_us += rtt_us;
	if (rtt_us > p->longest_rtt_us)
		p->longest_rtt_us = rtt_us;
}

static bool path_may_send(struct path *p)
{
	return (p->n + 1) * MSS <= p->cc.cwnd && pacing_open(&p->pacing, true, p->now);
}

/* A sender with data without end, until the time end_us or until stop says so. */
static void path_run(struct path *p, uint64_t end_us, bool (*stop)(const struct path *p))
{
	while (p->now < end_us && (stop == NULL || !stop(p))) {
		while (path_may_send(p))
			path_send(p);
		p->pacing.opened = false;
		uint64_t ack_us = p->packets[p->first % MOST].acked_us;
		uint64_t paced_us = (p->pacing.next_ns + 999) / 1000;
		bool waits = p->pacing.closed && (p->n + 1) * MSS <= p->cc.cwnd;
		p->now = p->n > 0 && (!waits || ack_us <= paced_us) ? ack_us : paced_us;
		if (p->n > 0 && ack_us <= p->now)
			path_ack(p);
	}
}

/* Runs for so long, and counts what happens in that time alone. */
static void pass(struct path *p, uint32_t ms)
{
	p->delivered = p->rtt_sum_us = 0;
	p->n_acks = p->longest_rtt_us = 0;
	path_run(p, p->now + (uint64_t)ms * MS, NULL);
}

static uint32_t bdp(const struct path *p)
{
	return (uint32_t)(p->bps * p->rtt_us / 1000000);
}

static bool is_not_in_startup(const struct path *p)
{
	return p->cc.bbr.mode != BBR_STARTUP;
}

static bool is_in_probe_bw(const struct path *p)
{
	return p->cc.bbr.mode == BBR_PROBE_BW;
}

static void near(uint64_t is, uint64_t should, unsigned percent)
{
	assert_in_range(is, should - should * percent / 100, should + should * percent / 100);
}

/* 4.3.2: twice as fast each round; 50 segments are reached from 10 in three, and in three more
 * it is seen that there is no more. */
static void startup_ends_when_the_pipe_is_full(void **state)
{
	struct path *p = *state;
	uint64_t began_us = p->now;

	path_run(p, UINT64_MAX, is_not_in_startup);
	assert_int_equal(p->cc.bbr.mode, BBR_DRAIN);
	near(bbr_model_bw(&p->cc.bbr.model), p->bps, 3);
	assert_int_equal(p->cc.bbr.model.min_rtt_us / MS, p->rtt_us / MS);
	assert_in_range(p->cc.bbr.model.rounds, 6, 9);
	assert_true(p->now - began_us < 700 * MS);
	/* The window is what bounds it, at twice the path's product. */
	assert_in_range(p->n * MSS, 2 * bdp(p), 2 * bdp(p) + 15 * MSS);
}

/* 4.3.3 */
static void drain_takes_the_queue_away(void **state)
{
	struct path *p = *state;

	path_run(p, UINT64_MAX, is_not_in_startup);
	uint32_t rounds = p->cc.bbr.model.rounds;
	path_run(p, UINT64_MAX, is_in_probe_bw);
	assert_true(p->n * MSS <= bdp(p) + 3 * MSS + MSS);
	assert_in_range(p->cc.bbr.model.rounds - rounds, 0, 3);
	assert_int_equal(p->n_causes, 2);
	assert_int_equal(p->causes[0], EVTCP_CAUSE_CC_DRAIN);
	assert_int_equal(p->causes[1], EVTCP_CAUSE_CC_PROBE_BW);
}

/* 4.3.4.1: 5/4, 3/4, then six of 1, each about a round trip. */
static void the_gain_goes_round_in_eight(void **state)
{
	static const unsigned percent[] = {125, 75, 100, 100, 100, 100, 100, 100};
	struct path *p = *state;
	unsigned phases = 0;

	path_run(p, UINT64_MAX, is_in_probe_bw);
	assert_int_not_equal(p->cc.bbr.cycle, 1); /* 4.3.4.2: not with the one that drains */
	for (unsigned cycle = p->cc.bbr.cycle; phases < 24; cycle = (cycle + 1) % 8, phases++) {
		uint64_t began_us = p->now, bw = bbr_model_bw(&p->cc.bbr.model);
		assert_int_equal(p->cc.bbr.cycle, cycle);
		near(p->cc.pacing_rate, bw * percent[cycle] / 100, 2);
		while (p->cc.bbr.cycle == cycle)
			path_run(p, p->now + 1, NULL);
		assert_true(p->now - began_us <= 3 * p->rtt_us);
	}
}

static void it_keeps_the_rate_of_the_path_and_little_queue(void **state)
{
	struct path *p = *state;

	pass(p, 2000);
	pass(p, 8000);
	near(p->delivered, 8 * p->bps, 1);
	near(bbr_model_bw(&p->cc.bbr.model), p->bps, 2);
	assert_true(p->rtt_sum_us / p->n_acks < p->rtt_us * 5 / 4);
	assert_true(p->longest_rtt_us < p->rtt_us * 3 / 2);
}

/* 4.1.1.2: the filter forgets in ten rounds. */
static void it_follows_a_path_that_becomes_slower(void **state)
{
	struct path *p = *state;

	pass(p, 3000);
	p->bps /= 2;
	pass(p, 3000);
	near(bbr_model_bw(&p->cc.bbr.model), p->bps, 5);
	pass(p, 4000);
	assert_true(p->rtt_sum_us / p->n_acks < p->rtt_us * 3 / 2);
	near(p->delivered, 4 * p->bps, 3);
}

/* 4.3.4.1: a quarter in each cycle. */
static void it_finds_bandwidth_that_is_new(void **state)
{
	struct path *p = *state;

	pass(p, 3000);
	p->bps *= 2;
	pass(p, 8 * 8 * 40);
	near(bbr_model_bw(&p->cc.bbr.model), p->bps, 5);
}

static bool is_in_probe_rtt(const struct path *p)
{
	return p->cc.bbr.mode == BBR_PROBE_RTT;
}

/* 4.3.5: a path that has become longer shows it only when next to nothing is in flight. */
static void a_longer_path_is_seen_after_ten_seconds(void **state)
{
	struct path *p = *state;
	uint64_t began_us = p->now;

	pass(p, 2000);
	p->rtt_us = 60 * MS;
	path_run(p, UINT64_MAX, is_in_probe_rtt);
	assert_in_range(p->now - began_us, 10000 * MS, 10500 * MS);
	p->n_causes = 0;
	pass(p, 1000);
	assert_int_equal(p->n_causes, 1);
	assert_int_equal(p->causes[0], EVTCP_CAUSE_CC_PROBE_BW);
	assert_int_equal(p->cc.bbr.model.min_rtt_us / MS, 60);
	near(bbr_model_bw(&p->cc.bbr.model), p->bps, 2); /* 4.1.1.4: nothing was forgotten by it */
	near(p->delivered, p->bps * 7 / 10, 5); /* next to nothing for 200 ms and a round or two */
}

/* -02 4.5.5: acknowledgments that come in lumps of three round trips. Twice the product would be
 * a third of what is needed, and less each round. */
static void acks_in_lumps_do_not_slow_it_down(void **state)
{
	struct path *p = *state;

	p->ack_every_us = 60 * MS;
	p->rtt_us = 20 * MS;
	pass(p, 3000);
	pass(p, 6000);
	near(p->delivered, 6 * p->bps, 12);
	assert_true(bbr_model_extra(&p->cc.bbr.model) > 0);
}

/* From 9.6 kbit/s to 100 Gbit/s, from 20 us to 2 s. */
static void it_does_on_all_paths(void **state)
{
	static const uint64_t bps[] = {1200, 125000, 125000000, UINT64_C(12500000000)};
	static const uint32_t rtt_us[] = {2000 * MS, 300 * MS, 1 * MS, 20};
	struct path *p = *state;

	for (int i = 0; i < 4; i++) {
		teardown(state);
		setup(state);
		p = *state;
		p->bps = bps[i];
		p->rtt_us = rtt_us[i];
		uint32_t seconds = i == 0 ? 1000 : i == 1 ? 60 : 1;
		path_run(p, p->now + (i == 0 ? 300000 * MS : 10 * (uint64_t)p->rtt_us + 100 * MS),
			NULL);
		if (i == 3)
			continue; /* nanoseconds are not for this simulation: it goes on, that is
				     all */
		pass(p, seconds * 1000);
		near(p->delivered, seconds * p->bps, 6);
		near(bbr_model_bw(&p->cc.bbr.model), p->bps, 6);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(startup_ends_when_the_pipe_is_full),
		TEST(drain_takes_the_queue_away),
		TEST(the_gain_goes_round_in_eight),
		TEST(it_keeps_the_rate_of_the_path_and_little_queue),
		TEST(it_follows_a_path_that_becomes_slower),
		TEST(it_finds_bandwidth_that_is_new),
		TEST(a_longer_path_is_seen_after_ten_seconds),
		TEST(acks_in_lumps_do_not_slow_it_down),
		TEST(it_does_on_all_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
