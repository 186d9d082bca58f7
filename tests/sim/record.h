/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

/* What is kept of a run: a digest of everything sent, always; a log and a capture
 * where a person wants to look. */

#include "host.h"

#include <stdio.h>

struct record {
	const uint64_t *time_us;
	uint64_t digest;
	FILE *log;                     /* NULL: none */
	struct evtcp_capture *capture; /* NULL: none */
	struct evtcp_observer observer;
	struct evtcp_world world; /* of the capture */
};

/* record_init: log may be NULL, and stays the caller's; capture is the name of a
 * pcapng file to write, or NULL. time_us must outlive it. 0, or -1 with errno when
 * the file cannot be written. */
int record_init(struct record *record, const uint64_t *time_us, FILE *log, const char *capture);

/* record_free: closes the capture. */
void record_free(struct record *record);

/* record_sent: host has handed this packet, whose bytes in one piece are given, to
 * the link, which has lost it because of that, or EVTCP_CAUSE_NONE. */
void record_sent(struct record *record, const struct host *host, const struct evtcp_packet *packet,
	const uint8_t *bytes, enum evtcp_cause lost);

/* record_came: these bytes came to host, who made that of them. */
void record_came(struct record *record, const struct host *host, const uint8_t *bytes, size_t len,
	const struct evtcp_reason *reason);

/* record_say: one line of the log, with the time in front. */
void record_say(struct record *record, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
