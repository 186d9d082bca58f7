/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the head of a response. Input is what it shall say, output the text, in
 * one piece, with fields in an order that never changes. Pure: the date is given,
 * nothing is sent, and what framing fits a client is http/reply.c's decision. */
#include "http/response.h"

#include <stdio.h>

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

/* The field that tells the end of the body. */
static void response_framing(char *text, size_t size, const struct http_response *response)
{
	text[0] = '\0';
	if (response->framing == HTTP_FRAMING_LENGTH)
		snprintf(text, size, "Content-Length: %llu\r\n",
			(unsigned long long)response->length);
	else if (response->framing == HTTP_FRAMING_CHUNKED)
		snprintf(text, size, "Transfer-Encoding: chunked\r\n");
}

int http_response_head(char *text, size_t size, const struct http_response *response)
{
	const char *type = response->type, *connection = response->connection;
	char framing[48];
	int len;

	response_framing(framing, sizeof(framing), response);
	len = snprintf(text, size,
		"HTTP/1.1 %d %s\r\n"
		"Date: %s\r\n"
		"%s%s%s" /* Content-Type */
		"%s"
		"%s"
		"%s%s%s" /* Connection */
		"\r\n",
		response->status, http_response_phrase(response->status), response->date,
		type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", framing,
		response->fields ? response->fields : "", connection ? "Connection: " : "",
		connection ? connection : "", connection ? "\r\n" : "");
	return len >= 0 && (size_t)len < size ? len : -1;
}
