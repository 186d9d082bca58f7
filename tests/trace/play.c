/* SPDX-License-Identifier: BSD-3-Clause */

/* The performance: line after line, in virtual time.
 *
 * Input: a script and the ISNs of both sides. Output: success, or the first claim
 * that does not hold. A line happens at its moment exactly: timers that are due by
 * then have run, and what they sent before it, or what a line sent and no line
 * claimed, fails. Every step ends with evtcp_stack_check. */

#include "play.h"

#include "app.h"
#include "claim.h"
#include "told.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <evtcp/listener.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where time starts. Our ISS follows the clock (RFC 9293 MUST-8), one a 4 us, so
 * that another origin gives another ISS. */
#define PLAY_ORIGIN_US UINT64_C(100000000000)
#define PLAY_ISS_TICK_US 4

/* No timer needs more turns at one moment. */
enum { PLAY_MAX_TURNS = 10000 };

/* ---- log and failure ------------------------------------------------- */

static void play_log_text(struct play *play, const char *text, size_t len)
{
	if (play->log_len + len + 1 > play->log_capacity) {
		size_t capacity = 2 * (play->log_capacity + len + 1);
		char *log = realloc(play->log, capacity);

		if (!log)
			abort();
		play->log = log;
		play->log_capacity = capacity;
	}
	memcpy(play->log + play->log_len, text, len);
	play->log_len += len;
	play->log[play->log_len] = '\0';
}

void play_log(struct play *play, const char *format, ...)
{
	char text[NOTATION_TEXT + 256];
	va_list args;
	int n = snprintf(text, sizeof(text), "%12.6f  ",
		(double)(play->world.now_us - play->start_us) / 1e6);
	int more;

	va_start(args, format);
	more = vsnprintf(text + n, sizeof(text) - (size_t)n - 1, format, args);
	va_end(args);
	if (more > (int)sizeof(text) - n - 2)
		more = (int)sizeof(text) - n - 2;
	text[n + more] = '\n';
	play_log_text(play, text, (size_t)(n + more + 1));
}

bool play_fail(struct play *play, const char *format, ...)
{
	va_list args;

	if (play->failure.failed)
		return false;
	play->failure.failed = true;
	play->failure.line = play->line ? play->line->number : 0;
	va_start(args, format);
	vsnprintf(play->failure.why, sizeof(play->failure.why), format, args);
	va_end(args);
	return false;
}

/* ---- time ------------------------------------------------------------ */

static bool play_examine(struct play *play)
{
	evtcp_stack_check(play->stack);
	return !play->failure.failed;
}

bool play_settle(struct play *play)
{
	evtcp_stack_flush(play->stack);
	return play_examine(play);
}

/* Runs what is due now. */
static bool play_run_timers(struct play *play)
{
	for (int turn = 0; evtcp_stack_next_deadline(play->stack) <= play->world.now_us; turn++) {
		if (turn == PLAY_MAX_TURNS)
			return play_fail(play, "timers are due for ever at this moment");
		evtcp_stack_run_timers(play->stack);
		if (!play_examine(play))
			return false;
	}
	return true;
}

bool play_advance(struct play *play, uint64_t at_us)
{
	uint64_t next;

	while ((next = evtcp_stack_next_deadline(play->stack)) <= at_us) {
		if (next > play->world.now_us)
			play->world.now_us = next;
		if (!play_run_timers(play))
			return false;
		if (play->world.now_us < at_us && !claim_silence(play))
			return false;
	}
	play->world.now_us = at_us;
	return true;
}

/* ---- acts ------------------------------------------------------------ */

static bool play_deliver(struct play *play, struct flow *flow, const struct notation *notation)
{
	wire_input(play, flow, notation);
	return play_settle(play);
}

/* The peer's SYN or SYN-ACK of a handshake in one line. */
static struct notation play_peer_syn(const struct notation *says, bool active)
{
	struct notation syn = *says;

	syn.packet.flags = active ? SYN | ACK : SYN;
	syn.packet.ack = active ? 1 : 0;
	syn.given |= GIVEN_OPTIONS | GIVEN_WINDOW;
	return syn;
}

static bool play_established_passive(struct play *play, struct flow *flow)
{
	struct notation syn = play_peer_syn(play->line->packet, false);
	struct notation ack = {
		.packet = {.protocol = PROTOCOL_TCP, .flags = ACK, .seq = 1, .ack = 1},
		.given = GIVEN_ACK};

	if (!play->listener && app_listen(play) != 0)
		return play_fail(play, "cannot listen: %s", strerror(errno));
	if (!play_deliver(play, flow, &syn) || !claim_segment(play, flow, SYN | ACK, 1))
		return false;
	if (play->rehearsal)
		return true;
	play->line_us += play->line->args.number[0];
	return play_advance(play, play->line_us) && claim_silence(play) &&
	       play_deliver(play, flow, &ack) && claim_event(play, flow, EVENT_ACCEPTED, 0);
}

static bool play_established_active(struct play *play, struct flow *flow)
{
	struct notation syn_ack = play_peer_syn(play->line->packet, true);

	if (app_connect(play, flow, WIRE_PEER, false) != 0)
		return play_fail(play, "cannot connect: %s", strerror(errno));
	if (!play_settle(play) || !claim_segment(play, flow, SYN, 0))
		return false;
	if (play->rehearsal)
		return true;
	play->line_us += play->line->args.number[0];
	return play_advance(play, play->line_us) && claim_silence(play) &&
	       play_deliver(play, flow, &syn_ack) && claim_segment(play, flow, ACK, 1) &&
	       claim_event(play, flow, EVENT_CONNECTED, 0);
}

/* From here on numbers are relative to the latest SYN of each side, also those of what waits
 * to be claimed. */
static bool play_renumber(struct play *play, struct flow *flow)
{
	struct packet_shift shift = {flow->iss - flow->last_iss, flow->irs - flow->last_irs, 0, 0};

	for (size_t i = play->n_claimed; i < play->n_sightings; i++) {
		struct sighting *sighting = &play->sightings[i];
		if (sighting->out && sighting->flow == flow->number)
			packet_shift(&sighting->notation.packet, &shift);
	}
	flow->iss = flow->last_iss;
	flow->irs = flow->last_irs;
	return true;
}

static bool play_act(struct play *play, struct flow *flow)
{
	const struct script_args *args = &play->line->args;

	switch (play->line->verb) {
	case VERB_INPUT:
		wire_input(play, flow, play->line->packet);
		return true;
	case VERB_ESTABLISHED:
		return args->active ? play_established_active(play, flow)
				    : play_established_passive(play, flow);
	case VERB_FAST_OPEN:
		evtcp_listener_set_fast_open(play->listener, args->on);
		return true;
	case VERB_DRAIN:
		evtcp_stack_drain(play->stack);
		return true;
	case VERB_LINK:
		play->link_down = strcmp(args->word, "down") == 0;
		return true;
	case VERB_MEMORY:
		play->world.out_of_memory = !args->on;
		return true;
	case VERB_RENUMBER:
		return play_renumber(play, flow);
	case VERB_WINDOW:
		flow->window = (uint16_t)args->number[0];
		return true;
	case VERB_ON_ACCEPTED:
		play->on_accepted = args->word[0] == 'c'   ? ON_ACCEPTED_CLOSE
				    : args->word[0] == 'a' ? ON_ACCEPTED_ABORT
							   : ON_ACCEPTED_KEEP;
		return true;
	default:
		return app_act(play, flow);
	}
}

/* ---- lines ----------------------------------------------------------- */

/* Acts that are no packet of the peer are written into the trace as they are. */
static void play_log_line(struct play *play)
{
	const char *text = play->line->text;

	if (script_is_act(play->line->verb) && play->line->verb != VERB_INPUT)
		play_log(play, "   %s", text + strspn(text, "+0123456789. \t"));
}

/* Whether all that the stack did must have been claimed before. Renumbering is nothing that
 * happens, and what was sent may be claimed by its new numbers. */
static bool play_asks_for_silence(const struct script_line *line)
{
	return script_is_act(line->verb) && line->verb != VERB_RENUMBER && !line->same_batch;
}

static bool play_line(struct play *play, bool last_of_batch)
{
	const struct script_line *line = play->line;
	struct flow *flow = &play->flows[line->flow];

	if ((play_asks_for_silence(line) || line->delay_us != 0) && !claim_silence(play))
		return false;
	play->line_us += line->delay_us;
	/* Nothing may be flushed inside a batch, not even by a timer. */
	if (!line->same_batch && !play_advance(play, play->line_us))
		return false;
	if (!script_is_act(line->verb))
		return claim_check(play, flow);
	if (play_asks_for_silence(line) && !claim_silence(play))
		return false;
	play_log_line(play);
	if (!play_act(play, flow) || (last_of_batch && !play_settle(play)))
		return false;
	play->line_us = play->world.now_us; /* a handshake in one line takes time */
	return !play->failure.failed;
}

static bool play_lines(struct play *play)
{
	const struct script *script = play->script;

	for (size_t i = 0; i < script->len && !(play->rehearsal && play->iss_seen); i++) {
		bool last = i + 1 == script->len || !script->lines[i + 1].same_batch;

		play->line = &script->lines[i];
		if (!play_line(play, last))
			return false;
	}
	return play->rehearsal || claim_silence(play);
}

/* ---- setting up and down --------------------------------------------- */

static void play_init_flows(struct play *play)
{
	for (unsigned i = 0; i < SCRIPT_FLOWS; i++) {
		struct flow *flow = &play->flows[i];

		flow->play = play;
		flow->number = i;
		flow->local_port = WIRE_PORT;
		flow->remote_port = (uint16_t)(WIRE_PEER_PORT + i);
		flow->remote = WIRE_PEER;
		flow->irs = play->variant.irs;
		flow->window = 65535;
		flow->peer_mss = wire_default_mss(play);
	}
}

static bool play_set_up(struct play *play, uint64_t start_us)
{
	struct evtcp_stack_config config = play->script->config;
	struct sockaddr_storage us;

	world_init(&play->world, start_us);
	play->start_us = play->line_us = start_us;
	play_init_flows(play);
	config.world = &play->world.ops;
	play->stack = evtcp_stack_new(NULL, &config);
	if (!play->stack)
		return play_fail(play, "no stack with these settings: %s", strerror(errno));
	packet_sockaddr(play->variant.ipv6, WIRE_US, 0, &us);
	/* The MSS is the same over both: IPv6's header is longer by that much. */
	play->link =
		wire_new(play, play->script->mtu + (play->variant.ipv6 ? SCRIPT_IPV6_EXTRA : 0));
	if (!play->link || evtcp_stack_attach(play->stack, play->link) != 0 ||
		evtcp_stack_add_address(play->stack, (struct sockaddr *)&us, sizeof(us),
			play->variant.ipv6 ? 64 : 24) != 0)
		return play_fail(play, "the stack takes no link or address");
	told_listen(play);
	return true;
}

/* The stack goes; it may send resets meanwhile and must return all memory. */
static void play_tear_down(struct play *play)
{
	play->link_down = true;
	play->world.out_of_memory = false;
	evtcp_stack_free(play->stack);
	play->stack = NULL;
	if (play->world.live != 0)
		play_fail(play, "the stack kept %zu allocations", play->world.live);
}

static void play_once(struct play *play, uint64_t start_us)
{
	if (play_set_up(play, start_us))
		play_lines(play);
	play_tear_down(play);
}

/* The origin of time at which the stack's first SYN has the ISS that is wanted. */
static bool play_find_origin(
	const struct script *script, const struct variant *variant, uint64_t *start_us)
{
	struct play rehearsal = {.script = script, .variant = *variant, .rehearsal = true};
	bool seen;

	*start_us = PLAY_ORIGIN_US;
	play_once(&rehearsal, PLAY_ORIGIN_US);
	seen = rehearsal.iss_seen;
	if (seen)
		*start_us +=
			(uint64_t)(uint32_t)(variant->iss - rehearsal.first_iss) * PLAY_ISS_TICK_US;
	play_free(&rehearsal);
	return seen;
}

bool play_script(struct play *play, const struct script *script, const struct variant *variant)
{
	uint64_t start_us = PLAY_ORIGIN_US;

	*play = (struct play){.script = script, .variant = *variant};
	if (!script->any_iss)
		play_find_origin(script, variant, &start_us);
	play_once(play, start_us);
	if (play->iss_seen && !script->any_iss && play->first_iss != variant->iss)
		play_fail(play, "our ISS is %u, not %u: it does not follow the clock",
			(unsigned)play->first_iss, (unsigned)variant->iss);
	return !play->failure.failed;
}

void play_free(struct play *play)
{
	for (size_t i = 0; i < play->n_sightings; i++)
		free(play->sightings[i].octets);
	free(play->sightings);
	free(play->log);
}
