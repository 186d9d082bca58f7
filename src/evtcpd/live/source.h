/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LIVE_SOURCE_H
#define EVTCPD_LIVE_SOURCE_H

/* What one worker has to tell to readers of /_/events: its connections, and for each reader that
 * asks for it a recorder of one of them. It belongs to the worker's thread; readers of other
 * workers reach it by a post.
 *
 * Nobody asks: then it has no memory, no timer, and the stack's events go to nobody. */

#include "evtcpd/live/frame.h"
#include "evtcpd/live/recorder.h"

#include <stdatomic.h>

struct event;
struct evtcp_stack;
struct source_recorder;

/* So many readers there may be in all; each has a recorder of 75 KB at most in each worker. */
enum { SOURCE_READERS = 16 };

/* Connections that are listed, in all workers together; how often a recorder takes a sample; and
 * how long it waits for its reader to come again, where that is another worker's, which says
 * nothing when it is gone. */
enum { SOURCE_LISTED = 100, SOURCE_SAMPLE_US = 50000, SOURCE_LEASE_US = 3000000 };

struct source {
	struct evtcp_stack *stack;
	/* Says who is to hear the stack's events; NULL: nobody. */
	void (*set_sink)(void *arg, const struct evtcp_sink *sink);
	void *arg;
	struct source_recorder *first; /* NULL: nobody is watching a connection */
	struct event *timer;           /* of samples; NULL: likewise */
	uint64_t serial;               /* of its last reader */
	atomic_uint readers;           /* of the whole daemon, where this is the first worker's */
};

/* What a reader asks for. */
struct source_question {
	uint64_t reader; /* tells readers apart */
	int has_remote;  /* it wants the events of the connection that has this remote end, but */
	struct evtcp_endpoint remote;
	struct evtcp_tuple
		own;   /* not those of the connection on which it is told, which is marked */
	int worker;    /* of who is asked; -1: there is but one */
	unsigned most; /* connections that are listed */
};

/* What it is told. */
struct slice {
	struct evtcp_stack_usage usage;
	struct frame rows, marks, samples, chosen; /* with commas; chosen: a row, or nothing */
	struct recorder_place sent, received;
	unsigned listed;
	uint64_t missed;
};

/* source_init: nobody is watching. stack must outlive it, set_sink with arg is called from the
 * calls below, in the thread of the stack. source_end: nobody can any more. */
void source_init(struct source *source, struct evtcp_stack *stack,
	void (*set_sink)(void *arg, const struct evtcp_sink *sink), void *arg);
void source_end(struct source *source);

/* source_fill: what there is to tell; the recorder, made now if there is none, is empty then.
 * Without memory for it the slice has no marks. */
void source_fill(
	struct source *source, const struct source_question *question, struct slice *slice);

/* source_sample: to be called each SOURCE_SAMPLE_US: each recorder takes a sample, and goes where
 * its reader is late. The timer does, where the stack has a loop. */
void source_sample(struct source *source, uint64_t now_us);

/* source_forget: the reader is gone. */
void source_forget(struct source *source, uint64_t reader);

/* slice_init: of nothing; 0, or -1 without memory. slice_free: in any case. */
int slice_init(struct slice *slice);
void slice_free(struct slice *slice);

/* slice_add: adds part to sum; its texts move over. slice_forget_state: only what has happened
 * stays, not what there is. */
void slice_add(struct slice *sum, struct slice *part);
void slice_forget_state(struct slice *slice);

#endif
