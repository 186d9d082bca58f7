/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_SCRIPT_H
#define FAULTS_SCRIPT_H

/* A fault script in memory: what the language of README.md says, as structs. */

#include "faults/verbs.h"

#include <evtcp/fault.h>
#include <stdbool.h>

enum {
	/* The most rules a script may have: each is a bit of what applies to a segment. */
	SCRIPT_MAX_RULES = EVTCP_FAULT_MAX_RULES,
	/* The largest number a script may contain. */
	SCRIPT_MAX_NUMBER = 1000000000,
	SCRIPT_TAG_MAX = 32,  /* bytes of a tag, and */
	SCRIPT_PATH_MAX = 128 /* of a path, with its terminator */
};

#define SCRIPT_MAX_SPAN_US (UINT64_C(3600) * 1000000)
#define SCRIPT_FOREVER UINT64_MAX

/* What a rule calls a segment. One segment may be of several kinds: the last
 * bytes of a stream with FIN are data and fin. */
enum script_kind {
	SCRIPT_SEGMENT, /* any */
	SCRIPT_SYN,     /* SYN or SYN-ACK */
	SCRIPT_DATA,    /* carries payload */
	SCRIPT_FIN,     /* carries FIN */
	SCRIPT_ACK,     /* ACK and nothing else: no payload, SYN, FIN or RST */
	SCRIPT_RST,
	SCRIPT_REPLY /* no segment: the reply to an HTTP request */
};

/* A part of a segment that can be corrupted. */
enum script_field {
	SCRIPT_FIELD_PAYLOAD, /* with the right checksum for it, as of all but the next */
	SCRIPT_FIELD_CHECKSUM,
	SCRIPT_FIELD_SEQ,
	SCRIPT_FIELD_ACK,
	SCRIPT_FIELD_WINDOW,
	SCRIPT_FIELD_OPTIONS,
	SCRIPT_N_FIELDS
};

/* How well an RST is aimed (RFC 5961 3). */
enum script_aim {
	SCRIPT_AIM_EXACT,     /* at what the client expects next: both ends are reset */
	SCRIPT_AIM_IN_WINDOW, /* near it: the client asks back and goes on */
	SCRIPT_AIM_BLIND,     /* anywhere: the client does not care */
	SCRIPT_N_AIMS
};

/* When a rule applies: to the nth new segment of a kind in one direction, for each
 * connection by itself, if the connection is one of those that are meant and so far
 * on. What is 0 or empty demands nothing. */
struct script_where {
	bool outbound; /* sent by the stack */
	enum script_kind kind;
	uint32_t nth;  /* 1 is the first; 0: every segment of that kind, new or not */
	uint32_t conn; /* of the connections since the rule is there */
	bool has_peer;
	struct evtcp_addr peer;
	uint8_t peer_prefix; /* so many bits of peer matter, of all 128 */
	uint16_t peer_port;
	char path[SCRIPT_PATH_MAX]; /* of the last request; a '*' at its end: what begins so */
	char tag[SCRIPT_TAG_MAX];   /* that the last request named */
	uint32_t after_sent;        /* bytes of data, without what was sent again */
	uint32_t after_received;
	uint64_t after_us; /* since the connection's first segment */
	bool has_state;
	enum evtcp_state state; /* the server's, when the segment passes */
};

struct script_what {
	enum script_verb verb;
	uint32_t times;    /* how often, for each connection; UINT32_MAX is always */
	uint32_t number;   /* of the verb's arguments */
	int32_t offset;    /* likewise */
	uint64_t span_us;  /* likewise; SCRIPT_FOREVER */
	unsigned selector; /* an enum script_field or script_aim */
};

struct script_rule {
	unsigned number; /* of the line, or of the rule that was added later */
	struct script_where where;
	struct script_what what;
	char text[EVTCP_FAULT_RULE_TEXT]; /* as it was written, without comment and blanks around it
					   */
};

struct evtcp_fault_script {
	struct evtcp_world world;
	unsigned n_rules;
	struct script_rule rules[SCRIPT_MAX_RULES];
};

/* script_parse_rule: reads one line of len bytes. 1: *rule is filled; 0: there is no rule in it;
 * -1: it is wrong, *error says where, errno is EINVAL. */
int script_parse_rule(const char *line, size_t len, unsigned number, struct script_rule *rule,
	struct evtcp_fault_error *error);

/* script_explain_rule: what the rule does, as one sentence. Always terminated, cut if it does not
 * fit (EVTCP_FAULT_EXPLAIN_TEXT suffices). Returns text. */
char *script_explain_rule(const struct script_rule *rule, char *text, size_t size);

/* script_field_words, script_aim_words, script_kind_words: the words of the language for each,
 * in the order of their enum. */
extern const char *const script_field_words[SCRIPT_N_FIELDS];
extern const char *const script_aim_words[SCRIPT_N_AIMS];
extern const char *const script_kind_words[SCRIPT_REPLY + 1];

#endif
