/* SPDX-License-Identifier: BSD-3-Clause */

/* A reason as text: the cause in the words of the table, its number and the span
 * of the timer behind it.
 *
 *     RTO #2 after 400 ms
 *     delayed ACK timer after 40 ms
 *     PAWS: timestamp too old (RFC 7323 5)
 *
 * Input: an evtcp_reason. Output: text in the caller's buffer. It says why, not
 * what happened: "sent" or "dropped" is the caller's word. */

#include "trace/duration.h"

#include <evtcp/link.h>
#include <stdio.h>

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
