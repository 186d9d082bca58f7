/* SPDX-License-Identifier: BSD-3-Clause */
/* The stream that HTTP runs on, implemented by a TCP connection. It translates
 * and holds nothing of its own: the buffers are the connection's, which rests while nothing
 * happens, and the callbacks go straight through. BEV_EVENT_* values become an errno or 0. It does
 * not decide anything: when to close is the server's business. */
#include "http/stream_conn.h"
#include "http/state.h"

#include <evtcp/conn.h>
#include <evtcp/stack.h>

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

struct http_stream_conn {
	struct http_stream stream; /* first */
	struct evtcp_conn *conn;
	const struct evtcp_world *world;
};

_Static_assert(
	sizeof(struct http_stream_conn) <= HTTP_STREAM_MOST, "as http_server_ceiling thinks");

/* A burst of packets has one moment. */
static uint64_t conn_now(const struct evtcp_conn *conn)
{
	return evtcp_stack_get_now(evtcp_conn_get_stack(conn));
}

static void on_readable(struct evtcp_conn *conn, void *arg)
{
	struct http_stream *stream = arg;

	stream->events->readable(stream->arg, conn_now(conn));
}

static void on_writable(struct evtcp_conn *conn, void *arg)
{
	struct http_stream *stream = arg;

	stream->events->writable(stream->arg, conn_now(conn));
}

static void on_event(struct evtcp_conn *conn, short what, void *arg)
{
	struct http_stream *stream = arg;

	if (what & BEV_EVENT_ERROR) {
		int error = evtcp_conn_get_error(conn);

		stream->events->ended(stream->arg, error ? error : ECONNRESET, conn_now(conn));
	} else if (what & BEV_EVENT_EOF) {
		stream->events->ended(stream->arg, 0, conn_now(conn));
	}
}

static int conn_wake(struct http_stream *stream)
{
	struct http_stream_conn *self = (struct http_stream_conn *)stream;

	stream->input = evtcp_conn_get_input(self->conn);
	stream->output = evtcp_conn_get_output(self->conn);
	return stream->input && stream->output ? 0 : -1;
}

static void conn_start(struct http_stream *stream)
{
	struct http_stream_conn *self = (struct http_stream_conn *)stream;

	evtcp_conn_set_cb(self->conn, on_readable, on_writable, on_event, stream);
	evtcp_conn_enable(self->conn, EV_READ | EV_WRITE);
	evtcp_conn_let_rest(self->conn, 1);
}

static void conn_finish(struct http_stream *stream)
{
	evtcp_conn_shutdown(((struct http_stream_conn *)stream)->conn);
}

static void conn_free(struct http_stream *stream)
{
	struct http_stream_conn *self = (struct http_stream_conn *)stream;

	evtcp_conn_free(self->conn);
	self->world->free(self->world->arg, self);
}

static void conn_abort(struct http_stream *stream)
{
	struct http_stream_conn *self = (struct http_stream_conn *)stream;

	evtcp_conn_abort(self->conn);
	self->world->free(self->world->arg, self);
}

static void conn_info(const struct http_stream *stream, struct http_stream_info *info)
{
	const struct http_stream_conn *self = (const struct http_stream_conn *)stream;
	struct evtcp_conn_info conn;
	uint64_t in;

	evtcp_conn_get_info(self->conn, &conn);
	evtcp_conn_get_waiting(self->conn, &in, &info->pending_bytes);
	info->acked_bytes = conn.bytes_acked;
	info->local = conn.tuple.local;
	info->peer = conn.tuple.remote;
}

static void conn_waiting(const struct http_stream *stream, uint64_t *in, uint64_t *out)
{
	evtcp_conn_get_waiting(((const struct http_stream_conn *)stream)->conn, in, out);
}

static const struct http_stream_ops conn_ops = {
	.wake = conn_wake,
	.start = conn_start,
	.finish = conn_finish,
	.free = conn_free,
	.abort = conn_abort,
	.info = conn_info,
	.waiting = conn_waiting,
};

struct http_stream *http_stream_conn_new(struct evtcp_conn *conn, const struct evtcp_world *world)
{
	struct http_stream_conn *self = world->alloc(world->arg, sizeof(*self));

	if (self == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	*self = (struct http_stream_conn){
		.stream = {.ops = &conn_ops},
		.conn = conn,
		.world = world,
	};
	evtcp_conn_set_nodelay(conn, 1);
	return &self->stream;
}

struct iovec http_stream_conn_fetch(void *arg, unsigned step)
{
	struct http_stream_conn *self = arg;

	if (step == 0)
		return (struct iovec){self, sizeof(*self)};
	return (struct iovec){self->stream.arg, sizeof(struct http_connection)};
}
