/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes server-sent events. In: values. Out: text in an evbuffer. Knows no connection and no
 * clock. A line of the format ends with a newline and a frame with an empty line, so no value may
 * have one: none has. */
#include "evtcpd/live/frame.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void frame_print(struct frame *frame, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	frame->failed |= evbuffer_add_vprintf(frame->text, format, args) < 0;
	va_end(args);
}

void frame_move(struct frame *frame, struct frame *from, int *not_first)
{
	if (evbuffer_get_length(from->text) == 0)
		return;
	if (*not_first)
		frame_print(frame, ",");
	*not_first = 1;
	frame->failed |= from->failed || evbuffer_add_buffer(frame->text, from->text) < 0;
}

/* ---- text that is written in one piece ---------------------------------------------- */

/* Each mark is one addition to the buffer. */
struct frame_line {
	char text[512];
	size_t len;
};

static void line_add(struct frame_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void line_add(struct frame_line *line, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->len, sizeof(line->text) - line->len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof(line->text) - line->len)
		line->len += (size_t)n;
}

static void line_add_number(struct frame_line *line, const char *name, uint64_t number)
{
	if (number != 0)
		line_add(line, ",\"%s\":%" PRIu64, name, number);
}

static void line_move(struct frame *frame, const struct frame_line *line)
{
	frame->failed |= evbuffer_add(frame->text, line->text, line->len) < 0;
}

/* ---- connections -------------------------------------------------------------------- */

static void frame_add_ends(struct frame *frame, const struct evtcp_tuple *tuple)
{
	char local[EVTCP_ENDPOINT_TEXT], remote[EVTCP_ENDPOINT_TEXT];

	frame_print(frame, "\"local\":\"%s\",\"remote\":\"%s\"",
		evtcp_endpoint_format(&tuple->local, local, sizeof(local)),
		evtcp_endpoint_format(&tuple->remote, remote, sizeof(remote)));
}

void frame_add_row(
	struct frame *frame, const struct evtcp_conn_info *info, const struct frame_row *row)
{
	frame_print(frame, "{");
	frame_add_ends(frame, &info->tuple);
	if (row->worker >= 0)
		frame_print(frame, ",\"worker\":%d", row->worker);
	frame_print(frame,
		"%s%s,\"state\":\"%s\",\"cc\":\"%s\",\"cc_state\":\"%s\",\"snd_mss\":%u,"
		"\"srtt_us\":%u,\"rttvar_us\":%u,\"min_rtt_us\":%u,\"rto_us\":%u",
		row->own ? ",\"own\":1" : "", info->resting ? ",\"resting\":1" : "",
		evtcp_state_name(info->state), info->cc ? info->cc : "",
		evtcp_cc_state_name(info->cc_state), info->snd_mss, info->srtt_us, info->rttvar_us,
		info->min_rtt_us, info->rto_us);
	frame_print(frame,
		",\"cwnd\":%u,\"ssthresh\":%u,\"in_flight\":%u,\"sacked\":%u,\"lost\":%u,"
		"\"snd_wnd\":%u,\"rcv_wnd\":%u,\"snd_wscale\":%u,\"rcv_wscale\":%u",
		info->cwnd, info->ssthresh, info->in_flight, info->sacked_bytes, info->lost_bytes,
		info->snd_wnd, info->rcv_wnd, info->snd_wscale, info->rcv_wscale);
	frame_print(frame,
		",\"bytes_sent\":%" PRIu64 ",\"bytes_acked\":%" PRIu64
		",\"bytes_received\":%" PRIu64
		",\"retransmits\":%u,\"timeouts\":%u,\"pacing_rate\":%" PRIu64
		",\"delivery_rate\":%" PRIu64 "}",
		info->bytes_sent, info->bytes_acked, info->bytes_received, info->retransmits,
		info->timeouts, info->pacing_rate, info->delivery_rate);
}

void frame_add_usage(struct frame *frame, const struct evtcp_stack_usage *usage)
{
	frame_print(frame,
		"{\"connections\":%u,\"half_open\":%u,\"time_wait\":%u,\"orphans\":%u,"
		"\"resting\":%u,\"memory_bytes\":%" PRIu64 "}",
		usage->connections, usage->half_open, usage->time_wait, usage->orphans,
		usage->resting, usage->memory_bytes);
}

/* ---- marks ---------------------------------------------------------------------------- */

static void frame_add_segment(struct frame_line *line, const struct recorder_mark *mark)
{
	const struct evtcp_event *event = &mark->event;

	line_add(line,
		",\"seq\":%" PRIu32 ",\"ack\":%" PRIu32 ",\"win\":%" PRIu32 ",\"flags\":%" PRIu16,
		event->u.segment.seq, event->u.segment.ack, event->u.segment.window,
		event->u.segment.flags);
	line_add_number(line, "len", event->u.segment.payload_len);
	if (event->kind == EVTCP_EVENT_LINK) {
		line_add_number(line, "out", event->u.segment.outbound);
		line_add_number(line, "rule", event->u.segment.rule);
		line_add_number(line, "lost",
			evtcp_cause_class(event->reason.cause) == EVTCP_CLASS_DROPPED);
	}
	if (event->u.segment.n_sack == 0)
		return;
	for (unsigned i = 0; i < event->u.segment.n_sack; i++)
		line_add(line, "%s[%" PRIu32 ",%" PRIu32 "]", i == 0 ? ",\"sack\":[" : ",",
			event->u.segment.sack[i].left, event->u.segment.sack[i].right);
	line_add(line, "]");
}

static void frame_add_details(struct frame_line *line, const struct recorder_mark *mark)
{
	const struct evtcp_event *event = &mark->event;

	switch (event->kind) {
	case EVTCP_EVENT_SENT:
	case EVTCP_EVENT_RECEIVED:
	case EVTCP_EVENT_DROPPED:
	case EVTCP_EVENT_LINK:
		frame_add_segment(line, mark);
		break;
	case EVTCP_EVENT_STATE:
		line_add(line, ",\"from\":\"%s\",\"to\":\"%s\"",
			evtcp_state_name(event->u.state.from), evtcp_state_name(event->u.state.to));
		break;
	case EVTCP_EVENT_TIMER:
	case EVTCP_EVENT_TIMER_SET:
	case EVTCP_EVENT_TIMER_STOPPED:
		line_add_number(line, "due", event->u.timer.due_at_us);
		break;
	case EVTCP_EVENT_WINDOW:
	case EVTCP_EVENT_METRICS:
		line_add(line,
			",\"cwnd\":%" PRIu32 ",\"ssthresh\":%" PRIu32 ",\"in_flight\":%" PRIu32,
			event->u.window.cwnd, event->u.window.ssthresh, event->u.window.in_flight);
		break;
	case EVTCP_EVENT_LOST:
		line_add_number(line, "bytes", event->u.lost.bytes);
		break;
	case EVTCP_EVENT_MSS:
		line_add(line, ",\"mss\":%u,\"mss_before\":%u", (unsigned)event->u.mss.mss,
			(unsigned)event->u.mss.mss_before);
		break;
	case EVTCP_N_EVENT_KINDS:
		break;
	}
}

static void frame_add_mark(struct frame *frame, const struct recorder_mark *mark, const char *comma)
{
	static const char *const kinds[EVTCP_N_EVENT_KINDS] = {
		[EVTCP_EVENT_SENT] = "sent",
		[EVTCP_EVENT_RECEIVED] = "received",
		[EVTCP_EVENT_DROPPED] = "dropped",
		[EVTCP_EVENT_STATE] = "state",
		[EVTCP_EVENT_TIMER] = "timer",
		[EVTCP_EVENT_WINDOW] = "window",
		[EVTCP_EVENT_METRICS] = "metrics",
		[EVTCP_EVENT_LOST] = "lost",
		[EVTCP_EVENT_MSS] = "mss",
		[EVTCP_EVENT_TIMER_SET] = "timer_set",
		[EVTCP_EVENT_TIMER_STOPPED] = "timer_stopped",
		[EVTCP_EVENT_LINK] = "link",
	};
	const struct evtcp_event *event = &mark->event;
	struct frame_line line = {.len = 0};

	line_add(&line, "%s{\"kind\":\"%s\",\"at\":%" PRIu64 ",\"why\":\"%s\"", comma,
		kinds[event->kind], event->at_us, evtcp_cause_name(event->reason.cause));
	line_add_number(&line, "count", event->reason.count);
	line_add_number(&line, "delay_us", event->reason.delay_us);
	line_add_number(&line, "again", mark->again);
	if (mark->n > 1)
		line_add(&line, ",\"n\":%" PRIu32 ",\"until\":%" PRIu64, mark->n, mark->until_us);
	frame_add_details(&line, mark);
	line_add(&line, "}");
	line_move(frame, &line);
}

void frame_add_marks(struct frame *frame, const struct recorder *recorder)
{
	for (uint32_t i = 0; i < recorder->n_marks; i++)
		frame_add_mark(frame, &recorder->marks[i], i == 0 ? "" : ",");
}

void frame_add_samples(struct frame *frame, const struct recorder *recorder)
{
	for (uint32_t i = 0; i < recorder->n_samples; i++) {
		const struct recorder_sample *sample = &recorder->samples[i];

		frame_print(frame, "%s[%" PRIu64 ",%u,%u,%u,%u,%u]", i == 0 ? "" : ",",
			sample->at_us, sample->cwnd, sample->ssthresh, sample->srtt_us,
			sample->in_flight, sample->snd_wnd);
	}
}

void frame_add_place(struct frame *frame, const struct recorder_place *place)
{
	if (place->known)
		frame_print(frame, "[%" PRIu32 ",%" PRIu64 "]", place->seq, place->byte);
	else
		frame_print(frame, "null");
}

/* ---- causes ------------------------------------------------------------------------------ */

void frame_causes(struct frame *frame)
{
	frame_print(frame, "event: causes\ndata: {");
	for (int cause = 0; cause < EVTCP_N_CAUSES; cause++)
		frame_print(frame, "%s\"%s\":\"%s\"", cause == 0 ? "" : ",",
			evtcp_cause_name((enum evtcp_cause)cause),
			evtcp_cause_text((enum evtcp_cause)cause));
	frame_print(frame, "}\n\n");
}
