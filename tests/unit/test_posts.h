/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_POSTS_H
#define TEST_POSTS_H

/* Workers that are not there, and what is posted to them: it waits until the test runs it,
 * whichever thread that were. For one file of a program: it takes the place of the library's
 * functions. */

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <evtcp/group.h>
#include <string.h>

enum { WORKERS = 3, HOME = 1 };

/* Their stacks are told apart by their addresses. */
static char stacks[WORKERS];

static struct evtcp_stack *stack_at(unsigned i)
{
	return (struct evtcp_stack *)(void *)&stacks[i];
}

int evtcp_group_get_index(const struct evtcp_stack *stack)
{
	return (int)((const char *)(const void *)stack - stacks);
}

struct post {
	unsigned to;
	void (*cb)(struct evtcp_stack *stack, void *arg);
	void *arg;
};

static struct post posts[16];
static unsigned n_posts;
static int refuses; /* no post is taken */

int evtcp_group_post(struct evtcp_group *group, unsigned index,
	void (*cb)(struct evtcp_stack *stack, void *arg), void *arg)
{
	assert_non_null(group);
	assert_true(n_posts < sizeof(posts) / sizeof(posts[0]));
	if (refuses) {
		errno = EAGAIN;
		return -1;
	}
	posts[n_posts++] = (struct post){index, cb, arg};
	return 0;
}

/* Runs the oldest post for worker `to`, in vain or not; fails if there is none. */
static void run_post(unsigned to, int in_vain)
{
	struct post post;
	unsigned i = 0;

	while (i < n_posts && posts[i].to != to)
		i++;
	assert_true(i < n_posts);
	post = posts[i];
	memmove(posts + i, posts + i + 1, (--n_posts - i) * sizeof(post));
	post.cb(in_vain ? NULL : stack_at(to), post.arg);
}

#endif
