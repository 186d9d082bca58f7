/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_MATCHER_H
#define FAULTS_MATCHER_H

/* Which rule of a script, if any, applies to the segment that passes now. The
 * matcher follows each connection: which sequence numbers it has seen, and how far
 * each rule has come. */

#include "faults/script.h"
#include "trace/packet_view.h"
#include "util/hash_table.h"
#include "util/keyed_hash.h"
#include "util/list.h"

/* Connections followed at once; beyond that the one that was silent for longest
 * is forgotten and would begin anew. */
#define MATCHER_MAX_CONNECTIONS 4096

struct matcher {
	const struct evtcp_fault_script *script;
	struct keyed_hash hash;
	struct hash_table table; /* of struct matcher_conn, by tuple */
	struct list recent;      /* the same; the one seen last is at the end */
};

/* matcher_init: follows script, which must outlive it and whose world gives the
 * memory. Cannot fail: it allocates when the first segment comes. */
void matcher_init(struct matcher *matcher, const struct evtcp_fault_script *script);

/* matcher_free: forgets all connections. */
void matcher_free(struct matcher *matcher);

/* matcher_match: a segment passes, sent by the stack if outbound. Every rule counts
 * it; returns the first that applies to it, NULL when none does. Without memory to
 * follow a new connection no rule applies. */
const struct script_rule *matcher_match(
	struct matcher *matcher, const struct packet_view *view, bool outbound);

#endif
