/* SPDX-License-Identifier: BSD-3-Clause */

/* One direction of the link emulator, verb by verb, in virtual time: what each does, in
 * what numbers, and that a seed decides it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/impair/way.h"
#include "test_world.h"

enum { MS = 1000, SECOND = 1000000, BEGIN = 1000000, MANY = 200000 };

/* A way, and the number of the packet that enters next. */
struct bench {
	struct test_world world;
	struct way way;
	uint32_t number;
	struct way_outcome outcome; /* of the packet sent last */
};

/* What came out. */
struct arrival {
	uint32_t number;
	uint64_t at_us;
	size_t len;
};

static void bench_open_with_seed(struct bench *bench, const char *text, uint64_t seed)
{
	struct evtcp_impair_spec spec;
	struct evtcp_impair_error error;

	*bench = (struct bench){0};
	if (evtcp_impair_parse(text, &spec, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	test_world_init(&bench->world);
	way_init(&bench->way, &spec.ways[0], &bench->world.world, seed, 0);
}

static void bench_open(struct bench *bench, const char *text)
{
	bench_open_with_seed(bench, text, 1);
}

static void bench_close(struct bench *bench)
{
	way_free(&bench->way);
	assert_int_equal(bench->world.blocks, 0);
	assert_int_equal(bench->way.memory, 0);
	assert_int_equal(bench->way.waiting_packets, 0);
	assert_int_equal(bench->way.waiting_bytes, 0);
}

static void put_checksum(uint8_t *header)
{
	uint16_t checksum = test_checksum(header, 20);

	header[10] = (uint8_t)(checksum >> 8);
	header[11] = (uint8_t)checksum;
}

/* Sends a packet of len bytes (at least 24) in two pieces: an IPv4 header whose sender speaks
 * ECN if ecn is not 0, then its number. Returns why it was dropped, if it was. */
static enum evtcp_cause bench_send_ecn(struct bench *bench, size_t len, uint64_t now, uint8_t ecn)
{
	uint8_t bytes[65536] = {0x45, ecn};
	struct iovec iov[2] = {{bytes, 7}, {bytes + 7, len - 7}};
	struct evtcp_packet packet = {.iov = iov, .iovcnt = 2, .len = len};

	memcpy(bytes + 20, &bench->number, sizeof(bench->number));
	bytes[2] = (uint8_t)(len >> 8);
	bytes[3] = (uint8_t)len;
	put_checksum(bytes);
	bench->number++;
	way_send(&bench->way, &packet, now, &bench->outcome);
	return bench->outcome.dropped;
}

static enum evtcp_cause bench_send(struct bench *bench, size_t len, uint64_t now)
{
	return bench_send_ecn(bench, len, now, 0);
}

/* The next packet, which must have come. */
static struct arrival bench_pop(struct bench *bench)
{
	uint64_t at_us = way_next(&bench->way);
	struct way_packet *packet;
	struct arrival arrival = {.at_us = at_us};

	assert_true(at_us != UINT64_MAX);
	assert_null(at_us > 0 ? way_pop(&bench->way, at_us - 1) : NULL);
	packet = way_pop(&bench->way, at_us);
	assert_non_null(packet);
	arrival.len = packet->len;
	if (packet->len >= 24)
		memcpy(&arrival.number, packet->bytes + 20, sizeof(arrival.number));
	way_release(&bench->way, packet);
	return arrival;
}

static uint64_t count(const struct bench *bench, enum evtcp_cause cause)
{
	return bench->way.counters[cause];
}

static void assert_near(uint64_t got, uint64_t wanted, uint64_t percent)
{
	if (got * 100 < wanted * (100 - percent) || got * 100 > wanted * (100 + percent))
		fail_msg("%llu is not within %llu %% of %llu", (unsigned long long)got,
			(unsigned long long)percent, (unsigned long long)wanted);
}

/* ---- loss ------------------------------------------------------------ */

/* Which of the first n packets are lost: a bit each. */
static void losses(const char *text, uint64_t seed, uint8_t *lost, size_t n)
{
	struct bench bench;

	memset(lost, 0, n / 8);
	bench_open_with_seed(&bench, text, seed);
	for (size_t i = 0; i < n; i++) {
		if (bench_send(&bench, 100, BEGIN + i) != EVTCP_CAUSE_NONE)
			lost[i / 8] |= (uint8_t)(1u << i % 8);
		else
			while (way_next(&bench.way) <= BEGIN + i)
				bench_pop(&bench);
	}
	bench_close(&bench);
}

static void a_seed_decides_which_packets_are_lost_in_ten_runs(void **state)
{
	uint8_t first[1250], again[1250];

	(void)state;
	losses("loss=5%,gemodel=1%/25%", 7, first, 10000);
	for (int run = 1; run < 10; run++) {
		losses("loss=5%,gemodel=1%/25%", 7, again, 10000);
		assert_memory_equal(first, again, sizeof(first));
	}
	losses("loss=5%,gemodel=1%/25%", 8, again, 10000);
	assert_memory_not_equal(first, again, sizeof(first));
}

static void other_verbs_do_not_change_which_packets_are_lost(void **state)
{
	uint8_t alone[1250], among[1250];

	(void)state;
	losses("loss=5%", 7, alone, 10000);
	losses("loss=5%,delay=20ms~5ms,overtake,reorder=10%/1ms,dup=20%/4,corrupt=10%/"
	       "8,truncate=5%,"
	       "rate=1gbit,queue=1000000",
		7, among, 10000);
	assert_memory_equal(alone, among, sizeof(alone));
}

static void as_many_are_lost_as_the_chance_says(void **state)
{
	static const struct {
		const char *text;
		uint64_t wanted;
	} cases[] = {{"loss=0.1%", MANY / 1000}, {"loss=1%", MANY / 100},
		{"loss=30%", MANY * 3 / 10}, {"loss=100%", MANY}, {"loss=0%", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench bench;
		uint64_t lost;

		bench_open(&bench, cases[i].text);
		for (unsigned n = 0; n < MANY; n++) {
			if (bench_send(&bench, 24, BEGIN) == EVTCP_CAUSE_NONE)
				bench_pop(&bench);
		}
		lost = count(&bench, EVTCP_CAUSE_IMPAIR_LOSS);
		/* Four standard deviations of the rarest: 4 * sqrt(200) of 200. */
		assert_near(lost, cases[i].wanted, cases[i].wanted < 1000 ? 28 : 9);
		bench_close(&bench);
	}
}

/* The link is bad for BEGIN / (BEGIN + END) of the packets, and a burst lasts 1 / END of
 * them in the mean. With 200,000 packets, 1 % and 25 %: 7,692 losses in 1,923 bursts of 4;
 * the bounds are four standard deviations. */
static void bursts_are_as_long_and_as_many_as_the_model_says(void **state)
{
	struct bench bench;
	uint64_t lost = 0, bursts = 0;
	bool before = false;

	(void)state;
	bench_open(&bench, "gemodel=1%/25%");
	for (unsigned n = 0; n < MANY; n++) {
		bool now = bench_send(&bench, 24, BEGIN) != EVTCP_CAUSE_NONE;

		lost += now;
		bursts += now && !before;
		before = now;
		if (!now)
			bench_pop(&bench);
	}
	assert_int_equal(lost, count(&bench, EVTCP_CAUSE_IMPAIR_BURST));
	assert_near(lost, 7692, 12);
	assert_near(bursts, 1923, 9);
	assert_near(lost * 100 / bursts, 400, 8);
	bench_close(&bench);
}

static void good_and_bad_have_a_loss_of_their_own(void **state)
{
	struct bench bench;

	(void)state;
	/* half of the packets meet a bad link, and half of these are lost; of the others a tenth */
	bench_open(&bench, "gemodel=10%/10%/50%/10%");
	for (unsigned n = 0; n < MANY; n++) {
		if (bench_send(&bench, 24, BEGIN) == EVTCP_CAUSE_NONE)
			bench_pop(&bench);
	}
	assert_near(count(&bench, EVTCP_CAUSE_IMPAIR_BURST), MANY * 3 / 10, 4);
	bench_close(&bench);
}

/* ---- rate and queue -------------------------------------------------- */

/* A thousand packets at once: the last has arrived when all bits have been sent, to the
 * microsecond that is begun. */
static void the_rate_is_kept_at_any_speed(void **state)
{
	static const struct {
		const char *text;
		uint64_t bps;
	} cases[] = {{"rate=9600bit", 9600}, {"rate=512kbit", 512000}, {"rate=10mbit", 10000000},
		{"rate=333333333bit", 333333333}, {"rate=1gbit", 1000000000},
		{"rate=10gbit", 10000000000}, {"rate=1000gbit", 1000000000000}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bits = 0, last = 0;
		struct bench bench;

		bench_open(&bench, cases[i].text);
		for (unsigned n = 0; n < 1000; n++) {
			size_t len = 40 + n % 1461;

			bits += 8 * len;
			assert_int_equal(bench_send(&bench, len, BEGIN), EVTCP_CAUSE_NONE);
		}
		for (unsigned n = 0; n < 1000; n++)
			last = bench_pop(&bench).at_us;
		assert_int_equal(last - BEGIN, (bits * 1000000 + cases[i].bps - 1) / cases[i].bps);
		bench_close(&bench);
	}
}

static void a_rate_that_was_idle_has_saved_nothing(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit"); /* a byte a microsecond */
	bench_send(&bench, 1000, BEGIN);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 1000);
	bench_send(&bench, 1000, BEGIN + SECOND);
	bench_send(&bench, 1000, BEGIN + SECOND + 500);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + SECOND + 1000);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + SECOND + 2000);
	bench_close(&bench);
}

static void a_full_queue_drops_the_newest(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=3");
	for (unsigned n = 0; n < 6; n++) /* one is being sent, three wait */
		assert_int_equal(bench_send(&bench, 1000, BEGIN),
			n < 4 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	/* The second begins: there is room for one. */
	assert_int_equal(bench_send(&bench, 24, BEGIN + 999), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	assert_int_equal(bench_send(&bench, 24, BEGIN + 1000), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_send(&bench, 24, BEGIN + 1000), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	for (unsigned n = 0; n < 4; n++)
		assert_int_equal(bench_pop(&bench).number, n);
	assert_int_equal(bench_pop(&bench).number, 7);
	assert_int_equal(way_next(&bench.way), UINT64_MAX);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_QUEUE_FULL), 4);
	bench_close(&bench);
}

static void a_queue_may_be_bounded_in_bytes(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=3000b");
	/* What is sent at once does not wait, however large it is. */
	assert_int_equal(bench_send(&bench, 9000, BEGIN), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_send(&bench, 1500, BEGIN), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_send(&bench, 1501, BEGIN), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	assert_int_equal(bench_send(&bench, 1500, BEGIN), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_send(&bench, 24, BEGIN), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	bench_close(&bench);
}

static void a_rate_without_a_queue_has_one_of_a_thousand_packets(void **state)
{
	struct bench bench;
	unsigned taken = 0;

	(void)state;
	bench_open(&bench, "rate=8mbit");
	for (unsigned n = 0; n < 3000; n++)
		taken += bench_send(&bench, 24, BEGIN) == EVTCP_CAUSE_NONE;
	assert_int_equal(taken, 1001);
	bench_close(&bench);
}

/* Without a verb that needs it, there is no queue: the delay holds any number. */
static void memory_is_bounded_whatever_is_under_way(void **state)
{
	struct bench bench;
	unsigned taken = 0;

	(void)state;
	bench_open(&bench, "delay=1s,limit=64kb");
	for (unsigned n = 0; n < 100; n++)
		taken += bench_send(&bench, 1500, BEGIN) == EVTCP_CAUSE_NONE;
	assert_true(bench.way.memory <= 65536);
	assert_true(taken >= 35 && taken <= 43);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_OVER_LIMIT), 100 - taken);
	while (way_next(&bench.way) != UINT64_MAX)
		bench_pop(&bench);
	assert_int_equal(bench_send(&bench, 1500, BEGIN + SECOND), EVTCP_CAUSE_NONE);
	bench_close(&bench);
}

/* RFC 3168 5: who speaks ECN is told by a mark what others are told by a loss. */
static void a_full_queue_marks_who_speaks_ecn(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=2,ecn");
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 2), EVTCP_CAUSE_NONE);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_MARKED), 0);
	assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 0), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 1), EVTCP_CAUSE_NONE);
	assert_int_equal(bench.outcome.copies[0]->fate, EVTCP_CAUSE_IMPAIR_MARKED);
	assert_int_equal(bench.outcome.copies[0]->bytes[1], 3);
	assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 2), EVTCP_CAUSE_NONE);
	assert_int_equal(bench.outcome.copies[0]->bytes[1], 3);
	/* The sum stays right: 1 to 3 and 2 to 3 are different changes. */
	assert_int_equal(test_checksum(bench.outcome.copies[0]->bytes, 20), 0);
	/* Twice the queue is the end, or it would not be one. */
	assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 2), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_MARKED), 2);
	bench_close(&bench);
}

static void without_ecn_nothing_is_marked(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=2");
	for (unsigned n = 0; n < 6; n++)
		bench_send_ecn(&bench, 1000, BEGIN, 2);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_MARKED), 0);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_QUEUE_FULL), 3);
	bench_close(&bench);
}

/* ---- delay ----------------------------------------------------------- */

static void a_delay_is_exact(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=20ms");
	for (unsigned n = 0; n < 1000; n++)
		bench_send(&bench, 100, BEGIN + n);
	for (unsigned n = 0; n < 1000; n++) {
		struct arrival arrival = bench_pop(&bench);

		assert_int_equal(arrival.number, n);
		assert_int_equal(arrival.at_us, BEGIN + n + 20 * MS);
	}
	bench_close(&bench);
}

static void jitter_fills_its_range_and_its_mean_is_the_delay(void **state)
{
	struct bench bench;
	uint64_t least = UINT64_MAX, most = 0, sum = 0;

	(void)state;
	bench_open(&bench, "delay=20ms~5ms");
	for (unsigned n = 0; n < 10000; n++) {
		uint64_t now = BEGIN + (uint64_t)n * 50 * MS, delay;

		bench_send(&bench, 100, now);
		delay = bench_pop(&bench).at_us - now;
		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
		sum += delay;
	}
	assert_true(least >= 15 * MS && least < 15 * MS + 50);
	assert_true(most <= 25 * MS && most > 25 * MS - 50);
	assert_near(sum / 10000, 20 * MS, 1);
	bench_close(&bench);
}

/* How many of a thousand, one a millisecond, come behind a later one. */
static unsigned overtaken(const char *text)
{
	struct bench bench;
	unsigned n_overtaken = 0, newest = 0;

	bench_open(&bench, text);
	for (unsigned n = 0; n < 1000; n++)
		bench_send(&bench, 100, BEGIN + (uint64_t)n * MS);
	for (unsigned n = 0; n < 1000; n++) {
		unsigned number = bench_pop(&bench).number;

		n_overtaken += number < newest;
		newest = number > newest ? number : newest;
	}
	bench_close(&bench);
	return n_overtaken;
}

static void jitter_keeps_the_order_unless_told_otherwise(void **state)
{
	(void)state;
	assert_int_equal(overtaken("delay=20ms~5ms"), 0);
	assert_true(overtaken("delay=20ms~5ms,overtake") > 300);
}

static void some_are_held_back_and_hold_up_nobody(void **state)
{
	struct bench bench;
	unsigned held = 0;

	(void)state;
	bench_open(&bench, "delay=20ms,reorder=10%/5ms");
	for (unsigned n = 0; n < 10000; n++)
		bench_send(&bench, 100, BEGIN + (uint64_t)n * MS);
	for (unsigned n = 0; n < 10000; n++) {
		struct arrival arrival = bench_pop(&bench);
		uint64_t delay = arrival.at_us - BEGIN - (uint64_t)arrival.number * MS;

		held += delay == 25 * MS;
		assert_true(delay == 20 * MS || delay == 25 * MS);
	}
	assert_int_equal(held, count(&bench, EVTCP_CAUSE_IMPAIR_HELD_BACK));
	assert_near(held, 1000, 12);
	bench_close(&bench);
	assert_true(overtaken("delay=20ms,reorder=10%/5ms") > 60);
}

/* ---- copies and damage ------------------------------------------------ */

static void some_arrive_more_than_once(void **state)
{
	struct bench bench;
	unsigned seen[5] = {0};

	(void)state;
	bench_open(&bench, "dup=10%/3");
	for (unsigned n = 0; n < 10000; n++) {
		assert_int_equal(bench_send(&bench, 100, BEGIN), EVTCP_CAUSE_NONE);
		assert_true(bench.outcome.n >= 1 && bench.outcome.n <= 4);
		assert_int_equal(bench.outcome.copies[0]->fate, EVTCP_CAUSE_NONE);
		seen[bench.outcome.n]++;
		for (unsigned i = 0; i < bench.outcome.n; i++)
			assert_int_equal(bench_pop(&bench).number, n);
	}
	assert_near(seen[1], 9000, 2);
	for (unsigned n = 2; n <= 4; n++)
		assert_near(seen[n], 333, 22);
	assert_int_equal(
		count(&bench, EVTCP_CAUSE_IMPAIR_DUPLICATED), seen[2] + 2 * seen[3] + 3 * seen[4]);
	bench_close(&bench);
}

/* Bits in which the packet that was sent last differs from what was sent. */
static unsigned flipped(const struct bench *bench)
{
	uint8_t sent[100] = {0x45, 0, 0, 100};
	const struct way_packet *packet = bench->outcome.copies[0];
	uint32_t number = bench->number - 1;
	unsigned n = 0;

	memcpy(sent + 20, &number, sizeof(number));
	put_checksum(sent);
	for (size_t i = 0; i < packet->len; i++)
		n += (unsigned)__builtin_popcount((unsigned)(sent[i] ^ packet->bytes[i]));
	return n;
}

static void some_arrive_with_bits_flipped(void **state)
{
	struct bench bench;
	unsigned corrupted = 0;

	(void)state;
	bench_open(&bench, "corrupt=10%");
	for (unsigned n = 0; n < 10000; n++) {
		unsigned bits;

		bench_send(&bench, 100, BEGIN);
		bits = flipped(&bench);
		assert_true(bits <= 1);
		assert_int_equal(
			bits, bench.outcome.copies[0]->fate == EVTCP_CAUSE_IMPAIR_CORRUPTED);
		corrupted += bits;
		assert_int_equal(bench_pop(&bench).len, 100);
	}
	assert_near(corrupted, 1000, 12);
	bench_close(&bench);
}

static void as_many_bits_are_flipped_as_is_allowed(void **state)
{
	struct bench bench;
	unsigned most = 0;

	(void)state;
	bench_open(&bench, "corrupt=100%/8");
	for (unsigned n = 0; n < 1000; n++) {
		unsigned bits;

		bench_send(&bench, 100, BEGIN);
		bits = flipped(&bench);
		most = bits > most ? bits : most;
		bench_pop(&bench);
	}
	assert_int_equal(most, 8);
	bench_close(&bench);
}

static void some_arrive_with_their_end_cut_off(void **state)
{
	struct bench bench;
	unsigned cut = 0;

	(void)state;
	bench_open(&bench, "truncate=10%");
	for (unsigned n = 0; n < 10000; n++) {
		size_t len;

		bench_send(&bench, 100, BEGIN);
		len = bench_pop(&bench).len;
		assert_true(len <= 100);
		cut += len < 100;
	}
	assert_int_equal(cut, count(&bench, EVTCP_CAUSE_IMPAIR_TRUNCATED));
	assert_near(cut, 1000, 12);
	bench_close(&bench);
}

/* ---- all together ------------------------------------------------------ */

static void without_memory_a_packet_is_lost_and_nothing_else(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms,rate=8mbit");
	assert_int_equal(bench_send(&bench, 1000, BEGIN), EVTCP_CAUSE_NONE);
	bench.world.out_of_memory = true;
	assert_int_equal(bench_send(&bench, 1000, BEGIN), EVTCP_CAUSE_NO_MEMORY);
	bench.world.out_of_memory = false;
	assert_int_equal(bench_send(&bench, 1000, BEGIN), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 2 * MS);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 3 * MS);
	assert_int_equal(count(&bench, EVTCP_CAUSE_NO_MEMORY), 1);
	bench_close(&bench);
}

static void a_new_specification_holds_from_the_next_packet_on(void **state)
{
	struct evtcp_impair_way quick = {.rate_bps = 80000000, .delay = {MS, 0}};
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,delay=10ms");
	bench_send(&bench, 1000, BEGIN);
	way_configure(&bench.way, &quick);
	bench_send(&bench, 1000, BEGIN);
	/* It leaves behind the first, at ten times the speed; and does not overtake it. */
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 11 * MS);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 11 * MS);
	bench_send(&bench, 1000, BEGIN + SECOND);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + SECOND + MS + 100);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_decides_which_packets_are_lost_in_ten_runs),
		cmocka_unit_test(other_verbs_do_not_change_which_packets_are_lost),
		cmocka_unit_test(as_many_are_lost_as_the_chance_says),
		cmocka_unit_test(bursts_are_as_long_and_as_many_as_the_model_says),
		cmocka_unit_test(good_and_bad_have_a_loss_of_their_own),
		cmocka_unit_test(the_rate_is_kept_at_any_speed),
		cmocka_unit_test(a_rate_that_was_idle_has_saved_nothing),
		cmocka_unit_test(a_full_queue_drops_the_newest),
		cmocka_unit_test(a_queue_may_be_bounded_in_bytes),
		cmocka_unit_test(a_rate_without_a_queue_has_one_of_a_thousand_packets),
		cmocka_unit_test(memory_is_bounded_whatever_is_under_way),
		cmocka_unit_test(a_full_queue_marks_who_speaks_ecn),
		cmocka_unit_test(without_ecn_nothing_is_marked),
		cmocka_unit_test(a_delay_is_exact),
		cmocka_unit_test(jitter_fills_its_range_and_its_mean_is_the_delay),
		cmocka_unit_test(jitter_keeps_the_order_unless_told_otherwise),
		cmocka_unit_test(some_are_held_back_and_hold_up_nobody),
		cmocka_unit_test(some_arrive_more_than_once),
		cmocka_unit_test(some_arrive_with_bits_flipped),
		cmocka_unit_test(as_many_bits_are_flipped_as_is_allowed),
		cmocka_unit_test(some_arrive_with_their_end_cut_off),
		cmocka_unit_test(without_memory_a_packet_is_lost_and_nothing_else),
		cmocka_unit_test(a_new_specification_holds_from_the_next_packet_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
