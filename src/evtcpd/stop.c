/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of serving, as a machine of three phases:
 *
 *   SERVING ── SIGINT, SIGTERM, SIGHUP ──► DRAINING ── quiet, or time is up ──► over
 *      │                                      └─────── a second signal ───────► over
 *      └────── COMMAND ended ────────────► LINGERING ── quiet, or 1 s ────────► over
 *
 * "Quiet" is when only TIME-WAIT is left: its two minutes are nobody's loss. With a
 * COMMAND, SIGINT is its own business, SIGTERM and SIGHUP are passed on to it, and a
 * second one kills it: its end is ours. Input: signals and a poll of the workers while
 * waiting for quiet; output: the exit status. */

#include "evtcpd/stop.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define STOP_POLL_US 2000      /* while waiting for quiet */
#define STOP_LINGER_US 1000000 /* after COMMAND */
#define STOP_TELL_US 100000    /* what takes less than this to finish is not told */
#define STOP_N_SIGNALS 4

enum stop_phase { STOP_SERVING, STOP_DRAINING, STOP_LINGERING };

struct stop {
	struct event_base *base;
	struct workers *workers;
	struct command *command; /* NULL without */
	const struct options *options;
	const struct log *log;
	enum stop_phase phase;
	uint64_t tell_us;  /* when to say what DRAINING waits for */
	uint64_t until_us; /* end of DRAINING or LINGERING */
	int last_signal;   /* the one that asked us to stop, 0 if none did */
	const char *why;   /* who asked, if it was no signal */
	int killed_by;     /* the second one, which ends at once */
	int is_told;       /* what the first one leads to was said */
	struct event *signals[STOP_N_SIGNALS];
	struct event *poll;
};

static uint64_t stop_now(void)
{
	const struct evtcp_world *world = evtcp_world_system();

	return world->now_us(world->arg);
}

static const char *stop_name(int signal)
{
	return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

/* Says once what a signal leads to: as soon as all is quiet, or it takes a while, or a good part of
 * the time that it may take. A client that has just gone may have its last segment still in the
 * device: it is none to wait for. */
static void stop_tell(struct stop *stop, int is_quiet)
{
	const char *name = stop->why != NULL ? stop->why : stop_name(stop->last_signal);
	uint64_t span_us = stop->options->limits.http.drain_us;

	if (stop->is_told || (!is_quiet && stop_now() < stop->tell_us))
		return;
	stop->is_told = 1;
	if (is_quiet)
		log_write(stop->log, LOG_NOTICE, "%s: stopping", name);
	else if (span_us != 0)
		log_write(stop->log, LOG_NOTICE,
			"%s: finishing open connections, for at most %" PRIu64
			" s; a second signal stops at once",
			name, (span_us + 999999) / 1000000);
	else
		log_write(stop->log, LOG_NOTICE,
			"%s: finishing open connections; a second signal stops at once", name);
}

/* ---- waiting for quiet ----------------------------------------------------------- */

static void stop_on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct stop *stop = (struct stop *)arg;
	int is_quiet = workers_are_quiet(stop->workers);

	(void)fd;
	(void)what;
	if (stop->phase == STOP_DRAINING)
		stop_tell(stop, is_quiet);
	if (is_quiet || stop_now() >= stop->until_us)
		event_base_loopbreak(stop->base);
}

static void stop_wait(struct stop *stop, enum stop_phase phase, uint64_t span_us)
{
	static const struct timeval interval = {0, STOP_POLL_US};

	stop->phase = phase;
	stop->until_us = stop_now() + span_us;
	event_add(stop->poll, &interval);
	event_active(stop->poll, EV_TIMEOUT, 0);
}

/* ---- signals ---------------------------------------------------------------------- */

static void stop_drain(struct stop *stop, int signal)
{
	uint64_t span_us = stop->options->limits.http.drain_us;

	span_us = span_us != 0 ? span_us : UINT64_MAX / 2;
	stop->last_signal = signal;
	stop->tell_us = stop_now() + (span_us / 2 < STOP_TELL_US ? span_us / 2 : STOP_TELL_US);
	workers_drain(stop->workers);
	stop_wait(stop, STOP_DRAINING, span_us);
}

static void stop_pass_on(struct stop *stop, int signal)
{
	if (stop->last_signal != 0) {
		stop->killed_by = signal;
		command_signal(stop->command, SIGKILL);
		return;
	}
	stop->last_signal = signal;
	command_signal(stop->command, signal);
}

static void stop_on_signal(evutil_socket_t number, short what, void *arg)
{
	struct stop *stop = (struct stop *)arg;

	(void)what;
	if (stop->command != NULL) {
		stop_pass_on(stop, (int)number);
	} else if (stop->phase == STOP_SERVING) {
		stop_drain(stop, (int)number);
	} else {
		stop->killed_by = (int)number;
		event_base_loopbreak(stop->base);
	}
}

int stop_request(struct stop *stop, const char *why)
{
	if (stop->phase != STOP_SERVING || stop->last_signal != 0)
		return -1;
	stop->why = why;
	if (stop->command != NULL)
		stop_pass_on(stop, SIGTERM);
	else
		stop_drain(stop, SIGTERM);
	return 0;
}

static void stop_on_child(evutil_socket_t number, short what, void *arg)
{
	struct stop *stop = (struct stop *)arg;

	(void)number;
	(void)what;
	if (stop->phase != STOP_SERVING || !command_reap(stop->command))
		return;
	workers_watch(stop->workers);
	stop_wait(stop, STOP_LINGERING, stop->killed_by ? 0 : STOP_LINGER_US);
}

/* ---- the whole ---------------------------------------------------------------------- */

static int stop_take_signal(struct stop *stop, size_t slot, int number, event_callback_fn cb)
{
	stop->signals[slot] = evsignal_new(stop->base, number, cb, stop);
	return stop->signals[slot] != NULL ? event_add(stop->signals[slot], NULL) : -1;
}

/* A SIGHUP that was ignored when we were started (nohup) stays so. */
static int stop_is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int stop_take_signals(struct stop *stop)
{
	int result = stop_take_signal(stop, 0, SIGTERM, stop_on_signal);

	if (!stop_is_ignored(SIGHUP))
		result |= stop_take_signal(stop, 1, SIGHUP, stop_on_signal);
	if (stop->command == NULL)
		return result | stop_take_signal(stop, 2, SIGINT, stop_on_signal);
	/* The terminal sends it to COMMAND as well. An interactive shell there takes the
	 * terminal away from our process group: we may write to it all the same. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	return result | stop_take_signal(stop, 3, SIGCHLD, stop_on_child);
}

struct stop *stop_new(
	struct workers *workers, struct command *command, const struct options *options)
{
	struct stop *stop = (struct stop *)calloc(1, sizeof(*stop));
	struct worker *first = workers_first(workers);

	if (stop == NULL)
		return NULL;
	stop->base = first->parts.base;
	stop->workers = workers;
	stop->command = command;
	stop->options = options;
	stop->log = &first->log;
	stop->poll = event_new(stop->base, -1, EV_PERSIST, stop_on_poll, stop);
	if (stop->poll == NULL || stop_take_signals(stop) < 0) {
		stop_free(stop);
		return NULL;
	}
	return stop;
}

/* Why serving had to end, or 0. */
static int stop_judge(const struct stop *stop, int loop_error, struct program_failure *failure)
{
	int link_error = workers_get_link_error(stop->workers);

	if (loop_error != 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"the event loop has failed, nothing more can be served: %s",
			strerror(loop_error));
	if (link_error != 0)
		return program_fail(failure, EXIT_STATUS_DEVICE_LOST,
			"%s is gone (%s): it was deleted, and nothing more can be served. Start "
			"evtcpd again to create a new one",
			stop->options->tun.name, strerror(link_error));
	return 0;
}

int stop_run(struct stop *stop, struct program_failure *failure)
{
	int loop_error;

	/* A COMMAND that ended before SIGCHLD was ours to take has told nobody. */
	if (stop->command != NULL)
		event_active(stop->signals[3], EV_SIGNAL, 1);
	if (event_base_dispatch(stop->base) < 0)
		loop_error = errno != 0 ? errno : EIO;
	else
		loop_error = workers_get_loop_error(stop->workers);
	if (stop_judge(stop, loop_error, failure) < 0) {
		if (stop->command != NULL)
			command_signal(stop->command, SIGTERM);
		return -1;
	}
	if (stop->command != NULL)
		return command_exit_status(stop->command);
	return stop->killed_by != 0 ? EXIT_STATUS_SIGNAL + stop->killed_by : EXIT_STATUS_OK;
}

void stop_free(struct stop *stop)
{
	if (stop == NULL)
		return;
	for (size_t i = 0; i < STOP_N_SIGNALS; i++) {
		if (stop->signals[i] != NULL)
			event_free(stop->signals[i]);
	}
	if (stop->poll != NULL)
		event_free(stop->poll);
	free(stop);
}
