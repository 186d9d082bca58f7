/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

/* The body of a request while it arrives: delimited by a length or chunked (RFC
 * 9112 6, 7.1). Trailer fields are judged, counted and dropped. */

#include "http/limits.h"
#include "http/refusals.h"

#include <llhttp.h>

struct evbuffer;

enum http_body_state {
	HTTP_BODY_DATA,       /* of a known length: `left` bytes are to come */
	HTTP_BODY_CHUNK_LINE, /* the line with the size of a chunk comes next */
	HTTP_BODY_CHUNK_DATA, /* `left` bytes of the chunk are to come */
	HTTP_BODY_CHUNK_END,  /* the CRLF behind them */
	HTTP_BODY_TRAILERS,   /* a trailer field or the empty line comes next */
	HTTP_BODY_DONE        /* all of it was read */
};

struct http_body {
	llhttp_t parser; /* stands where the framing was last looked at */
	enum http_body_state state;
	uint64_t left;       /* data bytes to come of this length or chunk */
	uint64_t total;      /* data bytes moved so far */
	uint64_t most;       /* data bytes allowed; 0 is no limit */
	uint32_t extensions; /* bytes of chunk extensions so far */
	uint32_t trailers;   /* bytes of trailer lines so far */
};

/* http_body_init: a body of this length, or chunked. body->parser is as
 * http_request_parse has left it, body->most is the caller's. */
void http_body_init(struct http_body *body, int chunked, uint64_t length);

/* http_body_read: takes what is framing out of input and moves at most room bytes
 * of data from it to data, by whole pieces of memory where that is possible. Stops
 * at the end of the body, of the input or of room. A refusal means that input can
 * not be read any further. */
enum http_refusal http_body_read(struct http_body *body, struct evbuffer *input,
	struct evbuffer *data, size_t room, const struct http_limits *limits);

#endif
