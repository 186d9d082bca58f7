/* SPDX-License-Identifier: BSD-3-Clause */
/* From a line to the function of its command, by the table. In: requests (control/server.h). Out:
 * calls of control_do_...; orders to all workers, one after the other. What commands do is in
 * control_tell.c, control_change.c and control_capture.c. */

#include "evtcpd/control.h"

#include "evtcpd/control_each.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct control_row {
	const char *name, *arguments;
	void (*act)(struct control *control, struct control_call *call, const char *rest);
};

#define CONTROL_ROW(id, name, arguments, meaning) {name, arguments, control_do_##id},
static const struct control_row rows[] = {CONTROL_COMMANDS(CONTROL_ROW)};
#undef CONTROL_ROW

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- requests ---------------------------------------------------------------------------- */

static void control_refuse(struct control_call *call, const char *name)
{
	char list[256];
	size_t len = 0;

	list[0] = '\0';
	for (size_t i = 0; i < N_ROWS && len < sizeof(list); i++)
		len += (size_t)snprintf(
			list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "", rows[i].name);
	control_call_fail(call, "unknown command '%.100s'; there are %s", name, list);
}

/* A line of words into the name and the rest, in place. */
static char *control_split(char *line)
{
	size_t len = strlen(line);
	char *rest;

	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		line[--len] = '\0';
	rest = line + strcspn(line, " \t");
	if (*rest == '\0')
		return rest;
	*rest++ = '\0';
	return rest + strspn(rest, " \t");
}

static void control_on_request(struct control_call *call, const char *line, void *arg)
{
	struct control *control = arg;
	char words[CONTROL_LINE];
	const char *rest;

	snprintf(words, sizeof(words), "%s", line);
	rest = control_split(words);
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i].name, words) != 0)
			continue;
		if (rows[i].arguments == NULL && rest[0] != '\0')
			control_call_fail(call, "%s takes no argument, but '%.100s' was given",
				rows[i].name, rest);
		else
			rows[i].act(control, call, rest);
		return;
	}
	control_refuse(call, words);
}

/* ---- orders ------------------------------------------------------------------------------ */

static void control_on_over(void *arg)
{
	struct control *control = arg;
	struct control_call *call = control->call;

	control->errand = NULL;
	control->call = NULL;
	control->done(control, call);
}

int control_is_busy(const struct control *control, struct control_call *call)
{
	if (control->call == NULL)
		return 0;
	control_call_fail(call, "workers have not all done what was asked for before; try again");
	return 1;
}

int control_order(
	struct control *control, struct control_call *call, const struct control_order *order)
{
	const struct errand_order errand = {.act = order->act,
		.value = order->value,
		.len = order->len,
		.over = control_on_over,
		.arg = control};

	if (control_is_busy(control, call))
		return -1;
	control->call = call;
	control->done = order->done;
	if (errand_begin(&control->errand, control->parts.workers, &errand) == 0)
		return 0;
	control->call = NULL;
	control_call_fail(call, "out of memory");
	return -1;
}

/* ---- the whole --------------------------------------------------------------------------- */

struct control *control_new(const struct control_parts *parts)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL)
		return NULL;
	control->parts = *parts;
	control->server = control_server_new(workers_first(parts->workers)->parts.base,
		parts->listener, control_on_request, control);
	if (control->server != NULL)
		return control;
	free(control);
	errno = ENOMEM;
	return NULL;
}

void control_free(struct control *control)
{
	if (control == NULL)
		return;
	control_server_free(control->server);
	control_drop_questions(control);
	errand_cancel(control->errand);
	if (control->call != NULL)
		control_call_fail(control->call, "evtcpd has ended");
	free(control);
}
