/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_H
#define WIRE_H

/* The link of a performance: what the stack sends is kept and put into the terms
 * of the script; what the script sends is built and fed to the stack. */

#include "play.h"

enum {
	WIRE_US = 0x0a000002,   /* 10.0.0.2: the stack */
	WIRE_PEER = 0x0a000001, /* 10.0.0.1: everybody else */
	WIRE_PORT = 80,         /* of the listener, and of the peer that we connect to */
	WIRE_PEER_PORT = 40000, /* plus the flow's number: of a peer that connects */
	WIRE_OUR_PORT = 50000   /* plus the flow's number: of a connection of ours */
};

/* wire_new: the link to attach. NULL without memory. */
struct evtcp_link *wire_new(struct play *play, unsigned mtu);

/* wire_default_mss: what the stack sends to a peer that announced nothing (MUST-15). */
uint16_t wire_default_mss(const struct play *play);

/* wire_input: feeds one packet of the peer, as the script writes it, to the stack.
 * Nothing is flushed. */
void wire_input(struct play *play, struct flow *flow, const struct notation *notation);

/* wire_pattern: the byte that a stream has at a relative sequence number; ours and
 * theirs differ. */
uint8_t wire_pattern(bool ours, uint32_t at);

/* wire_is_silent: no packet of the stack waits to be claimed. */
bool wire_is_silent(const struct play *play);

/* wire_next: the oldest packet that nobody has claimed, NULL if there is none. */
struct sighting *wire_next(struct play *play);

/* wire_claim: the packet that wire_next names is claimed. */
void wire_claim(struct play *play);

#endif
