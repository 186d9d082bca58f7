/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_GROUP_H
#define STACK_GROUP_H

/* The side of a group (include/evtcp/group.h) that its stacks see. */

#include <evtcp/group.h>
#include <evtcp/link.h>

struct event;

/* What a stack keeps of its place; all zero: it is in no group. */
struct group_membership {
	struct evtcp_group *group;
	unsigned index;
	struct event *inbox; /* its inbox has something */
};

/* group_pass: packet, of one piece, is nobody's in stack: the next one of its group is asked.
 * Returns EVTCP_CAUSE_PASSED_ON, or why it was dropped: PASS_QUEUE_FULL or NO_MEMORY. */
enum evtcp_cause group_pass(struct evtcp_stack *stack, const struct evtcp_packet *packet);

#endif
