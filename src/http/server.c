/* SPDX-License-Identifier: BSD-3-Clause */
/* The server: all connections, one queue of deadlines with at most one libevent
 * timer for it, the date, and the orderly stop. Input: streams to serve and the
 * passing of time; what happens on a connection is http/connection.c's. */
#include "http/server.h"

#include "http/connection.h"
#include "http/date.h"
#include "http/state.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>

#define US_PER_SECOND 1000000u
#define TIMERS_IN_ONE_CALL 256

/* ---- time ---------------------------------------------------------------- */

uint64_t http_server_wall(struct http_server *server)
{
	const struct evtcp_world *world = server->config.world;

	_Static_assert(sizeof(server->date) >= HTTP_DATE_TEXT, "a date fits");
	if (server->now_us >= server->date_until_us) {
		uint64_t wall_us = world->wall_us(world->arg);

		server->date_s = wall_us / US_PER_SECOND;
		http_date_format(server->date_s, server->date);
		server->date_until_us = server->now_us + US_PER_SECOND - wall_us % US_PER_SECOND;
	}
	return server->date_s;
}

const char *http_server_date(struct http_server *server)
{
	(void)http_server_wall(server);
	return server->date;
}

uint64_t http_server_ceiling(const struct http_limits *limits)
{
	uint64_t each = sizeof(struct http_connection) + sizeof(struct http_exchange) +
			HTTP_STREAM_MOST + limits->output;

	if (limits->connections == 0 || each > UINT64_MAX / limits->connections)
		return UINT64_MAX;
	return limits->connections * each;
}

void http_server_count_status(struct http_server *server, int status)
{
	assert(status >= 200 && status <= 599 && "a response has a final status");
	server->counters.statuses[status / 100]++;
}

/* 1 when the program is to be told that no connection is left. */
static int server_has_drained(const struct http_server *server)
{
	return server->draining && server->connections == NULL && server->drained != NULL;
}

uint64_t http_server_next_deadline(const struct http_server *server)
{
	const struct http_deadline *first = http_deadlines_first(&server->deadlines);

	if (server_has_drained(server))
		return 0;
	return first ? first->at_us : UINT64_MAX;
}

void http_server_arm(struct http_server *server)
{
	const struct evtcp_world *world = server->config.world;
	uint64_t at_us = http_server_next_deadline(server), now_us;
	struct timeval delay = {0};

	/* An event that fires too early costs one look, so it is never put off. */
	if (server->event == NULL || at_us >= server->armed_at_us)
		return;
	now_us = world->now_us(world->arg);
	if (at_us > now_us) {
		delay.tv_sec = (time_t)((at_us - now_us) / US_PER_SECOND);
		delay.tv_usec = (suseconds_t)((at_us - now_us) % US_PER_SECOND);
	}
	server->armed_at_us = at_us;
	if (event_add(server->event, &delay) < 0) {
		/* No memory in libevent's heap of timers: a turn that does nothing, and
		 * then another try, is better than a deadline that is lost. */
		server->armed_at_us = 0;
		event_active(server->event, EV_TIMEOUT, 0);
	}
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *server = arg;

	(void)fd;
	(void)what;
	server->armed_at_us = UINT64_MAX;
	http_server_run_timers(server);
}

/* The limit `drain` is reached: what is left is aborted. */
static void server_drain_over(struct http_server *server)
{
	http_deadlines_move(&server->deadlines, &server->drain_deadline, UINT64_MAX);
	while (server->connections) {
		server->counters.timed_out[HTTP_TIME_LIMIT_DRAIN]++;
		http_connection_abort(server->connections);
	}
}

void http_server_run_timers(struct http_server *server)
{
	const struct evtcp_world *world = server->config.world;

	server->now_us = world->now_us(world->arg);
	for (int i = 0; i < TIMERS_IN_ONE_CALL; i++) {
		struct http_deadline *first = http_deadlines_first(&server->deadlines);
		struct http_connection *conn = (struct http_connection *)first;
		int touched;

		if (first == NULL || first->at_us > server->now_us)
			break;
		if (first == &server->drain_deadline) {
			server_drain_over(server);
			continue;
		}
		/* It tells its next one when it is left; until then it has none. */
		touched = first->at_us == 0;
		http_deadlines_move(&server->deadlines, first, UINT64_MAX);
		if (touched || !http_connection_glance(conn))
			http_connection_on_deadline(conn);
	}
	if (server_has_drained(server)) {
		void (*drained)(void *arg) = server->drained;

		server->drained = NULL;
		drained(server->drained_arg);
	}
	http_server_arm(server);
}

/* ---- life ------------------------------------------------------------------ */

struct http_server *http_server_new(const struct http_server_config *config)
{
	const struct evtcp_world *world = config->world;
	struct http_server *server = world->alloc(world->arg, sizeof(*server));

	if (server == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	*server = (struct http_server){.config = *config, .armed_at_us = UINT64_MAX};
	http_deadlines_init(&server->deadlines);
	server->scratch = evbuffer_new();
	if (config->base)
		server->event = event_new(config->base, -1, 0, on_event, server);
	server->drain_deadline.at_us = UINT64_MAX;
	if (http_deadlines_add(&server->deadlines, &server->drain_deadline, world) < 0 ||
		server->scratch == NULL || (config->base && server->event == NULL) ||
		http_request_init(&server->request, &config->limits, world) < 0) {
		http_server_free(server);
		errno = ENOMEM;
		return NULL;
	}
	return server;
}

void http_server_free(struct http_server *server)
{
	const struct evtcp_world *world;

	if (server == NULL)
		return;
	world = server->config.world;
	while (server->connections)
		http_connection_abort(server->connections);
	if (server->event)
		event_free(server->event);
	if (server->scratch)
		evbuffer_free(server->scratch);
	http_deadlines_free(&server->deadlines, world);
	http_request_free(&server->request, world);
	world->free(world->arg, server);
}

void http_server_accept(struct http_server *server, struct http_stream *stream, uint64_t now_us)
{
	if (server->draining) {
		stream->ops->free(stream);
	} else if (http_connection_new(server, stream, now_us) < 0) {
		server->counters.refused[HTTP_REFUSAL_NO_MEMORY]++;
		stream->ops->abort(stream);
	}
}

void http_server_drain(struct http_server *server, void (*cb)(void *arg), void *arg)
{
	const struct evtcp_world *world = server->config.world;
	uint64_t now_us = world->now_us(world->arg);

	if (server->draining)
		return;
	server->draining = 1;
	server->drained = cb;
	server->drained_arg = arg;
	if (server->config.limits.drain_us)
		http_deadlines_move(&server->deadlines, &server->drain_deadline,
			now_us + server->config.limits.drain_us);
	/* Each sees for itself, from the timer: this may be the call of a handler. */
	for (struct http_connection *conn = server->connections; conn; conn = conn->next)
		http_connection_touch(conn);
	http_server_arm(server);
}

const struct http_server_counters *http_server_get_counters(const struct http_server *server)
{
	return &server->counters;
}
