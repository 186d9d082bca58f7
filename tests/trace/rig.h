/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RIG_H
#define RIG_H

/* One stack whose link a test holds in its hands: packets go in, what the stack sends is kept,
 * and time passes when it is told to. A peer brings it into any state. Through the public API
 * alone.
 *
 * What cannot be done at all (no memory for a stack, a packet of the stack that is ill-formed)
 * is written to stderr and ends the program with status 1. */

#include "packet.h"
#include "situation.h"
#include "world.h"

#include <evtcp/evtcp.h>

enum {
	RIG_US = 0x0a000002,
	RIG_PEER = 0x0a000001,
	RIG_OUR_PORT = 80,
	RIG_PEER_PORT = 40000,
	RIG_WINDOW = 400, /* of our receive buffer, so that a segment can span it */
	RIG_IN_FLIGHT = 10,
	RIG_SYN_TEXT = 149, /* on the SYN of Fast Open, so that one place is at its number */
	RIG_SENT = 8
};

/* Who reads along what the stack sends. */
typedef void (*rig_tap)(void *arg, const uint8_t *octets, size_t len);

struct rig {
	struct world world;
	struct evtcp_stack *stack;
	struct evtcp_conn *conn; /* NULL while the application has none */
	struct evtcp_listener *listener;
	bool ipv6;
	uint32_t us, peer;
	uint16_t our_port, peer_port;
	uint32_t iss, irs;            /* absolute; the test sets irs */
	struct packet sent[RIG_SENT]; /* the first since rig_forget, without their text */
	unsigned n_sent;              /* since then, also those that have no place */
	int error;                    /* what the application was told since then */
	bool eof;
	size_t unread; /* of what the peer has said on the way into the situation */
	rig_tap tap;   /* NULL: nobody */
	void *tap_arg;
};

/* rig_configure: the configuration of rig_open: a small window, no quick ACKs, no ECN, and an
 * RTO so long that nothing is sent again between a segment and its answer. */
void rig_configure(struct evtcp_stack_config *config);

/* rig_init: addresses, ports and numbers as above; no stack yet. rig_open: a stack of this
 * configuration (its world is set to that of the rig), with our address. rig_close frees it;
 * false if it has kept memory. */
void rig_init(struct rig *rig, bool ipv6);
void rig_open(struct rig *rig, struct evtcp_stack_config *config);
bool rig_close(struct rig *rig);

/* rig_forget: nothing was sent, and the application was told nothing. */
void rig_forget(struct rig *rig);

/* rig_packet: this packet comes in. rig_octets: these do. rig_segment: a segment of the peer
 * with numbers relative to irs and iss; its text is zeros, its window 65535. rig_input: that
 * comes in. */
void rig_octets(struct rig *rig, const uint8_t *octets, size_t len);
void rig_packet(struct rig *rig, const struct packet *packet);
struct packet rig_segment(
	const struct rig *rig, uint8_t flags, uint32_t seq, uint32_t len, uint32_t ack);
void rig_input(struct rig *rig, uint8_t flags, uint32_t seq, uint32_t len, uint32_t ack);

/* rig_listen, rig_connect, rig_write, rig_shutdown: what an application does, with rig->conn.
 * rig_accept: the peer opens, and a listener takes it. rig_free: the application lets go of
 * it. */
void rig_listen(struct rig *rig);
void rig_connect(struct rig *rig);
void rig_accept(struct rig *rig);
void rig_write(struct rig *rig, size_t len);
void rig_shutdown(struct rig *rig);
void rig_free(struct rig *rig);

/* rig_wait: so much time passes, timers run when they are due. */
void rig_wait(struct rig *rig, uint64_t us);

/* rig_bring: goes to a situation on a road that the RFC's diagram has. In ESTABLISHED
 * RIG_IN_FLIGHT octets are not acknowledged; in TIME-WAIT the application has let go. */
void rig_bring(struct rig *rig, enum situation in);

/* rig_where: the state that the stack is in, SYN-RECEIVED whichever it is; LISTEN if there is
 * nothing but a listener (which only the test knows), else CLOSED. */
enum situation rig_where(const struct rig *rig, bool listens);

/* rig_name: of a situation, static storage. */
const char *rig_name(enum situation in);

#endif
