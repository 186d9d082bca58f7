/* SPDX-License-Identifier: BSD-3-Clause */

/* The moment of a batch, by a clock that goes on by a second whenever somebody looks. */

#include "util/batch_clock.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

#define SECONDS(n) (UINT64_C(1000000) * (n))

static uint64_t now_us(void *arg)
{
	return *(uint64_t *)arg += SECONDS(1);
}

static void a_batch_reads_the_clock_once(void **state)
{
	uint64_t time_us = SECONDS(10);
	struct evtcp_world world = {.now_us = now_us, .arg = &time_us};
	struct batch_clock clock = {0};

	(void)state;
	assert_true(batch_clock_in(&clock, &world) == SECONDS(11));
	assert_true(batch_clock_in(&clock, &world) == SECONDS(11));
	assert_true(time_us == SECONDS(11));
	batch_clock_end(&clock);
	assert_true(batch_clock_in(&clock, &world) == SECONDS(12));
}

static void on_the_way_out_the_stack_has_read_it(void **state)
{
	uint64_t time_us = SECONDS(10);
	struct evtcp_world world = {.now_us = now_us, .arg = &time_us};
	struct batch_clock clock = {0};

	(void)state;
	assert_true(batch_clock_out(&clock, SECONDS(9)) == SECONDS(9));
	assert_true(time_us == SECONDS(10));
	assert_true(batch_clock_read(&clock, &world) == SECONDS(11));
}

static void time_does_not_go_back(void **state)
{
	uint64_t time_us = SECONDS(10);
	struct evtcp_world world = {.now_us = now_us, .arg = &time_us};
	struct batch_clock clock = {0};

	(void)state;
	assert_true(batch_clock_read(&clock, &world) == SECONDS(11));
	assert_true(batch_clock_out(&clock, SECONDS(9)) == SECONDS(11));
	assert_true(batch_clock_out(&clock, SECONDS(30)) == SECONDS(30));
	assert_true(batch_clock_in(&clock, &world) == SECONDS(30));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_reads_the_clock_once),
		cmocka_unit_test(on_the_way_out_the_stack_has_read_it),
		cmocka_unit_test(time_does_not_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
