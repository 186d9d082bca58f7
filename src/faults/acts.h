/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_ACTS_H
#define FAULTS_ACTS_H

/* What verbs do to a segment, decided and not yet done: whoever has the link does it. */

#include "faults/edit.h"
#include "faults/forge.h"
#include "faults/matcher.h"

enum {
	ACTS_FORGED_MAX = SCRIPT_MAX_RULES + 2, /* one a rule, two of the one that takes it */
	ACTS_REORDER_US = 1000000,              /* who is to be overtaken waits no longer */
	ACTS_FIN_AGAIN_US = 200000 /* a FIN of ours goes out again if it was lost, not sooner */
};

/* A segment in the name of one end. */
struct act_forged {
	struct forge forge;
	enum evtcp_cause cause;
	unsigned rule;
};

/* A segment on its way, and what is to become of it; what is 0 is as without rules. */
struct act {
	struct follow_conn *conn;
	const struct packet_view *view;
	const struct evtcp_packet *packet;
	bool outbound;
	uint64_t now_us;

	bool taken;            /* it goes no further */
	bool twice;            /* there is another copy of it */
	uint32_t behind;       /* so many segments of its direction pass first, */
	uint64_t held_us;      /* or until this moment it is held back */
	unsigned held_rule;    /* by the rule with this number */
	bool stalled;          /* so long that what is sent again meanwhile need not wait, too */
	enum evtcp_cause fate; /* the last that was done to it, */
	unsigned fate_rule;    /* by the rule with this number */
	enum evtcp_cause earlier_fate; /* and what before that */
	unsigned earlier_fate_rule;
	struct edit *edit; /* of length 0, until something is changed */
	unsigned n_forged;
	struct act_forged forged[ACTS_FORGED_MAX]; /* they follow it, or what is there instead */
};

/* acts_begin_reply: before any rule: marks the first segment of a reply that a rule made wrong, to
 * which nothing is done. */
void acts_begin_reply(struct act *act);

/* acts_begin: rule applies to the segment. */
void acts_begin(struct act *act, const struct script_rule *rule);

/* acts_go_on: what rules have begun on this connection, now or before. */
void acts_go_on(struct act *act);

/* acts_tell: packet, the segment, tells what was done to it. */
void acts_tell(const struct act *act, struct evtcp_packet *packet);

/* acts_end: the moment at which nothing holds down the window and the ACK of the connection any
 * more, SCRIPT_FOREVER if that is left to the end of a rule; 0: nothing does. acts_over: what the
 * client is told then. false: nothing, for the connection is gone, or not all is over. */
uint64_t acts_end(const struct follow_conn *conn, uint64_t now);
bool acts_over(const struct follow_conn *conn, uint64_t now, struct act_forged *forged);

/* acts_reply: rule applies to a reply. */
void acts_reply(struct evtcp_fault_reply *reply, const struct script_rule *rule);

#endif
