/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes a request target apart into path and query. Input is the target as sent,
 * of which http/lines.h has seen to that it is visible ASCII; output are pieces of
 * it. Escapes stay as they are: they are resolved once, by http/request.c, after
 * the parts were told apart. Dots in the path stay as well. */
#include "http/target.h"

#include <string.h>

static const char scheme[] = "http://";
#define SCHEME_LEN (sizeof(scheme) - 1)

/* Takes everything before the first of the characters in `until` off rest. */
static struct http_text target_take(struct http_text *rest, const char *until)
{
	struct http_text part = {rest->at, 0};

	while (part.len < rest->len && strchr(until, rest->at[part.len]) == NULL)
		part.len++;
	rest->at += part.len;
	rest->len -= part.len;
	return part;
}

static int target_is_absolute(struct http_text raw)
{
	return raw.len >= SCHEME_LEN &&
	       http_text_equal_case((struct http_text){raw.at, SCHEME_LEN}, scheme);
}

enum http_refusal http_target_parse(
	struct http_text raw, enum http_verb verb, struct http_target *target)
{
	*target = (struct http_target){.query = {"", 0}, .authority = {"", 0}};
	if (http_text_equal(raw, "*") && verb == HTTP_VERB_OPTIONS) {
		target->path = raw;
		return HTTP_REFUSAL_NONE;
	}
	/* RFC 9112 3.2.2: a server MUST accept the absolute form. */
	if (target_is_absolute(raw)) {
		raw.at += SCHEME_LEN;
		raw.len -= SCHEME_LEN;
		target->authority = target_take(&raw, "/?");
		if (target->authority.len == 0 || target->authority.at[0] == ':' ||
			!http_target_is_host(target->authority))
			return HTTP_REFUSAL_TARGET; /* RFC 9110 4.2.1, 4.2.4 */
	} else if (raw.at[0] != '/') {
		return HTTP_REFUSAL_TARGET;
	}
	target->path = target_take(&raw, "?");
	if (raw.len > 0)
		target->query = (struct http_text){raw.at + 1, raw.len - 1};
	if (target->path.len == 0)
		target->path = (struct http_text){"/", 1};
	return HTTP_REFUSAL_NONE;
}

/* "[" and, for IPv6, digits, colons and dots, "]". */
static int target_is_literal(struct http_text text)
{
	for (size_t i = 1; i + 1 < text.len; i++)
		if (http_text_hex(text.at[i]) < 0 && text.at[i] != ':' && text.at[i] != '.')
			return 0;
	return text.len > 3 && text.at[text.len - 1] == ']';
}

int http_target_is_host(struct http_text text)
{
	struct http_text host = text;
	size_t port = text.len;

	while (port > 0 && text.at[port - 1] >= '0' && text.at[port - 1] <= '9')
		port--;
	if (port > 0 && text.at[port - 1] == ':')
		host.len = port - 1;
	if (host.len > 0 && host.at[0] == '[')
		return target_is_literal(host);
	for (size_t i = 0; i < host.len; i++)
		if (!http_text_is(host.at[i], HTTP_TEXT_NAME))
			return 0;
	return 1;
}
