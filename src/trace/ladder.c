/* SPDX-License-Identifier: BSD-3-Clause */

/* The ladder: a conversation of two TCPs, drawn as it happens.
 *
 *     #1    0.000315  │── PSH 1:75 (74)  ACK 1 ─────────────────────▶│
 *     #1    0.000402  │         ╳──────── PSH 1:160 (159)  ACK 75 ──│ new data; lost: fault script
 *     #1    0.204402  ┊                   204 ms                    ┊ retransmission timer
 *     #1    0.204411  │◀─────────────── PSH 1:160 (159)  ACK 75 ──│ RTO #1 after 204 ms
 *
 * Input: sightings of packets, and events of the stack: states, timers, windows, sizes.
 * Output: lines. The client stands left. Beside a segment that the stack sent is its
 * cause; beside one that came is what became of it, if that is worth a word, and
 * the state that it led to.
 *
 * The stack tells of a state before the tap shows the segment that it belongs to:
 * such an event waits for its segment. Everything drawn comes from numbers and from the
 * table of causes: no byte of a peer's reaches the terminal. */

#include <evtcp/ladder.h>

#include "trace/duration.h"
#include "trace/ladder_label.h"
#include "trace/ladder_memory.h"
#include "trace/ladder_page.h"
#include "trace/packet_view.h"
#include "trace/reason.h"
#include "util/memory.h"

#include <errno.h>
#include <inttypes.h>

enum { LADDER_NOTE = 512 };

struct evtcp_ladder {
	struct evtcp_world world;
	struct ladder_memory memory;
	struct ladder_page page;
};

/* Draws the head of a connection that has none yet. */
static void ladder_begin(struct evtcp_ladder *ladder, struct ladder_conn *conn, uint64_t at_us)
{
	if (!conn->drawn)
		ladder_page_head(&ladder->page, conn,
			conn->local_left ? "this stack is the client" : "this stack is the server",
			at_us);
}

/* A remark between two segments. */
static void ladder_remark(
	struct evtcp_ladder *ladder, struct ladder_entry *entry, uint64_t at_us, const char *note)
{
	ladder_begin(ladder, &entry->conn, at_us);
	ladder_page_remark(&ladder->page, &entry->conn, note, at_us);
}

/* Adds the states that wait, "→ ESTABLISHED (handshake complete)", and forgets them. */
static void ladder_take_states(struct ladder_text note, struct ladder_entry *entry)
{
	if (!entry->states[0])
		return;
	ladder_add(note, "%s%s (%s)", note.text[0] ? "; " : "", entry->states,
		evtcp_cause_text(entry->states_cause));
	entry->states[0] = '\0';
}

/* What waits for a segment is drawn by itself: it was none, or it has passed. */
static void ladder_settle(struct evtcp_ladder *ladder, struct ladder_entry *entry, uint64_t at_us)
{
	char note[LADDER_NOTE] = "";

	ladder_take_states(LADDER_TEXT_OF(note), entry);
	if (note[0])
		ladder_remark(ladder, entry, at_us, note);
	if (entry->remark[0])
		ladder_remark(ladder, entry, at_us, entry->remark);
	entry->remark[0] = '\0';
	entry->states_outbound = false;
}

/* ---- segments -------------------------------------------------------- */

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

/* Whether a link had the segment on its way in: what it did is all that is to be said. */
static bool ladder_is_the_links(const struct ladder_segment *segment, enum ladder_fate fate)
{
	if (fate == LADDER_LOST)
		return segment->reason.cause == segment->fate;
	return segment->fate != EVTCP_CAUSE_NONE && reason_is_a_links(&segment->reason);
}

/* is_said: the reason stands there anyhow, as that of a change of state. */
static void ladder_note(struct ladder_text note, const struct ladder_segment *segment,
	enum ladder_fate fate, bool is_said)
{
	char what[EVTCP_REASON_TEXT];

	if (!is_said && !ladder_is_the_links(segment, fate))
		ladder_note_reason(note, &segment->reason, fate);
	evtcp_fate_format(segment->earlier_fate, segment->earlier_fate_rule, what, sizeof(what));
	if (what[0])
		ladder_add(note, "%s%s", note.text[0] ? "; " : "", what);
	evtcp_fate_format(segment->fate, segment->fate_rule, what, sizeof(what));
	if (!what[0])
		return;
	ladder_add(note, "%s%s%s", note.text[0] ? "; " : "", fate == LADDER_LOST ? "lost: " : "",
		what);
}

/* The application's will to open, close or abort shows in the segment that carries
 * SYN, FIN or RST; data that leaves before it is not what the state waits for. */
static bool ladder_still_awaited(
	const struct ladder_entry *entry, const struct ladder_segment *segment)
{
	return segment->outbound && entry->states_outbound &&
	       (segment->flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0;
}

/* "application closed" need not stand twice beside a FIN. */
static bool ladder_says_the_same(
	const struct ladder_entry *entry, const struct evtcp_reason *reason, enum ladder_fate fate)
{
	return entry->states[0] && fate == LADDER_ARRIVES &&
	       strcmp(evtcp_cause_text(entry->states_cause), evtcp_cause_text(reason->cause)) == 0;
}

static struct ladder_entry *ladder_entry_of(struct evtcp_ladder *ladder,
	const struct evtcp_tuple *tuple, const struct ladder_segment *segment)
{
	struct ladder_entry *entry = ladder_memory_find(&ladder->memory, tuple);
	bool local_left = ladder_conn_opens_left(tuple, segment);

	if (!entry)
		return ladder_memory_add(&ladder->memory, tuple, local_left);
	if (ladder_conn_is_reborn(&entry->conn, segment))
		ladder_memory_renew(&ladder->memory, entry, local_left);
	return entry;
}

/* Draws a segment, with what waited for it. */
static void ladder_segment(struct evtcp_ladder *ladder, const struct evtcp_tuple *tuple,
	const struct ladder_segment *segment, enum ladder_fate fate)
{
	struct ladder_entry *entry = ladder_entry_of(ladder, tuple, segment);
	struct ladder_conn *conn = entry ? &entry->conn : NULL;
	char label[LADDER_LABEL] = "", detail[LADDER_LABEL] = "", note[LADDER_NOTE] = "";
	struct ladder_row row = {.shape = LADDER_ARROW, .fate = fate, .text = label, .note = note};

	if (!entry)
		return;
	bool still_awaited = ladder_still_awaited(entry, segment);

	if (segment->outbound != entry->states_outbound)
		ladder_settle(ladder, entry, segment->at_us);
	ladder_conn_note(conn, segment);
	ladder_label(LADDER_TEXT_OF(label), conn, segment);
	ladder_label_window(LADDER_TEXT_OF(label), conn, segment, false);
	ladder_label_news(LADDER_TEXT_OF(label), conn, segment);
	ladder_label_detail(LADDER_TEXT_OF(detail), conn, segment);
	ladder_note(LADDER_TEXT_OF(note), segment, fate,
		!still_awaited && ladder_says_the_same(entry, &segment->reason, fate));
	if (!still_awaited)
		ladder_take_states(LADDER_TEXT_OF(note), entry);
	row.to_right = segment->outbound == conn->local_left;
	ladder_begin(ladder, conn, segment->at_us);
	ladder_page_line(&ladder->page, conn, &row, detail, segment->at_us);
	if (!still_awaited)
		ladder_settle(ladder, entry, segment->at_us);
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
		.fate_rule = packet->fate_rule,
		.earlier_fate = packet->earlier_fate,
		.earlier_fate_rule = packet->earlier_fate_rule,
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
	case EVTCP_CAUSE_SYN_IN_TIME_WAIT:
	case EVTCP_CAUSE_FAST_OPENED:
	case EVTCP_CAUSE_OPENED_PASSIVE:
	case EVTCP_CAUSE_OPENED_COOKIE:
	case EVTCP_CAUSE_FIN_ARRIVED:
	case EVTCP_CAUSE_FIN_ACKED:
	case EVTCP_CAUSE_RST_ARRIVED:
	case EVTCP_CAUSE_REFUSED:
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

/* What has waited in TIME-WAIT is over: a connection before this one, which has begun. */
static void ladder_predecessor(struct ladder_entry *entry, const struct evtcp_event *event)
{
	struct ladder_text remark = LADDER_TEXT_OF(entry->remark);

	ladder_add(remark, "%sbefore it: %s → %s (%s)", remark.text[0] ? "; " : "",
		evtcp_state_name(event->u.state.from), evtcp_state_name(event->u.state.to),
		evtcp_cause_text(event->reason.cause));
}

static void ladder_state(
	struct evtcp_ladder *ladder, struct ladder_entry *entry, const struct evtcp_event *event)
{
	enum ladder_awaited awaited = ladder_awaited(event->reason.cause);
	enum evtcp_state to = event->u.state.to;

	if (event->reason.cause == EVTCP_CAUSE_TIME_WAIT_REUSED) {
		ladder_predecessor(entry, event);
		return;
	}
	if (entry->states_outbound != (awaited == LADDER_OUTBOUND))
		ladder_settle(ladder, entry, event->at_us);
	ladder_add(LADDER_TEXT_OF(entry->states), "%s→ %s", entry->states[0] ? " " : "",
		evtcp_state_name(to));
	entry->states_cause = event->reason.cause;
	entry->states_outbound = awaited == LADDER_OUTBOUND;
	entry->conn.over |= to == EVTCP_CLOSED || to == EVTCP_LISTEN || to == EVTCP_TIME_WAIT;
	if (awaited == LADDER_NOTHING)
		ladder_settle(ladder, entry, event->at_us);
}

/* A timer is drawn as the time that it waited. */
static void ladder_timer(
	struct evtcp_ladder *ladder, struct ladder_entry *entry, const struct evtcp_event *event)
{
	struct evtcp_reason reason = event->reason;
	char note[EVTCP_REASON_TEXT], span[DURATION_TEXT] = "";
	struct ladder_row row = {.shape = LADDER_WAIT, .text = span, .note = note};

	if (reason.delay_us != 0)
		duration_format(reason.delay_us, span, sizeof(span));
	reason.delay_us = 0; /* stands in the lane */
	evtcp_reason_format(&reason, note, sizeof(note));
	ladder_settle(ladder, entry, event->at_us);
	ladder_begin(ladder, &entry->conn, event->at_us);
	ladder_page_line(&ladder->page, &entry->conn, &row, "", event->at_us);
}

/* The turning points of congestion control: its growth, ACK by ACK, makes no event. */
static void ladder_window(
	struct evtcp_ladder *ladder, struct ladder_entry *entry, const struct evtcp_event *event)
{
	struct ladder_text remark = LADDER_TEXT_OF(entry->remark);
	enum evtcp_cause cause = event->reason.cause;

	ladder_add(remark, "%s%s: cwnd %" PRIu32, remark.text[0] ? "; " : "",
		evtcp_cause_text(cause), event->u.window.cwnd);
	if (event->u.window.ssthresh != EVTCP_NO_SSTHRESH)
		ladder_add(remark, ", ssthresh %" PRIu32, event->u.window.ssthresh);
	if (ladder_awaited(cause) == LADDER_NOTHING)
		ladder_settle(ladder, entry, event->at_us);
}

static void ladder_mss(
	struct evtcp_ladder *ladder, struct ladder_entry *entry, const struct evtcp_event *event)
{
	char note[LADDER_NOTE] = "";

	ladder_add(LADDER_TEXT_OF(note), "%s: MSS %u, was %u",
		evtcp_cause_text(event->reason.cause), (unsigned)event->u.mss.mss,
		(unsigned)event->u.mss.mss_before);
	ladder_settle(ladder, entry, event->at_us);
	ladder_remark(ladder, entry, event->at_us, note);
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
	struct ladder_entry *entry;

	if (event->tuple.remote.port == 0)
		return; /* about no connection */
	if (event->kind == EVTCP_EVENT_DROPPED) {
		ladder_unsent(ladder, event);
		return;
	}
	entry = ladder_memory_find(&ladder->memory, &event->tuple);
	if (!entry)
		entry = ladder_memory_add(&ladder->memory, &event->tuple,
			event->reason.cause == EVTCP_CAUSE_OPENED_ACTIVE);
	if (!entry)
		return;
	if (event->kind == EVTCP_EVENT_STATE)
		ladder_state(ladder, entry, event);
	else if (event->kind == EVTCP_EVENT_TIMER)
		ladder_timer(ladder, entry, event);
	else if (event->kind == EVTCP_EVENT_WINDOW)
		ladder_window(ladder, entry, event);
	else if (event->kind == EVTCP_EVENT_MSS)
		ladder_mss(ladder, entry, event);
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
	ladder_page_init(&ladder->page, write, arg);
	ladder_memory_init(&ladder->memory, &ladder->world);
	return ladder;
}

void evtcp_ladder_set_columns(struct evtcp_ladder *ladder, unsigned columns)
{
	ladder->page.look = ladder_look_fit(columns, LADDER_LANE);
}

void evtcp_ladder_free(struct evtcp_ladder *ladder)
{
	if (!ladder)
		return;

	struct evtcp_world world = ladder->world;

	ladder_memory_free(&ladder->memory);
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
			 1u << EVTCP_EVENT_WINDOW | 1u << EVTCP_EVENT_MSS |
			 1u << EVTCP_EVENT_DROPPED,
		.arg = ladder,
	};
}
