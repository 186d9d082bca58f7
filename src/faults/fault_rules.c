/* SPDX-License-Identifier: BSD-3-Clause */

/* The rules of a fault link while it runs: looked at, added, taken away; and replies, which are the
 * application's to make wrong. In: calls of whoever has the handle. Out: what they ask for. */

#include "faults/waiting.h"

#include <errno.h>

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
	fault_link_fit(faults);
	return (int)++faults->last_number;
}

int evtcp_fault_remove(struct evtcp_faults *faults, unsigned number)
{
	uint64_t now = fault_link_now(faults);

	for (unsigned i = 0; i < faults->matcher.n_rules; i++) {
		if (faults->matcher.rules[i].script.number != number)
			continue;
		matcher_remove(&faults->matcher, i, now);
		held_end(&faults->up, number, now);
		held_end(&faults->down, number, now);
		fault_link_fit(faults);
		waiting_arm(faults, now);
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

uint64_t evtcp_fault_get_counter(const struct evtcp_faults *faults, enum evtcp_cause cause)
{
	return cause != EVTCP_CAUSE_NONE ? faults->counters[cause] : 0;
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
	matches = matcher_match_reply(&faults->matcher, conn, fault_link_now(faults));
	for (unsigned i = 0; i < faults->matcher.n_rules; i++)
		if (matches >> i & 1)
			acts_reply(reply, &faults->matcher.rules[i].script);
	conn->effects.reply_rule = reply->rule;
}
