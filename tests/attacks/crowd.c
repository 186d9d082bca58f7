/* SPDX-License-Identifier: BSD-3-Clause */

/* Many peers of one stack, see crowd.h. */

#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST = 0x0a000100, PORTS = 1000, FIRST_PORT = 1024 };

static void become(struct rig *rig, unsigned i)
{
	rig->peer = FIRST + i / PORTS;
	rig->peer_port = (uint16_t)(FIRST_PORT + i % PORTS);
}

struct packet crowd_segment(
	struct rig *rig, const struct peer *peers, unsigned i, uint8_t flags, uint32_t seq)
{
	become(rig, i);
	rig->iss = peers[i].iss;
	return rig_segment(rig, flags, seq, 0, 1);
}

void crowd_open(struct rig *rig, struct peer *peers, unsigned n)
{
	rig_listen(rig);
	for (unsigned i = 0; i < n; i++) {
		struct packet p;

		become(rig, i);
		p = rig_segment(rig, SYN, 0, 0, 0);
		rig_packet(rig, &p);
		p = rig_segment(rig, ACK, 1, 0, 1);
		rig_packet(rig, &p);
		if (!rig->conn) {
			fprintf(stderr, "peer %u got no connection\n", i);
			exit(1);
		}
		peers[i] = (struct peer){rig->conn, rig->iss};
		rig->conn = NULL;
	}
}
