/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_REQUEST_PARSE_H
#define HTTP_REQUEST_PARSE_H

/* How a request comes about. Internal: handlers see http/request.h, and nothing of
 * llhttp. */

#include "http/head.h"
#include "http/limits.h"
#include "http/refusals.h"
#include "http/request.h"

#include <evtcp/types.h>
#include <llhttp.h>

/* http_request_init: gets storage for the largest request that limits allow. It can
 * then be parsed into again and again. 0, or -1 with errno ENOMEM. world frees it
 * in http_request_free. */
int http_request_init(struct http_request *request, const struct http_limits *limits,
	const struct evtcp_world *world);
void http_request_free(struct http_request *request, const struct evtcp_world *world);

/* http_request_parse: reads the head `text`, which http_head_read has found whole and without
 * fault; it must stay where it is as long as the request is used. Afterwards parser stands at the
 * first byte of the body. Where it is refused, line, verb and the fields that were found are still
 * told. */
enum http_refusal http_request_parse(struct http_request *request, llhttp_t *parser,
	struct http_text text, const struct http_head *head);

#endif
