/* SPDX-License-Identifier: BSD-3-Clause */

/* The life of one connection from outside: who opens it and when, who gets the
 * other end, when it is over, when it has waited too long.
 *
 * In: the time, connections that a listener hands over. Out: connections that are
 * tried; questions to the oracle.
 *
 * What the applications do in between stands in app.c. */

#include "dialogue.h"

#include <errno.h>
#include <stdio.h>

enum { TRIES_MAX = 60 };

static void dialogue_on_error(void *arg, const struct app *app, int error)
{
	const struct dialogue *dialogue = arg;

	oracle_error(&dialogue->pair, app, error);
}

static void dialogue_on_eof(void *arg, const struct app *app, uint64_t unread)
{
	const struct dialogue *dialogue = arg;

	oracle_eof(&dialogue->pair, app, unread);
}

static void dialogue_on_wrong_byte(void *arg, const struct app *app, uint64_t position)
{
	const struct dialogue *dialogue = arg;

	oracle_wrong_byte(&dialogue->pair, app, position);
}

static void dialogue_on_waited(void *arg, const struct app *app, uint64_t wait_us)
{
	struct dialogue *dialogue = arg;

	dialogue->waits += oracle_waited(&dialogue->pair, app, wait_us);
	dialogue->pair.losses = dialogue->pair.circumstances->losses;
}

void dialogue_init(struct dialogue *dialogue, const struct scenario *scenario, unsigned index,
	const struct circumstances *circumstances)
{
	const struct dialogue_plan *plan = &scenario->dialogues[index];

	*dialogue = (struct dialogue){.plan = plan, .flow = WITNESS_NO_FLOW};
	dialogue->opens_at = plan->after < 0 ? plan->opens_at_us : UINT64_MAX;
	dialogue->second_opens_at = UINT64_MAX;
	dialogue->pair = (struct oracle_pair){.circumstances = circumstances,
		.ends = {&dialogue->ends[0], &dialogue->ends[1]},
		.refused = plan->refused,
		.simultaneous = plan->opener == OPENER_BOTH,
		.reused = plan->after >= 0};
	for (unsigned i = 0; i < 2; i++) {
		struct app *app = &dialogue->ends[i];

		app->plan = &plan->ends[i];
		app->time_us = circumstances->time_us;
		app->verdict = circumstances->verdict;
		app->oracle = (struct app_oracle){dialogue_on_error, dialogue_on_eof,
			dialogue_on_wrong_byte, dialogue_on_waited, dialogue};
		app->own_key = rng_mix(scenario->seed, 2 * plan->stream + i);
		app->other_key = rng_mix(scenario->seed, 2 * plan->stream + 1 - i);
		app->other = &dialogue->ends[1 - i];
		app->wake_at = UINT64_MAX;
		rng_init(&app->rng, scenario->seed, 0x617070 + 2 * plan->stream + i);
		snprintf(app->name, sizeof(app->name), "%u.%u", i, plan->stream);
	}
}

/* The port is still in use (TIME-WAIT, an orphan): later, and less and less often. */
static bool dialogue_try_again(struct dialogue *dialogue, unsigned host, uint64_t now)
{
	uint64_t later = now + (UINT64_C(10000) << (dialogue->tries < 10 ? dialogue->tries : 10));

	if (++dialogue->tries > TRIES_MAX)
		verdict_fail(dialogue->pair.circumstances->verdict,
			"%s: the port is in use for ever", dialogue->ends[host].name);
	if (dialogue->plan->opener == OPENER_BOTH && host == 1)
		dialogue->second_opens_at = later;
	else
		dialogue->opens_at = later;
	return false;
}

bool dialogue_open(struct dialogue *dialogue, struct host *host, uint64_t now)
{
	const struct circumstances *circumstances = dialogue->pair.circumstances;
	const struct dialogue_plan *plan = dialogue->plan;
	unsigned index = host->index;
	struct sockaddr_storage local, remote;
	socklen_t len;
	struct evtcp_conn *conn;

	len = host_address(host, index, plan->ports[index], &local);
	host_address(host, 1 - index, plan->ports[1 - index], &remote);
	conn = evtcp_conn_connect(
		host->stack, (struct sockaddr *)&local, len, (struct sockaddr *)&remote, len);
	if (!conn && errno == EADDRINUSE && !circumstances->verdict->failed)
		return dialogue_try_again(dialogue, index, now);
	if (plan->opener == OPENER_BOTH && index == 1) {
		dialogue->second_opened = true;
		dialogue->second_opens_at = UINT64_MAX;
	} else {
		dialogue->opened = true;
		dialogue->opens_at = UINT64_MAX;
		if (plan->opener == OPENER_BOTH)
			dialogue->second_opens_at = now + plan->second_opens_us;
	}
	if (conn) {
		app_attach(&dialogue->ends[index], conn, true);
		return true;
	}
	dialogue->connect_failed = true;
	if (!circumstances->shortage || errno != ENOMEM)
		verdict_fail(circumstances->verdict, "%s: connect: errno %d",
			dialogue->ends[index].name, errno);
	return true;
}

void dialogue_accept(struct dialogue *dialogue, unsigned host, struct evtcp_conn *conn)
{
	app_attach(&dialogue->ends[host], conn, false);
}

bool dialogue_listens(const struct dialogue *dialogue, unsigned host)
{
	const struct dialogue_plan *plan = dialogue->plan;

	return plan->opener != OPENER_BOTH && !plan->refused &&
	       host == (plan->opener == OPENER_0 ? 1u : 0u);
}

bool dialogue_is_over(const struct dialogue *dialogue)
{
	if (!dialogue->opened ||
		(dialogue->plan->opener == OPENER_BOTH && !dialogue->second_opened))
		return false;
	return !dialogue->ends[0].conn && !dialogue->ends[1].conn;
}

uint64_t dialogue_next(const struct dialogue *dialogue, unsigned host)
{
	unsigned opener = dialogue->plan->opener == OPENER_1 ? 1 : 0;
	uint64_t at = dialogue->ends[host].wake_at;

	if (host == opener && dialogue->opens_at < at)
		at = dialogue->opens_at;
	if (host == 1 && dialogue->second_opens_at < at)
		at = dialogue->second_opens_at;
	return at;
}

void dialogue_lose(struct dialogue *dialogue, unsigned host)
{
	struct app *app = &dialogue->ends[host];

	if (!app->conn)
		return;
	app->conn = NULL;
	app->let_go = app->aborted = true;
	app->wake_at = UINT64_MAX;
}

uint64_t dialogue_hangs_at(
	const struct dialogue *dialogue, const struct circumstances *circumstances)
{
	uint64_t since = circumstances->heals_at_us == UINT64_MAX ? 0 : circumstances->heals_at_us;

	if (!dialogue->opened || dialogue_next(dialogue, 0) != UINT64_MAX ||
		dialogue_next(dialogue, 1) != UINT64_MAX)
		return UINT64_MAX;
	for (int i = 0; i < 2; i++) {
		if (dialogue->ends[i].progress_at > since)
			since = dialogue->ends[i].progress_at;
		if (dialogue->ends[i].rests_until > since)
			since = dialogue->ends[i].rests_until;
	}
	return since + circumstances->patience_us;
}

void dialogue_check_hang(
	struct dialogue *dialogue, struct circumstances *circumstances, bool nothing_will_come)
{
	uint64_t at = dialogue_hangs_at(dialogue, circumstances);

	if (at == UINT64_MAX || (!nothing_will_come && *circumstances->time_us < at))
		return;
	for (int i = 0; i < 2; i++) {
		struct app *app = &dialogue->ends[i];

		if (!app->conn || !oracle_excuses_hang(&dialogue->pair, app))
			continue;
		circumstances->excused_hangs++;
		app_give_up(app);
	}
}
