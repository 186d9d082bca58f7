/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_DEMUX_H
#define TCP_DEMUX_H

/* From a 4-tuple to a connection block, by a keyed hash table (ATTACKS E07). Half-open
 * and TIME-WAIT entries have tables of their own under the same key. */

#include "tcp/tcb.h"

/* demux_find: the block that segments of this tuple reach, or NULL. */
struct tcb *demux_find(const struct tcp *tcp, const struct evtcp_tuple *tuple);

/* demux_insert: makes the block reachable by its tuple, which must be free. 0, or -1
 * without memory. */
int demux_insert(struct tcp *tcp, struct tcb *tcb);

#endif
