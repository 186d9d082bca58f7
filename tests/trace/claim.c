/* SPDX-License-Identifier: BSD-3-Clause */

/* Claims: packets, events, states and figures.
 *
 * Input: the present line, sightings and events. Output: true, or a failure that
 * shows expected and actual in the same notation. Silence is a claim too: what
 * nobody expects fails. */

#include "claim.h"

#include "app.h"
#include "figure.h"
#include "told.h"
#include "wire.h"

#include <event2/buffer.h>
#include <evtcp/conn.h>
#include <string.h>

/* ---- packets --------------------------------------------------------- */

/* One claim of a line that may cover several adjacent segments. */
struct cover {
	const struct notation *wanted;
	uint32_t seq, left; /* what is still to come */
	uint32_t piece_len; /* of the first segment; all but the last are as long */
};

static bool claim_differs(struct play *play, const struct sighting *sighting, const char *what)
{
	char wanted[NOTATION_TEXT], actual[NOTATION_TEXT];

	notation_format(play->line->packet, wanted, sizeof(wanted));
	notation_format(&sighting->notation, actual, sizeof(actual));
	return play_fail(play, "%s\n    expected  > %s\n    actual    > %s", what, wanted, actual);
}

static bool claim_nothing_came(struct play *play)
{
	char wanted[NOTATION_TEXT];
	uint64_t next = evtcp_stack_next_deadline(play->stack);

	notation_format(play->line->packet, wanted, sizeof(wanted));
	if (next == UINT64_MAX)
		return play_fail(play,
			"nothing was sent\n    expected  > %s\n"
			"    actual    nothing, and no timer runs",
			wanted);
	return play_fail(play,
		"nothing was sent\n    expected  > %s\n"
		"    actual    nothing; the next timer runs at +%.6f",
		wanted, (double)(next - play->line_us) / 1e6);
}

/* The TSval that a stack has now: its clock runs in milliseconds (RFC 7323 5.4). */
static uint32_t claim_ts_clock(const struct play *play, const struct flow *flow)
{
	return (uint32_t)(play->line_us / 1000 - flow->ts_base_at_us / 1000);
}

/* A cookie: the same as before, or (FO new) another; the first may be any. */
static bool claim_cookie(const struct play *play, const uint8_t *actual)
{
	bool same = play->has_cookie && memcmp(actual + 2, play->cookie, PLAY_COOKIE) == 0;

	if (play->line->packet->given & GIVEN_NEW_COOKIE)
		return play->has_cookie && !same;
	return same || !play->has_cookie;
}

static bool claim_same_option(
	const struct play *play, const struct flow *flow, const uint8_t *wanted, uint8_t *actual)
{
	unsigned len = wanted[0] <= 1 ? 1 : wanted[1];

	if (wanted[0] != actual[0] || (len > 1 && wanted[1] != actual[1]))
		return false;
	if (wanted[0] == 34 && play->line->packet->given & GIVEN_COOKIE)
		return claim_cookie(play, actual);
	if (wanted[0] == 8 && !(play->line->packet->given & GIVEN_TS_VALUES))
		return packet_get32(actual + 2) == claim_ts_clock(play, flow);
	return memcmp(wanted, actual, len) == 0;
}

static bool claim_same_options(const struct play *play, const struct flow *flow,
	const struct notation *wanted, const struct sighting *sighting)
{
	struct packet a = wanted->packet, b = sighting->notation.packet;
	unsigned at = 0, also_at = 0, len;
	uint8_t *option, *other;

	if (a.options_len != b.options_len)
		return false;
	while ((option = packet_next_option(&a, &at, &len))) {
		other = packet_next_option(&b, &also_at, &len);
		if (!other || !claim_same_option(play, flow, option, other))
			return false;
	}
	return true;
}

/* A line without options means: those that belong there. On a SYN any; else the
 * timestamps if they were agreed upon, with our clock, and nothing more. */
static bool claim_usual_options(const struct play *play, const struct flow *flow,
	const struct notation *wanted, const struct sighting *sighting)
{
	static const uint8_t usual[] = {1, 1, 8, 10};
	struct packet packet = sighting->notation.packet;

	if (wanted->packet.flags & SYN)
		return true;
	if (packet.options_len == 0)
		return !flow->ts_on || packet.flags & RST;
	return flow->ts_on && packet.options_len == 12 && memcmp(packet.options, usual, 4) == 0 &&
	       packet_get32(packet.options + 4) == claim_ts_clock(play, flow);
}

static bool claim_options(struct play *play, const struct flow *flow, const struct notation *wanted,
	const struct sighting *sighting)
{
	bool same = wanted->given & GIVEN_OPTIONS
			    ? claim_same_options(play, flow, wanted, sighting)
			    : claim_usual_options(play, flow, wanted, sighting);

	return same || claim_differs(play, sighting, "options differ");
}

static bool claim_details(
	struct play *play, const struct notation *wanted, const struct sighting *sighting)
{
	const struct notation *actual = &sighting->notation;
	unsigned given = wanted->given;

	if (given & GIVEN_WINDOW && wanted->packet.window != actual->packet.window)
		return claim_differs(play, sighting, "window differs");
	if (given & GIVEN_URGENT && wanted->packet.urgent != actual->packet.urgent)
		return claim_differs(play, sighting, "urgent pointer differs");
	if (given & GIVEN_TTL && wanted->packet.ttl != actual->packet.ttl)
		return claim_differs(play, sighting, "TTL differs");
	if (given & GIVEN_DSCP && wanted->packet.dscp != actual->packet.dscp)
		return claim_differs(play, sighting, "DSCP differs");
	if (given & GIVEN_ECN && wanted->packet.ecn != actual->packet.ecn)
		return claim_differs(play, sighting, "ECN field differs");
	if (given & GIVEN_CAUSE && wanted->reason.cause != actual->reason.cause)
		return claim_differs(play, sighting, "cause differs");
	if (given & GIVEN_COUNT && wanted->reason.count != actual->reason.count)
		return claim_differs(play, sighting, "number of the cause differs");
	return true;
}

static unsigned claim_max_segment(const struct play *play, const struct flow *flow)
{
	unsigned mss = flow->peer_mss, floor = play->script->config.limits.mss_floor;

	if (mss > play->script->mtu - 40)
		mss = play->script->mtu - 40;
	return mss < floor ? floor : mss;
}

/* The numbers of one segment against what is left of the line. */
static bool claim_numbers(struct play *play, const struct flow *flow, const struct cover *cover,
	const struct sighting *sighting)
{
	const struct packet *actual = &sighting->notation.packet;
	const struct packet *wanted = &cover->wanted->packet;
	bool last = actual->len == cover->left;
	uint16_t flags = last ? wanted->flags : wanted->flags & (uint16_t) ~(PSH | FIN);
	uint32_t seq = actual->seq;

	if (cover->wanted->given & GIVEN_ABSOLUTE)
		seq += flow->iss;
	if (actual->flags != flags)
		return claim_differs(play, sighting, "flags differ");
	if (seq != cover->seq)
		return claim_differs(play, sighting, "sequence number differs");
	if (actual->len > cover->left || (actual->len == 0 && cover->left != 0))
		return claim_differs(play, sighting, "length differs");
	if (flags & ACK && actual->ack != wanted->ack)
		return claim_differs(play, sighting, "acknowledgment differs");
	if (actual->len + actual->options_len > claim_max_segment(play, flow) && actual->len != 0)
		return claim_differs(play, sighting, "segment is larger than the MSS");
	if (cover->piece_len != 0 &&
		(actual->len > cover->piece_len || (!last && actual->len != cover->piece_len)))
		return claim_differs(
			play, sighting, "segments before the last are not of one size");
	return true;
}

static bool claim_origin(
	struct play *play, const struct flow *flow, const struct sighting *sighting)
{
	if (sighting->at_us != play->line_us)
		return claim_differs(play, sighting, "too early");
	if (sighting->problem)
		return claim_differs(play, sighting, sighting->problem);
	if (sighting->notation.packet.protocol != play->line->packet->packet.protocol)
		return claim_differs(play, sighting, "protocol differs");
	if (sighting->notation.packet.protocol == PROTOCOL_TCP && sighting->flow != flow->number)
		return claim_differs(play, sighting, "flow differs");
	return true;
}

/* What was claimed as a cookie is what the peer will return. */
static void claim_note_cookie(struct play *play, const struct sighting *sighting)
{
	struct packet packet = sighting->notation.packet;
	unsigned at = 0, len;
	const uint8_t *option;

	if (!(play->line->packet->given & GIVEN_COOKIE))
		return;
	while ((option = packet_next_option(&packet, &at, &len))) {
		if (option[0] == 34 && len == 2 + PLAY_COOKIE)
			memcpy(play->cookie, option + 2, PLAY_COOKIE);
	}
	play->has_cookie = true;
}

static bool claim_tcp(struct play *play, const struct flow *flow)
{
	const struct notation *wanted = play->line->packet;
	struct cover cover = {wanted, wanted->packet.seq, wanted->packet.len, 0};
	const struct sighting *sighting;

	do {
		sighting = wire_next(play);
		if (!sighting)
			return claim_nothing_came(play);
		if (!claim_origin(play, flow, sighting) ||
			!claim_numbers(play, flow, &cover, sighting) ||
			!claim_details(play, wanted, sighting) ||
			!claim_options(play, flow, wanted, sighting))
			return false;
		claim_note_cookie(play, sighting);
		if (cover.piece_len == 0)
			cover.piece_len = sighting->notation.packet.len;
		cover.seq += sighting->notation.packet.len;
		cover.left -= sighting->notation.packet.len;
		wire_claim(play);
	} while (cover.left != 0);
	return true;
}

/* An ICMP error quotes the packet that it is about (RFC 792, RFC 1812 4.3.2.3): the
 * last one that came. */
static bool claim_quotes_last_input(const struct play *play, const struct packet *packet)
{
	for (size_t i = play->n_sightings; i-- > 0;) {
		const struct sighting *sighting = &play->sightings[i];

		if (!sighting->out)
			return packet->len >= 28 && packet->len <= sighting->len &&
			       memcmp(packet->payload, sighting->octets, packet->len) == 0;
	}
	return false;
}

static bool claim_icmp(struct play *play, const struct flow *flow)
{
	const struct notation *wanted = play->line->packet;
	const struct sighting *sighting = wire_next(play);
	const struct packet *actual;

	if (!sighting)
		return claim_nothing_came(play);
	if (!claim_origin(play, flow, sighting) || !claim_details(play, wanted, sighting))
		return false;
	actual = &sighting->notation.packet;
	if (actual->type != wanted->packet.type || actual->code != wanted->packet.code ||
		actual->rest != wanted->packet.rest)
		return claim_differs(play, sighting, "ICMP header differs");
	if (wanted->given & GIVEN_LENGTH && actual->len != wanted->packet.len)
		return claim_differs(play, sighting, "length differs");
	if (actual->type == 3 && !claim_quotes_last_input(play, actual))
		return claim_differs(play, sighting, "the packet it is about is not quoted");
	for (uint32_t i = 0; actual->type == 0 && i < actual->len; i++) {
		if (actual->payload[i] != wire_pattern(false, i))
			return claim_differs(play, sighting, "echoed data differs");
	}
	wire_claim(play);
	return true;
}

bool claim_segment(struct play *play, struct flow *flow, uint16_t flags, uint32_t ack)
{
	const struct sighting *sighting = wire_next(play);
	char text[NOTATION_TEXT];

	if (!sighting)
		return play_fail(play, "the handshake stopped: nothing was sent");
	if (sighting->problem || sighting->flow != flow->number ||
		sighting->notation.packet.flags != flags || sighting->notation.packet.len != 0 ||
		sighting->notation.packet.ack != ack)
		return play_fail(play, "the handshake went wrong\n    actual    > %s",
			notation_format(&sighting->notation, text, sizeof(text)));
	wire_claim(play);
	return true;
}

/* ---- events ---------------------------------------------------------- */

bool claim_event(struct play *play, struct flow *flow, enum event_kind kind, int error)
{
	const struct event *event = &flow->events[0];

	while (flow->n_events && event->kind != kind && !app_event_matters(event))
		app_take_event(flow);
	if (flow->n_events == 0)
		return play_fail(play, "the application was not told: %s", app_event_name(kind));
	if (event->kind != kind || event->error != error || event->cause != play->line->args.cause)
		return play_fail(play, "the application was told: %s %s (%s)",
			app_event_name(event->kind),
			event->error ? script_errno_name(event->error) : "",
			evtcp_cause_name(event->cause));
	if (event->at_us != play->line_us)
		return play_fail(play, "the application was told %.6f s earlier: %s",
			(double)(play->line_us - event->at_us) / 1e6, app_event_name(kind));
	app_take_event(flow);
	return true;
}

/* Everything that the application may have been told and nobody asked about. That it
 * may write is no news: it may at any time. */
static bool claim_no_news(struct play *play, const struct flow *flow)
{
	if (flow->n_events)
		return play_fail(
			play, "the application was told: %s", app_event_name(flow->events[0].kind));
	return !flow->readable || play_fail(play, "the application was told: readable");
}

static bool claim_told(struct play *play, bool *told, const char *what)
{
	if (!*told)
		return play_fail(play, "the application was not told: %s", what);
	*told = false;
	return true;
}

static bool claim_readable(struct play *play, struct flow *flow)
{
	size_t len;

	if (!claim_told(play, &flow->readable, "readable"))
		return false;
	len = evbuffer_get_length(evtcp_conn_get_input(flow->conn));
	return len == play->line->args.number[0] ||
	       play_fail(play, "%zu bytes are there to be read", len);
}

static bool claim_urgent(struct play *play, const struct flow *flow)
{
	uint32_t bytes = flow->conn ? evtcp_conn_urgent_bytes(flow->conn) : 0;

	return bytes == play->line->args.number[0] ||
	       play_fail(play, "%u bytes are before the end of urgent data", (unsigned)bytes);
}

static bool claim_expectation(struct play *play, struct flow *flow)
{
	const char *word = play->line->args.word;

	if (strcmp(word, "accepted") == 0)
		return claim_event(play, flow, EVENT_ACCEPTED, 0);
	if (strcmp(word, "connected") == 0)
		return claim_event(play, flow, EVENT_CONNECTED, 0);
	if (strcmp(word, "eof") == 0)
		return claim_event(play, flow, EVENT_EOF, 0);
	if (strcmp(word, "error") == 0)
		return claim_event(play, flow, EVENT_ERROR, play->line->args.error);
	if (strcmp(word, "advisory") == 0)
		return claim_event(play, flow, EVENT_ADVISORY, play->line->args.error);
	if (strcmp(word, "writable") == 0)
		return claim_told(play, &flow->writable, "writable");
	if (strcmp(word, "urgent") == 0)
		return claim_urgent(play, flow);
	if (strcmp(word, "nothing") == 0)
		return claim_no_news(play, flow);
	return claim_readable(play, flow);
}

bool claim_silence(struct play *play)
{
	const struct sighting *sighting = wire_next(play);
	char text[NOTATION_TEXT];

	if (sighting)
		return play_fail(play,
			"nobody expected this, at %.6f\n"
			"    actual    > %s%s%s",
			(double)(sighting->at_us - play->start_us) / 1e6,
			notation_format(&sighting->notation, text, sizeof(text)),
			sighting->problem ? "   ill formed: " : "",
			sighting->problem ? sighting->problem : "");
	for (unsigned i = 1; i < SCRIPT_FLOWS; i++) {
		const struct flow *flow = &play->flows[i];

		for (unsigned k = 0; k < flow->n_events; k++) {
			if (app_event_matters(&flow->events[k]))
				return play_fail(play,
					"nobody expected this: the application was told: %s",
					app_event_name(flow->events[k].kind));
		}
	}
	return true;
}

bool claim_check(struct play *play, struct flow *flow)
{
	switch (play->line->verb) {
	case VERB_OUTPUT:
		return play->line->packet->packet.protocol == PROTOCOL_TCP ? claim_tcp(play, flow)
									   : claim_icmp(play, flow);
	case VERB_EXPECT:
		return claim_expectation(play, flow);
	case VERB_TOLD:
		return told_check(play, flow);
	default:
		return figure_check(play, flow);
	}
}
