/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads requests by recursive descent over a string that is all there. Input: bytes up
 * to the end of a connection; output: the requests that a strict server answers, and
 * whether what is behind them is refused. Where RFC 9112 leaves a choice, the stricter
 * one is taken, as in src/http, but each in its own words. */
#include "fuzz/http_reference.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_FIELDS = 100, MOST_BODY = 1048576, MOST_EXTENSION = 256 };

/* A line without its CRLF. */
struct line {
	const char *at;
	size_t len;
};

struct message {
	struct line request;
	int minor, keep, close, hosts, lengths, codings, expectations;
	int chunked, expects; /* "chunked" and "100-continue" were the words */
	int wrong;            /* a field has a value that it may not have */
	unsigned long long length;
};

static int is_tchar(int c)
{
	return c > 0 && c < 127 && (isalnum(c) || strchr("!#$%&'*+-.^_`|~", c));
}

/* Length of the token at the start of at. */
static size_t token(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && is_tchar((unsigned char)*at))
		at++;
	return (size_t)(at - start);
}

static int is(struct line line, const char *word)
{
	return line.len == strlen(word) && strncasecmp(line.at, word, line.len) == 0;
}

/* The next line, or 0 if it is not whole or not well formed. */
static int next_line(struct reference *r, struct line *line)
{
	const char *lf = memchr(r->at, '\n', (size_t)(r->end - r->at));

	if (!lf || lf == r->at || lf[-1] != '\r')
		return 0;
	*line = (struct line){r->at, (size_t)(lf - 1 - r->at)};
	for (size_t i = 0; i < line->len; i++)
		if (line->at[i] != '\t' && iscntrl((unsigned char)line->at[i]))
			return 0;
	r->at = lf + 1;
	return 1;
}

/* ---- the request line --------------------------------------------------------- */

/* host [":" port], the whole of it. */
static int is_authority(struct line a)
{
	size_t i = 0;

	if (a.len > 0 && a.at[0] == '[') {
		size_t inside = 0;

		for (i = 1; i < a.len &&
			    (isxdigit((unsigned char)a.at[i]) || a.at[i] == ':' || a.at[i] == '.');
			i++)
			inside++;
		if (inside < 2 || i == a.len || a.at[i++] != ']')
			return 0;
	} else {
		while (i < a.len && a.at[i] > 0 &&
			(isalnum((unsigned char)a.at[i]) || strchr("-._~%!$&'()*+,;=", a.at[i])))
			i++;
	}
	if (i < a.len && a.at[i++] != ':')
		return 0;
	while (i < a.len && isdigit((unsigned char)a.at[i]))
		i++;
	return i == a.len;
}

static int is_path(const char *at, const char *end)
{
	for (; at < end && *at != '?'; at++) {
		if (*at != '%')
			continue;
		if (end - at < 3 || !isxdigit((unsigned char)at[1]) ||
			!isxdigit((unsigned char)at[2]) || (at[1] == '0' && at[2] == '0'))
			return 0;
	}
	return 1;
}

static int is_target(struct line t, int options)
{
	const char *end = t.at + t.len, *path = t.at;

	for (size_t i = 0; i < t.len; i++)
		if (t.at[i] < '!' || t.at[i] > '~' || t.at[i] == '#')
			return 0;
	if (options && t.len == 1 && t.at[0] == '*')
		return 1;
	if (t.len >= 7 && strncasecmp(t.at, "http://", 7) == 0) {
		for (path = t.at + 7; path < end && *path != '/' && *path != '?'; path++)
			;
		t.at += 7;
		t.len = (size_t)(path - t.at);
		if (t.len == 0 || t.at[0] == ':' || !is_authority(t))
			return 0;
	} else if (t.len == 0 || t.at[0] != '/') {
		return 0;
	}
	return is_path(path, end);
}

static int request_line(struct message *m)
{
	static const char *const methods[] = {
		"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"};
	struct line l = m->request, target;
	size_t method = token(l.at, l.at + l.len);
	int known = 0;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		known |= method == strlen(methods[i]) && memcmp(l.at, methods[i], method) == 0;
	if (!known || l.len < method + 10 || l.at[method] != ' ')
		return 0;
	if (memcmp(l.at + l.len - 9, " HTTP/1.", 8) != 0)
		return 0;
	m->minor = l.at[l.len - 1] - '0';
	target = (struct line){l.at + method + 1, l.len - method - 10};
	return (m->minor == 0 || m->minor == 1) && is_target(target, method == 7 && l.at[0] == 'O');
}

/* ---- fields --------------------------------------------------------------------- */

static struct line trimmed(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (at < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct line){at, (size_t)(end - at)};
}

static void field_length(struct message *m, struct line value)
{
	m->lengths++;
	m->wrong |= value.len == 0;
	for (size_t i = 0; i < value.len; i++) {
		if (!isdigit((unsigned char)value.at[i]) || m->length > MOST_BODY)
			m->wrong = 1;
		else
			m->length = m->length * 10 + (unsigned long long)(value.at[i] - '0');
	}
	m->wrong |= m->length > MOST_BODY;
}

static void field_connection(struct message *m, struct line value)
{
	const char *at = value.at, *end = value.at + value.len;

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		struct line one = trimmed(at, comma ? comma : end);

		m->close |= is(one, "close");
		m->keep |= is(one, "keep-alive");
		at = comma ? comma + 1 : end;
	}
}

/* 1, or 0 if the line is no field. */
static int field(struct message *m, struct line l, int trailer)
{
	size_t n = token(l.at, l.at + l.len);
	struct line name = {l.at, n}, value;

	if (n == 0 || n == l.len || l.at[n] != ':')
		return 0;
	value = trimmed(l.at + n + 1, l.at + l.len);
	if (trailer)
		return !is(name, "Content-Length") && !is(name, "Transfer-Encoding");
	if (is(name, "Host")) {
		m->hosts++;
		m->wrong |= !is_authority(value);
	} else if (is(name, "Content-Length")) {
		m->wrong |= memchr(l.at, '\t', l.len) != NULL;
		field_length(m, value);
	} else if (is(name, "Transfer-Encoding")) {
		m->codings++;
		m->wrong |= memchr(l.at, '\t', l.len) != NULL;
		m->chunked = is(value, "chunked");
	} else if (is(name, "Expect")) {
		m->expectations++;
		m->expects = is(value, "100-continue");
	} else if (is(name, "Connection")) {
		field_connection(m, value);
	}
	return 1;
}

static int fields(struct reference *r, struct message *m, int trailer)
{
	struct line l;

	for (int n = 0;; n++) {
		if (!next_line(r, &l))
			return 0;
		if (l.len == 0)
			return 1;
		if ((!trailer && n == MOST_FIELDS) || !field(m, l, trailer))
			return 0;
	}
}

static int is_sound(const struct message *m)
{
	if (m->wrong || m->hosts > 1 || (m->hosts == 0 && m->minor == 1))
		return 0;
	if (m->codings + m->lengths > 1 || (m->codings && (!m->chunked || m->minor == 0)))
		return 0;
	return m->minor == 0 || m->expectations == 0 || (m->expectations == 1 && m->expects);
}

/* ---- bodies ---------------------------------------------------------------------- */

static void see(struct reference *r, const char *bytes, size_t len)
{
	r->seen = realloc(r->seen, r->seen_len + len + 1);
	memcpy(r->seen + r->seen_len, bytes, len);
	r->seen_len += len;
	r->seen[r->seen_len] = '\0';
}

static int data(struct reference *r, unsigned long long len)
{
	if (len > (size_t)(r->end - r->at))
		return 0;
	see(r, r->at, (size_t)len);
	r->at += len;
	return 1;
}

/* *( ";" name [ "=" ( token / quoted-string ) ] ), as far as the end of the line. */
static int is_extension(const char *at, const char *end)
{
	if (end - at > MOST_EXTENSION)
		return 0;
	while (at < end) {
		size_t n = *at == ';' ? token(at + 1, end) : 0;

		at += 1 + n;
		if (n == 0)
			return 0;
		if (at == end || *at != '=')
			continue;
		n = token(++at, end);
		if (n == 0 && at < end && *at == '"') {
			for (n = 1; at + n < end && at[n] != '"'; n++) {
				if (at[n] < 0)
					return 0;
				n += at[n] == '\\';
			}
			n = at + n < end ? n + 1 : 0;
		}
		if (n == 0)
			return 0;
		at += n;
	}
	return 1;
}

static int chunks(struct reference *r, struct message *m)
{
	for (;;) {
		struct line l;
		size_t digits = 0;
		unsigned long long len = 0;

		if (!next_line(r, &l))
			return 0;
		for (; digits < l.len && isxdigit((unsigned char)l.at[digits]); digits++) {
			char digit[2] = {l.at[digits], '\0'};

			len = len * 16 + strtoul(digit, NULL, 16);
		}
		if (digits == 0 || digits > 16 || !is_extension(l.at + digits, l.at + l.len))
			return 0;
		if (len == 0)
			return fields(r, m, 1);
		if (!data(r, len) || r->end - r->at < 2 || memcmp(r->at, "\r\n", 2) != 0)
			return 0;
		r->at += 2;
	}
}

/* ---- all of it --------------------------------------------------------------------- */

/* Reads one request: 1 if another may follow, 0 if the connection is over. */
static int one_request(struct reference *r)
{
	struct message m = {0};
	size_t before = r->seen_len;

	if (r->end - r->at >= 2 && memcmp(r->at, "\r\n", 2) == 0)
		r->at += 2;
	if (r->at == r->end)
		return 0;
	r->refused = 1;
	if (!next_line(r, &m.request) || !request_line(&m) || !fields(r, &m, 0) || !is_sound(&m))
		return 0;
	see(r, m.request.at, m.request.len);
	see(r, "\n", 1);
	if (m.codings ? !chunks(r, &m) : !data(r, m.length)) {
		r->seen_len = before;
		return 0;
	}
	see(r, "\n", 1);
	r->refused = 0;
	return !m.close && (m.keep || m.minor == 1);
}

void reference_read(struct reference *r, const char *bytes, size_t len)
{
	*r = (struct reference){.at = bytes, .end = bytes + len};
	see(r, "", 0);
	while (one_request(r))
		;
	r->seen[r->seen_len] = '\0';
}
