/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RACK_H
#define TCP_RACK_H

/* RACK (RFC 8985 6): what was sent before something that was delivered is lost, once there
 * was time enough for packets to have changed places. For peers that send SACK. */

#include "tcp/records.h"

struct tcb;

struct rack {
	uint64_t xmit_us;   /* RACK.xmit_ts: when the newest delivered was sent; 0: none */
	uint32_t end;       /* RACK.end_seq */
	uint32_t fack;      /* RACK.fack: the highest number delivered */
	uint32_t rtt_us;    /* RACK.rtt: how long that took */
	uint32_t round_end; /* RACK.dsack_round, when in_round */
	uint8_t reo_wnd_mult;
	uint8_t reo_wnd_persist;
	bool reordering_seen;
	bool in_round; /* a D-SACK was seen in this round trip */
};

void rack_init(struct rack *rack, uint32_t iss);

/* rack_on_ack: takes in what a segment told (steps 2 to 4). in_vain: it told, by D-SACK or
 * otherwise, that something was sent again that had not been lost. The answer to a probe is an
 * answer like any (RFC 8985 7.4.1); single octets have the time of their segment (RFC 8985 10). */
void rack_on_ack(
	struct tcb *tcb, const struct records_delivered *delivered, bool in_vain, uint64_t now);

/* rack_reordering_window: RACK.reo_wnd (step 4): how late a packet may be, in microseconds,
 * that is not lost. */
uint32_t rack_reordering_window(const struct tcb *tcb);

/* rack_on_recovered: a fast recovery, or one after an RTO, is over (step 4). */
void rack_on_recovered(struct rack *rack);

/* rack_detect_loss: marks what is lost (step 5). Returns how many bytes; *remaining_us is
 * after what time it should be asked again if nothing comes, 0 for never. */
uint32_t rack_detect_loss(struct tcb *tcb, uint64_t now, uint64_t *remaining_us);

/* rack_detect_loss_on_rto: marks what was sent long enough ago that it should have been
 * delivered (RFC 8985 6.3); the first segment is lost whenever it was sent, which the caller
 * marks. */
void rack_detect_loss_on_rto(struct tcb *tcb, uint64_t now);

#endif
