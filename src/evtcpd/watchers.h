/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_WATCHERS_H
#define EVTCPD_WATCHERS_H

/* Whoever watches the stack at work: a capture (--pcap, or one that is started later), the ladder
 * of
 * --ladder, the trace of --trace, the log. Packets and events come in once and go to each. */

#include "evtcpd/exit_status.h"
#include "evtcpd/log.h"
#include "evtcpd/options.h"
#include "evtcpd/trace_file.h"
#include "program/failure.h"
#include <evtcp/capture.h>
#include <evtcp/ladder.h>
#include <pthread.h>

/* What was said of a capture. */
struct watchers_told {
	const char *name;
	uint64_t dropped; /* packets that it lacks */
	int error;        /* errno value with which it stopped; 0: it has not */
};

struct watchers {
	struct evtcp_capture *capture;       /* NULL: none */
	int capture_fd;                      /* that of --pcap; -1 without */
	struct evtcp_capture *stack_capture; /* NULL without --pcap-stack */
	int stack_capture_fd;                /* its descriptor; -1 without */
	struct evtcp_ladder *ladder;         /* NULL without --ladder */
	int trace_fd;                        /* of the trace; -1 without --trace */
	struct trace_shared *trace;          /* what those that write it share; of the host */
	struct trace_shared own_trace;
	struct trace_file *trace_file; /* this one's part; NULL without, or not attached yet */
	struct log *log;
	pthread_mutex_t own_lock, *lock; /* of the capture, if several threads use it; else NULL */
	int is_guest;                    /* the capture is another's to flush and to close */
	int captures_come;               /* one may be started while the server runs */
	struct evtcp_capture *retired;   /* one that was stopped, until nobody uses it; NULL */
	struct watchers_told told;       /* of capture, or of what was it last */
	struct watchers_told stack_told; /* of stack_capture */
	struct evtcp_observer observers[3];
	size_t n_observers;
	struct evtcp_sink ladder_sink, trace_sink;
	struct evtcp_sink live; /* of the live page, while it is watched; kinds 0: it is not */
};

/* watchers_open: opens what options ask for. log and watchers stay the caller's and
 * must outlive every link and stack that got them. 0, or -1 with *failure, and
 * nothing is open. */
int watchers_open(struct watchers *watchers, const struct options *options, struct log *log,
	struct program_failure *failure);

/* watchers_share: guest, of another thread with a log of its own, shows packets to the capture of
 * watchers, too: each that comes or goes while another is written waits for that. Only where there
 * is no ladder. Before any packet; guest ends before watchers. */
void watchers_share(struct watchers *guest, struct watchers *watchers, struct log *log);

/* watchers_set_capture: from here on packets are shown to capture, or to none if that is NULL. In
 * the thread that shows them.
 *
 * watchers_begin_capture: the first of them, which writes out and closes: makes a capture of fd,
 * its own from here on, and shows packets to it. 0, or -1 with errno, and fd is the caller's.
 * watchers_retire_capture: shows packets to none; the capture lives until watchers_end_capture,
 * which all others' watchers_set_capture(NULL) come before. Waits for who reads a pipe as
 * evtcp_capture_free does. Returns the errno value with which the capture had stopped by itself, 0
 * for none. */
void watchers_set_capture(struct watchers *watchers, struct evtcp_capture *capture);
int watchers_begin_capture(struct watchers *watchers, int fd);
void watchers_retire_capture(struct watchers *watchers);
int watchers_end_capture(struct watchers *watchers);

/* watchers_are_there: whether anybody is shown packets. */
int watchers_are_there(const struct watchers *watchers);

/* watchers_attach: before packets come: makes what needs the loop base, of the worker that has this
 * index. 0, or -1 with *failure. watchers_close undoes it, before base is freed. */
int watchers_attach(struct watchers *watchers, struct event_base *base, unsigned index,
	struct program_failure *failure);

/* watchers_close: after the stack and its links are gone. Tells what watchers_tick has
 * not yet told of the capture. */
void watchers_close(struct watchers *watchers);

/* watchers_observer: one observer that shows each packet to all. */
struct evtcp_observer watchers_observer(struct watchers *watchers);

/* watchers_set_live: who hears events for the live page from here on, as long as watchers_sink is
 * given to the stack anew; NULL: nobody. */
void watchers_set_live(struct watchers *watchers, const struct evtcp_sink *live);

/* watchers_stack_observer: the one for what the stack itself sends and gets, where there is a
 * stack_capture. */
struct evtcp_observer watchers_stack_observer(struct watchers *watchers);

/* watchers_sink: one sink that hands each event to all who want its kind. */
struct evtcp_sink watchers_sink(struct watchers *watchers);

/* watchers_need_ticks: 1 when watchers_tick has anything to do, ever. */
int watchers_need_ticks(const struct watchers *watchers);

/* watchers_tick: to be called about once a second: writes out what the capture has
 * buffered, and tells if it could not or lacks packets; lets the log say what it suppressed. */
void watchers_tick(struct watchers *watchers, uint64_t now_us);

#endif
