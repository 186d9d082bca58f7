/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_REFUSALS_H
#define HTTP_REFUSALS_H

/* The one table of reasons for which the server itself refuses a request and
 * closes the connection: the status that it answers, the sentence in the body of
 * the answer; each is counted. What a handler answers (404, 405, ...) is not here.
 *
 *   X(NAME, status, "sentence") */

// clang-format off
#define HTTP_REFUSALS(X) \
	X(NONE, 0, "") \
	/* lines (RFC 9112 2.2, 3, 5) */ \
	X(LINE_END, 400, "a line does not end with CRLF") \
	X(BARE_CR, 400, "a CR stands inside a line") \
	X(CONTROL, 400, "a control character stands in a line") \
	X(EMPTY_LINES, 400, "more than one empty line before the request") \
	X(REQUEST_LINE, 400, "the first line is not METHOD TARGET HTTP/VERSION") \
	X(OLD_VERSION, 400, "HTTP/0.9 is not spoken here") \
	X(VERSION, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here") \
	X(METHOD, 501, "this method is not implemented") \
	X(TARGET_LONG, 414, "the request line is too long") \
	X(TARGET, 400, "the request target is malformed") \
	X(TARGET_ESCAPE, 400, "the request target has a percent escape that is malformed or NUL") \
	X(FIELD_LONG, 431, "a header line is too long") \
	X(HEAD_LONG, 431, "the header is too long") \
	X(FIELDS_MANY, 431, "too many header fields") \
	X(FOLDED, 400, "a header line begins with white space") \
	X(FIELD_NAME, 400, "a header line is not NAME: VALUE") \
	/* what the header says (RFC 9112 3.2, 6.1, 6.3; RFC 9110 10.1.1) */ \
	X(HOST_MISSING, 400, "HTTP/1.1 needs a Host field") \
	X(HOST_MANY, 400, "more than one Host field") \
	X(HOST, 400, "the Host field is malformed") \
	X(LENGTH, 400, "Content-Length is not a number") \
	X(LENGTH_EXTRA, 400, "Content-Length stands twice or beside Transfer-Encoding") \
	X(CODING, 400, "Transfer-Encoding is something else than chunked") \
	X(CODING_OLD, 400, "Transfer-Encoding in HTTP/1.0") \
	X(EXPECTATION, 417, "the only expectation that can be met is 100-continue") \
	X(PARSER, 400, "the header is malformed") \
	/* the body (RFC 9112 7.1) */ \
	X(CHUNK_SIZE, 400, "a chunk size is malformed") \
	X(CHUNK_EXTENSION, 400, "a chunk extension is malformed") \
	X(CHUNK_EXTENSION_LONG, 400, "a chunk extension is too long") \
	X(CHUNK_EXTENSIONS_LONG, 400, "the chunk extensions are too long in all") \
	X(CHUNK_END, 400, "a chunk does not end with CRLF") \
	X(TRAILER, 400, "a trailer field would change how the body is framed") \
	X(TRAILERS_LONG, 431, "the trailer fields are too long") \
	X(BODY_LONG, 413, "the body is too long") \
	X(BODY_PARSER, 400, "the body is malformed") \
	X(ENDED_EARLY, 400, "the connection ended inside the request") \
	/* time and resources */ \
	X(HEAD_SLOW, 408, "the header did not arrive in time") \
	X(BODY_SLOW, 408, "the body did not arrive in time") \
	X(NO_MEMORY, 503, "out of memory")
// clang-format on

#define HTTP_REFUSAL_ENUMERATOR(name, status, sentence) HTTP_REFUSAL_##name,
enum http_refusal { HTTP_REFUSALS(HTTP_REFUSAL_ENUMERATOR) HTTP_N_REFUSALS };
#undef HTTP_REFUSAL_ENUMERATOR

/* http_refusals_status, http_refusals_sentence: the table's columns;
 * http_refusals_name: the row's name. Static storage. A value outside the table is
 * the caller's bug and asserts. */
int http_refusals_status(enum http_refusal refusal);
const char *http_refusals_sentence(enum http_refusal refusal);
const char *http_refusals_name(enum http_refusal refusal);

#endif
