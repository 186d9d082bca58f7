/* SPDX-License-Identifier: BSD-3-Clause */
/* Leads a connection from request to request. Input are the events of its stream and
 * its deadline; each of them enters, goes on as far as bytes, room and handler
 * allow, and leaves. One request is answered at a time, the next is not looked at
 * before; what the client sent ahead stays in the input and closes its window.
 * Time limits are http/timeouts.c's, ends http/closing.c's. */
#include "http/connection.h"

#include "http/closing.h"
#include "http/crowd.h"
#include "http/exchange_life.h"
#include "http/faults.h"
#include "http/reply.h"
#include "http/timeouts.h"

#include <event2/buffer.h>

void http_connection_set_phase(struct http_connection *conn, enum http_phase phase)
{
	http_crowd_move(conn, phase);
	conn->phase = phase;
	conn->since_us = conn->server->now_us;
}

/* ---- a request ----------------------------------------------------------- */

/* The head at the start of the input is whole: hands it to the handler. */
static void connection_begin(struct http_connection *conn, struct http_text head)
{
	struct http_exchange *x = http_exchange_new(conn);
	enum http_refusal refusal;

	conn->exchange = x;
	if (x == NULL) {
		http_closing_refuse(conn, HTTP_REFUSAL_NO_MEMORY);
		return;
	}
	http_connection_set_phase(conn, HTTP_PHASE_EXCHANGE);
	refusal = http_exchange_parse(x, head);
	if (refusal) {
		http_closing_refuse(conn, refusal);
		return;
	}
	conn->requests++;
	http_exchange_handle(x);
	evbuffer_drain(conn->stream->input, head.len);
	http_head_init(&conn->head);
	if (!x->begun && x->ops->body && http_exchange_is_too_long(x))
		http_closing_refuse(conn, HTTP_REFUSAL_BODY_LONG);
}

/* 1 while so many answers wait to be sent that no further request is read. */
static int connection_is_blocked(struct http_connection *conn)
{
	const struct http_limits *limits = &conn->server->config.limits;
	size_t output = evbuffer_get_length(conn->stream->output);

	if (output == 0)
		conn->waiting = 0;
	return output >= limits->output || conn->waiting >= limits->pipelined;
}

/* 1 when it has to be closed for others, which is counted. */
static int connection_gives_way(struct http_connection *conn)
{
	int must_go = http_crowd_must_go(conn);

	conn->server->counters.made_room += must_go != 0;
	return must_go;
}

/* Looks for the next request. 1: something was done. */
static int connection_next(struct http_connection *conn)
{
	struct evbuffer *input = conn->stream->input;
	enum http_refusal refusal;
	struct http_text head;

	if (connection_is_blocked(conn)) {
		if (conn->phase != HTTP_PHASE_BLOCKED)
			http_connection_set_phase(conn, HTTP_PHASE_BLOCKED);
		return 0;
	}
	if (evbuffer_get_length(input) == 0) {
		/* In phase HEAD it was an empty line, which does not count. */
		if (conn->phase == HTTP_PHASE_BLOCKED || conn->phase == HTTP_PHASE_HEAD)
			http_connection_set_phase(conn, HTTP_PHASE_IDLE);
		if (!conn->eof && !conn->server->draining && !connection_gives_way(conn))
			return 0;
		http_closing_begin(conn);
		return 1;
	}
	refusal = http_head_read(&conn->head, input, &conn->server->config.limits, &head);
	if (!refusal && head.len > 0) {
		connection_begin(conn, head);
		return 1;
	}
	if (conn->phase != HTTP_PHASE_HEAD)
		http_connection_set_phase(conn, HTTP_PHASE_HEAD);
	if (!refusal && evbuffer_get_length(input) > 0) {
		if (!conn->eof)
			return 0;
		refusal = HTTP_REFUSAL_ENDED_EARLY;
	}
	if (refusal)
		http_closing_refuse(conn, refusal);
	return 1;
}

/* ---- an exchange ----------------------------------------------------------- */

static size_t connection_room(const struct http_connection *conn)
{
	uint64_t most = conn->server->config.limits.output;
	size_t output = evbuffer_get_length(conn->stream->output);

	if (conn->exchange)
		output += http_faults_waiting(conn->exchange);
	return output < most ? (size_t)(most - output) : 0;
}

/* Tells the time limits that the body went on, or could not for our sake. */
static void connection_body_timed(struct http_exchange *x, int moved, int blocked)
{
	uint64_t now = x->connection->server->now_us;

	if (moved || blocked || x->body_blocked)
		x->body_at_us = now;
	if (blocked || x->body_blocked) {
		x->rate_at_us = now;
		x->rate_total = x->body.total;
	}
	x->body_blocked = blocked & 1u;
}

/* Hands body data to whoever reads it, and drops the rest. */
static void connection_body_give(struct http_exchange *x, struct evbuffer *data)
{
	if (evbuffer_get_length(data) > 0 && x->ops->body)
		x->ops->body(x, data);
	evbuffer_drain(data, evbuffer_get_length(data));
}

/* All of the body was read. 1: that is news. */
static int connection_body_end(struct http_exchange *x)
{
	if (x->body_told)
		return 0;
	x->body_told = 1;
	if (x->ops->body_end)
		x->ops->body_end(x);
	return 1;
}

/* Reads the body as far as it has come and there is room. 1: something was done. */
static int connection_body(struct http_connection *conn)
{
	const struct http_limits *limits = &conn->server->config.limits;
	struct evbuffer *input = conn->stream->input, *data = conn->server->scratch;
	struct http_exchange *x = conn->exchange;
	size_t before = evbuffer_get_length(input);
	size_t room = x->ops->body ? connection_room(conn) : (size_t)limits->output;
	enum http_refusal refusal;
	int moved;

	refusal = http_body_read(&x->body, input, data, room, limits);
	moved = evbuffer_get_length(input) < before;
	connection_body_timed(x, moved, room == 0);
	connection_body_give(x, data);
	if (!refusal && !moved && conn->eof && room > 0)
		refusal = HTTP_REFUSAL_ENDED_EARLY;
	if (refusal)
		http_closing_refuse(conn, refusal);
	return moved || refusal;
}

/* Asks for the reply's body as long as there is room. 1: something was done. */
static int connection_reply(struct http_connection *conn)
{
	struct evbuffer *data = conn->server->scratch;
	struct http_exchange *x = conn->exchange;
	int moved = 0;

	while (x->begun && !x->ended && !x->failed && x->ops->room && connection_room(conn) > 0) {
		size_t room = connection_room(conn), added;

		x->in_room = 1;
		x->ops->room(x, data, room);
		x->in_room = 0;
		added = evbuffer_get_length(data);
		http_reply_write(x, data);
		if (x->end_asked)
			http_reply_end(x);
		else if (added == 0)
			break;
		moved = 1;
	}
	return moved;
}

/* The reply has ended: with the whole request read, or never to be read. */
static void connection_end_exchange(struct http_connection *conn)
{
	struct http_exchange *x = conn->exchange;
	int keep_alive = x->keep_alive;

	conn->server->counters.replies++;
	conn->exchange = NULL;
	http_exchange_free(x);
	conn->waiting++;
	if (keep_alive)
		http_connection_set_phase(conn, HTTP_PHASE_IDLE);
	else
		http_closing_begin(conn);
}

/* Goes on with the exchange at hand. 1: something was done. */
static int connection_exchange(struct http_connection *conn)
{
	struct http_exchange *x = conn->exchange;
	int moved =
		x->body.state == HTTP_BODY_DONE ? connection_body_end(x) : connection_body(conn);

	if (conn->over || conn->phase != HTTP_PHASE_EXCHANGE)
		return 1;
	moved |= connection_reply(conn);
	if (x->failed) {
		http_closing_abort(conn);
		return 0;
	}
	if (!x->ended || http_faults_waiting(x) > 0 || (x->keep_alive && !x->body_told))
		return moved;
	connection_end_exchange(conn);
	return 1;
}

/* ---- entering and leaving -------------------------------------------------- */

static void connection_advance(struct http_connection *conn)
{
	int moved = 1;

	while (moved && !conn->over && !conn->dead) {
		if (conn->phase == HTTP_PHASE_EXCHANGE)
			moved = connection_exchange(conn);
		else if (conn->phase == HTTP_PHASE_CLOSING)
			moved = http_closing_drop(conn);
		else
			moved = connection_next(conn);
	}
}

/* Without memory to go on with it is given up; who only leaves does not look at it. */
int http_connection_wake(struct http_connection *conn)
{
	struct http_stream *stream = conn->stream;

	if (conn->over) /* it was given up already */
		return -1;
	if (!stream->ops->wake || stream->ops->wake(stream) == 0)
		return 0;
	http_closing_abort(conn);
	return -1;
}

struct evbuffer *http_connection_output(struct http_connection *conn)
{
	if (!conn->busy && http_connection_wake(conn) < 0)
		return NULL;
	return conn->stream->output;
}

/* Somebody is at work on it from this moment on. What a burst brings may have happened a little
 * before a timer that has run meanwhile; the server's time does not go back. */
static void connection_work(struct http_connection *conn, uint64_t now_us)
{
	conn->busy = 1;
	if (now_us > conn->server->now_us)
		conn->server->now_us = now_us;
}

static void connection_enter(struct http_connection *conn, uint64_t now_us)
{
	connection_work(conn, now_us);
	if (conn->phase != HTTP_PHASE_CLOSING) /* which mostly needs no buffers any more */
		(void)http_connection_wake(conn);
}

static void connection_destroy(struct http_connection *conn)
{
	struct http_server *server = conn->server;
	const struct evtcp_world *world = server->config.world;

	if (conn->exchange)
		http_exchange_free(conn->exchange);
	if (conn->over == HTTP_OVER_ABORT)
		conn->stream->ops->abort(conn->stream);
	else
		conn->stream->ops->free(conn->stream);
	http_crowd_leave(conn);
	http_deadlines_remove(&server->deadlines, &conn->deadline);
	if (conn->previous)
		conn->previous->next = conn->next;
	else
		server->connections = conn->next;
	if (conn->next)
		conn->next->previous = conn->previous;
	server->counters.connections--;
	world->free(world->arg, conn);
}

/* Waits for the next event. */
static void connection_wait(struct http_connection *conn)
{
	uint64_t at_us = http_timeouts_next(conn);

	conn->busy = 0;
	if (at_us >= conn->deadline.at_us)
		return; /* it is looked at by then, and tells the next one */
	http_deadlines_move(&conn->server->deadlines, &conn->deadline, at_us);
	http_server_arm(conn->server);
}

/* Goes as far as possible, then waits, or is over. */
static void connection_leave(struct http_connection *conn)
{
	struct http_server *server = conn->server;

	connection_advance(conn);
	if (conn->over || conn->dead) {
		connection_destroy(conn);
		http_server_arm(server); /* it may have been the last one */
	} else {
		connection_wait(conn);
	}
}

void http_connection_touch(struct http_connection *conn)
{
	if (conn->busy)
		return;
	http_deadlines_move(&conn->server->deadlines, &conn->deadline, 0);
	http_server_arm(conn->server);
}

/* ---- events ------------------------------------------------------------------ */

static void on_readable(void *arg, uint64_t now_us)
{
	connection_enter(arg, now_us);
	connection_leave(arg);
}

/* Who waits for a request does not wait for room: an answer that has left is no news. */
static void on_writable(void *arg, uint64_t now_us)
{
	struct http_connection *conn = arg;

	if (conn->phase == HTTP_PHASE_EXCHANGE || conn->phase == HTTP_PHASE_BLOCKED ||
		conn->phase == HTTP_PHASE_CLOSING) {
		connection_enter(conn, now_us);
		connection_leave(conn);
	}
}

static void on_ended(void *arg, int error, uint64_t now_us)
{
	struct http_connection *conn = arg;

	connection_enter(conn, now_us);
	conn->eof = 1;
	if (error) {
		conn->dead = 1;
		conn->server->counters.lost++;
	}
	connection_leave(conn);
}

static const struct http_stream_events connection_events = {
	.readable = on_readable,
	.writable = on_writable,
	.ended = on_ended,
};

void http_connection_on_deadline(struct http_connection *conn)
{
	connection_enter(conn, conn->server->now_us);
	if (!conn->over)
		http_timeouts_run(conn);
	connection_leave(conn);
}

int http_connection_glance(struct http_connection *conn)
{
	uint64_t at_us = http_timeouts_glance(conn);

	if (at_us == 0)
		return 0;
	http_deadlines_move(&conn->server->deadlines, &conn->deadline, at_us);
	return 1;
}

void http_connection_abort(struct http_connection *conn)
{
	conn->busy = 1;
	http_closing_abort(conn);
	connection_destroy(conn);
}

int http_connection_new(struct http_server *server, struct http_stream *stream, uint64_t now_us)
{
	const struct evtcp_world *world = server->config.world;
	struct http_connection *conn = world->alloc(world->arg, sizeof(*conn));

	if (conn == NULL)
		return -1;
	*conn = (struct http_connection){
		.deadline = {.at_us = UINT64_MAX}, .server = server, .stream = stream};
	if (http_deadlines_add(&server->deadlines, &conn->deadline, world) < 0) {
		world->free(world->arg, conn);
		return -1;
	}
	conn->next = server->connections;
	if (conn->next)
		conn->next->previous = conn;
	server->connections = conn;
	server->counters.connections++;
	server->counters.accepted++;
	http_crowd_relieve(server);
	stream->events = &connection_events;
	stream->arg = conn;
	/* What has come before this is told of as an event, so that nothing is asked for now. */
	connection_work(conn, now_us);
	http_connection_set_phase(conn, HTTP_PHASE_FRESH);
	stream->ops->start(stream);
	connection_wait(conn);
	return 0;
}
