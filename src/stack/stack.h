/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_STACK_H
#define STACK_STACK_H

/* What a stack is made of. The room's files share this one struct; each of its
 * parts belongs to the file that is named beside it. */

#include "ip/ip.h"
#include "ip/path_mtu.h"
#include "ip/reassembly.h"
#include "stack/batch.h"
#include "stack/expect.h"
#include "stack/group.h"
#include "stack/timers.h"
#include "tcp/tcp.h"
#include "trace/trace.h"
#include "util/list.h"
#include <evtcp/stack.h>

struct event_base;
struct evtcp_conn;

/* The link's end, when it failed for good (flush.c tells it). */
struct stack_failure {
	void (*cb)(struct evtcp_stack *stack, int error, void *arg); /* NULL: nobody asked */
	void *arg;
	int error; /* errno; 0 while the link works */
	bool told; /* cb has run */
};

struct evtcp_stack {
	struct event_base *base; /* NULL: driven by hand */
	struct evtcp_world world;
	struct tracer trace;
	struct ip ip;
	struct reassembly reassembly; /* reassemble.c */
	struct path_mtu paths;        /* paths.c */
	struct tcp tcp;
	struct evtcp_link *link;    /* owned; NULL until one is attached */
	unsigned mtu;               /* the link's, in bytes */
	struct batch batch;         /* batch.c */
	struct expect expect;       /* expect.c */
	struct timers timers;       /* timers.c */
	struct list listeners;      /* listener.c: every listener object, owned */
	struct list touched;        /* conn.c: connections that the application changed */
	struct list starved;        /* conn.c: those that wait for the memory of others */
	struct list lost;           /* conn.c: those at rest that could not be woken, */
	struct list gone;           /* conn.c: and those of them that were told so */
	struct evtcp_conn *hearing; /* conn.c: whose callbacks run; NULL once it is freed */
	bool flushing;              /* flush.c: no flush starts inside a flush */
	struct stack_failure failure;
	struct group_membership membership; /* group.c */
};

#endif
