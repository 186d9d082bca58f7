/* SPDX-License-Identifier: BSD-3-Clause */
/* The command that makes the server misbehave while it runs: fault add, list, remove. In: lines of
 * the fault language. Out: rules of the first worker's link. */

#include "evtcpd/control_each.h"

#include "control/json.h"
#include "evtcpd/quantity.h"

#include <event2/buffer.h>
#include <evtcp/fault.h>
#include <inttypes.h>
#include <string.h>

static struct evtcp_faults *fault_of(struct control *control)
{
	return workers_first(control->parts.workers)->server.faults;
}

static void fault_add(struct control *control, struct control_call *call, const char *line)
{
	struct evtcp_fault_error error;
	int number = evtcp_fault_add(fault_of(control), line, strlen(line), &error);

	if (number < 0)
		control_call_fail(call, "fault add: column %u: %s", error.column, error.text);
	else
		control_call_end(call, ",\"fault\":\"rule %d\"", number);
}

static void fault_tell(struct control_call *call, const struct evtcp_fault_rule *rule)
{
	struct evbuffer *line = evbuffer_new();

	if (line == NULL)
		return;
	evbuffer_add_printf(line,
		"{\"fault\":{\"number\":%u,\"hits\":%" PRIu64 ",\"rule\":", rule->number,
		rule->hits);
	json_add_string(line, rule->text);
	evbuffer_add_printf(line, ",\"text\":");
	json_add_string(line, rule->explanation);
	evbuffer_add_printf(line, "}}\n");
	control_call_add(call, line);
	evbuffer_free(line);
}

static void fault_list(struct control *control, struct control_call *call)
{
	struct evtcp_fault_rule rule;
	unsigned n = 0;

	for (; evtcp_fault_rule(fault_of(control), n, &rule) == 0; n++)
		fault_tell(call, &rule);
	control_call_end(call, ",\"rules\":%u", n);
}

static void fault_remove(struct control *control, struct control_call *call, const char *text)
{
	uint64_t number;

	if (quantity_parse_count(text, &number) < 0 || number > UINT32_MAX)
		control_call_fail(call, "fault remove: the number of a rule, not '%.100s'", text);
	else if (evtcp_fault_remove(fault_of(control), (unsigned)number) < 0)
		control_call_fail(call, "fault remove: there is no rule %" PRIu64, number);
	else
		control_call_end(call, ",\"fault\":\"rule %" PRIu64 " is no more\"", number);
}

/* What comes behind word, without blanks before it; NULL: rest does not begin with it. */
static const char *fault_after(const char *rest, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(rest, word, len) != 0 || (rest[len] != ' ' && rest[len] != '\0'))
		return NULL;
	return rest + len + strspn(rest + len, " ");
}

void control_do_fault(struct control *control, struct control_call *call, const char *rest)
{
	const char *line;

	if (workers_count(control->parts.workers) > 1)
		control_call_fail(call,
			"fault: a rule counts segments in one order, which several workers do not "
			"have; start evtcpd with one (--workers 1)");
	else if ((line = fault_after(rest, "add")) != NULL)
		fault_add(control, call, line);
	else if (strcmp(rest, "list") == 0 || rest[0] == '\0')
		fault_list(control, call);
	else if ((line = fault_after(rest, "remove")) != NULL)
		fault_remove(control, call, line);
	else
		control_call_fail(call, "fault: add RULE, list or remove N, not '%.100s'", rest);
}
