/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways in which a connection ends: in order, with an answer that says what is
 * wrong, or by reset. Input is the decision of whoever calls; output bytes of an
 * answer, the end of the output, a mark that the connection is over. When a client
 * has been waited for long enough is decided in http/timeouts.c. */
#include "http/closing.h"

#include "http/connection.h"
#include "http/crowd.h"
#include "http/exchange_life.h"
#include "http/lines.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

#define REFUSAL_LINE 8192 /* bytes of a refused request line that are logged */
#define OUR_END 1         /* byte that waits where only our end does: TCP sees to that */

void http_closing_begin(struct http_connection *conn)
{
	struct evbuffer *input = conn->stream->input;
	size_t len = evbuffer_get_length(input);

	if (len > 0)
		evbuffer_drain(input, len);
	conn->stream->ops->finish(conn->stream);
	http_connection_set_phase(conn, HTTP_PHASE_CLOSING);
}

int http_closing_drop(struct http_connection *conn)
{
	uint64_t in, out;

	conn->stream->ops->waiting(conn->stream, &in, &out);
	conn->lingered += in;
	if (conn->lingered > conn->server->config.limits.linger_bytes) {
		http_closing_abort(conn);
		return 0;
	}
	if (in > 0) {
		if (http_connection_wake(conn) < 0)
			return 0;
		evbuffer_drain(conn->stream->input, (size_t)in);
	}
	if (conn->eof && out <= OUR_END)
		conn->over = HTTP_OVER_FREE;
	else if (out == 0 && http_crowd_must_go(conn))
		http_closing_abort(conn);
	return 0;
}

void http_closing_abort(struct http_connection *conn)
{
	conn->over = HTTP_OVER_ABORT;
	conn->server->counters.aborted++;
}

/* The first line of what is in the input, as much of it as there is. */
static struct http_text closing_line(struct http_connection *conn)
{
	struct evbuffer *input = conn->stream->input;
	size_t len = evbuffer_get_length(input);
	const char *at, *end;

	if (len > REFUSAL_LINE)
		len = REFUSAL_LINE;
	at = len ? (const char *)evbuffer_pullup(input, (ev_ssize_t)len) : NULL;
	if (at == NULL)
		return (struct http_text){"", 0};
	end = memchr(at, '\n', len);
	return http_lines_content((struct http_text){at, end ? (size_t)(end - at) + 1 : len});
}

/* Logs a request of which no exchange was made. */
static void closing_log(
	struct http_connection *conn, struct http_text line, int status, uint64_t bytes)
{
	const struct http_server_config *config = &conn->server->config;
	struct http_log_entry entry = {
		.line = line,
		.referer = {"", 0},
		.agent = {"", 0},
		.status = status,
		.bytes = bytes,
	};
	struct http_stream_info info;

	if (config->log == NULL)
		return;
	conn->stream->ops->info(conn->stream, &info);
	entry.peer = info.peer;
	entry.wall_us = config->world->wall_us(config->world->arg);
	config->log(&entry, config->log_arg);
}

/* Writes the answer. The length of its body, or -1 without memory. */
static int closing_answer(struct http_connection *conn, enum http_refusal refusal, int is_head)
{
	int status = http_refusals_status(refusal), len, body_len;
	char text[HTTP_RESPONSE_HEAD + 160], body[160];

	body_len = snprintf(body, sizeof(body), "%d %s: %s\n", status, http_response_phrase(status),
		http_refusals_sentence(refusal));
	len = http_response_head(text, HTTP_RESPONSE_HEAD,
		&(struct http_response){
			.status = status,
			.date = http_server_date(conn->server),
			.type = "text/plain",
			.framing = HTTP_FRAMING_LENGTH,
			.length = (uint64_t)body_len,
			.connection = "close",
		});
	http_server_count_status(conn->server, status);
	if (is_head)
		body_len = 0;
	memcpy(text + len, body, (size_t)body_len);
	len += body_len;
	return evbuffer_add(conn->stream->output, text, (size_t)len) < 0 ? -1 : body_len;
}

/* Whether the request at hand is HEAD, as far as one can tell: the answer has no
 * body then. */
static int closing_is_head(const struct http_connection *conn, struct http_text line)
{
	if (conn->exchange)
		return conn->exchange->is_head;
	return line.len > 5 && memcmp(line.at, "HEAD ", 5) == 0;
}

void http_closing_refuse(struct http_connection *conn, enum http_refusal refusal)
{
	struct http_exchange *x = conn->exchange;
	struct http_text line = {"", 0};
	int bytes;

	conn->server->counters.refused[refusal]++;
	if (x && x->begun) {
		if (!x->ended) {
			http_closing_abort(conn);
			return;
		}
		conn->exchange = NULL;
		http_exchange_free(x);
		http_closing_begin(conn);
		return;
	}
	if (x == NULL)
		line = closing_line(conn);
	bytes = closing_answer(conn, refusal, closing_is_head(conn, line));
	if (bytes < 0) {
		http_closing_abort(conn);
		return;
	}
	if (x == NULL) {
		closing_log(conn, line, http_refusals_status(refusal), (uint64_t)bytes);
	} else {
		x->status = (uint16_t)http_refusals_status(refusal);
		x->reply_bytes = (uint64_t)bytes;
		conn->exchange = NULL;
		http_exchange_free(x);
	}
	http_closing_begin(conn);
}
