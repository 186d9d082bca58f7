/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack of the micro-benchmark, its link, its clock and its applications.
 *
 * In: packets. Out: headers of packets, nanoseconds.
 *
 * It knows nothing of what clients say: see micro_clients. */

#include "micro_rig.h"

#include "evtcpd/heap.h"
#include "http/server.h"
#include "http/stream_conn.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* Every packet of a turn as large as may be. Packets stand one behind the other, as those that
 * a link reads into one buffer: at equal offsets in pages of their own they would all want the
 * same lines of the caches. */
#define RIG_ARENA ((size_t)RIG_IN * 65536)

enum { RIG_PIECE = 65536 }; /* of what an application pours */

_Noreturn void rig_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("micro: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

/* ---- the world -------------------------------------------------------------------- */

uint64_t rig_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t rig_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t rig_now_us(void *arg)
{
	const struct rig *rig = arg;

	return rig->now_ns / 1000;
}

static void rig_fill_random(void *arg, void *buf, size_t len)
{
	struct rig *rig = arg;

	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = (uint8_t)rig_random(&rig->seed);
}

/* ---- the link --------------------------------------------------------------------- */

static int rig_output(void *ctx, const struct evtcp_packet *packet)
{
	struct rig *rig = ctx;
	struct rig_sent *sent = &rig->sent[rig->n_sent];
	size_t len = packet->iov[0].iov_len;

	if (rig->is_closing)
		return 0; /* a RST for each connection */
	if (rig->n_sent == RIG_SENT)
		rig_die("the stack sends more than %d packets in a turn", RIG_SENT);
	sent->len = (uint32_t)packet->len;
	sent->segment_len = packet->segment_len;
	memcpy(sent->head, packet->iov[0].iov_base, len < RIG_SENT_HEAD ? len : RIG_SENT_HEAD);
	rig->n_sent++;
	return 0;
}

/* ---- the applications ------------------------------------------------------------- */

static void rig_on_answer_due(struct evtcp_conn *conn, void *arg)
{
	const struct rig *rig = arg;
	struct evbuffer *input = evtcp_conn_get_input(conn);

	evbuffer_drain(input, evbuffer_get_length(input));
	if (!rig->app.answer)
		return;
	if (evbuffer_add(evtcp_conn_get_output(conn), rig->app.answer, rig->answer_len) < 0)
		rig_die("no memory for an answer");
	if (rig->app.closes)
		evtcp_conn_free(conn);
}

static void rig_pour(struct evtcp_conn *conn, void *arg)
{
	static const uint8_t piece[RIG_PIECE];
	struct evbuffer *output = evtcp_conn_get_output(conn);

	(void)arg;
	if (evbuffer_add_reference(output, piece, sizeof(piece), NULL, NULL) < 0)
		rig_die("no memory for a piece of the output");
}

static void rig_on_event(struct evtcp_conn *conn, short what, void *arg)
{
	(void)what;
	(void)arg;
	evtcp_conn_free(conn);
}

static void rig_on_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct rig *rig = arg;
	struct http_stream *stream;

	(void)listener;
	(void)peer;
	(void)peer_len;
	if (rig->http) {
		stream = http_stream_conn_new(conn, &rig->world);
		if (!stream)
			rig_die("no memory for a connection");
		http_server_accept(rig->http, stream, evtcp_stack_get_now(rig->stack));
		return;
	}
	evtcp_conn_set_nodelay(conn, 1);
	evtcp_conn_set_cb(
		conn, rig_on_answer_due, rig->app.pours ? rig_pour : NULL, rig_on_event, rig);
	evtcp_conn_enable(conn, EV_READ);
	if (rig->app.pours)
		rig_pour(conn, rig);
}

/* ---- opening ------------------------------------------------------------------------ */

void rig_config_init(struct rig_config *config)
{
	struct evtcp_stack_config defaults;

	evtcp_stack_config_init(&defaults);
	*config = (struct rig_config){.limits = defaults.limits};
	config->limits.connections = 0;
	config->limits.half_open = 4096;
	config->limits.orphans = 0;
	config->limits.buffer_bytes = 0;
}

static void rig_open_http(struct rig *rig)
{
	struct http_server_config config = {
		.world = &rig->world, .handler = pages_handle, .handler_arg = &rig->host};

	http_limits_init(&config.limits);
	config.limits.connections = 0;
	config.limits.keepalive_us = 0;
	config.limits.header_time_us = 0;
	rig->http = http_server_new(&config);
	if (!rig->http)
		rig_die("no memory for the HTTP server");
	evtcp_stack_set_fetch_cb(rig->stack, http_stream_conn_fetch); /* as evtcpd does */
	rig->host = (struct pages_host){
		.stack = rig->stack, .http = http_server_get_counters(rig->http), .n = 1};
}

static void rig_open_stack(struct rig *rig, const struct rig_config *config)
{
	static const struct evtcp_link_ops ops = {.output = rig_output};
	struct evtcp_offload offload = {.checksum = true, .segments_len = RIG_OFFLOAD_LEN};
	struct evtcp_stack_config stack_config;
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(RIG_PORT)};
	struct evtcp_listener *listener;

	evtcp_stack_config_init(&stack_config);
	stack_config.world = &rig->world;
	stack_config.limits = config->limits;
	own.sin_addr.s_addr = htonl(0x0a000001);
	rig->stack = evtcp_stack_new(NULL, &stack_config);
	rig->link = evtcp_link_new(&ops, rig, RIG_MTU);
	if (!rig->stack || !rig->link)
		rig_die("no memory for a stack");
	if (config->offload)
		evtcp_link_set_offload(rig->link, &offload);
	if (evtcp_stack_attach(rig->stack, rig->link) < 0 ||
		evtcp_stack_add_address(rig->stack, (struct sockaddr *)&own, sizeof(own), 8) < 0)
		rig_die("the stack refuses its link or its address");
	listener = evtcp_listener_new(
		rig->stack, rig_on_accept, rig, (struct sockaddr *)&own, sizeof(own));
	if (!listener)
		rig_die("the stack refuses a listener");
	evtcp_listener_let_rest(listener, 1); /* as evtcpd does */
}

void rig_open(struct rig *rig, const struct rig_config *config)
{
	*rig = (struct rig){.now_ns = UINT64_C(1000000000), .app = config->app};
	rig->answer_len = config->app.answer ? strlen(config->app.answer) : 0;
	heap_world(&rig->world); /* whose memory needs no argument */
	rig->world.now_us = rig->world.wall_us = rig_now_us;
	rig->world.random = rig_fill_random;
	rig->world.arg = rig;
	rig->sent = calloc(RIG_SENT, sizeof(rig->sent[0]));
	rig->in_bytes =
		mmap(NULL, RIG_ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!rig->sent || rig->in_bytes == MAP_FAILED)
		rig_die("no memory for packets");
	rig->in_end = rig->in_bytes;
	counters_open(&rig->counters);
	rig_open_stack(rig, config);
	if (config->app.http)
		rig_open_http(rig);
}

void rig_close(struct rig *rig)
{
	rig->is_closing = true;
	http_server_free(rig->http);
	evtcp_stack_free(rig->stack);
	counters_close(&rig->counters);
	munmap(rig->in_bytes, RIG_ARENA);
	free(rig->sent);
}

/* ---- turns -------------------------------------------------------------------------- */

uint8_t *rig_put(struct rig *rig, size_t len, uint16_t segment_len, bool checksum_left)
{
	unsigned i = rig->n_in++;
	uint8_t *bytes = rig->in_end;

	if (i == RIG_IN)
		rig_die("more than %d packets in a turn", RIG_IN);
	rig->in_end += (len + 63) / 64 * 64;
	rig->in_iov[i] = (struct iovec){bytes, len};
	rig->in[i] = (struct evtcp_packet){.iov = &rig->in_iov[i],
		.iovcnt = 1,
		.len = len,
		.segment_len = segment_len,
		.checksum_left = checksum_left};
	return bytes;
}

void rig_wait(struct rig *rig, uint64_t ns)
{
	rig->now_ns += ns;
}

/* What is timed, and what a profiler looks at: it has a name of its own for that. */
__attribute__((noinline)) static void rig_timed(struct rig *rig)
{
	uint64_t now_us = rig->now_ns / 1000;

	/* As a TUN link does with what it has read. */
	for (unsigned i = 0; rig->n_in > 1 && i < rig->n_in; i++)
		evtcp_link_expect(rig->link, &rig->in[i]);
	for (unsigned i = 0; i < rig->n_in; i++)
		evtcp_link_input(rig->link, &rig->in[i]);
	evtcp_link_batch_end(rig->link);
	if (evtcp_stack_next_deadline(rig->stack) <= now_us)
		evtcp_stack_run_timers(rig->stack);
	if (rig->http && http_server_next_deadline(rig->http) <= now_us)
		http_server_run_timers(rig->http);
}

uint64_t rig_turn(struct rig *rig)
{
	uint64_t began_ns;

	rig->n_sent = 0;
	counters_run(&rig->counters, true);
	began_ns = rig_clock_ns();
	rig_timed(rig);
	began_ns = rig_clock_ns() - began_ns;
	counters_run(&rig->counters, false);
	rig->n_in = 0;
	rig->in_end = rig->in_bytes;
	return began_ns;
}
