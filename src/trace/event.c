/* SPDX-License-Identifier: BSD-3-Clause */

/* An event as one line of text for a person.
 *
 * Input: an evtcp_event. Output: text in the caller's buffer,
 * cut where it ends. Everything printed comes from numbers and from the table
 * of causes, so no byte of a peer's can reach a log through here.
 *
 *     12.000345 sent     10.0.0.2:80 > 10.0.0.1:40312 [P.] seq 7 ack 9 win 502 len 13: new data
 *     12.400345 timer    10.0.0.2:80 - 10.0.0.1:40312 retransmission timer #2 after 400 ms
 *
 * It does not keep anything between two events: relative sequence numbers are
 * the ladder's business. */

#include "trace/duration.h"

#include <evtcp/trace.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define US_PER_S 1000000u
/* A timer counts as late, worth a word, beyond the grain of any loop. */
#define EVENT_LATE_US 1000u

/* Text that grows at its end; len stays below size, so text is terminated. */
struct event_line {
	char *text;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void event_add(
	struct event_line *line, const char *format, ...)
{
	va_list args;
	size_t room = line->size - line->len;

	if (room <= 1)
		return;
	va_start(args, format);
	int n = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void event_add_reason(struct event_line *line, const struct evtcp_reason *reason)
{
	char why[EVTCP_REASON_TEXT];

	event_add(line, "%s", evtcp_reason_format(reason, why, sizeof(why)));
}

static void event_add_flags(struct event_line *line, uint16_t flags)
{
	/* tcpdump's letters, in the order of the header's bits but '.' last. */
	static const char letters[] = "FSRP.UEWe";
	char text[sizeof(letters)];
	size_t n = 0;

	for (unsigned bit = 0; letters[bit] != '\0'; bit++)
		if ((flags & (1u << bit)) && letters[bit] != '.')
			text[n++] = letters[bit];
	if (flags & 0x10)
		text[n++] = '.';
	text[n] = '\0';
	event_add(line, " [%s]", n != 0 ? text : "none");
}

static void event_add_ends(struct event_line *line, const struct evtcp_event *event)
{
	static const char arrows[EVTCP_N_EVENT_KINDS] = {
		[EVTCP_EVENT_SENT] = '>',
		[EVTCP_EVENT_RECEIVED] = '<',
		[EVTCP_EVENT_DROPPED] = '-',
		[EVTCP_EVENT_STATE] = '-',
		[EVTCP_EVENT_TIMER] = '-',
		[EVTCP_EVENT_WINDOW] = '-',
		[EVTCP_EVENT_METRICS] = '-',
		[EVTCP_EVENT_LOST] = '>',
		[EVTCP_EVENT_MSS] = '-',
		[EVTCP_EVENT_TIMER_SET] = '-',
		[EVTCP_EVENT_TIMER_STOPPED] = '-',
		[EVTCP_EVENT_LINK] = '<',
	};
	bool out = event->kind == EVTCP_EVENT_LINK && event->u.segment.outbound;
	char local[EVTCP_ENDPOINT_TEXT], remote[EVTCP_ENDPOINT_TEXT];

	if (event->tuple.local.port == 0 && event->tuple.remote.port == 0)
		return; /* no connection is known */
	event_add(line, " %s %c %s",
		evtcp_endpoint_format(&event->tuple.local, local, sizeof(local)),
		out ? '>' : arrows[event->kind],
		evtcp_endpoint_format(&event->tuple.remote, remote, sizeof(remote)));
}

static void event_add_fate(struct event_line *line, const struct evtcp_event *event)
{
	char fate[EVTCP_REASON_TEXT];

	if (evtcp_cause_class(event->reason.cause) == EVTCP_CLASS_DROPPED)
		event_add(line, "lost on the way %s: ", event->u.segment.outbound ? "out" : "in");
	event_add(line, "%s",
		evtcp_fate_format(event->reason.cause, event->u.segment.rule, fate, sizeof(fate)));
}

static void event_add_segment(struct event_line *line, const struct evtcp_event *event)
{
	event_add_flags(line, event->u.segment.flags);
	event_add(line, " seq %" PRIu32 " ack %" PRIu32 " win %" PRIu32 " len %" PRIu32 ": ",
		event->u.segment.seq, event->u.segment.ack, event->u.segment.window,
		event->u.segment.payload_len);
	if (event->kind == EVTCP_EVENT_LINK)
		event_add_fate(line, event);
	else
		event_add_reason(line, &event->reason);
}

static void event_add_timer(struct event_line *line, const struct evtcp_event *event)
{
	char late[DURATION_TEXT];

	event_add(line, " ");
	event_add_reason(line, &event->reason);
	if (event->at_us >= event->u.timer.due_at_us + EVENT_LATE_US)
		event_add(line, " (%s late)",
			duration_format(
				event->at_us - event->u.timer.due_at_us, late, sizeof(late)));
}

static void event_add_timer_set(struct event_line *line, const struct evtcp_event *event)
{
	uint64_t due_us = event->u.timer.due_at_us;
	char span[DURATION_TEXT];

	event_add(line, " ");
	event_add_reason(line, &event->reason);
	event_add(line, ", due in %s",
		duration_format(
			due_us > event->at_us ? due_us - event->at_us : 0, span, sizeof(span)));
}

static void event_add_window(struct event_line *line, const struct evtcp_event *event)
{
	event_add(line, " cwnd %" PRIu32, event->u.window.cwnd);
	if (event->u.window.ssthresh != EVTCP_NO_SSTHRESH)
		event_add(line, " ssthresh %" PRIu32, event->u.window.ssthresh);
	event_add(line, " in flight %" PRIu32, event->u.window.in_flight);
}

static void event_add_rtt(struct event_line *line, const struct evtcp_event *event)
{
	char smoothed[DURATION_TEXT], sample[DURATION_TEXT];

	if (event->u.window.rtt_us != 0)
		event_add(line, " srtt %s after %s",
			duration_format(event->u.window.srtt_us, smoothed, sizeof(smoothed)),
			duration_format(event->u.window.rtt_us, sample, sizeof(sample)));
}

static void event_add_details(struct event_line *line, const struct evtcp_event *event)
{
	switch (event->kind) {
	case EVTCP_EVENT_SENT:
	case EVTCP_EVENT_RECEIVED:
	case EVTCP_EVENT_DROPPED:
	case EVTCP_EVENT_LINK:
		event_add_segment(line, event);
		break;
	case EVTCP_EVENT_STATE:
		event_add(line, " %s -> %s: ", evtcp_state_name(event->u.state.from),
			evtcp_state_name(event->u.state.to));
		event_add_reason(line, &event->reason);
		break;
	case EVTCP_EVENT_TIMER:
		event_add_timer(line, event);
		break;
	case EVTCP_EVENT_WINDOW:
		event_add_window(line, event);
		event_add(line, ": ");
		event_add_reason(line, &event->reason);
		break;
	case EVTCP_EVENT_METRICS:
		event_add_window(line, event);
		event_add_rtt(line, event);
		break;
	case EVTCP_EVENT_LOST:
		event_add(line,
			" %" PRIu32 ":%" PRIu32 ", %" PRIu32 " bytes newly: ", event->u.lost.seq,
			event->u.lost.end, event->u.lost.bytes);
		event_add_reason(line, &event->reason);
		break;
	case EVTCP_EVENT_TIMER_SET:
		event_add_timer_set(line, event);
		break;
	case EVTCP_EVENT_TIMER_STOPPED:
		event_add(line, " ");
		event_add_reason(line, &event->reason);
		break;
	case EVTCP_EVENT_MSS:
		event_add(line, " %u, was %u: ", (unsigned)event->u.mss.mss,
			(unsigned)event->u.mss.mss_before);
		event_add_reason(line, &event->reason);
		break;
	case EVTCP_N_EVENT_KINDS:
		break;
	}
}

char *evtcp_event_format(const struct evtcp_event *event, char *text, size_t size)
{
	static const char *const verbs[EVTCP_N_EVENT_KINDS] = {
		[EVTCP_EVENT_SENT] = "sent",
		[EVTCP_EVENT_RECEIVED] = "received",
		[EVTCP_EVENT_DROPPED] = "dropped",
		[EVTCP_EVENT_STATE] = "state",
		[EVTCP_EVENT_TIMER] = "timer",
		[EVTCP_EVENT_WINDOW] = "window",
		[EVTCP_EVENT_METRICS] = "metrics",
		[EVTCP_EVENT_LOST] = "lost",
		[EVTCP_EVENT_MSS] = "mss",
		[EVTCP_EVENT_TIMER_SET] = "set",
		[EVTCP_EVENT_TIMER_STOPPED] = "stopped",
		[EVTCP_EVENT_LINK] = "link",
	};
	struct event_line line = {text, size, 0};

	if (size != 0)
		text[0] = '\0';
	event_add(&line, "%5" PRIu64 ".%06" PRIu64 " %-8s", event->at_us / US_PER_S,
		event->at_us % US_PER_S, verbs[event->kind]);
	event_add_ends(&line, event);
	event_add_details(&line, event);
	return text;
}
