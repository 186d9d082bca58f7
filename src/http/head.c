/* SPDX-License-Identifier: BSD-3-Clause */
/* Collects the head of a request: line by line as bytes arrive, each line judged
 * when it is whole, within the limits of line, block and number of fields. Input is
 * the connection's input buffer, output a head that is ready to be parsed, or a
 * refusal. It does not know what the fields mean. */
#include "http/head.h"

#include "http/lines.h"

#include <event2/buffer.h>

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
	size_t line = limits->line + HTTP_CRLF_LEN;
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
		return http_lines_request(line, &head->request);
	if (http_lines_is_end(line)) {
		*end = 1;
		return HTTP_REFUSAL_NONE;
	}
	if (head->lines > limits->fields)
		return HTTP_REFUSAL_FIELDS_MANY;
	return http_lines_field(line);
}

/* RFC 9112 2.2: a server SHOULD ignore at least one empty line before the request
 * line. One it is. */
static enum http_refusal head_skip_empty(
	struct http_head *head, struct http_lines *lines, struct http_text line)
{
	struct evbuffer *input = lines->input;

	if (head->skipped)
		return HTTP_REFUSAL_EMPTY_LINES;
	head->skipped = 1;
	evbuffer_drain(input, line.len);
	http_lines_begin(lines, input);
	return HTTP_REFUSAL_NONE;
}

/* Passes over a whole line, if nothing is wrong with it. */
static enum http_refusal head_take_line(
	struct http_head *head, struct http_text line, const struct http_limits *limits, int *end)
{
	enum http_refusal refusal = head_line(head, line, limits, end);

	if (refusal)
		return refusal;
	head->line_at += (uint32_t)line.len;
	head->lines++;
	return HTTP_REFUSAL_NONE;
}

enum http_refusal http_head_read(struct http_head *head, struct evbuffer *input,
	const struct http_limits *limits, struct http_text *whole)
{
	struct http_lines lines;
	int end = 0;

	*whole = (struct http_text){"", 0};
	http_lines_begin(&lines, input);
	while (!end) {
		enum http_refusal too_long;
		size_t most = head_line_limit(head, limits, &too_long);
		struct http_text line;
		enum http_refusal refusal =
			http_lines_next(&lines, head->line_at, most, too_long, &line);

		if (refusal || line.len == 0)
			return refusal;
		if (head->lines == 0 && http_lines_is_end(line))
			refusal = head_skip_empty(head, &lines, line);
		else
			refusal = head_take_line(head, line, limits, &end);
		if (refusal)
			return refusal;
	}
	*whole = (struct http_text){lines.front.at, head->line_at};
	return HTTP_REFUSAL_NONE;
}
