/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CLAIM_H
#define CLAIM_H

/* What a script says about the stack, compared with what it did. */

#include "play.h"

/* claim_check: whether the claim of the present line holds at this moment. */
bool claim_check(struct play *play, struct flow *flow);

/* claim_segment: the next packet of the stack, which has to be one of flow with
 * these flags and this acknowledgment (of a SYN or an ACK without data), is
 * claimed. For handshakes in one line. */
bool claim_segment(struct play *play, struct flow *flow, uint16_t flags, uint32_t ack);

/* claim_event: the oldest event of flow has to be this one, now. */
bool claim_event(struct play *play, struct flow *flow, enum event_kind kind, int error);

/* claim_silence: no packet and no event that matters waits to be claimed. */
bool claim_silence(struct play *play);

#endif
