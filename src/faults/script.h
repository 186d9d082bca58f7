/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_SCRIPT_H
#define FAULTS_SCRIPT_H

/* A fault script in memory: what the language of README.md says, as structs. */

#include <evtcp/fault.h>
#include <stdbool.h>

/* The most rules a script may have: each costs every tracked connection a few
 * bytes. */
#define SCRIPT_MAX_RULES 64
/* The largest number a script may contain. */
#define SCRIPT_MAX_NUMBER 1000000000u

/* What a rule calls a segment. One segment may be of several kinds: the last
 * bytes of a stream with FIN are data and fin. */
enum script_kind {
	SCRIPT_SEGMENT, /* any */
	SCRIPT_SYN,     /* SYN or SYN-ACK */
	SCRIPT_DATA,    /* carries payload */
	SCRIPT_FIN,
	SCRIPT_ACK, /* ACK and nothing else: no payload, SYN, FIN or RST */
	SCRIPT_RST
};

/* When a rule applies: to the nth new segment of a kind in one direction, for each
 * connection by itself. */
struct script_where {
	bool outbound; /* sent by the stack */
	enum script_kind kind;
	uint32_t nth; /* 1 is the first; 0: every segment of that kind, new or not */
};

enum script_verb { SCRIPT_DROP };

struct script_what {
	enum script_verb verb;
	uint32_t times; /* how often, for each connection; UINT32_MAX is always */
};

struct script_rule {
	struct script_where where;
	struct script_what what;
};

struct evtcp_fault_script {
	struct evtcp_world world;
	unsigned n_rules;
	struct script_rule rules[SCRIPT_MAX_RULES];
};

#endif
