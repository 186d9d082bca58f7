/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages and events in, lines of an output out, which is stderr. Each is flushed at
 * once, so that they stand in order with what COMMAND writes there. A cause that strangers can
 * repeat at will is limited to LOG_LINES_PER_SECOND; how many more there were is said when the next
 * second has begun. Knows no clock: events bring their time. */

#include "evtcpd/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOG_LINE 1000

void log_init(struct log *log, struct output *output, int verbosity)
{
	int level = LOG_NOTICE + verbosity;

	memset(log, 0, sizeof(*log));
	log->output = output;
	log->level = level < LOG_ERROR   ? LOG_ERROR
		     : level > LOG_DEBUG ? LOG_DEBUG
					 : (enum log_level)level;
}

/* What came from outside must not be able to forge a line or steer a terminal. */
static size_t log_escape(char *line, size_t size, const char *message)
{
	size_t len = (size_t)snprintf(line, size, LOG_MARK);

	for (; *message != '\0' && len + 5 < size; message++) {
		unsigned char c = (unsigned char)*message;

		if (c < 0x20 || c == 0x7f)
			len += (size_t)snprintf(line + len, size - len, "\\x%02x", c);
		else
			line[len++] = (char)c;
	}
	return len;
}

void log_write(const struct log *log, enum log_level level, const char *format, ...)
{
	char message[LOG_LINE], line[LOG_LINE + 16];
	va_list arguments;
	size_t len;

	if (level > log->level)
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	len = log_escape(line, sizeof(line), message);
	output_add(log->output, line, len);
	output_flush(log->output);
}

/* ---- limited lines --------------------------------------------------------------- */

/* The second of the allowance is over: tells what it suppressed, and starts anew. */
static void log_renew(struct log *log, enum evtcp_cause cause, uint64_t second)
{
	struct log_allowance *allowance = &log->causes[cause];
	uint32_t suppressed = allowance->suppressed;

	memset(allowance, 0, sizeof(*allowance));
	allowance->second = second;
	if (suppressed == 0)
		return;
	log->n_suppressed--;
	/* Of metrics alone there is no cause: they are what has come of an ACK. */
	log_write(log, LOG_INFO, "suppressed %" PRIu32 " more lines: %s", suppressed,
		cause == EVTCP_CAUSE_NONE ? "metrics" : evtcp_cause_text(cause));
}

static int log_may_write(struct log *log, enum evtcp_cause cause, uint64_t now_us)
{
	struct log_allowance *allowance = &log->causes[cause];
	uint64_t second = now_us / 1000000;

	if (allowance->second != second)
		log_renew(log, cause, second);
	if (allowance->written < LOG_LINES_PER_SECOND) {
		allowance->written++;
		return 1;
	}
	if (allowance->suppressed++ == 0)
		log->n_suppressed++;
	return 0;
}

enum log_level log_level_of(const struct evtcp_event *event)
{
	switch (event->kind) {
	case EVTCP_EVENT_DROPPED:
	case EVTCP_EVENT_STATE:
	case EVTCP_EVENT_MSS:
		return LOG_INFO;
	case EVTCP_EVENT_TIMER_SET:
	case EVTCP_EVENT_TIMER_STOPPED:
		return LOG_NEVER;
	default:
		return LOG_DEBUG;
	}
}

void log_event(struct log *log, const struct evtcp_event *event)
{
	enum log_level level = log_level_of(event);
	char text[EVTCP_EVENT_TEXT];

	if (level > log->level || !log_may_write(log, event->reason.cause, event->at_us))
		return;
	log_write(log, level, "%s", evtcp_event_format(event, text, sizeof(text)));
}

void log_tick(struct log *log, uint64_t now_us)
{
	uint64_t second = now_us / 1000000;

	for (int cause = 0; cause < EVTCP_N_CAUSES && log->n_suppressed != 0; cause++) {
		if (log->causes[cause].suppressed != 0 && log->causes[cause].second != second)
			log_renew(log, (enum evtcp_cause)cause, second);
	}
}
