/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

/* The head of a request, request line to empty line, while it arrives. It stays in
 * the input until it is whole, so that an idle connection holds none of it; here
 * stands only how far it has been looked at. */

#include "http/limits.h"
#include "http/lines.h"
#include "http/refusals.h"
#include "http/text.h"

struct evbuffer;

struct http_head {
	uint32_t line_at;                 /* where the line begins that is not whole yet */
	uint16_t lines;                   /* lines before it */
	uint8_t skipped;                  /* an empty line before the request was passed over */
	struct http_request_line request; /* if there is a line before it */
};

/* http_head_init: nothing of a request was seen. */
void http_head_init(struct http_head *head);

/* http_head_read: looks on in input, which begins with the request, and judges each line that has
 * become whole. *whole is the head when it is whole, in one piece at the start of input, until
 * that is drained or added to; before, its len is 0. Consumes nothing but an empty line before the
 * request (RFC 9112 2.2). The first refusal, if any, does not depend on how the bytes were cut
 * when they arrived. */
enum http_refusal http_head_read(struct http_head *head, struct evbuffer *input,
	const struct http_limits *limits, struct http_text *whole);

#endif
