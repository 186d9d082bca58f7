/* SPDX-License-Identifier: BSD-3-Clause */

/* What a simulation adds to the library's link emulator (whose own tests are
 * unit/link_impair_*.c): tags, outages, healing, queues without end. */

#include "emulator.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

struct bench {
	struct emulator emulator;
	uint64_t now;
};

static void setup(struct bench *bench, const struct emulator_config *config)
{
	*bench = (struct bench){0};
	emulator_init(&bench->emulator, config, evtcp_world_system(), 1, 0);
}

static enum evtcp_cause send_number(struct bench *bench, uint32_t number)
{
	uint8_t bytes[40] = {0};
	struct iovec iov = {bytes, sizeof(bytes)};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = sizeof(bytes)};

	return emulator_send(&bench->emulator, &packet, number, bench->now);
}

static void send_many(struct bench *bench, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		send_number(bench, i);
		bench->now++;
	}
}

/* Takes everything out; returns how many. */
static unsigned drain(struct bench *bench)
{
	struct way_packet *packet;
	unsigned n = 0;

	for (; (packet = emulator_pop(&bench->emulator, UINT64_MAX)); n++)
		emulator_release(&bench->emulator, packet);
	return n;
}

static void copies_have_the_tag_of_their_packet(void **state)
{
	struct emulator_config config = {
		.way = {.delay = {1000, 0}, .duplicate_ppm = 1000000, .duplicate_max = 1}};
	struct way_packet *packet;
	struct bench bench;

	(void)state;
	setup(&bench, &config);
	send_many(&bench, 100);
	for (uint32_t i = 0; (packet = emulator_pop(&bench.emulator, UINT64_MAX)); i++) {
		assert_int_equal(packet->tag, i / 2);
		assert_false(emulator_has_damaged(packet));
		emulator_release(&bench.emulator, packet);
	}
	assert_int_equal(emulator_count(&bench.emulator, EVTCP_CAUSE_IMPAIR_DUPLICATED), 100);
	emulator_free(&bench.emulator);
}

static void nothing_passes_an_outage_and_everything_a_healed_link(void **state)
{
	struct emulator_config config = {.way = {.loss_ppm = 500000,
						 .duplicate_ppm = 500000,
						 .duplicate_max = 3,
						 .corrupt_ppm = 500000,
						 .corrupt_max = 3},
		.outages = {{1000, 2000}},
		.heals_at_us = 5000};
	struct bench bench;

	(void)state;
	setup(&bench, &config);
	bench.now = 1000;
	assert_int_equal(send_number(&bench, 0), EVTCP_CAUSE_LINK_DOWN);
	send_many(&bench, 1000);
	assert_int_equal(emulator_count_lost(&bench.emulator), 1001);
	assert_int_equal(drain(&bench), 0);
	send_many(&bench, 1000);
	assert_int_not_equal(drain(&bench), 1000);
	bench.now = 5000;
	send_many(&bench, 1000);
	assert_int_equal(drain(&bench), 1000);
	emulator_free(&bench.emulator);
}

/* Ten packets a millisecond apart over 5 ms; those of 2 to 4 ms take 10 ms more. */
static void a_spike_delays_what_enters_in_it_and_what_comes_behind(void **state)
{
	static const uint64_t in_order[] = {5, 6, 17, 18, 18, 18, 18, 18, 18, 18};
	static const uint64_t overtaking[] = {5, 6, 17, 18, 9, 10, 11, 12, 13, 14};
	struct emulator_config config = {
		.way.delay.us = 5000, .spikes = {{2000, 4000, 10000}, {0, 0, 7}}};

	(void)state;
	for (int overtake = 0; overtake < 2; overtake++) {
		const uint64_t *expected = overtake ? overtaking : in_order;
		struct way_packet *packet;
		struct bench bench;

		config.way.overtake = overtake != 0;
		setup(&bench, &config);
		for (uint32_t i = 0; i < 10; i++) {
			bench.now = 1000 * i;
			send_number(&bench, i);
		}
		assert_int_equal(bench.emulator.spiked, 2);
		while ((packet = emulator_pop(&bench.emulator, UINT64_MAX))) {
			assert_int_equal(packet->arrival.at_us, 1000 * expected[packet->tag]);
			emulator_release(&bench.emulator, packet);
		}
		emulator_free(&bench.emulator);
	}
}

static void damage_is_told(void **state)
{
	struct emulator_config config = {.way = {.corrupt_ppm = 100000, .truncate_ppm = 100000}};
	struct way_packet *packet;
	struct bench bench;
	unsigned damaged = 0;

	(void)state;
	setup(&bench, &config);
	send_many(&bench, 1000);
	while ((packet = emulator_pop(&bench.emulator, UINT64_MAX))) {
		bool whole = packet->len == 40;

		for (size_t i = 0; i < packet->len; i++)
			whole = whole && packet->bytes[i] == 0;
		assert_int_equal(emulator_has_damaged(packet), !whole);
		damaged += !whole;
		emulator_release(&bench.emulator, packet);
	}
	assert_in_range(damaged, 140, 240);
	emulator_free(&bench.emulator);
}

static void a_queue_has_no_end_unless_one_is_told(void **state)
{
	/* One byte a microsecond. */
	struct emulator_config config = {.way = {.rate_bps = 8000000}};
	struct bench bench;

	(void)state;
	setup(&bench, &config);
	send_many(&bench, 5000);
	assert_int_equal(emulator_count_overflows(&bench.emulator), 0);
	assert_int_equal(drain(&bench), 5000);
	emulator_free(&bench.emulator);
	config.way.queue_bytes = 400;
	setup(&bench, &config);
	send_many(&bench, 12);
	assert_int_equal(emulator_count_overflows(&bench.emulator), 1);
	emulator_free(&bench.emulator);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_have_the_tag_of_their_packet),
		cmocka_unit_test(nothing_passes_an_outage_and_everything_a_healed_link),
		cmocka_unit_test(a_spike_delays_what_enters_in_it_and_what_comes_behind),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(a_queue_has_no_end_unless_one_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
