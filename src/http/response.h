/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

/* The head of a response as text. */

#include <stddef.h>
#include <stdint.h>

/* How the end of a body is told (RFC 9112 6.3). */
enum http_framing {
	HTTP_FRAMING_NONE,    /* there is no body by the nature of the status */
	HTTP_FRAMING_LENGTH,  /* Content-Length */
	HTTP_FRAMING_CHUNKED, /* Transfer-Encoding: chunked */
	HTTP_FRAMING_CLOSE    /* the connection ends behind it */
};

struct http_response {
	int status;
	const char *date; /* as http_date_format writes it */
	const char *type; /* Content-Type; NULL for none */
	enum http_framing framing;
	uint64_t length;        /* of the body, where framing is LENGTH */
	const char *fields;     /* further field lines, each with its CRLF; NULL for none */
	const char *connection; /* value of the Connection field; NULL for none */
};

/* http_response_head: writes status line and fields, in the order Date, Content-Type,
 * Content-Length or Transfer-Encoding, fields, Connection, and the empty line. The
 * length, without terminator; or -1 if it does not fit in size. */
#define HTTP_RESPONSE_HEAD 1024
int http_response_head(char *text, size_t size, const struct http_response *response);

/* http_response_phrase: the reason phrase of a status, as registered; "" for others. */
const char *http_response_phrase(int status);

/* http_response_has_body: 0 for a status whose responses have no body and no length
 * (1xx, 204, 304: RFC 9110 6.4.1, 8.6). */
int http_response_has_body(int status);

#endif
