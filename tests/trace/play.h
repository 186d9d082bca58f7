/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLAY_H
#define PLAY_H

/* A performance of a script: one stack, driven by hand in virtual time, the peer
 * and the application played by the script's lines.
 *
 *   script ── acts ──►  peer (wire.c)  ── packets ──►  stack
 *     │                 application (app.c) ── calls ──►  │
 *     └── claims ──►  claim.c  ◄── packets, events ───────┘
 */

#include "script.h"
#include "world.h"

struct evtcp_conn;
struct evtcp_listener;

/* A packet that passed the link. */
struct sighting {
	bool out; /* from the stack */
	uint64_t at_us;
	struct evtcp_reason reason;
	size_t len;
	uint8_t *octets;
	/* of packets from the stack: */
	struct notation notation; /* all of it, numbers relative */
	unsigned flow;            /* 0: of no flow */
	const char *problem;      /* what no sender may do, NULL if it is well formed */
};

/* What the application was told. */
enum event_kind { EVENT_ACCEPTED, EVENT_CONNECTED, EVENT_EOF, EVENT_ADVISORY, EVENT_ERROR };

struct event {
	enum event_kind kind;
	int error;
	enum evtcp_cause cause; /* of an advisory */
	uint64_t at_us;
};

enum { FLOW_EVENTS = 8, PLAY_COOKIE = 8 };

/* What the stack told. */
struct told {
	uint64_t at_us;
	enum evtcp_cause cause;
	uint16_t remote_port;
	char text[SCAN_TEXT];
};

enum { PLAY_TOLD = 256 };

/* One pair of ports, and who stands at both ends of it. */
struct flow {
	struct play *play;
	unsigned number;
	uint16_t local_port, remote_port;
	uint32_t remote; /* IPv4 */
	/* what relative numbers are relative to */
	uint32_t iss, irs;
	bool iss_known;
	uint32_t last_iss, last_irs; /* of the latest SYN of each side */
	/* the peer */
	uint16_t window;        /* of its segments unless a line says otherwise */
	uint16_t peer_mss;      /* announced by it, 536 if nothing was */
	bool ts_offered, ts_on; /* its SYN had timestamps; both SYNs had */
	uint32_t ts_base;       /* our TSval at the first sight of one... */
	uint64_t ts_base_at_us; /* ... which was at this moment; 0: none yet */
	uint32_t last_tsval;    /* the latest TSval from the stack, relative */
	/* the application */
	struct evtcp_conn *conn;    /* NULL: none, or freed */
	uint32_t write_at, read_at; /* relative number of the next byte */
	bool autoread;
	bool readable, writable;          /* told since the last claim */
	struct event events[FLOW_EVENTS]; /* not yet claimed, oldest first */
	unsigned n_events;
};

/* What went wrong, if something did. */
struct failure {
	bool failed;
	unsigned line;
	char why[600];
};

/* Who makes a segment of what the stack sends as one (struct evtcp_offload). */
enum variant_link {
	VARIANT_PLAIN,     /* the stack does: the link takes packets as they are on a wire */
	VARIANT_CHECKSUMS, /* nobody: the stack sends each by itself, the link completes checksums
			    */
	VARIANT_SEGMENTS,  /* the link does */
	VARIANT_LINKS
};

/* The ISNs of one performance, and over what it goes. */
struct variant {
	uint32_t iss, irs;
	bool ipv6;
	enum variant_link link;
};

struct play {
	const struct script *script;
	struct variant variant;
	struct world world;
	uint64_t start_us; /* moment of the script's beginning */
	uint64_t line_us;  /* moment of the present line */
	const struct script_line *line;
	struct evtcp_stack *stack;
	struct evtcp_link *link; /* owned by stack */
	struct evtcp_listener *listener;
	enum { ON_ACCEPTED_KEEP, ON_ACCEPTED_CLOSE, ON_ACCEPTED_ABORT } on_accepted;
	bool link_down;
	bool rehearsal; /* only to see the ISS: ends at the first SYN from the stack */
	bool iss_seen;
	uint32_t first_iss; /* absolute, of the first SYN from the stack */
	bool has_cookie;    /* of Fast Open, from the last SYN-ACK with one that was claimed */
	uint8_t cookie[PLAY_COOKIE];
	struct flow flows[SCRIPT_FLOWS];
	struct sighting *sightings;                        /* all of them, in order */
	size_t n_sightings, sightings_capacity, n_claimed; /* the first ones are claimed */
	struct told told[PLAY_TOLD]; /* the last n_told of them, if the script asks */
	size_t n_told;
	char *log;                   /* the trace so far */
	size_t log_len, log_capacity;
	struct failure failure;
};

/* play_script: one performance. False with play->failure filled in when a claim
 * does not hold. *play must be given to play_free afterwards. iss is met exactly
 * unless the script says that it cannot be chosen. */
bool play_script(struct play *play, const struct script *script, const struct variant *variant);
void play_free(struct play *play);

/* play_fail: records why the present line failed, unless something did before.
 * Returns false. */
bool play_fail(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* play_log: adds one line to the trace, with the time in front. */
void play_log(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* play_settle: ends the batch: callbacks run, segments leave; then checks every
 * invariant. False if the performance has failed. */
bool play_settle(struct play *play);

/* play_advance: lets time pass until at_us, running what is due. Stops with a
 * failure at anything that nobody claims: something that happens before at_us. */
bool play_advance(struct play *play, uint64_t at_us);

#endif
