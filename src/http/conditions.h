/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_CONDITIONS_H
#define HTTP_CONDITIONS_H

/* Whether a request is to be served at all: its preconditions (RFC 9110 13), for GET and HEAD of
 * a representation that exists. Pure functions. */

#include "http/request.h"

/* What is there, as the response's own fields say it. */
struct http_representation {
	const char *etag;    /* its ETag: with quotes, "W/" before them if it is weak */
	uint64_t modified_s; /* its Last-Modified, in seconds since 1970 */
	uint64_t now_s;      /* the response's Date, likewise */
};

enum http_condition {
	HTTP_CONDITION_HOLDS,        /* 200 or 206 */
	HTTP_CONDITION_NOT_MODIFIED, /* 304 */
	HTTP_CONDITION_FAILED,       /* 412 */
};

/* http_conditions_check: what If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since
 * say together, in the order of RFC 9110 13.2.2: a date counts only where no field of its pair
 * names tags, and 412 comes before 304. Lists of tags may go on in several fields. A member of
 * such a list that is no entity-tag matches nothing; a date that is none, or is one of several,
 * is passed over. */
enum http_condition http_conditions_check(
	const struct http_request *request, const struct http_representation *representation);

/* http_conditions_range_applies: what If-Range says (RFC 9110 13.1.5): 1 where a Range field is to
 * be looked at, 0 where it is to be passed over because the part would be of another
 * representation than the parts that the client has. That is so unless the field is our tag, and
 * strong, or our date, in a second that is over: of one that is not, there may be two versions.
 * (That the client's copy is of later than that second, only the client can know; it is not to
 * send the date if it is not.) 1 where there is no If-Range. */
int http_conditions_range_applies(
	const struct http_request *request, const struct http_representation *representation);

#endif
