/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_FLOWS_H
#define BENCH_FLOWS_H

/* The TCP connections over an emulated path, and what the server of each sent again. */

#include "retransmissions.h"

#include <evtcp/link.h>
#include <stdio.h>

enum { FLOWS_MAX = 64 };

struct flow {
	struct evtcp_tuple tuple; /* local is the server */
	struct retransmissions server;
};

/* Zeroed, it knows of none. */
struct flows {
	struct flow items[FLOWS_MAX];
	size_t len;
	uint64_t others; /* segments of more connections than that */
};

/* flows_observer: an observer that counts, for a link emulator whose stack is the server;
 * flows must outlive it. */
struct evtcp_observer flows_observer(struct flows *flows);

/* flows_print: a JSON array, an object for each connection. */
void flows_print(const struct flows *flows, FILE *file);

void flows_free(struct flows *flows);

#endif
