/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_TRACE_H
#define EVTCP_TRACE_H

/* Events: what a stack did and why, one record for each. A sink receives them
 * as they happen; without a sink an event costs one predicted branch, and its
 * cause is counted all the same. */

#include <evtcp/causes.h>
#include <evtcp/link.h>
#include <evtcp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum evtcp_event_kind {
	EVTCP_EVENT_SENT,     /* a TCP segment was handed to the link */
	EVTCP_EVENT_RECEIVED, /* a TCP segment came in and was used */
	EVTCP_EVENT_DROPPED,  /* a packet, in or out, was refused */
	EVTCP_EVENT_STATE,    /* a connection changed its state */
	EVTCP_EVENT_TIMER,    /* a timer of a connection fired */
	EVTCP_EVENT_WINDOW,   /* congestion window or threshold changed, for a reason of note */
	EVTCP_EVENT_METRICS,  /* an ACK has changed them, or what is known of the round-trip time */
	EVTCP_EVENT_LOST,     /* what was sent is believed lost */
	EVTCP_EVENT_MSS,      /* segments became smaller or larger, as the path carries */
	EVTCP_EVENT_TIMER_SET, /* a timer of a connection was set, for a moment that is another */
	EVTCP_EVENT_TIMER_STOPPED, /* it was stopped, or nobody needed it when its moment came */
	EVTCP_EVENT_LINK,     /* a link lost a segment, changed it, or sent one by itself; no stack
			       * tells that, but evtcp_event_of_sighting */
	EVTCP_N_EVENT_KINDS
};

/* What a segment says of data that has come beyond a gap: [left, right) (RFC 2018). */
struct evtcp_sack_block {
	uint32_t left, right;
};

#define EVTCP_EVENT_SACKS 4

/* One event. Fields beyond the first block are valid for the kinds that the
 * comment names. Times are microseconds, lengths bytes, numbers host order. */
struct evtcp_event {
	uint64_t at_us; /* monotonic, of the batch */
	enum evtcp_event_kind kind;
	struct evtcp_reason reason;
	struct evtcp_tuple tuple; /* all zero where no connection is known */

	union {
		struct { /* SENT, RECEIVED, DROPPED (where a TCP header was read), LINK */
			uint32_t seq, ack, payload_len;
			uint32_t window; /* as written in the header, unscaled */
			uint16_t flags;  /* of the header: FIN 1, SYN 2, RST 4, ... AE 256 */
			uint8_t n_sack;  /* SACK blocks, as they stand in the header */
			uint8_t outbound; /* LINK: it was on its way out */
			uint16_t rule;    /* LINK: of the fault script; 0: of none */
			struct evtcp_sack_block sack[EVTCP_EVENT_SACKS];
		} segment;
		struct { /* STATE */
			enum evtcp_state from, to;
		} state;
		struct { /* TIMER, TIMER_SET, TIMER_STOPPED */
			uint64_t due_at_us; /* when it should fire, or have fired */
		} timer;
		struct { /* WINDOW, METRICS */
			uint32_t cwnd, ssthresh; /* ssthresh: or EVTCP_NO_SSTHRESH */
			uint32_t cwnd_before;    /* WINDOW */
			uint32_t in_flight, lost; /* sent and not acknowledged; of it, believed lost */
			uint32_t srtt_us, rttvar_us, min_rtt_us; /* 0: no sample yet */
			uint32_t rtt_us; /* METRICS: the sample that this ACK gave, or 0 */
		} window;
		struct { /* LOST; reason: what it is sent again for */
			/* From the first number that is lost and was not sent again yet to the
			 * end of the last; and how many bytes are newly believed so. */
			uint32_t seq, end, bytes;
		} lost;
		struct { /* MSS */
			/* The largest segment without its fixed headers, as the MSS option has it:
			 * options take of it. */
			uint16_t mss, mss_before;
		} mss;
	} u;
};

/* evtcp_event_format: the event as one line for a person, without newline, with
 * absolute sequence numbers. Always terminated, cut if it does not fit
 * (EVTCP_EVENT_TEXT suffices). Returns text. */
#define EVTCP_EVENT_TEXT 320
char *evtcp_event_format(const struct evtcp_event *event, char *text, size_t size);

/* evtcp_event_of_sighting: what a link did to a TCP segment, from what it tells its observers, as an
 * event of the kind LINK whose cause is the packet's fate, or, where the link sent it by itself, why.
 * 1; or 0, with *event undefined, where the link did nothing, what passes is no TCP segment, or it is
 * told already: a tap below a link that takes packets away sees them, too. */
int evtcp_event_of_sighting(struct evtcp_event *event, enum evtcp_sighting sighting,
	const struct evtcp_packet *packet);

/* Who receives events. The event is valid during the call. A sink must not call
 * into the stack. */
struct evtcp_sink {
	void (*event)(void *arg, const struct evtcp_event *event);
	unsigned kinds; /* which: (1u << EVTCP_EVENT_SENT) | ...; ~0u is all */
	void *arg;
};

#ifdef __cplusplus
}
#endif

#endif
