/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MICRO_CLIENTS_H
#define BENCH_MICRO_CLIENTS_H

/* Clients that are sixteen octets each: what a TCP must know to say the next thing that a well
 * behaved one would, and no more. They lose nothing, and answer what they are told to. All of
 * their work is done between the turns of the rig, and is in no figure.
 *
 * They speak as Linux does: timestamps, SACK, a window scale of 7. */

#include "micro_rig.h"

struct client {
	uint32_t seq;  /* of the next octet that it sends */
	uint32_t ack;  /* what it expects next */
	uint32_t ts;   /* the last timestamp it was sent */
	bool answered; /* in the last turn */
	bool ended;    /* the server's FIN has come */
};

struct clients {
	struct rig *rig;
	struct client *client;
	uint32_t n;
	uint16_t window;     /* that they advertise, scaled */
	bool checksums_left; /* to us, as by a kernel on a device with offload */
	uint64_t octets, segments,
		packets; /* that came from the server, as payload, since the last reset */
};

/* What a client says next. */
struct client_words {
	uint16_t flags; /* TCP_* */
	const char *text;
	uint32_t len;
	uint16_t segment_len; /* 0: one segment; else several, as one packet without checksums */
};

/* clients_init: n of them, none of which has said anything. */
void clients_init(struct clients *clients, struct rig *rig, uint32_t n);
void clients_free(struct clients *clients);

/* clients_say: client i's words become a packet of the rig's next turn. SYN begins anew. */
void clients_say(struct clients *clients, uint32_t i, const struct client_words *words);

/* clients_hear: each hears what the rig has sent to it in the last turn. */
void clients_hear(struct clients *clients);

/* clients_tuple: as the server sees client i. */
struct evtcp_tuple clients_tuple(uint32_t i);

/* clients_connect: those from first to first + n - 1 shake hands, in batches; the rig's clock goes
 * on by gap_ns with each. */
void clients_connect(struct clients *clients, uint32_t first, uint32_t n, uint64_t gap_ns);

#endif
