/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MICRO_RIG_H
#define BENCH_MICRO_RIG_H

/* A stack without a kernel: packets that were made beforehand go in, what comes out is noted
 * down, and only what is between the two is timed. Nobody else's work is in a figure: a turn
 * costs what the stack costs, and two readings of the clock.
 *
 *     rig_put ... rig_put      packets, ready to come in
 *     rig_turn                 all of them, the flush, timers that are due: timed
 *     sent[0] ... sent[n - 1]  what the stack has answered
 *
 * The stack's clock is the rig's, and stands still but for rig_wait; random bytes are those of
 * a fixed seed, so that the same turns do the same work each time. Memory is evtcpd's. */

#include "evtcpd/pages.h"
#include "micro_counters.h"
#include <evtcp/evtcp.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	RIG_MTU = 1500,
	RIG_PORT = 80,
	RIG_IN = 64,        /* packets in one turn, as many as a TUN link reads at a time */
	RIG_SENT = 4096,    /* packets out in one turn */
	RIG_SENT_HEAD = 80, /* octets that are kept of each */
	RIG_OFFLOAD_LEN = 65535
};

struct http_server;

/* A packet that the stack sent: its headers, and how long it was. */
struct rig_sent {
	uint32_t len;
	uint16_t segment_len; /* of struct evtcp_packet */
	uint8_t head[RIG_SENT_HEAD];
};

/* What the application does that the rig has: exactly one of these, for every connection. */
struct rig_app {
	const char
		*answer; /* to whatever comes in one batch; NULL: none, it is read and forgotten */
	bool closes;     /* then it closes */
	bool pours;      /* keeps its output full, of a piece that is not copied */
	bool http;       /* is evtcpd's HTTP server and pages instead */
};

struct rig_config {
	struct rig_app app;
	bool offload; /* on the way out; on the way in a packet says so itself */
	struct evtcp_limits limits;
};

struct rig {
	struct evtcp_world world;
	uint64_t now_ns; /* the stack's clock */
	uint64_t seed;   /* of the random bytes */
	struct rig_app app;
	size_t answer_len;
	struct evtcp_stack *stack;
	struct evtcp_link *link; /* the stack's */
	struct http_server *http;
	struct pages_host host; /* what its pages know */
	struct rig_sent *sent;  /* in the last turn */
	unsigned n_sent;
	bool is_closing;
	struct counters counters; /* of what is timed */
	struct evtcp_packet in[RIG_IN];
	struct iovec in_iov[RIG_IN];
	unsigned n_in;
	uint8_t *in_bytes, *in_end;
};

/* rig_config_init: limits that nothing reaches, no offload, an application that does nothing. */
void rig_config_init(struct rig_config *config);

/* rig_open: a stack at 10.0.0.1 that listens at RIG_PORT. Ends the program where there is no
 * memory; so does everything here. */
void rig_open(struct rig *rig, const struct rig_config *config);
void rig_close(struct rig *rig);

/* rig_put: room for a packet of len octets (at most 65,535), which comes in with the next turn.
 * The caller fills it. There is room for RIG_IN packets. */
uint8_t *rig_put(struct rig *rig, size_t len, uint16_t segment_len, bool checksum_left);

/* rig_turn: the packets come in as one batch, and what is due then happens. Returns the
 * nanoseconds that it took. *n_sent is anew. */
uint64_t rig_turn(struct rig *rig);

/* rig_wait: the stack's clock goes on; nothing runs. */
void rig_wait(struct rig *rig, uint64_t ns);

/* rig_random: the next of a stream of numbers that is the same each time (splitmix64). */
uint64_t rig_random(uint64_t *seed);

/* rig_clock_ns: the processor's time, for what is timed. */
uint64_t rig_clock_ns(void);

/* rig_die: says what is wrong and ends the program. */
_Noreturn void rig_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
