/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PAGES_REPORT_H
#define EVTCPD_PAGES_REPORT_H

/* What /connections, /metrics and the control socket tell, of one worker or of several added up. */

#include "http/server.h"
#include <evtcp/causes.h>
#include <evtcp/info.h>
#include <evtcp/types.h>

struct evbuffer;
struct pages_host;

/* How connections are listed: as the members of an array, with commas between them, or each as a
 * line of its own, {"connection":{...}}. */
enum pages_report_style { PAGES_REPORT_ARRAY, PAGES_REPORT_LINES };

struct pages_report {
	enum pages_report_style style;
	struct evtcp_stack_usage usage;
	uint64_t counters[EVTCP_N_CAUSES];
	uint64_t states[EVTCP_N_STATES]; /* how many connections are in each, entries as well */
	struct evtcp_rtt_histogram rtts;
	struct http_server_counters http;
	struct evbuffer *list; /* connections as JSON */
	unsigned listed, omitted;
	int failed; /* memory ran out: the list has a gap */
};

/* pages_report_init: of nothing; 0, or -1 without memory. pages_report_free: in any case. */
int pages_report_init(struct pages_report *report, enum pages_report_style style);
void pages_report_free(struct pages_report *report);

/* pages_report_fill: of host, whose thread this is, with at most so many connections; the rest
 * are counted. report is of nothing yet. */
void pages_report_fill(struct pages_report *report, const struct pages_host *host, unsigned most);

/* pages_report_add: adds part to sum; the list of part moves over. */
void pages_report_add(struct pages_report *sum, struct pages_report *part);

#endif
