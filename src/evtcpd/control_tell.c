/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that look: connections, counters. Each is a question to all workers (gather.h), with
 * an end if one of them is silent. Out: lines of JSON, one for each connection or cause, so that
 * who reads them needs none but the line at hand. */

#include "evtcpd/control_each.h"
#include "evtcpd/gather.h"
#include "evtcpd/quantity.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Connections told, if nothing is said, and at most. Each takes its worker some 20 us, in which
 * that serves nobody, and a kilobyte until the client has read it. */
#define TELL_FEW 1000
#define TELL_MOST 100000

struct control_question {
	struct control *control;
	struct control_question *next;
	struct control_call *call;
	struct gather *gather;
	struct event *timer;
	void (*tell)(const struct control_question *question, struct pages_report *sum);
	int wants_all; /* counters that are 0, too */
};

/* ---- questions --------------------------------------------------------------------------- */

/* All but the call, which is over or is to be ended by who calls this. */
static void question_free(struct control_question *question)
{
	struct control_question **at = &question->control->questions;

	while (*at != NULL && *at != question)
		at = &(*at)->next;
	if (*at == question)
		*at = question->next;
	if (question->timer != NULL)
		event_free(question->timer);
	if (question->gather != NULL)
		gather_end(question->gather);
	free(question);
}

/* All have answered, or it was waited enough. */
static void question_answer(void *arg)
{
	struct control_question *question = arg;
	struct pages_report *sum = gather_sum(question->gather);

	if (sum->failed)
		control_call_fail(question->call, "out of memory");
	else
		question->tell(question, sum);
	question_free(question);
}

static void question_on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	question_answer(arg);
}

static void question_ask(struct control_question *question, unsigned most)
{
	static const struct timeval patience = {GATHER_US / 1000000, GATHER_US % 1000000};
	struct workers *workers = question->control->parts.workers;

	question->timer =
		event_new(workers_first(workers)->parts.base, -1, 0, question_on_timer, question);
	question->gather = gather_begin(
		workers_get_host(workers), PAGES_REPORT_LINES, most, question_answer, question);
	if (question->timer == NULL || question->gather == NULL ||
		event_add(question->timer, &patience) < 0) {
		control_call_fail(question->call, "out of memory");
		question_free(question);
	} else if (!gather_waits(question->gather)) {
		question_answer(question);
	}
}

/* A question like kind, of which it is a copy. */
static void question_begin(const struct control_question *kind, unsigned most)
{
	struct control_question *question = malloc(sizeof(*question));

	if (question == NULL) {
		control_call_fail(kind->call, "out of memory");
		return;
	}
	*question = *kind;
	question->next = question->control->questions;
	question->control->questions = question;
	question_ask(question, most);
}

void control_drop_questions(struct control *control)
{
	while (control->questions != NULL) {
		struct control_call *call = control->questions->call;

		question_free(control->questions);
		control_call_fail(call, "evtcpd has ended");
	}
}

/* The last line, with whose answers are missing. */
static void question_end(const struct control_question *question, const char *members)
{
	struct gather_missing missing = gather_get_missing(question->gather);
	char list[4 * OPTIONS_WORKERS] = "";
	size_t len = 0;

	for (unsigned i = 0; i < missing.n && len < sizeof(list); i++) {
		if (missing.is[i])
			len += (size_t)snprintf(
				list + len, sizeof(list) - len, "%s%u", len > 0 ? "," : "", i);
	}
	control_call_end(
		question->call, "%s,\"workers\":%u,\"missing\":[%s]", members, missing.n, list);
}

/* ---- connections ------------------------------------------------------------------------- */

static void tell_connections(const struct control_question *question, struct pages_report *sum)
{
	const struct evtcp_world *world =
		workers_first(question->control->parts.workers)->parts.world;
	char members[80];

	control_call_print(question->call, "{\"now_us\":%" PRIu64 "}\n", world->now_us(world->arg));
	control_call_add(question->call, sum->list);
	snprintf(members, sizeof(members), ",\"connections\":%u,\"omitted\":%u", sum->listed,
		sum->omitted);
	question_end(question, members);
}

void control_do_connections(struct control *control, struct control_call *call, const char *rest)
{
	const struct control_question kind = {
		.control = control, .call = call, .tell = tell_connections};
	uint64_t most = TELL_FEW;

	if (rest[0] != '\0' && (quantity_parse_count(rest, &most) < 0 || most > TELL_MOST))
		control_call_fail(call,
			"connections: a whole number, at most %d, or nothing, not '%.100s'",
			TELL_MOST, rest);
	else
		question_begin(&kind, (unsigned)most);
}

/* ---- counters ---------------------------------------------------------------------------- */

/* Texts of causes need no escapes: a test sees to that. */
static void tell_counters(const struct control_question *question, struct pages_report *sum)
{
	static const char *const classes[] = {
		[EVTCP_CLASS_SENT] = "sent",
		[EVTCP_CLASS_RECEIVED] = "received",
		[EVTCP_CLASS_DROPPED] = "dropped",
		[EVTCP_CLASS_STATE] = "state",
		[EVTCP_CLASS_TIMER] = "timer",
		[EVTCP_CLASS_CONTROL] = "control",
		[EVTCP_CLASS_ALTERED] = "altered",
	};

	for (int i = EVTCP_CAUSE_NONE + 1; i < EVTCP_N_CAUSES; i++) {
		enum evtcp_cause cause = (enum evtcp_cause)i;

		if (sum->counters[cause] == 0 && !question->wants_all)
			continue;
		control_call_print(question->call,
			"{\"counter\":{\"cause\":\"%s\",\"class\":\"%s\",\"count\":%" PRIu64
			",\"text\":\"%s\"}}\n",
			evtcp_cause_name(cause), classes[evtcp_cause_class(cause)],
			sum->counters[cause], evtcp_cause_text(cause));
	}
	question_end(question, "");
}

void control_do_counters(struct control *control, struct control_call *call, const char *rest)
{
	const struct control_question kind = {.control = control,
		.call = call,
		.tell = tell_counters,
		.wants_all = strcmp(rest, "all") == 0};

	if (rest[0] != '\0' && !kind.wants_all)
		control_call_fail(call, "counters: 'all' or nothing, not '%.100s'", rest);
	else
		question_begin(&kind, 0);
}
