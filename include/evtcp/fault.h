/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_FAULT_H
#define EVTCP_FAULT_H

/* Fault scripts: rules that do something to chosen segments, applied by a link that wraps
 * another, or to HTTP replies, applied by who writes them. A rule touches the segment that it
 * names, on the connection that it names, and nothing else. The language is described in
 * src/faults/README.md. */

#include <evtcp/link.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;
struct evtcp_fault_script;
struct evtcp_faults;

#define EVTCP_FAULT_MAX_RULES 64
#define EVTCP_FAULT_RULE_TEXT 200
#define EVTCP_FAULT_EXPLAIN_TEXT 640

/* Where a script is wrong: 1-based, and what would be right. */
struct evtcp_fault_error {
	unsigned line, column;
	char text[240];
};

/* evtcp_fault_parse: reads a script of len bytes. NULL with errno EINVAL and
 * *error filled, or ENOMEM. The memory is of world. */
struct evtcp_fault_script *evtcp_fault_parse(const char *script, size_t len,
	const struct evtcp_world *world, struct evtcp_fault_error *error);
void evtcp_fault_free(struct evtcp_fault_script *script);

/* A rule, for people. */
struct evtcp_fault_rule {
	unsigned number; /* its line in the script; later ones count on from there */
	uint64_t hits;   /* how often it was applied, on all connections */
	char text[EVTCP_FAULT_RULE_TEXT];
	char explanation[EVTCP_FAULT_EXPLAIN_TEXT]; /* what it does, in a sentence */
};

/* evtcp_fault_script_rule: the i-th rule of a script, from 0. 0, or -1 when there is none. */
int evtcp_fault_script_rule(
	const struct evtcp_fault_script *script, unsigned i, struct evtcp_fault_rule *rule);

/* What a link that applies rules is made with. */
struct evtcp_fault_config {
	struct evtcp_fault_script *script; /* owned by the link if it is made; NULL: no rules yet */
	const struct evtcp_world *world;   /* copied; NULL is evtcp_world_system() */
	struct event_base *base;           /* drives it; must outlive it; NULL: driven by hand */
	const struct evtcp_observer *observers; /* copied, n_observers of them */
	size_t n_observers;
};

/* evtcp_fault_link_new: a link that passes everything between lower (owned from here on) and its
 * receiver but for what the rules do. *faults, if faults is not NULL, is the handle for the calls
 * below, valid until the link is freed. What is held back then is lost.
 *
 * A tap between lower and this link sees what is on the wire: what the rules have changed, with
 * packet->fate and ->fate_rule set. What they take away is shown to the observers, as
 * EVTCP_DROPPED_OUT or _IN, and counted by the stack. A packet taken on the way out is a success to
 * the stack: the network lost it.
 *
 * As long as there are rules each segment passes by itself (no offload), so that there is one to
 * name. At most 4,096 connections are followed; at most 64 MiB are held back each way, and
 * what is beyond that passes. NULL with errno ENOMEM; lower and script are then still the caller's. */
struct evtcp_link *evtcp_fault_link_new(struct evtcp_link *lower,
	const struct evtcp_fault_config *config, struct evtcp_faults **faults);

/* evtcp_fault_next_deadline: the moment, by world->now_us, at which evtcp_fault_run has something
 * to do; UINT64_MAX when there is nothing. evtcp_fault_run: passes on what is due and ends the
 * batch: callbacks of the application may run. With a base it is called by itself. */
uint64_t evtcp_fault_next_deadline(const struct evtcp_faults *faults);
void evtcp_fault_run(struct evtcp_faults *faults);

/* evtcp_fault_add: one more rule, a line of len bytes, from here on. Returns its number (> 0), or
 * -1 with errno EINVAL and *error filled (also when there are as many rules as there can be). */
int evtcp_fault_add(
	struct evtcp_faults *faults, const char *line, size_t len, struct evtcp_fault_error *error);

/* evtcp_fault_remove: the rule with this number is no more; what it has begun ends. 0, or -1 with
 * errno ENOENT. */
int evtcp_fault_remove(struct evtcp_faults *faults, unsigned number);

/* evtcp_fault_rule: the i-th rule there is, from 0. 0, or -1 when there are not so many. */
int evtcp_fault_rule(const struct evtcp_faults *faults, unsigned i, struct evtcp_fault_rule *rule);

/* evtcp_fault_get_counter: how often cause was done to a segment that passed, or a segment was sent
 * for it. What was taken away the stack counts. */
uint64_t evtcp_fault_get_counter(const struct evtcp_faults *faults, enum evtcp_cause cause);

/* A request that was read, for rules that name its path or tag, or are about its reply. */
struct evtcp_fault_request {
	const char *path; /* terminated */
	const char *tag;  /* what it calls itself; NULL: nothing */
};

/* What is to be done to the reply; all zero: nothing. */
struct evtcp_fault_reply {
	bool cut;              /* it ends after cut_at bytes of its body, with the connection */
	uint64_t cut_at;       /* bytes */
	int32_t length_offset; /* its Content-Length is wrong by so much; then the connection ends
				*/
	uint32_t drip_bytes; /* it leaves so many bytes at a time, one each drip_us; 0: as usual */
	uint64_t drip_us;    /* microseconds */
	unsigned rule;       /* the number of the first rule that says so */
};

/* evtcp_fault_request: a server has read a request on this connection, and is about to answer it.
 * *reply is what it is to do then. */
void evtcp_fault_request(struct evtcp_faults *faults, const struct evtcp_tuple *tuple,
	const struct evtcp_fault_request *request, struct evtcp_fault_reply *reply);

#ifdef __cplusplus
}
#endif

#endif
