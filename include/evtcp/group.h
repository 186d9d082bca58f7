/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_GROUP_H
#define EVTCP_GROUP_H

/* A group of stacks that together are one host: the same addresses and ports, a thread and an
 * event base each. Packets come to each by a way of its own, such as a queue of a TUN
 * (evtcp_tun_open_queue), and nothing is shared on their road.
 *
 *      queue 0 ─► stack 0 ──┐ what is nobody's here
 *                           ▼
 *      queue 1 ─► stack 1 ── inbox ─► ...        a ring, once round
 *
 * A connection belongs to the stack that got its SYN. Whoever distributes the packets sends those
 * of a connection to one stack as a rule: Linux' TUN hashes addresses and ports, or has learned
 * from which queue that connection was written to last, which for a group comes to the same. Some
 * go astray all the same. ICMP errors and fragments have other headers than the connection that
 * they belong to, and a distributor may change its mind. So a stack of a group that finds no
 * connection, no half-open or TIME-WAIT entry, no SYN cookie of its own for a segment that is no
 * SYN, and no connection for an ICMP error, says nothing about it: it counts
 * EVTCP_CAUSE_PASSED_ON and puts the packet into the inbox of the next, until one knows it or it
 * is back; then the first answers as if it were alone. That costs a copy and a turn of a loop for
 * each stack that is asked. An inbox takes 1,024 packets and 1 MiB; what does not fit is dropped
 * and counted, EVTCP_CAUSE_PASS_QUEUE_FULL, and nobody gets an RST for it.
 *
 * The stacks of a group have one secret: ISNs and timestamp offsets are those of one host, SYN
 * cookies and Fast Open cookies of one are good for all.
 *
 * What each stack has for itself: limits, counters, its table of path MTUs, incomplete datagrams.
 * Who connects from a group binds ports that its stacks do not use both.
 *
 *	group = evtcp_group_new(n, world);
 *	for (i = 0; i < n; i++)
 *		stack[i] = evtcp_stack_new(base[i], &config), evtcp_group_join(group, i, stack[i]);
 *	...                                       threads run the bases, and have ended
 *	for (i = 0; i < n; i++)
 *		evtcp_stack_free(stack[i]);
 *	evtcp_group_free(group); */

#include <evtcp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evtcp_group;
struct evtcp_stack;

/* evtcp_group_new: a group with places for n stacks, 1 to 1,024. world, copied, gives secret and
 * memory; its memory functions must be such that any thread may call them, and free what another
 * has allocated. NULL with errno EINVAL, ENOMEM, or EMFILE and kin: each place takes a
 * descriptor. */
struct evtcp_group *evtcp_group_new(unsigned n, const struct evtcp_world *world);

/* evtcp_group_free: when all stacks have left. Any thread. NULL is fine. */
void evtcp_group_free(struct evtcp_group *group);

/* evtcp_group_join: stack takes place index. Before it gets packets or connects; in the thread
 * that runs its base, or before that runs. All stacks of a group have the same clock. The group must
 * outlive the membership. 0, or -1 with errno EINVAL (no such place, a stack without base), EBUSY
 * (the place is taken, or the stack has one already) or ENOMEM.
 *
 * evtcp_group_leave: the stack is alone again; what waits in its inbox is dropped. In the stack's
 * thread, or when that has ended. evtcp_stack_free does it. Nothing happens to a stack that is in
 * no group. */
int evtcp_group_join(struct evtcp_group *group, unsigned index, struct evtcp_stack *stack);
void evtcp_group_leave(struct evtcp_stack *stack);

/* evtcp_group_get_index: the place of stack, -1 if it is in no group. In its thread. */
int evtcp_group_get_index(const struct evtcp_stack *stack);

/* evtcp_group_post: cb will run once, soon, from the loop of the stack at place index, in its
 * thread, with that stack; or, when the stack leaves before, from there with NULL: then it only
 * releases arg. Any thread may call this, the stack's own, too. Posts to one place run in
 * the order in which they came. cb neither frees the stack nor makes it leave. 0, or -1 with errno
 * EINVAL, ENOTCONN (nobody is at that place), EAGAIN (1,024 wait already) or ENOMEM; cb does not
 * run then. */
int evtcp_group_post(struct evtcp_group *group, unsigned index,
	void (*cb)(struct evtcp_stack *stack, void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif
