/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_PRR_H
#define TCP_PRR_H

/* Proportional rate reduction (RFC 9937): how the congestion window comes down to
 * ssthresh during fast recovery, so that for what the peer receives, as much is sent as
 * the reduction allows, evenly. The variables have the RFC's names; all are bytes. */

#include <stdbool.h>
#include <stdint.h>

struct prr {
	uint32_t prr_delivered; /* the peer received so much during this recovery */
	uint32_t prr_out;       /* and we sent so much, again or new */
	uint32_t recover_fs;    /* RecoverFS: what was in flight when it began */
};

/* One acknowledgment during recovery. */
struct prr_ack {
	uint32_t delivered; /* DeliveredData */
	uint32_t in_flight; /* after losses were marked: "inflight" */
	uint32_t ssthresh, mss;
	bool safe; /* SafeACK: SND.UNA advanced and no further loss was seen */
};

/* prr_enter: recovery begins with flight bytes in flight of which the peer has told
 * nothing before this acknowledgment. */
void prr_enter(struct prr *prr, uint32_t flight);

/* prr_sent: bytes of payload were sent during recovery. */
void prr_sent(struct prr *prr, uint32_t bytes);

/* prr_on_ack: what cwnd has to be now. */
uint32_t prr_on_ack(struct prr *prr, const struct prr_ack *ack);

#endif
