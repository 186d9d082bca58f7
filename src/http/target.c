/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes a request target apart into path and query. Input is the target as sent,
 * of which http/lines.h has seen to that it is visible ASCII; output are pieces of
 * it. Escapes stay as they are: they are resolved once, by http/request.c, after
 * the parts were told apart. Dots in the path stay as well. */
#include "http/target.h"

#include <string.h>

static const char scheme[] = "http://";
#define SCHEME_LEN (sizeof(scheme) - 1)

static int target_is_absolute(struct http_text raw)
{
	return raw.len >= SCHEME_LEN &&
	       http_text_equal_case((struct http_text){raw.at, SCHEME_LEN}, scheme);
}

/* Takes the authority of an absolute form off raw, which then begins with the path, if there is
 * one, or the query. */
static enum http_refusal target_take_authority(struct http_text *raw, struct http_text *authority)
{
	struct http_text rest = {raw->at + SCHEME_LEN, raw->len - SCHEME_LEN};
	size_t len = 0;

	while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
		len++;
	*authority = (struct http_text){rest.at, len};
	*raw = (struct http_text){rest.at + len, rest.len - len};
	/* RFC 9110 4.2.1, 4.2.4 */
	return len > 0 && rest.at[0] != ':' && http_target_is_host(*authority)
		       ? HTTP_REFUSAL_NONE
		       : HTTP_REFUSAL_TARGET;
}

/* Takes what begins with a slash, a question mark or nowhere apart. */
static void target_split(struct http_text raw, struct http_target *target)
{
	const char *mark = memchr(raw.at, '?', raw.len);

	target->path = raw;
	if (mark != NULL) {
		target->path.len = (size_t)(mark - raw.at);
		target->query = (struct http_text){mark + 1, raw.len - target->path.len - 1};
	}
	if (target->path.len == 0)
		target->path = (struct http_text){"/", 1};
}

enum http_refusal http_target_parse(
	struct http_text raw, enum http_verb verb, struct http_target *target)
{
	enum http_refusal refusal = HTTP_REFUSAL_NONE;

	*target = (struct http_target){.query = {"", 0}, .authority = {"", 0}};
	if (raw.at[0] == '/') {
		target_split(raw, target);
	} else if (http_text_equal(raw, "*") && verb == HTTP_VERB_OPTIONS) {
		target->path = raw;
	} else if (target_is_absolute(raw)) {
		/* RFC 9112 3.2.2: a server MUST accept the absolute form. */
		refusal = target_take_authority(&raw, &target->authority);
		target_split(raw, target);
	} else {
		refusal = HTTP_REFUSAL_TARGET;
	}
	return refusal;
}

/* Length of what stands in brackets at the start of text, with them: for IPv6, digits, colons and
 * dots. 0 if it is something else. */
static size_t target_literal(struct http_text text)
{
	size_t len = 1;

	while (len < text.len &&
		(http_text_hex(text.at[len]) >= 0 || text.at[len] == ':' || text.at[len] == '.'))
		len++;
	return len > 2 && len < text.len && text.at[len] == ']' ? len + 1 : 0;
}

static size_t target_name(struct http_text text)
{
	size_t len = 0;

	while (len < text.len && http_text_is(text.at[len], HTTP_TEXT_NAME))
		len++;
	return len;
}

/* Nothing, or a colon and digits, of which there may be none (RFC 3986 3.2.3). */
static int target_is_port(struct http_text text)
{
	for (size_t i = 1; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return 0;
	return text.len == 0 || text.at[0] == ':';
}

int http_target_is_host(struct http_text text)
{
	int is_literal = text.len > 0 && text.at[0] == '[';
	size_t host = is_literal ? target_literal(text) : target_name(text);

	return (host > 0 || !is_literal) &&
	       target_is_port((struct http_text){text.at + host, text.len - host});
}
