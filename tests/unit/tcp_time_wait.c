/* SPDX-License-Identifier: BSD-3-Clause */

/* The table of TIME-WAIT: what is in it is found, what is not is not, while it grows, and while
 * entries leave it from the middle and by age. */

#include "tcp/time_wait.h"

#include "tcp/demux.h"
#include "tcp/tcb.h"
#include "test_world.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { PORT = 10000, N = 5000, LIMIT = 3000 };

struct rig {
	struct test_world w;
	struct tracer trace;
	struct tcp tcp;
};

static void rig_init(struct rig *rig)
{
	struct tcp_config config = {.cc = cc_find("newreno"), .msl_us = 60000000};

	config.limits.time_wait = LIMIT;
	test_world_init(&rig->w);
	tracer_init(&rig->trace);
	tcp_init(&rig->tcp, &config, &rig->w.world, &rig->trace);
}

static struct evtcp_tuple tuple_of(int i)
{
	struct evtcp_tuple tuple = {.local.port = 80, .remote.port = (uint16_t)(PORT + i)};

	address_from_ipv4(&tuple.local.addr, 0x0a000002);
	address_from_ipv4(&tuple.remote.addr, 0x0a000001);
	return tuple;
}

static void rig_add(struct rig *rig, int i)
{
	struct tcb tcb = {.tuple = tuple_of(i)};

	tcb.by_tuple.hash = demux_hash(&rig->tcp, &tcb.tuple);
	time_wait_add(&rig->tcp, &tcb, 1000000);
}

static bool rig_has(const struct rig *rig, int i)
{
	struct evtcp_tuple tuple = tuple_of(i);

	return time_wait_find(&rig->tcp, &tuple, demux_hash(&rig->tcp, &tuple)) != 0;
}

static void rig_reuse(struct rig *rig, int i)
{
	struct evtcp_tuple tuple = tuple_of(i);

	time_wait_reused(&rig->tcp, &tuple, demux_hash(&rig->tcp, &tuple), 0);
}

static void what_is_in_it_is_found_and_nothing_else(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	for (int i = 0; i < LIMIT; i++) {
		assert_false(rig_has(&rig, i));
		rig_add(&rig, i);
		assert_true(rig_has(&rig, i));
	}
	for (int i = 0; i < LIMIT; i += 3) /* out of the middle of their buckets, too */
		rig_reuse(&rig, i);
	for (int i = 0; i < N; i++)
		assert_int_equal(rig_has(&rig, i), i < LIMIT && i % 3 != 0);
	assert_int_equal(rig.tcp.time_wait.len, LIMIT - LIMIT / 3);
	tcp_free(&rig.tcp);
	assert_int_equal(rig.w.blocks, 0);
}

static void beyond_the_limit_the_oldest_is_found_no_more(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	for (int i = 0; i < N; i++)
		rig_add(&rig, i);
	for (int i = 0; i < N; i++)
		assert_int_equal(rig_has(&rig, i), i >= N - LIMIT);
	tcp_free(&rig.tcp);
	assert_int_equal(rig.w.blocks, 0);
}

/* Nearly each look for what is not there ends at the bucket: its kinds are those of the entries
 * that are in it, also after others have left. */
static void a_bucket_knows_the_kinds_of_its_entries(void **state)
{
	const struct time_wait_table *t;
	unsigned kinds[8] = {0};
	struct rig rig;

	(void)state;
	rig_init(&rig);
	t = &rig.tcp.time_wait;
	for (int i = 0; i < N; i++)
		rig_add(&rig, i);
	for (int i = N - LIMIT; i < N; i += 2)
		rig_reuse(&rig, i);
	for (uint32_t b = 0; b < t->n_buckets; b++) {
		uint32_t expected = 0;

		for (uint32_t i = t->buckets[b] & TIME_WAIT_MOST; i != 0;) {
			const struct time_wait_entry *entry =
				&t->chunks[(i - 1) / 256][(i - 1) % 256];

			expected |= UINT32_C(1) << (TIME_WAIT_INDEX_BITS + entry->kind);
			kinds[entry->kind]++;
			i = entry->next_in_bucket;
		}
		assert_int_equal(t->buckets[b] & ~(uint32_t)TIME_WAIT_MOST, expected);
	}
	for (int i = 0; i < 8; i++) /* of 1,500 */
		assert_in_range(kinds[i], 120, 260);
	tcp_free(&rig.tcp);
	assert_int_equal(rig.w.blocks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it_is_found_and_nothing_else),
		cmocka_unit_test(beyond_the_limit_the_oldest_is_found_no_more),
		cmocka_unit_test(a_bucket_knows_the_kinds_of_its_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
