/* SPDX-License-Identifier: BSD-3-Clause */

/* Decisions of a stack that have no packet of their own.
 *
 * In: events, then the packets that pass. Out: for each packet the words about its connection
 * that came before it. Packets are looked at only while something is kept. */

#include "link/capture_notes.h"

#include "trace/packet_view.h"
#include "wire/address.h"

#include <inttypes.h>
#include <stdio.h>

/* "fast recovery entered: cwnd 10136, was 14480; ssthresh 10136; in flight 14480, lost 1448" */
static void capture_notes_say_window(const struct evtcp_event *event, char *text, size_t size)
{
	char why[EVTCP_REASON_TEXT], threshold[32] = "";

	if (event->u.window.ssthresh != EVTCP_NO_SSTHRESH)
		snprintf(threshold, sizeof(threshold), "; ssthresh %" PRIu32,
			event->u.window.ssthresh);
	snprintf(text, size,
		"%s: cwnd %" PRIu32 ", was %" PRIu32 "%s; in flight %" PRIu32 ", lost %" PRIu32,
		evtcp_reason_format(&event->reason, why, sizeof(why)), event->u.window.cwnd,
		event->u.window.cwnd_before, threshold, event->u.window.in_flight,
		event->u.window.lost);
}

static void capture_notes_say(const struct evtcp_event *event, char *text, size_t size)
{
	const char *why = evtcp_cause_text(event->reason.cause);

	if (event->kind == EVTCP_EVENT_WINDOW)
		capture_notes_say_window(event, text, size);
	else if (event->kind == EVTCP_EVENT_MSS)
		snprintf(text, size, "%s: MSS %u, was %u", why, (unsigned)event->u.mss.mss,
			(unsigned)event->u.mss.mss_before);
	else
		snprintf(text, size, "%s -> %s: %s", evtcp_state_name(event->u.state.from),
			evtcp_state_name(event->u.state.to), why);
}

/* Of states only what becomes of a TIME-WAIT: what other states come from can be seen. */
static bool capture_notes_wants(const struct evtcp_event *event)
{
	return event->kind != EVTCP_EVENT_STATE ||
	       event->reason.cause == EVTCP_CAUSE_SYN_IN_TIME_WAIT ||
	       event->reason.cause == EVTCP_CAUSE_TIME_WAIT_REUSED;
}

void capture_notes_add(struct capture_notes *notes, const struct evtcp_event *event)
{
	struct capture_note *note = &notes->notes[notes->next];

	if (!capture_notes_wants(event))
		return;
	notes->n += !note->used;
	notes->next = (notes->next + 1) % CAPTURE_NOTES;
	note->used = true;
	note->tuple = event->tuple;
	capture_notes_say(event, note->text, sizeof(note->text));
}

const char *capture_notes_take(
	struct capture_notes *notes, const struct evtcp_packet *packet, bool outbound)
{
	struct packet_view view;
	struct evtcp_tuple tuple;

	if (notes->n == 0 || !packet_view_parse(&view, packet))
		return NULL;
	packet_view_tuple(&view, outbound, &tuple);
	for (unsigned i = 0; i < CAPTURE_NOTES; i++) {
		struct capture_note *note = &notes->notes[(notes->next + i) % CAPTURE_NOTES];

		if (!note->used || !endpoint_equal(&note->tuple.remote, &tuple.remote) ||
			!endpoint_equal(&note->tuple.local, &tuple.local))
			continue;
		note->used = false;
		notes->n--;
		return note->text;
	}
	return NULL;
}
