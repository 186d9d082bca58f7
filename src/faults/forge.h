/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_FORGE_H
#define FAULTS_FORGE_H

/* Segments that neither end has sent, in the name of one of them. */

#include "faults/follow.h"

enum { FORGE_MAX = 40 + TCP_HEADER_MAX };

/* A segment without data. */
struct forge {
	bool outbound; /* from the server to the client */
	uint32_t seq, ack;
	uint16_t flags;
	uint16_t window; /* as in the header */
};

/* forge_build: writes the packet to bytes (FORGE_MAX of them); with the timestamps that the
 * connection uses, unless it is an RST. Returns its length. */
size_t forge_build(const struct follow_conn *conn, const struct forge *forge, uint8_t *bytes);

#endif
