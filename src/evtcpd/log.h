/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LOG_H
#define EVTCPD_LOG_H

/* The daemon's messages on stderr, one line each. Lines that strangers can cause
 * are limited for each reason, so that a flood of bad packets is a line a second
 * and not a full disk. */

#include "evtcpd/output.h"
#include <evtcp/trace.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG, LOG_NEVER };

/* What each line begins with. */
#define LOG_MARK "evtcpd: "

/* Of one reason, so many lines a second. */
#define LOG_LINES_PER_SECOND 10

/* What a reason has used up of its second. */
struct log_allowance {
	uint64_t second;     /* of the world's monotonic clock */
	uint32_t written;    /* lines in it */
	uint32_t suppressed; /* lines since the last that was written */
};

struct log {
	struct output *output;
	enum log_level level; /* what is above it is not written */
	struct log_allowance causes[EVTCP_N_CAUSES];
	unsigned n_suppressed; /* allowances with lines suppressed */
};

/* log_init: writes to output, which stays the caller's. verbosity is the number of -v
 * less that of -q: 0 is LOG_NOTICE. */
void log_init(struct log *log, struct output *output, int verbosity);

/* log_write: "evtcpd: MESSAGE", with control characters escaped as \xNN; a longer line
 * than 1,000 bytes is cut. Written at once if whoever reads takes it, else kept. */
__attribute__((format(printf, 3, 4))) void log_write(
	const struct log *log, enum log_level level, const char *format, ...);

/* log_event: writes what the stack did, at the level its kind has: drops, states
 * and sizes of segments are LOG_INFO, the rest LOG_DEBUG,
 * but for timers that are set or stopped, which would hide those that fire; limited for each cause. */
void log_event(struct log *log, const struct evtcp_event *event);

/* log_level_of: the level at which log_event writes event. */
enum log_level log_level_of(const struct evtcp_event *event);

/* log_tick: to be called about once a second while log->n_suppressed is not 0: says how
 * many lines of a reason were suppressed once its second is over. now_us as in events. */
void log_tick(struct log *log, uint64_t now_us);

#endif
