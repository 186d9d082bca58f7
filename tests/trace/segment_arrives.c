/* SPDX-License-Identifier: BSD-3-Clause */

/* Every segment in every state (ATTACKS T02, T03, T04, T11, T15): all 256 flag octets, in the
 * eleven states, at thirteen places of the receive window, with seven acknowledgment numbers, over
 * IPv4 and IPv6, each on a fresh stack, against the rules that were written by hand from RFC 9293
 * 3.10.7 (segment_rules.c). Resets (T02), SYNs (T03), acknowledgments (T04) and what comes to
 * a closed port (T11) are among them.
 *
 * Input: none. Output: the number of cells, or the first cells that differ, with the rule
 * that they break. Through the public API alone. */

#include "rig.h"
#include "segment_rules.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

enum { SOON_US = 500000 /* MUST-40 */, MAX_COMPLAINTS = 20, HALF_CIRCLE = INT32_MIN };

/* ---- what is so afterwards ------------------------------------------- */

static const char *compare_state(const struct rig *rig, const struct outcome *outcome, bool listens)
{
	enum situation then = outcome->then;
	struct evtcp_conn_info info = {0};
	size_t unread = 0;

	if (then == IN_SYN_RECEIVED_ACTIVE || then == IN_SYN_RECEIVED_FAST)
		then = IN_SYN_RECEIVED;
	if (then == IN_ZERO_WINDOW)
		then = IN_ESTABLISHED;
	if (rig_where(rig, listens) != then)
		return "another state";
	if (rig->error != outcome->error)
		return "another error for the application";
	if (rig->eof != outcome->eof)
		return "another end of stream for the application";
	if (rig->conn) {
		unread = evbuffer_get_length(evtcp_conn_get_input(rig->conn)) - rig->unread;
		evtcp_conn_get_info(rig->conn, &info);
	}
	if (unread != outcome->delivered)
		return "other text for the application";
	if (info.out_of_order_bytes != outcome->kept)
		return "other text kept";
	return NULL;
}

/* The numbers of a reply; SND.NXT is that before the segment, as nothing is sent. */
static bool is_reply(const struct rig *rig, const struct packet *sent, const struct arrival *a,
	const struct outcome *outcome)
{
	uint32_t ack = rig->irs + outcome->rcv_nxt;
	uint32_t len = a->len + ((a->flags & SYN) != 0) + ((a->flags & FIN) != 0);

	switch (outcome->reply) {
	case REPLY_ACK:
	case REPLY_ACK_SOON:
		return sent->flags == ACK && sent->seq == rig->iss + a->snd_nxt &&
		       sent->ack == ack && sent->len == 0;
	case REPLY_RST:
		return sent->flags == RST && sent->seq == rig->iss + a->ack && sent->len == 0;
	case REPLY_RST_ACK:
		return sent->flags == (RST | ACK) && sent->seq == 0 &&
		       sent->ack == rig->irs + a->seq + len && sent->len == 0;
	case REPLY_SYN_ACK:
		return sent->flags == (SYN | ACK) && sent->seq == rig->iss && sent->ack == ack &&
		       sent->len == 0;
	default:
		return false;
	}
}

static const char *compare_reply(const struct rig *rig, unsigned at_once, const struct arrival *a,
	const struct outcome *outcome)
{
	if (outcome->reply == REPLY_NONE)
		return rig->n_sent ? "an answer" : NULL;
	if (rig->n_sent == 0)
		return "no answer";
	if (rig->n_sent > 1)
		return "more than one answer";
	if (!is_reply(rig, &rig->sent[0], a, outcome))
		return "another answer";
	if (outcome->reply != REPLY_ACK_SOON && at_once == 0)
		return "the answer came late";
	return NULL;
}

/* ---- cells ----------------------------------------------------------- */

static void complain(const struct rig *rig, const struct arrival *a, const struct outcome *outcome,
	const char *what)
{
	printf("%s, flags %02x, seq %d len %u ack %d: %s\n  the rule: %s\n", rig_name(a->in),
		(unsigned)a->flags, (int)a->seq, (unsigned)a->len, (int)a->ack, what,
		outcome->rule);
	printf("  then %s, expected %s\n", rig_name(rig_where(rig, a->in == IN_LISTEN)),
		rig_name(outcome->then));
	for (unsigned i = 0; i < rig->n_sent && i < RIG_SENT; i++)
		printf("  sent: flags %02x seq %d ack %d\n", (unsigned)rig->sent[i].flags,
			(int)(rig->sent[i].seq - rig->iss), (int)(rig->sent[i].ack - rig->irs));
}

static bool run_cell(const struct arrival *a, bool ipv6)
{
	struct evtcp_stack_config config;
	struct rig rig;
	struct outcome outcome;
	unsigned at_once;
	const char *what;
	bool listens = a->in == IN_LISTEN || a->in == IN_SYN_RECEIVED;

	segment_rules_apply(a, &outcome);
	rig_configure(&config);
	rig_init(&rig, ipv6);
	rig_open(&rig, &config);
	rig_bring(&rig, a->in);
	rig_input(&rig, a->flags, a->seq, a->len, a->ack);
	at_once = rig.n_sent;
	rig_wait(&rig, SOON_US);
	what = compare_reply(&rig, at_once, a, &outcome);
	if (!what)
		what = compare_state(&rig, &outcome, listens);
	if (what)
		complain(&rig, a, &outcome, what);
	return rig_close(&rig) && !what;
}

/* Where a segment stands: from what, how far, how long. */
static const struct place {
	bool from_edge; /* of the window's right edge, else of RCV.NXT */
	int32_t offset;
	uint32_t len;
} places[] = {
	{false, 0, 0},                  /* at RCV.NXT, empty */
	{false, -1, 0},                 /* just left of the window */
	{false, 1, 0},                  /* the second number of it */
	{false, 50, 0},                 /* in it */
	{true, -1, 0},                  /* the last number of it */
	{true, 0, 0},                   /* just right of it */
	{false, 0, 100},                /* at RCV.NXT, with text */
	{false, 50, 100},               /* beyond a gap */
	{false, -150, 100},             /* left */
	{true, 10, 100},                /* right */
	{false, -50, 100},              /* spanning the left edge */
	{true, -50, 100},               /* spanning the right edge */
	{false, -50, 100 + RIG_WINDOW}, /* spanning all of it */
};

/* The variables of a situation, as rig_bring leaves them. */
static struct arrival variables(enum situation in)
{
	struct arrival a = {.in = in, .snd_una = 1, .snd_nxt = 1, .max_snd_wnd = 65535};

	a.rcv_nxt = in == IN_CLOSE_WAIT || in >= IN_CLOSING ? 2 : 1;
	if (in == IN_ZERO_WINDOW)
		a.rcv_nxt = 1 + RIG_WINDOW;
	if (in == IN_SYN_RECEIVED_FAST)
		a.rcv_nxt = 1 + RIG_SYN_TEXT;
	a.rcv_edge = in == IN_TIME_WAIT ? a.rcv_nxt : 1 + RIG_WINDOW;
	if (in == IN_SYN_SENT || in == IN_SYN_RECEIVED || in == IN_SYN_RECEIVED_ACTIVE ||
		in == IN_SYN_RECEIVED_FAST)
		a.snd_una = 0;
	if (in == IN_ESTABLISHED || in == IN_SYN_RECEIVED_FAST)
		a.snd_nxt += RIG_IN_FLIGHT;
	if (in == IN_FIN_WAIT_1 || in == IN_CLOSING || in == IN_LAST_ACK)
		a.snd_nxt = 2;
	if (in == IN_FIN_WAIT_2 || in == IN_TIME_WAIT)
		a.snd_una = a.snd_nxt = 2;
	return a;
}

/* All acknowledgment numbers for one place and flag octet; how many cells failed. */
static unsigned run_acks(struct arrival *a, unsigned *cells)
{
	const uint32_t oldest = a->snd_una - a->max_snd_wnd; /* RFC 5961 5 */
	const uint32_t acks[] = {a->snd_nxt, a->snd_una, a->snd_una - 1, oldest, oldest - 1,
		a->snd_nxt + 1, a->snd_nxt + (uint32_t)HALF_CIRCLE};
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
