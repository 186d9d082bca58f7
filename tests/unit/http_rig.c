/* SPDX-License-Identifier: BSD-3-Clause */
/* The rig of the HTTP tests: virtual time, counted memory, streams that are two
 * evbuffers and nothing behind them. Output is what a client has taken, as text. It
 * knows nothing of the server but its public calls and the stream. */
#include "http_rig.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the world ------------------------------------------------------------- */

static uint64_t rig_now_us(void *arg)
{
	struct rig *rig = arg;

	rig->clock_reads++;
	return rig->now_us;
}

static uint64_t rig_wall_us(void *arg)
{
	return ((struct rig *)arg)->wall_us;
}

static int rig_fails(struct rig *rig)
{
	if (rig->fail_at == 0 || --rig->fail_at > 0)
		return 0;
	rig->fail_at = rig->fail_all; /* 1 again, or 0 */
	return 1;
}

static void *rig_alloc(void *arg, size_t size)
{
	struct rig *rig = arg;
	void *ptr = rig_fails(rig) ? NULL : malloc(size);

	rig->allocated += ptr != NULL;
	return ptr;
}

static void *rig_realloc(void *arg, void *ptr, size_t size)
{
	struct rig *rig = arg;
	void *new_ptr = rig_fails(rig) ? NULL : realloc(ptr, size);

	rig->allocated += ptr == NULL && new_ptr != NULL;
	return new_ptr;
}

static void rig_free_block(void *arg, void *ptr)
{
	((struct rig *)arg)->allocated -= ptr != NULL;
	free(ptr);
}

void rig_init(struct rig *rig, http_handler handler, void *arg)
{
	*rig = (struct rig){
		.now_us = SECONDS(1000),
		.wall_us = SECONDS(784111777),
		.world =
			{
				.now_us = rig_now_us,
				.wall_us = rig_wall_us,
				.alloc = rig_alloc,
				.realloc = rig_realloc,
				.free = rig_free_block,
				.arg = rig,
			},
	};
	rig->config.world = &rig->world;
	rig->config.handler = handler;
	rig->config.handler_arg = arg;
	http_limits_init(&rig->config.limits);
}

void rig_start(struct rig *rig)
{
	rig->server = http_server_new(&rig->config);
	assert_non_null(rig->server);
}

void rig_free(struct rig *rig)
{
	http_server_free(rig->server);
	while (rig->clients) {
		struct rig_client *client = rig->clients;

		rig->clients = client->next;
		assert_true(rig_is_over(client));
		evbuffer_free(client->stream.input);
		evbuffer_free(client->stream.output);
		evbuffer_free(client->received);
		free(client->text);
		free(client);
	}
	assert_int_equal(rig->allocated, 0);
}

int rig_setup(void **state, http_handler handler, size_t arg_size)
{
	struct rig *rig = malloc(sizeof(*rig));

	rig_init(rig, handler, arg_size > 0 ? calloc(1, arg_size) : NULL);
	rig_start(rig);
	*state = rig;
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	rig_free(rig);
	free(rig->config.handler_arg);
	free(rig);
	return 0;
}

static void rig_inside(struct rig *rig, int inside)
{
	if (rig->inside)
		*rig->inside = inside;
}

/* ---- a client's stream ------------------------------------------------------- */

static int stream_wake(struct http_stream *stream)
{
	struct rig_client *client = (struct rig_client *)stream;

	client->wakes++;
	return client->lacks_memory ? -1 : 0;
}

static void stream_start(struct http_stream *stream)
{
	(void)stream;
}

static void stream_finish(struct http_stream *stream)
{
	struct rig_client *client = (struct rig_client *)stream;

	assert_false(client->finished);
	client->finished = 1;
}

static void stream_free(struct http_stream *stream)
{
	assert_false(rig_is_over((struct rig_client *)stream));
	((struct rig_client *)stream)->freed = 1;
}

static void stream_abort(struct http_stream *stream)
{
	assert_false(rig_is_over((struct rig_client *)stream));
	((struct rig_client *)stream)->aborted = 1;
}

static void stream_info(const struct http_stream *stream, struct http_stream_info *info)
{
	const struct rig_client *client = (const struct rig_client *)stream;

	memset(info, 0, sizeof(*info));
	info->acked_bytes = client->acked;
	info->pending_bytes = evbuffer_get_length(stream->output) + client->unacked;
	memcpy(info->peer.addr.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
	info->peer.port = 40000;
}

static void stream_waiting(const struct http_stream *stream, uint64_t *in, uint64_t *out)
{
	*in = evbuffer_get_length(stream->input);
	*out = evbuffer_get_length(stream->output) + ((const struct rig_client *)stream)->unacked;
}

static const struct http_stream_ops rig_ops = {
	.wake = stream_wake,
	.start = stream_start,
	.finish = stream_finish,
	.free = stream_free,
	.abort = stream_abort,
	.info = stream_info,
	.waiting = stream_waiting,
};

struct rig_client *rig_connect(struct rig *rig)
{
	struct rig_client *client = calloc(1, sizeof(*client));

	client->rig = rig;
	client->next = rig->clients;
	rig->clients = client;
	client->stream.ops = &rig_ops;
	client->stream.input = evbuffer_new();
	client->stream.output = evbuffer_new();
	client->received = evbuffer_new();
	rig_inside(rig, 1);
	http_server_accept(rig->server, &client->stream, rig->now_us);
	rig_inside(rig, 0);
	return client;
}

int rig_is_over(const struct rig_client *client)
{
	return client->freed || client->aborted;
}

static void rig_piece_gone(const void *bytes, size_t len, void *piece)
{
	(void)bytes;
	(void)len;
	free(piece);
}

/* What arrives lies in a piece of its own, of just that size: whoever wants it together with what
 * was there before moves both, and a pointer into either is dead then. */
void rig_send(struct rig_client *client, const void *bytes, size_t len)
{
	char *piece;

	if (rig_is_over(client))
		return;
	piece = malloc(len);
	memcpy(piece, bytes, len);
	evbuffer_add_reference(client->stream.input, piece, len, rig_piece_gone, piece);
	rig_inside(client->rig, 1);
	client->stream.events->readable(client->stream.arg, client->rig->now_us);
	rig_inside(client->rig, 0);
}

void rig_send_text(struct rig_client *client, const char *text)
{
	rig_send(client, text, strlen(text));
}

void rig_end(struct rig_client *client, int error)
{
	if (rig_is_over(client))
		return;
	rig_inside(client->rig, 1);
	client->stream.events->ended(client->stream.arg, error, client->rig->now_us);
	rig_inside(client->rig, 0);
}

size_t rig_take(struct rig_client *client, size_t most)
{
	struct evbuffer *output = client->stream.output;
	size_t len = evbuffer_get_length(output);

	if (client->aborted)
		return 0;
	if (len > most)
		len = most;
	if (len == 0)
		return 0;
	evbuffer_remove_buffer(output, client->received, len);
	client->acked += len;
	if (rig_is_over(client) || evbuffer_get_length(output) > 0)
		return len;
	rig_inside(client->rig, 1);
	client->stream.events->writable(client->stream.arg, client->rig->now_us);
	rig_inside(client->rig, 0);
	return len;
}

void rig_take_all(struct rig_client *client)
{
	while (rig_take(client, SIZE_MAX) > 0)
		;
}

const char *rig_received(struct rig_client *client)
{
	size_t len = evbuffer_get_length(client->received);

	client->text = realloc(client->text, len + 1);
	evbuffer_copyout(client->received, client->text, len);
	client->text[len] = '\0';
	return client->text;
}

const char *rig_exchange(struct rig_client *client, const char *text)
{
	rig_send_text(client, text);
	rig_take_all(client);
	return rig_received(client);
}

void rig_forget(struct rig_client *client)
{
	evbuffer_drain(client->received, evbuffer_get_length(client->received));
}

void rig_pass(struct rig *rig, uint64_t us)
{
	uint64_t end_us = rig->now_us + us;

	for (;;) {
		uint64_t at_us = http_server_next_deadline(rig->server);

		if (at_us > end_us)
			break;
		if (at_us > rig->now_us) {
			rig->wall_us += at_us - rig->now_us;
			rig->now_us = at_us;
		}
		rig_inside(rig, 1);
		http_server_run_timers(rig->server);
		rig_inside(rig, 0);
	}
	rig->wall_us += end_us - rig->now_us;
	rig->now_us = end_us;
}

/* ---- reading responses --------------------------------------------------------- */

/* Steps over a chunked body; to gets its data if it is not NULL. Returns the end. */
static const char *rig_chunks(const char *at, struct evbuffer *to)
{
	for (;;) {
		char *end;
		unsigned long len = strtoul(at, &end, 16);

		assert_memory_equal(end, "\r\n", 2);
		at = end + 2;
		if (to)
			evbuffer_add(to, at, len);
		at += len;
		assert_memory_equal(at, "\r\n", 2);
		at += 2;
		if (len == 0)
			return at;
	}
}

/* Steps over one response; its status, body to `to` if that is not NULL. */
static const char *rig_response(
	const char *at, const char *stop, int no_body, int *status, struct evbuffer *to)
{
	const char *end = strstr(at, "\r\n\r\n");
	const char *length = strstr(at, "\r\nContent-Length: ");
	const char *chunked = strstr(at, "\r\nTransfer-Encoding: chunked\r\n");
	size_t len = 0;

	assert_memory_equal(at, "HTTP/1.1 ", 9);
	assert_non_null(end);
	*status = atoi(at + 9);
	at = end + 4;
	if (no_body || *status < 200 || *status == 204 || *status == 304)
		return at;
	if (chunked && chunked < end)
		return rig_chunks(at, to);
	if (length && length < end)
		len = strtoul(length + 18, NULL, 10);
	else
		len = (size_t)(stop - at);
	assert_true(len <= (size_t)(stop - at));
	if (to)
		evbuffer_add(to, at, len);
	return at + len;
}

char *rig_statuses(struct rig_client *client, unsigned long heads, char *text, size_t size)
{
	const char *at = rig_received(client);
	const char *stop = at + evbuffer_get_length(client->received);
	size_t len = 0;

	text[0] = '\0';
	while (at < stop) {
		int status;

		at = rig_response(at, stop, heads & 1, &status, NULL);
		heads >>= 1;
		len += (size_t)snprintf(text + len, size - len, "%d ", status);
		assert_true(len < size);
	}
	return text;
}

char *rig_body(struct rig_client *client, size_t *len)
{
	const char *at = rig_received(client);
	struct evbuffer *body = evbuffer_new();
	int status;
	char *copy;

	rig_response(at, at + evbuffer_get_length(client->received), 0, &status, body);
	*len = evbuffer_get_length(body);
	copy = calloc(1, *len + 1);
	evbuffer_copyout(body, copy, *len);
	evbuffer_free(body);
	return copy;
}
