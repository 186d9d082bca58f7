/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_METRICS_H
#define EVTCPD_METRICS_H

/* A report as OpenMetrics text, for Prometheus and its kin. */

#include "evtcpd/pages_report.h"

/* The type of that text, for an HTTP response. */
#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* metrics_write: appends what report says, of so many workers, to text; cpu_us is the process's
 * time on processors. The list of connections is not looked at. 0, or -1 without memory: then the
 * text has gaps. */
int metrics_write(struct evbuffer *text, const struct pages_report *report, unsigned workers,
	uint64_t cpu_us);

#endif
