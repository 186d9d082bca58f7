/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_SIGHTING_H
#define SIM_SIGHTING_H

/* What the witness's rules look at: a packet that a host sends, and what is known of the flow
 * it belongs to. For witness.c and its rules alone. */

#include "witness.h"

struct sighting {
	struct witness *witness;
	unsigned host;
	struct witness_flow *flow;
	struct witness_side *self, *other;
	const struct packet *packet;
	enum evtcp_cause cause;
};

/* sighting_fail: a rule is broken; format says which. */
void sighting_fail(const struct sighting *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* witness_position: the position of seq in a space that begins at iss, near one that is known. */
int64_t witness_position(uint32_t iss, uint64_t near, uint32_t seq);

/* sighting_rule_sack: its blocks tell of what came, and of what came twice (RFC 2018, RFC 2883);
 * acked is the position that it acknowledges.
 * sighting_rule_sack_is_recent: the first is the most recent. */
void sighting_rule_sack(const struct sighting *s, uint64_t acked);
void sighting_rule_sack_is_recent(const struct sighting *s, uint64_t acked);

/* sighting_rule_ecn: what it asks for, agrees to and counts (RFC 3168, RFC 9768). witness_ecn_came:
 * this has reached who has that. */
void sighting_rule_ecn(const struct sighting *s);
void witness_ecn_came(struct witness_ecn *ecn, const struct packet *packet);

#endif
