/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_COMMENT_H
#define LADDER_COMMENT_H

/* What a capture file says beside a packet, made fit to be shown. */

#include "pcap/reader.h"
#include "trace/ladder_draw.h"

#define COMMENT_TEXT 400

struct comment {
	char text[COMMENT_TEXT]; /* clean UTF-8 or ASCII, comments parted by "; "; "" for none */
	/* Of a capture of evtcp, as far as it says more than others: */
	bool is_cause;       /* text is the stack's own reason, as a ladder tells it */
	bool refused;        /* the stack did not use the segment */
	char timer[64];      /* the timer that made it send: "RTO #1 timer"; "" for none, */
	char timer_span[16]; /* and how long that ran: "204 ms" */
};

/* comment_read: reads the comments of packet. is_evtcp: evtcp has written them, so they are causes.
 */
void comment_read(
	struct comment *comment, const struct pcap_packet *packet, bool is_evtcp, bool ascii_only);

#endif
