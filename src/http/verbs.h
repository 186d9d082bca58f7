/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_VERBS_H
#define HTTP_VERBS_H

/* The request methods that are known here, as a number and as a bit, so that a
 * page can say in one word which it takes. Methods are case-sensitive (RFC 9110
 * 9.1). Called verbs because llhttp owns the names HTTP_GET and http_method. */

#include "http/text.h"

// clang-format off
#define HTTP_VERBS(X) \
	X(GET) X(HEAD) X(POST) X(PUT) X(DELETE) X(OPTIONS) X(PATCH) X(TRACE)
// clang-format on

#define HTTP_VERB_ENUMERATOR(name) HTTP_VERB_##name,
enum http_verb { HTTP_VERBS(HTTP_VERB_ENUMERATOR) HTTP_N_VERBS };
#undef HTTP_VERB_ENUMERATOR

#define HTTP_VERB_BIT(name) (1u << HTTP_VERB_##name)

/* http_verbs_find: the verb of this name; HTTP_N_VERBS if it is not one of ours
 * (CONNECT among them: what follows it is no HTTP, so it is refused outright). */
enum http_verb http_verbs_find(struct http_text name);

/* http_verbs_name: "GET"; static storage. */
const char *http_verbs_name(enum http_verb verb);

/* http_verbs_list: "GET, HEAD" for a set of bits, as an Allow field wants it; always
 * terminated, HTTP_VERBS_TEXT bytes suffice. Returns text. */
#define HTTP_VERBS_TEXT 64
char *http_verbs_list(unsigned bits, char *text, size_t size);

#endif
