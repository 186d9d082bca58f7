/* SPDX-License-Identifier: BSD-3-Clause */

/* The list: first in, first out, and out from anywhere. */

#include "util/list.h"

#include <stdint.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

struct item {
	int number;
	struct list_node node;
};

static void nodes_come_out_in_the_order_they_went_in(void **state)
{
	struct item items[3] = {{0, {0}}, {1, {0}}, {2, {0}}};
	struct list list;

	(void)state;
	list_init(&list);
	for (int i = 0; i < 3; i++)
		list_push(&list, &items[i].node);
	for (int i = 0; i < 3; i++)
		assert_int_equal(container_of(list_pop(&list), struct item, node)->number, i);
	assert_true(list_is_empty(&list));
	assert_null(list_pop(&list));
	assert_null(list_first(&list));
}

static void a_node_leaves_from_the_middle_and_may_return(void **state)
{
	struct item items[3] = {{0, {0}}, {1, {0}}, {2, {0}}};
	struct list list;

	(void)state;
	list_init(&list);
	for (int i = 0; i < 3; i++)
		list_push(&list, &items[i].node);
	list_remove(&items[1].node);
	assert_false(list_node_is_in(&items[1].node));
	list_remove(&items[1].node); /* not in: nothing happens */
	list_push(&list, &items[1].node);
	assert_ptr_equal(list_pop(&list), &items[0].node);
	assert_ptr_equal(list_pop(&list), &items[2].node);
	assert_ptr_equal(list_pop(&list), &items[1].node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_come_out_in_the_order_they_went_in),
		cmocka_unit_test(a_node_leaves_from_the_middle_and_may_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
