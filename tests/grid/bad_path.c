/* SPDX-License-Identifier: BSD-3-Clause */
/* Two stacks, a cable between them, and the link emulator at the server's end of it. In: what
 * the path is like, and until when to run; out: what has arrived. Time is virtual: it leaps
 * from one deadline to the next, and what happens at a moment happens in one order. */

#include "bad_path.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_PORT = 80, PATH_CHUNK = 1 << 16 };

/* ---- a cable: what one end sends waits until it is carried to the other ------------------- */

struct parcel {
	struct parcel *next;
	size_t len;
	uint8_t bytes[];
};

static int cable_output(void *ctx, const struct evtcp_packet *packet)
{
	struct cable_end *end = ctx;
	struct parcel *parcel = malloc(sizeof(*parcel) + packet->len);
	size_t at = 0;

	if (parcel == NULL)
		abort();
	parcel->next = NULL;
	parcel->len = packet->len;
	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(parcel->bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	*end->last = parcel;
	end->last = &parcel->next;
	return 0;
}

static struct evtcp_link *cable_end_open(struct cable_end *end)
{
	static const struct evtcp_link_ops ops = {.output = cable_output};

	end->first = NULL;
	end->last = &end->first;
	end->link = evtcp_link_new(&ops, end, BAD_PATH_MTU);
	return end->link;
}

/* Carries everything over; false if there was nothing. */
static bool cable_carry(struct cable_end *from, struct cable_end *to)
{
	struct parcel *parcel = from->first;

	if (parcel == NULL)
		return false;
	from->first = NULL;
	from->last = &from->first;
	while (parcel != NULL) {
		struct parcel *next = parcel->next;
		struct iovec iov = {parcel->bytes, parcel->len};
		struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = parcel->len};
		evtcp_link_input(to->link, &packet);
		free(parcel);
		parcel = next;
	}
	evtcp_link_batch_end(to->link);
	return true;
}

static void cable_end_drop(struct cable_end *end)
{
	while (end->first != NULL) {
		struct parcel *next = end->first->next;
		free(end->first);
		end->first = next;
	}
}

/* ---- a run ----------------------------------------------------------------------------- */

static uint64_t path_now_us(void *arg)
{
	return ((struct bad_path *)arg)->now_us;
}

static void path_random(void *arg, void *buf, size_t len)
{
	struct bad_path *path = arg;
	uint8_t *bytes = buf;

	for (size_t i = 0; i < len; i++) {
		path->dice = path->dice * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(path->dice >> 56);
	}
}

/* The server never runs dry. */
static void path_fill(struct evtcp_conn *conn, void *arg)
{
	static const char chunk[PATH_CHUNK];
	struct evbuffer *output = evtcp_conn_get_output(conn);

	(void)arg;
	while (evbuffer_get_length(output) < 4 * PATH_CHUNK)
		evbuffer_add_reference(output, chunk, sizeof(chunk), NULL, NULL);
}

static void path_accepted(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct bad_path *path = arg;

	(void)listener;
	(void)peer;
	(void)peer_len;
	path->sender = conn;
	evtcp_conn_set_cb(conn, NULL, path_fill, NULL, path);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
	path_fill(conn, path);
}

static void path_read(struct evtcp_conn *conn, void *arg)
{
	struct bad_path *path = arg;
	struct evbuffer *input = evtcp_conn_get_input(conn);

	if (path->received == 0)
		path->first_us = path->now_us;
	path->received += evbuffer_get_length(input);
	evbuffer_drain(input, evbuffer_get_length(input));
}

void bad_path_need(bool condition, const char *format, ...)
{
	va_list args;

	if (condition)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static struct sockaddr_in path_address(unsigned last, unsigned port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	sin.sin_addr.s_addr = htonl(0x0a000000 | last);
	return sin;
}

static struct evtcp_stack *path_stack(
	struct bad_path *path, const char *cc, unsigned last, struct evtcp_link *link)
{
	struct evtcp_stack_config config;
	struct sockaddr_in address = path_address(last, 0);

	evtcp_stack_config_init(&config);
	config.world = &path->world;
	config.cc = cc;
	/* Windows are not what is measured here. */
	config.limits.receive_buffer = config.limits.send_buffer = 256 << 20;
	config.limits.buffer_bytes = config.limits.out_of_order_bytes = UINT64_C(4) << 30;
	config.limits.out_of_order = config.limits.records = 0;
	struct evtcp_stack *stack = evtcp_stack_new(NULL, &config);
	bad_path_need(stack != NULL, "cannot make a stack");
	bad_path_need(evtcp_stack_attach(stack, link) == 0, "cannot attach the link");
	bad_path_need(evtcp_stack_add_address(
			      stack, (struct sockaddr *)&address, sizeof(address), 24) == 0,
		"cannot add the address");
	return stack;
}

static struct evtcp_impair_spec path_spec(const char *text)
{
	struct evtcp_impair_spec spec;
	struct evtcp_impair_error error;

	if (evtcp_impair_parse(text, &spec, &error) < 0)
		bad_path_need(false, "%s: column %u: %s", text, error.column, error.text);
	return spec;
}

void bad_path_open(struct bad_path *path, const char *spec, const char *cc)
{
	struct sockaddr_in address = path_address(2, PATH_PORT);
	struct sockaddr *to = (struct sockaddr *)&address;
	struct evtcp_impair_config config = {.world = &path->world, .spec = path_spec(spec)};

	memset(path, 0, sizeof(*path));
	path->now_us = 1000000;
	path->dice = 1;
	path->world = *evtcp_world_system();
	path->world.now_us = path->world.wall_us = path_now_us;
	path->world.random = path_random;
	path->world.arg = path;
	path->server = path_stack(path, cc, 2,
		evtcp_impair_link_new(cable_end_open(&path->server_end), &config, &path->impair));
	path->client = path_stack(path, cc, 1, cable_end_open(&path->client_end));
	bad_path_need(
		evtcp_listener_new(path->server, path_accepted, path, to, sizeof(address)) != NULL,
		"cannot listen");
	struct evtcp_conn *conn = evtcp_conn_connect(path->client, NULL, 0, to, sizeof(address));
	bad_path_need(conn != NULL, "cannot connect");
	evtcp_conn_set_cb(conn, path_read, NULL, NULL, path);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
}

void bad_path_change(struct bad_path *path, const char *spec)
{
	struct evtcp_impair_spec parsed = path_spec(spec);

	evtcp_impair_set_spec(path->impair, &parsed);
}

void bad_path_close(struct bad_path *path)
{
	evtcp_stack_free(path->server);
	evtcp_stack_free(path->client);
	cable_end_drop(&path->server_end);
	cable_end_drop(&path->client_end);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Everything that happens at this moment. */
static void path_settle(struct bad_path *path)
{
	do {
		evtcp_stack_flush(path->client);
		evtcp_stack_flush(path->server);
		while (evtcp_impair_next_deadline(path->impair) <= path->now_us)
			evtcp_impair_run(path->impair);
	} while (cable_carry(&path->server_end, &path->client_end) |
		 cable_carry(&path->client_end, &path->server_end));
}

void bad_path_until(struct bad_path *path, uint64_t end_us)
{
	path_settle(path);
	for (;;) {
		uint64_t next = earlier(evtcp_stack_next_deadline(path->client),
			earlier(evtcp_stack_next_deadline(path->server),
				evtcp_impair_next_deadline(path->impair)));
		if (next > end_us)
			break;
		if (next > path->now_us)
			path->now_us = next;
		evtcp_stack_run_timers(path->client);
		evtcp_stack_run_timers(path->server);
		path_settle(path);
	}
	path->now_us = end_us;
}
