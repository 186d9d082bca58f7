/* SPDX-License-Identifier: BSD-3-Clause */
/* From events to marks. In: all events of a stack. Out: those of one connection, no more than there
 * is room for, so that a bulk transfer costs as little as it can and a retransmission is there all
 * the same: what is plain (new data, ACKs of it) is put together as soon as a quarter of the room
 * is taken, and what is not has the rest. */
#include "evtcpd/live/recorder.h"

#include <string.h>

#define FLAG_FIN 0x01u
#define FLAG_SYN 0x02u
#define FLAG_PSH 0x08u
#define FLAG_ACK 0x10u

void recorder_init(struct recorder *recorder, const struct evtcp_endpoint *remote)
{
	memset(recorder, 0, sizeof(*recorder));
	recorder->remote = *remote;
}

void recorder_expect(struct recorder *recorder, const struct evtcp_tuple *tuple)
{
	recorder->tuple = *tuple;
	recorder->has_tuple = true;
}

void recorder_empty(struct recorder *recorder)
{
	recorder->n_marks = recorder->n_samples = 0;
	recorder->missed = 0;
	recorder->sent.mark = recorder->received.mark = 0;
}

/* ---- which event is what ------------------------------------------------------------ */

static bool recorder_is_before(uint32_t a, uint32_t b)
{
	return a != b && b - a < UINT32_C(0x80000000);
}

static bool recorder_is_segment(const struct evtcp_event *event)
{
	return event->kind == EVTCP_EVENT_SENT || event->kind == EVTCP_EVENT_RECEIVED;
}

static uint32_t recorder_end(const struct evtcp_event *event)
{
	unsigned flags = event->u.segment.flags;

	return event->u.segment.seq + event->u.segment.payload_len + ((flags & FLAG_SYN) != 0) +
	       ((flags & FLAG_FIN) != 0);
}

/* Its end is as far as has been sent: nobody sends such again. */
static bool recorder_is_news(const struct evtcp_event *event)
{
	return event->reason.cause == EVTCP_CAUSE_DATA || event->reason.cause == EVTCP_CAUSE_FIN ||
	       recorder_end(event) == event->u.segment.seq;
}

/* Has what it bears been sent before? Where nothing was seen before, its cause tells. A
 * keepalive probe bears nothing. */
static bool recorder_is_again(const struct recorder_way *sent, const struct evtcp_event *event)
{
	if (event->kind != EVTCP_EVENT_SENT || recorder_end(event) == event->u.segment.seq)
		return false;
	if (!sent->known)
		return !recorder_is_news(event) && (event->u.segment.flags & FLAG_SYN) == 0;
	return recorder_is_before(event->u.segment.seq, sent->next);
}

/* Data that is no news by itself, and ACKs: there may be many of them. */
static bool recorder_is_plain(const struct evtcp_event *event)
{
	enum evtcp_cause cause = event->reason.cause;

	if (!recorder_is_segment(event) || (event->u.segment.flags & ~FLAG_PSH) != FLAG_ACK)
		return false;
	return event->u.segment.payload_len == 0 || cause == EVTCP_CAUSE_DATA ||
	       cause == EVTCP_CAUSE_ACCEPTED || cause == EVTCP_CAUSE_QUEUED_OUT_OF_ORDER;
}

/* ---- what is known of a direction ------------------------------------------------------ */

static void recorder_follow(struct recorder *recorder, const struct evtcp_event *event)
{
	struct recorder_way *way =
		event->kind == EVTCP_EVENT_SENT ? &recorder->sent : &recorder->received;
	uint32_t end = recorder_end(event);

	if (event->u.segment.flags & FLAG_SYN)
		way->place = (struct recorder_place){true, event->u.segment.seq + 1, 0};
	else if (!way->known && event->kind == EVTCP_EVENT_SENT && !recorder_is_news(event))
		return; /* what lies beyond it is not known */
	if (way->known && !recorder_is_before(way->next, end))
		return;
	way->known = true;
	way->next = end;
}

/* At a moment between two batches all that was sent is known, and what waits of it. */
static void recorder_find_places(struct recorder *recorder, const struct evtcp_conn_info *info)
{
	struct recorder_way *sent = &recorder->sent, *received = &recorder->received;

	if (sent->known && !sent->place.known)
		sent->place = (struct recorder_place){
			true, sent->next, info->bytes_acked + info->unacked_bytes};
	if (received->known && !received->place.known && info->out_of_order_bytes == 0)
		received->place =
			(struct recorder_place){true, received->next, info->bytes_received};
}

/* ---- keeping ------------------------------------------------------------------------------ */

static uint64_t recorder_grain(const struct recorder *recorder)
{
	if (recorder->n_marks < RECORDER_MARKS / 4)
		return 0;
	return recorder->n_marks < RECORDER_MARKS / 2 ? RECORDER_FINE_US : RECORDER_COARSE_US;
}

/* Adds event to the last mark of its direction, where they are as one. */
static bool recorder_put_together(
	struct recorder *recorder, const struct recorder_way *way, const struct evtcp_event *event)
{
	struct recorder_mark *mark;
	struct evtcp_event *first;

	if (way->mark == 0)
		return false;
	mark = &recorder->marks[way->mark - 1];
	first = &mark->event;
	if (event->at_us - first->at_us >= recorder_grain(recorder) ||
		event->reason.cause != first->reason.cause ||
		event->u.segment.seq != recorder_end(first) ||
		(event->u.segment.payload_len == 0) != (first->u.segment.payload_len == 0) ||
		(event->u.segment.n_sack == 0) != (first->u.segment.n_sack == 0))
		return false;
	first->u.segment.payload_len += event->u.segment.payload_len;
	first->u.segment.ack = event->u.segment.ack;
	first->u.segment.window = event->u.segment.window;
	first->u.segment.flags |= event->u.segment.flags;
	first->u.segment.n_sack = event->u.segment.n_sack;
	memcpy(first->u.segment.sack, event->u.segment.sack, sizeof(first->u.segment.sack));
	mark->until_us = event->at_us;
	mark->n++;
	return true;
}

static void recorder_keep(struct recorder *recorder, const struct evtcp_event *event, bool again)
{
	struct recorder_way *way =
		event->kind == EVTCP_EVENT_SENT ? &recorder->sent : &recorder->received;
	bool plain = !again && recorder_is_plain(event);

	if (plain && recorder_put_together(recorder, way, event))
		return;
	if (recorder->n_marks == RECORDER_MARKS) {
		recorder->missed++;
		return;
	}
	recorder->marks[recorder->n_marks++] = (struct recorder_mark){
		.event = *event, .until_us = event->at_us, .n = 1, .again = again};
	if (recorder_is_segment(event))
		way->mark = plain ? recorder->n_marks : 0;
}

void recorder_hear(struct recorder *recorder, const struct evtcp_event *event)
{
	bool again;

	if (event->tuple.remote.port != recorder->remote.port ||
		memcmp(&event->tuple.remote, &recorder->remote, sizeof(recorder->remote)) != 0)
		return;
	recorder_expect(recorder, &event->tuple);
	again = recorder_is_again(&recorder->sent, event);
	if (recorder_is_segment(event))
		recorder_follow(recorder, event);
	recorder_keep(recorder, event, again);
}

void recorder_sample(struct recorder *recorder, const struct evtcp_conn_info *info, uint64_t now_us)
{
	struct recorder_sample sample = {.at_us = now_us,
		.cwnd = info->cwnd,
		.ssthresh = info->ssthresh,
		.srtt_us = info->srtt_us,
		.in_flight = info->in_flight,
		.snd_wnd = info->snd_wnd};

	recorder_expect(recorder, &info->tuple);
	recorder_find_places(recorder, info);
	if (recorder->n_samples == RECORDER_SAMPLES) {
		memmove(recorder->samples, recorder->samples + 1,
			(RECORDER_SAMPLES - 1) * sizeof(sample));
		recorder->n_samples--;
	}
	recorder->samples[recorder->n_samples++] = sample;
}
