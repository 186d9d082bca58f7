/* SPDX-License-Identifier: BSD-3-Clause */

/* A bad link: as bad as it is told to be, and equally bad each time. */

#include "emulator.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { N = 20000 };

struct bench {
	struct emulator emulator;
	uint64_t now;
};

static void setup(struct bench *bench, const struct emulator_config *config, uint64_t seed)
{
	*bench = (struct bench){0};
	emulator_init(&bench->emulator, config, evtcp_world_system(), seed, 0);
}

/* Sends a packet whose bytes are all `number`. */
static enum emulator_fate send_number(struct bench *bench, uint8_t number, size_t len)
{
	uint8_t bytes[1500];
	struct iovec iov[2] = {{bytes, len / 2}, {bytes + len / 2, len - len / 2}};
	struct evtcp_packet packet = {.iov = iov, .iovcnt = 2, .len = len};

	memset(bytes, number, len);
	return emulator_send(&bench->emulator, &packet, number, bench->now);
}

/* Sends n packets of len bytes, every_us apart. */
static void send_many(struct bench *bench, unsigned n, size_t len, uint64_t every_us)
{
	for (unsigned i = 0; i < n; i++) {
		send_number(bench, (uint8_t)i, len);
		bench->now += every_us;
	}
}

/* Takes everything out; returns how many. */
static unsigned drain(struct bench *bench)
{
	struct emulated_packet *packet;
	unsigned n = 0;

	while ((packet = emulator_pop(&bench->emulator, UINT64_MAX))) {
		emulator_release(&bench->emulator, packet);
		n++;
	}
	return n;
}

static void a_perfect_link_delays_and_does_nothing_else(void **state)
{
	struct emulator_config config = {.delay_us = 1000};
	struct bench bench;

	(void)state;
	setup(&bench, &config, 1);
	assert_true(emulator_next(&bench.emulator) == UINT64_MAX);
	send_many(&bench, 100, 60, 10);
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t at = 10 * i + 1000;
		struct emulated_packet *packet;

		assert_true(emulator_next(&bench.emulator) == at);
		assert_null(emulator_pop(&bench.emulator, at - 1));
		packet = emulator_pop(&bench.emulator, at);
		assert_int_equal(packet->len, 60);
		assert_int_equal(packet->bytes[0], i);
		assert_int_equal(packet->bytes[59], i);
		assert_int_equal(packet->tag, i);
		assert_false(packet->damaged);
		emulator_release(&bench.emulator, packet);
	}
	assert_null(emulator_pop(&bench.emulator, UINT64_MAX));
}

static void it_loses_as_many_as_it_is_told(void **state)
{
	struct emulator_config config = {.loss_ppm = 100000};
	struct bench bench;

	(void)state;
	setup(&bench, &config, 2);
	send_many(&bench, N, 40, 1);
	assert_in_range(bench.emulator.stats.lost, N / 10 - 150, N / 10 + 150);
	assert_int_equal(drain(&bench), N - bench.emulator.stats.lost);
}

static void bursts_lose_many_in_a_row(void **state)
{
	struct emulator_config config = {.burst_ppm = 10000, .burst_end_ppm = 100000};
	struct bench bench;
	unsigned in_a_row = 0, most = 0;

	(void)state;
	setup(&bench, &config, 3);
	for (int i = 0; i < N; i++) {
		bool lost = send_number(&bench, 0, 40) == EMULATOR_LOST;

		in_a_row = lost ? in_a_row + 1 : 0;
		most = in_a_row > most ? in_a_row : most;
	}
	/* One in a hundred begins a burst of ten: a tenth and a little less is lost. */
	assert_in_range(bench.emulator.stats.lost, N / 14, N / 8);
	assert_in_range(most, 20, 300);
	drain(&bench);
}

static void nothing_passes_an_outage_and_everything_a_healed_link(void **state)
{
	struct emulator_config config = {.loss_ppm = 500000,
		.duplicate_ppm = 500000,
		.copies_max = 3,
		.flip_ppm = 500000,
		.flips_max = 3,
		.outages = {{1000, 2000}},
		.heals_at_us = 5000};
	struct bench bench;

	(void)state;
	setup(&bench, &config, 4);
	bench.now = 1000;
	send_many(&bench, 1000, 40, 1);
	assert_int_equal(drain(&bench), 0);
	bench.now = 5000;
	send_many(&bench, 1000, 40, 1);
	assert_int_equal(drain(&bench), 1000);
}

static void a_rate_spreads_and_its_queue_overflows(void **state)
{
	/* One byte a microsecond. */
	struct emulator_config config = {.rate_bps = 8000000, .queue_bytes = 5000};
	struct bench bench;

	(void)state;
	setup(&bench, &config, 5);
	for (int i = 0; i < 6; i++)
		assert_int_equal(send_number(&bench, 0, 1000), EMULATOR_TAKEN);
	assert_int_equal(send_number(&bench, 0, 1000), EMULATOR_QUEUE_FULL);
	for (uint64_t i = 1; i <= 6; i++) {
		struct emulated_packet *packet;

		assert_true(emulator_next(&bench.emulator) == 1000 * i);
		packet = emulator_pop(&bench.emulator, 1000 * i);
		emulator_release(&bench.emulator, packet);
	}
}

static void order_is_kept_unless_it_is_told_otherwise(void **state)
{
	struct emulator_config config = {.delay_us = 100, .jitter_us = 50};
	struct bench bench;

	(void)state;
	for (int reorders = 0; reorders < 2; reorders++) {
		struct emulated_packet *packet;
		uint8_t last = 0;
		bool overtaken = false;

		config.jitter_reorders = reorders;
		setup(&bench, &config, 6);
		send_many(&bench, 200, 40, 1);
		while ((packet = emulator_pop(&bench.emulator, UINT64_MAX))) {
			overtaken = overtaken || packet->bytes[0] < last;
			last = packet->bytes[0];
			emulator_release(&bench.emulator, packet);
		}
		assert_int_equal(overtaken, reorders);
	}
}

static void copies_and_damage_come_at_their_rates(void **state)
{
	struct emulator_config config = {.duplicate_ppm = 200000,
		.copies_max = 1,
		.flip_ppm = 50000,
		.flips_max = 1,
		.truncate_ppm = 50000};
	struct bench bench;
	struct emulated_packet *packet;
	unsigned damaged = 0, n = 0;

	(void)state;
	setup(&bench, &config, 7);
	send_many(&bench, N, 40, 1);
	for (; (packet = emulator_pop(&bench.emulator, UINT64_MAX)); n++) {
		bool whole = packet->len == 40;

		for (size_t i = 0; i < packet->len; i++)
			whole = whole && packet->bytes[i] == packet->tag;
		assert_int_equal(packet->damaged, !whole);
		damaged += packet->damaged;
		emulator_release(&bench.emulator, packet);
	}
	assert_in_range(n, N * 1.18, N * 1.22);
	assert_in_range(damaged, n * 0.09, n * 0.11);
}

static void equal_seeds_give_equal_links(void **state)
{
	struct emulator_config config = {.delay_us = 10,
		.jitter_us = 100,
		.jitter_reorders = true,
		.loss_ppm = 100000,
		.duplicate_ppm = 100000,
		.copies_max = 5,
		.flip_ppm = 100000,
		.flips_max = 8};
	struct bench a, b;
	struct emulated_packet *x, *y;

	(void)state;
	setup(&a, &config, 8);
	setup(&b, &config, 8);
	send_many(&a, 1000, 40, 1);
	send_many(&b, 1000, 40, 1);
	do {
		x = emulator_pop(&a.emulator, UINT64_MAX);
		y = emulator_pop(&b.emulator, UINT64_MAX);
		assert_int_equal(!x, !y);
		if (x) {
			assert_true(x->arrives_at_us == y->arrives_at_us);
			assert_memory_equal(x->bytes, y->bytes, 40);
		}
		emulator_release(&a.emulator, x);
		emulator_release(&b.emulator, y);
	} while (x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_perfect_link_delays_and_does_nothing_else),
		cmocka_unit_test(it_loses_as_many_as_it_is_told),
		cmocka_unit_test(bursts_lose_many_in_a_row),
		cmocka_unit_test(nothing_passes_an_outage_and_everything_a_healed_link),
		cmocka_unit_test(a_rate_spreads_and_its_queue_overflows),
		cmocka_unit_test(order_is_kept_unless_it_is_told_otherwise),
		cmocka_unit_test(copies_and_damage_come_at_their_rates),
		cmocka_unit_test(equal_seeds_give_equal_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
