/* SPDX-License-Identifier: BSD-3-Clause */

/* Every segment in every state (ATTACKS T15): all 256 flag octets, in the eleven states,
 * at eleven places of the receive window, with five acknowledgment numbers, over IPv4 and
 * IPv6, each on a fresh stack, against the rules that were written by hand from RFC 9293
 * 3.10.7 (segment_rules.c).
 *
 * Input: none. Output: the number of cells, or the first cells that differ, with the rule
 * that they break. Through the public API alone. */

#include "packet.h"
#include "segment_rules.h"
#include "world.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <evtcp/conn.h>
#include <evtcp/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	US = 0x0a000002,
	PEER = 0x0a000001,
	OUR_PORT = 80,
	PEER_PORT = 40000,
	WINDOW = 400, /* of our receive buffer, so that a segment can span it */
	IN_FLIGHT = 10,
	SYN_TEXT = 149, /* on the SYN of Fast Open, so that one place is at its number */
	COOKIE = 8,
	SOON_US = 500000, /* MUST-40 */
	MAX_SENT = 8,
	MAX_COMPLAINTS = 20
};

/* One stack, brought into one situation. */
struct bench {
	struct world world;
	struct evtcp_stack *stack;
	struct evtcp_conn *conn;
	bool ipv6;
	uint32_t iss, irs; /* absolute */
	struct packet sent[MAX_SENT];
	unsigned n_sent; /* since the last bench_forget */
	int error;
	bool eof;
	size_t unread; /* before the segment */
	struct evtcp_listener *listener;
};

/* ---- the application and the link ------------------------------------ */

static int bench_output(void *ctx, const struct evtcp_packet *packet)
{
	struct bench *bench = ctx;
	uint8_t octets[2048];
	size_t len = 0;

	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(octets + len, packet->iov[i].iov_base, packet->iov[i].iov_len);
		len += packet->iov[i].iov_len;
	}
	if (bench->n_sent == MAX_SENT || packet_parse(&bench->sent[bench->n_sent], octets, len)) {
		fprintf(stderr, "too many packets, or an ill-formed one\n");
		exit(1);
	}
	if (bench->sent[bench->n_sent].flags & SYN)
		bench->iss = bench->sent[bench->n_sent].seq;
	bench->n_sent++;
	return 0;
}

static void bench_event(struct evtcp_conn *conn, short what, void *arg)
{
	struct bench *bench = arg;

	if (what & BEV_EVENT_EOF)
		bench->eof = true;
	if (what & BEV_EVENT_ERROR)
		bench->error = evtcp_conn_get_error(conn);
}

static void bench_adopt(struct bench *bench, struct evtcp_conn *conn)
{
	bench->conn = conn;
	evtcp_conn_set_cb(conn, NULL, NULL, bench_event, bench);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
}

static void bench_accepted(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	bench_adopt(arg, conn);
}

static struct sockaddr_storage bench_address(
	const struct bench *bench, uint32_t address, uint16_t port)
{
	struct sockaddr_storage ss;

	packet_sockaddr(bench->ipv6, address, port, &ss);
	return ss;
}

static void bench_init(struct bench *bench, bool ipv6)
{
	static const struct evtcp_link_ops ops = {.output = bench_output};
	struct evtcp_stack_config config;
	struct sockaddr_storage us;

	*bench = (struct bench){.ipv6 = ipv6, .irs = 0xffffff00};
	us = bench_address(bench, US, 0);
	world_init(&bench->world, 1000000000);
	evtcp_stack_config_init(&config);
	config.world = &bench->world.ops;
	config.limits.receive_buffer = WINDOW;
	config.limits.quick_acks = 0;
	config.tcp_options.ecn = EVTCP_ECN_OFF; /* it has rules of its own: ecn/ has them */
	/* No retransmission comes between a segment and its answer. */
	config.rto_min_us = config.rto_initial_us = 10000000;
	bench->stack = evtcp_stack_new(NULL, &config);
	if (!bench->stack || evtcp_stack_attach(bench->stack, evtcp_link_new(&ops, bench, 1500)) ||
		evtcp_stack_add_address(bench->stack, (struct sockaddr *)&us, sizeof(us), 24)) {
		fprintf(stderr, "no stack\n");
		exit(1);
	}
}

/* ---- acts ------------------------------------------------------------ */

static void bench_forget(struct bench *bench)
{
	bench->n_sent = 0;
	bench->eof = false;
	bench->error = 0;
}

static void bench_packet(struct bench *bench, const struct packet *packet)
{
	static uint8_t octets[PACKET_MAX];
	struct iovec iov = {octets, packet_build(packet, octets)};
	struct evtcp_packet input = {.iov = &iov, .iovcnt = 1, .len = iov.iov_len};

	evtcp_stack_input(bench->stack, &input);
	evtcp_stack_flush(bench->stack);
	evtcp_stack_check(bench->stack);
}

/* A segment of the peer; numbers are relative. */
static struct packet bench_segment(
	const struct bench *bench, uint8_t flags, uint32_t seq, uint32_t len, uint32_t ack)
{
	static const uint8_t text[2000];

	return (struct packet){.ipv6 = bench->ipv6,
		.src = PEER,
		.dst = US,
		.protocol = PROTOCOL_TCP,
		.ttl = 64,
		.src_port = PEER_PORT,
		.dst_port = OUR_PORT,
		.flags = flags,
		.seq = bench->irs + seq,
		.ack = flags & ACK ? bench->iss + ack : 0,
		.window = 65535,
		.payload = text,
		.len = len};
}

static void bench_input(
	struct bench *bench, uint8_t flags, uint32_t seq, uint32_t len, uint32_t ack)
{
	struct packet packet = bench_segment(bench, flags, seq, len, ack);

	bench_packet(bench, &packet);
}

/* A SYN that asks for a cookie, and one that brings it. */
static void bench_fast_open(struct bench *bench)
{
	struct packet syn = bench_segment(bench, SYN, 0, 0, 0);

	evtcp_listener_set_fast_open(bench->listener, 1);
	syn.options[0] = 34;
	syn.options[1] = syn.options_len = 2;
	bench_packet(bench, &syn);
	bench_input(bench, RST, 1, 0, 0);
	syn.options[1] = syn.options_len = 2 + COOKIE;
	memcpy(syn.options, bench->sent[0].options + 4, 2 + COOKIE); /* behind MSS */
	syn.len = SYN_TEXT;
	bench_packet(bench, &syn);
	bench->unread = SYN_TEXT;
}

static void bench_listen(struct bench *bench)
{
	struct sockaddr_storage any = bench_address(bench, INADDR_ANY, OUR_PORT);

	bench->listener = evtcp_listener_new(
		bench->stack, bench_accepted, bench, (struct sockaddr *)&any, sizeof(any));
	if (!bench->listener)
		exit(1);
}

static void bench_connect(struct bench *bench)
{
	struct sockaddr_storage from = bench_address(bench, US, OUR_PORT);
	struct sockaddr_storage to = bench_address(bench, PEER, PEER_PORT);

	bench_adopt(bench, evtcp_conn_connect(bench->stack, (struct sockaddr *)&from, sizeof(from),
				   (struct sockaddr *)&to, sizeof(to)));
	evtcp_stack_flush(bench->stack);
}

static void bench_open(struct bench *bench)
{
	bench_listen(bench);
	bench_input(bench, SYN, 0, 0, 0);
	bench_input(bench, ACK, 1, 0, 1);
}

static void bench_write(struct bench *bench)
{
	static const uint8_t text[IN_FLIGHT];

	evtcp_conn_send(bench->conn, text, IN_FLIGHT);
	evtcp_stack_flush(bench->stack);
}

static void bench_shutdown(struct bench *bench)
{
	evtcp_conn_shutdown(bench->conn);
	evtcp_stack_flush(bench->stack);
}

/* Lets half a second pass. */
static void bench_wait(struct bench *bench)
{
	uint64_t end_us = bench->world.now_us + SOON_US, next;

	while ((next = evtcp_stack_next_deadline(bench->stack)) <= end_us) {
		if (next > bench->world.now_us)
			bench->world.now_us = next;
		evtcp_stack_run_timers(bench->stack);
	}
	bench->world.now_us = end_us;
}

/* Goes to a situation on a road that the RFC's diagram has. */
static void bench_bring(struct bench *bench, enum situation in)
{
	if (in == IN_LISTEN || in == IN_SYN_RECEIVED || in == IN_SYN_RECEIVED_FAST)
		bench_listen(bench);
	if (in == IN_SYN_RECEIVED_FAST)
		bench_fast_open(bench);
	if (in == IN_SYN_RECEIVED || in == IN_SYN_RECEIVED_ACTIVE) {
		if (in == IN_SYN_RECEIVED_ACTIVE)
			bench_connect(bench);
		bench_input(bench, SYN, 0, 0, 0);
	}
	if (in == IN_SYN_SENT)
		bench_connect(bench);
	if (in >= IN_ESTABLISHED)
		bench_open(bench);
	if (in == IN_ESTABLISHED || in == IN_SYN_RECEIVED_FAST)
		bench_write(bench);
	if (in == IN_CLOSE_WAIT || in == IN_LAST_ACK)
		bench_input(bench, FIN | ACK, 1, 0, 1);
	if (in == IN_FIN_WAIT_1 || in == IN_FIN_WAIT_2 || in == IN_CLOSING || in == IN_LAST_ACK ||
		in == IN_TIME_WAIT)
		bench_shutdown(bench);
	if (in == IN_FIN_WAIT_2)
		bench_input(bench, ACK, 1, 0, 2);
	if (in == IN_CLOSING)
		bench_input(bench, FIN | ACK, 1, 0, 1);
	if (in == IN_TIME_WAIT) {
		bench_input(bench, FIN | ACK, 1, 0, 2);
		evtcp_conn_free(bench->conn);
		bench->conn = NULL;
	}
	if (in == IN_ZERO_WINDOW) {
		bench_input(bench, ACK, 1, WINDOW, 1);
		bench_wait(bench); /* for the delayed ACK */
		bench->unread = WINDOW;
	}
	bench_forget(bench);
}

/* ---- what is so afterwards ------------------------------------------- */

static enum situation bench_where(const struct bench *bench, bool listens)
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

	evtcp_stack_get_usage(bench->stack, &usage);
	if (usage.half_open)
		return IN_SYN_RECEIVED;
	if (usage.time_wait)
		return IN_TIME_WAIT;
	if (bench->conn)
		return of_state[evtcp_conn_get_state(bench->conn)];
	return listens ? IN_LISTEN : IN_CLOSED;
}

static const char *bench_compare_state(
	const struct bench *bench, const struct outcome *outcome, bool listens)
{
	enum situation then = outcome->then;
	struct evtcp_conn_info info = {0};
	size_t unread = 0;

	if (then == IN_SYN_RECEIVED_ACTIVE || then == IN_SYN_RECEIVED_FAST)
		then = IN_SYN_RECEIVED;
	if (then == IN_ZERO_WINDOW)
		then = IN_ESTABLISHED;
	if (bench_where(bench, listens) != then)
		return "another state";
	if (bench->error != outcome->error)
		return "another error for the application";
	if (bench->eof != outcome->eof)
		return "another end of stream for the application";
	if (bench->conn) {
		unread = evbuffer_get_length(evtcp_conn_get_input(bench->conn)) - bench->unread;
		evtcp_conn_get_info(bench->conn, &info);
	}
	if (unread != outcome->delivered)
		return "other text for the application";
	if (info.out_of_order_bytes != outcome->kept)
		return "other text kept";
	return NULL;
}

/* The numbers of a reply; SND.NXT is that before the segment, as nothing is sent. */
static bool bench_is_reply(const struct bench *bench, const struct packet *sent,
	const struct arrival *a, const struct outcome *outcome)
{
	uint32_t ack = bench->irs + outcome->rcv_nxt;
	uint32_t len = a->len + ((a->flags & SYN) != 0) + ((a->flags & FIN) != 0);

	switch (outcome->reply) {
	case REPLY_ACK:
	case REPLY_ACK_SOON:
		return sent->flags == ACK && sent->seq == bench->iss + a->snd_nxt &&
		       sent->ack == ack && sent->len == 0;
	case REPLY_RST:
		return sent->flags == RST && sent->seq == bench->iss + a->ack && sent->len == 0;
	case REPLY_RST_ACK:
		return sent->flags == (RST | ACK) && sent->seq == 0 &&
		       sent->ack == bench->irs + a->seq + len && sent->len == 0;
	case REPLY_SYN_ACK:
		return sent->flags == (SYN | ACK) && sent->seq == bench->iss && sent->ack == ack &&
		       sent->len == 0;
	default:
		return false;
	}
}

static const char *bench_compare_reply(const struct bench *bench, unsigned at_once,
	const struct arrival *a, const struct outcome *outcome)
{
	if (outcome->reply == REPLY_NONE)
		return bench->n_sent ? "an answer" : NULL;
	if (bench->n_sent == 0)
		return "no answer";
	if (bench->n_sent > 1)
		return "more than one answer";
	if (!bench_is_reply(bench, &bench->sent[0], a, outcome))
		return "another answer";
	if (outcome->reply != REPLY_ACK_SOON && at_once == 0)
		return "the answer came late";
	return NULL;
}

/* ---- cells ----------------------------------------------------------- */

static void complain(const struct bench *bench, const struct arrival *a,
	const struct outcome *outcome, const char *what)
{
	static const char *const names[] = {"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED",
		"SYN-RECEIVED (active)", "SYN-RECEIVED (Fast Open)", "ESTABLISHED", "FIN-WAIT-1",
		"FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
		"ESTABLISHED (zero window)"};

	printf("%s, flags %02x, seq %d len %u ack %d: %s\n  the rule: %s\n", names[a->in],
		(unsigned)a->flags, (int)a->seq, (unsigned)a->len, (int)a->ack, what,
		outcome->rule);
	printf("  then %s, expected %s\n", names[bench_where(bench, a->in == IN_LISTEN)],
		names[outcome->then]);
	for (unsigned i = 0; i < bench->n_sent; i++)
		printf("  sent: flags %02x seq %d ack %d\n", (unsigned)bench->sent[i].flags,
			(int)(bench->sent[i].seq - bench->iss),
			(int)(bench->sent[i].ack - bench->irs));
}

static bool run_cell(const struct arrival *a, bool ipv6)
{
	struct bench bench;
	struct outcome outcome;
	unsigned at_once;
	const char *what;
	bool listens = a->in == IN_LISTEN || a->in == IN_SYN_RECEIVED;

	segment_rules_apply(a, &outcome);
	bench_init(&bench, ipv6);
	bench_bring(&bench, a->in);
	bench_input(&bench, a->flags, a->seq, a->len, a->ack);
	at_once = bench.n_sent;
	bench_wait(&bench);
	what = bench_compare_reply(&bench, at_once, a, &outcome);
	if (!what)
		what = bench_compare_state(&bench, &outcome, listens);
	if (what)
		complain(&bench, a, &outcome, what);
	evtcp_stack_free(bench.stack);
	if (bench.world.live != 0)
		printf("the stack kept %zu allocations\n", bench.world.live);
	return !what && bench.world.live == 0;
}

/* Where a segment stands: from what, how far, how long. */
static const struct place {
	bool from_edge; /* of the window's right edge, else of RCV.NXT */
	int32_t offset;
	uint32_t len;
} places[] = {
	{false, 0, 0},              /* at RCV.NXT, empty */
	{false, -1, 0},             /* just left of the window */
	{false, 50, 0},             /* in it */
	{true, 0, 0},               /* just right of it */
	{false, 0, 100},            /* at RCV.NXT, with text */
	{false, 50, 100},           /* beyond a gap */
	{false, -150, 100},         /* left */
	{true, 10, 100},            /* right */
	{false, -50, 100},          /* spanning the left edge */
	{true, -50, 100},           /* spanning the right edge */
	{false, -50, 100 + WINDOW}, /* spanning all of it */
};

/* The variables of a situation, as bench_bring leaves them. */
static struct arrival variables(enum situation in)
{
	struct arrival a = {.in = in, .snd_una = 1, .snd_nxt = 1, .max_snd_wnd = 65535};

	a.rcv_nxt = in == IN_CLOSE_WAIT || in >= IN_CLOSING ? 2 : 1;
	if (in == IN_ZERO_WINDOW)
		a.rcv_nxt = 1 + WINDOW;
	if (in == IN_SYN_RECEIVED_FAST)
		a.rcv_nxt = 1 + SYN_TEXT;
	a.rcv_edge = in == IN_TIME_WAIT ? a.rcv_nxt : 1 + WINDOW;
	if (in == IN_SYN_SENT || in == IN_SYN_RECEIVED || in == IN_SYN_RECEIVED_ACTIVE ||
		in == IN_SYN_RECEIVED_FAST)
		a.snd_una = 0;
	if (in == IN_ESTABLISHED || in == IN_SYN_RECEIVED_FAST)
		a.snd_nxt += IN_FLIGHT;
	if (in == IN_FIN_WAIT_1 || in == IN_CLOSING || in == IN_LAST_ACK)
		a.snd_nxt = 2;
	if (in == IN_FIN_WAIT_2 || in == IN_TIME_WAIT)
		a.snd_una = a.snd_nxt = 2;
	return a;
}

/* All acknowledgment numbers for one place and flag octet; how many cells failed. */
static unsigned run_acks(struct arrival *a, unsigned *cells)
{
	const uint32_t acks[] = {a->snd_nxt, a->snd_una, a->snd_una - 1,
		a->snd_una - a->max_snd_wnd - 1, a->snd_nxt + 1};
	unsigned n = a->flags & ACK ? sizeof(acks) / sizeof(acks[0]) : 1, failed = 0;

	for (unsigned i = 0; i < n; i++) {
		a->ack = a->flags & ACK ? acks[i] : 0;
		for (int ipv6 = 0; ipv6 < 2; ipv6++, ++*cells)
			failed += !run_cell(a, ipv6);
	}
	return failed;
}

static unsigned run_situation(enum situation in, unsigned *cells)
{
	unsigned failed = 0;

	for (unsigned flags = 0; flags < 256; flags++) {
		for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
			struct arrival a = variables(in);

			a.flags = (uint8_t)flags;
			a.len = places[p].len;
			a.seq = (places[p].from_edge ? a.rcv_edge : a.rcv_nxt) +
				(uint32_t)places[p].offset;
			failed += run_acks(&a, cells);
			if (failed >= MAX_COMPLAINTS)
				return failed;
		}
	}
	return failed;
}

int main(void)
{
	unsigned cells = 0, failed = 0;
	const char *unused;

	for (int in = 0; in < N_SITUATIONS && failed < MAX_COMPLAINTS; in++)
		failed += run_situation((enum situation)in, &cells);
	unused = failed ? NULL : segment_rules_unused();
	if (unused)
		printf("no cell needs the rule: %s\n", unused);
	printf("%u cells, %u rules, %u failed\n", cells, segment_rules_len(), failed);
	return failed || unused ? 1 : 0;
}
