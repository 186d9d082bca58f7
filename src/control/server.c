/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients of a control socket: lines in, lines out.
 *
 *      accept ─► reading a line ─► call (a handler answers, now or later) ─► writing ─► reading ...
 *
 * In: connections, bytes, perhaps a descriptor beside them. Out: calls of a function; its answers.
 *
 * Who may connect is the kernel's business, by the mode of the socket; all the same nothing here
 * grows without bound: so many clients, a line of so many bytes, one request of each at a time,
 * and what a client does not read for half a minute ends it. An answer may be long; how long is its
 * handler's business. A call whose client has gone says its answer to nobody. */

#include "control/server.h"

#include "control/commands.h"
#include "control/json.h"
#include "control/passing.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SERVER_CLIENTS = 16,
	SERVER_TEXT = 1024,      /* of a sentence */
	SERVER_READER_S = 30,    /* for which a client may read nothing */
	SERVER_PAUSE_US = 100000 /* after what is not the fault of who connects */
};

struct control_client {
	struct control_server *server;
	int fd;
	struct event *readable, *writable;
	struct evbuffer *output;
	struct control_call *call; /* under way; NULL: none */
	int descriptor;            /* that came with one of the lines at hand; -1: none */
	size_t len;
	char line[CONTROL_LINE];
};

struct control_call {
	struct control_client *client; /* NULL: gone */
};

struct control_server {
	struct event_base *base;
	int listener;
	struct event *acceptable, *pause;
	control_request_cb cb;
	void *arg;
	struct control_client *clients[SERVER_CLIENTS]; /* NULL: free places */
};

/* ---- clients ---------------------------------------------------------------------------- */

static void client_drop_descriptor(struct control_client *client)
{
	if (client->descriptor >= 0)
		close(client->descriptor);
	client->descriptor = -1;
}

static void client_free(struct control_client *client)
{
	struct control_server *server = client->server;

	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		if (server->clients[i] == client)
			server->clients[i] = NULL;
	}
	if (client->call != NULL)
		client->call->client = NULL;
	client_drop_descriptor(client);
	if (client->readable != NULL)
		event_free(client->readable);
	if (client->writable != NULL)
		event_free(client->writable);
	if (client->output != NULL)
		evbuffer_free(client->output);
	close(client->fd);
	free(client);
}

static void client_begin(struct control_client *client, size_t line_len)
{
	struct control_server *server = client->server;
	struct control_call *call = calloc(1, sizeof(*call));
	char line[CONTROL_LINE];

	if (call == NULL) {
		client_free(client);
		return;
	}
	memcpy(line, client->line, line_len);
	line[line_len] = '\0';
	client->len -= line_len + 1;
	memmove(client->line, client->line + line_len + 1, client->len);
	call->client = client;
	client->call = call;
	event_del(client->readable);
	/* From here on the client may be gone. */
	server->cb(call, line, server->arg);
}

/* A line, if there is one and it is its turn. */
static void client_look(struct control_client *client)
{
	const char *end = memchr(client->line, '\n', client->len);

	if (client->call != NULL || evbuffer_get_length(client->output) > 0)
		return;
	if (end != NULL)
		client_begin(client, (size_t)(end - client->line));
	else if (client->len == sizeof(client->line))
		client_free(client); /* no request is that long */
	else
		event_add(client->readable, NULL);
}

static void client_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct control_client *client = arg;
	int descriptor;
	ssize_t n = passing_receive(
		fd, client->line + client->len, sizeof(client->line) - client->len, &descriptor);

	(void)what;
	if (n < 0 && errno == EAGAIN)
		return;
	if (descriptor >= 0) {
		client_drop_descriptor(client);
		client->descriptor = descriptor;
	}
	if (n <= 0) {
		client_free(client);
		return;
	}
	client->len += (size_t)n;
	client_look(client);
}

/* Sends what goes without waiting. -1: the client has gone. */
static int client_write(struct control_client *client)
{
	static const struct timeval patience = {SERVER_READER_S, 0};

	while (evbuffer_get_length(client->output) > 0) {
		ssize_t n = evbuffer_write(client->output, client->fd);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return event_add(client->writable, &patience);
		if (n <= 0)
			return -1;
	}
	return 0;
}

static void client_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct control_client *client = arg;

	(void)fd;
	if (what & EV_TIMEOUT || client_write(client) < 0)
		client_free(client);
	else
		client_look(client);
}

/* ---- taking clients ---------------------------------------------------------------------- */

static struct control_client *client_new(struct control_server *server, int fd)
{
	struct control_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	*client = (struct control_client){.server = server, .fd = fd, .descriptor = -1};
	client->output = evbuffer_new();
	client->readable =
		event_new(server->base, fd, EV_READ | EV_PERSIST, client_on_readable, client);
	client->writable = event_new(server->base, fd, EV_WRITE, client_on_writable, client);
	if (client->output != NULL && client->readable != NULL && client->writable != NULL &&
		event_add(client->readable, NULL) == 0)
		return client;
	client->fd = -1; /* the caller's */
	client_free(client);
	return NULL;
}

static int server_take(struct control_server *server, int fd)
{
	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		if (server->clients[i] == NULL) {
			server->clients[i] = client_new(server, fd);
			return server->clients[i] != NULL ? 0 : -1;
		}
	}
	return -1;
}

/* Descriptors or memory are short: what waits goes on waiting, and the loop must not spin. */
static void server_rest(struct control_server *server)
{
	static const struct timeval pause = {0, SERVER_PAUSE_US};

	event_del(server->acceptable);
	event_add(server->pause, &pause);
}

static void server_on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct control_server *server = arg;

	(void)fd;
	(void)what;
	event_add(server->acceptable, NULL);
}

static void server_on_acceptable(evutil_socket_t listener, short what, void *arg)
{
	static const char refusal[] =
		"{\"ok\":false,\"error\":\"too many use the control socket already\"}\n";
	struct control_server *server = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			server_rest(server);
		return;
	}
	if (server_take(server, fd) < 0) {
		(void)passing_send(fd, refusal, sizeof(refusal) - 1, -1);
		close(fd);
	}
}

struct control_server *control_server_new(
	struct event_base *base, int listener, control_request_cb cb, void *arg)
{
	struct control_server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	*server = (struct control_server){.base = base, .listener = listener, .cb = cb, .arg = arg};
	server->acceptable =
		event_new(base, listener, EV_READ | EV_PERSIST, server_on_acceptable, server);
	server->pause = event_new(base, -1, 0, server_on_pause, server);
	if (server->acceptable != NULL && server->pause != NULL &&
		event_add(server->acceptable, NULL) == 0)
		return server;
	control_server_free(server);
	errno = ENOMEM;
	return NULL;
}

void control_server_free(struct control_server *server)
{
	if (server == NULL)
		return;
	for (unsigned i = 0; i < SERVER_CLIENTS; i++) {
		if (server->clients[i] != NULL)
			client_free(server->clients[i]);
	}
	if (server->acceptable != NULL)
		event_free(server->acceptable);
	if (server->pause != NULL)
		event_free(server->pause);
	free(server);
}

/* ---- answers ----------------------------------------------------------------------------- */

/* A client that cannot be told the whole answer is told none: it sees its connection end. */
static void call_lose(struct control_call *call)
{
	if (call->client != NULL)
		client_free(call->client);
}

static void call_check(struct control_call *call, int failed)
{
	if (failed)
		call_lose(call);
}

int control_call_take_descriptor(struct control_call *call)
{
	int descriptor = -1;

	if (call->client != NULL) {
		descriptor = call->client->descriptor;
		call->client->descriptor = -1;
	}
	return descriptor;
}

void control_call_print(struct control_call *call, const char *format, ...)
{
	va_list args;

	if (call->client == NULL)
		return;
	va_start(args, format);
	call_check(call, evbuffer_add_vprintf(call->client->output, format, args) < 0);
	va_end(args);
}

void control_call_add(struct control_call *call, struct evbuffer *lines)
{
	if (call->client != NULL)
		call_check(call, evbuffer_add_buffer(call->client->output, lines) < 0);
}

/* {"HEAD":"SENTENCE"}, where head is what comes before the sentence. */
static void call_say(struct control_call *call, const char *head, const char *format, va_list args)
{
	char text[SERVER_TEXT];

	vsnprintf(text, sizeof(text), format, args);
	control_call_print(call, "{%s:", head);
	if (call->client != NULL)
		call_check(call, json_add_string(call->client->output, text) < 0);
	control_call_print(call, "}\n");
}

void control_call_print_text(struct control_call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	call_say(call, "\"text\"", format, args);
	va_end(args);
}

/* The answer is complete: it leaves, as far as it can, before whatever the handler does next. */
static void call_end(struct control_call *call)
{
	struct control_client *client = call->client;

	free(call);
	if (client == NULL)
		return;
	client->call = NULL;
	/* What was sent before a descriptor may have come with it, in one piece. */
	if (memchr(client->line, '\n', client->len) == NULL)
		client_drop_descriptor(client);
	if (client_write(client) < 0)
		client_free(client);
	else if (evbuffer_get_length(client->output) == 0)
		event_active(client->writable, EV_WRITE, 0); /* then the next line */
}

void control_call_end(struct control_call *call, const char *members, ...)
{
	va_list args;

	control_call_print(call, "{\"ok\":true");
	va_start(args, members);
	if (call->client != NULL)
		call_check(call, evbuffer_add_vprintf(call->client->output, members, args) < 0);
	va_end(args);
	control_call_print(call, "}\n");
	call_end(call);
}

void control_call_end_text(struct control_call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	call_say(call, "\"ok\":true,\"text\"", format, args);
	va_end(args);
	call_end(call);
}

void control_call_fail(struct control_call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	call_say(call, "\"ok\":false,\"error\"", format, args);
	va_end(args);
	call_end(call);
}
