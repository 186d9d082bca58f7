/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

/* The head of a request as a handler sees it. Texts point into the input buffer
 * or into the request's own storage: they are valid during the call in which the
 * request was handed over, and no longer. */

#include "http/text.h"
#include "http/verbs.h"

#include <stdint.h>

struct http_field {
	struct http_text name, value; /* value without white space around it */
};

struct http_request {
	enum http_verb verb;
	struct http_text line;  /* the request line, without CRLF, not unescaped */
	const char *path;       /* unescaped once, terminated; "/..." or "*" */
	struct http_text query; /* behind '?', not unescaped; may be empty */
	struct http_field *fields;
	unsigned n_fields;
	uint64_t length;         /* of the body; 0 if chunked */
	unsigned minor;          /* 1 of HTTP/1.1 */
	unsigned chunked : 1;    /* the body is chunked */
	unsigned has_body : 1;   /* chunked, or length is not 0 */
	unsigned keep_alive : 1; /* the client wants to go on afterwards */
	unsigned expects : 1;    /* it waits for 100 Continue before it sends the body */
	char *storage;           /* what path points to; the server's */
	unsigned max_fields;     /* room in fields */
};

/* http_request_field: the value of the first field of this name, in any case;
 * at is NULL if there is none. */
struct http_text http_request_field(const struct http_request *request, const char *name);

/* http_request_query: the value of `name` in a query of the form "a=1&b=2",
 * unescaped into value (size bytes with the terminator). 1: there is one. 0: none.
 * -1: more than one, or malformed, or too long for value. */
int http_request_query(
	const struct http_request *request, const char *name, char *value, size_t size);

#endif
