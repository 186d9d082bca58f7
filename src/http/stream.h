/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

/* A stream: what HTTP needs from whatever carries it. Two evbuffers, five calls
 * down, three events up. A TCP connection implements it (http/stream_conn.h), a
 * string in memory does in tests, TLS may later.
 *
 * Draining the input is what makes room for more: there is no other way, and no
 * need for another, to stop and go on reading. What is added to the output is
 * sent without being asked for. */

#include <evtcp/types.h>

struct evbuffer;
struct http_stream;

/* What happens to a stream, and when, by the clock of the server's world: what is told in one turn
 * of the loop may all have happened at its beginning. No event ever comes from inside a call of the
 * room `http`: they come from the loop. */
struct http_stream_events {
	/* New bytes are in the input. */
	void (*readable)(void *arg, uint64_t now_us);
	/* Everything has been taken out of the output: there is room. */
	void (*writable)(void *arg, uint64_t now_us);
	/* error 0: the peer sends no more, all it sent is in the input. Else an
	 * errno value: the stream is dead both ways. */
	void (*ended)(void *arg, int error, uint64_t now_us);
};

struct http_stream_info {
	uint64_t acked_bytes;   /* acknowledged by the peer since the start */
	uint64_t pending_bytes; /* added to the output, not acknowledged yet; the end is one, too */
	struct evtcp_endpoint local, peer;
};

struct http_stream_ops {
	/* Sees to it that input and output are there, until the caller returns to the loop. 0, or
	 * -1 without memory. Asked for at the beginning of each event, the timer's among them; of
	 * one that is closing, where something is in the input.
	 * NULL: they always are. */
	int (*wake)(struct http_stream *stream);
	/* Events may come from here on, also of what has come before. */
	void (*start)(struct http_stream *stream);
	/* No more output: the end follows what is in it. Reading goes on. */
	void (*finish)(struct http_stream *stream);
	/* The pointer is dead. What is in the output is still sent, then the end. */
	void (*free)(struct http_stream *stream);
	/* The pointer is dead. The peer learns of it at once, data is dropped. */
	void (*abort)(struct http_stream *stream);
	void (*info)(const struct http_stream *stream, struct http_stream_info *info);
	/* Bytes that are in the input, and pending_bytes. No `wake` is needed. */
	void (*waiting)(const struct http_stream *stream, uint64_t *in, uint64_t *out);
};

/* What a stream may take beside its buffers, in bytes, and its allocator for it. */
enum { HTTP_STREAM_MOST = 128 };

/* The part of a stream that both sides see; an implementation begins with it
 * and fills the first three, the server fills the others before start. */
struct http_stream {
	const struct http_stream_ops *ops;
	struct evbuffer *input;  /* bytes received, in order; see `wake` */
	struct evbuffer *output; /* bytes to be sent */
	const struct http_stream_events *events;
	void *arg; /* of events */
};

#endif
