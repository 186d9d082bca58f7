/* SPDX-License-Identifier: BSD-3-Clause */

/* The link emulator as a link: both directions, what observers are told, batches,
 * virtual time and the event loop. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>

#include "impair_link_bench.h"

static void a_perfect_link_passes_each_packet_at_once(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "loss=0%");
	bench_send(&bench, 100);
	assert_int_equal(bench_sent(&bench), 1);
	bench_receive(&bench, 100);
	assert_int_equal(bench.received, 1);
	assert_int_equal(bench.ended, 1);
	assert_string_equal(bench.told, "out:data/none in:accepted/none ");
	assert_true(evtcp_impair_next_deadline(bench.impair) == UINT64_MAX);
	assert_int_equal(evtcp_link_get_mtu(bench.link), 1500);
	bench_close(&bench);
}

static void a_delayed_packet_comes_when_its_time_has_come(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "tx.delay=20ms,rx.delay=30ms");
	bench_send(&bench, 100);
	assert_int_equal(bench_receive(&bench, 100), EVTCP_CAUSE_IMPAIR_TAKEN);
	assert_int_equal(bench_sent(&bench) + bench.received + bench.ended, 0);
	assert_int_equal(evtcp_impair_next_deadline(bench.impair), BEGIN + 20 * MS);
	bench.now = BEGIN + 20 * MS - 1;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 0);
	bench.now++;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 1);
	assert_int_equal(bench.received, 0);
	bench.now = evtcp_impair_next_deadline(bench.impair);
	assert_int_equal(bench.now, BEGIN + 30 * MS);
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench.received, 1);
	assert_int_equal(bench.ended, 1);
	assert_string_equal(bench.told, "out:data/none in:accepted/none ");
	bench_close(&bench);
}

static void what_is_lost_is_told_with_its_cause_and_is_no_failure_to_the_stack(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "loss=100%");
	bench_send(&bench, 100);
	assert_int_equal(bench_receive(&bench, 100), EVTCP_CAUSE_IMPAIR_LOSS);
	assert_int_equal(bench_sent(&bench) + bench.received + bench.ended, 0);
	assert_string_equal(
		bench.told, "lost-out:data/impair_loss lost-in:impair_loss/impair_loss ");
	assert_int_equal(bench.dropped, 2);
	for (unsigned i = 0; i < EVTCP_IMPAIR_N_DIRECTIONS; i++)
		assert_int_equal(
			evtcp_impair_get_counter(bench.impair, i, EVTCP_CAUSE_IMPAIR_LOSS), 1);
	bench_close(&bench);
}

static void what_is_altered_is_told_once_for_each_copy(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "dup=100%");
	bench_send(&bench, 100);
	bench_receive(&bench, 100);
	assert_int_equal(bench_sent(&bench), 2);
	assert_int_equal(bench.received, 2);
	assert_string_equal(bench.told, "out:data/none out:data/impair_duplicated "
					"in:accepted/none in:accepted/impair_duplicated ");
	bench_close(&bench);
	bench_open(&bench, "corrupt=100%");
	bench_receive(&bench, 100);
	assert_string_equal(bench.told, "in:accepted/impair_corrupted ");
	bench_close(&bench);
}

static void what_the_lower_link_refuses_is_told_as_dropped(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	memory_link_refuse(bench.memory, EIO);
	bench_send(&bench, 100);
	bench.now += MS;
	evtcp_impair_run(bench.impair);
	assert_string_equal(bench.told, "out:data/none lost-out:data/link_error ");
	assert_int_equal(bench.dropped, 1);
	assert_int_equal(
		evtcp_impair_get_counter(bench.impair, EVTCP_IMPAIR_TX, EVTCP_CAUSE_LINK_ERROR), 1);
	bench_close(&bench);
}

static void at_most_64_packets_make_a_batch(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	for (unsigned n = 0; n < 100; n++) {
		bench.told[0] = '\0';
		bench_send(&bench, 1);
		bench_receive(&bench, 1);
	}
	bench.now += MS;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 64);
	assert_int_equal(bench.received, 64);
	assert_int_equal(bench.ended, 1);
	assert_int_equal(evtcp_impair_next_deadline(bench.impair), bench.now);
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 100);
	assert_int_equal(bench.received, 100);
	assert_int_equal(bench.ended, 2);
	bench_close(&bench);
}

/* The clock that goes on meanwhile is not asked: what comes in between begins with the batch. */
static void packets_enter_at_the_moment_of_their_batch(void **state)
{
	struct test_segment segment = {.flags = TEST_ACK};
	struct test_packet packet;
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=20ms");
	test_packet_build(&packet, &segment, 0, EVTCP_CAUSE_NONE);
	memory_link_inject(bench.memory, packet.bytes, packet.packet.len, 0);
	bench.now += 5 * MS;
	bench_receive(&bench, 1);
	bench.now = BEGIN + 20 * MS;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench.received, 2);
	bench_receive(&bench, 1); /* another batch */
	assert_int_equal(evtcp_impair_next_deadline(bench.impair), BEGIN + 40 * MS);
	bench_close(&bench);
}

static void what_is_sent_enters_when_the_stack_says(void **state)
{
	struct test_segment segment = {.out = true, .flags = TEST_ACK};
	struct test_packet packet;
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=20ms");
	evtcp_impair_set_watched(bench.impair, 0);
	test_packet_build(&packet, &segment, BEGIN, EVTCP_CAUSE_DATA);
	bench.now += 5 * MS;
	assert_int_equal(evtcp_link_output(bench.link, &packet.packet), 0);
	assert_int_equal(evtcp_impair_next_deadline(bench.impair), BEGIN + 20 * MS);
	bench_close(&bench);
}

static void usage_tells_what_went_through_and_what_is_under_way(void **state)
{
	struct evtcp_impair_usage usage;
	struct bench bench;

	(void)state;
	bench_open(&bench, "tx.delay=1ms,rx.loss=100%");
	bench_send(&bench, 60);
	bench_send(&bench, 160);
	bench.now += MS;
	evtcp_impair_run(bench.impair);
	bench_send(&bench, 60);
	bench_receive(&bench, 60);
	evtcp_impair_get_usage(bench.impair, EVTCP_IMPAIR_TX, &usage);
	assert_int_equal(usage.entered, 3);
	assert_int_equal(usage.entered_bytes, 100 + 200 + 100);
	assert_int_equal(usage.delivered, 2);
	assert_int_equal(usage.delivered_bytes, 300);
	assert_int_equal(usage.under_way, 1);
	assert_true(usage.under_way_memory > 100 && usage.under_way_memory < 400);
	evtcp_impair_get_usage(bench.impair, EVTCP_IMPAIR_RX, &usage);
	assert_int_equal(usage.entered, 1);
	assert_int_equal(usage.delivered, 0);
	bench_close(&bench);
}

static void a_failure_below_is_passed_on(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	memory_link_fail(bench.memory, ENODEV);
	assert_int_equal(bench.failed, ENODEV);
	bench_close(&bench);
}

static void a_new_specification_can_be_set(void **state)
{
	struct evtcp_impair_spec spec;
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	evtcp_impair_spec_init(&spec);
	spec.ways[EVTCP_IMPAIR_TX].delay.us = 5 * MS;
	assert_int_equal(evtcp_impair_set_spec(bench.impair, &spec), 0);
	bench_send(&bench, 1);
	assert_int_equal(evtcp_impair_next_deadline(bench.impair), BEGIN + 5 * MS);
	spec.ways[EVTCP_IMPAIR_RX].loss_ppm = 1000001;
	errno = 0;
	assert_int_equal(evtcp_impair_set_spec(bench.impair, &spec), -1);
	assert_int_equal(errno, EINVAL);
	bench_close(&bench);
}

static void what_cannot_be_made_leaves_the_lower_link_to_its_owner(void **state)
{
	struct evtcp_impair_config config = {0};
	struct memory_link *memory;
	struct evtcp_link *lower = memory_link_new(evtcp_world_system(), 1500, 1, &memory);
	struct test_world world;

	(void)state;
	test_world_init(&world);
	config.world = &world.world;
	config.spec.ways[0].loss_ppm = 1000001;
	assert_null(evtcp_impair_link_new(lower, &config, NULL));
	assert_int_equal(errno, EINVAL);
	config.spec.ways[0].loss_ppm = 0;
	world.out_of_memory = true;
	assert_null(evtcp_impair_link_new(lower, &config, NULL));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(world.blocks, 0);
	evtcp_link_free(lower);
}

static void without_memory_packets_are_lost_in_both_directions(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	bench.world.out_of_memory = true;
	bench_send(&bench, 1);
	assert_int_equal(bench_receive(&bench, 1), EVTCP_CAUSE_NO_MEMORY);
	assert_string_equal(bench.told, "lost-out:data/no_memory lost-in:no_memory/no_memory ");
	assert_int_equal(bench.dropped, 2);
	bench_close(&bench);
}

/* Real time: the packet comes no earlier than it should, and soon. The bound is generous,
 * for the machine may be busy; e2e/impair.sh measures. */
static void the_loop_drives_it(void **state)
{
	struct event_config *precise = event_config_new();
	struct event_base *base;
	struct bench bench;
	uint64_t began, took;

	(void)state;
	event_config_set_flag(precise, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(precise);
	event_config_free(precise);
	bench_open_on(&bench, "delay=10ms", base);
	bench.now = evtcp_world_system()->now_us(NULL);
	bench_send(&bench, 1);
	bench_receive(&bench, 1);
	began = evtcp_world_system()->now_us(NULL);
	while (bench.received == 0)
		event_base_loop(base, EVLOOP_ONCE);
	took = evtcp_world_system()->now_us(NULL) - began;
	assert_true(took >= 9 * MS && took < 500 * MS);
	assert_int_equal(bench_sent(&bench), 1);
	assert_int_equal(bench.ended, 1);
	bench_send(&bench, 1); /* the timer goes with the link */
	bench_close(&bench);
	assert_int_equal(event_base_loop(base, EVLOOP_NONBLOCK), 1);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_perfect_link_passes_each_packet_at_once),
		cmocka_unit_test(a_delayed_packet_comes_when_its_time_has_come),
		cmocka_unit_test(
			what_is_lost_is_told_with_its_cause_and_is_no_failure_to_the_stack),
		cmocka_unit_test(what_is_altered_is_told_once_for_each_copy),
		cmocka_unit_test(what_the_lower_link_refuses_is_told_as_dropped),
		cmocka_unit_test(at_most_64_packets_make_a_batch),
		cmocka_unit_test(packets_enter_at_the_moment_of_their_batch),
		cmocka_unit_test(what_is_sent_enters_when_the_stack_says),
		cmocka_unit_test(usage_tells_what_went_through_and_what_is_under_way),
		cmocka_unit_test(a_failure_below_is_passed_on),
		cmocka_unit_test(a_new_specification_can_be_set),
		cmocka_unit_test(what_cannot_be_made_leaves_the_lower_link_to_its_owner),
		cmocka_unit_test(without_memory_packets_are_lost_in_both_directions),
		cmocka_unit_test(the_loop_drives_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
