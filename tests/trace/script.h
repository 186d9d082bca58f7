/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SCRIPT_H
#define SCRIPT_H

/* A segment script, read: a list of lines, each one act or one claim. README.md
 * beside this file is the language's description. */

#include "notation.h"
#include <evtcp/stack.h>

enum { SCRIPT_FLOWS = 9 }; /* @1 to @8, and none at index 0 */

enum script_verb {
	/* acts */
	VERB_INPUT,       /* < packet */
	VERB_ESTABLISHED, /* a handshake in one line; packet has what the peer's SYN says */
	VERB_LISTEN,
	VERB_UNLISTEN,
	VERB_FAST_OPEN,
	VERB_CONNECT,
	VERB_WRITE,
	VERB_SEND,
	VERB_READ,
	VERB_RECV,
	VERB_SHUTDOWN,
	VERB_CLOSE,
	VERB_ABORT,
	VERB_NODELAY,
	VERB_CORK,
	VERB_KEEPALIVE,
	VERB_USER_TIMEOUT,
	VERB_ADVERTISE_USER_TIMEOUT,
	VERB_DSCP,
	VERB_TTL,
	VERB_ENABLE,
	VERB_DISABLE,
	VERB_AUTOREAD,
	VERB_ADVISORY,
	VERB_ON_ACCEPTED,
	VERB_DRAIN,
	VERB_LINK,
	VERB_MEMORY,
	VERB_RENUMBER,
	VERB_WINDOW,
	/* claims */
	VERB_OUTPUT, /* > packet */
	VERB_EXPECT,
	VERB_STATE,
	VERB_INFO,
	VERB_COUNTER,
	VERB_USAGE,
	VERB_TOLD
};

/* script_is_act: whether a verb does something rather than claim something. */
static inline bool script_is_act(enum script_verb verb)
{
	return verb < VERB_OUTPUT;
}

/* What a verb is given; which fields are meant is said in parse.c's table. */
struct script_args {
	uint64_t number[3];   /* counts, or microseconds */
	char word[SCAN_WORD]; /* name of a field, state, counter, event, direction */
	bool on, all, altered, active, any;
	bool has_address;
	uint32_t address; /* IPv4, if has_address */
	bool has_result;  /* "= N" or "= ERROR": the call's result is claimed */
	int64_t result;   /* -1 for an error */
	int error;        /* errno value */
	enum evtcp_cause cause;
	char text[SCAN_TEXT]; /* the rest of the line */
};

struct script_line {
	unsigned number;   /* in the file, from 1 */
	const char *text;  /* as written; belongs to the script */
	uint64_t delay_us; /* after the line before */
	bool same_batch;   /* "&": nothing is flushed in between */
	unsigned flow;     /* 1 to SCRIPT_FLOWS - 1 */
	enum script_verb verb;
	struct script_args args;
	struct notation *packet; /* of the verbs that have one, else NULL */
};

struct script {
	char *text; /* the file, cut into lines */
	struct script_line *lines;
	size_t len, capacity;
	/* what config lines say */
	struct evtcp_stack_config config;
	unsigned mtu;
	unsigned mss;           /* what the first SYN of the peer announces, for the sixth ISN */
	bool ipv4_only;         /* what it says has no counterpart in IPv6, */
	bool ipv6_only;         /* in IPv4 */
	bool any_iss;           /* our ISS cannot be chosen: it is a SYN cookie */
	char error[SCAN_ERROR]; /* "LINE:COLUMN: what is wrong", empty if nothing is */
};

/* What an IPv6 header is longer than one of IPv4, and what a link must carry for IPv6. */
enum { SCRIPT_IPV6_EXTRA = 20, SCRIPT_IPV6_MTU = 1280 };

/* script_parse: reads text (copied) into *script. False with script->error set if
 * it is not a script; script_free is due in any case. */
bool script_parse(struct script *script, const char *text);
void script_free(struct script *script);

/* script_errno: the value of an errno name such as "ECONNRESET", 0 if unknown.
 * script_errno_name: the reverse, "E?" if unknown. */
int script_errno(const char *name);
const char *script_errno_name(int error);

/* settings_scan: one line "config ..." after that word, into script. */
bool settings_scan(struct scan *scan, struct script *script);

#endif
