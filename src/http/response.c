/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the head of a response. Input is what it shall say, output the text, in
 * one piece, with fields in an order that never changes. Pure: the date is given,
 * nothing is sent, and what framing fits a client is http/reply.c's decision. */
#include "http/response.h"

#include <string.h>

struct status_row {
	int status;
	const char *phrase;
};

/* The registry of RFC 9110 16.2.2 and the RFCs that added to it. */
static const struct status_row status_rows[] = {
	{100, "Continue"},
	{101, "Switching Protocols"},
	{200, "OK"},
	{201, "Created"},
	{202, "Accepted"},
	{203, "Non-Authoritative Information"},
	{204, "No Content"},
	{205, "Reset Content"},
	{206, "Partial Content"},
	{207, "Multi-Status"},
	{208, "Already Reported"},
	{226, "IM Used"},
	{300, "Multiple Choices"},
	{301, "Moved Permanently"},
	{302, "Found"},
	{303, "See Other"},
	{304, "Not Modified"},
	{305, "Use Proxy"},
	{307, "Temporary Redirect"},
	{308, "Permanent Redirect"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{402, "Payment Required"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{407, "Proxy Authentication Required"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{411, "Length Required"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{416, "Range Not Satisfiable"},
	{417, "Expectation Failed"},
	{418, "I'm a teapot"},
	{421, "Misdirected Request"},
	{422, "Unprocessable Content"},
	{423, "Locked"},
	{424, "Failed Dependency"},
	{425, "Too Early"},
	{426, "Upgrade Required"},
	{428, "Precondition Required"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{451, "Unavailable For Legal Reasons"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Gateway Timeout"},
	{505, "HTTP Version Not Supported"},
	{506, "Variant Also Negotiates"},
	{507, "Insufficient Storage"},
	{508, "Loop Detected"},
	{511, "Network Authentication Required"},
};

const char *http_response_phrase(int status)
{
	for (size_t i = 0; i < sizeof(status_rows) / sizeof(status_rows[0]); i++)
		if (status_rows[i].status == status)
			return status_rows[i].phrase;
	return "";
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

static void writer_add_bytes(struct writer *writer, const char *piece, size_t len)
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

int http_response_head(char *text, size_t size, const struct http_response *response)
{
	struct writer writer = {.at = text, .end = text + size - 1};

	writer_add(&writer, "HTTP/1.1 ");
	writer_add_number(&writer, (uint64_t)response->status);
	writer_add(&writer, " ");
	writer_add(&writer, http_response_phrase(response->status));
	writer_add(&writer, "\r\n");
	writer_add_field(&writer, "Date: ", response->date);
	writer_add_field(&writer, "Content-Type: ", response->type);
	writer_add_framing(&writer, response);
	if (response->fields)
		writer_add(&writer, response->fields);
	writer_add_field(&writer, "Connection: ", response->connection);
	writer_add(&writer, "\r\n");
	*writer.at = '\0';
	return writer.overflowed ? -1 : (int)(writer.at - text);
}
