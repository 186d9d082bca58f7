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
	struct transmission tx = {.at_us = now};

	records_sent(&f->records, seq, end, &tx, LIMIT, &f->world.world);
}

static void sent_again(struct fixture *f, uint32_t len, uint64_t now)
{
	struct transmission tx = {.at_us = now};
	struct record *lost = records_next_lost(&f->records);

	records_sent_again(&f->records, lost, len, &tx, LIMIT, &f->world.world);
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
	struct records_delivered acked = {0};

	sent(f, 100, 200, 5);
	sent(f, 200, 300, 7);
	sent(f, 300, 400, 9);
	records_ack(&f->records, 300, &acked);
	assert_int_equal(acked.acked, 200);
	assert_int_equal(acked.rtt_sent_us, 7);
	assert_false(acked.retransmitted);
	records_check(&f->records, 300, 400);
}

/* RFC 6298 3, RFC 9293 MUST-18: Karn's rule. */
static void what_was_sent_twice_is_no_rtt_sample(void **state)
{
	struct fixture *f = *state;
	struct records_delivered acked = {0};

	sent(f, 100, 200, 5);
	records_mark_all_lost(&f->records);
	sent_again(f, 100, 9);
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
	sent_again(f, 100, 9);
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

static void the_range_of_what_is_lost_leaves_out_what_was_sent_again(void **state)
{
	struct fixture *f = *state;
	uint32_t seq, end;

	sent(f, 100, 200, 5);
	sent(f, 200, 500, 7);
	records_lost_range(&f->records, &seq, &end);
	assert_int_equal(end - seq, 0);
	records_mark_all_lost(&f->records);
	sent(f, 500, 600, 9);
	records_lost_range(&f->records, &seq, &end);
	assert_int_equal(seq, 100);
	assert_int_equal(end, 500);
	sent_again(f, 100, 11);
	records_lost_range(&f->records, &seq, &end);
	assert_int_equal(seq, 200);
	assert_int_equal(end, 500);
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
enum belief { FLYING, LOST, SACKED };

struct model {
	enum belief belief[1 << 16];
	uint32_t una, nxt;
};

static uint32_t model_count(const struct model *m, enum belief belief)
{
	uint32_t n = 0;

	for (uint32_t seq = m->una; seq != m->nxt; seq++)
		n += m->belief[seq & 0xffff] == belief;
	return n;
}

static void model_mark(struct model *m, uint32_t seq, uint32_t len, enum belief belief)
{
	for (uint32_t i = 0; i < len; i++)
		m->belief[(seq + i) & 0xffff] = belief;
}

static uint32_t model_sack(struct model *m, uint32_t seq, uint32_t end)
{
	uint32_t fresh = 0;

	for (; seq != end; seq++) {
		fresh += m->belief[seq & 0xffff] != SACKED;
		m->belief[seq & 0xffff] = SACKED;
	}
	return fresh;
}

static void model_lose_all(struct model *m)
{
	for (uint32_t seq = m->una; seq != m->nxt; seq++) {
		if (m->belief[seq & 0xffff] != SACKED)
			m->belief[seq & 0xffff] = LOST;
	}
}

/* A SACK block somewhere in what is out. */
static void model_step_sack(struct fixture *f, struct model *m, unsigned dice)
{
	struct records_delivered told = {0};
	uint32_t out = m->nxt - m->una;

	if (out < 2)
		return;
	uint32_t seq = m->una + 1 + dice / 7 % (out - 1);
	uint32_t end = seq + 1 + dice / 11 % (m->nxt - seq);
	records_sack(&f->records, seq, end, &told, 1000, &f->world.world);
	assert_int_equal(told.bytes, model_sack(m, seq, end));
}

static void model_step(struct fixture *f, struct model *m, unsigned dice, uint64_t now)
{
	struct records_delivered acked = {0};
	struct transmission tx = {.at_us = now};
	struct record *lost = records_next_lost(&f->records);
	uint32_t n = 1 + dice % 97, out = m->nxt - m->una;

	if (dice % 5 < 2 && out < MOST) {
		records_sent(&f->records, m->nxt, m->nxt + n, &tx, 1000, &f->world.world);
		model_mark(m, m->nxt, n, FLYING);
		m->nxt += n;
	} else if (dice % 5 == 2) {
		n = out < n ? out : n;
		records_ack(&f->records, m->una + n, &acked);
		assert_int_equal(acked.acked, n);
		m->una += n;
	} else if (dice % 50 == 3) {
		records_mark_all_lost(&f->records);
		model_lose_all(m);
	} else if (dice % 5 == 3) {
		model_step_sack(f, m, dice);
	} else if (lost != NULL) {
		n = lost->end - lost->seq < n ? lost->end - lost->seq : n;
		model_mark(m, lost->seq, n, FLYING);
		records_sent_again(&f->records, lost, n, &tx, 1000, &f->world.world);
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
		assert_int_equal(f->records.in_flight, model_count(m, FLYING));
		assert_int_equal(f->records.sacked, model_count(m, SACKED));
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
	sent_again(f, 100, 7);
	records_check(&f->records, 100, 200);
	assert_int_equal(f->records.in_flight, 100);
}

static void a_block_cuts_a_burst_and_tells_the_newest(void **state)
{
	struct fixture *f = *state;
	struct records_delivered told = {.plausible_us = 100};

	sent(f, 100, 400, 5);
	sent(f, 400, 500, 6);
	records_sack(&f->records, 200, 300, &told, LIMIT, &f->world.world);
	assert_int_equal(told.bytes, 100);
	assert_int_equal(told.newest_sent_us, 5);
	assert_int_equal(told.newest_end, 300);
	assert_int_equal(f->records.len, 4);
	assert_int_equal(f->records.in_flight, 300);
	records_check(&f->records, 100, 500);
}

static void neighbours_that_are_held_become_one(void **state)
{
	struct fixture *f = *state;
	struct records_delivered told = {0};

	sent(f, 100, 500, 5);
	records_sack(&f->records, 200, 300, &told, LIMIT, &f->world.world);
	records_sack(&f->records, 300, 500, &told, LIMIT, &f->world.world);
	assert_int_equal(f->records.len, 2);
	assert_int_equal(f->records.sacked, 300);
	records_check(&f->records, 100, 500);
	/* A hole that is filled joins what is on both its sides. */
	sent(f, 500, 600, 6);
	sent(f, 600, 700, 7);
	records_sack(&f->records, 600, 700, &told, LIMIT, &f->world.world);
	assert_int_equal(f->records.len, 4);
	records_sack(&f->records, 500, 600, &told, LIMIT, &f->world.world);
	assert_int_equal(f->records.len, 2);
	records_check(&f->records, 100, 700);
}

/* ATTACKS T21 */
static void what_cannot_be_cut_is_not_believed(void **state)
{
	struct fixture *f = *state;
	struct records_delivered told = {0};

	sent(f, 100, 200, 5);
	sent(f, 200, 500, 6);
	f->world.out_of_memory = true;
	records_sack(&f->records, 300, 400, &told, LIMIT, &f->world.world);
	assert_int_equal(told.bytes, 0);
	assert_int_equal(f->records.sacked, 0);
	records_check(&f->records, 100, 500);
}

/* RFC 8985 6.2 step 2 */
static void the_answer_to_an_earlier_copy_tells_no_time(void **state)
{
	struct fixture *f = *state;
	struct records_delivered told = {.plausible_us = 8};

	sent(f, 100, 200, 5);
	records_mark_all_lost(&f->records);
	sent_again(f, 100, 9);
	records_ack(&f->records, 200, &told);
	assert_true(told.retransmitted);
	assert_false(told.has_newest);
}

/* RFC 8985 6.2 step 5 */
static void what_was_sent_before_is_lost_when_its_time_is_over(void **state)
{
	struct fixture *f = *state;
	struct records_deadline deadline = {.xmit_us = 20, .end = 500, .wait_us = 30};
	uint64_t remaining_us;

	sent(f, 100, 200, 10);
	sent(f, 200, 300, 15);
	sent(f, 300, 400, 25); /* after the one that was delivered */
	assert_int_equal(records_mark_overdue(&f->records, &deadline, 41, &remaining_us), 100);
	assert_int_equal(remaining_us, 4);
	assert_int_equal(records_mark_overdue(&f->records, &deadline, 45, &remaining_us), 100);
	assert_int_equal(remaining_us, 0);
	assert_int_equal(f->records.in_flight, 100);
	records_clear_lost(&f->records);
	assert_int_equal(f->records.in_flight, 300);
	records_check(&f->records, 100, 400);
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
			the_range_of_what_is_lost_leaves_out_what_was_sent_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			at_the_limit_a_record_grows_instead, setup, teardown),
		cmocka_unit_test_setup_teardown(
			without_memory_nothing_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_lost_tail_takes_new_bytes_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_long_history_agrees_with_a_model_of_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_block_cuts_a_burst_and_tells_the_newest, setup, teardown),
		cmocka_unit_test_setup_teardown(
			neighbours_that_are_held_become_one, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_cut_is_not_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_answer_to_an_earlier_copy_tells_no_time, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_sent_before_is_lost_when_its_time_is_over, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
