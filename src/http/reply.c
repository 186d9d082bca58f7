/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes replies into a connection's output: decides how the end of the body is told
 * and whether the connection goes on (RFC 9112 6.3, 9.3), writes the head, frames
 * the body. Input is what the handler says, output bytes in the output buffer,
 * moved, not copied. When those leave is the stream's business; who is asked for
 * more, and when, http/connection.c's. */
#include "http/reply.h"

#include "http/connection.h"
#include "http/exchange_life.h"
#include "http/faults.h"
#include "http/state.h"

#include <assert.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

#define REPLY_TOGETHER 1024 /* bodies up to this leave in one piece with the head */

/* Whether another request may follow on the connection. */
static int reply_keeps_alive(const struct http_exchange *x)
{
	const struct http_server *server = x->connection->server;
	uint64_t requests = server->config.limits.requests;

	if (!x->keep_alive || server->draining || x->framing == HTTP_FRAMING_CLOSE)
		return 0;
	/* A client that waits for 100 Continue may send its body or may not: what
	 * comes next could be either (RFC 9110 10.1.1). */
	if (x->expects || http_exchange_is_too_long(x))
		return 0;
	return requests == 0 || x->connection->requests < requests;
}

/* How the end of the body is told: RFC 9112 6.3, 7 and RFC 9110 8.6. */
static enum http_framing reply_framing(
	const struct http_exchange *x, const struct http_reply *reply)
{
	if (!http_response_has_body(reply->status))
		return HTTP_FRAMING_NONE;
	if (reply->length != HTTP_REPLY_UNKNOWN)
		return HTTP_FRAMING_LENGTH;
	return x->minor == 1 ? HTTP_FRAMING_CHUNKED : HTTP_FRAMING_CLOSE;
}

/* Decides everything about the reply and writes its head to text. Returns its length,
 * -1 if it does not fit. */
static int reply_plan(
	struct http_exchange *x, const struct http_reply *reply, char *text, size_t size)
{
	struct http_response response = {
		.status = reply->status,
		.date = http_server_date(x->connection->server),
		.type = reply->type,
		.framing = reply_framing(x, reply),
		.length = http_faults_length(x, reply->length),
		.fields = reply->fields,
	};

	assert(!x->begun && "a request gets one reply");
	assert(reply->status >= 200 && reply->status <= 599 && "a reply has a final status");
	x->begun = 1;
	x->status = (uint16_t)reply->status;
	http_server_count_status(x->connection->server, reply->status);
	x->framing = response.framing;
	x->bodiless = x->is_head || x->framing == HTTP_FRAMING_NONE;
	x->reply_left = x->framing == HTTP_FRAMING_LENGTH ? reply->length : 0;
	x->ended = x->bodiless || (x->framing == HTTP_FRAMING_LENGTH && reply->length == 0);
	x->keep_alive = reply_keeps_alive(x) & 1u;
	/* RFC 9112 9.3: 1.1 goes on by itself, 1.0 has to be told; 9.6: who closes
	 * says so. */
	if (!x->keep_alive)
		response.connection = "close";
	else if (x->minor == 0)
		response.connection = "keep-alive";
	if (http_faults_closes(x))
		x->keep_alive = 0;
	return http_response_head(text, size, &response);
}

/* 0, or -1 without memory, even for output. */
static int reply_add(struct evbuffer *output, const void *bytes, size_t len)
{
	return output ? evbuffer_add(output, bytes, len) : -1;
}

void http_reply_begin(struct http_exchange *x, const struct http_reply *reply)
{
	struct evbuffer *output = http_connection_output(x->connection);
	char head[HTTP_RESPONSE_HEAD];
	int len = reply_plan(x, reply, head, sizeof(head));

	if (len < 0 || reply_add(output, head, (size_t)len) < 0)
		x->failed = 1;
	http_connection_touch(x->connection);
}

/* The same as http_reply_whole, piece by piece, for a reply about which something is wrong on
 * purpose. */
static void reply_in_pieces(
	struct http_exchange *x, const struct http_reply *reply, const void *body, size_t len)
{
	struct evbuffer *data = evbuffer_new();

	http_reply_begin(x, reply);
	if (data == NULL || evbuffer_add(data, body, len) < 0)
		x->failed = 1;
	else if (!x->ended)
		http_reply_write(x, data);
	if (data)
		evbuffer_free(data);
}

void http_reply_whole(
	struct http_exchange *x, const struct http_reply *reply, const void *body, size_t len)
{
	struct evbuffer *output = http_connection_output(x->connection);
	char text[HTTP_RESPONSE_HEAD + REPLY_TOGETHER];
	struct http_reply whole = *reply;
	int head;

	/* RFC 9110 15.3.6: a 205 has no content, and says so. */
	whole.length = reply->status == 205 ? 0 : len;
	if (x->fault) {
		reply_in_pieces(x, &whole, body, len);
		return;
	}
	head = reply_plan(x, &whole, text, HTTP_RESPONSE_HEAD);
	len = x->ended ? 0 : len;
	if (head >= 0 && len <= REPLY_TOGETHER) {
		if (len > 0)
			memcpy(text + head, body, len);
		x->failed |= reply_add(output, text, (size_t)head + len) < 0;
	} else if (head < 0 || reply_add(output, text, (size_t)head) < 0 ||
		   reply_add(output, body, len) < 0) {
		x->failed = 1;
	}
	x->reply_bytes = len;
	x->reply_left = 0;
	x->ended = 1;
	http_connection_touch(x->connection);
}

void http_reply_text(struct http_exchange *x, int status, const char *text)
{
	struct http_reply reply = {.status = status, .type = "text/plain"};

	http_reply_whole(x, &reply, text, strlen(text));
}

/* The chunk, or what of the body comes next; allowed is how much of it is to be seen. */
static int reply_frame(struct http_exchange *x, struct evbuffer *data, size_t allowed)
{
	struct evbuffer *output = http_faults_output(x);
	size_t len = evbuffer_get_length(data);
	int error = 0;

	if (output == NULL)
		return 1;
	if (x->framing == HTTP_FRAMING_CHUNKED)
		error = evbuffer_add_printf(output, "%zx\r\n", len) < 0;
	if (allowed < len) {
		error |= evbuffer_remove_buffer(data, output, allowed) < 0;
		evbuffer_drain(data, len - allowed);
		return error;
	}
	error |= evbuffer_add_buffer(output, data) < 0;
	if (x->framing == HTTP_FRAMING_CHUNKED)
		error |= evbuffer_add(output, "\r\n", 2) < 0;
	return error;
}

void http_reply_write(struct http_exchange *x, struct evbuffer *data)
{
	size_t len = evbuffer_get_length(data), allowed = http_faults_cut(x, len);

	assert(x->begun && "a body follows a head");
	if (x->bodiless || len == 0 || (x->ended && http_faults_closes(x))) {
		evbuffer_drain(data, len);
		return;
	}
	assert(!x->ended && "nothing follows the end of a body");
	if (x->framing == HTTP_FRAMING_LENGTH) {
		assert(len <= x->reply_left && "a body is not longer than was said");
		x->reply_left -= len;
		x->ended = x->reply_left == 0;
	}
	x->failed |= reply_frame(x, data, allowed) & 1u;
	x->ended |= allowed < len;
	x->reply_bytes += allowed;
	http_connection_touch(x->connection);
}

void http_reply_end(struct http_exchange *x)
{
	static const char last_chunk[] = "0\r\n\r\n";

	assert(x->begun && "what ends has begun");
	if (x->in_room) {
		x->end_asked = 1; /* behind what it adds */
		return;
	}
	if (x->ended)
		return;
	x->ended = 1;
	if (x->framing == HTTP_FRAMING_CHUNKED &&
		reply_add(http_faults_output(x), last_chunk, sizeof(last_chunk) - 1) < 0)
		x->failed = 1;
	x->failed |= x->reply_left > 0; /* never a short success */
	http_connection_touch(x->connection);
}

void http_reply_abort(struct http_exchange *x)
{
	x->failed = 1;
	http_connection_touch(x->connection);
}

int http_reply_has_begun(const struct http_exchange *x)
{
	return x->begun;
}

int http_reply_has_ended(const struct http_exchange *x)
{
	return x->ended;
}
