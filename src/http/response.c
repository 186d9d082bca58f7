/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the head of a response. Input is what it shall say, output the text, in
 * one piece, with fields in an order that never changes. Pure: the date is given,
 * nothing is sent, and what framing fits a client is http/reply.c's decision. */
#include "http/response.h"

#include "http/date.h"
#include "http/text.h"

#include <string.h>

#define STATUS_FIRST 100
#define STATUS_DIGITS 3

/* The registry of RFC 9110 16.2.2 and the RFCs that added to it: a row for each number from
 * STATUS_FIRST on, as the status line has it; where none is registered it is empty. */
#define STATUS(number, phrase) \
	[number - STATUS_FIRST] = {#number " " phrase, sizeof(#number " " phrase) - 1}
static const struct http_text status_rows[] = {
	STATUS(100, "Continue"),
	STATUS(101, "Switching Protocols"),
	STATUS(200, "OK"),
	STATUS(201, "Created"),
	STATUS(202, "Accepted"),
	STATUS(203, "Non-Authoritative Information"),
	STATUS(204, "No Content"),
	STATUS(205, "Reset Content"),
	STATUS(206, "Partial Content"),
	STATUS(207, "Multi-Status"),
	STATUS(208, "Already Reported"),
	STATUS(226, "IM Used"),
	STATUS(300, "Multiple Choices"),
	STATUS(301, "Moved Permanently"),
	STATUS(302, "Found"),
	STATUS(303, "See Other"),
	STATUS(304, "Not Modified"),
	STATUS(305, "Use Proxy"),
	STATUS(307, "Temporary Redirect"),
	STATUS(308, "Permanent Redirect"),
	STATUS(400, "Bad Request"),
	STATUS(401, "Unauthorized"),
	STATUS(402, "Payment Required"),
	STATUS(403, "Forbidden"),
	STATUS(404, "Not Found"),
	STATUS(405, "Method Not Allowed"),
	STATUS(406, "Not Acceptable"),
	STATUS(407, "Proxy Authentication Required"),
	STATUS(408, "Request Timeout"),
	STATUS(409, "Conflict"),
	STATUS(410, "Gone"),
	STATUS(411, "Length Required"),
	STATUS(412, "Precondition Failed"),
	STATUS(413, "Content Too Large"),
	STATUS(414, "URI Too Long"),
	STATUS(415, "Unsupported Media Type"),
	STATUS(416, "Range Not Satisfiable"),
	STATUS(417, "Expectation Failed"),
	STATUS(418, "I'm a teapot"),
	STATUS(421, "Misdirected Request"),
	STATUS(422, "Unprocessable Content"),
	STATUS(423, "Locked"),
	STATUS(424, "Failed Dependency"),
	STATUS(425, "Too Early"),
	STATUS(426, "Upgrade Required"),
	STATUS(428, "Precondition Required"),
	STATUS(429, "Too Many Requests"),
	STATUS(431, "Request Header Fields Too Large"),
	STATUS(451, "Unavailable For Legal Reasons"),
	STATUS(500, "Internal Server Error"),
	STATUS(501, "Not Implemented"),
	STATUS(502, "Bad Gateway"),
	STATUS(503, "Service Unavailable"),
	STATUS(504, "Gateway Timeout"),
	STATUS(505, "HTTP Version Not Supported"),
	STATUS(506, "Variant Also Negotiates"),
	STATUS(507, "Insufficient Storage"),
	STATUS(508, "Loop Detected"),
	STATUS(511, "Network Authentication Required"),
};

#undef STATUS

/* Number and phrase; NULL where none is registered. */
static const struct http_text *status_row(int status)
{
	unsigned row = (unsigned)status - STATUS_FIRST;

	if (row >= sizeof(status_rows) / sizeof(status_rows[0]) || status_rows[row].len == 0)
		return NULL;
	return &status_rows[row];
}

const char *http_response_phrase(int status)
{
	const struct http_text *row = status_row(status);

	return row ? row->at + STATUS_DIGITS + 1 : "";
}

int http_response_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

/* ---- the text ---------------------------------------------------------------------- */

/* Text that is written piece by piece: each response has one of these, so no format is
 * parsed for it. */
struct writer {
	char *at, *end; /* end: one before what is there, for the terminator */
	int overflowed;
};

static inline void writer_add_bytes(struct writer *writer, const char *piece, size_t len)
{
	if (len > (size_t)(writer->end - writer->at)) {
		writer->overflowed = 1;
		return;
	}
	memcpy(writer->at, piece, len);
	writer->at += len;
}

/* Of a literal the length is known when it is compiled. */
static inline void writer_add(struct writer *writer, const char *piece)
{
	writer_add_bytes(writer, piece, strlen(piece));
}

static void writer_add_number(struct writer *writer, uint64_t number)
{
	char digits[20], *const end = digits + sizeof(digits), *first = end;

	do {
		*--first = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	writer_add_bytes(writer, first, (size_t)(end - first));
}

/* A field, if it has a value. */
static inline void writer_add_field(struct writer *writer, const char *name, const char *value)
{
	if (value == NULL)
		return;
	writer_add(writer, name);
	writer_add(writer, value);
	writer_add(writer, "\r\n");
}

/* The field that tells the end of the body. */
static void writer_add_framing(struct writer *writer, const struct http_response *response)
{
	if (response->framing == HTTP_FRAMING_LENGTH) {
		writer_add(writer, "Content-Length: ");
		writer_add_number(writer, response->length);
		writer_add(writer, "\r\n");
	} else if (response->framing == HTTP_FRAMING_CHUNKED) {
		writer_add(writer, "Transfer-Encoding: chunked\r\n");
	}
}

static void writer_add_status(struct writer *writer, int status)
{
	const struct http_text *row = status_row(status);

	writer_add(writer, "HTTP/1.1 ");
	if (row) {
		writer_add_bytes(writer, row->at, row->len);
	} else {
		writer_add_number(writer, (uint64_t)status);
		writer_add(writer, " ");
	}
	writer_add(writer, "\r\n");
}

int http_response_head(char *text, size_t size, const struct http_response *response)
{
	struct writer writer = {.at = text, .end = text + size - 1};

	writer_add_status(&writer, response->status);
	writer_add(&writer, "Date: ");
	writer_add_bytes(&writer, response->date, HTTP_DATE_TEXT - 1);
	writer_add(&writer, "\r\n");
	writer_add_field(&writer, "Content-Type: ", response->type);
	writer_add_framing(&writer, response);
	if (response->fields)
		writer_add(&writer, response->fields);
	writer_add_field(&writer, "Connection: ", response->connection);
	writer_add(&writer, "\r\n");
	*writer.at = '\0';
	return writer.overflowed ? -1 : (int)(writer.at - text);
}
