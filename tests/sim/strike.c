/* SPDX-License-Identifier: BSD-3-Clause */

/* An attacker who is not on the path.
 *
 * In: a connection, or a handshake, or what is left of a connection. Out: one segment, or
 * one ICMP message, into one of its ends, at once; a verdict if it was taken, or if
 * anything of the connection has changed by it.
 *
 * What would be right is avoided: a reset that happened to be exact would close the
 * connection as it should. Where chance must not be, the numbers are made from what
 * the witness knows. */

#include "strike.h"

#include <errno.h>
#include <string.h>

static const uint8_t garbage[64] = "this was never written by the other end of this connection";

/* What an end of a connection is for him. */
enum situation {
	STRIKE_SYN_SENT = 1,
	STRIKE_HALF_OPEN = 2, /* the server has answered the SYN, and nothing more */
	STRIKE_SYNCHRONIZED = 4,
	STRIKE_TIME_WAIT = 8
};

struct strike {
	struct world *world;
	struct rng *rng;
	unsigned host;
	enum situation situation;
	struct witness_side *self;
	const struct witness_side *other;
	struct packet packet; /* begins as an ACK of all that host has sent, at next */
	uint32_t next;        /* what host expects next, at most: it need not take what came */
	uint32_t window_end;  /* the right edge that host has offered */
	const struct app *app;
};

/* A number that is never 0 and never near 2^32, small ones as likely as large ones. */
static uint32_t strike_some(struct strike *strike)
{
	return (uint32_t)rng_log_range(strike->rng, 1, UINT32_C(1) << 30);
}

/* A number beyond the window: often the first (that of a closed window is RCV.NXT, and right). */
static uint32_t strike_beyond(struct strike *strike)
{
	bool closed = (int32_t)(strike->window_end - strike->next) <= 0;

	return strike->window_end + strike_some(strike) - (closed ? 0 : 1);
}

static void strike_text(struct strike *strike)
{
	strike->packet.payload = garbage;
	strike->packet.payload_len = (uint32_t)rng_range(strike->rng, 0, sizeof(garbage));
}

/* ---- guesses: each makes one segment ------------------------------------------------ */

/* RFC 5961 3.2: in the window, but not at its edge. */
static void guess_rst_near(struct strike *strike)
{
	strike->packet.flags = PACKET_RST | (rng_percent(strike->rng, 50) ? PACKET_ACK : 0);
	strike->packet.seq = strike->next + 1 + (uint32_t)rng_log_range(strike->rng, 1, 100000);
}

static void guess_rst_far(struct strike *strike)
{
	strike->packet.flags = PACKET_RST | (rng_percent(strike->rng, 50) ? PACKET_ACK : 0);
	strike->packet.seq = rng_percent(strike->rng, 50)
				     ? strike_beyond(strike)
				     : strike->other->iss - strike_some(strike);
}

/* RFC 5961 4.2: anywhere, its own number among them. */
static void guess_syn(struct strike *strike)
{
	strike->packet.flags = PACKET_SYN | (rng_percent(strike->rng, 30) ? PACKET_ACK : 0);
	strike->packet.seq =
		rng_percent(strike->rng, 20) ? strike->other->iss : (uint32_t)rng_next(strike->rng);
}

/* RFC 5961 5.2: text, or a FIN, that acknowledges what was never sent. */
static void guess_ack_unsent(struct strike *strike)
{
	strike->packet.flags |= rng_percent(strike->rng, 30) ? PACKET_FIN : 0;
	strike->packet.ack += strike_some(strike);
	strike_text(strike);
}

/* The same, but what was acknowledged long ago, or is of an earlier connection. */
static void guess_ack_old(struct strike *strike)
{
	strike->packet.flags |= rng_percent(strike->rng, 30) ? PACKET_FIN : 0;
	strike->packet.ack -=
		(UINT32_C(1) << 30) + (uint32_t)rng_range(strike->rng, 0, UINT32_C(1) << 29);
	strike_text(strike);
}

/* Everything is right, but the number: beyond the window, whose edge is right for what is empty. */
static void guess_text_far(struct strike *strike)
{
	strike->packet.flags |= rng_percent(strike->rng, 30) ? PACKET_FIN : 0;
	strike->packet.seq = strike_beyond(strike);
	strike_text(strike);
	if (packet_segment_len(&strike->packet) == 0)
		strike->packet.seq++;
}

/* RFC 9293 3.10.7.4, fifth step: without ACK nothing is taken. */
static void guess_no_ack(struct strike *strike)
{
	static const uint8_t flags[] = {
		0, PACKET_FIN, PACKET_PSH | PACKET_URG, PACKET_FIN | PACKET_PSH | PACKET_URG};

	strike->packet.flags = flags[rng_range(strike->rng, 0, sizeof(flags) - 1)];
	strike_text(strike);
}

/* RFC 9293 3.10.7.3, first step: not the answer to our SYN. */
static void guess_syn_ack(struct strike *strike)
{
	strike->packet.flags = PACKET_ACK | (rng_percent(strike->rng, 70) ? PACKET_SYN : 0) |
			       (rng_percent(strike->rng, 20) ? PACKET_RST : 0);
	strike->packet.seq = (uint32_t)rng_next(strike->rng);
	strike->packet.ack += strike_some(strike);
}

static const struct guess {
	enum sim_counter counter;
	unsigned situations;
	void (*make)(struct strike *strike);
} guesses[] = {
	{SIM_STRIKES_RST_NEAR, STRIKE_HALF_OPEN | STRIKE_SYNCHRONIZED | STRIKE_TIME_WAIT,
		guess_rst_near},
	{SIM_STRIKES_RST_FAR, STRIKE_HALF_OPEN | STRIKE_SYNCHRONIZED | STRIKE_TIME_WAIT,
		guess_rst_far},
	{SIM_STRIKES_SYN, STRIKE_SYNCHRONIZED, guess_syn},
	{SIM_STRIKES_SYN_ACK, STRIKE_SYN_SENT, guess_syn_ack},
	{SIM_STRIKES_ACK_UNSENT, STRIKE_SYN_SENT | STRIKE_HALF_OPEN | STRIKE_SYNCHRONIZED,
		guess_ack_unsent},
	{SIM_STRIKES_ACK_OLD, STRIKE_SYN_SENT | STRIKE_HALF_OPEN | STRIKE_SYNCHRONIZED,
		guess_ack_old},
	{SIM_STRIKES_TEXT_FAR, STRIKE_HALF_OPEN | STRIKE_SYNCHRONIZED, guess_text_far},
	{SIM_STRIKES_NO_ACK, STRIKE_SYN_SENT | STRIKE_HALF_OPEN | STRIKE_SYNCHRONIZED,
		guess_no_ack},
};

/* ---- ICMP: about a segment of host --------------------------------------------------- */

/* What a router, or the other host, could say; RFC 9293 3.9.2.2. */
static struct packet_icmp strike_icmp(struct strike *strike)
{
	static const struct packet_icmp v4[] = {{3, 0, 0}, {3, 1, 0}, {3, 2, 0}, {3, 3, 0},
		{3, 4, 68}, {3, 4, 0}, {3, 4, 576}, {3, 9, 0}, {3, 13, 0}, {4, 0, 0}, {5, 0, 0},
		{11, 0, 0}, {11, 1, 0}, {12, 0, 0}};
	static const struct packet_icmp v6[] = {{1, 0, 0}, {1, 1, 0}, {1, 3, 0}, {1, 4, 0},
		{1, 5, 0}, {2, 0, 68}, {2, 0, 1280}, {2, 0, 0}, {3, 0, 0}, {3, 1, 0}, {4, 0, 40},
		{4, 1, 6}, {100, 0, 0}};

	if (strike->packet.ipv6)
		return v6[rng_range(strike->rng, 0, sizeof(v6) / sizeof(*v6) - 1)];
	return v4[rng_range(strike->rng, 0, sizeof(v4) / sizeof(*v4) - 1)];
}

/* Something of host's is in flight, for all that has reached it. */
static bool strike_has_flight(const struct strike *strike)
{
	return strike->situation == STRIKE_SYNCHRONIZED &&
	       strike->self->sent_end > strike->other->acked;
}

/* hits: the number is that of an octet in flight (RFC 5927 4.1), else one that never was. */
static size_t strike_build_icmp(struct strike *strike, bool hits, uint8_t *bytes, size_t size)
{
	struct packet_icmp icmp = strike_icmp(strike);
	struct packet about = {.ipv6 = strike->packet.ipv6,
		.source = strike->packet.destination,
		.destination = strike->packet.source,
		.ttl = 60,
		.source_port = strike->packet.destination_port,
		.destination_port = strike->packet.source_port,
		.flags = PACKET_ACK};
	uint32_t sent = strike->self->iss + (uint32_t)strike->self->sent_end;

	if (hits)
		about.seq = sent - 1;
	else if (rng_percent(strike->rng, 50))
		about.seq = sent + 1 + strike_some(strike);
	else
		about.seq = strike->self->iss - strike_some(strike);
	return packet_build_icmp(&about, &icmp, bytes, size);
}

/* ---- what may not change ---------------------------------------------------------------- */

struct snapshot {
	bool known;
	struct evtcp_conn_info info;
};

static struct snapshot strike_look(const struct app *app)
{
	struct snapshot snapshot = {.known = app->conn != NULL};

	if (snapshot.known)
		evtcp_conn_get_info(app->conn, &snapshot.info);
	return snapshot;
}

static bool strike_differs(const struct snapshot *before, const struct snapshot *after)
{
	const struct evtcp_conn_info *a = &before->info, *b = &after->info;

	if (!before->known)
		return false;
	return !after->known || a->state != b->state || a->error != b->error ||
	       a->bytes_received != b->bytes_received || a->bytes_acked != b->bytes_acked ||
	       a->bytes_delivered != b->bytes_delivered || a->unread_bytes != b->unread_bytes ||
	       a->snd_wnd != b->snd_wnd || a->cwnd != b->cwnd || a->ssthresh != b->ssthresh ||
	       a->srtt_us != b->srtt_us || a->rto_us != b->rto_us || a->backoff != b->backoff ||
	       a->lost_bytes != b->lost_bytes || a->sacked_bytes != b->sacked_bytes ||
	       a->snd_mss != b->snd_mss;
}

/* ---- the strike --------------------------------------------------------------------------- */

/* host gets the bytes; what it makes of them must be nothing. */
static void strike_deliver(struct strike *strike, uint8_t *bytes, size_t len)
{
	struct world *world = strike->world;
	struct host *host = &world->hosts[strike->host];
	struct snapshot before = strike_look(strike->app), after;
	struct evtcp_reason reason = host_deliver(host, bytes, len);

	after = strike_look(strike->app);
	record_say(&world->record, "a stranger strikes:");
	record_came(&world->record, host, bytes, len, &reason);
	if (evtcp_cause_class(reason.cause) != EVTCP_CLASS_DROPPED)
		verdict_fail(&world->verdict, "host %u took a stranger's packet: %s", strike->host,
			evtcp_cause_text(reason.cause));
	else if (strike_differs(&before, &after))
		verdict_fail(&world->verdict,
			"host %u: a stranger has changed a connection with what was refused: %s",
			strike->host, evtcp_cause_text(reason.cause));
}

/* The number was right. That may shrink segments and be told to the application; it ends
 * nothing. */
static void strike_deliver_hit(struct strike *strike, uint8_t *bytes, size_t len)
{
	struct world *world = strike->world;
	struct host *host = &world->hosts[strike->host];
	struct snapshot before = strike_look(strike->app), after;
	struct evtcp_reason reason = host_deliver(host, bytes, len);

	after = strike_look(strike->app);
	record_say(&world->record, "a stranger strikes, and hits:");
	record_came(&world->record, host, bytes, len, &reason);
	world->circumstances.libelled = true;
	if (before.known && (!after.known || before.info.state != after.info.state ||
				    after.info.error != before.info.error))
		verdict_fail(&world->verdict, "host %u: ICMP has ended a connection", strike->host);
}

static void strike_by_icmp(struct strike *strike)
{
	bool hits = strike_has_flight(strike) && rng_percent(strike->rng, 30);
	uint8_t bytes[112];
	size_t len = strike_build_icmp(strike, hits, bytes, sizeof(bytes));

	strike->world->coverage.counters[hits ? SIM_STRIKES_ICMP_HIT : SIM_STRIKES_ICMP]++;
	if (hits)
		strike_deliver_hit(strike, bytes, len);
	else
		strike_deliver(strike, bytes, len);
}

static void strike_by_segment(struct strike *strike)
{
	const struct guess *guess;
	uint8_t bytes[128];
	size_t len;

	/* Who has sent a SYN hears little before its answer: few strikes hit one, and half of them
	 * are what is only for it. */
	bool only = strike->situation == STRIKE_SYN_SENT && rng_percent(strike->rng, 50);

	do
		guess = &guesses[rng_range(strike->rng, 0, sizeof(guesses) / sizeof(*guesses) - 1)];
	while (!(guess->situations & strike->situation) ||
		(only && guess->counter != SIM_STRIKES_SYN_ACK));
	guess->make(strike);
	if (!(strike->packet.flags & PACKET_RST))
		strike->self->other_came = true; /* it may be answered by a reset */
	len = packet_build(&strike->packet, bytes, sizeof(bytes));
	strike->world->coverage.counters[guess->counter]++;
	strike_deliver(strike, bytes, len);
}

/* What host is at; 0 if nothing that can be struck. */
static unsigned strike_situation(
	const struct dialogue *dialogue, unsigned host, const struct witness_flow *flow)
{
	const struct app *app = &dialogue->ends[host];

	if (flow->muddled || app->error || !flow->sides[host].syn_sent)
		return 0;
	if (!app->existed)
		return flow->sides[host].came.len && flow->sides[1 - host].syn_sent
			       ? STRIKE_HALF_OPEN
			       : 0;
	if (!app->conn)
		return app->let_go_early ? 0 : STRIKE_TIME_WAIT;
	switch (evtcp_conn_get_state(app->conn)) {
	case EVTCP_SYN_SENT:
		return STRIKE_SYN_SENT;
	case EVTCP_SYN_RECEIVED:
	case EVTCP_CLOSED:
		return 0;
	case EVTCP_TIME_WAIT:
		return STRIKE_TIME_WAIT;
	default:
		return STRIKE_SYNCHRONIZED;
	}
}

static void strike_count(struct strike *strike)
{
	uint64_t *counters = strike->world->coverage.counters;

	counters[SIM_SPOOFED]++;
	counters[SIM_STRIKES_SYN_SENT] += strike->situation == STRIKE_SYN_SENT;
	counters[SIM_STRIKES_HALF_OPEN] += strike->situation == STRIKE_HALF_OPEN;
	counters[SIM_STRIKES_TIME_WAIT] += strike->situation == STRIKE_TIME_WAIT;
}

void strike(struct world *world, struct dialogue *dialogue, unsigned host)
{
	struct witness_flow *flow = &world->witness.flows[dialogue->flow];
	struct witness_side *self = &flow->sides[host], *other = &flow->sides[1 - host];
	unsigned situation = strike_situation(dialogue, host, flow);
	struct strike strike = {.world = world,
		.rng = &world->rng,
		.host = host,
		.situation = (enum situation)situation,
		.self = self,
		.other = other,
		.app = &dialogue->ends[host]};

	if (situation == 0)
		return;
	strike.next = other->iss + (uint32_t)ranges_reach(&self->came, 0);
	strike.window_end = other->iss + (uint32_t)self->offered_end;
	strike.packet = (struct packet){.ipv6 = world->hosts[host].ipv6,
		.source = world->witness.hosts[1 - host].address,
		.destination = world->witness.hosts[host].address,
		.ttl = 64,
		.source_port = other->port,
		.destination_port = self->port,
		.seq = strike.next,
		.ack = self->iss + (uint32_t)self->sent_end,
		.flags = PACKET_ACK,
		.window = 65535};
	strike_count(&strike);
	if (rng_percent(&world->rng, 25))
		strike_by_icmp(&strike);
	else
		strike_by_segment(&strike);
	host_end_batch(&world->hosts[host]);
}
