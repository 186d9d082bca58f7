/* SPDX-License-Identifier: BSD-3-Clause */

/* A link that does to packets what rules say.
 *
 *      stack
 *        |          ^
 *      output     input     rules are asked about each segment (matcher.c), what they say is
 *        |          |       decided (acts.c) and done here: it passes, as it is or
 *        |          |       changed; it is taken, shown and counted; it waits (held.c); others
 *      lower link           are sent in somebody's name
 *
 * Input: packets from both sides, and time. Output: packets to both sides. What is not TCP passes
 * unseen, and so does everything as long as there is no rule.
 *
 * What goes up from here inside output() would come too soon for the stack (struct
 * evtcp_link_ops), so all that the script sends up waits for the next turn. */

#include <evtcp/fault.h>

#include "faults/acts.h"
#include "faults/held.h"
#include "util/batch_clock.h"
#include "util/lazy_timer.h"
#include "util/memory.h"

#include <errno.h>

enum { FAULT_LINK_BATCH = 64 };

struct evtcp_faults {
	struct evtcp_world world;
	struct evtcp_link *upper; /* this link, as its user sees it */
	struct evtcp_link *lower; /* owned */
	struct lazy_timer timer;
	struct batch_clock clock;
	struct evtcp_fault_script *script; /* owned, for its memory; the matcher has copies */
	unsigned last_number;              /* of a rule */
	struct matcher matcher;
	struct held up, down; /* held back on the way to the stack, to the link */
	bool batch_open;      /* something was passed up since the last batch_end */
	/* One for each way: a stack may send while it is given a segment. */
	struct edit edit_out, edit_in;
	size_t n_observers;
	struct evtcp_observer observers[];
};

static uint64_t fault_now(struct evtcp_faults *faults)
{
	return batch_clock_read(&faults->clock, &faults->world);
}

/* ---- sightings --------------------------------------------------------- */

/* One that goes no further: counted by the stack, seen by the observers. */
static void fault_show_dropped(
	struct evtcp_faults *faults, const struct evtcp_packet *packet, const struct act *act)
{
	struct evtcp_packet shown = *packet;

	shown.fate = act->fate;
	shown.fate_rule = act->fate_rule;
	if (!act->outbound) { /* the stack would have filled these in, had it seen the packet */
		shown.at_us = act->now_us;
		shown.reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_FAULT};
	}
	evtcp_link_dropped(faults->upper, EVTCP_CAUSE_FAULT);
	for (size_t i = 0; i < faults->n_observers; i++)
		faults->observers[i].packet(faults->observers[i].arg,
			act->outbound ? EVTCP_DROPPED_OUT : EVTCP_DROPPED_IN, &shown);
}

/* ---- time ---------------------------------------------------------------- */

uint64_t evtcp_fault_next_deadline(const struct evtcp_faults *faults)
{
	uint64_t up = held_next(&faults->up), down = held_next(&faults->down);

	return up < down ? up : down;
}

static void fault_arm(struct evtcp_faults *faults, uint64_t now)
{
	lazy_timer_arm(&faults->timer, evtcp_fault_next_deadline(faults), now);
}

/* ---- sending --------------------------------------------------------------- */

/* A packet of the script's, to the link below, or up when it is the stack's turn. */
static void fault_send_forged(struct evtcp_faults *faults, const struct follow_conn *conn,
	const struct act_forged *forged, uint64_t now)
{
	uint8_t bytes[FORGE_MAX];
	struct iovec iov = {bytes, forge_build(conn, &forged->forge, bytes)};
	struct evtcp_packet packet = {
		.iov = &iov,
		.iovcnt = 1,
		.len = iov.iov_len,
		.at_us = now,
		.reason = {.cause = forged->cause},
		.fate_rule = forged->rule,
	};

	if (forged->forge.outbound)
		(void)evtcp_link_output(faults->lower, &packet);
	else
		(void)held_add(&faults->up, &packet, now);
}

/* When nothing is held down any more somebody is to look: one note for each connection. */
static void fault_note_end(struct evtcp_faults *faults, struct follow_conn *conn, uint64_t now)
{
	uint64_t end = acts_end(conn, now);
	struct held_packet *note;

	if (end == 0 || conn->effects.noted)
		return;
	note = held_add(&faults->down, NULL, end);
	if (!note)
		return;
	note->tuple = conn->tuple;
	note->conn = conn->number;
	conn->effects.noted = true;
}

/* The moment of a note has come; it may go on for longer by now. */
static void fault_tell_over(
	struct evtcp_faults *faults, const struct held_packet *note, uint64_t now)
{
	struct follow_conn *conn = follow_find(&faults->matcher.follow, &note->tuple);
	struct act_forged forged;

	if (!conn || conn->number != note->conn)
		return;
	conn->effects.noted = false;
	if (acts_over(conn, now, &forged))
		fault_send_forged(faults, conn, &forged, now);
	else
		fault_note_end(faults, conn, now);
}

/* What has been held back long enough on its way down. Returns how many packets. */
static unsigned fault_release_down(struct evtcp_faults *faults, uint64_t now)
{
	struct held_packet *held;
	unsigned n = 0;

	for (; n < FAULT_LINK_BATCH && (held = held_pop(&faults->down, now)) != NULL; n++) {
		struct iovec iov = {held->bytes, held->len};
		struct evtcp_packet packet = {
			.iov = &iov,
			.iovcnt = 1,
			.len = held->len,
			.at_us = now,
			.reason = held->reason,
			.fate = held->fate,
			.fate_rule = held->fate_rule,
		};

		if (held->len == 0)
			fault_tell_over(faults, held, now);
		else
			(void)evtcp_link_output(faults->lower, &packet);
		held_release(&faults->down, held);
	}
	return n;
}

/* The same on its way up. */
static void fault_release_up(struct evtcp_faults *faults, uint64_t now)
{
	struct held_packet *held;

	for (unsigned n = 0; n < FAULT_LINK_BATCH && (held = held_pop(&faults->up, now)) != NULL;
		n++) {
		struct iovec iov = {held->bytes, held->len};
		struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = held->len};

		faults->batch_open = true;
		evtcp_link_input(faults->upper, &packet);
		held_release(&faults->up, held);
	}
}

static void fault_end_batch(struct evtcp_faults *faults)
{
	faults->batch_open = false;
	evtcp_link_flush(faults->lower);
	evtcp_link_batch_end(faults->upper);
}

void evtcp_fault_run(struct evtcp_faults *faults)
{
	uint64_t now = fault_now(faults);

	if (fault_release_down(faults, now) > 0)
		evtcp_link_flush(faults->lower);
	fault_release_up(faults, now);
	if (faults->batch_open)
		fault_end_batch(faults);
	fault_arm(faults, now);
}

static void fault_on_timer(void *arg)
{
	evtcp_fault_run(arg);
}

/* ---- a segment in front of the rules ------------------------------------------ */

static void fault_decide(struct evtcp_faults *faults, struct act *act)
{
	uint64_t matches =
		matcher_match(&faults->matcher, act->conn, act->view, act->outbound, act->now_us);

	for (unsigned i = 0; i < faults->matcher.n_rules && !act->taken; i++)
		if (matches >> i & 1)
			acts_begin(act, &faults->matcher.rules[i].script);
	acts_go_on(act);
	/* Sent again while it waits. */
	if (!act->taken && act->outbound && act->held_us != 0 && act->view->payload_len > 0 &&
		held_has(&faults->down, &act->conn->tuple, act->view->tcp.seq)) {
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
static struct evtcp_packet fault_packet(
	const struct act *act, const struct evtcp_packet *packet, struct iovec *iov)
{
	struct evtcp_packet now = *packet;

	now.fate = act->fate;
	now.fate_rule = act->fate_rule;
	if (act->edit->len == 0)
		return now;
	*iov = (struct iovec){act->edit->bytes, act->edit->len};
	now.iov = iov;
	now.iovcnt = 1;
	now.len = act->edit->len;
	return now;
}

/* Holds the packet back, if it is to be. false: it passes, also without memory. */
static bool fault_hold(
	struct evtcp_faults *faults, const struct act *act, const struct evtcp_packet *packet)
{
	struct held *way = act->outbound ? &faults->down : &faults->up;
	struct held_packet *held = act->held_us ? held_add(way, packet, act->held_us) : NULL;

	if (!held)
		return false;
	held->tuple = act->conn->tuple;
	held->outbound = act->outbound;
	held->behind = act->behind;
	held->rule = act->held_rule;
	held->seq = act->view->tcp.seq;
	held->has_data = act->view->payload_len > 0;
	return true;
}

/* What follows the segment, whatever became of it. */
static void fault_follow_up(struct evtcp_faults *faults, const struct act *act)
{
	for (unsigned i = 0; i < act->n_forged; i++)
		fault_send_forged(faults, act->conn, &act->forged[i], act->now_us);
	fault_note_end(faults, act->conn, act->now_us);
	if (!act->taken && act->held_us == 0)
		held_passed(act->outbound ? &faults->down : &faults->up, &act->conn->tuple,
			act->outbound, act->now_us);
	fault_arm(faults, act->now_us);
}

/* Begins with a segment; false: it is none, or nobody can follow it. */
static bool fault_begin(struct evtcp_faults *faults, struct act *act, struct packet_view *view)
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

static int fault_pass_out(struct evtcp_faults *faults, struct act *act)
{
	struct iovec iov;
	struct evtcp_packet packet = fault_packet(act, act->packet, &iov), copy = packet;
	int result = 0;

	if (act->taken)
		fault_show_dropped(faults, act->packet, act);
	else if (!fault_hold(faults, act, &packet))
		result = evtcp_link_output(faults->lower, &packet);
	if (act->twice && !act->taken && !fault_hold(faults, act, &copy))
		(void)evtcp_link_output(faults->lower, &copy);
	fault_follow_up(faults, act);
	return result;
}

/* What the packet has become is told to who passed it, as the stack does. */
static void fault_pass_in(
	struct evtcp_faults *faults, struct act *act, struct evtcp_packet *original)
{
	struct iovec iov;
	struct evtcp_packet packet = fault_packet(act, original, &iov), copy = packet;

	original->at_us = act->now_us;
	original->fate = act->fate;
	original->fate_rule = act->fate_rule;
	if (act->taken) {
		original->reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_FAULT};
		fault_show_dropped(faults, original, act);
	} else if (fault_hold(faults, act, &packet)) {
		original->reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_FAULT_TAKEN};
	} else {
		evtcp_link_input(faults->upper, &packet);
		original->at_us = packet.at_us;
		original->reason = packet.reason;
	}
	if (act->twice && !act->taken && !fault_hold(faults, act, &copy))
		evtcp_link_input(faults->upper, &copy);
	fault_follow_up(faults, act);
}

/* ---- the link -------------------------------------------------------------------- */

static int fault_apply_out(struct evtcp_faults *faults, const struct evtcp_packet *packet)
{
	struct act act = {.packet = packet, .outbound = true};
	struct packet_view view;

	if (!fault_begin(faults, &act, &view))
		return evtcp_link_output(faults->lower, packet);
	fault_release_down(faults, act.now_us); /* those who waited were first */
	fault_decide(faults, &act);
	return fault_pass_out(faults, &act);
}

static int fault_output(void *ctx, const struct evtcp_packet *packet)
{
	struct evtcp_faults *faults = ctx;

	if (faults->matcher.n_rules == 0)
		return evtcp_link_output(faults->lower, packet);
	return fault_apply_out(faults, packet);
}

/* What the lower link takes may change at any time. */
static void fault_flush(void *ctx)
{
	struct evtcp_faults *faults = ctx;

	if (faults->matcher.n_rules == 0)
		evtcp_link_set_offload(faults->upper, evtcp_link_get_offload(faults->lower));
	evtcp_link_flush(faults->lower);
}

static void fault_apply_in(struct evtcp_faults *faults, struct evtcp_packet *packet)
{
	struct act act = {.packet = packet};
	struct packet_view view;

	if (!fault_begin(faults, &act, &view)) {
		evtcp_link_input(faults->upper, packet);
		return;
	}
	fault_release_up(faults, act.now_us);
	fault_decide(faults, &act);
	fault_pass_in(faults, &act, packet);
}

static void fault_input(void *arg, struct evtcp_packet *packet)
{
	struct evtcp_faults *faults = arg;

	faults->batch_open = true;
	if (faults->matcher.n_rules == 0)
		evtcp_link_input(faults->upper, packet);
	else
		fault_apply_in(faults, packet);
}

static void fault_batch_end(void *arg)
{
	struct evtcp_faults *faults = arg;

	batch_clock_end(&faults->clock);
	fault_end_batch(faults);
}

static void fault_failed(void *arg, int error)
{
	struct evtcp_faults *faults = arg;

	evtcp_link_failed(faults->upper, error);
}

static void fault_dropped(void *arg, enum evtcp_cause cause)
{
	struct evtcp_faults *faults = arg;

	evtcp_link_dropped(faults->upper, cause);
}

/* Only while no rule is there the memory of what comes can be fetched, and many segments be one. */
static void fault_expect(void *arg, const struct evtcp_packet *packet)
{
	struct evtcp_faults *faults = arg;

	if (faults->matcher.n_rules == 0)
		evtcp_link_expect(faults->upper, packet);
}

static void fault_fit(struct evtcp_faults *faults)
{
	bool free = faults->matcher.n_rules == 0;
	struct evtcp_receiver receiver = {
		.input = fault_input,
		.batch_end = fault_batch_end,
		.failed = fault_failed,
		.dropped = fault_dropped,
		.arg = faults,
		.takes_offload = free,
		.expect = fault_expect,
	};
	struct evtcp_offload none = {0};

	evtcp_link_set_receiver(faults->lower, &receiver);
	evtcp_link_set_offload(faults->upper, free ? evtcp_link_get_offload(faults->lower) : &none);
}

/* All but the lower link and the script. */
static void fault_release(struct evtcp_faults *faults)
{
	struct evtcp_world world = faults->world; /* outlives what it frees */

	lazy_timer_free(&faults->timer);
	matcher_free(&faults->matcher);
	held_free(&faults->up);
	held_free(&faults->down);
	memory_free(&world, faults);
}

/* What was held back on its way out never got there: whoever watched has not seen it yet. */
static void fault_show_lost(struct evtcp_faults *faults)
{
	struct held_packet *held;

	while ((held = held_pop(&faults->down, UINT64_MAX)) != NULL) {
		struct iovec iov = {held->bytes, held->len};
		struct evtcp_packet packet = {.iov = &iov,
			.iovcnt = 1,
			.len = held->len,
			.at_us = fault_now(faults),
			.reason = held->reason};
		struct act act = {
			.outbound = true, .fate = EVTCP_CAUSE_FAULT, .fate_rule = held->fate_rule};

		if (held->len > 0)
			fault_show_dropped(faults, &packet, &act);
		held_release(&faults->down, held);
	}
}

static void fault_free(void *ctx)
{
	struct evtcp_faults *faults = ctx;

	fault_show_lost(faults);
	evtcp_link_free(faults->lower);
	evtcp_fault_free(faults->script);
	fault_release(faults);
}

static struct evtcp_faults *fault_alloc(const struct evtcp_fault_config *config)
{
	const struct evtcp_world *world = config->world ? config->world : evtcp_world_system();
	size_t observers = config->n_observers * sizeof(*config->observers);
	struct evtcp_faults *faults = memory_alloc(world, sizeof(*faults) + observers);

	if (!faults)
		return NULL;
	memset(faults, 0, offsetof(struct evtcp_faults, edit_out)); /* not what is changed */
	faults->world = *world;
	faults->n_observers = config->n_observers;
	if (observers > 0)
		memcpy(faults->observers, config->observers, observers);
	matcher_init(&faults->matcher, world);
	held_init(&faults->up, world);
	held_init(&faults->down, world);
	if (config->script)
		for (unsigned i = 0; i < config->script->n_rules; i++) {
			matcher_add(&faults->matcher, &config->script->rules[i]);
			faults->last_number = config->script->rules[i].number;
		}
	return faults;
}

/* The parts that can be missing for want of memory. */
static int fault_build(
	struct evtcp_faults *faults, struct evtcp_link *lower, struct event_base *base)
{
	static const struct evtcp_link_ops ops = {
		.output = fault_output, .flush = fault_flush, .free = fault_free};

	if (lazy_timer_init(&faults->timer, base, fault_on_timer, faults) < 0)
		return -1;
	faults->upper = evtcp_link_new(&ops, faults, evtcp_link_get_mtu(lower));
	return faults->upper ? 0 : -1;
}

struct evtcp_link *evtcp_fault_link_new(struct evtcp_link *lower,
	const struct evtcp_fault_config *config, struct evtcp_faults **faults)
{
	struct evtcp_faults *made = fault_alloc(config);

	if (!made || fault_build(made, lower, config->base) < 0) {
		if (made)
			fault_release(made);
		errno = ENOMEM;
		return NULL;
	}
	made->lower = lower;
	made->script = config->script;
	fault_fit(made);
	if (faults)
		*faults = made;
	return made->upper;
}

/* ---- the handle ------------------------------------------------------------------- */

int evtcp_fault_add(
	struct evtcp_faults *faults, const char *line, size_t len, struct evtcp_fault_error *error)
{
	struct script_rule rule;
	int found = script_parse_rule(line, len, faults->last_number + 1, &rule, error);

	if (found < 0)
		return -1;
	if (found == 0 || faults->matcher.n_rules == SCRIPT_MAX_RULES) {
		*error = (struct evtcp_fault_error){.line = 1, .column = 1};
		strcpy(error->text, found == 0 ? "expected a rule, found nothing"
					       : "there can be at most 64 rules");
		errno = EINVAL;
		return -1;
	}
	matcher_add(&faults->matcher, &rule);
	fault_fit(faults);
	return (int)++faults->last_number;
}

int evtcp_fault_remove(struct evtcp_faults *faults, unsigned number)
{
	uint64_t now = fault_now(faults);

	for (unsigned i = 0; i < faults->matcher.n_rules; i++) {
		if (faults->matcher.rules[i].script.number != number)
			continue;
		matcher_remove(&faults->matcher, i);
		held_end(&faults->up, number, now);
		held_end(&faults->down, number, now);
		fault_fit(faults);
		fault_arm(faults, now);
		return 0;
	}
	errno = ENOENT;
	return -1;
}

int evtcp_fault_rule(const struct evtcp_faults *faults, unsigned i, struct evtcp_fault_rule *rule)
{
	const struct matcher_rule *used;

	if (i >= faults->matcher.n_rules)
		return -1;
	used = &faults->matcher.rules[i];
	*rule = (struct evtcp_fault_rule){.number = used->script.number, .hits = used->hits};
	memcpy(rule->text, used->script.text, sizeof(rule->text));
	script_explain_rule(&used->script, rule->explanation, sizeof(rule->explanation));
	return 0;
}

void evtcp_fault_request(struct evtcp_faults *faults, const struct evtcp_tuple *tuple,
	const struct evtcp_fault_request *request, struct evtcp_fault_reply *reply)
{
	struct follow_conn *conn =
		faults->matcher.n_rules > 0 ? follow_find(&faults->matcher.follow, tuple) : NULL;
	uint64_t matches;

	*reply = (struct evtcp_fault_reply){0};
	if (!conn)
		return;
	follow_request(&faults->matcher.follow, conn, request->path, request->tag);
	matches = matcher_match_reply(&faults->matcher, conn, fault_now(faults));
	for (unsigned i = 0; i < faults->matcher.n_rules; i++)
		if (matches >> i & 1)
			acts_reply(reply, &faults->matcher.rules[i].script);
}
