/* SPDX-License-Identifier: BSD-3-Clause */

/* What the stack tells of itself.
 *
 * Input: events, as they happen; a line "told path_mtu_black_hole 1460 1400". Output: whether there
 * was such an event at the moment of the line, of its flow. What an event says beside its cause is
 * written out when it comes and compared as text. The last of them are kept. */

#include "told.h"

#include "wire.h"

#include <evtcp/stack.h>
#include <stdio.h>
#include <string.h>

static void told_describe(const struct evtcp_event *event, char *text, size_t size)
{
	switch (event->kind) {
	case EVTCP_EVENT_STATE:
		snprintf(text, size, "%s %s", evtcp_state_name(event->u.state.from),
			evtcp_state_name(event->u.state.to));
		break;
	case EVTCP_EVENT_MSS:
		snprintf(text, size, "%u %u", (unsigned)event->u.mss.mss_before,
			(unsigned)event->u.mss.mss);
		break;
	case EVTCP_EVENT_TIMER:
		snprintf(text, size, "expired");
		break;
	case EVTCP_EVENT_TIMER_SET:
		snprintf(text, size, "set %g",
			(double)(event->u.timer.due_at_us - event->at_us) / 1e6);
		break;
	case EVTCP_EVENT_TIMER_STOPPED:
		snprintf(text, size, "stopped");
		break;
	default:
		text[0] = '\0';
		break;
	}
}

static void told_hear(void *arg, const struct evtcp_event *event)
{
	struct play *play = arg;
	struct told *told = &play->told[play->n_told++ % PLAY_TOLD];

	told->at_us = event->at_us;
	told->cause = event->reason.cause;
	told->remote_port = event->tuple.remote.port;
	told_describe(event, told->text, sizeof(told->text));
}

void told_listen(struct play *play)
{
	const struct evtcp_sink sink = {.event = told_hear, .kinds = ~0u, .arg = play};

	for (size_t i = 0; i < play->script->len; i++) {
		if (play->script->lines[i].verb == VERB_TOLD)
			evtcp_stack_set_sink(play->stack, &sink);
	}
}

bool told_check(struct play *play, const struct flow *flow)
{
	const struct script_args *args = &play->line->args;
	size_t n = play->n_told < PLAY_TOLD ? play->n_told : PLAY_TOLD;
	const char *other = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct told *told = &play->told[i];

		if (told->cause != args->cause || told->remote_port != flow->remote_port ||
			told->at_us != play->line_us)
			continue;
		if (strcmp(told->text, args->text) == 0)
			return true;
		other = told->text;
	}
	return play_fail(play, "the stack did not tell: %s %s%s%s", evtcp_cause_name(args->cause),
		args->text, other ? "; it told: " : "", other ? other : "");
}
