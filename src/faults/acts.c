/* SPDX-License-Identifier: BSD-3-Clause */

/* The verbs.
 *
 * In: a segment, the connection that it is of, a rule that applies. Out: what is to become of the
 * segment (struct act), and what goes on from here on (struct follow_effects). The first rule that
 * takes a segment away has the last word; before it, rules add up.
 *
 * Nothing is sent or held here, and no clock is read. Whatever is done looks to the stack like a
 * network that does it, so that the stack's own reasons stay true. */

#include "faults/acts.h"

#include "trace/fate.h"
#include "wire/seq.h"

#include <assert.h>

/* ---- what becomes of a segment ---------------------------------------- */

static void act_mark(struct act *act, enum evtcp_cause fate, unsigned rule)
{
	act->earlier_fate = act->fate;
	act->earlier_fate_rule = act->fate_rule;
	act->fate = fate;
	act->fate_rule = rule;
}

static void act_take(struct act *act, unsigned rule)
{
	act->taken = true;
	act_mark(act, EVTCP_CAUSE_FAULT, rule);
}

/* The copy to change. NULL: there can be none, so it passes as it is. */
static struct edit *act_edit(struct act *act)
{
	if (act->edit->len == 0 && !edit_begin(act->edit, act->packet, act->view))
		return NULL;
	return act->edit;
}

static void act_forge(
	struct act *act, const struct forge *forge, enum evtcp_cause cause, unsigned rule)
{
	assert(act->n_forged < ACTS_FORGED_MAX && "each verb forges a few");
	act->forged[act->n_forged++] = (struct act_forged){*forge, cause, rule};
}

static void act_hold(struct act *act, uint64_t until_us, unsigned rule)
{
	if (until_us <= act->held_us)
		return;
	act->held_us = until_us;
	act->held_rule = rule;
	act_mark(act, EVTCP_CAUSE_FAULT_HELD_BACK, rule);
}

/* When something that lasts so long ends. */
static uint64_t act_until(const struct act *act, uint64_t span_us)
{
	return span_us == SCRIPT_FOREVER ? SCRIPT_FOREVER : act->now_us + span_us;
}

/* ---- RST --------------------------------------------------------------- */

/* What an RST to the client must carry to be believed: what the client expects next. It says so in
 * what it sends; of what is sent to it something may be missing. */
static uint32_t act_next_of_server(const struct act *act)
{
	const struct follow_conn *conn = act->conn;

	if (!act->outbound)
		return act->view->tcp.ack;
	return follow_next(&conn->out, &conn->in, act->view->tcp.seq);
}

/* And one to the server. */
static uint32_t act_next_of_client(const struct act *act)
{
	const struct follow_conn *conn = act->conn;

	if (act->outbound)
		return act->view->tcp.ack;
	return follow_next(&conn->in, &conn->out, act->view->tcp.seq);
}

/* An answer to a SYN that nobody listens for (RFC 9293 3.10.7.1). */
static void act_refuse(struct act *act, unsigned rule)
{
	struct forge rst = {
		.outbound = true, .ack = act->view->tcp.seq + 1, .flags = TCP_RST | TCP_ACK};

	act_forge(act, &rst, EVTCP_CAUSE_FAULT_RST, rule);
	act_take(act, rule);
	act->conn->reset = true;
}

static void act_reset_both(struct act *act, unsigned rule)
{
	uint32_t server = act_next_of_server(act), client = act_next_of_client(act);
	struct forge to_client = {
		.outbound = true, .seq = server, .ack = client, .flags = TCP_RST | TCP_ACK};
	struct forge to_server = {.seq = client, .ack = server, .flags = TCP_RST | TCP_ACK};

	act_forge(act, &to_client, EVTCP_CAUSE_FAULT_RST, rule);
	act_forge(act, &to_server, EVTCP_CAUSE_FAULT_RST, rule);
	act_take(act, rule);
	act->conn->reset = true;
	/* What is still on its way finds nobody. */
	act->conn->effects.black_hole_rule = rule;
}

/* An RST that misses. Who has sent a SYN has no window yet, and looks at what is acknowledged (RFC
 * 9293 3.10.7.3). */
static void act_reset_badly(struct act *act, const struct script_rule *rule, bool opens)
{
	/* A window is below 2^30 (RFC 7323 2.3); a few bytes ahead are in any that is open. */
	uint32_t off = rule->what.selector == SCRIPT_AIM_BLIND ? UINT32_C(1) << 31 : 10;
	struct forge rst = {
		.outbound = true,
		.seq = act_next_of_server(act) + act->view->payload_len * act->outbound + off,
		.ack = act_next_of_client(act),
		.flags = TCP_RST | TCP_ACK,
	};

	if (opens)
		rst.ack = act->view->tcp.seq + packet_view_seq_len(act->view) + off;
	act_forge(act, &rst, EVTCP_CAUSE_FAULT_RST, rule->number);
}

static void act_reset(struct act *act, const struct script_rule *rule)
{
	bool opens = (act->view->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	if (rule->what.selector != SCRIPT_AIM_EXACT)
		act_reset_badly(act, rule, opens);
	else if (opens)
		act_refuse(act, rule->number);
	else
		act_reset_both(act, rule->number);
}

/* ---- a FIN before its time ----------------------------------------------- */

/* From here on this side of the connection is the script's: the stack's is over. */
static void act_finish(struct act *act, unsigned rule)
{
	uint32_t client = act_next_of_client(act);
	struct forge fin = {
		.outbound = true,
		.seq = act->view->tcp.seq,
		.ack = client,
		.flags = TCP_FIN | TCP_ACK,
		.window = act->view->tcp.window,
	};
	struct forge rst = {.seq = client, .ack = act->view->tcp.seq, .flags = TCP_RST | TCP_ACK};

	act_forge(act, &fin, EVTCP_CAUSE_FAULT_FIN, rule);
	act_forge(act, &rst, EVTCP_CAUSE_FAULT_RST, rule);
	act_take(act, rule);
	act->conn->effects.finished_rule = rule;
	act->conn->effects.finished_seq = act->view->tcp.seq;
	act->conn->effects.finished_us = act->now_us;
}

/* What comes to a side that is the script's: data and FIN are acknowledged, nothing is answered
 * to anything else; a FIN that was lost goes out again. */
static void act_answer_for_server(struct act *act)
{
	struct follow_effects *effects = &act->conn->effects;
	const struct packet_view *view = act->view;
	struct forge ack = {
		.outbound = true,
		.seq = effects->finished_seq + 1,
		.ack = view->tcp.seq + packet_view_seq_len(view),
		.flags = TCP_ACK,
		.window = UINT16_MAX,
	};

	act_take(act, effects->finished_rule);
	if (view->tcp.flags & (TCP_RST | TCP_SYN))
		return;
	if (packet_view_seq_len(view) > 0) {
		act_forge(act, &ack, EVTCP_CAUSE_FAULT_ANSWER, effects->finished_rule);
	} else if (view->tcp.ack == effects->finished_seq &&
		   act->now_us - effects->finished_us >= ACTS_FIN_AGAIN_US) {
		effects->finished_us = act->now_us;
		ack.seq--;
		ack.flags |= TCP_FIN;
		act_forge(act, &ack, EVTCP_CAUSE_FAULT_FIN, effects->finished_rule);
	}
}

/* ---- verbs ---------------------------------------------------------------- */

static void act_corrupt(struct act *act, const struct script_rule *rule)
{
	struct edit *edit = act_edit(act);

	if (edit && edit_corrupt(edit, (enum script_field)rule->what.selector))
		act_mark(act, EVTCP_CAUSE_FAULT_CORRUPTED, rule->number);
}

static void act_truncate(struct act *act, const struct script_rule *rule)
{
	struct edit *edit = act_edit(act);

	if (edit && edit_truncate(edit, rule->what.number))
		act_mark(act, EVTCP_CAUSE_FAULT_TRUNCATED, rule->number);
}

static void act_mss(struct act *act, const struct script_rule *rule)
{
	uint16_t mss = rule->what.number < UINT16_MAX ? (uint16_t)rule->what.number : UINT16_MAX;
	struct edit *edit = act_edit(act);

	if (edit && edit_mss(edit, mss))
		act_mark(act, EVTCP_CAUSE_FAULT_MSS, rule->number);
}

static void act_stall(struct act *act, const struct script_rule *rule)
{
	act->conn->effects.stall_until_us = act_until(act, rule->what.span_us);
	act->conn->effects.stall_rule = rule->number;
}

static void act_window(struct act *act, const struct script_rule *rule)
{
	struct follow_effects *effects = &act->conn->effects;

	effects->window_until_us = act_until(act, rule->what.span_us);
	effects->window_most = rule->what.number; /* of zero-window: 0 */
	effects->window_rule = rule->number;
}

static void act_ignore(struct act *act, const struct script_rule *rule)
{
	struct follow_effects *effects = &act->conn->effects;

	effects->ignore_until_us = act_until(act, rule->what.span_us);
	effects->ignore_rule = rule->number;
	/* What was acknowledged before this; on a SYN nothing was. */
	effects->ignore_ack = act->conn->out.known ? act->conn->out.ack : act->view->tcp.seq;
}

void acts_begin_reply(struct act *act)
{
	struct follow_effects *effects = &act->conn->effects;

	if (effects->reply_rule == 0 || !act->outbound || act->view->payload_len == 0 ||
		seq_lt(act->view->tcp.seq, act->conn->out.end))
		return;
	act_mark(act, EVTCP_CAUSE_FAULT_REPLY, effects->reply_rule);
	effects->reply_rule = 0;
}

void acts_begin(struct act *act, const struct script_rule *rule)
{
	switch (rule->what.verb) {
	case SCRIPT_VERB_DROP:
		act_take(act, rule->number);
		break;
	case SCRIPT_VERB_DELAY:
		act_hold(act, act_until(act, rule->what.span_us), rule->number);
		break;
	case SCRIPT_VERB_DUPLICATE:
		act->twice = true;
		act_mark(act, EVTCP_CAUSE_FAULT_DUPLICATED, rule->number);
		break;
	case SCRIPT_VERB_REORDER:
		act->behind = rule->what.number;
		act_hold(act, act->now_us + ACTS_REORDER_US, rule->number);
		break;
	case SCRIPT_VERB_CORRUPT:
		act_corrupt(act, rule);
		break;
	case SCRIPT_VERB_TRUNCATE:
		act_truncate(act, rule);
		break;
	case SCRIPT_VERB_RESET:
		act_reset(act, rule);
		break;
	case SCRIPT_VERB_FIN:
		act_finish(act, rule->number);
		break;
	case SCRIPT_VERB_STALL:
		act_stall(act, rule);
		break;
	case SCRIPT_VERB_WINDOW:
	case SCRIPT_VERB_ZERO_WINDOW:
		act_window(act, rule);
		break;
	case SCRIPT_VERB_IGNORE:
		act_ignore(act, rule);
		break;
	case SCRIPT_VERB_MSS:
		act_mss(act, rule);
		break;
	case SCRIPT_VERB_REFUSE:
		act_refuse(act, rule->number);
		break;
	case SCRIPT_VERB_BLACK_HOLE:
		act->conn->effects.black_hole_rule = rule->number;
		break;
	case SCRIPT_VERB_NEVER_CLOSE:
		act->conn->effects.never_close_rule = rule->number;
		break;
	case SCRIPT_VERB_CUT:
	case SCRIPT_VERB_LENGTH:
	case SCRIPT_VERB_DRIP:
	case SCRIPT_N_VERBS:
		assert(false && "a rule about replies names no segment");
	}
}

/* ---- what goes on ----------------------------------------------------------- */

static void act_go_on_ignoring(struct act *act)
{
	const struct follow_effects *effects = &act->conn->effects;
	const struct packet_view *view = act->view;
	struct edit *edit;

	if (act->now_us >= effects->ignore_until_us || (view->tcp.flags & TCP_ACK) == 0)
		return;
	if (packet_view_seq_len(view) == 0 || view->tcp.flags & TCP_SYN) {
		act_take(
			act, effects->ignore_rule); /* there is nothing in it but what is ignored */
		return;
	}
	edit = act_edit(act);
	if (edit && edit_ack(edit, effects->ignore_ack))
		act_mark(act, EVTCP_CAUSE_FAULT_ACK_BACK, effects->ignore_rule);
}

static void act_go_on_open(struct act *act)
{
	const struct follow_effects *effects = &act->conn->effects;
	struct edit *edit;

	if (effects->never_close_rule == 0 || (act->view->tcp.flags & TCP_FIN) == 0)
		return;
	if (act->view->payload_len == 0) {
		act_take(act, effects->never_close_rule);
		return;
	}
	edit = act_edit(act);
	if (edit && edit_fin(edit))
		act_mark(act, EVTCP_CAUSE_FAULT_NO_FIN, effects->never_close_rule);
}

static void act_go_on_window(struct act *act)
{
	const struct follow_effects *effects = &act->conn->effects;
	const struct follow_conn *conn = act->conn;
	bool scaled = conn->in.wscale_told && conn->out.wscale_told &&
		      (act->view->tcp.flags & TCP_SYN) == 0;
	uint32_t most = effects->window_most >> (scaled ? conn->out.wscale : 0);
	struct edit *edit;

	if (act->now_us >= effects->window_until_us)
		return;
	edit = act_edit(act);
	if (edit && edit_window(edit, most < UINT16_MAX ? (uint16_t)most : UINT16_MAX))
		act_mark(act, EVTCP_CAUSE_FAULT_WINDOW, effects->window_rule);
}

static void act_go_on_stall(struct act *act)
{
	const struct follow_effects *effects = &act->conn->effects;

	if (act->now_us >= effects->stall_until_us || act->view->payload_len == 0)
		return;
	act_hold(act, effects->stall_until_us, effects->stall_rule);
	act->stalled = true;
}

void acts_go_on(struct act *act)
{
	const struct follow_effects *effects = &act->conn->effects;

	if (act->taken)
		return;
	if (effects->black_hole_rule != 0) {
		act_take(act, effects->black_hole_rule);
	} else if (effects->finished_rule != 0 && act->outbound) {
		act_take(act, effects->finished_rule);
	} else if (effects->finished_rule != 0) {
		act_answer_for_server(act);
	} else if (act->outbound) {
		act_go_on_ignoring(act);
		act_go_on_open(act);
		act_go_on_window(act);
		act_go_on_stall(act);
	}
}

void acts_tell(const struct act *act, struct evtcp_packet *packet)
{
	fate_add(packet, act->earlier_fate, act->earlier_fate_rule);
	fate_add(packet, act->fate, act->fate_rule);
}

uint64_t acts_end(const struct follow_conn *conn, uint64_t now)
{
	uint64_t window = conn->effects.window_until_us, ignore = conn->effects.ignore_until_us;
	uint64_t last = window > ignore ? window : ignore;

	return last > now ? last : 0;
}

bool acts_over(const struct follow_conn *conn, uint64_t now, struct act_forged *forged)
{
	const struct follow_effects *effects = &conn->effects;

	if (conn->reset || !conn->out.known || effects->finished_rule != 0 ||
		effects->black_hole_rule != 0)
		return false;
	if (acts_end(conn, now) != 0)
		return false;
	*forged = (struct act_forged){
		.forge =
			{
				.outbound = true,
				.seq = conn->out.end,
				.ack = conn->out.ack,
				.flags = TCP_ACK,
				.window = conn->out.window,
			},
		.cause = EVTCP_CAUSE_FAULT_OVER,
	};
	return true;
}

void acts_reply(struct evtcp_fault_reply *reply, const struct script_rule *rule)
{
	const struct script_what *what = &rule->what;

	if (reply->rule == 0)
		reply->rule = rule->number;
	if (what->verb == SCRIPT_VERB_CUT) {
		reply->cut = true;
		reply->cut_at = what->number;
	} else if (what->verb == SCRIPT_VERB_LENGTH) {
		reply->length_offset = what->offset;
	} else {
		reply->drip_bytes = what->number;
		reply->drip_us = what->span_us;
	}
}
