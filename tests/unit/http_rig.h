/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_RIG_H
#define HTTP_RIG_H

/* What tests of the HTTP server stand on: a world whose time a test owns, a server
 * driven by hand, and clients that are strings in memory. */

#include "http/reply.h"
#include "http/server.h"
#include "http/stream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

struct evbuffer;

struct rig {
	struct evtcp_world world;
	uint64_t now_us, wall_us;
	unsigned clock_reads; /* how often the server asked for now_us */
	long allocated;       /* blocks of the world's that are not freed */
	long fail_at;         /* this allocation fails, counted down; 0: none */
	int fail_all;         /* and all after it */
	int *inside;          /* if not NULL, 1 while a call into the server is under way */
	struct http_server_config config;
	struct http_server *server;
	struct rig_client *clients;
};

/* A client, and the stream that the server sees of it. */
struct rig_client {
	struct http_stream stream; /* first */
	struct rig *rig;
	struct rig_client *next;
	struct evbuffer *received; /* taken out of the stream's output */
	char *text;                /* a copy of that, terminated */
	uint64_t acked;
	uint64_t unacked;             /* taken by the transport, not acknowledged */
	int finished, freed, aborted; /* what the server did to the stream */
	unsigned wakes;               /* how often it asked for the buffers */
	int lacks_memory;             /* for them */
};

/* rig_init: default limits and a wall clock that stands on Sun, 06 Nov 1994 08:49:37.
 * Change rig->config, then rig_start. rig_free asserts that nothing is left. */
void rig_init(struct rig *rig, http_handler handler, void *arg);
void rig_start(struct rig *rig);
void rig_free(struct rig *rig);

/* rig_setup: for a fixture: a rig with this handler, started, as *state; its argument is memory of
 * arg_size bytes, zeroed, the rig's (NULL: of none). rig_teardown: its end. */
int rig_setup(void **state, http_handler handler, size_t arg_size);
int rig_teardown(void **state);

/* rig_connect: a client; it is the rig's and lives until rig_free. */
struct rig_client *rig_connect(struct rig *rig);

/* rig_send: bytes arrive at the server, with an event. rig_send_text: a string. */
void rig_send(struct rig_client *client, const void *bytes, size_t len);
void rig_send_text(struct rig_client *client, const char *text);

/* rig_end: the client sends no more (error 0), or its connection broke. */
void rig_end(struct rig_client *client, int error);

/* rig_take: the client takes and acknowledges at most `most` bytes of output; if that
 * empties it, the server is told. Returns how many. */
size_t rig_take(struct rig_client *client, size_t most);

/* rig_take_all: takes until nothing more comes. */
void rig_take_all(struct rig_client *client);

/* rig_exchange: sends text, takes everything, and returns what came, from the start,
 * as a string that is valid until the next call for this client. */
const char *rig_exchange(struct rig_client *client, const char *text);

/* rig_received: everything that was taken, as a string. */
const char *rig_received(struct rig_client *client);

/* rig_forget: forgets what was taken. */
void rig_forget(struct rig_client *client);

/* rig_is_over: 1 when the server has let go of the stream. */
int rig_is_over(const struct rig_client *client);

/* rig_pass: time passes, and the server's timers run when they are due. */
void rig_pass(struct rig *rig, uint64_t us);

/* rig_statuses: the status of each response in what was taken, "200 404 ". text has
 * size bytes. Fails the test if something is no response. Bodies are stepped over by
 * Content-Length or chunks; heads says for which responses (bit i) there is none. */
char *rig_statuses(struct rig_client *client, unsigned long heads, char *text, size_t size);

/* rig_body: the body of the first response of what was taken, dechunked; *len bytes,
 * to be freed with free(). */
char *rig_body(struct rig_client *client, size_t *len);

#define SECONDS(n) ((uint64_t)((n)*1000000.0))

#endif
