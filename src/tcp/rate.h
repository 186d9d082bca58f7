/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RATE_H
#define TCP_RATE_H

/* Delivery rate estimation (draft-cheng-iccrg-delivery-rate-estimation-02, now section 4.1 of
 * draft-ietf-ccwg-bbr): how fast the path delivers what is sent. Each transmission remembers
 * how much had been delivered when it left (its mark); when it is acknowledged or SACKed, what
 * was delivered since then, and how long that took, make a sample:
 *
 *     sent       |<--- send_elapsed --->| P
 *     delivered         ^ P.delivered      |<------ ack_elapsed ------>| P's ACK: delivered
 *
 *     rate = (delivered - P.delivered) / max(send_elapsed, ack_elapsed)
 *
 * The longer of both, for ACKs that come compressed tell of a rate at which nothing was ever
 * sent, and a burst tells of one at which nothing was delivered. What was sent when the
 * application had run out of data, or the peer's of room, tells what they are worth, not the
 * path: such a sample says so (app_limited).
 *
 * Bytes are counted modulo 2^32 and compared as sequence numbers are; moments are
 * microseconds. */

#include <stdbool.h>
#include <stdint.h>

struct records_delivered;

/* What a transmission remembers. Times are distances from when it was sent, the longest that
 * can be told is RATE_LONGEST_US. */
struct rate_mark {
	uint32_t delivered;       /* P.delivered */
	uint32_t send_elapsed_us; /* P.sent_time - P.first_sent_time */
	uint32_t unheard_us : 31; /* P.sent_time - P.delivered_time */
	uint32_t app_limited : 1; /* P.is_app_limited */
};

#define RATE_LONGEST_US ((UINT32_C(1) << 31) - 1)

/* Of a connection. */
struct rate {
	uint64_t first_sent_us;     /* C.first_sent_time: of the newest that was delivered */
	uint64_t delivered_us;      /* C.delivered_time: when delivered last grew */
	uint32_t delivered;         /* C.delivered: acknowledged or SACKed */
	uint32_t app_limited_until; /* C.app_limited: as much as was delivered and in flight */
	bool app_limited;           /* what is sent is, until so much is delivered */
	/* The latest sample for people to see: the latest at all, or the latest larger one where
	 * the application sets the pace. */
	bool seen_app_limited;
	uint32_t seen_delivered, seen_interval_us; /* interval 0: none */
};

/* What one acknowledgment says of the path. */
struct rate_sample {
	uint32_t prior_delivered; /* P.delivered of the newest that it tells of, if has_mark */
	uint32_t delivered;       /* since then, if has_mark */
	uint32_t interval_us;     /* in so long; 0: no rate can be told */
	bool has_mark;
	bool app_limited;
};

/* rate_init: nothing was sent yet. */
void rate_init(struct rate *rate);

/* rate_on_send: the mark of what leaves now. nothing_out: everything sent before is
 * acknowledged: time in which nothing was in flight is not the path's. */
struct rate_mark rate_on_send(struct rate *rate, bool nothing_out, uint64_t now);

/* rate_on_ack: what an acknowledgment delivers, as the records say (records.h). A sample over less
 * than min_rtt_us (0: unknown) is not plausible, and has no interval: so much takes the fastest of
 * ACKs, and what was sent again may be acknowledged by its first copy's. */
struct rate_sample rate_on_ack(struct rate *rate, const struct records_delivered *delivered,
	uint32_t min_rtt_us, uint64_t now);

/* rate_note_app_limited: the path would take more than it is given, while so much is in
 * flight. */
void rate_note_app_limited(struct rate *rate, uint32_t in_flight);

/* rate_bytes_per_s: of a sample that has an interval. */
uint64_t rate_bytes_per_s(uint32_t delivered, uint32_t interval_us);

/* rate_seen: what there is for people to see, bytes a second; 0: nothing yet. */
uint64_t rate_seen(const struct rate *rate);

#endif
