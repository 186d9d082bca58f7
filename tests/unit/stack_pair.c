/* SPDX-License-Identifier: BSD-3-Clause */

/* Two stacks on a cable, see stack_pair.h. */

#include "stack_pair.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* ---- the world ------------------------------------------------------------ */

static uint64_t pair_now_us(void *arg)
{
	return ((struct pair *)arg)->now_us;
}

static uint64_t pair_wall_us(void *arg)
{
	return 1700000000000000 + ((struct pair *)arg)->now_us;
}

/* Not random at all, but never the same twice: a counter, mixed. */
static void pair_random(void *arg, void *buf, size_t len)
{
	struct pair *pair = arg;
	uint8_t *bytes = buf;

	for (size_t i = 0; i < len; i++) {
		uint64_t x = ++pair->random * 0x9e3779b97f4a7c15u;

		bytes[i] = (uint8_t)((x ^ (x >> 29)) >> 24);
	}
}

static bool pair_refuses(struct pair *pair)
{
	pair->allocs++;
	if (pair->fail_at == 0)
		return false;
	return pair->allocs == pair->fail_at || (pair->fail_on && pair->allocs > pair->fail_at);
}

static void *pair_alloc(void *arg, size_t size)
{
	struct pair *pair = arg;
	void *ptr = pair_refuses(pair) ? NULL : malloc(size);

	pair->live += ptr != NULL;
	return ptr;
}

static void *pair_realloc(void *arg, void *ptr, size_t size)
{
	struct pair *pair = arg;
	void *grown = pair_refuses(pair) ? NULL : realloc(ptr, size);

	pair->live += grown != NULL && ptr == NULL;
	return grown;
}

static void pair_free(void *arg, void *ptr)
{
	((struct pair *)arg)->live -= ptr != NULL;
	free(ptr);
}

void pair_world(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->now_us = 1000000000;
	pair->world = (struct evtcp_world){
		.now_us = pair_now_us,
		.wall_us = pair_wall_us,
		.random = pair_random,
		.alloc = pair_alloc,
		.realloc = pair_realloc,
		.free = pair_free,
		.arg = pair,
	};
}

/* libevent's functions take no argument: here is whom they ask. */
struct pair *pair_of_libevent;

static void *libevent_alloc(size_t size)
{
	struct pair *pair = pair_of_libevent;

	return pair ? pair->world.alloc(pair, size) : malloc(size);
}

static void *libevent_realloc(void *ptr, size_t size)
{
	struct pair *pair = pair_of_libevent;

	return pair ? pair->world.realloc(pair, ptr, size) : realloc(ptr, size);
}

static void libevent_free(void *ptr)
{
	struct pair *pair = pair_of_libevent;

	if (pair)
		pair->world.free(pair, ptr);
	else
		free(ptr);
}

void pair_take_libevent_memory(void)
{
	event_set_mem_functions(libevent_alloc, libevent_realloc, libevent_free);
}

/* ---- hosts ------------------------------------------------------------------ */

struct sockaddr_in pair_address(unsigned last, unsigned port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	sin.sin_addr.s_addr = htonl(0x0a000000 | last);
	return sin;
}

int pair_host_open(struct pair *pair, struct pair_host *host, unsigned last,
	const struct evtcp_stack_config *config)
{
	struct evtcp_stack_config with_world;
	struct sockaddr_in address = pair_address(last, 0);
	struct evtcp_link *link;

	if (config)
		with_world = *config;
	else
		evtcp_stack_config_init(&with_world);
	with_world.world = &pair->world;
	host->stack = evtcp_stack_new(NULL, &with_world);
	if (!host->stack)
		return -1;
	link = memory_link_new(&pair->world, PAIR_MTU, 1000, &host->link);
	if (!link) {
		evtcp_stack_free(host->stack);
		host->stack = NULL;
		return -1;
	}
	assert_int_equal(evtcp_stack_attach(host->stack, link), 0);
	assert_int_equal(evtcp_stack_add_address(
				 host->stack, (struct sockaddr *)&address, sizeof(address), 24),
		0);
	return 0;
}

void pair_open(struct pair *pair, const struct evtcp_stack_config *config)
{
	pair_world(pair);
	assert_int_equal(pair_host_open(pair, &pair->client, 1, config), 0);
	assert_int_equal(pair_host_open(pair, &pair->server, 2, config), 0);
}

void pair_close(struct pair *pair)
{
	evtcp_stack_free(pair->client.stack);
	evtcp_stack_free(pair->server.stack);
	assert_int_equal(pair->live, 0);
}

/* ---- driving ---------------------------------------------------------------- */

void pair_run(struct pair *pair)
{
	unsigned moved;

	do {
		evtcp_stack_flush(pair->client.stack);
		evtcp_stack_check(pair->client.stack);
		evtcp_stack_flush(pair->server.stack);
		evtcp_stack_check(pair->server.stack);
		moved = memory_link_pump(pair->client.link, pair->server.link);
		evtcp_stack_check(pair->server.stack);
		moved += memory_link_pump(pair->server.link, pair->client.link);
		evtcp_stack_check(pair->client.stack);
	} while (moved > 0);
}

static uint64_t pair_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void pair_wait(struct pair *pair, uint64_t us)
{
	uint64_t end = pair->now_us + us, next;

	pair_run(pair);
	for (;;) {
		next = pair_earlier(evtcp_stack_next_deadline(pair->client.stack),
			evtcp_stack_next_deadline(pair->server.stack));
		if (next > end)
			break;
		if (next > pair->now_us)
			pair->now_us = next;
		evtcp_stack_run_timers(pair->client.stack);
		evtcp_stack_run_timers(pair->server.stack);
		pair_run(pair);
	}
	pair->now_us = end;
	pair_run(pair);
}

unsigned pair_lose(struct pair_host *host)
{
	struct memory_packet *packet;
	unsigned n = 0;

	for (; (packet = memory_link_pop(host->link)); n++)
		memory_link_drop(host->link, packet);
	return n;
}

/* ---- the application ------------------------------------------------------ */

static void pair_hear(struct pair_app *app, const char *word)
{
	size_t used = strlen(app->heard);

	snprintf(app->heard + used, sizeof(app->heard) - used, "%s%s", used ? ", " : "", word);
	if (app->act)
		app->act(app, word);
}

static void pair_app_read(struct evtcp_conn *conn, void *arg)
{
	struct pair_app *app = arg;
	struct evbuffer *input = evtcp_conn_get_input(conn);
	char word[32];

	snprintf(word, sizeof(word), "read %zu", evbuffer_get_length(input));
	if (!app->keep_unread && app->data_len < sizeof(app->data)) {
		int n = evbuffer_remove(
			input, app->data + app->data_len, sizeof(app->data) - app->data_len);

		app->data_len += n > 0 ? (size_t)n : 0;
	}
	pair_hear(app, word);
}

static void pair_app_write(struct evtcp_conn *conn, void *arg)
{
	(void)conn;
	pair_hear(arg, "write");
}

static void pair_app_event(struct evtcp_conn *conn, short what, void *arg)
{
	char word[32];

	if (what == BEV_EVENT_CONNECTED)
		snprintf(word, sizeof(word), "connected");
	else if (what == (BEV_EVENT_READING | BEV_EVENT_EOF))
		snprintf(word, sizeof(word), "eof");
	else if (what == (BEV_EVENT_READING | BEV_EVENT_ERROR))
		snprintf(word, sizeof(word), "reading error %d", evtcp_conn_get_error(conn));
	else if (what == (BEV_EVENT_WRITING | BEV_EVENT_ERROR))
		snprintf(word, sizeof(word), "writing error %d", evtcp_conn_get_error(conn));
	else
		snprintf(word, sizeof(word), "event %#x", (unsigned)what);
	pair_hear(arg, word);
}

void pair_app_adopt(struct pair_app *app, struct evtcp_conn *conn)
{
	app->conn = conn;
	evtcp_conn_set_cb(conn, pair_app_read, pair_app_write, pair_app_event, app);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
}

void pair_app_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct pair_app *app = arg;

	assert_true(peer->sa_family == AF_INET || peer->sa_family == AF_INET6);
	assert_int_equal(peer_len, peer->sa_family == AF_INET ? sizeof(struct sockaddr_in)
							      : sizeof(struct sockaddr_in6));
	app->listener = listener;
	pair_app_adopt(app, conn);
	pair_hear(app, "accepted");
}

struct evtcp_listener *pair_listen(struct pair *pair, struct pair_app *app)
{
	struct sockaddr_in any = pair_address(0, PAIR_PORT);

	any.sin_addr.s_addr = htonl(INADDR_ANY);
	app->pair = pair;
	return evtcp_listener_new(
		pair->server.stack, pair_app_accept, app, (struct sockaddr *)&any, sizeof(any));
}

struct evtcp_conn *pair_connect(struct pair *pair, struct pair_app *app)
{
	struct sockaddr_in server = pair_address(2, PAIR_PORT);
	struct evtcp_conn *conn = evtcp_conn_connect(
		pair->client.stack, NULL, 0, (struct sockaddr *)&server, sizeof(server));

	app->pair = pair;
	if (conn)
		pair_app_adopt(app, conn);
	return conn;
}

void pair_establish(struct pair *pair, struct pair_app *client, struct pair_app *server)
{
	memset(client, 0, sizeof(*client));
	memset(server, 0, sizeof(*server));
	server->listener = pair_listen(pair, server);
	assert_non_null(server->listener);
	assert_non_null(pair_connect(pair, client));
	pair_run(pair);
	pair_heard(client, "connected");
	pair_heard(server, "accepted");
}

void pair_say(struct pair_app *app, const char *text)
{
	assert_int_equal(evbuffer_add(evtcp_conn_get_output(app->conn), text, strlen(text)), 0);
}

void pair_heard_at(struct pair_app *app, const char *words, const char *file, int line)
{
	_assert_string_equal(app->heard, words, file, line);
	app->heard[0] = '\0';
}
