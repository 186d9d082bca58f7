/* SPDX-License-Identifier: BSD-3-Clause */

/* The ladder: a conversation of two TCPs, drawn as it happens.
 *
 *     #1    0.000315  │── PSH 1:75 (74)  ACK 1 ─────────────────────▶│
 *     #1    0.000402  │         ╳──────── PSH 1:160 (159)  ACK 75 ──│ new data; lost: fault script
 *     #1    0.204402  ┊                   204 ms                    ┊ retransmission timer
 *     #1    0.204411  │◀─────────────── PSH 1:160 (159)  ACK 75 ──│ RTO #1 after 204 ms
 *
 * Input: sightings of packets, and events of the stack: states, timers, windows.
 * Output: lines. The client stands left. Beside a segment that the stack sent is its
 * cause; beside one that came is what became of it, if that is worth a word, and
 * the state that it led to.
 *
 * The stack tells of a state before the tap shows the segment that it belongs to:
 * such an event waits for its segment. Everything drawn comes from numbers and from the
 * table of causes: no byte of a peer's reaches the terminal. */

#include <evtcp/ladder.h>

#include "trace/duration.h"
#include "trace/ladder_conn.h"
#include "trace/ladder_draw.h"
#include "trace/packet_view.h"
#include "util/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	LADDER_LABEL = 256,
	LADDER_NOTE = 512,
	/* A silence longer than this is drawn. */
	LADDER_SILENCE_US = 20000,
	/* No window of TCP comes near it: 2^30 bytes (RFC 7323 2.3). */
	LADDER_NO_THRESHOLD = 1 << 30
};

struct evtcp_ladder {
	struct evtcp_world world;
	void (*write)(void *arg, const char *line);
	void *arg;
	struct ladder_conns conns;
	struct ladder_columns columns;
	uint64_t began_at_us; /* of the first line; 0 before there is one */
};

/* Text that grows at its end and is cut at its size. */
struct ladder_text {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void ladder_add(
	struct ladder_text text, const char *format, ...)
{
	size_t len = strlen(text.text);
	va_list args;

	va_start(args, format);
	vsnprintf(text.text + len, text.size - len, format, args);
	va_end(args);
}

#define LADDER_TEXT_OF(array) ((struct ladder_text){array, sizeof(array)})

/* ---- lines ----------------------------------------------------------- */

/* Draws row, below it what did not fit, and in its lane there also below. */
static void ladder_row(struct evtcp_ladder *ladder, const struct ladder_row *row, const char *below)
{
	struct ladder_row rest = *row;
	char line[LADDER_ROW_TEXT];

	rest.columns = ladder->columns;
	ladder_draw_row(&rest, line, sizeof(line));
	ladder->write(ladder->arg, line);
	rest.shape = LADDER_TEXT;
	rest.timed = false;
	if (below[0])
		rest.text = below;
	while (rest.text[0] || rest.note[0]) {
		ladder_draw_row(&rest, line, sizeof(line));
		ladder->write(ladder->arg, line);
	}
}

/* The line above a connection's first, after an empty one. */
static void ladder_head(struct evtcp_ladder *ladder, struct ladder_conn *conn)
{
	const struct evtcp_tuple *tuple = &conn->tuple;
	char local[EVTCP_ENDPOINT_TEXT], remote[EVTCP_ENDPOINT_TEXT], line[LADDER_ROW_TEXT];
	struct ladder_row row = {.columns = ladder->columns,
		.tag = conn->tag,
		.note = conn->local_left ? "this stack is the client" : "this stack is the server"};

	evtcp_endpoint_format(&tuple->local, local, sizeof(local));
	evtcp_endpoint_format(&tuple->remote, remote, sizeof(remote));
	ladder_draw_head(&row, conn->local_left ? local : remote, conn->local_left ? remote : local,
		line, sizeof(line));
	if (conn->tag > 1)
		ladder->write(ladder->arg, "");
	ladder->write(ladder->arg, line);
	conn->drawn = true;
}

/* Makes row the next line of conn at at_us: sets its tag and time, and draws before
 * it what must stand there: the head, a silence; and what belongs below it. */
static void ladder_line(struct evtcp_ladder *ladder, struct ladder_conn *conn,
	struct ladder_row *row, const char *below, uint64_t at_us)
{
	bool first = !conn->drawn;

	if (ladder->began_at_us == 0)
		ladder->began_at_us = at_us;
	if (first)
		ladder_head(ladder, conn);
	if (!first && row->shape != LADDER_WAIT && at_us > conn->drawn_at_us + LADDER_SILENCE_US) {
		char span[DURATION_TEXT];
		struct ladder_row wait = {.tag = conn->tag, .shape = LADDER_WAIT, .note = ""};

		wait.text = duration_format(at_us - conn->drawn_at_us, span, sizeof(span));
		ladder_row(ladder, &wait, "");
	}
	row->tag = conn->tag;
	row->timed = true;
	row->at_us = at_us > ladder->began_at_us ? at_us - ladder->began_at_us : 0;
	ladder_row(ladder, row, below);
	conn->drawn_at_us = at_us;
}

/* A remark between two segments. */
static void ladder_remark(
	struct evtcp_ladder *ladder, struct ladder_conn *conn, uint64_t at_us, const char *note)
{
	struct ladder_row row = {.shape = LADDER_TEXT, .text = "", .note = note};

	ladder_line(ladder, conn, &row, "", at_us);
}

/* Adds the states that wait, "→ ESTABLISHED (handshake complete)", and forgets them. */
static void ladder_take_states(struct ladder_text note, struct ladder_conn *conn)
{
	if (!conn->states[0])
		return;
	ladder_add(note, "%s%s (%s)", note.text[0] ? "; " : "", conn->states,
		evtcp_cause_text(conn->states_cause));
	conn->states[0] = '\0';
}

/* What waits for a segment is drawn by itself: it was none, or it has passed. */
static void ladder_settle(struct evtcp_ladder *ladder, struct ladder_conn *conn, uint64_t at_us)
{
	char note[LADDER_NOTE] = "";

	ladder_take_states(LADDER_TEXT_OF(note), conn);
	if (note[0])
		ladder_remark(ladder, conn, at_us, note);
	if (conn->remark[0])
		ladder_remark(ladder, conn, at_us, conn->remark);
	conn->remark[0] = '\0';
	conn->states_outbound = false;
}

/* ---- segments -------------------------------------------------------- */

static void ladder_label_flags(struct ladder_text label, uint16_t flags)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} names[] = {{TCP_AE, "AE "}, {TCP_CWR, "CWR "}, {TCP_ECE, "ECE "}, {TCP_URG, "URG "},
		{TCP_RST, "RST "}, {TCP_SYN, "SYN "}, {TCP_FIN, "FIN "}, {TCP_PSH, "PSH "}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].bit)
			ladder_add(label, "%s", names[i].name);
}

/* "PSH 1:75 (74)  ACK 1": flags, the numbers that the segment occupies, the number
 * that it acknowledges. */
static void ladder_label(struct ladder_text label, const struct ladder_conn *conn,
	const struct ladder_segment *segment)
{
	const struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;
	const struct ladder_flow *other = segment->outbound ? &conn->in : &conn->out;
	int64_t seq = ladder_flow_relative(flow, segment->seq);
	bool pure_ack = (segment->flags & (TCP_ACK | TCP_SYN | TCP_FIN | TCP_RST)) == TCP_ACK &&
			segment->payload_len == 0;
	bool counts = (segment->flags & TCP_SYN) == 0 && ladder_conn_is_accurate(conn);

	ladder_label_flags(label, segment->flags & (uint16_t)(counts ? ~TCP_ACE : ~0));
	if (segment->payload_len > 0)
		ladder_add(label, "%" PRId64 ":%" PRId64 " (%" PRIu32 ")", seq,
			seq + segment->payload_len, segment->payload_len);
	else if (!pure_ack)
		ladder_add(label, "%" PRId64, seq);
	if (segment->flags & TCP_ACK)
		ladder_add(label, "%sACK %" PRId64, pure_ack ? "" : "  ",
			ladder_flow_relative(other, segment->ack));
}

/* The window is told where it decides something: on SYN, when it is 0, and when it
 * opens again or is all that the segment says. */
static void ladder_label_window(
	struct ladder_text label, struct ladder_conn *conn, const struct ladder_segment *segment)
{
	struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;
	bool syn = (segment->flags & TCP_SYN) != 0, was_zero = flow->zero;
	bool scaled = !syn && conn->in.scaled && conn->out.scaled;

	if (segment->flags & TCP_RST)
		return;
	flow->zero = segment->window == 0;
	if (syn || flow->zero || was_zero || segment->reason.cause == EVTCP_CAUSE_WINDOW_UPDATE)
		ladder_add(label, "  win %" PRIu32,
			(uint32_t)segment->window << (scaled ? flow->wscale : 0));
}

/* Fast Open (RFC 7413): it explains why a SYN has data, or why its data is acknowledged. */
static void ladder_label_cookie(struct ladder_text label, const struct ladder_segment *segment)
{
	const struct tcp_options *options = segment->options;

	if (options && options->present & TCP_OPT_FAST_OPEN)
		ladder_add(label, options->cookie_len > 0 ? "  cookie" : "  cookie wanted");
}

/* Accurate ECN (RFC 9768), where it is not as before: the number of marked packets, of which three
 * bits are told, and of the octets in them. */
static void ladder_label_marks(
	struct ladder_text label, struct ladder_conn *conn, const struct ladder_segment *segment)
{
	struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;
	const struct tcp_options *options = segment->options;
	uint8_t ace = segment->flags >> TCP_ACE_SHIFT & TCP_ACE_MAX;

	if (segment->flags & (TCP_SYN | TCP_RST) || !ladder_conn_is_accurate(conn))
		return;
	if (ace != flow->ace)
		ladder_add(label, "  ACE %u", (unsigned)ace);
	flow->ace = ace;
	if (!options || !(options->present & TCP_OPT_ACCECN) ||
		!(options->accecn.fields & TCP_ACCECN_CEB) || options->accecn.ceb == flow->ceb)
		return;
	flow->ceb = options->accecn.ceb;
	ladder_add(label, "  marked %" PRIu32, flow->ceb);
}

/* The options that say something more: those of a SYN, SACK blocks. */
static void ladder_detail(struct ladder_text detail, const struct ladder_conn *conn,
	const struct ladder_segment *segment)
{
	const struct ladder_flow *other = segment->outbound ? &conn->in : &conn->out;
	const struct tcp_options *options = segment->options;

	if (!options)
		return;
	if (segment->flags & TCP_SYN) {
		if (options->present & TCP_OPT_MSS)
			ladder_add(detail, "mss %u", (unsigned)options->mss);
		if (options->present & TCP_OPT_SACK_PERMITTED)
			ladder_add(detail, "%sSACK", detail.text[0] ? ", " : "");
		if (options->present & TCP_OPT_TIMESTAMPS)
			ladder_add(detail, "%stimestamps", detail.text[0] ? ", " : "");
		if (options->present & TCP_OPT_WSCALE)
			ladder_add(detail, "%swin scale %u", detail.text[0] ? ", " : "",
				(unsigned)options->wscale);
	}
	for (unsigned i = 0; (options->present & TCP_OPT_SACK) && i < options->n_sack; i++)
		ladder_add(detail, "%s%" PRId64 ":%" PRId64, i == 0 ? "SACK " : " ",
			ladder_flow_relative(other, options->sack[i].left),
			ladder_flow_relative(other, options->sack[i].right));
}

/* Why a segment was sent, or what became of it, if that is worth a word. */
static void ladder_note_reason(
	struct ladder_text note, const struct evtcp_reason *reason, enum ladder_fate fate)
{
	char why[EVTCP_REASON_TEXT];

	evtcp_reason_format(reason, why, sizeof(why));
	if (fate == LADDER_REFUSED)
		ladder_add(note, "refused: %s", why);
	else if (fate == LADDER_UNSENT)
		ladder_add(note, "not sent: %s", why);
	else if (reason->cause != EVTCP_CAUSE_ACCEPTED && reason->cause != EVTCP_CAUSE_NONE)
		ladder_add(note, "%s", why);
}

static void ladder_note(
	struct ladder_text note, const struct ladder_segment *segment, enum ladder_fate fate)
{
	const char *what = evtcp_cause_text(segment->fate);

	/* A segment that was lost on its way in has no other reason. */
	if (segment->reason.cause != segment->fate || fate != LADDER_LOST)
		ladder_note_reason(note, &segment->reason, fate);
	if (segment->fate == EVTCP_CAUSE_NONE)
		return;
	ladder_add(note, "%s%s%s", note.text[0] ? "; " : "", fate == LADDER_LOST ? "lost: " : "",
		what);
}

/* The application's will to open, close or abort shows in the segment that carries
 * SYN, FIN or RST; data that leaves before it is not what the state waits for. */
static bool ladder_still_awaited(
	const struct ladder_conn *conn, const struct ladder_segment *segment)
{
	return segment->outbound && conn->states_outbound &&
	       (segment->flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0;
}

/* "application closed" need not stand twice beside a FIN. */
static bool ladder_says_the_same(
	const struct ladder_conn *conn, const struct evtcp_reason *reason, enum ladder_fate fate)
{
	return conn->states[0] && fate == LADDER_ARRIVES &&
	       strcmp(evtcp_cause_text(conn->states_cause), evtcp_cause_text(reason->cause)) == 0;
}

static struct ladder_conn *ladder_conn_of(struct evtcp_ladder *ladder,
	const struct evtcp_tuple *tuple, const struct ladder_segment *segment)
{
	struct ladder_conn *conn = ladder_conns_find(&ladder->conns, tuple);
	uint16_t opening = segment->flags & (TCP_SYN | TCP_ACK);
	bool local_left = tuple->local.port > tuple->remote.port; /* servers' ports are low */

	if (opening == TCP_SYN)
		local_left = segment->outbound;
	else if (opening == (TCP_SYN | TCP_ACK))
		local_left = !segment->outbound;
	if (!conn)
		return ladder_conns_add(&ladder->conns, tuple, local_left);
	if (ladder_conn_is_reborn(conn, segment))
		ladder_conns_renew(&ladder->conns, conn, local_left);
	return conn;
}

/* Draws a segment, with what waited for it. */
static void ladder_segment(struct evtcp_ladder *ladder, const struct evtcp_tuple *tuple,
	const struct ladder_segment *segment, enum ladder_fate fate)
{
	struct ladder_conn *conn = ladder_conn_of(ladder, tuple, segment);
	char label[LADDER_LABEL] = "", detail[LADDER_LABEL] = "", note[LADDER_NOTE] = "";
	struct ladder_row row = {.shape = LADDER_ARROW, .fate = fate, .text = label, .note = note};

	if (!conn)
		return;
	bool still_awaited = ladder_still_awaited(conn, segment);

	if (segment->outbound != conn->states_outbound)
		ladder_settle(ladder, conn, segment->at_us);
	ladder_conn_note(conn, segment);
	ladder_label(LADDER_TEXT_OF(label), conn, segment);
	ladder_label_window(LADDER_TEXT_OF(label), conn, segment);
	ladder_label_cookie(LADDER_TEXT_OF(label), segment);
	ladder_label_marks(LADDER_TEXT_OF(label), conn, segment);
	ladder_detail(LADDER_TEXT_OF(detail), conn, segment);
	if (still_awaited || !ladder_says_the_same(conn, &segment->reason, fate))
		ladder_note(LADDER_TEXT_OF(note), segment, fate);
	if (!still_awaited)
		ladder_take_states(LADDER_TEXT_OF(note), conn);
	row.to_right = segment->outbound == conn->local_left;
	ladder_line(ladder, conn, &row, detail, segment->at_us);
	if (!still_awaited)
		ladder_settle(ladder, conn, segment->at_us);
}

static void ladder_packet(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	bool outbound = sighting == EVTCP_WIRE_OUT || sighting == EVTCP_DROPPED_OUT;
	enum ladder_fate fate = LADDER_ARRIVES;
	struct packet_view view;
	struct evtcp_tuple tuple;

	/* A tap below a link that takes packets away sees them, too: such a segment
	 * has been drawn already, as lost. */
	if (sighting == EVTCP_WIRE_IN && evtcp_cause_class(packet->fate) == EVTCP_CLASS_DROPPED)
		return;
	if (!packet_view_parse(&view, packet))
		return;
	if (sighting == EVTCP_DROPPED_IN || sighting == EVTCP_DROPPED_OUT)
		fate = LADDER_LOST;
	else if (sighting == EVTCP_WIRE_IN &&
		 evtcp_cause_class(packet->reason.cause) == EVTCP_CLASS_DROPPED)
		fate = LADDER_REFUSED;

	struct ladder_segment segment = {
		.outbound = outbound,
		.flags = view.tcp.flags,
		.seq = view.tcp.seq,
		.ack = view.tcp.ack,
		.payload_len = view.payload_len,
		.window = view.tcp.window,
		.options = &view.tcp.options,
		.at_us = packet->at_us,
		.reason = packet->reason,
		.fate = packet->fate,
	};

	packet_view_tuple(&view, outbound, &tuple);
	ladder_segment(arg, &tuple, &segment, fate);
}

/* ---- events ---------------------------------------------------------- */

/* Which segment, shown right afterwards, an event of this cause belongs to. */
enum ladder_awaited { LADDER_NOTHING, LADDER_INBOUND, LADDER_OUTBOUND };

static enum ladder_awaited ladder_awaited(enum evtcp_cause cause)
{
	switch (cause) {
	case EVTCP_CAUSE_SYN_ARRIVED:
	case EVTCP_CAUSE_SYN_ACKED:
	case EVTCP_CAUSE_FAST_OPENED:
	case EVTCP_CAUSE_OPENED_PASSIVE:
	case EVTCP_CAUSE_OPENED_COOKIE:
	case EVTCP_CAUSE_FIN_ARRIVED:
	case EVTCP_CAUSE_FIN_ACKED:
	case EVTCP_CAUSE_RST_ARRIVED:
	case EVTCP_CAUSE_REFUSED:
	case EVTCP_CAUSE_TIME_WAIT_REUSED:
	case EVTCP_CAUSE_CC_RECOVERY_ENTERED:
	case EVTCP_CAUSE_CC_RECOVERY_LEFT:
		return LADDER_INBOUND;
	case EVTCP_CAUSE_OPENED_ACTIVE:
	case EVTCP_CAUSE_CLOSED_BY_USER:
	case EVTCP_CAUSE_ABORTED_BY_USER:
		return LADDER_OUTBOUND;
	default:
		return LADDER_NOTHING;
	}
}

static void ladder_state(
	struct evtcp_ladder *ladder, struct ladder_conn *conn, const struct evtcp_event *event)
{
	enum ladder_awaited awaited = ladder_awaited(event->reason.cause);
	enum evtcp_state to = event->u.state.to;

	if (conn->states_outbound != (awaited == LADDER_OUTBOUND))
		ladder_settle(ladder, conn, event->at_us);
	ladder_add(LADDER_TEXT_OF(conn->states), "%s→ %s", conn->states[0] ? " " : "",
		evtcp_state_name(to));
	conn->states_cause = event->reason.cause;
	conn->states_outbound = awaited == LADDER_OUTBOUND;
	conn->over |= to == EVTCP_CLOSED || to == EVTCP_LISTEN || to == EVTCP_TIME_WAIT;
	if (awaited == LADDER_NOTHING)
		ladder_settle(ladder, conn, event->at_us);
}

/* A timer is drawn as the time that it waited. */
static void ladder_timer(
	struct evtcp_ladder *ladder, struct ladder_conn *conn, const struct evtcp_event *event)
{
	struct evtcp_reason reason = event->reason;
	char note[EVTCP_REASON_TEXT], span[DURATION_TEXT] = "";
	struct ladder_row row = {.shape = LADDER_WAIT, .text = span, .note = note};

	if (reason.delay_us != 0)
		duration_format(reason.delay_us, span, sizeof(span));
	reason.delay_us = 0; /* stands in the lane */
	evtcp_reason_format(&reason, note, sizeof(note));
	ladder_settle(ladder, conn, event->at_us);
	ladder_line(ladder, conn, &row, "", event->at_us);
}

/* The turning points of congestion control: its growth, ACK by ACK, makes no event. */
static void ladder_window(
	struct evtcp_ladder *ladder, struct ladder_conn *conn, const struct evtcp_event *event)
{
	struct ladder_text remark = LADDER_TEXT_OF(conn->remark);
	enum evtcp_cause cause = event->reason.cause;

	ladder_add(remark, "%s%s: cwnd %" PRIu32, remark.text[0] ? "; " : "",
		evtcp_cause_text(cause), event->u.window.cwnd);
	/* Until the first loss the threshold is "arbitrarily high" (RFC 5681 3.1). */
	if (event->u.window.ssthresh < LADDER_NO_THRESHOLD)
		ladder_add(remark, ", ssthresh %" PRIu32, event->u.window.ssthresh);
	if (ladder_awaited(cause) == LADDER_NOTHING)
		ladder_settle(ladder, conn, event->at_us);
}

/* A segment that the link would not take: no tap has seen it. */
static void ladder_unsent(struct evtcp_ladder *ladder, const struct evtcp_event *event)
{
	enum evtcp_cause cause = event->reason.cause;
	struct ladder_segment segment = {
		.outbound = true,
		.flags = event->u.segment.flags,
		.seq = event->u.segment.seq,
		.ack = event->u.segment.ack,
		.payload_len = event->u.segment.payload_len,
		.window = (uint16_t)event->u.segment.window,
		.at_us = event->at_us,
		.reason = event->reason,
	};

	if (cause == EVTCP_CAUSE_LINK_QUEUE_FULL || cause == EVTCP_CAUSE_LINK_DOWN ||
		cause == EVTCP_CAUSE_LINK_ERROR)
		ladder_segment(ladder, &event->tuple, &segment, LADDER_UNSENT);
}

static void ladder_event(void *arg, const struct evtcp_event *event)
{
	struct evtcp_ladder *ladder = arg;
	struct ladder_conn *conn;

	if (event->tuple.remote.port == 0)
		return; /* about no connection */
	if (event->kind == EVTCP_EVENT_DROPPED) {
		ladder_unsent(ladder, event);
		return;
	}
	conn = ladder_conns_find(&ladder->conns, &event->tuple);
	if (!conn)
		conn = ladder_conns_add(&ladder->conns, &event->tuple,
			event->reason.cause == EVTCP_CAUSE_OPENED_ACTIVE);
	if (!conn)
		return;
	if (event->kind == EVTCP_EVENT_STATE)
		ladder_state(ladder, conn, event);
	else if (event->kind == EVTCP_EVENT_TIMER)
		ladder_timer(ladder, conn, event);
	else if (event->kind == EVTCP_EVENT_WINDOW)
		ladder_window(ladder, conn, event);
}

/* ---- the object ------------------------------------------------------ */

struct evtcp_ladder *evtcp_ladder_new(
	const struct evtcp_world *world, void (*write)(void *arg, const char *line), void *arg)
{
	struct evtcp_ladder *ladder = memory_zalloc(world, sizeof(*ladder));

	if (!ladder) {
		errno = ENOMEM;
		return NULL;
	}
	ladder->world = *world;
	ladder->write = write;
	ladder->arg = arg;
	ladder->columns = ladder_columns_fit(0);
	ladder_conns_init(&ladder->conns, &ladder->world);
	return ladder;
}

void evtcp_ladder_set_columns(struct evtcp_ladder *ladder, unsigned columns)
{
	ladder->columns = ladder_columns_fit(columns);
}

void evtcp_ladder_free(struct evtcp_ladder *ladder)
{
	if (!ladder)
		return;

	struct evtcp_world world = ladder->world;

	ladder_conns_free(&ladder->conns);
	memory_free(&world, ladder);
}

void evtcp_ladder_observer(struct evtcp_ladder *ladder, struct evtcp_observer *observer)
{
	*observer = (struct evtcp_observer){.packet = ladder_packet, .arg = ladder};
}

void evtcp_ladder_sink(struct evtcp_ladder *ladder, struct evtcp_sink *sink)
{
	*sink = (struct evtcp_sink){
		.event = ladder_event,
		.kinds = 1u << EVTCP_EVENT_STATE | 1u << EVTCP_EVENT_TIMER |
			 1u << EVTCP_EVENT_WINDOW | 1u << EVTCP_EVENT_DROPPED,
		.arg = ladder,
	};
}
