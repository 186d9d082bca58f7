/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_LADDER_H
#define EVTCP_LADDER_H

/* A text ladder: each TCP segment as an arrow between client and server, with
 * relative numbers, the cause beside it, timers and states between. */

#include <evtcp/link.h>
#include <evtcp/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evtcp_ladder;

/* evtcp_ladder_new: a ladder that hands each finished line (without newline,
 * UTF-8, valid during the call) to write. world (copied) gives the memory: less
 * than 1 KiB for each connection, of which it remembers 256. NULL with errno
 * ENOMEM. */
struct evtcp_ladder *evtcp_ladder_new(const struct evtcp_world *world,
	void (*write)(void *arg, const char *line), void *arg);

/* evtcp_ladder_set_columns: makes lines fit in so many columns, at least 72: arrows get
 * shorter, and what does not fit goes on in the next line. 0, the default, makes each
 * as wide as it must be. */
void evtcp_ladder_set_columns(struct evtcp_ladder *ladder, unsigned columns);

/* evtcp_ladder_free: no tap, link or stack may use it any more. NULL is fine. */
void evtcp_ladder_free(struct evtcp_ladder *ladder);

/* evtcp_ladder_observer, evtcp_ladder_sink: its two inputs: packets from taps
 * and fault links, and events (states, timers) from the stack. Either may be
 * left unused. */
void evtcp_ladder_observer(struct evtcp_ladder *ladder, struct evtcp_observer *observer);
void evtcp_ladder_sink(struct evtcp_ladder *ladder, struct evtcp_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
