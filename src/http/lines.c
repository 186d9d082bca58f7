/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds and judges the lines of HTTP framing: the strict half of the parser, in
 * front of llhttp. Input is an evbuffer (to find a line) or a line (to judge it),
 * output a refusal or none. Nothing is kept and nothing consumed here; what a line
 * means is llhttp's business, what a whole header means is http/request.c's. */
#include "http/lines.h"

#include "http/verbs.h"

#include <event2/buffer.h>
#include <string.h>

#define CHUNK_DIGITS 16 /* of a size that fits in 64 bits */

/* Where the first LF from `from` on stands in the part of input that lies in one piece; NULL if
 * there is none. A head that came in one segment is such a piece. */
static const char *lines_find_at_once(struct evbuffer *input, size_t from, size_t *at)
{
	size_t contiguous = evbuffer_get_contiguous_space(input);
	const char *start, *end;

	if (contiguous <= from)
		return NULL;
	start = (const char *)evbuffer_pullup(input, (ev_ssize_t)contiguous);
	end = memchr(start + from, '\n', contiguous - from);
	*at = end ? (size_t)(end - start) : 0;
	return end;
}

int http_lines_find(struct evbuffer *input, size_t from, size_t most, size_t *len)
{
	size_t there = evbuffer_get_length(input) - from, at;
	struct evbuffer_ptr start, end;

	if (there == 0)
		return 0;
	if (lines_find_at_once(input, from, &at)) {
		*len = at - from + 1;
		return *len > most ? -1 : 1;
	}
	if (evbuffer_ptr_set(input, &start, from, EVBUFFER_PTR_SET) < 0)
		return 0;
	end = evbuffer_search_eol(input, &start, NULL, EVBUFFER_EOL_LF);
	if (end.pos < 0)
		return there >= most ? -1 : 0;
	*len = (size_t)end.pos - from + 1;
	return *len > most ? -1 : 1;
}

struct http_text http_lines_content(struct http_text line)
{
	if (line.len > 0 && line.at[line.len - 1] == '\n')
		line.len--;
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

int http_lines_is_end(struct http_text line)
{
	return http_text_equal(line, "\r\n");
}

/* What holds for every line: it ends with CRLF (RFC 9112 2.2 would let us take a
 * bare LF), no other CR stands in it, and no control character but tab. */
static enum http_refusal lines_judge(struct http_text line)
{
	struct http_text content = http_lines_content(line);

	if (line.len < content.len + 2)
		return HTTP_REFUSAL_LINE_END;
	for (size_t i = 0; i < content.len; i++) {
		if (http_text_is(content.at[i], HTTP_TEXT_CONTROL))
			return content.at[i] == '\r' ? HTTP_REFUSAL_BARE_CR : HTTP_REFUSAL_CONTROL;
	}
	return HTTP_REFUSAL_NONE;
}

/* Takes text up to the next space off the front of rest. */
static struct http_text lines_word(struct http_text *rest)
{
	const char *space = memchr(rest->at, ' ', rest->len);
	struct http_text word = {rest->at, space ? (size_t)(space - rest->at) : rest->len};
	size_t used = word.len + (space != NULL);

	rest->at += used;
	rest->len -= used;
	return word;
}

int http_lines_split(struct http_text content, struct http_request_line *parts)
{
	parts->method = lines_word(&content);
	parts->target = lines_word(&content);
	parts->version = content;
	if (parts->method.len == 0 || parts->target.len == 0 || parts->version.len == 0)
		return -1;
	return memchr(content.at, ' ', content.len) ? -1 : 0;
}

/* RFC 9112 2.3: HTTP-version = "HTTP" "/" DIGIT "." DIGIT, with those capitals. */
static enum http_refusal lines_version(struct http_text version)
{
	const char *at = version.at;

	if (version.len != strlen("HTTP/1.1") || memcmp(at, "HTTP/", 5) != 0)
		return HTTP_REFUSAL_REQUEST_LINE;
	if (at[5] < '0' || at[5] > '9' || at[6] != '.' || at[7] < '0' || at[7] > '9')
		return HTTP_REFUSAL_REQUEST_LINE;
	if (at[5] == '0')
		return HTTP_REFUSAL_OLD_VERSION;
	return at[5] == '1' && at[7] <= '1' ? HTTP_REFUSAL_NONE : HTTP_REFUSAL_VERSION;
}

/* Whether the line is the request of HTTP/0.9: "GET /" and nothing more. */
static int lines_is_0_9(struct http_text content)
{
	struct http_text method = lines_word(&content);

	return content.len > 0 && http_text_is_token(method) &&
	       memchr(content.at, ' ', content.len) == NULL;
}

enum http_refusal http_lines_request(struct http_text line)
{
	struct http_text content = http_lines_content(line);
	enum http_refusal refusal = lines_judge(line);
	struct http_request_line parts;

	if (refusal)
		return refusal;
	if (lines_is_0_9(content))
		return HTTP_REFUSAL_OLD_VERSION;
	if (http_lines_split(content, &parts) < 0 || !http_text_is_token(parts.method))
		return HTTP_REFUSAL_REQUEST_LINE;
	refusal = lines_version(parts.version);
	if (refusal)
		return refusal;
	for (size_t i = 0; i < parts.target.len; i++)
		if (!http_text_is(parts.target.at[i], HTTP_TEXT_TARGET))
			return HTTP_REFUSAL_TARGET;
	return http_verbs_find(parts.method) == HTTP_N_VERBS ? HTTP_REFUSAL_METHOD
							     : HTTP_REFUSAL_NONE;
}

/* A tab beside the values that tell where a body ends: RFC 9110 5.5 lets it stand there,
 * but parsers differ about it (llhttp 8 knows spaces only), so it is refused. */
static enum http_refusal lines_framing_tab(struct http_text name, struct http_text line)
{
	if (memchr(line.at, '\t', line.len) == NULL)
		return HTTP_REFUSAL_NONE;
	if (http_text_equal_case(name, "Content-Length"))
		return HTTP_REFUSAL_LENGTH;
	return http_text_equal_case(name, "Transfer-Encoding") ? HTTP_REFUSAL_CODING
							       : HTTP_REFUSAL_NONE;
}

enum http_refusal http_lines_field(struct http_text line)
{
	enum http_refusal refusal = lines_judge(line);
	const char *colon = memchr(line.at, ':', line.len);
	struct http_text name = {line.at, colon ? (size_t)(colon - line.at) : 0};

	if (refusal)
		return refusal;
	/* RFC 9112 5.2: obs-fold. A server may join such lines or refuse them. */
	if (line.at[0] == ' ' || line.at[0] == '\t')
		return HTTP_REFUSAL_FOLDED;
	/* RFC 9112 5.1: white space between name and colon MUST be refused; that
	 * the name is a token sees to it. */
	if (!http_text_is_token(name))
		return HTTP_REFUSAL_FIELD_NAME;
	return lines_framing_tab(name, line);
}

/* Length of the token at the start of text. */
static size_t lines_token(struct http_text text)
{
	size_t len = 0;

	while (len < text.len && http_text_is(text.at[len], HTTP_TEXT_TCHAR))
		len++;
	return len;
}

/* Length of the quoted string at the start of text, 0 if there is none (RFC 9110 5.6.4;
 * without the bytes above 127 that it has for old times' sake). */
static size_t lines_quoted(struct http_text text)
{
	for (size_t i = 1; text.len > 1 && text.at[0] == '"' && i < text.len; i++) {
		if (text.at[i] == '"')
			return i + 1;
		if (text.at[i] & 0x80)
			return 0;
		i += text.at[i] == '\\';
	}
	return 0;
}

/* RFC 9112 7.1.1: *( ";" token [ "=" ( token / quoted-string ) ] ), without BWS. */
static int lines_is_extension(struct http_text text)
{
	while (text.len > 0) {
		struct http_text rest = {text.at + 1, text.len - 1};
		size_t name = lines_token(rest), value = 0;

		if (text.at[0] != ';' || name == 0)
			return 0;
		rest.at += name;
		rest.len -= name;
		if (rest.len > 0 && rest.at[0] == '=') {
			rest.at++;
			rest.len--;
			value = lines_token(rest);
			value = value ? value : lines_quoted(rest);
			if (value == 0)
				return 0;
		}
		text = (struct http_text){rest.at + value, rest.len - value};
	}
	return 1;
}

enum http_refusal http_lines_chunk(
	struct http_text line, const struct http_limits *limits, size_t *extension)
{
	struct http_text content = http_lines_content(line);
	enum http_refusal refusal = lines_judge(line);
	size_t digits = 0;

	*extension = 0;
	while (digits < content.len && http_text_hex(content.at[digits]) >= 0)
		digits++;
	if (digits == 0 || digits > CHUNK_DIGITS)
		return HTTP_REFUSAL_CHUNK_SIZE;
	if (digits == CHUNK_DIGITS && http_text_hex(content.at[0]) > 7)
		return HTTP_REFUSAL_CHUNK_SIZE; /* 2^63 and more */
	if (refusal)
		return refusal;
	*extension = content.len - digits;
	if (*extension > 0 && content.at[digits] != ';')
		return HTTP_REFUSAL_CHUNK_SIZE; /* RFC 9112 7.1.1 lets BWS stand here: not we */
	if (*extension > limits->chunk_extension)
		return HTTP_REFUSAL_CHUNK_EXTENSION_LONG;
	return lines_is_extension((struct http_text){content.at + digits, *extension})
		       ? HTTP_REFUSAL_NONE
		       : HTTP_REFUSAL_CHUNK_EXTENSION;
}
