/* SPDX-License-Identifier: BSD-3-Clause */
/* One request and its reply: how it begins, what a handler can ask of it, and how it
 * ends, with its line in the log. Input is a whole head in the connection's input;
 * the handler is called from here. Reading the body and asking for the reply is
 * done by http/connection.c, writing the reply by http/reply.c. */
#include "http/exchange_life.h"

#include "http/faults.h"

#include <assert.h>
#include <event2/buffer.h>
#include <string.h>

static const struct http_exchange_ops no_ops = {0};

/* Head and body of a request may lie together in the input: is there any body yet? */
static int exchange_body_has_come(const struct http_exchange *x)
{
	const struct http_connection *conn = x->connection;

	return evbuffer_get_length(conn->stream->input) > conn->head.line_at;
}

/* ---- what a handler asks ----------------------------------------------- */

void http_exchange_take(struct http_exchange *x, const struct http_exchange_ops *ops)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	assert(!x->begun && "an exchange is taken before its reply begins");
	x->ops = ops;
	if (ops->body == NULL)
		return;
	if (ops->body_most)
		x->body.most = ops->body_most == UINT64_MAX ? 0 : ops->body_most;
	if (!x->expects || http_exchange_is_too_long(x))
		return;
	x->expects = 0;
	/* RFC 9110 10.1.1: MAY be left out when some of the body has come. */
	if (!exchange_body_has_come(x) &&
		evbuffer_add(x->connection->stream->output, go_on, sizeof(go_on) - 1) < 0)
		x->failed = 1;
}

void *http_exchange_state(struct http_exchange *x)
{
	return x->state;
}

void http_exchange_set_timer(struct http_exchange *x, uint64_t at_us)
{
	x->timer_at_us = at_us;
	http_connection_touch(x->connection);
}

uint64_t http_exchange_now(const struct http_exchange *x)
{
	const struct http_server *server = x->connection->server;
	const struct evtcp_world *world = server->config.world;

	return x->connection->busy ? server->now_us : world->now_us(world->arg);
}

uint64_t http_exchange_wall(const struct http_exchange *x)
{
	return http_server_wall(x->connection->server);
}

void http_exchange_get_stream(const struct http_exchange *x, struct http_stream_info *info)
{
	x->connection->stream->ops->info(x->connection->stream, info);
	info->pending_bytes += http_faults_waiting(x);
}

int http_exchange_is_last(const struct http_exchange *x)
{
	return x->connection->server->draining;
}

void *http_exchange_get_arg(const struct http_exchange *x)
{
	return x->connection->server->config.handler_arg;
}

const struct http_server_counters *http_exchange_get_counters(const struct http_exchange *x)
{
	return &x->connection->server->counters;
}

/* ---- its log entry ------------------------------------------------------ */

static char *exchange_copy(char *to, struct http_text text)
{
	if (text.len > 0)
		memcpy(to, text.at, text.len);
	return to + text.len;
}

/* Keeps what the log will want; without memory there is just no text in the entry. */
static void exchange_keep(struct http_exchange *x, const struct http_request *request)
{
	const struct evtcp_world *world = x->connection->server->config.world;
	struct http_text referer = http_request_field(request, "Referer");
	struct http_text agent = http_request_field(request, "User-Agent");
	char *at;

	x->kept.wall_us = world->wall_us(world->arg);
	at = world->alloc(world->arg, request->line.len + referer.len + agent.len + 1);
	if (at == NULL)
		return;
	x->kept.text = at;
	x->kept.line_len = (uint32_t)request->line.len;
	x->kept.referer_len = (uint32_t)referer.len;
	x->kept.agent_len = (uint32_t)agent.len;
	exchange_copy(exchange_copy(exchange_copy(at, request->line), referer), agent);
}

/* Logs it, and forgets what was kept for that. */
static void exchange_log(struct http_exchange *x)
{
	const struct http_server_config *config = &x->connection->server->config;
	const char *text = x->kept.text ? x->kept.text : "";
	struct http_stream_info info;
	struct http_log_entry entry = {
		.wall_us = x->kept.wall_us,
		.line = {text, x->kept.line_len},
		.referer = {text + x->kept.line_len, x->kept.referer_len},
		.agent = {text + x->kept.line_len + x->kept.referer_len, x->kept.agent_len},
		.status = x->status,
		.bytes = x->reply_bytes,
	};

	x->connection->stream->ops->info(x->connection->stream, &info);
	entry.peer = info.peer;
	config->log(&entry, config->log_arg);
	config->world->free(config->world->arg, x->kept.text);
}

/* ---- its life ------------------------------------------------------------ */

struct http_exchange *http_exchange_new(struct http_connection *conn)
{
	const struct evtcp_world *world = conn->server->config.world;
	struct http_exchange *x = world->alloc(world->arg, sizeof(*x));

	if (x == NULL)
		return NULL;
	*x = (struct http_exchange){.connection = conn, .ops = &no_ops};
	return x;
}

enum http_refusal http_exchange_parse(struct http_exchange *x, struct http_text head)
{
	struct http_server *server = x->connection->server;
	struct http_request *request = &server->request;
	enum http_refusal refusal =
		http_request_parse(request, &x->body.parser, head, &x->connection->head);

	if (server->config.log)
		exchange_keep(x, request);
	x->is_head = request->verb == HTTP_VERB_HEAD;
	if (refusal)
		return refusal;
	http_body_init(&x->body, request->chunked, request->length);
	x->body.most = server->config.limits.body;
	x->body_at_us = x->rate_at_us = server->now_us;
	x->minor = request->minor & 1u;
	x->keep_alive = request->keep_alive;
	x->expects = request->expects;
	return HTTP_REFUSAL_NONE;
}

void http_exchange_handle(struct http_exchange *x)
{
	struct http_server *server = x->connection->server;

	server->counters.requests++;
	http_faults_plan(x, &server->request);
	server->config.handler(x, &server->request, server->config.handler_arg);
	assert((x->begun || x->failed || x->ops != &no_ops) &&
		"a handler replies to a request or takes it");
}

int http_exchange_is_too_long(const struct http_exchange *x)
{
	return x->body.state == HTTP_BODY_DATA && x->body.most && x->body.left > x->body.most;
}

void http_exchange_free(struct http_exchange *x)
{
	const struct evtcp_world *world = x->connection->server->config.world;

	if (x->connection->server->config.log)
		exchange_log(x);
	if (x->ops->gone)
		x->ops->gone(x);
	http_faults_free(x);
	world->free(world->arg, x);
}
