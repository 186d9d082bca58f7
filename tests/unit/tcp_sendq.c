/* SPDX-License-Identifier: BSD-3-Clause */

/* What the send queue takes of an application's buffer, and what of that it copies. In: chains, as
 * pieces that are added by reference, and room. Out: how much was taken, and where it lies. */

#include "tcp/sendq.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { CHAIN = 10000, SEGMENT = 1460 };

static const char bytes[4 * CHAIN];

struct fixture {
	struct spare_buffers spare;
	struct sendq q;
	struct evbuffer *data; /* the application's */
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){0};
	sendq_init(&f->q, 1);
	f->data = evbuffer_new();
	assert_non_null(f->data);
}

static void end(struct fixture *f)
{
	sendq_check(&f->q);
	sendq_free(&f->q, &f->spare);
	spare_buffers_free(&f->spare);
	evbuffer_free(f->data);
}

/* The application adds a chain of so many bytes. */
static void add(struct fixture *f, size_t len)
{
	assert_int_equal(evbuffer_add_reference(f->data, bytes, len, NULL, NULL), 0);
}

/* So many chains of CHAIN bytes wait in the queue. */
static void fill(struct fixture *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		add(f, CHAIN);
		assert_int_equal(sendq_append(&f->q, f->data, CHAIN, SEGMENT, &f->spare), CHAIN);
	}
}

/* Whether the byte with this number lies where the application has it. */
static int is_copied(struct fixture *f, uint32_t seq)
{
	struct iovec iov;
	uint32_t viewed;
	const char *at;

	assert_int_equal(sendq_view(&f->q, seq, 1, &iov, 1, &viewed), 1);
	at = iov.iov_base;
	return at < bytes || at >= bytes + sizeof(bytes);
}

static void whole_chains_move(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fill(&f, 2);
	add(&f, CHAIN);
	add(&f, CHAIN);
	assert_int_equal(
		sendq_append(&f.q, f.data, CHAIN + CHAIN, SEGMENT, &f.spare), CHAIN + CHAIN);
	assert_int_equal(sendq_len(&f.q), 4 * CHAIN);
	for (uint32_t seq = 1; seq < 4 * CHAIN; seq += CHAIN)
		assert_false(is_copied(&f, seq));
	end(&f);
}

static void what_has_no_room_as_a_whole_waits_behind_twice_as_much(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fill(&f, 2);
	add(&f, CHAIN);
	assert_int_equal(sendq_append(&f.q, f.data, CHAIN - 1, SEGMENT, &f.spare), 0);
	assert_int_equal(sendq_len(&f.q), 2 * CHAIN);
	assert_int_equal(evbuffer_get_length(f.data), CHAIN);
	assert_int_equal(sendq_append(&f.q, f.data, CHAIN, SEGMENT, &f.spare), CHAIN);
	assert_false(is_copied(&f, 1 + 2 * CHAIN));
	end(&f);
}

/* What is before it is taken all the same. */
static void chains_before_one_that_waits_move(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fill(&f, 2);
	add(&f, CHAIN);
	add(&f, CHAIN);
	assert_int_equal(sendq_append(&f.q, f.data, CHAIN + CHAIN / 2, SEGMENT, &f.spare), CHAIN);
	assert_int_equal(evbuffer_get_length(f.data), CHAIN);
	end(&f);
}

/* Else the queue would run dry while there is room: a chain may be longer than all of it. */
static void what_cannot_wait_is_cut_and_copied(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fill(&f, 1);
	add(&f, CHAIN);
	assert_int_equal(sendq_append(&f.q, f.data, CHAIN / 2, SEGMENT, &f.spare), CHAIN / 2);
	assert_true(is_copied(&f, 1 + CHAIN));
	assert_int_equal(evbuffer_get_length(f.data), CHAIN / 2);
	end(&f);
}

/* A cork may hold it back: no ACK makes room, for nothing leaves as long as there is some. */
static void nothing_waits_behind_less_than_a_segment(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fill(&f, 2);
	add(&f, CHAIN);
	assert_int_equal(sendq_append(&f.q, f.data, CHAIN / 2, 2 * CHAIN + 1, &f.spare), CHAIN / 2);
	assert_true(is_copied(&f, 1 + 2 * CHAIN));
	end(&f);
}

static void nothing_waits_behind_an_empty_queue(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	add(&f, CHAIN);
	assert_int_equal(sendq_append(&f.q, f.data, 1, SEGMENT, &f.spare), 1);
	assert_true(is_copied(&f, 1));
	end(&f);
}

/* What is fetched beforehand is looked up nowhere: it must be there. */
static void a_view_remembers_the_first_piece_until_the_queue_changes(void **state)
{
	struct iovec iov[2];
	struct fixture f;
	uint32_t viewed;

	(void)state;
	begin(&f);
	fill(&f, 2);
	assert_null(f.q.first);
	sendq_view(&f.q, 1 + CHAIN, CHAIN, iov, 2, &viewed); /* not from the beginning */
	assert_null(f.q.first);
	sendq_view(&f.q, 1, 100, iov, 2, &viewed);
	assert_ptr_equal(f.q.first, bytes);
	assert_int_equal(f.q.first_len, 100);
	sendq_view(&f.q, 1, 2 * CHAIN, iov, 2, &viewed);
	assert_int_equal(f.q.first_len, CHAIN);
	sendq_drop(&f.q, 1 + CHAIN, &f.spare);
	assert_null(f.q.first);
	sendq_view(&f.q, 1 + CHAIN, CHAIN, iov, 2, &viewed);
	assert_ptr_equal(f.q.first, bytes);
	fill(&f, 1);
	assert_null(f.q.first);
	sendq_view(&f.q, 1 + CHAIN, CHAIN, iov, 2, &viewed);
	sendq_drop(&f.q, 1 + 3 * CHAIN, &f.spare);
	assert_null(f.q.first);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_chains_move),
		cmocka_unit_test(what_has_no_room_as_a_whole_waits_behind_twice_as_much),
		cmocka_unit_test(chains_before_one_that_waits_move),
		cmocka_unit_test(what_cannot_wait_is_cut_and_copied),
		cmocka_unit_test(nothing_waits_behind_less_than_a_segment),
		cmocka_unit_test(nothing_waits_behind_an_empty_queue),
		cmocka_unit_test(a_view_remembers_the_first_piece_until_the_queue_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
