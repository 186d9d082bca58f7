/* SPDX-License-Identifier: BSD-3-Clause */

/* One stack whose link a test holds in its hands, see rig.h. */

#include "rig.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COOKIE = 8, SOON_US = 500000 /* MUST-40 */, RTO_US = 10000000 };

/* ---- the application and the link ------------------------------------ */

static void rig_die(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(1);
}

static int rig_output(void *ctx, const struct evtcp_packet *packet)
{
	static uint8_t octets[PACKET_MAX];
	struct rig *rig = ctx;
	struct packet sent;
	size_t len = 0;

	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(octets + len, packet->iov[i].iov_base, packet->iov[i].iov_len);
		len += packet->iov[i].iov_len;
	}
	if (packet_parse(&sent, octets, len))
		rig_die("an ill-formed packet");
	if (sent.protocol == PROTOCOL_TCP && sent.flags & SYN)
		rig->iss = sent.seq;
	sent.payload = NULL; /* it does not stay */
	if (rig->n_sent < RIG_SENT)
		rig->sent[rig->n_sent] = sent;
	rig->n_sent++;
	if (rig->tap)
		rig->tap(rig->tap_arg, octets, len);
	return 0;
}

static void rig_event(struct evtcp_conn *conn, short what, void *arg)
{
	struct rig *rig = arg;

	if (what & BEV_EVENT_EOF)
		rig->eof = true;
	if (what & BEV_EVENT_ERROR)
		rig->error = evtcp_conn_get_error(conn);
}

static void rig_adopt(struct rig *rig, struct evtcp_conn *conn)
{
	rig->conn = conn;
	evtcp_conn_set_cb(conn, NULL, NULL, rig_event, rig);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
}

static void rig_accepted(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	rig_adopt(arg, conn);
}

static struct sockaddr_storage rig_address(const struct rig *rig, uint32_t address, uint16_t port)
{
	struct sockaddr_storage ss;

	packet_sockaddr(rig->ipv6, address, port, &ss);
	return ss;
}

void rig_configure(struct evtcp_stack_config *config)
{
	evtcp_stack_config_init(config);
	config->limits.receive_buffer = RIG_WINDOW;
	config->limits.quick_acks = 0;
	config->tcp_options.ecn = EVTCP_ECN_OFF; /* it has rules of its own: ecn/ has them */
	config->rto_min_us = config->rto_initial_us = RTO_US;
}

void rig_init(struct rig *rig, bool ipv6)
{
	*rig = (struct rig){.ipv6 = ipv6,
		.us = RIG_US,
		.peer = RIG_PEER,
		.our_port = RIG_OUR_PORT,
		.peer_port = RIG_PEER_PORT,
		.irs = 0xffffff00};
	world_init(&rig->world, 1000000000);
}

void rig_open(struct rig *rig, struct evtcp_stack_config *config)
{
	static const struct evtcp_link_ops ops = {.output = rig_output};
	struct sockaddr_storage us = rig_address(rig, rig->us, 0);

	config->world = &rig->world.ops;
	rig->stack = evtcp_stack_new(NULL, config);
	if (!rig->stack || evtcp_stack_attach(rig->stack, evtcp_link_new(&ops, rig, 1500)) ||
		evtcp_stack_add_address(rig->stack, (struct sockaddr *)&us, sizeof(us), 24))
		rig_die("no stack");
}

bool rig_close(struct rig *rig)
{
	evtcp_stack_free(rig->stack);
	if (rig->world.live != 0)
		fprintf(stderr, "the stack kept %zu allocations\n", rig->world.live);
	return rig->world.live == 0;
}

/* ---- acts ------------------------------------------------------------ */

void rig_forget(struct rig *rig)
{
	rig->n_sent = 0;
	rig->eof = false;
	rig->error = 0;
}

void rig_octets(struct rig *rig, const uint8_t *octets, size_t len)
{
	static uint8_t copy[PACKET_MAX]; /* the stack may not write to it, but iovec lets it */
	struct iovec iov = {copy, len};
	struct evtcp_packet input = {.iov = &iov, .iovcnt = 1, .len = len};

	memcpy(copy, octets, len);
	evtcp_stack_input(rig->stack, &input);
	evtcp_stack_flush(rig->stack);
}

void rig_packet(struct rig *rig, const struct packet *packet)
{
	static uint8_t octets[PACKET_MAX];

	rig_octets(rig, octets, packet_build(packet, octets));
}

struct packet rig_segment(
	const struct rig *rig, uint8_t flags, uint32_t seq, uint32_t len, uint32_t ack)
{
	static const uint8_t text[2000];

	return (struct packet){.ipv6 = rig->ipv6,
		.src = rig->peer,
		.dst = rig->us,
		.protocol = PROTOCOL_TCP,
		.ttl = 64,
		.src_port = rig->peer_port,
		.dst_port = rig->our_port,
		.flags = flags,
		.seq = rig->irs + seq,
		.ack = flags & ACK ? rig->iss + ack : 0,
		.window = 65535,
		.payload = text,
		.len = len};
}

void rig_input(struct rig *rig, uint8_t flags, uint32_t seq, uint32_t len, uint32_t ack)
{
	struct packet packet = rig_segment(rig, flags, seq, len, ack);

	rig_packet(rig, &packet);
	evtcp_stack_check(rig->stack);
}

/* A SYN that asks for a cookie, and one that brings it. */
static void rig_fast_open(struct rig *rig)
{
	struct packet syn = rig_segment(rig, SYN, 0, 0, 0);

	evtcp_listener_set_fast_open(rig->listener, 1);
	syn.options[0] = 34;
	syn.options[1] = syn.options_len = 2;
	rig_packet(rig, &syn);
	rig_input(rig, RST, 1, 0, 0);
	syn.options[1] = syn.options_len = 2 + COOKIE;
	memcpy(syn.options, rig->sent[0].options + 4, 2 + COOKIE); /* behind MSS */
	syn.len = RIG_SYN_TEXT;
	rig_packet(rig, &syn);
	rig->unread = RIG_SYN_TEXT;
}

void rig_listen(struct rig *rig)
{
	struct sockaddr_storage any = rig_address(rig, INADDR_ANY, rig->our_port);

	rig->listener = evtcp_listener_new(
		rig->stack, rig_accepted, rig, (struct sockaddr *)&any, sizeof(any));
	if (!rig->listener)
		rig_die("no listener");
}

void rig_connect(struct rig *rig)
{
	struct sockaddr_storage from = rig_address(rig, rig->us, rig->our_port);
	struct sockaddr_storage to = rig_address(rig, rig->peer, rig->peer_port);

	rig_adopt(rig, evtcp_conn_connect(rig->stack, (struct sockaddr *)&from, sizeof(from),
			       (struct sockaddr *)&to, sizeof(to)));
	evtcp_stack_flush(rig->stack);
}

void rig_accept(struct rig *rig)
{
	rig_listen(rig);
	rig_input(rig, SYN, 0, 0, 0);
	rig_input(rig, ACK, 1, 0, 1);
}

void rig_write(struct rig *rig, size_t len)
{
	static const uint8_t text[65536];

	for (size_t n; len > 0; len -= n) {
		n = len < sizeof(text) ? len : sizeof(text);
		evtcp_conn_send(rig->conn, text, n);
	}
	evtcp_stack_flush(rig->stack);
}

void rig_shutdown(struct rig *rig)
{
	evtcp_conn_shutdown(rig->conn);
	evtcp_stack_flush(rig->stack);
}

void rig_free(struct rig *rig)
{
	evtcp_conn_free(rig->conn);
	rig->conn = NULL;
	evtcp_stack_flush(rig->stack);
}

void rig_wait(struct rig *rig, uint64_t us)
{
	uint64_t end_us = rig->world.now_us + us, next;

	while ((next = evtcp_stack_next_deadline(rig->stack)) <= end_us) {
		if (next > rig->world.now_us)
			rig->world.now_us = next;
		evtcp_stack_run_timers(rig->stack);
	}
	rig->world.now_us = end_us;
}

/* The states behind ESTABLISHED. */
static void rig_bring_to_an_end(struct rig *rig, enum situation in)
{
	if (in == IN_CLOSE_WAIT || in == IN_LAST_ACK)
		rig_input(rig, FIN | ACK, 1, 0, 1);
	if (in == IN_FIN_WAIT_1 || in == IN_FIN_WAIT_2 || in == IN_CLOSING || in == IN_LAST_ACK ||
		in == IN_TIME_WAIT)
		rig_shutdown(rig);
	if (in == IN_FIN_WAIT_2)
		rig_input(rig, ACK, 1, 0, 2);
	if (in == IN_CLOSING)
		rig_input(rig, FIN | ACK, 1, 0, 1);
	if (in == IN_TIME_WAIT) {
		rig_input(rig, FIN | ACK, 1, 0, 2);
		rig_free(rig);
	}
}

void rig_bring(struct rig *rig, enum situation in)
{
	if (in == IN_LISTEN || in == IN_SYN_RECEIVED || in == IN_SYN_RECEIVED_FAST)
		rig_listen(rig);
	if (in == IN_SYN_RECEIVED_FAST)
		rig_fast_open(rig);
	if (in == IN_SYN_SENT || in == IN_SYN_RECEIVED_ACTIVE)
		rig_connect(rig);
	if (in == IN_SYN_RECEIVED || in == IN_SYN_RECEIVED_ACTIVE)
		rig_input(rig, SYN, 0, 0, 0);
	if (in >= IN_ESTABLISHED)
		rig_accept(rig);
	if (in == IN_ESTABLISHED || in == IN_SYN_RECEIVED_FAST)
		rig_write(rig, RIG_IN_FLIGHT);
	rig_bring_to_an_end(rig, in);
	if (in == IN_ZERO_WINDOW) {
		rig_input(rig, ACK, 1, RIG_WINDOW, 1);
		rig_wait(rig, SOON_US); /* for the delayed ACK */
		rig->unread = RIG_WINDOW;
	}
	rig_forget(rig);
}

/* ---- what is so afterwards ------------------------------------------- */

enum situation rig_where(const struct rig *rig, bool listens)
{
	static const enum situation of_state[EVTCP_N_STATES] = {[EVTCP_CLOSED] = IN_CLOSED,
		[EVTCP_LISTEN] = IN_LISTEN,
		[EVTCP_SYN_SENT] = IN_SYN_SENT,
		[EVTCP_SYN_RECEIVED] = IN_SYN_RECEIVED,
		[EVTCP_ESTABLISHED] = IN_ESTABLISHED,
		[EVTCP_FIN_WAIT_1] = IN_FIN_WAIT_1,
		[EVTCP_FIN_WAIT_2] = IN_FIN_WAIT_2,
		[EVTCP_CLOSE_WAIT] = IN_CLOSE_WAIT,
		[EVTCP_CLOSING] = IN_CLOSING,
		[EVTCP_LAST_ACK] = IN_LAST_ACK,
		[EVTCP_TIME_WAIT] = IN_TIME_WAIT};
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(rig->stack, &usage);
	if (usage.half_open)
		return IN_SYN_RECEIVED;
	if (usage.time_wait)
		return IN_TIME_WAIT;
	if (rig->conn)
		return of_state[evtcp_conn_get_state(rig->conn)];
	return listens ? IN_LISTEN : IN_CLOSED;
}

const char *rig_name(enum situation in)
{
	static const char *const names[N_SITUATIONS] = {"CLOSED", "LISTEN", "SYN-SENT",
		"SYN-RECEIVED", "SYN-RECEIVED (active)", "SYN-RECEIVED (Fast Open)", "ESTABLISHED",
		"FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
		"ESTABLISHED (zero window)"};

	return names[in];
}
