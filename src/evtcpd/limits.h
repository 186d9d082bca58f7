/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LIMITS_H
#define EVTCPD_LIMITS_H

/* What --limit NAME=VALUE sets: the bounds on what strangers can make the daemon
 * hold or wait for. */

#include "http/limits.h"
#include <evtcp/stack.h>
#include <stdio.h>

/* The parts that have limits. */
struct limits {
	struct evtcp_limits stack;
	struct http_limits http;
};

/* limits_init: the defaults of each part. */
void limits_init(struct limits *limits);

/* limits_set: applies "NAME=VALUE". 0, or -1, nothing changed, and why says what is
 * wrong and what would be right (completes "--limit NAME=VALUE: "). */
#define LIMITS_WHY 128
int limits_set(struct limits *limits, const char *assignment, char *why, size_t size);

/* limits_share: what each of n workers gets of whole: of what is for the whole process an nth,
 * rounded up, so that what is not 0 stays so; of the rest as much as one alone. */
void limits_share(struct limits *share, const struct limits *whole, unsigned n);

/* limits_print_help: each limit with its default, range, unit, what 0 means there, and
 * what it bounds. */
void limits_print_help(FILE *file);

#endif
