/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of serving, as a machine of three phases:
 *
 *   SERVING ── SIGINT, SIGTERM, SIGHUP ──► DRAINING ── quiet, or time is up ──► over
 *      │                                      └─────── a second signal ───────► over
 *      └────── COMMAND ended ────────────► LINGERING ── quiet, or 1 s ────────► over
 *
 * "Quiet" is when only TIME-WAIT is left: its two minutes are nobody's loss. With a
 * COMMAND, SIGINT is its own business, SIGTERM and SIGHUP are passed on to it, and a
 * second one kills it: its end is ours. Input: signals and a poll of the server while
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
#define STOP_TICK_US 1000000   /* of the watchers, while serving */
#define STOP_N_SIGNALS 4

enum stop_phase { STOP_SERVING, STOP_DRAINING, STOP_LINGERING };

struct stop {
	struct event_base *base;
	struct server *server;
	struct command *command; /* NULL without */
	struct watchers *watchers;
	const struct options *options;
	const struct log *log;
	enum stop_phase phase;
	uint64_t until_us; /* end of DRAINING or LINGERING */
	int last_signal;   /* the one that asked us to stop, 0 if none did */
	int killed_by;     /* the second one, which ends at once */
	struct event *signals[STOP_N_SIGNALS];
	struct event *poll, *tick;
};

static uint64_t stop_now(void)
{
	const struct evtcp_world *world = evtcp_world_system();

	return world->now_us(world->arg);
}

/* ---- waiting for quiet ----------------------------------------------------------- */

static void stop_on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct stop *stop = (struct stop *)arg;

	(void)fd;
	(void)what;
	if (server_is_quiet(stop->server) || stop_now() >= stop->until_us)
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

static const char *stop_name(int signal)
{
	return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

static void stop_drain(struct stop *stop, int signal)
{
	uint64_t span_us = stop->options->limits.http.drain_us;

	stop->last_signal = signal;
	server_drain(stop->server);
	if (server_is_quiet(stop->server))
		log_write(stop->log, LOG_NOTICE, "%s: stopping", stop_name(signal));
	else if (span_us != 0)
		log_write(stop->log, LOG_NOTICE,
			"%s: finishing open connections, for at most %" PRIu64
			" s; a second signal stops at once",
			stop_name(signal), (span_us + 999999) / 1000000);
	else
		log_write(stop->log, LOG_NOTICE,
			"%s: finishing open connections; a second signal stops at once",
			stop_name(signal));
	stop_wait(stop, STOP_DRAINING, span_us != 0 ? span_us : UINT64_MAX / 2);
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

static void stop_on_child(evutil_socket_t number, short what, void *arg)
{
	struct stop *stop = (struct stop *)arg;

	(void)number;
	(void)what;
	if (stop->phase != STOP_SERVING || !command_reap(stop->command))
		return;
	stop_wait(stop, STOP_LINGERING, stop->killed_by ? 0 : STOP_LINGER_US);
}

static void stop_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct stop *stop = (struct stop *)arg;

	(void)fd;
	(void)what;
	watchers_tick(stop->watchers, stop_now());
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

static int stop_make_timers(struct stop *stop)
{
	static const struct timeval interval = {0, STOP_TICK_US};

	stop->poll = event_new(stop->base, -1, EV_PERSIST, stop_on_poll, stop);
	stop->tick = event_new(stop->base, -1, EV_PERSIST, stop_on_tick, stop);
	if (stop->poll == NULL || stop->tick == NULL)
		return -1;
	return watchers_need_ticks(stop->watchers) ? event_add(stop->tick, &interval) : 0;
}

struct stop *stop_new(struct event_base *base, struct server *server, struct command *command,
	const struct options *options, struct watchers *watchers)
{
	struct stop *stop = (struct stop *)calloc(1, sizeof(*stop));

	if (stop == NULL)
		return NULL;
	stop->base = base;
	stop->server = server;
	stop->command = command;
	stop->options = options;
	stop->watchers = watchers;
	stop->log = watchers->log;
	if (stop_take_signals(stop) < 0 || stop_make_timers(stop) < 0) {
		stop_free(stop);
		return NULL;
	}
	return stop;
}

int stop_run(struct stop *stop, struct failure *failure)
{
	/* A COMMAND that ended before SIGCHLD was ours to take has told nobody. */
	if (stop->command != NULL)
		event_active(stop->signals[3], EV_SIGNAL, 1);
	if (event_base_dispatch(stop->base) < 0) {
		if (stop->command != NULL)
			command_signal(stop->command, SIGTERM);
		return failure_set(failure, EXIT_STATUS_FAILED,
			"the event loop has failed, nothing more can be served: %s",
			strerror(errno));
	}
	if (stop->server->link_error != 0) {
		if (stop->command != NULL)
			command_signal(stop->command, SIGTERM);
		return failure_set(failure, EXIT_STATUS_DEVICE_LOST,
			"%s is gone (%s): it was deleted, and nothing more can be served. Start "
			"evtcpd again to create a new one",
			stop->options->tun.name, strerror(stop->server->link_error));
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
	if (stop->tick != NULL)
		event_free(stop->tick);
	free(stop);
}
