/* SPDX-License-Identifier: BSD-3-Clause */
/* The number of marked packets from three bits of it. In: what one ACK tells; out: a number. */

#include "tcp/accecn_decode.h"
#include "util/number.h"

/* As many as ACE has moved, whatever was delivered (RFC 9768 3.2.2.2 rule 2, 3.2.2.5.2 rule 3), or
 * as that and full cycles of it, if as many could be marked: with octets the fewest that can hold
 * them, as full-sized as segments of marked data are for the most part; without them all that are
 * possible (RFC 9768 3.2.2.5.2 rule 1, 3.2.3.2.3 rule 1, appendix A). */
uint32_t accecn_decode(const struct accecn_news *news)
{
	uint32_t least = (news->ace - news->counted) % ACCECN_CYCLE;

	if (news->segments < least + ACCECN_CYCLE)
		return least;
	uint32_t most = news->segments - (news->segments - least) % ACCECN_CYCLE;
	if (!news->told)
		return news->worst ? most : least;
	uint32_t full = news->octets / news->segment + (news->octets % news->segment != 0);
	uint32_t beyond = full > least ? full - least : 0;
	uint32_t cycles = beyond / ACCECN_CYCLE + (beyond % ACCECN_CYCLE != 0);
	return number_min(least + cycles * ACCECN_CYCLE, most);
}
