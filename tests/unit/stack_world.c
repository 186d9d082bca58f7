/* SPDX-License-Identifier: BSD-3-Clause */

/* The world of a real program: clocks that run, bytes that differ, memory. */

#include <evtcp/types.h>

#include <string.h>
#include <time.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static void the_monotonic_clock_is_not_zero_and_does_not_go_back(void **state)
{
	const struct evtcp_world *world = evtcp_world_system();
	uint64_t before = world->now_us(world->arg);

	(void)state;
	assert_true(before > 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t now = world->now_us(world->arg);

		assert_true(now >= before);
		before = now;
	}
}

static void the_wall_clock_counts_microseconds_since_1970(void **state)
{
	const struct evtcp_world *world = evtcp_world_system();
	uint64_t seconds = world->wall_us(world->arg) / 1000000;

	(void)state;
	assert_in_range(seconds, (uint64_t)time(NULL) - 2, (uint64_t)time(NULL) + 2);
}

static void random_bytes_differ(void **state)
{
	const struct evtcp_world *world = evtcp_world_system();
	uint8_t first[32] = {0}, second[32] = {0};

	(void)state;
	world->random(world->arg, first, sizeof(first));
	world->random(world->arg, second, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
}

static void memory_grows_and_keeps_its_bytes(void **state)
{
	const struct evtcp_world *world = evtcp_world_system();
	char *text = world->alloc(world->arg, 4);

	(void)state;
	memcpy(text, "abc", 4);
	text = world->realloc(world->arg, text, 4096);
	assert_string_equal(text, "abc");
	world->free(world->arg, text);
	world->free(world->arg, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monotonic_clock_is_not_zero_and_does_not_go_back),
		cmocka_unit_test(the_wall_clock_counts_microseconds_since_1970),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(memory_grows_and_keeps_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
