/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LIVE_RECORDER_H
#define EVTCPD_LIVE_RECORDER_H

/* What the events of one connection are kept in until somebody takes them: marks, each of which
 * stands for one event, or for several of a kind where there are many; and samples of its windows
 * and round-trip time. Bounded: what finds no room is counted. Plain memory. */

#include <evtcp/info.h>
#include <evtcp/trace.h>

#include <stdbool.h>

enum { RECORDER_MARKS = 512, RECORDER_SAMPLES = 64 };

/* Data in order and ACKs are put together once marks become many: those that are no further apart
 * than this are one, in the second quarter of the room, and from there on. */
enum { RECORDER_FINE_US = 2000, RECORDER_COARSE_US = 10000 };

/* One event; of several put together the first, with the ack, window, flags and SACK blocks of the
 * last, and the payload of all. */
struct recorder_mark {
	struct evtcp_event event;
	uint64_t until_us; /* the moment of the last */
	uint32_t n;        /* how many it stands for */
	bool again;        /* SENT: what was sent before */
};

struct recorder_sample {
	uint64_t at_us;
	uint32_t cwnd, ssthresh, srtt_us, in_flight, snd_wnd;
};

/* Where in its stream a sequence number stands. */
struct recorder_place {
	bool known;
	uint32_t seq;
	uint64_t byte; /* of the stream, from 0, that has this number */
};

/* One direction. */
struct recorder_way {
	uint32_t mark; /* the last one that more may be added to, from 1; 0: none */
	bool known;    /* next has been seen */
	uint32_t next; /* behind the last sequence number of it */
	struct recorder_place place;
};

struct recorder {
	struct evtcp_endpoint remote; /* whose connection it is */
	struct evtcp_tuple tuple;     /* that connection, once it is known */
	bool has_tuple;
	struct recorder_way sent, received;
	uint32_t n_marks, n_samples;
	uint64_t missed; /* events that found no room since it was emptied */
	struct recorder_mark marks[RECORDER_MARKS];
	struct recorder_sample samples[RECORDER_SAMPLES];
};

/* recorder_init: of the connection that has this remote end, whether it is there already or not. */
void recorder_init(struct recorder *recorder, const struct evtcp_endpoint *remote);

/* recorder_expect: this is the connection, though nothing was heard of it yet. */
void recorder_expect(struct recorder *recorder, const struct evtcp_tuple *tuple);

/* recorder_hear: keeps event if it is of the connection. */
void recorder_hear(struct recorder *recorder, const struct evtcp_event *event);

/* recorder_sample: keeps what info, of the connection, tells at now_us. The oldest gives way. */
void recorder_sample(
	struct recorder *recorder, const struct evtcp_conn_info *info, uint64_t now_us);

/* recorder_empty: forgets marks, samples and what was missed, not the connection. */
void recorder_empty(struct recorder *recorder);

#endif
