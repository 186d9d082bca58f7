/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target F6 of the test plan: the HTTP server against a strict reference parser.
 *
 * In: one byte that chooses, then what a client sends before it closes its half.
 *      bit 0     up to three pieces of a dictionary are put in first, at places that
 *                follow from the bytes
 * Out: nothing, or an abort.
 *
 * Beyond "no crash": the same requests are seen, with the same bodies, and the same
 * is refused, whether the bytes arrive at once, singly or cut at random; and both are
 * what the reference parser sees. Each request seen gets one response, a refused one
 * gets one more, then the connection ends. */

#include "fuzz/http_reference.h"
#include "fuzz/memory.h"
#include "fuzz/target.h"
#include "http/reply.h"
#include "http/server.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WITH_DICTIONARY = 1, MOST_BYTES = 8192 };

/* ---- a client and what was seen of it ------------------------------------------- */

struct client {
	struct http_stream stream; /* first */
	struct evbuffer *seen;     /* requests in order: line, newline, body, newline */
	struct evbuffer *body;     /* of the request at hand, behind its line */
	int requests, finished, over;
};

static void stream_start(struct http_stream *stream)
{
	(void)stream;
}

static void stream_finish(struct http_stream *stream)
{
	((struct client *)stream)->finished = 1;
}

static void stream_over(struct http_stream *stream)
{
	((struct client *)stream)->over = 1;
}

static void stream_info(const struct http_stream *stream, struct http_stream_info *info)
{
	(void)stream;
	*info = (struct http_stream_info){0};
}

static void stream_waiting(const struct http_stream *stream, uint64_t *in, uint64_t *out)
{
	*in = evbuffer_get_length(stream->input);
	*out = 0;
}

static const struct http_stream_ops stream_ops = {
	.start = stream_start,
	.finish = stream_finish,
	.free = stream_over,
	.abort = stream_over,
	.info = stream_info,
	.waiting = stream_waiting,
};

/* ---- a handler that reads every body and answers 200 ------------------------------ */

static void on_body(struct http_exchange *x, struct evbuffer *data)
{
	evbuffer_add_buffer(((struct client *)http_exchange_get_arg(x))->body, data);
}

static void on_body_end(struct http_exchange *x)
{
	struct client *client = http_exchange_get_arg(x);

	evbuffer_add_buffer(client->seen, client->body);
	evbuffer_add(client->seen, "\n", 1);
	client->requests++;
	http_reply_whole(x, &(struct http_reply){.status = 200}, "", 0);
}

static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	static const struct http_exchange_ops ops = {.body = on_body, .body_end = on_body_end};
	struct client *client = arg;

	evbuffer_drain(client->body, evbuffer_get_length(client->body));
	evbuffer_add(client->body, request->line.at, request->line.len);
	evbuffer_add(client->body, "\n", 1);
	http_exchange_take(x, &ops);
}

/* ---- a world without time ------------------------------------------------------------ */

static uint64_t world_us(void *arg)
{
	(void)arg;
	return 1;
}

static const struct evtcp_world world = {
	.now_us = world_us,
	.wall_us = world_us,
	.alloc = fuzz_alloc,
	.realloc = fuzz_realloc,
	.free = fuzz_free,
};

/* ---- feeding -------------------------------------------------------------------------- */

/* The status of the last response in output, 0 if there is none; *n counts the final
 * ones. */
static int responses(struct evbuffer *output, int *n)
{
	size_t len = evbuffer_get_length(output);
	const char *text = len ? (const char *)evbuffer_pullup(output, -1) : "";
	int last = 0;

	*n = 0;
	for (const char *at = text; (size_t)(at - text) + 12 < len; at++) {
		/* Refusals speak of "HTTP/1.1", too, but with no number behind it. */
		if (memcmp(at, "HTTP/1.1 ", 9) != 0 || at[9] < '2' || at[9] > '5')
			continue;
		/* Three digits; there is no terminator behind them. */
		last = (at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0');
		++*n;
	}
	return last;
}

static uint32_t hash(const char *bytes, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)bytes[i]) * 16777619u;
	return h;
}

static void deliver(struct client *client, struct evbuffer *received, const char *at, size_t n)
{
	if (client->over)
		return;
	evbuffer_add(client->stream.input, at, n);
	client->stream.events->readable(client->stream.arg, world_us(NULL));
	evbuffer_add_buffer(received, client->stream.output);
	if (!client->over)
		client->stream.events->writable(client->stream.arg, world_us(NULL));
	evbuffer_add_buffer(received, client->stream.output);
}

/* Feeds bytes in pieces of at most `piece`, 0: cut at random; compares with expected. */
static void feed(const char *bytes, size_t len, size_t piece, const struct reference *expected)
{
	struct http_server_config config = {.world = &world, .handler = handle};
	struct client client = {.stream = {.ops = &stream_ops}};
	struct evbuffer *received = evbuffer_new();
	struct http_server *server;
	uint32_t random = hash(bytes, len);
	int n, last;

	client.stream.input = evbuffer_new();
	client.stream.output = evbuffer_new();
	client.seen = evbuffer_new();
	client.body = evbuffer_new();
	http_limits_init(&config.limits);
	config.handler_arg = &client;
	server = http_server_new(&config);
	http_server_accept(server, &client.stream, world_us(NULL));
	for (size_t at = 0; at < len; at += n) {
		random = random * 1664525u + 1013904223u;
		n = (int)(piece ? piece : 1 + (random >> 8) % 64);
		n = (size_t)n < len - at ? n : (int)(len - at);
		deliver(&client, received, bytes + at, (size_t)n);
	}
	if (!client.over)
		client.stream.events->ended(client.stream.arg, 0, world_us(NULL));
	evbuffer_add_buffer(received, client.stream.output);
	last = responses(received, &n);
	require(client.finished && client.over);
	require(n == client.requests + expected->refused);
	require(evbuffer_get_length(client.seen) == expected->seen_len);
	require(memcmp(evbuffer_pullup(client.seen, -1) ? (char *)evbuffer_pullup(client.seen, -1)
							: "",
			expected->seen, expected->seen_len) == 0);
	require((last >= 400) == expected->refused);
	http_server_free(server);
	evbuffer_free(client.stream.input);
	evbuffer_free(client.stream.output);
	evbuffer_free(client.seen);
	evbuffer_free(client.body);
	evbuffer_free(received);
}

/* ---- the dictionary --------------------------------------------------------------------- */

static const char *const dictionary[] = {"\r\n", "\n", "\r", " ", "\t", ":", ",", ";", "0", "5",
	"\r\n\r\n", "\r\n ", "0\r\n\r\n", "5\r\nhello\r\n", "0\r\n", "Content-Length: 5\r\n",
	"Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: x\r\n",
	"Content-Length:5 \r\n", " chunked", "chunked, ", "Host: a\r\n", "Expect: 100-continue\r\n",
	"Connection: close\r\n", "Connection: keep-alive, Upgrade\r\n", "Upgrade: x\r\n",
	"HTTP/1.0", "HTTP/1.1", "HTTP/0.9", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "http://a", ";x=y",
	";x=\"y\"", "%00", "%2f", "+", "-", "\x7f", "\x80", "ffffffffffffffff", "1", "POST ",
	"HEAD "};

#define N_PIECES (sizeof(dictionary) / sizeof(dictionary[0]))

/* Puts pieces into bytes, which has room for MOST_BYTES. Returns the new length. */
static size_t put_pieces(char *bytes, size_t len)
{
	uint32_t random = hash(bytes, len);

	for (unsigned n = random % 4; n > 0; n--) {
		const char *piece = dictionary[(random >> 8) % N_PIECES];
		size_t piece_len = strlen(piece), at;

		random = random * 1664525u + 1013904223u;
		at = (random >> 8) % (len + 1);
		random = random * 1664525u + 1013904223u;
		memmove(bytes + at + piece_len, bytes + at, len - at);
		memcpy(bytes + at, piece, piece_len);
		len += piece_len;
	}
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static const size_t pieces[] = {SIZE_MAX / 4, 1, 0};
	struct reference reference;
	char *bytes;
	size_t len;

	if (size == 0 || size > MOST_BYTES - 512)
		return 0;
	bytes = malloc(MOST_BYTES);
	len = size - 1;
	memcpy(bytes, input + 1, len);
	if (input[0] & WITH_DICTIONARY)
		len = put_pieces(bytes, len);
	reference_read(&reference, bytes, len);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		feed(bytes, len, pieces[i], &reference);
	free(reference.seen);
	free(bytes);
	return 0;
}

/* ---- where the driver starts from ------------------------------------------------------- */

#define SEED(text) \
	{ \
		(const uint8_t *)"\1" text, sizeof(text) \
	}
#define HOST "Host: a\r\n"
#define NEXT "GET /next HTTP/1.1\r\n" HOST "\r\n"

const struct fuzz_seed fuzz_seeds[] = {
	SEED("GET / HTTP/1.1\r\n" HOST "X: y\r\n\r\n" NEXT),
	SEED("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" NEXT),
	SEED("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	     "5\r\nhello\r\n0\r\n\r\n" NEXT),
	SEED("PUT /a%20b?c=d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST "\r\n"
	     "1;a=\"b\"\r\nx\r\n02\r\nyz\r\n0;c\r\nT: u\r\n\r\n" NEXT),
	SEED("GET http://a:80/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" NEXT),
	SEED("HEAD / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: x\r\n\r\n" NEXT),
	SEED("POST / HTTP/1.1\r\n" HOST
	     "Expect: 100-continue\r\nContent-Length: 30\r\n\r\n" NEXT NEXT),
	SEED("OPTIONS * HTTP/1.1\r\n" HOST "\r\n\r\n" NEXT),
	{NULL, 0},
};
