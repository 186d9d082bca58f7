/* SPDX-License-Identifier: BSD-3-Clause */

/* A segment in front of the rules of a fault link.
 *
 *      stack
 *        |          ^
 *      output     input     rules are asked about it (matcher.c), what they say is decided
 *        |          |       (acts.c) and done here: it passes, as it is or changed; it is
 *        |          |       taken, shown and counted; it waits (waiting.c); others are sent
 *      lower link           in somebody's name
 *
 * In: a packet, and the moment of its batch. Out: it, others, or nothing. */

#include "faults/passage.h"

#include "faults/waiting.h"

static void passage_decide(struct evtcp_faults *faults, struct act *act)
{
	uint64_t matches =
		matcher_match(&faults->matcher, act->conn, act->view, act->outbound, act->now_us);

	acts_begin_reply(act);
	for (unsigned i = 0; i < faults->matcher.n_rules && !act->taken; i++)
		if (matches >> i & 1)
			acts_begin(act, &faults->matcher.rules[i].script);
	acts_go_on(act);
	/* Sent again while it waits. */
	if (!act->taken && act->stalled && held_has(&faults->down, act->conn, act->view->tcp.seq)) {
		act->taken = true;
		act->fate = EVTCP_CAUSE_FAULT;
	}
	follow_note(act->conn, act->view, act->outbound);
	if (act->taken)
		return;
	follow_pass(act->conn, act->view, act->outbound);
	if (act->held_us == 0)
		follow_reach(act->conn, act->view, act->outbound);
}

/* The packet as it is by now; its pieces are *iov if it was changed. */
static struct evtcp_packet passage_packet(
	const struct act *act, const struct evtcp_packet *packet, struct iovec *iov)
{
	struct evtcp_packet now = *packet;

	acts_tell(act, &now);
	if (act->edit->len == 0)
		return now;
	*iov = (struct iovec){act->edit->bytes, act->edit->len};
	now.iov = iov;
	now.iovcnt = 1;
	now.len = act->edit->len;
	return now;
}

/* Holds the packet back, if it is to be. false: it passes, also without memory. */
static bool passage_hold(
	struct evtcp_faults *faults, const struct act *act, const struct evtcp_packet *packet)
{
	struct held *way = act->outbound ? &faults->down : &faults->up;
	struct held_packet *held = act->held_us ? held_add(way, packet, act->held_us) : NULL;

	if (!held)
		return false;
	held->behind = act->behind;
	held->rule = act->held_rule;
	held->seq = act->view->tcp.seq;
	held->has_data = act->view->payload_len > 0;
	held_belongs(way, held, act->conn);
	return true;
}

/* What was done to a segment that goes on; the stack counts those that do not. */
static void passage_count(struct evtcp_faults *faults, const struct act *act)
{
	if (act->taken)
		return;
	faults->counters[act->earlier_fate]++;
	faults->counters[act->fate]++;
}

/* What follows the segment, whatever became of it. */
static void passage_follow_up(struct evtcp_faults *faults, const struct act *act)
{
	passage_count(faults, act);
	for (unsigned i = 0; i < act->n_forged; i++)
		waiting_send_forged(faults, act->conn, &act->forged[i], act->now_us);
	waiting_note_end(faults, act->conn, act->now_us);
	if (!act->taken && act->held_us == 0)
		held_passed(act->outbound ? &faults->down : &faults->up, act->conn, act->now_us);
	waiting_arm(faults, act->now_us);
}

/* Begins with a segment; false: it is none, or nobody can follow it. */
static bool passage_begin(struct evtcp_faults *faults, struct act *act, struct packet_view *view)
{
	if (!packet_view_parse(view, act->packet))
		return false;
	act->now_us = act->outbound ? batch_clock_out(&faults->clock, act->packet->at_us)
				    : batch_clock_in(&faults->clock, &faults->world);
	act->view = view;
	act->edit = act->outbound ? &faults->edit_out : &faults->edit_in;
	act->edit->len = 0;
	act->conn = follow_get(&faults->matcher.follow, view, act->outbound, act->now_us);
	return act->conn != NULL;
}

static int passage_leave(struct evtcp_faults *faults, struct act *act)
{
	struct iovec iov;
	struct evtcp_packet packet = passage_packet(act, act->packet, &iov), copy = packet;
	int result = 0;

	if (act->taken)
		fault_link_show_dropped(faults, act->packet, act);
	else if (!passage_hold(faults, act, &packet))
		result = evtcp_link_output(faults->lower, &packet);
	if (act->twice && !act->taken && !passage_hold(faults, act, &copy))
		(void)evtcp_link_output(faults->lower, &copy);
	passage_follow_up(faults, act);
	return result;
}

int passage_out(struct evtcp_faults *faults, const struct evtcp_packet *packet)
{
	struct act act = {.packet = packet, .outbound = true};
	struct packet_view view;

	if (!passage_begin(faults, &act, &view))
		return evtcp_link_output(faults->lower, packet);
	waiting_release_down(faults, act.now_us, packet->at_us, WAITING_ALL);
	passage_decide(faults, &act);
	return passage_leave(faults, &act);
}

/* What the packet has become is told to who passed it, as the stack does. */
static void passage_arrive(
	struct evtcp_faults *faults, struct act *act, struct evtcp_packet *original)
{
	struct iovec iov;
	struct evtcp_packet packet = passage_packet(act, original, &iov), copy = packet;

	original->at_us = act->now_us;
	acts_tell(act, original);
	if (act->taken) {
		original->reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_FAULT};
		fault_link_show_dropped(faults, original, act);
	} else if (passage_hold(faults, act, &packet)) {
		original->reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_FAULT_TAKEN};
	} else {
		evtcp_link_input(faults->upper, &packet);
		original->at_us = packet.at_us;
		original->reason = packet.reason;
	}
	if (act->twice && !act->taken && !passage_hold(faults, act, &copy))
		evtcp_link_input(faults->upper, &copy);
	passage_follow_up(faults, act);
}

void passage_in(struct evtcp_faults *faults, struct evtcp_packet *packet)
{
	struct act act = {.packet = packet};
	struct packet_view view;

	if (!passage_begin(faults, &act, &view)) {
		evtcp_link_input(faults->upper, packet);
		return;
	}
	waiting_release_up(faults, act.now_us, WAITING_ALL);
	passage_decide(faults, &act);
	passage_arrive(faults, &act, packet);
}
