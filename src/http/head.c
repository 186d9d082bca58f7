/* SPDX-License-Identifier: BSD-3-Clause */
/* Collects the head of a request: line by line as bytes arrive, each line judged
 * when it is whole, within the limits of line, block and number of fields. Input is
 * the connection's input buffer, output the length of a head that is ready to be
 * parsed, or a refusal. It does not know what the fields mean. */
#include "http/head.h"

#include "http/lines.h"

#include <event2/buffer.h>

#define CRLF_LEN 2

void http_head_init(struct http_head *head)
{
	*head = (struct http_head){0};
}

/* The most that the line at hand may have, with its CRLF, and what it is called
 * when it has more. The tighter of two limits, so that it is the same one that is
 * hit whether bytes come singly or at once. */
static size_t head_line_limit(
	const struct http_head *head, const struct http_limits *limits, enum http_refusal *why)
{
	size_t line = limits->line + CRLF_LEN;
	size_t block = limits->block - head->line_at;

	*why = head->lines == 0 ? HTTP_REFUSAL_TARGET_LONG : HTTP_REFUSAL_FIELD_LONG;
	if (block >= line)
		return line;
	if (head->lines > 0)
		*why = HTTP_REFUSAL_HEAD_LONG;
	return block;
}

/* Judges a whole line. *end is set when it is the empty one behind the fields. */
static enum http_refusal head_line(
	struct http_head *head, struct http_text line, const struct http_limits *limits, int *end)
{
	if (head->lines == 0)
		return http_lines_request(line);
	if (http_lines_is_end(line)) {
		*end = 1;
		return HTTP_REFUSAL_NONE;
	}
	if (head->lines > limits->fields)
		return HTTP_REFUSAL_FIELDS_MANY;
	return http_lines_field(line);
}

/* RFC 9112 2.2: a server SHOULD ignore at least one empty line before the request
 * line. One it is. 1: it was passed over. */
static int head_skip_empty(struct http_head *head, struct evbuffer *input, struct http_text line)
{
	if (head->lines > 0 || head->skipped || !http_lines_is_end(line))
		return 0;
	evbuffer_drain(input, line.len);
	head->skipped = 1;
	return 1;
}

enum http_refusal http_head_read(struct http_head *head, struct evbuffer *input,
	const struct http_limits *limits, size_t *len)
{
	enum http_refusal refusal;
	size_t n;

	*len = 0;
	for (int end = 0; !end;) {
		enum http_refusal too_long;
		size_t most = head_line_limit(head, limits, &too_long);
		int found = http_lines_find(input, head->line_at, most, &n);
		struct http_text line;

		if (found <= 0)
			return found < 0 ? too_long : HTTP_REFUSAL_NONE;
		line.at = (const char *)evbuffer_pullup(input, (ev_ssize_t)(head->line_at + n));
		if (line.at == NULL)
			return HTTP_REFUSAL_NO_MEMORY;
		line.at += head->line_at;
		line.len = n;
		if (head_skip_empty(head, input, line))
			continue;
		if (head->lines == 0 && http_lines_is_end(line))
			return HTTP_REFUSAL_EMPTY_LINES;
		refusal = head_line(head, line, limits, &end);
		if (refusal)
			return refusal;
		head->line_at += (uint32_t)n;
		head->lines++;
	}
	*len = head->line_at;
	return HTTP_REFUSAL_NONE;
}
