/* SPDX-License-Identifier: BSD-3-Clause */

/* The deadline queue: against a model that keeps an unordered array and looks at
 * all of it, and in small cases that say what is promised. */

#include "util/deadline_queue.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { NODES = 200, OPERATIONS = 100000 };

struct fixture {
	struct test_world world;
	struct deadline_queue queue;
	struct deadline_node nodes[NODES];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_world_init(&f->world);
	deadline_queue_init(&f->queue, &f->world.world);
	*state = f;
	return deadline_queue_reserve(&f->queue, NODES);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int left;

	deadline_queue_free(&f->queue);
	left = f->world.blocks;
	free(f);
	return left;
}

static void an_empty_queue_has_nothing_due_ever(void **state)
{
	struct fixture *f = *state;

	assert_true(deadline_queue_earliest(&f->queue) == UINT64_MAX);
	assert_null(deadline_queue_pop_due(&f->queue, UINT64_MAX));
}

static void a_node_is_due_at_its_moment_and_not_before(void **state)
{
	struct fixture *f = *state;

	deadline_queue_set(&f->queue, &f->nodes[0], 1000);
	assert_int_equal(deadline_queue_earliest(&f->queue), 1000);
	assert_null(deadline_queue_pop_due(&f->queue, 999));
	assert_ptr_equal(deadline_queue_pop_due(&f->queue, 1000), &f->nodes[0]);
	assert_null(deadline_queue_pop_due(&f->queue, 1000));
}

static void equal_moments_come_in_the_order_of_insertion(void **state)
{
	struct fixture *f = *state;

	for (int i = NODES - 1; i >= 0; i--)
		deadline_queue_set(&f->queue, &f->nodes[i], 5);
	for (int i = NODES - 1; i >= 0; i--)
		assert_ptr_equal(deadline_queue_pop_due(&f->queue, 5), &f->nodes[i]);
}

static void a_later_moment_costs_nothing_and_an_earlier_one_counts(void **state)
{
	struct fixture *f = *state;

	deadline_queue_set(&f->queue, &f->nodes[0], 1000);
	deadline_queue_set(&f->queue, &f->nodes[0], 2000);
	assert_int_equal(deadline_queue_earliest(&f->queue), 1000); /* early, never late */
	deadline_queue_set(&f->queue, &f->nodes[0], 500);
	assert_int_equal(deadline_queue_earliest(&f->queue), 500);
	assert_int_equal(f->queue.len, 1);
}

static void removing_a_node_that_is_not_in_does_nothing(void **state)
{
	struct fixture *f = *state;

	deadline_queue_set(&f->queue, &f->nodes[0], 7);
	deadline_queue_remove(&f->queue, &f->nodes[1]);
	deadline_queue_remove(&f->queue, &f->nodes[0]);
	deadline_queue_remove(&f->queue, &f->nodes[0]);
	assert_int_equal(f->queue.len, 0);
}

static void without_memory_reserve_fails_and_the_queue_lives_on(void **state)
{
	struct fixture *f = *state;
	uint32_t capacity = f->queue.capacity;

	deadline_queue_set(&f->queue, &f->nodes[0], 7);
	f->world.out_of_memory = true;
	assert_int_equal(deadline_queue_reserve(&f->queue, capacity), 0);
	assert_int_equal(deadline_queue_reserve(&f->queue, capacity + 1), -1);
	assert_ptr_equal(deadline_queue_pop_due(&f->queue, 7), &f->nodes[0]);
}

/* ---- the model ---------------------------------------------------------- */

struct model {
	struct {
		bool queued;
		uint64_t at_us, order;
	} nodes[NODES];
	uint64_t last_order;
};

static void model_set(struct model *m, int i, uint64_t at_us)
{
	if (m->nodes[i].queued && m->nodes[i].at_us <= at_us)
		return;
	m->nodes[i].queued = true;
	m->nodes[i].at_us = at_us;
	if (m->nodes[i].order == 0)
		m->nodes[i].order = ++m->last_order;
}

static void model_move(struct model *m, int i, uint64_t at_us)
{
	m->nodes[i].queued = false;
	model_set(m, i, at_us);
}

static int model_first(const struct model *m)
{
	int first = -1;

	for (int i = 0; i < NODES; i++) {
		if (!m->nodes[i].queued)
			continue;
		if (first < 0 || m->nodes[i].at_us < m->nodes[first].at_us ||
			(m->nodes[i].at_us == m->nodes[first].at_us &&
				m->nodes[i].order < m->nodes[first].order))
			first = i;
	}
	return first;
}

static void pop_and_compare(struct fixture *f, struct model *m, uint64_t now)
{
	int first = model_first(m);
	struct deadline_node *due = deadline_queue_first_due(&f->queue, now);
	struct deadline_node *node = deadline_queue_pop_due(&f->queue, now);

	assert_ptr_equal(due, node);
	if (first < 0 || m->nodes[first].at_us > now) {
		assert_null(node);
		return;
	}
	assert_ptr_equal(node, &f->nodes[first]);
	assert_true(node->at_us == m->nodes[first].at_us);
	m->nodes[first].queued = false;
}

static void any_sequence_of_operations_agrees_with_the_model(void **state)
{
	struct fixture *f = *state;
	static struct model m;
	uint64_t seed = 42, now = 1;

	for (int n = 0; n < OPERATIONS; n++) {
		uint64_t random = test_random(&seed);
		int i = (int)((random >> 8) % NODES), first;

		uint64_t at = now + (random >> 40) % 300;

		if (random % 8 < 3) {
			deadline_queue_set(&f->queue, &f->nodes[i], at);
			model_set(&m, i, at);
		} else if (random % 8 < 4) {
			deadline_queue_move(&f->queue, &f->nodes[i], at);
			model_move(&m, i, at);
		} else if (random % 8 < 5) {
			deadline_queue_remove(&f->queue, &f->nodes[i]);
			m.nodes[i].queued = false;
		} else {
			now += (random >> 32) % 4;
			pop_and_compare(f, &m, now);
		}
		first = model_first(&m);
		assert_true(deadline_queue_earliest(&f->queue) ==
			    (first < 0 ? UINT64_MAX : m.nodes[first].at_us));
		deadline_queue_check(&f->queue);
	}
	print_message("%d operations\n", OPERATIONS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_queue_has_nothing_due_ever),
		TEST(a_node_is_due_at_its_moment_and_not_before),
		TEST(equal_moments_come_in_the_order_of_insertion),
		TEST(a_later_moment_costs_nothing_and_an_earlier_one_counts),
		TEST(removing_a_node_that_is_not_in_does_nothing),
		TEST(without_memory_reserve_fails_and_the_queue_lives_on),
		TEST(any_sequence_of_operations_agrees_with_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
