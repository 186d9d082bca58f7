/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_LIVE_H
#define TEST_LIVE_H

/* What tests of the live page stand on: the rig of the HTTP server, and stacks, connections and
 * posts between workers that are not there (test_posts.h). */

#include "evtcpd/live/reader.h"
#include "evtcpd/pages.h"
#include "http_rig.h"
#include "test_posts.h"

#include <event2/buffer.h>
#include <evtcp/conn.h>
#include <stdio.h>
#include <stdlib.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define WATCH GET("/_/events?conn=10.0.0.9:5000")

enum { CONNECTIONS = 200 };

/* ---- stacks that are not there ----------------------------------------------------- */

static struct evtcp_conn_info connections[WORKERS][CONNECTIONS];
static unsigned n_connections[WORKERS];
static struct rig *world_of; /* whose clock all have */

void evtcp_stack_get_usage(const struct evtcp_stack *stack, struct evtcp_stack_usage *usage)
{
	*usage = (struct evtcp_stack_usage){
		.connections = n_connections[evtcp_group_get_index(stack)], .time_wait = 2};
}

uint64_t evtcp_stack_get_counter(const struct evtcp_stack *stack, enum evtcp_cause cause)
{
	(void)stack, (void)cause;
	return 0;
}

const struct evtcp_world *evtcp_stack_get_world(const struct evtcp_stack *stack)
{
	(void)stack;
	return &world_of->world;
}

enum evtcp_state evtcp_conn_get_state(const struct evtcp_conn *conn)
{
	(void)conn;
	return EVTCP_ESTABLISHED;
}

void evtcp_stack_get_rtts(const struct evtcp_stack *stack, struct evtcp_rtt_histogram *rtts)
{
	(void)stack;
	*rtts = (struct evtcp_rtt_histogram){0};
}

struct event_base *evtcp_stack_get_base(const struct evtcp_stack *stack)
{
	(void)stack;
	return NULL;
}

void evtcp_conn_get_info(const struct evtcp_conn *conn, struct evtcp_conn_info *info)
{
	*info = *(const struct evtcp_conn_info *)(const void *)conn;
}

int evtcp_stack_foreach_conn(
	struct evtcp_stack *stack, int (*fn)(const struct evtcp_conn *conn, void *arg), void *arg)
{
	int at = evtcp_group_get_index(stack), result = 0;

	for (unsigned i = 0; i < n_connections[at] && result == 0; i++)
		result = fn((const struct evtcp_conn *)(const void *)&connections[at][i], arg);
	return result;
}

int evtcp_stack_find_conn(
	struct evtcp_stack *stack, const struct evtcp_tuple *tuple, struct evtcp_conn_info *info)
{
	int at = evtcp_group_get_index(stack);

	for (unsigned i = 0; i < n_connections[at]; i++) {
		*info = connections[at][i];
		if (memcmp(&info->tuple, tuple, sizeof(*tuple)) == 0)
			return 0;
	}
	return -1;
}

/* ---- the rig ----------------------------------------------------------------------------- */

static struct pages_host hosts[WORKERS];
static struct source sources[WORKERS];
static struct evtcp_sink sinks[WORKERS]; /* who listens to each stack */

static void set_sink(void *arg, const struct evtcp_sink *sink)
{
	*(struct evtcp_sink *)arg = sink != NULL ? *sink : (struct evtcp_sink){0};
}

static struct evtcp_endpoint endpoint(unsigned last, uint16_t port)
{
	return (struct evtcp_endpoint){
		.addr = {{[10] = 0xff, 0xff, 10, 0, 0, (uint8_t)last}}, .port = port};
}

static struct evtcp_conn_info *add_connection(unsigned worker, unsigned last, uint16_t port)
{
	struct evtcp_conn_info *info = &connections[worker][n_connections[worker]++];

	*info = (struct evtcp_conn_info){.state = EVTCP_ESTABLISHED,
		.cc = "cubic",
		.cwnd = 14480,
		.snd_mss = 1448,
		.tuple = {.remote = endpoint(last, port)}};
	return info;
}

static void setup_hosts(struct rig *rig, unsigned n)
{
	static struct http_server_counters counters[WORKERS];
	static char group;

	for (unsigned i = 0; i < WORKERS; i++) {
		source_init(&sources[i], stack_at(i), set_sink, &sinks[i]);
		sinks[i] = (struct evtcp_sink){0};
		n_connections[i] = 0;
		hosts[i] = (struct pages_host){.stack = stack_at(i),
			.http = &counters[i],
			.live = &sources[i],
			.group = n > 1 ? (struct evtcp_group *)(void *)&group : NULL,
			.all = n > 1 ? hosts : NULL,
			.n = n > 1 ? n : 0,
			.place = n > 1 ? i : 0};
	}
	world_of = rig;
	n_posts = 0;
	refuses = 0;
}

static int setup_of(void **state, unsigned n)
{
	struct rig *rig = malloc(sizeof(*rig));

	rig_init(rig, pages_handle, &hosts[n > 1 ? HOME : 0]);
	rig_start(rig);
	setup_hosts(rig, n);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	while (n_posts != 0)
		run_post(posts[0].to, 1);
	rig_free(*state);
	for (unsigned i = 0; i < WORKERS; i++) {
		source_end(&sources[i]);
		assert_int_equal(sinks[i].kinds, 0);
		assert_int_equal(atomic_load(&sources[i].readers), 0);
	}
	free(*state);
	return 0;
}

/* An event of the connection that is watched. */
static void tell(unsigned worker, enum evtcp_cause cause, uint32_t seq)
{
	struct evtcp_event event = {.at_us = world_of->now_us,
		.kind = EVTCP_EVENT_SENT,
		.reason = {.cause = cause},
		.tuple = {.remote = endpoint(9, 5000)}};

	event.u.segment.seq = seq;
	event.u.segment.payload_len = 100;
	event.u.segment.flags = 0x10;
	assert_non_null(sinks[worker].event);
	sinks[worker].event(sinks[worker].arg, &event);
}

/* Everything that the client has been told since the last call, after so long. */
static const char *after(struct rig *rig, struct rig_client *client, uint64_t us)
{
	rig_forget(client);
	rig_pass(rig, us);
	rig_take_all(client);
	return rig_received(client);
}

static void assert_says(const char *text, const char *what)
{
	assert_non_null(text);
	assert_non_null(what);
	if (strstr(text, what) == NULL)
		fail_msg("'%s' does not say '%s'", text, what);
}

static void assert_silent_on(const char *text, const char *what)
{
	assert_non_null(text);
	assert_non_null(what);
	if (strstr(text, what) != NULL)
		fail_msg("'%s' says '%s'", text, what);
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

#endif
