/* SPDX-License-Identifier: BSD-3-Clause */

/* What is a request and what is not: ATTACKS.md H01 to H03. Each vector is fed whole,
 * byte by byte, and cut in two at every point, always with a second request behind
 * it; the statuses must be the same each time, and behind a refusal the second
 * request must not be seen. */

#include "http_rig.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>

#define NEXT "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"

struct vector {
	const char *statuses; /* of the responses, the one to NEXT among them */
	const char *body;     /* that the handler is to read; NULL: not looked at */
	const char *bytes;
	size_t len;
};

/* OK is answered and so is NEXT behind it; NO is refused, NEXT is never seen. */
#define OK(bytes) \
	{ \
		"200 200 ", NULL, bytes, sizeof(bytes) - 1 \
	}
#define BODY(body, bytes) \
	{ \
		"200 200 ", body, bytes, sizeof(bytes) - 1 \
	}
#define LAST(bytes) \
	{ \
		"200 ", NULL, bytes, sizeof(bytes) - 1 \
	}
#define NO(status, bytes) \
	{ \
#status " ", NULL, bytes, sizeof(bytes) - 1 \
	}

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define END "\r\n"

// clang-format off
static const struct vector lines[] = { /* H02 */
	OK(GET HOST END),
	OK(END GET HOST END), /* RFC 9112 2.2: one empty line before it is passed over */
	NO(400, END END GET HOST END),
	NO(400, "\n" GET HOST END),
	NO(400, "\r\r\n" GET HOST END),
	NO(400, " " GET HOST END),
	NO(400, "\t" GET HOST END),
	/* bare LF, in each place */
	NO(400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a\n\n"),
	NO(400, "GET / HTTP/1.1\n\n"),
	/* bare CR, in each place */
	NO(400, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n"),
	NO(400, "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GE\rT / HTTP/1.1\r\nHost: a\r\n\r\n"),
	/* HTTP/0.9 */
	NO(400, "GET /\r\n"),
	NO(400, "GET /\r\n\r\n"),
	NO(400, "GET / \r\n\r\n"),
	NO(400, "GET / HTTP/0.9\r\n\r\n"),
	NO(400, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
	/* versions */
	NO(505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
	NO(505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
	NO(505, "GET / HTTP/9.9\r\nHost: a\r\n\r\n"),
	NO(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	NO(400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/1\r\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/1.\r\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/a.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP 1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
	NO(400, "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n"),
	NO(400, "GET / RTSP/1.0\r\nHost: a\r\n\r\n"),
	NO(400, "GET / ICE/1.0\r\nHost: a\r\n\r\n"),
	/* spaces in the request line */
	NO(400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET\r\nHost: a\r\n\r\n"),
	NO(400, "/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	/* methods */
	OK("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(501, "Get / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(501, "FROBNICATE / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(501, "DESCRIBE / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(501, "SOURCE / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "G\"T / HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n"),
	/* targets */
	OK("GET /?a HTTP/1.1\r\nHost: a\r\n\r\n"),
	OK("GET //x HTTP/1.1\r\nHost: a\r\n\r\n"),
	OK("GET /%41%2f HTTP/1.1\r\nHost: a\r\n\r\n"),
	OK("GET /?%zz HTTP/1.1\r\nHost: a\r\n\r\n"), /* a query is the handler's */
	OK("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	OK("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"),
	OK("GET HTTP://a:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n"),
	OK("GET http://[::1]:80/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	OK("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET x HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET ?x HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET http:/a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /% HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /%g0 HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /%-1 HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"),
	NO(400, "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"),
	/* fields */
	OK(GET "host:a\r\n\r\n"),
	OK(GET "HOST: \t a \t \r\n\r\n"),
	OK(GET HOST "X:\r\n\r\n"),
	OK(GET HOST "X:y\r\nX: \xff\r\n\r\n"),
	OK(GET HOST "!#$%&'*+-.^_`|~0aA: x\r\n\r\n"),
	OK(GET HOST "X: a:b\tc\r\n\r\n"),
	NO(400, GET HOST "X : y\r\n\r\n"),
	NO(400, GET HOST "X\t: y\r\n\r\n"),
	NO(400, GET HOST " X: y\r\n\r\n"),
	NO(400, GET " Host: a\r\n\r\n"),
	NO(400, GET HOST "X: y\r\n z\r\n\r\n"),
	NO(400, GET HOST "X: y\r\n\tz\r\n\r\n"),
	NO(400, GET HOST "X: y\r\n \r\n\r\n"),
	NO(400, GET HOST ": y\r\n\r\n"),
	NO(400, GET HOST "X\r\n\r\n"),
	NO(400, GET HOST "X y: z\r\n\r\n"),
	NO(400, GET HOST "X\0: y\r\n\r\n"),
	NO(400, GET HOST "X: y\0z\r\n\r\n"),
	NO(400, GET HOST "X: \x01\r\n\r\n"),
	NO(400, GET HOST "X: \x7f\r\n\r\n"),
	NO(400, GET HOST "X: \x0b\r\n\r\n"),
	NO(400, GET HOST "\xc3\xa4: y\r\n\r\n"),
	NO(400, GET HOST "X(y): z\r\n\r\n"),
	NO(400, GET HOST "X@: z\r\n\r\n"),
	/* Host */
	OK(GET "Host:\r\n\r\n"),
	OK(GET "Host: a.b:8080\r\n\r\n"),
	OK(GET "Host: [fd00:e7::2]:80\r\n\r\n"),
	OK(GET "Host: a:\r\n\r\n"),
	NO(400, GET END),
	NO(400, GET "X: y\r\n\r\n"),
	NO(400, GET HOST HOST END),
	NO(400, GET HOST "host: b\r\n\r\n"),
	NO(400, GET "Host: a b\r\n\r\n"),
	NO(400, GET "Host: a, b\r\n\r\n"),
	NO(400, GET "Host: a/b\r\n\r\n"),
	NO(400, GET "Host: u@a\r\n\r\n"),
	NO(400, GET "Host: a:b\r\n\r\n"),
	NO(400, GET "Host: [::1\r\n\r\n"),
	NO(400, GET "Host: [x]\r\n\r\n"),
	NO(400, GET "Host: []\r\n\r\n"),
	NO(400, GET "Host: [:]\r\n\r\n"),
	NO(400, GET "Host: \xe4\r\n\r\n"),
	LAST("GET / HTTP/1.0\r\n\r\n"),
	OK("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
	NO(400, "GET / HTTP/1.0\r\n" HOST HOST END),
	/* Connection, Upgrade, Expect */
	LAST(GET HOST "Connection: close\r\n\r\n"),
	LAST(GET HOST "Connection: keep-alive, close\r\n\r\n"),
	LAST(GET HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n"),
	LAST("GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n"),
	OK(GET HOST "Connection: x\r\n\r\n"),
	OK(GET HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
	OK(GET HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n"),
	BODY("hello", POST "Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\nhello"),
	NO(417, POST "Expect: magic\r\nContent-Length: 5\r\n\r\nhello"),
	NO(417, POST "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"),
	OK(GET HOST "Expect: 100-continue\r\n\r\n"), /* without a body it means nothing */
};

static const struct vector framing[] = { /* H01 */
	BODY("hello", POST "Content-Length: 5\r\n\r\nhello"),
	BODY("", POST "Content-Length: 0\r\n\r\n"),
	BODY("", POST END),
	BODY("hello", POST "Content-Length: 0000000005\r\n\r\nhello"),
	BODY("hello", POST "content-length:5  \r\n\r\nhello"),
	BODY("hello", "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"),
	BODY("hello", CHUNKED "5\r\nhello\r\n0\r\n\r\n"),
	BODY("hello", POST "transfer-encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
	BODY("", CHUNKED "0\r\n\r\n"),
	/* two lengths, alike or not */
	NO(400, POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello"),
	NO(400, POST "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello"),
	NO(400, POST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
	NO(400, POST "Content-Length: 5, 5\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5,5\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5, 6\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5,\r\n\r\nhello"),
	NO(400, POST "Content-Length: ,5\r\n\r\nhello"),
	/* what is no number */
	NO(400, POST "Content-Length:\r\n\r\n"),
	NO(400, POST "Content-Length: 5\t\r\n\r\nhello"), /* parsers differ about it */
	NO(400, POST "Content-Length:\t5\r\n\r\nhello"),
	NO(400, POST "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Content-Length: \r\n\r\n"),
	NO(400, POST "Content-Length: +5\r\n\r\nhello"),
	NO(400, POST "Content-Length: -5\r\n\r\nhello"),
	NO(400, POST "Content-Length: -0\r\n\r\n"),
	NO(400, POST "Content-Length: 0x5\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5.0\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5e0\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5 5\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5a\r\n\r\nhello"),
	NO(400, POST "Content-Length: a5\r\n\r\nhello"),
	NO(400, POST "Content-Length: \"5\"\r\n\r\nhello"),
	NO(400, POST "Content-Length: 5;\r\n\r\nhello"),
	NO(400, POST "Content-Length: 9223372036854775808\r\n\r\nhello"),
	NO(400, POST "Content-Length: 18446744073709551615\r\n\r\nhello"),
	NO(400, POST "Content-Length: 18446744073709551616\r\n\r\nhello"),
	NO(400, POST "Content-Length: 18446744073709551621\r\n\r\nhello"),
	NO(400, POST "Content-Length: 99999999999999999999999999\r\n\r\nhello"),
	NO(413, POST "Content-Length: 9223372036854775807\r\n\r\nhello"),
	/* length and coding together, in both orders */
	NO(400, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"),
	/* codings that are not "chunked", once and alone */
	NO(400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunke\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked x\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked\r\n , identity\r\n\r\n0\r\n\r\n"),
	NO(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	NO(400, "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	OK(POST "TransferEncoding: chunked\r\n\r\n"), /* another name is another field */
	OK(POST "Content_Length: 5\r\n\r\n"),
	/* a request inside a body stays inside (CL.0) */
	BODY("GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
		POST "Content-Length: 28\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
	BODY("GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\n" HOST "Content-Length: 28\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
	LAST("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"),
};

static const struct vector chunks[] = { /* H03 */
	BODY("hello world", CHUNKED "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
	BODY("hello", CHUNKED "5;a\r\nhello\r\n0\r\n\r\n"),
	BODY("hello", CHUNKED "5;a=b\r\nhello\r\n0;c=\"d e\"\r\n\r\n"),
	BODY("hello", CHUNKED "5;a=b;c=\"d\\\"\";e\r\nhello\r\n0\r\n\r\n"),
	BODY("hello", CHUNKED "05\r\nhello\r\n00\r\n\r\n"),
	BODY("hello", CHUNKED "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n"),
	BODY("0123456789", CHUNKED "a\r\n0123456789\r\n0\r\n\r\n"),
	BODY("0123456789", CHUNKED "A\r\n0123456789\r\n0\r\n\r\n"),
	BODY("\r\n", CHUNKED "2\r\n\r\n\r\n0\r\n\r\n"),
	BODY("hello", CHUNKED "5\r\nhello\r\n0\r\nX: y\r\nZ:\r\n\r\n"),
	BODY("GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
		CHUNKED "1c\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n\r\n0\r\n\r\n"),
	/* sizes that are none */
	NO(400, CHUNKED "\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED " 5\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5 \r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5\t\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5 ;a=b\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "+5\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "-5\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "-0\r\n\r\n"),
	NO(400, CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "x\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5h\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5,\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5\0\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED ";a\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "00000000000000005\r\nhello\r\n0\r\n\r\n"), /* 17 digits */
	NO(400, CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n"), /* 2^64 + 5 */
	NO(400, CHUNKED "8000000000000000\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
	NO(413, CHUNKED "7fffffffffffffff\r\nhello\r\n0\r\n\r\n"),
	/* line ends */
	NO(400, CHUNKED "5\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5\rhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5\r\nhello\n0\r\n\r\n"),
	NO(400, CHUNKED "5\r\nhello\r0\r\n\r\n"),
	NO(400, CHUNKED "5\r\nhello0\r\n\r\n"),
	NO(400, CHUNKED "5\r\nhello!\r\n0\r\n\r\n"), /* longer than said */
	NO(400, CHUNKED "5\r\nhell\r\n0\r\n\r\n"),   /* shorter */
	NO(400, CHUNKED "5\r\nhello\r\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5\r\nhello\r\n0\n\r\n"),
	NO(400, CHUNKED "5\r\nhello\r\n0\r\n\n"),
	NO(400, CHUNKED "5\r\nhello\r\n0\r\n\rX"),
	NO(400, CHUNKED "5\r\nhello\r\n\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5\r\nhello\r\n0\r\nX"), /* NEXT runs into the trailer */
	/* extensions (CVE-2025-55315: a bare LF in one) */
	NO(400, CHUNKED "5;a\nX\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a\rX\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a\0b\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a=\x01\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;(\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a;\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a=\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a =b\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a=\"b\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a=b\"c\"\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "5;a=\"\x80\"\r\nhello\r\n0\r\n\r\n"),
	NO(400, CHUNKED "0;\n\r\n"),
	/* trailers */
	NO(400, CHUNKED "0\r\nContent-Length: 99\r\n\r\n"), /* GHSA-2gmv */
	NO(400, CHUNKED "0\r\ncontent-length: 0\r\n\r\n"),
	NO(400, CHUNKED "0\r\nTransfer-Encoding: chunked\r\n\r\n"),
	NO(400, CHUNKED "0\r\nTransfer-Encoding: identity\r\n\r\n"),
	NO(400, CHUNKED "0\r\nX : y\r\n\r\n"),
	NO(400, CHUNKED "0\r\n X: y\r\n\r\n"),
	NO(400, CHUNKED "0\r\nX\r\n\r\n"),
	NO(400, CHUNKED "0\r\nX: y\n\r\n"),
	NO(400, CHUNKED "0\r\nX: y\rz\r\n\r\n"),
	NO(400, CHUNKED "0\r\nX: \0\r\n\r\n"),
	NO(400, CHUNKED "0\r\n: y\r\n\r\n"),
	NO(400, CHUNKED "0\r\nX: y\r\n z\r\n\r\n"),
};
// clang-format on

/* ---- a handler that reads every body, then says 200 -------------------------- */

struct seen {
	struct evbuffer *body;
	int requests, next; /* calls of the handler; those for /next */
};

static void seen_body(struct http_exchange *x, struct evbuffer *data)
{
	struct seen *seen = http_exchange_get_arg(x);

	if (seen->next == 0)
		evbuffer_add_buffer(seen->body, data);
}

static void seen_end(struct http_exchange *x)
{
	http_reply_text(x, 200, "ok\n");
}

static void seen_handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	static const struct http_exchange_ops ops = {.body = seen_body, .body_end = seen_end};
	struct seen *seen = arg;

	seen->requests++;
	if (strcmp(request->path, "/next") == 0)
		seen->next++;
	http_exchange_take(x, &ops);
}

/* ---- feeding ------------------------------------------------------------------- */

/* Feeds vector and NEXT in pieces that end at the given cut, or singly if it is 0. */
static void feed(
	struct rig *rig, const struct vector *vector, size_t cut, struct seen *seen, char *statuses)
{
	size_t len = vector->len + sizeof(NEXT) - 1;
	char *bytes = malloc(len);
	struct rig_client *client = rig_connect(rig);

	memcpy(bytes, vector->bytes, vector->len);
	memcpy(bytes + vector->len, NEXT, sizeof(NEXT) - 1);
	*seen = (struct seen){.body = evbuffer_new()};
	rig->config.handler_arg = seen;
	for (size_t at = 0; at < len;) {
		size_t n = cut == 0 ? 1 : at < cut ? cut : len - at;

		rig_send(client, bytes + at, n < len - at ? n : len - at);
		rig_take_all(client);
		at += n;
	}
	rig_statuses(client, 0, statuses, 64);
	rig_end(client, 0);
	rig_take_all(client);
	assert_true(client->freed);
	free(bytes);
}

static void check(const struct vector *vector, size_t i, size_t cut)
{
	char statuses[64], *body;
	struct seen seen;
	struct rig rig;

	rig_init(&rig, seen_handle, &seen);
	rig_start(&rig);
	feed(&rig, vector, cut, &seen, statuses);
	if (strcmp(statuses, vector->statuses) != 0)
		fail_msg("vector %zu, cut %zu: %s, not %s: %.*s", i, cut, statuses,
			vector->statuses, (int)vector->len, vector->bytes);
	if (strcmp(vector->statuses, "200 200 ") != 0 && seen.next != 0)
		fail_msg("vector %zu, cut %zu: a second request was seen", i, cut);
	evbuffer_add(seen.body, "", 1);
	body = (char *)evbuffer_pullup(seen.body, -1);
	if (vector->body)
		assert_string_equal(body, vector->body);
	evbuffer_free(seen.body);
	rig_free(&rig);
}

static void check_all(const struct vector *vectors, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t cut = 0; cut <= vectors[i].len + 1; cut++)
			check(&vectors[i], i, cut);
	print_message("%zu vectors\n", n);
}

#define CHECK_ALL(vectors) check_all(vectors, sizeof(vectors) / sizeof(vectors[0]))

/* RFC 9112 2.2, 3, 5, RFC 9110 7.2 */
static void malformed_lines_are_refused_and_hide_no_second_request(void **state)
{
	(void)state;
	CHECK_ALL(lines);
}

/* RFC 9112 6.1, 6.3 */
static void ambiguous_lengths_are_refused_and_hide_no_second_request(void **state)
{
	(void)state;
	CHECK_ALL(framing);
}

/* RFC 9112 7.1 */
static void malformed_chunks_are_refused_and_hide_no_second_request(void **state)
{
	(void)state;
	CHECK_ALL(chunks);
}

/* ---- which refusal -------------------------------------------------------------- */

/* Each refusal is told apart and counted by the reason that is meant, not by whatever
 * comes next: a rule that is gone is seen even where another still refuses. */
static void each_refusal_is_counted_by_its_own_name(void **state)
{
#define WHY(name, bytes) \
	{ \
		HTTP_REFUSAL_##name, bytes, sizeof(bytes) - 1 \
	}
	static const struct {
		enum http_refusal refusal;
		const char *bytes;
		size_t len;
	} cases[] = {
		WHY(LINE_END, "GET / HTTP/1.1\n"),
		WHY(BARE_CR, "GET /\r HTTP/1.1\r\n"),
		WHY(CONTROL, GET HOST "X: \x7f\r\n"),
		WHY(CONTROL, GET HOST "X: \0\r\n"),
		WHY(EMPTY_LINES, "\r\n\r\n"),
		WHY(REQUEST_LINE, "GET /  HTTP/1.1\r\n"),
		WHY(OLD_VERSION, "GET /\r\n"),
		WHY(OLD_VERSION, "GET / HTTP/0.9\r\n"),
		WHY(VERSION, "GET / HTTP/2.0\r\n"),
		WHY(METHOD, "CONNECT a:1 HTTP/1.1\r\n"),
		WHY(TARGET, "GET /#x HTTP/1.1\r\n"),
		WHY(TARGET, "GET x HTTP/1.1\r\n" HOST END),
		WHY(TARGET_ESCAPE, "GET /%00 HTTP/1.1\r\n" HOST END),
		WHY(FOLDED, GET HOST " X: y\r\n"),
		WHY(FIELD_NAME, GET HOST "X : y\r\n"),
		WHY(HOST_MISSING, GET END),
		WHY(HOST_MANY, GET HOST HOST END),
		WHY(HOST, GET "Host: a b\r\n\r\n"),
		WHY(LENGTH, POST "Content-Length: 5\t\r\n"),
		WHY(LENGTH, POST "Content-Length: +5\r\n\r\n"),
		WHY(LENGTH_EXTRA, POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
		WHY(CODING, POST "Transfer-Encoding: gzip\r\n\r\n"),
		WHY(CODING, POST "Transfer-Encoding: chunked\t\r\n"),
		WHY(CODING_OLD, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
		WHY(EXPECTATION, POST "Expect: x\r\n\r\n"),
		WHY(CHUNK_SIZE, CHUNKED "x\r\n"),
		WHY(CHUNK_EXTENSION, CHUNKED "5;=\r\n"),
		WHY(CHUNK_END, CHUNKED "1\r\nx\rx"),
		WHY(CHUNK_END, CHUNKED "1\r\nxx"),
		WHY(TRAILER, CHUNKED "0\r\nContent-Length: 5\r\n"),
		WHY(BODY_LONG, POST "Content-Length: 1048577\r\n\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint64_t *refused;
		struct seen seen = {.body = evbuffer_new()};
		struct rig rig;

		rig_init(&rig, seen_handle, &seen);
		rig_start(&rig);
		rig_send(rig_connect(&rig), cases[i].bytes, cases[i].len);
		refused = http_server_get_counters(rig.server)->refused;
		for (int refusal = 1; refusal < HTTP_N_REFUSALS; refusal++)
			if (refused[refusal] != (refusal == (int)cases[i].refusal))
				fail_msg("case %zu: %s", i, http_refusals_name(refusal));
		rig_free(&rig);
		evbuffer_free(seen.body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_lines_are_refused_and_hide_no_second_request),
		cmocka_unit_test(ambiguous_lengths_are_refused_and_hide_no_second_request),
		cmocka_unit_test(malformed_chunks_are_refused_and_hide_no_second_request),
		cmocka_unit_test(each_refusal_is_counted_by_its_own_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
