/* SPDX-License-Identifier: BSD-3-Clause */

/* Transmission records: what they say of small histories, and a long random one against
 * a model that keeps one mark a byte. */

#include "tcp/records.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { LIMIT = 8 };

struct fixture {
	struct test_world world;
	struct records records;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_world_init(&f->world);
	records_init(&f->records);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int left;

	records_free(&f->records, &f->world.world);
	left = f->world.blocks;
	free(f);
	return left;
}

static void sent(struct fixture *f, uint32_t seq, uint32_t end, uint64_t now)
{
	records_sent(&f->records, seq, end, now, LIMIT, &f->world.world);
}

static void a_burst_is_one_record(void **state)
{
	struct fixture *f = *state;

	sent(f, 100, 200, 5);
	sent(f, 200, 300, 5);
	assert_int_equal(f->records.len, 1);
	assert_int_equal(f->records.in_flight, 200);
	records_check(&f->records, 100, 300);
}

static void an_ack_tells_bytes_and_the_newest_time(void **state)
{
	struct fixture *f = *state;
	struct records_acked acked;

	sent(f, 100, 200, 5);
	sent(f, 200, 300, 7);
	sent(f, 300, 400, 9);
	records_ack(&f->records, 300, &acked);
	assert_int_equal(acked.bytes, 200);
	assert_int_equal(acked.rtt_sent_us, 7);
	assert_false(acked.retransmitted);
	records_check(&f->records, 300, 400);
}

/* RFC 6298 3, RFC 9293 MUST-18: Karn's rule. */
static void what_was_sent_twice_is_no_rtt_sample(void **state)
{
	struct fixture *f = *state;
	struct records_acked acked;

	sent(f, 100, 200, 5);
	records_mark_all_lost(&f->records);
	records_sent_again(
		&f->records, records_next_lost(&f->records), 100, 9, LIMIT, &f->world.world);
	records_ack(&f->records, 200, &acked);
	assert_true(acked.retransmitted);
	assert_int_equal(acked.rtt_sent_us, 0);
}

static void a_lost_record_is_sent_again_in_pieces(void **state)
{
	struct fixture *f = *state;
	struct record *lost;

	sent(f, 100, 400, 5);
	records_mark_all_lost(&f->records);
	assert_int_equal(f->records.in_flight, 0);
	records_sent_again(
		&f->records, records_next_lost(&f->records), 100, 9, LIMIT, &f->world.world);
	lost = records_next_lost(&f->records);
	assert_int_equal(lost->seq, 200);
	assert_int_equal(f->records.in_flight, 100);
	records_check(&f->records, 100, 400);
}

static void only_the_first_bytes_are_marked_lost(void **state)
{
	struct fixture *f = *state;

	sent(f, 100, 400, 5);
	records_mark_first_lost(&f->records, 100, LIMIT, &f->world.world);
	assert_int_equal(records_next_lost(&f->records)->end, 200);
	assert_int_equal(f->records.in_flight, 200);
}

/* ATTACKS T21 */
static void at_the_limit_a_record_grows_instead(void **state)
{
	struct fixture *f = *state;
	uint32_t seq = 0;

	for (int i = 0; i < 3 * LIMIT; i++, seq += 10)
		sent(f, seq, seq + 10, (uint64_t)i);
	assert_int_equal(f->records.len, LIMIT);
	assert_int_equal(f->records.in_flight, 30 * LIMIT);
	records_check(&f->records, 0, seq);
}

static void without_memory_nothing_is_forgotten(void **state)
{
	struct fixture *f = *state;
	uint32_t seq = 0;

	f->world.out_of_memory = true;
	for (int i = 0; i < 10; i++, seq += 10)
		sent(f, seq, seq + 10, (uint64_t)i);
	assert_int_equal(f->records.len, RECORDS_INLINE);
	records_check(&f->records, 0, seq);
}

enum { MOST = 2000 }; /* bytes outstanding in the model */

/* What is believed of each byte. */
struct model {
	bool lost[1 << 16];
	uint32_t una, nxt;
};

static uint32_t model_in_flight(const struct model *m)
{
	uint32_t n = 0;

	for (uint32_t seq = m->una; seq != m->nxt; seq++)
		n += !m->lost[seq & 0xffff];
	return n;
}

static void model_mark(struct model *m, uint32_t seq, uint32_t len, bool lost)
{
	for (uint32_t i = 0; i < len; i++)
		m->lost[(seq + i) & 0xffff] = lost;
}

static void model_step(struct fixture *f, struct model *m, unsigned dice, uint64_t now)
{
	struct records_acked acked;
	struct record *lost = records_next_lost(&f->records);
	uint32_t n = 1 + dice % 97, out = m->nxt - m->una;

	if (dice % 5 < 2 && out < MOST) {
		records_sent(&f->records, m->nxt, m->nxt + n, now, 1000, &f->world.world);
		model_mark(m, m->nxt, n, false);
		m->nxt += n;
	} else if (dice % 5 == 2) {
		n = out < n ? out : n;
		records_ack(&f->records, m->una + n, &acked);
		assert_int_equal(acked.bytes, n);
		m->una += n;
	} else if (dice % 50 == 3) {
		records_mark_all_lost(&f->records);
		model_mark(m, m->una, out, true);
	} else if (lost != NULL) {
		n = lost->end - lost->seq < n ? lost->end - lost->seq : n;
		model_mark(m, lost->seq, n, false);
		records_sent_again(&f->records, lost, n, now, 1000, &f->world.world);
	}
}

static void a_long_history_agrees_with_a_model_of_bytes(void **state)
{
	struct fixture *f = *state;
	struct model *m = calloc(1, sizeof(*m));
	uint64_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		model_step(f, m, (unsigned)(test_random(&seed) >> 33), (uint64_t)i / 3);
		records_check(&f->records, m->una, m->nxt);
		assert_int_equal(f->records.in_flight, model_in_flight(m));
	}
	assert_true(m->una > 100000);
	free(m);
}

static void a_lost_tail_takes_new_bytes_with_it(void **state)
{
	struct fixture *f = *state;

	sent(f, 100, 101, 5);
	records_mark_all_lost(&f->records);
	records_grow_last(&f->records, 200);
	records_check(&f->records, 100, 200);
	assert_int_equal(f->records.in_flight, 0);
	records_sent_again(&f->records, records_next_lost(&f->records), 100, 7, LIMIT,
		&f->world.world);
	records_check(&f->records, 100, 200);
	assert_int_equal(f->records.in_flight, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_burst_is_one_record, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_ack_tells_bytes_and_the_newest_time, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_sent_twice_is_no_rtt_sample, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_lost_record_is_sent_again_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(
			only_the_first_bytes_are_marked_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(
			at_the_limit_a_record_grows_instead, setup, teardown),
		cmocka_unit_test_setup_teardown(
			without_memory_nothing_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_lost_tail_takes_new_bytes_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_long_history_agrees_with_a_model_of_bytes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
