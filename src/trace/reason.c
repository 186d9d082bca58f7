/* SPDX-License-Identifier: BSD-3-Clause */

/* A reason, or the fate of a packet, as text: the cause in the words of the table, its number and
 * the span of the timer behind it, or the rule of a fault script.
 *
 *     RTO #2 after 400 ms
 *     delayed ACK timer after 40 ms
 *     PAWS: timestamp too old (RFC 7323 5)
 *     held back (fault script, rule 3)
 *
 * Input: an evtcp_reason, or a fate. Output: text in the caller's buffer. It says why, not
 * what happened: "sent" or "dropped" is the caller's word. */

#include "trace/duration.h"

#include <evtcp/link.h>
#include <stdio.h>
#include <string.h>

char *evtcp_reason_format(const struct evtcp_reason *reason, char *text, size_t size)
{
	char number[16] = "", span[DURATION_TEXT] = "";

	if (reason->count != 0)
		snprintf(number, sizeof(number), " #%u", (unsigned)reason->count);
	if (reason->delay_us != 0)
		duration_format(reason->delay_us, span, sizeof(span));
	snprintf(text, size, "%s%s%s%s", evtcp_cause_text(reason->cause), number,
		span[0] ? " after " : "", span);
	return text;
}

char *evtcp_fate_format(enum evtcp_cause fate, unsigned rule, char *text, size_t size)
{
	const char *what = fate != EVTCP_CAUSE_NONE ? evtcp_cause_text(fate) : "";
	size_t len = strlen(what);
	const char *tail = len > 0 && what[len - 1] == ')' ? ")" : "";

	if (rule == 0)
		snprintf(text, size, "%s", what);
	else
		snprintf(text, size, "%.*s%srule %u%s", (int)(len - strlen(tail)), what,
			len > 0 ? ", " : "", rule, tail);
	return text;
}
