/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads request bodies. Input is the connection's input buffer, output the data in
 * another one; the memory moves, the bytes are not copied. Each line of framing is
 * judged by http/lines.h and then shown to llhttp, which counts; data is shown to
 * it in the very amounts that it asked for. How much is read ahead (`room`) is the
 * caller's decision, and what is done with the data too. */
#include "http/body.h"

#include "http/lines.h"

#include <event2/buffer.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#define CHUNK_DIGITS 16u
#define BODY_EXTENTS 16

/* llhttp's `data` during a call: the body. */
static int on_chunk_header(llhttp_t *parser)
{
	((struct http_body *)parser->data)->left = parser->content_length;
	return 0;
}

static int on_message_complete(llhttp_t *parser)
{
	((struct http_body *)parser->data)->state = HTTP_BODY_DONE;
	return 0;
}

static const llhttp_settings_t body_settings = {
	.on_chunk_header = on_chunk_header,
	.on_message_complete = on_message_complete,
};

void http_body_init(struct http_body *body, int chunked, uint64_t length)
{
	body->state = chunked ? HTTP_BODY_CHUNK_LINE : HTTP_BODY_DATA;
	if (!chunked && length == 0)
		body->state = HTTP_BODY_DONE;
	body->left = chunked ? 0 : length;
	body->total = body->extensions = body->trailers = 0;
	body->parser.settings = (void *)(uintptr_t)&body_settings;
}

/* Shows bytes to llhttp. Returns 0, or -1 when it refuses them. */
static int body_show(struct http_body *body, const void *bytes, size_t len)
{
	llhttp_errno_t error;

	body->parser.data = body;
	error = llhttp_execute(&body->parser, bytes, len);
	return error == HPE_OK ? 0 : -1;
}

/* Shows the first len bytes of input to llhttp, piece by piece, where they lie. */
static int body_show_input(struct http_body *body, struct evbuffer *input, size_t len)
{
	struct evbuffer_ptr at;

	evbuffer_ptr_set(input, &at, 0, EVBUFFER_PTR_SET);
	while (len > 0) {
		struct evbuffer_iovec extents[BODY_EXTENTS];
		int n = evbuffer_peek(input, (ev_ssize_t)len, &at, extents, BODY_EXTENTS);
		size_t shown = 0;

		for (int i = 0; i < n && i < BODY_EXTENTS && shown < len; i++) {
			size_t piece =
				extents[i].iov_len < len - shown ? extents[i].iov_len : len - shown;

			if (body_show(body, extents[i].iov_base, piece) < 0)
				return -1;
			shown += piece;
		}
		if (shown == 0)
			return -1;
		len -= shown;
		if (len > 0)
			evbuffer_ptr_set(input, &at, shown, EVBUFFER_PTR_ADD);
	}
	return 0;
}

/* Moves data of the length or chunk at hand, as much as is there and has room. */
static enum http_refusal body_data(
	struct http_body *body, struct evbuffer *input, struct evbuffer *data, size_t *room)
{
	size_t n = evbuffer_get_length(input);

	if (n > *room)
		n = *room;
	if (n > body->left)
		n = (size_t)body->left;
	if (body->most && body->left > body->most - body->total)
		return HTTP_REFUSAL_BODY_LONG;
	body->left -= n;
	if (body_show_input(body, input, n) < 0)
		return HTTP_REFUSAL_BODY_PARSER;
	if (body->left == 0 && body->state == HTTP_BODY_CHUNK_DATA)
		body->state = HTTP_BODY_CHUNK_END;
	/* llhttp says when a body of known length is done: with its last byte. */
	if (body->left == 0 && body->state == HTTP_BODY_DATA)
		return HTTP_REFUSAL_BODY_PARSER;
	if (evbuffer_remove_buffer(input, data, n) != (int)n)
		return HTTP_REFUSAL_NO_MEMORY;
	body->total += n;
	*room -= n;
	return HTTP_REFUSAL_NONE;
}

/* The line at the start of input. line->len is 0 while it is not whole. */
static enum http_refusal body_line(
	struct evbuffer *input, size_t most, enum http_refusal too_long, struct http_text *line)
{
	struct http_lines lines;

	http_lines_begin(&lines, input);
	return http_lines_next(&lines, 0, most, too_long, line);
}

static enum http_refusal body_chunk_line(
	struct http_body *body, struct evbuffer *input, const struct http_limits *limits, int *wait)
{
	size_t most = CHUNK_DIGITS + limits->chunk_extension + HTTP_CRLF_LEN, extension;
	struct http_text line;
	enum http_refusal refusal =
		body_line(input, most, HTTP_REFUSAL_CHUNK_EXTENSION_LONG, &line);

	*wait = line.len == 0;
	if (refusal || *wait)
		return refusal;
	refusal = http_lines_chunk(line, limits, &extension);
	if (refusal)
		return refusal;
	body->extensions += (uint32_t)extension;
	if (limits->chunk_extensions && body->extensions > limits->chunk_extensions)
		return HTTP_REFUSAL_CHUNK_EXTENSIONS_LONG;
	/* RFC 9112 7.1.1: extensions that are not known MUST be ignored. None is, and
	 * llhttp 8 refuses some that are well formed: it is shown the size alone. */
	if (body_show(body, line.at, line.len - HTTP_CRLF_LEN - extension) < 0 ||
		body_show(body, "\r\n", HTTP_CRLF_LEN) < 0)
		return HTTP_REFUSAL_CHUNK_SIZE;
	evbuffer_drain(input, line.len);
	body->state = body->left > 0 ? HTTP_BODY_CHUNK_DATA : HTTP_BODY_TRAILERS;
	return HTTP_REFUSAL_NONE;
}

static enum http_refusal body_chunk_end(struct http_body *body, struct evbuffer *input, int *wait)
{
	char end[HTTP_CRLF_LEN];
	ev_ssize_t n = evbuffer_copyout(input, end, sizeof(end));

	*wait = n < (ev_ssize_t)HTTP_CRLF_LEN;
	if ((n > 0 && end[0] != '\r') || (n > 1 && end[1] != '\n'))
		return HTTP_REFUSAL_CHUNK_END;
	if (*wait)
		return HTTP_REFUSAL_NONE;
	if (body_show(body, end, sizeof(end)) < 0)
		return HTTP_REFUSAL_BODY_PARSER;
	evbuffer_drain(input, sizeof(end));
	body->state = HTTP_BODY_CHUNK_LINE;
	return HTTP_REFUSAL_NONE;
}

/* Judges a trailer field. RFC 9110 6.5.1: none may speak about framing; whoever heeds
 * such a one sees another end of the body than we do. */
static enum http_refusal body_judge_trailer(struct http_text line)
{
	enum http_refusal refusal = http_lines_field(line);
	struct http_text name = line;

	if (refusal)
		return refusal;
	name.len = (size_t)((const char *)memchr(line.at, ':', line.len) - line.at);
	return http_text_equal_case(name, "Content-Length") ||
			       http_text_equal_case(name, "Transfer-Encoding")
		       ? HTTP_REFUSAL_TRAILER
		       : HTTP_REFUSAL_NONE;
}

static enum http_refusal body_trailer(
	struct http_body *body, struct evbuffer *input, const struct http_limits *limits, int *wait)
{
	size_t most = limits->trailers + HTTP_CRLF_LEN - body->trailers; /* the last CRLF is free */
	struct http_text line;
	enum http_refusal refusal = body_line(input, most, HTTP_REFUSAL_TRAILERS_LONG, &line);
	int end;

	*wait = line.len == 0;
	if (refusal || *wait)
		return refusal;
	end = http_lines_is_end(line);
	refusal = end ? HTTP_REFUSAL_NONE : body_judge_trailer(line);
	if (refusal)
		return refusal;
	if (!end && body->trailers + line.len > limits->trailers)
		return HTTP_REFUSAL_TRAILERS_LONG;
	body->trailers += end ? 0 : (uint32_t)line.len;
	if (body_show(body, line.at, line.len) < 0)
		return HTTP_REFUSAL_BODY_PARSER;
	/* llhttp says when it is done: at the empty line, and nowhere else. */
	if ((body->state == HTTP_BODY_DONE) != end)
		return HTTP_REFUSAL_BODY_PARSER;
	evbuffer_drain(input, line.len);
	return HTTP_REFUSAL_NONE;
}

enum http_refusal http_body_read(struct http_body *body, struct evbuffer *input,
	struct evbuffer *data, size_t room, const struct http_limits *limits)
{
	enum http_refusal refusal = HTTP_REFUSAL_NONE;
	int wait = 0;

	while (!refusal && !wait && body->state != HTTP_BODY_DONE &&
		evbuffer_get_length(input) > 0) {
		switch (body->state) {
		case HTTP_BODY_DATA:
		case HTTP_BODY_CHUNK_DATA:
			wait = room == 0;
			if (!wait)
				refusal = body_data(body, input, data, &room);
			break;
		case HTTP_BODY_CHUNK_LINE:
			refusal = body_chunk_line(body, input, limits, &wait);
			break;
		case HTTP_BODY_CHUNK_END:
			refusal = body_chunk_end(body, input, &wait);
			break;
		case HTTP_BODY_TRAILERS:
			refusal = body_trailer(body, input, limits, &wait);
			break;
		case HTTP_BODY_DONE:
			break;
		}
	}
	return refusal;
}
