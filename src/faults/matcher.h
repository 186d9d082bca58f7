/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_MATCHER_H
#define FAULTS_MATCHER_H

/* Which rules apply to the segment that passes now, or to the reply to the request that has just
 * been read. */

#include "faults/follow.h"
#include "faults/script.h"

/* A rule in use. */
struct matcher_rule {
	struct script_rule script;
	uint64_t from_conn; /* connections up to this number were there before it */
	uint64_t hits;      /* on all connections */
};

struct matcher {
	struct follow follow;
	unsigned n_rules;
	struct matcher_rule rules[SCRIPT_MAX_RULES];
};

/* matcher_init: no rules; world is copied. The matcher must not be moved afterwards. */
void matcher_init(struct matcher *matcher, const struct evtcp_world *world);
void matcher_free(struct matcher *matcher);

/* matcher_add: one more rule (copied), which applies from now on and counts from here; there must
 * be room. The first of all begins without any connection. matcher_remove: rule i is no more; those
 * behind it move up. */
void matcher_add(struct matcher *matcher, const struct script_rule *rule);
void matcher_remove(struct matcher *matcher, unsigned i, uint64_t now);

/* matcher_match: a segment of conn passes, sent by the stack if outbound. Every rule counts it;
 * returns those that apply to it: bit i is rule i. follow_note comes afterwards. */
uint64_t matcher_match(struct matcher *matcher, struct follow_conn *conn,
	const struct packet_view *view, bool outbound, uint64_t now);

/* matcher_match_reply: the same, for the reply to the request that follow_request has noted. */
uint64_t matcher_match_reply(struct matcher *matcher, struct follow_conn *conn, uint64_t now);

#endif
