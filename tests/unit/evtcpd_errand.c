/* SPDX-License-Identifier: BSD-3-Clause */

/* Errands of three workers: each acts once, in its own time; who cannot be asked at once is asked
 * again; nobody is told of the end before all have acted, or after it was cancelled; and nothing is
 * leaked, whoever is last. What is posted waits until the test runs it. */

#include "evtcpd/errand.h"

#include <errno.h>
#include <event2/event.h>
#include <evtcp/group.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { WORKERS = 3, POSTS = 8 };

static struct worker all[WORKERS];
static unsigned count = WORKERS;

unsigned workers_count(const struct workers *workers)
{
	(void)workers;
	return count;
}

struct worker *workers_at(struct workers *workers, unsigned i)
{
	(void)workers;
	return &all[i];
}

struct evtcp_group *workers_group(const struct workers *workers)
{
	(void)workers;
	return NULL;
}

/* ---- posts ------------------------------------------------------------------------------ */

static struct post {
	unsigned to;
	void (*cb)(struct evtcp_stack *stack, void *arg);
	void *arg;
} posts[POSTS];
static unsigned n_posts;
static int refuses;

int evtcp_group_post(struct evtcp_group *group, unsigned index,
	void (*cb)(struct evtcp_stack *stack, void *arg), void *arg)
{
	(void)group;
	if (refuses) {
		errno = EAGAIN;
		return -1;
	}
	assert_in_range(n_posts, 0, POSTS - 1);
	posts[n_posts++] = (struct post){index, cb, arg};
	return 0;
}

/* Runs the oldest post, for a stack that is there or has left; or all. */
static void run_post(int in_vain)
{
	static char stack;
	struct post post = posts[0];

	memmove(posts, posts + 1, --n_posts * sizeof(posts[0]));
	post.cb(in_vain ? NULL : (struct evtcp_stack *)(void *)&stack, post.arg);
}

static void run_posts(int in_vain)
{
	while (n_posts > 0)
		run_post(in_vain);
}

/* ---- the order -------------------------------------------------------------------------- */

static char done[64];

static void act(struct worker *worker, const void *value)
{
	size_t len = strlen(done);

	assert_string_equal(value, "value");
	done[len] = (char)('0' + worker->index);
	done[len + 1] = '\0';
}

static void over(void *arg)
{
	strcat(done, arg);
}

static struct errand *begin(void)
{
	char value[] = "value"; /* gone when this returns */
	const struct errand_order order = {.act = act,
		.value = value,
		.len = sizeof(value),
		.over = over,
		.arg = (void *)(uintptr_t) " over"};
	struct errand *errand;

	assert_int_equal(errand_begin(&errand, NULL, &order), 0);
	memset(value, 'x', sizeof(value));
	return errand;
}

/* The loop, for as long as it takes its timer to come a few times. */
static void wait_for_loop(void)
{
	static const struct timeval span = {0, 20000};

	event_base_loopexit(all[0].parts.base, &span);
	event_base_dispatch(all[0].parts.base);
}

static int setup(void **state)
{
	(void)state;
	memset(all, 0, sizeof(all));
	for (unsigned i = 0; i < WORKERS; i++)
		all[i].index = i;
	all[0].parts.base = event_base_new();
	done[0] = '\0';
	refuses = 0;
	count = WORKERS;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(n_posts, 0);
	event_base_free(all[0].parts.base);
	return 0;
}

/* ---- tests ------------------------------------------------------------------------------ */

static void one_worker_alone_is_done_at_once(void **state)
{
	(void)state;
	count = 1;
	assert_null(begin());
	assert_string_equal(done, "0 over");
}

static void it_is_over_when_all_have_acted(void **state)
{
	(void)state;
	assert_non_null(begin());
	assert_string_equal(done, "0");
	wait_for_loop();
	assert_string_equal(done, "0");
	run_post(0);
	wait_for_loop();
	assert_string_equal(done, "01");
	run_post(0);
	wait_for_loop();
	assert_string_equal(done, "012 over");
}

static void who_takes_nothing_is_asked_again(void **state)
{
	(void)state;
	refuses = 1;
	assert_non_null(begin());
	wait_for_loop();
	assert_string_equal(done, "0");
	refuses = 0;
	wait_for_loop();
	assert_int_equal(n_posts, 2); /* each once */
	run_posts(0);
	wait_for_loop();
	assert_string_equal(done, "012 over");
}

static void who_has_left_does_not_act_and_is_not_waited_for(void **state)
{
	(void)state;
	assert_non_null(begin());
	run_posts(1);
	wait_for_loop();
	assert_string_equal(done, "0 over");
}

static void after_it_is_cancelled_nobody_is_told(void **state)
{
	struct errand *errand;

	(void)state;
	errand = begin();
	errand_cancel(errand);
	wait_for_loop();
	run_posts(0);
	assert_string_equal(done, "012");
	refuses = 1;
	done[0] = '\0';
	errand_cancel(begin());
	wait_for_loop();
	assert_string_equal(done, "0");
	errand_cancel(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_worker_alone_is_done_at_once),
		TEST(it_is_over_when_all_have_acted),
		TEST(who_takes_nothing_is_asked_again),
		TEST(who_has_left_does_not_act_and_is_not_waited_for),
		TEST(after_it_is_cancelled_nobody_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
