/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that change the daemon: impair, cc, log, drain. Without an argument the first three
 * tell how it is. */

#include "evtcpd/control_each.h"

#include <evtcp/impair.h>
#include <evtcp/stack.h>

#include <string.h>

static struct worker *change_first(struct control *control)
{
	return workers_first(control->parts.workers);
}

/* ---- impair ------------------------------------------------------------------------------ */

static void change_tell_impair(struct control *control, struct control_call *call)
{
	struct evtcp_impair_spec spec, perfect;
	char text[EVTCP_IMPAIR_TEXT], none[EVTCP_IMPAIR_TEXT];

	evtcp_impair_get_spec(change_first(control)->server.impair, &spec);
	evtcp_impair_spec_init(&perfect);
	perfect.seed = spec.seed;
	evtcp_impair_format(&spec, text, sizeof(text));
	evtcp_impair_format(&perfect, none, sizeof(none));
	control_call_end(call, ",\"impair\":\"%s\"", strcmp(text, none) == 0 ? "none" : text);
}

static void change_impair(struct control *control, struct control_call *call, const char *text)
{
	struct evtcp_impair *impair = change_first(control)->server.impair;
	struct evtcp_impair_error error;
	struct evtcp_impair_spec spec;

	if (strcmp(text, "none") == 0) {
		evtcp_impair_spec_init(&spec);
	} else if (evtcp_impair_parse(text, &spec, &error) < 0) {
		control_call_fail(call, "impair: column %u: %s", error.column, error.text);
		return;
	}
	evtcp_impair_set_spec(impair, &spec);
	evtcp_impair_set_seed(impair, spec.seed);
	change_tell_impair(control, call);
}

void control_do_impair(struct control *control, struct control_call *call, const char *rest)
{
	if (workers_count(control->parts.workers) > 1)
		control_call_fail(call,
			"impair: an emulated link has all packets in one order, which several "
			"workers do not have; start evtcpd with one (--workers 1)");
	else if (rest[0] == '\0')
		change_tell_impair(control, call);
	else
		change_impair(control, call, rest);
}

/* ---- cc ---------------------------------------------------------------------------------- */

/* The library's own copy of name, which lives for ever; NULL: there is none of that name. */
static const char *change_find_cc(const char *name)
{
	for (unsigned i = 0; evtcp_cc_name(i) != NULL; i++) {
		if (strcmp(evtcp_cc_name(i), name) == 0)
			return evtcp_cc_name(i);
	}
	return NULL;
}

static void change_set_cc(struct worker *worker, const void *value)
{
	const char *const *name = value;

	evtcp_stack_set_cc(worker->server.stack, *name);
}

static void change_tell_cc(struct control *control, struct control_call *call)
{
	control_call_end(
		call, ",\"cc\":\"%s\"", evtcp_stack_get_cc(change_first(control)->server.stack));
}

void control_do_cc(struct control *control, struct control_call *call, const char *rest)
{
	const char *name = change_find_cc(rest);
	const struct control_order order = {
		.act = change_set_cc, .value = &name, .len = sizeof(name), .done = change_tell_cc};

	if (rest[0] == '\0')
		change_tell_cc(control, call);
	else if (name == NULL)
		control_call_fail(call,
			"cc: the congestion control is cubic, newreno or bbr, not '%.100s'", rest);
	else
		control_order(control, call, &order);
}

/* ---- log --------------------------------------------------------------------------------- */

static void change_set_log_level(struct worker *worker, const void *value)
{
	const enum log_level *level = value;

	worker_set_log_level(worker, *level);
}

static const char *const change_levels[] = {[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug"};

static void change_tell_log(struct control *control, struct control_call *call)
{
	control_call_end(call, ",\"log\":\"%s\"", change_levels[change_first(control)->log.level]);
}

void control_do_log(struct control *control, struct control_call *call, const char *rest)
{
	enum log_level level = LOG_ERROR;
	const struct control_order order = {.act = change_set_log_level,
		.value = &level,
		.len = sizeof(level),
		.done = change_tell_log};

	if (rest[0] == '\0') {
		change_tell_log(control, call);
		return;
	}
	while (level <= LOG_DEBUG && strcmp(change_levels[level], rest) != 0)
		level++;
	if (level > LOG_DEBUG)
		control_call_fail(call,
			"log: a level is error, warning, notice, info or debug, not '%.100s'",
			rest);
	else
		control_order(control, call, &order);
}

/* ---- drain ------------------------------------------------------------------------------- */

/* The answer leaves first: with nothing to finish the end is at once. */
void control_do_drain(struct control *control, struct control_call *call, const char *rest)
{
	int is_new = stop_request(control->parts.stop, "evtcpctl drain") == 0;

	(void)rest;
	if (is_new)
		control_call_end_text(call,
			"no more connections are taken; evtcpd ends when those there are have "
			"been finished");
	else
		control_call_fail(call, "drain: evtcpd is about to end already");
}
