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

void http_lines_begin(struct http_lines *lines, struct evbuffer *input)
{
	size_t len = evbuffer_get_contiguous_space(input);

	lines->input = input;
	lines->front = (struct http_text){"", 0};
	if (len > 0)
		lines->front = (struct http_text){
			(const char *)evbuffer_pullup(input, (ev_ssize_t)len), len};
}

enum http_refusal http_lines_gather(struct http_lines *lines, size_t from, size_t most,
	enum http_refusal too_long, struct http_text *line)
{
	struct evbuffer *input = lines->input;
	size_t there = evbuffer_get_length(input) - from, len;
	struct evbuffer_ptr start, end = {.pos = -1};
	const char *front;

	*line = (struct http_text){"", 0};
	if (there + from > lines->front.len &&
		evbuffer_ptr_set(input, &start, from, EVBUFFER_PTR_SET) == 0)
		end = evbuffer_search_eol(input, &start, NULL, EVBUFFER_EOL_LF);
	if (end.pos < 0)
		return there >= most ? too_long : HTTP_REFUSAL_NONE;
	len = (size_t)end.pos - from + 1;
	if (len > most)
		return too_long;
	front = (const char *)evbuffer_pullup(input, (ev_ssize_t)(from + len));
	if (front == NULL)
		return HTTP_REFUSAL_NO_MEMORY;
	lines->front = (struct http_text){front, from + len};
	*line = (struct http_text){front + from, len};
	return HTTP_REFUSAL_NONE;
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
	const char *control;

	if (line.len < HTTP_CRLF_LEN || line.at[line.len - HTTP_CRLF_LEN] != '\r')
		return HTTP_REFUSAL_LINE_END;
	control = http_text_control((struct http_text){line.at, line.len - HTTP_CRLF_LEN});
	if (control == NULL)
		return HTTP_REFUSAL_NONE;
	return *control == '\r' ? HTTP_REFUSAL_BARE_CR : HTTP_REFUSAL_CONTROL;
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

static int lines_is_target(struct http_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!http_text_is(text.at[i], HTTP_TEXT_TARGET))
			return 0;
	return 1;
}

enum http_refusal http_lines_request(struct http_text line, struct http_request_line *said)
{
	struct http_text content = line, method, target, version;
	enum http_refusal refusal = lines_judge(line);
	const char *space;

	if (refusal)
		return refusal;
	content.len -= HTTP_CRLF_LEN;
	method = (struct http_text){content.at, http_text_token(content)};
	if (method.len == 0 || method.len == content.len || content.at[method.len] != ' ')
		return HTTP_REFUSAL_REQUEST_LINE;
	target = (struct http_text){method.at + method.len + 1, content.len - method.len - 1};
	space = memchr(target.at, ' ', target.len);
	if (space == NULL) /* "GET /" and nothing more is the request of HTTP/0.9 */
		return target.len > 0 ? HTTP_REFUSAL_OLD_VERSION : HTTP_REFUSAL_REQUEST_LINE;
	version = (struct http_text){space + 1, content.len - (size_t)(space + 1 - content.at)};
	target.len = (size_t)(space - target.at);
	if (target.len == 0)
		return HTTP_REFUSAL_REQUEST_LINE;
	refusal = lines_version(version);
	if (refusal)
		return refusal;
	if (!lines_is_target(target))
		return HTTP_REFUSAL_TARGET;
	*said = (struct http_request_line){
		.len = (uint16_t)content.len,
		.target_at = (uint16_t)(method.len + 1),
		.target_len = (uint16_t)target.len,
		.verb = (uint8_t)http_verbs_find(method),
		.minor = (uint8_t)(version.at[version.len - 1] - '0'),
	};
	return said->verb == HTTP_N_VERBS ? HTTP_REFUSAL_METHOD : HTTP_REFUSAL_NONE;
}

/* A tab beside the values that tell where a body ends: RFC 9110 5.5 lets it stand there,
 * but parsers differ about it (llhttp 8 knows spaces only), so it is refused. */
static enum http_refusal lines_framing_tab(struct http_text name, struct http_text line)
{
	enum http_refusal refusal = HTTP_REFUSAL_NONE;

	if (http_text_equal_case(name, "Content-Length"))
		refusal = HTTP_REFUSAL_LENGTH;
	else if (http_text_equal_case(name, "Transfer-Encoding"))
		refusal = HTTP_REFUSAL_CODING;
	return refusal && memchr(line.at, '\t', line.len) ? refusal : HTTP_REFUSAL_NONE;
}

enum http_refusal http_lines_field(struct http_text line)
{
	enum http_refusal refusal = lines_judge(line);
	struct http_text name = {line.at, http_text_token(line)};

	if (refusal)
		return refusal;
	/* RFC 9112 5.2: obs-fold. A server may join such lines or refuse them. */
	if (line.at[0] == ' ' || line.at[0] == '\t')
		return HTTP_REFUSAL_FOLDED;
	/* RFC 9112 5.1: white space between name and colon MUST be refused; that a colon
	 * is what ends the token sees to it. The line's CR ends it at last. */
	if (name.len == 0 || line.at[name.len] != ':')
		return HTTP_REFUSAL_FIELD_NAME;
	return lines_framing_tab(name, line);
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
		size_t name = http_text_token(rest), value = 0;

		if (text.at[0] != ';' || name == 0)
			return 0;
		rest.at += name;
		rest.len -= name;
		if (rest.len > 0 && rest.at[0] == '=') {
			rest.at++;
			rest.len--;
			value = http_text_token(rest);
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
