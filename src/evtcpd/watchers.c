/* SPDX-License-Identifier: BSD-3-Clause */
/* The fan-out from one tap and one sink, which is what the library offers, to a
 * capture, a ladder and the log. Opens their files; what they write is theirs. */

#include "evtcpd/watchers.h"
#include "program/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A line of the ladder: stderr, as stdout is COMMAND's. */
static void watchers_write_ladder(void *arg, const char *line)
{
	const struct watchers *watchers = (const struct watchers *)arg;

	output_add(watchers->log->output, line, strlen(line));
	output_flush(watchers->log->output);
}

/* Who is shown packets. */
static void watchers_list(struct watchers *watchers)
{
	size_t n = 0;

	if (watchers->capture != NULL)
		evtcp_capture_observer(watchers->capture, &watchers->observers[n++]);
	if (watchers->ladder != NULL)
		evtcp_ladder_observer(watchers->ladder, &watchers->observers[n++]);
	if (watchers->trace_file != NULL)
		trace_file_observer(watchers->trace_file, &watchers->observers[n++]);
	watchers->n_observers = n;
}

/* A capture that writes to the file at path; NULL with *failure, which names the option. *fd is its
 * descriptor. */
static struct evtcp_capture *watchers_open_file(
	const char *option, const char *path, int *fd, struct program_failure *failure)
{
	struct evtcp_capture *capture = NULL;

	*fd = output_open(path, 0);
	if (*fd >= 0 && !isatty(*fd))
		capture = evtcp_capture_new(*fd, evtcp_world_system());
	if (capture != NULL)
		return capture;
	if (*fd >= 0 && isatty(*fd))
		program_fail(failure, EXIT_STATUS_FILE,
			"%s %s: a capture is nothing for a terminal", option, path);
	else
		program_fail(failure, EXIT_STATUS_FILE,
			"%s %s: cannot open the capture for writing: %s", option, path,
			strerror(errno));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return NULL;
}

static int watchers_open_captures(
	struct watchers *watchers, const struct options *options, struct program_failure *failure)
{
	if (options->pcap != NULL) {
		watchers->capture =
			watchers_open_file("--pcap", options->pcap, &watchers->capture_fd, failure);
		if (watchers->capture == NULL)
			return -1;
		watchers_list(watchers);
	}
	if (options->pcap_stack == NULL)
		return 0;
	watchers->stack_capture = watchers_open_file(
		"--pcap-stack", options->pcap_stack, &watchers->stack_capture_fd, failure);
	return watchers->stack_capture != NULL ? 0 : -1;
}

static int watchers_open_trace(
	struct watchers *watchers, const char *path, struct program_failure *failure)
{
	watchers->trace_fd = trace_file_open(path, &watchers->own_trace);
	watchers->trace = &watchers->own_trace;
	if (watchers->trace_fd >= 0)
		return 0;
	return program_fail(failure, EXIT_STATUS_FILE,
		"--trace %s: cannot open the trace for writing: %s", path, strerror(errno));
}

static int watchers_open_ladder(struct watchers *watchers, struct program_failure *failure)
{
	watchers->ladder = evtcp_ladder_new(evtcp_world_system(), watchers_write_ladder, watchers);
	if (watchers->ladder == NULL)
		return program_fail(failure, EXIT_STATUS_FAILED, "--ladder: %s", strerror(errno));
	evtcp_ladder_set_columns(watchers->ladder, terminal_columns(STDERR_FILENO));
	watchers_list(watchers);
	evtcp_ladder_sink(watchers->ladder, &watchers->ladder_sink);
	return 0;
}

int watchers_open(struct watchers *watchers, const struct options *options, struct log *log,
	struct program_failure *failure)
{
	memset(watchers, 0, sizeof(*watchers));
	watchers->log = log;
	watchers->capture_fd = watchers->stack_capture_fd = watchers->trace_fd = -1;
	watchers->captures_come = options->control != NULL;
	watchers->told.name = "capture";
	watchers->stack_told.name = "capture of the stack";
	if (watchers_open_captures(watchers, options, failure) == 0 &&
		(options->trace == NULL ||
			watchers_open_trace(watchers, options->trace, failure) == 0) &&
		(!options->ladder || watchers_open_ladder(watchers, failure) == 0))
		return 0;
	watchers_close(watchers);
	return -1;
}

int watchers_attach(struct watchers *watchers, struct event_base *base, unsigned index,
	struct program_failure *failure)
{
	if (watchers->trace_fd < 0)
		return 0;
	watchers->trace_file = trace_file_new(watchers->trace, watchers->trace_fd, index, base);
	if (watchers->trace_file == NULL)
		return program_fail(failure, EXIT_STATUS_FAILED, "--trace: %s", strerror(errno));
	watchers_list(watchers);
	trace_file_sink(watchers->trace_file, &watchers->trace_sink);
	return 0;
}

/* What a capture could not take, as far as it was not told yet. */
static void watchers_tell_capture(
	struct log *log, struct evtcp_capture *capture, struct watchers_told *told)
{
	uint64_t dropped = evtcp_capture_get_dropped(capture);
	int error = evtcp_capture_get_error(capture);

	if (dropped != told->dropped)
		log_write(log, LOG_WARNING,
			"packets missing from the %s, as its reader was too slow: %" PRIu64,
			told->name, dropped);
	if (error != told->error)
		log_write(log, LOG_ERROR, "the %s has stopped, serving goes on without it: %s",
			told->name, strerror(error));
	told->dropped = dropped;
	told->error = error;
}

void watchers_share(struct watchers *guest, struct watchers *watchers, struct log *log)
{
	if (watchers->lock == NULL) {
		pthread_mutex_init(&watchers->own_lock, NULL);
		watchers->lock = &watchers->own_lock;
	}
	*guest = (struct watchers){
		.log = log,
		.capture_fd = -1,
		.stack_capture_fd = -1,
		.trace_fd = watchers->trace_fd,
		.trace = watchers->trace,
		.capture = watchers->capture,
		.stack_capture = watchers->stack_capture,
		.lock = watchers->lock,
		.is_guest = 1,
		.captures_come = watchers->captures_come,
	};
	watchers_list(guest);
}

/* What the trace has not told yet of its end. */
static void watchers_tell_trace(struct watchers *watchers)
{
	int error = watchers->trace_file != NULL ? trace_file_ended(watchers->trace_file) : 0;

	if (error != 0)
		log_write(watchers->log, LOG_ERROR,
			"the trace has stopped, serving goes on without it: %s", strerror(error));
}

/* ---- captures that come and go ----------------------------------------------------------- */

void watchers_set_capture(struct watchers *watchers, struct evtcp_capture *capture)
{
	watchers->capture = capture;
	watchers_list(watchers);
}

int watchers_begin_capture(struct watchers *watchers, int fd)
{
	struct evtcp_capture *capture = evtcp_capture_new(fd, evtcp_world_system());

	if (capture == NULL)
		return -1;
	watchers->told = (struct watchers_told){.name = "capture"};
	watchers_set_capture(watchers, capture);
	return 0;
}

/* Writes out what it has, and tells of what it could not. */
static void watchers_flush_capture(
	struct log *log, struct evtcp_capture *capture, struct watchers_told *told)
{
	evtcp_capture_flush(capture);
	watchers_tell_capture(log, capture, told);
}

void watchers_retire_capture(struct watchers *watchers)
{
	watchers->retired = watchers->capture;
	watchers_set_capture(watchers, NULL);
}

int watchers_end_capture(struct watchers *watchers)
{
	watchers_flush_capture(watchers->log, watchers->retired, &watchers->told);
	evtcp_capture_free(watchers->retired);
	watchers->retired = NULL;
	return watchers->told.error;
}

int watchers_are_there(const struct watchers *watchers)
{
	return watchers->n_observers != 0;
}

/* ---- the end ----------------------------------------------------------------------------- */

void watchers_close(struct watchers *watchers)
{
	if (watchers->trace_file != NULL) {
		trace_file_flush(watchers->trace_file);
		watchers_tell_trace(watchers);
		trace_file_free(watchers->trace_file);
	}
	watchers->trace_file = NULL;
	if (watchers->is_guest)
		return;
	if (watchers->trace_fd >= 0)
		close(watchers->trace_fd);
	watchers->trace_fd = -1;
	if (watchers->capture != NULL)
		watchers_flush_capture(watchers->log, watchers->capture, &watchers->told);
	if (watchers->stack_capture != NULL)
		watchers_flush_capture(
			watchers->log, watchers->stack_capture, &watchers->stack_told);
	evtcp_capture_free(watchers->capture);
	evtcp_capture_free(watchers->retired);
	evtcp_capture_free(watchers->stack_capture);
	if (watchers->ladder != NULL)
		evtcp_ladder_free(watchers->ladder);
	if (watchers->lock != NULL)
		pthread_mutex_destroy(watchers->lock);
	watchers->capture = watchers->retired = watchers->stack_capture = NULL;
	watchers->ladder = NULL;
	watchers->lock = NULL;
}

static void watchers_lock(struct watchers *watchers)
{
	if (watchers->lock != NULL)
		pthread_mutex_lock(watchers->lock);
}

static void watchers_unlock(struct watchers *watchers)
{
	if (watchers->lock != NULL)
		pthread_mutex_unlock(watchers->lock);
}

/* What a link did to a packet is an event to who hears no packets. */
static void watchers_tell_fate(const struct watchers *watchers, enum evtcp_sighting sighting,
	const struct evtcp_packet *packet)
{
	struct evtcp_event event = {.kind = EVTCP_EVENT_LINK};
	int is_live = (watchers->live.kinds & 1u << EVTCP_EVENT_LINK) != 0;
	int is_logged = log_level_of(&event) <= watchers->log->level;

	if ((!is_live && !is_logged) || !evtcp_event_of_sighting(&event, sighting, packet))
		return;
	if (is_live)
		watchers->live.event(watchers->live.arg, &event);
	log_event(watchers->log, &event);
}

static void watchers_see_packet(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	struct watchers *watchers = (struct watchers *)arg;

	watchers_tell_fate(watchers, sighting, packet);
	watchers_lock(watchers);
	for (size_t i = 0; i < watchers->n_observers; i++)
		watchers->observers[i].packet(watchers->observers[i].arg, sighting, packet);
	watchers_unlock(watchers);
}

struct evtcp_observer watchers_observer(struct watchers *watchers)
{
	return (struct evtcp_observer){watchers_see_packet, watchers};
}

/* What the stack sends and gets, above whatever else does something to it. */
static void watchers_see_stack(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	struct watchers *watchers = (struct watchers *)arg;
	struct evtcp_observer observer;

	evtcp_capture_observer(watchers->stack_capture, &observer);
	watchers_lock(watchers);
	observer.packet(observer.arg, sighting, packet);
	watchers_unlock(watchers);
}

struct evtcp_observer watchers_stack_observer(struct watchers *watchers)
{
	return (struct evtcp_observer){watchers_see_stack, watchers};
}

/* The events of which captures have something to say. */
static unsigned watchers_noted(const struct watchers *watchers)
{
	struct evtcp_sink sink;

	if (watchers->capture == NULL && watchers->stack_capture == NULL &&
		!watchers->captures_come)
		return 0;
	evtcp_capture_sink(NULL, &sink);
	return sink.kinds;
}

/* What the captures are to say of the next packet of that connection. */
static void watchers_note(struct watchers *watchers, const struct evtcp_event *event)
{
	struct evtcp_capture *captures[] = {watchers->capture, watchers->stack_capture};

	watchers_lock(watchers);
	for (size_t i = 0; i < sizeof(captures) / sizeof(captures[0]); i++) {
		struct evtcp_sink sink;

		if (captures[i] == NULL)
			continue;
		evtcp_capture_sink(captures[i], &sink);
		sink.event(sink.arg, event);
	}
	watchers_unlock(watchers);
}

static void watchers_hear_event(void *arg, const struct evtcp_event *event)
{
	struct watchers *watchers = (struct watchers *)arg;

	if (watchers->ladder != NULL && (watchers->ladder_sink.kinds & 1u << event->kind))
		watchers->ladder_sink.event(watchers->ladder_sink.arg, event);
	if (watchers_noted(watchers) & 1u << event->kind)
		watchers_note(watchers, event);
	if (watchers->trace_file != NULL && (watchers->trace_sink.kinds & 1u << event->kind))
		watchers->trace_sink.event(watchers->trace_sink.arg, event);
	if (watchers->live.kinds & 1u << event->kind)
		watchers->live.event(watchers->live.arg, event);
	log_event(watchers->log, event);
}

void watchers_set_live(struct watchers *watchers, const struct evtcp_sink *live)
{
	watchers->live = live != NULL ? *live : (struct evtcp_sink){0};
}

struct evtcp_sink watchers_sink(struct watchers *watchers)
{
	struct evtcp_sink sink = {watchers_hear_event, 0, watchers};
	struct evtcp_event event = {0};

	sink.kinds = watchers->live.kinds;
	if (watchers->ladder != NULL)
		sink.kinds |= watchers->ladder_sink.kinds;
	sink.kinds |= watchers->trace_sink.kinds | watchers_noted(watchers);
	for (int kind = 0; kind < EVTCP_N_EVENT_KINDS; kind++) {
		event.kind = (enum evtcp_event_kind)kind;
		if (log_level_of(&event) <= watchers->log->level)
			sink.kinds |= 1u << kind;
	}
	return sink;
}

int watchers_need_ticks(const struct watchers *watchers)
{
	return watchers->capture != NULL || watchers->stack_capture != NULL ||
	       watchers->trace_fd >= 0 || watchers->log->level >= LOG_INFO;
}

void watchers_tick(struct watchers *watchers, uint64_t now_us)
{
	watchers_lock(watchers);
	if (watchers->capture != NULL && !watchers->is_guest)
		watchers_flush_capture(watchers->log, watchers->capture, &watchers->told);
	if (watchers->stack_capture != NULL && !watchers->is_guest)
		watchers_flush_capture(
			watchers->log, watchers->stack_capture, &watchers->stack_told);
	watchers_unlock(watchers);
	watchers_tell_trace(watchers);
	if (watchers->log->n_suppressed != 0)
		log_tick(watchers->log, now_us);
}
