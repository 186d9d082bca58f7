/* SPDX-License-Identifier: BSD-3-Clause */

/* Evbuffers that are kept for the next: those that were given come back, the last one first, and
 * no more are kept than there is room for. */

#include "tcp/spare_buffers.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static void the_last_that_was_given_is_taken_first(void **state)
{
	struct spare_buffers spare = {0};
	struct evbuffer *first = spare_buffers_take(&spare), *second = spare_buffers_take(&spare);

	(void)state;
	assert_non_null(first);
	assert_non_null(second);
	spare_buffers_give(&spare, first);
	spare_buffers_give(&spare, second);
	assert_ptr_equal(spare_buffers_take(&spare), second);
	assert_ptr_equal(spare_buffers_take(&spare), first);
	assert_int_equal(spare.n, 0);
	evbuffer_free(first);
	evbuffer_free(second);
}

static void no_more_are_kept_than_there_is_room_for(void **state)
{
	struct evbuffer *taken[SPARE_BUFFERS_MAX + 2];
	struct spare_buffers spare = {0};

	(void)state;
	for (int i = 0; i < SPARE_BUFFERS_MAX + 2; i++)
		taken[i] = spare_buffers_take(&spare);
	for (int i = 0; i < SPARE_BUFFERS_MAX + 2; i++)
		spare_buffers_give(&spare, taken[i]); /* two of them are freed, or they leak */
	assert_int_equal(spare.n, SPARE_BUFFERS_MAX);
	spare_buffers_free(&spare);
	assert_int_equal(spare.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_that_was_given_is_taken_first),
		cmocka_unit_test(no_more_are_kept_than_there_is_room_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
