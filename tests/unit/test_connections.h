/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_CONNECTIONS_H
#define TEST_CONNECTIONS_H

/* Connections that are not there, for tests of pages that list them: each stack has so many. For
 * one file of a program: these take the place of the library's functions. */

#include <evtcp/conn.h>

static unsigned n_connections = 2;

int evtcp_stack_foreach_conn(
	struct evtcp_stack *stack, int (*fn)(const struct evtcp_conn *conn, void *arg), void *arg)
{
	int result = 0;

	(void)stack;
	for (unsigned i = 0; i < n_connections && result == 0; i++)
		result = fn(NULL, arg);
	return result;
}

enum evtcp_state evtcp_conn_get_state(const struct evtcp_conn *conn)
{
	(void)conn;
	return EVTCP_ESTABLISHED;
}

void evtcp_stack_get_rtts(const struct evtcp_stack *stack, struct evtcp_rtt_histogram *rtts)
{
	(void)stack;
	*rtts = (struct evtcp_rtt_histogram){.counts[1] = 1, .sum_us = 20};
}

int evtcp_stack_find_conn(
	struct evtcp_stack *stack, const struct evtcp_tuple *tuple, struct evtcp_conn_info *info)
{
	(void)stack;
	evtcp_conn_get_info(NULL, info);
	info->tuple = *tuple;
	return 0;
}

/* It has the system's clock, and no loop. */
const struct evtcp_world *evtcp_stack_get_world(const struct evtcp_stack *stack)
{
	(void)stack;
	return evtcp_world_system();
}

struct event_base *evtcp_stack_get_base(const struct evtcp_stack *stack)
{
	(void)stack;
	return NULL;
}

#endif
