/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LIVE_FRAME_H
#define EVTCPD_LIVE_FRAME_H

/* What is told on /_/events, as server-sent events whose data is one line of JSON. Strings in it
 * are names of our own tables and addresses as we write them: there is nothing to escape, and no
 * byte that a client has sent comes back.
 *
 *   event: causes       {"rto":"RTO",...}                              once, at first
 *   event: connections  {"now":T,"usage":{...},"connections":[{...},...],"omitted":N}
 *   event: segments     {"now":T,"remote":"10.0.0.1:40312","marks":[{...},...],...}
 *   event: end          {}                                             the server stops
 *
 * Moments are microseconds, monotonic; lengths bytes; members have the names of /connections. A
 * mark is an event of <evtcp/trace.h>: members that are 0, or would say nothing, are left out. */

#include "evtcpd/live/recorder.h"

struct evbuffer;

/* Text that grows; failed: memory ran out, it has a gap. */
struct frame {
	struct evbuffer *text;
	int failed;
};

/* frame_print: adds text. frame_move: moves all of from, behind a comma where both have
 * something. */
void frame_print(struct frame *frame, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void frame_move(struct frame *frame, struct frame *from, int *not_first);

/* frame_causes: the event that says what each cause means. */
void frame_causes(struct frame *frame);

/* frame_add_row: a connection, as an object. worker: -1 where there is but one. own: 1: that on
 * which it is told. */
struct frame_row {
	int worker, own;
};
void frame_add_row(
	struct frame *frame, const struct evtcp_conn_info *info, const struct frame_row *row);

/* frame_add_usage: an object. */
void frame_add_usage(struct frame *frame, const struct evtcp_stack_usage *usage);

/* frame_add_marks, frame_add_samples: all of recorder, as objects and as arrays [at, cwnd,
 * ssthresh, srtt_us, in_flight, snd_wnd] with commas between them. frame_add_place: [sequence
 * number, byte of the stream], or null. */
void frame_add_marks(struct frame *frame, const struct recorder *recorder);
void frame_add_samples(struct frame *frame, const struct recorder *recorder);
void frame_add_place(struct frame *frame, const struct recorder_place *place);

#endif
