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

/* http_lines_find: looks for the end of the line that begins `from` bytes into
 * input; with its LF it may have at most `most` bytes. 1: the line is there, *len
 * bytes with its LF. 0: its end has not come. -1: it is longer than most. The
 * answer for a line does not depend on how much of it, or of what follows, is
 * there, except that it may be 0 for a time. Input is not changed. */
int http_lines_find(struct evbuffer *input, size_t from, size_t most, size_t *len);

/* The judgements. `line` has its CRLF. Each returns HTTP_REFUSAL_NONE, or the first
 * thing that is wrong. */

/* http_lines_request: METHOD SP TARGET SP HTTP/1.0 or HTTP/1.1, the method one that
 * http_lines_verb knows, the target visible ASCII without '#'. */
enum http_refusal http_lines_request(struct http_text line);

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

/* The parts of a request line. */
struct http_request_line {
	struct http_text method, target, version;
};

/* http_lines_split: cuts a line without its CRLF at its two spaces. 0, or -1 when it
 * has not exactly two or a part is empty. */
int http_lines_split(struct http_text content, struct http_request_line *parts);

#endif
