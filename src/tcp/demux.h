/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_DEMUX_H
#define TCP_DEMUX_H

/* From a 4-tuple to a connection block, by a keyed hash table (ATTACKS E07). Half-open and
 * TIME-WAIT entries, and those at rest, have tables of their own under the same key. */

#include "tcp/tcb.h"

/* demux_hash: what the tables find tuple by, all four of them. Whoever looks for more than one
 * thing hashes once. */
uint64_t demux_hash(const struct tcp *tcp, const struct evtcp_tuple *tuple);

/* demux_find: the block that segments of this tuple reach, or NULL. demux_find_hashed: the same,
 * where its hash is known. */
struct tcb *demux_find(const struct tcp *tcp, const struct evtcp_tuple *tuple);
struct tcb *demux_find_hashed(
	const struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash);

/* A segment of this hash will come soon: what it will need is asked for in three steps, some time
 * apart, since each needs what the one before has asked for (util/fetch.h). Nothing changes by
 * them. demux_fetch_buckets, demux_fetch_nodes: the way into the tables, also that of those at rest
 * (rest_fetch). demux_fetch_block: the block, which it returns, or NULL. */
void demux_fetch_buckets(const struct tcp *tcp, uint64_t hash);
void demux_fetch_nodes(const struct tcp *tcp, uint64_t hash);
const struct tcb *demux_fetch_block(const struct tcp *tcp, uint64_t hash);

/* demux_insert: makes the block reachable by its tuple, which must be free, and whose hash this
 * is. 0, or -1 without memory. */
int demux_insert(struct tcp *tcp, struct tcb *tcb, uint64_t hash);

#endif
