/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_LINES_H
#define HTTP_LINES_H

/* The lines of HTTP framing: request line, header field, chunk size, trailer field.
 *
 * Requests are smuggled where two parsers disagree about a line, so each line of
 * framing is first found whole, then judged by the grammar of RFC 9112 without any
 * of the leniency that it permits, and only then shown to llhttp, which says what
 * it means. llhttp never sees a byte that was not judged or counted before. */

#include "http/limits.h"
#include "http/refusals.h"
#include "http/text.h"

struct evbuffer;

#define HTTP_CRLF_LEN 2u /* bytes: what ends a line */

/* Where lines are looked for: an input, and the front of it that lies in one piece. A head that
 * came in one segment is such a piece. Whoever drains the input or adds to it begins anew. */
struct http_lines {
	struct evbuffer *input;
	struct http_text front;
};

/* http_lines_begin: lines of input. */
void http_lines_begin(struct http_lines *lines, struct evbuffer *input);

/* http_lines_gather: what http_lines_next does where the line does not end in the front. */
enum http_refusal http_lines_gather(struct http_lines *lines, size_t from, size_t most,
	enum http_refusal too_long, struct http_text *line);

/* http_lines_next: the line that begins `from` bytes into the input, of at most `most` bytes with
 * its LF; it then lies in one piece with all that stands before it. line->len is 0 while its end
 * has not come. Refused is a line that is longer than most, as too_long, and what there is no
 * memory for. The answer for a line does not depend on how much of it, or of what follows, is
 * there, except that it may be none for a time. Nothing is consumed. */
static inline enum http_refusal http_lines_next(struct http_lines *lines, size_t from, size_t most,
	enum http_refusal too_long, struct http_text *line)
{
	struct http_text front = lines->front;
	const char *end = NULL;

	if (front.len > from)
		end = memchr(front.at + from, '\n', front.len - from);
	if (end == NULL)
		return http_lines_gather(lines, from, most, too_long, line);
	*line = (struct http_text){front.at + from, (size_t)(end - front.at) - from + 1};
	return line->len > most ? too_long : HTTP_REFUSAL_NONE;
}

/* What a request line says, in few bytes: it is kept while the rest of the head arrives. */
struct http_request_line {
	uint16_t len; /* without CRLF; a limit keeps lines below 64 KiB */
	uint16_t target_at, target_len;
	uint8_t verb;  /* enum http_verb */
	uint8_t minor; /* 0 or 1: of HTTP/1.0 or HTTP/1.1 */
};

/* The judgements. `line` has its CRLF. Each returns HTTP_REFUSAL_NONE, or the first
 * thing that is wrong. */

/* http_lines_request: METHOD SP TARGET SP HTTP/1.0 or HTTP/1.1, the method one that
 * http_verbs_find knows, the target visible ASCII without '#'. If nothing is wrong, *said is what
 * it says. */
enum http_refusal http_lines_request(struct http_text line, struct http_request_line *said);

/* http_lines_field: NAME ":" VALUE. Also for trailers. */
enum http_refusal http_lines_field(struct http_text line);

/* http_lines_chunk: 1 to 16 hexadecimal digits below 2^63, then nothing or ";" and
 * extensions of at most limits->chunk_extension bytes, the ";" among them, which are
 * *extension. */
enum http_refusal http_lines_chunk(
	struct http_text line, const struct http_limits *limits, size_t *extension);

/* http_lines_is_end: 1 when the line is CRLF alone: the end of a header. */
int http_lines_is_end(struct http_text line);

/* http_lines_content: the line without its CRLF (or LF, or whatever it ends with). */
struct http_text http_lines_content(struct http_text line);

#endif
