/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts together what a worker is made of, and takes it apart. Knows no thread and no other
 * worker. */

#include "evtcpd/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#define WORKER_TICK_US 1000000 /* of the watchers */

void worker_init(struct worker *worker, unsigned index, const struct options *options)
{
	*worker = (struct worker){.index = index, .options = options};
	output_init(&worker->output, STDERR_FILENO, LOG_MARK);
	log_init(&worker->log, &worker->output, options->verbosity);
	worker->watchers.log = &worker->log;
	worker->watchers.capture_fd = -1;
	worker->watchers.trace_fd = -1;
}

/* The loop's timers drive TCP's. Without the flag they have the grain of a kernel tick:
 * measured at HZ=250, a timer comes 2.2 ms late in the mean, with it 0.1 ms, for half
 * a microsecond more in each turn of the loop. */
static struct event_base *worker_new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config == NULL)
		return NULL;
	if (event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NOLOCK) ==
		0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

int worker_open_loop(struct worker *worker, int access_fd, struct program_failure *failure)
{
	struct server_parts *parts = &worker->parts;

	parts->base = worker_new_base();
	if (parts->base == NULL)
		return program_fail(failure, EXIT_STATUS_FAILED, "cannot create an event loop: %s",
			strerror(errno));
	if (output_attach(&worker->output, parts->base) < 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot set up writing to stderr: %s", strerror(errno));
	if (access_fd < 0)
		return 0;
	parts->access_log = access_log_new(access_fd, parts->base, parts->world);
	if (parts->access_log == NULL)
		return program_fail(
			failure, EXIT_STATUS_FAILED, "--access-log: %s", strerror(errno));
	return 0;
}

static void worker_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct worker *worker = (struct worker *)arg;
	const struct evtcp_world *world = worker->parts.world;

	(void)fd;
	(void)what;
	watchers_tick(&worker->watchers, world->now_us(world->arg));
}

int worker_open_server(struct worker *worker, struct program_failure *failure)
{
	static const struct timeval interval = {WORKER_TICK_US / 1000000, WORKER_TICK_US % 1000000};
	struct server_parts *parts = &worker->parts;

	parts->watchers = &worker->watchers;
	if (watchers_attach(&worker->watchers, parts->base, worker->index, failure) < 0 ||
		server_open(&worker->server, worker->options, parts, failure) < 0)
		return -1;
	if (!watchers_need_ticks(&worker->watchers) && worker->options->control == NULL)
		return 0;
	worker->tick = event_new(parts->base, -1, EV_PERSIST, worker_on_tick, worker);
	if (worker->tick == NULL || event_add(worker->tick, &interval) < 0)
		return program_fail(
			failure, EXIT_STATUS_FAILED, "cannot set up a timer: %s", strerror(ENOMEM));
	return 0;
}

void worker_show_to(struct worker *worker, struct evtcp_capture *capture)
{
	watchers_set_capture(&worker->watchers, capture);
	server_set_watched(&worker->server, watchers_are_there(&worker->watchers));
}

void worker_set_log_level(struct worker *worker, enum log_level level)
{
	worker->log.level = level;
	server_renew_sink(&worker->server);
}

unsigned worker_close(struct worker *worker)
{
	struct server_parts *parts = &worker->parts;
	unsigned aborted = server_close(&worker->server);

	if (worker->tick != NULL)
		event_free(worker->tick);
	worker->tick = NULL;
	evtcp_tun_close(parts->tun);
	evtcp_fault_free(parts->script);
	access_log_free(parts->access_log);
	watchers_close(&worker->watchers);
	output_detach(&worker->output);
	if (parts->base != NULL)
		event_base_free(parts->base);
	*parts = (struct server_parts){0};
	return aborted;
}

void worker_end(struct worker *worker)
{
	output_end(&worker->output);
}
