/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

/* The request target (RFC 9112 3.2) and the Host field (RFC 9110 7.2). */

#include "http/refusals.h"
#include "http/text.h"
#include "http/verbs.h"

struct http_target {
	struct http_text path;      /* not unescaped; "/" at least, or "*" */
	struct http_text query;     /* behind the '?', not unescaped; may be empty */
	struct http_text authority; /* of an absolute form; len 0 otherwise */
};

/* http_target_parse: raw in origin form ("/path?query"), absolute form (of scheme
 * http), or "*" for OPTIONS. The parts point into raw or to static storage. */
enum http_refusal http_target_parse(
	struct http_text raw, enum http_verb verb, struct http_target *target);

/* http_target_is_host: 1 when text is a host with or without a port, as a Host field
 * or an authority without user information may say it; the host may be empty. */
int http_target_is_host(struct http_text text);

#endif
