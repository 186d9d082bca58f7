/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CROWD_H
#define CROWD_H

/* Many peers of one stack, each with a connection to its listener. */

#include "rig.h"

struct peer {
	struct evtcp_conn *conn;
	uint32_t iss; /* that the stack chose for it */
};

/* crowd_open: n peers open; all connections are there, and none is the rig's. */
void crowd_open(struct rig *rig, struct peer *peers, unsigned n);

/* crowd_segment: a segment of the i-th peer, as rig_segment. */
struct packet crowd_segment(
	struct rig *rig, const struct peer *peers, unsigned i, uint8_t flags, uint32_t seq);

#endif
