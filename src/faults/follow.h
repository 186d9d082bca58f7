/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_FOLLOW_H
#define FAULTS_FOLLOW_H

/* Connections as someone beside the wire sees them: which numbers have passed, how far the server
 * is, what was asked of it. Each holds what rules want to know, and what they have begun. */

#include "trace/packet_view.h"
#include "util/deadline_queue.h"
#include "util/hash_table.h"
#include "util/keyed_hash.h"
#include "util/list.h"

/* Connections followed at once; beyond that the one that was silent for longest
 * is forgotten and would begin anew. */
#define FOLLOW_MAX_CONNECTIONS 4096
/* Bytes that are kept of a path and of a tag: more than rules can name. */
#define FOLLOW_TEXT_MAX 128

/* One direction of a connection. */
struct follow_flow {
	bool known;       /* a segment has passed: the numbers mean something */
	bool fin;         /* a FIN has passed */
	bool wscale_told; /* its SYN has offered a window scale */
	uint8_t wscale;
	uint32_t isn; /* its SYN's number; where that was not seen, one before the first that was */
	uint32_t end; /* all sequence numbers before it have passed, lost or not: */
	uint64_t passed; /* so many from isn on, however often they went round */
	bool reaches; /* something has reached the other side, */
	uint32_t reached; /* all before this without a gap */
	/* Of the last segment: */
	bool acks; /* there was an ACK ever, and the last was */
	uint32_t ack;
	uint16_t window; /* not scaled */
	bool timestamps;
	uint32_t tsval;
};

/* How far a rule has come on a connection. */
struct follow_progress {
	uint32_t seen;   /* new segments of the kind, counted up to nth */
	uint32_t hits;   /* how often it has applied */
	uint32_t number; /* a sequence number of the nth segment, if named */
	bool named;      /* the nth has passed and occupies sequence numbers */
};

/* What rules have begun, each with the rule's number; a moment of 0 is over. */
struct follow_effects {
	uint64_t stall_until_us, window_until_us, ignore_until_us;
	uint32_t window_most; /* bytes */
	uint32_t ignore_ack;  /* the last ACK that the peer of who is ignored gets */
	unsigned stall_rule, window_rule, ignore_rule;
	unsigned black_hole_rule;  /* 0: it is none */
	unsigned never_close_rule; /* 0: it may close */
	unsigned reply_rule;       /* a reply is to come that it makes wrong; 0: none is */
	unsigned finished_rule; /* 0: the server's end is the stack's; else a rule has ended it */
	uint32_t finished_seq;  /* with a FIN of this number, */
	uint64_t finished_us;   /* which was sent last at this moment */
};

struct follow_conn {
	struct hash_node hashed;
	struct list_node recent;
	struct deadline_node look; /* when somebody is to, whether something is over */
	struct evtcp_tuple tuple;
	struct follow_flow in, out;
	enum evtcp_state state; /* the server's, as far as what passes tells */
	bool reset;             /* an RST has passed */
	uint64_t born_us;
	uint64_t number;  /* 1 is the first that was followed */
	char *path, *tag; /* of the last request; NULL: none */
	struct follow_effects effects;
	struct follow_progress *progress; /* one for each rule */
	unsigned n_progress;
};

struct follow {
	struct evtcp_world world;
	struct keyed_hash hash;
	struct hash_table table; /* of struct follow_conn, by tuple */
	struct list recent;      /* the same; the one seen last is at the end */
	struct deadline_queue looks;
	uint64_t n;              /* connections that were followed so far */
};

/* follow_init: nobody is followed. Cannot fail: it allocates when the first segment comes. The
 * struct must not be moved afterwards. */
void follow_init(struct follow *follow, const struct evtcp_world *world);
void follow_free(struct follow *follow);

/* follow_forget_all: nobody is followed any more; connections are counted on. */
void follow_forget_all(struct follow *follow);

/* follow_find: the connection between these ends; NULL: it is not followed. */
struct follow_conn *follow_find(struct follow *follow, const struct evtcp_tuple *tuple);

/* follow_get: the connection of a segment that is about to pass, from now on followed. NULL without
 * memory. */
struct follow_conn *follow_get(
	struct follow *follow, const struct packet_view *view, bool outbound, uint64_t now);

/* follow_note: the segment has come by, whatever becomes of it. follow_pass: it is not lost, so
 * that the server's state may change. follow_reach: it is there at once. */
void follow_note(struct follow_conn *conn, const struct packet_view *view, bool outbound);
void follow_pass(struct follow_conn *conn, const struct packet_view *view, bool outbound);
void follow_reach(struct follow_conn *conn, const struct packet_view *view, bool outbound);

/* follow_progress: how far rule i has come; NULL without memory. */
struct follow_progress *follow_progress(
	struct follow *follow, struct follow_conn *conn, unsigned i);

/* follow_remove_rule: rule i, which has this number, is no more: nor is what it has begun, but for
 * an end. Those behind it move up. Connections that are to be looked at are now. */
void follow_remove_rule(struct follow *follow, unsigned i, unsigned number, uint64_t now);

/* follow_look_at: somebody is to look at the connection at that moment, or before it, if another
 * look was asked for; once for all of them. Without memory nobody does. follow_next_look: the first
 * such moment; UINT64_MAX: none. follow_pop_look: the next connection whose moment has come by now;
 * NULL: there is none. */
void follow_look_at(struct follow *follow, struct follow_conn *conn, uint64_t at_us);
uint64_t follow_next_look(const struct follow *follow);
struct follow_conn *follow_pop_look(struct follow *follow, uint64_t now);

/* follow_request: the connection's last request is one for path, with this tag or NULL, as far as
 * FOLLOW_TEXT_MAX goes. Without memory it has none. */
void follow_request(
	struct follow *follow, struct follow_conn *conn, const char *path, const char *tag);

/* follow_next: the number that the other side of flow expects next, as far as what passes tells;
 * back is the flow of that side, and seq is meant where nothing is known. */
uint32_t follow_next(const struct follow_flow *flow, const struct follow_flow *back, uint32_t seq);

/* follow_bytes: how many bytes of data have passed in this direction, without what came again. */
uint64_t follow_bytes(const struct follow_flow *flow);

#endif
