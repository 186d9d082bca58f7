/* SPDX-License-Identifier: BSD-3-Clause */
/* Proportional rate reduction (RFC 9937 6). While more is in flight than ssthresh, the
 * part ssthresh / RecoverFS of what is delivered may be sent. Below that (more was lost
 * than the reduction asked for) the window is filled again: by as much as is delivered, and
 * by one segment more where the acknowledgment says that the path is well. It does no
 * I/O and knows of no connection. */

#include "tcp/prr.h"
#include "util/number.h"

static uint32_t prr_sub(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

void prr_enter(struct prr *prr, uint32_t flight)
{
	*prr = (struct prr){.recover_fs = flight > 0 ? flight : 1};
}

void prr_sent(struct prr *prr, uint32_t bytes)
{
	prr->prr_out += bytes; /* RFC 9937 6.3 */
}

/* RFC 9937 6.2 rule 1: ceil(prr_delivered * ssthresh / RecoverFS) - prr_out */
static uint32_t prr_proportional(const struct prr *prr, uint32_t ssthresh)
{
	uint64_t product = (uint64_t)prr->prr_delivered * ssthresh;
	uint64_t allowed = (product + prr->recover_fs - 1) / prr->recover_fs;

	return allowed > prr->prr_out ? (uint32_t)(allowed - prr->prr_out) : 0;
}

uint32_t prr_on_ack(struct prr *prr, const struct prr_ack *ack)
{
	uint32_t sndcnt;

	prr->prr_delivered += ack->delivered;
	if (ack->in_flight > ack->ssthresh) {
		sndcnt = prr_proportional(prr, ack->ssthresh);
	} else { /* RFC 9937 6.2 rules 2 to 4: the conservative bound; with SafeACK the
		  * slow-start bound */
		sndcnt = number_max(prr_sub(prr->prr_delivered, prr->prr_out), ack->delivered);
		if (ack->safe)
			sndcnt += ack->mss;
		sndcnt = number_min(prr_sub(ack->ssthresh, ack->in_flight), sndcnt);
	}
	if (prr->prr_out == 0 && sndcnt < ack->mss)
		sndcnt = ack->mss; /* RFC 9937 6.2 rule 5: the fast retransmit itself leaves */
	return ack->in_flight + sndcnt;
}
