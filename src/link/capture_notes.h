/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_CAPTURE_NOTES_H
#define LINK_CAPTURE_NOTES_H

/* What a stack decided about a connection, kept until a packet of the connection passes, on which it is
 * written: the packet that made it decide, or the one that came of it. */

#include <evtcp/trace.h>
#include <stdbool.h>

enum { CAPTURE_NOTES = 16, CAPTURE_NOTE_TEXT = 192 };

struct capture_note {
	bool used;
	struct evtcp_tuple tuple;
	char text[CAPTURE_NOTE_TEXT];
};

/* The last few of all connections; what is beyond that forgets the oldest. */
struct capture_notes {
	unsigned n;    /* in use */
	unsigned next; /* where the next goes */
	struct capture_note notes[CAPTURE_NOTES];
};

/* The kinds of events that have something to say. */
#define CAPTURE_NOTES_KINDS \
	(1u << EVTCP_EVENT_WINDOW | 1u << EVTCP_EVENT_MSS | 1u << EVTCP_EVENT_STATE)

/* capture_notes_add: keeps what event, of one of these kinds, says: of a change of the congestion
 * window, of the size of segments, of a TIME-WAIT whose ports are used again. */
void capture_notes_add(struct capture_notes *notes, const struct evtcp_event *event);

/* capture_notes_take: the oldest note on the connection that packet is of, valid until the next
 * call; NULL: there is none. */
const char *capture_notes_take(
	struct capture_notes *notes, const struct evtcp_packet *packet, bool outbound);

#endif
