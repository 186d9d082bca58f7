/* SPDX-License-Identifier: BSD-3-Clause */
/* The threads of the workers, and what the main thread has to say to them and they to it. What
 * is said is posted through the group that their stacks are (evtcp/group.h), and runs in the
 * loop of whom it is for. Between threads there is nothing else, but one word for each worker
 * that says whether it is quiet. */

#include "evtcpd/workers.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORKERS_POLL_US 2000 /* how often a worker looks whether it is quiet */
#define WORKERS_RETRY_US 1000

/* A worker and its thread. */
struct workers_member {
	struct worker worker;
	struct workers *workers;
	pthread_t thread;
	int has_thread;
	/* Of the worker's thread: looks whether it is quiet; NULL before it was asked to. */
	struct event *poll;
	_Atomic int is_quiet; /* what it has said last */
	_Atomic int over;     /* its loop was left: nobody reads what is posted to it */
	int error;            /* of its link or loop, on its way to the main thread */
	/* Of the main thread: what is still to be posted, when a first try failed. */
	void (*untold)(struct evtcp_stack *stack, void *arg);
};

struct workers {
	const struct options *options;
	const struct evtcp_world *world;
	struct limits limits;    /* of each */
	const struct root *root; /* of files; NULL: they serve none */
	struct evtcp_group *group;
	unsigned n;
	sem_t begun; /* one for each thread that has */
	int link_error, loop_error;
	struct output_turn log_turn, access_turn; /* at stderr and at the access log */
	struct pages_host hosts[OPTIONS_WORKERS];
	struct workers_member members[];
};

/* ---- making ------------------------------------------------------------------------ */

struct workers *workers_new(const struct options *options, const struct evtcp_world *world)
{
	unsigned n = options->workers;
	size_t size = sizeof(struct workers) + n * sizeof(struct workers_member);
	struct workers *workers = (struct workers *)world->alloc(world->arg, size);

	if (workers == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	memset(workers, 0, size);
	workers->options = options;
	workers->world = world;
	workers->n = n;
	sem_init(&workers->begun, 0, 0);
	limits_share(&workers->limits, &options->limits, n);
	for (unsigned i = 0; i < n; i++) {
		workers->members[i].workers = workers;
		worker_init(&workers->members[i].worker, i, options);
	}
	return workers;
}

void workers_free(struct workers *workers)
{
	if (workers == NULL)
		return;
	for (unsigned i = 0; i < workers->n; i++)
		worker_end(&workers->members[i].worker);
	sem_destroy(&workers->begun);
	workers->world->free(workers->world->arg, workers);
}

struct worker *workers_first(struct workers *workers)
{
	return &workers->members[0].worker;
}

unsigned workers_count(const struct workers *workers)
{
	return workers->n;
}

struct worker *workers_at(struct workers *workers, unsigned i)
{
	return &workers->members[i].worker;
}

struct evtcp_group *workers_group(const struct workers *workers)
{
	return workers->group;
}

const struct pages_host *workers_get_host(const struct workers *workers)
{
	return &workers->hosts[0];
}

/* ---- opening ----------------------------------------------------------------------- */

/* The descriptors are the same for all. */
static void workers_share_outputs(struct workers *workers, struct worker *worker, int access_fd)
{
	struct output_turn *access_turn =
		access_fd == STDERR_FILENO ? &workers->log_turn : &workers->access_turn;

	if (workers->n == 1)
		return;
	output_share(&worker->output, &workers->log_turn);
	if (worker->parts.access_log != NULL)
		access_log_share(worker->parts.access_log, access_turn);
}

int workers_open_loops(struct workers *workers, int access_fd, struct program_failure *failure)
{
	for (unsigned i = 0; i < workers->n; i++) {
		struct worker *worker = &workers->members[i].worker;

		worker->parts.world = workers->world;
		if (worker_open_loop(worker, access_fd, failure) < 0)
			return -1;
		workers_share_outputs(workers, worker, access_fd);
	}
	return 0;
}

/* In the main thread. */
static void workers_on_failed(struct evtcp_stack *stack, void *arg)
{
	struct workers_member *member = (struct workers_member *)arg;
	struct workers *workers = member->workers;

	if (stack == NULL)
		return;
	workers->link_error = member->error;
	event_base_loopbreak(workers->members[0].worker.parts.base);
}

/* In the thread of the worker whose link has failed. That of the others has failed, too, or will:
 * it is one device. Should the post fail, there is theirs. */
static void workers_on_link_failed(int error, void *arg)
{
	struct workers_member *member = (struct workers_member *)arg;
	struct workers *workers = member->workers;

	member->error = error;
	if (member->worker.index == 0)
		workers_on_failed(member->worker.server.stack, member);
	else
		evtcp_group_post(workers->group, 0, workers_on_failed, member);
}

static int workers_open_server(
	struct workers *workers, struct workers_member *member, struct program_failure *failure)
{
	struct worker *worker = &member->worker;
	unsigned i = worker->index;

	worker->parts.limits = &workers->limits;
	worker->parts.tells_state = i == 0;
	worker->parts.failed = workers_on_link_failed;
	worker->parts.failed_arg = member;
	worker->parts.host = &workers->hosts[i];
	workers->hosts[i] = (struct pages_host){.root = workers->root,
		.group = workers->group,
		.all = workers->hosts,
		.n = workers->n,
		.place = i};
	if (i != 0)
		watchers_share(
			&worker->watchers, &workers->members[0].worker.watchers, &worker->log);
	if (worker_open_server(worker, failure) < 0)
		return -1;
	if (workers->group != NULL && evtcp_group_join(workers->group, i, worker->server.stack) < 0)
		return program_fail(failure, EXIT_STATUS_FAILED, "cannot join the workers: %s",
			strerror(errno));
	return 0;
}

/* The queues of all, before any is used: which packets come to which depends on how many there
 * are. */
static int workers_open_queues(
	struct workers *workers, struct evtcp_tun *tun, struct program_failure *failure)
{
	enum evtcp_tun_error error;
	char text[EVTCP_TUN_TEXT];

	workers->members[0].worker.parts.tun = tun;
	for (unsigned i = 1; i < workers->n; i++) {
		struct evtcp_tun *queue = evtcp_tun_open_queue(tun, &error, text, sizeof(text));

		if (queue == NULL)
			return program_fail(failure, EXIT_STATUS_FAILED,
				"cannot open a queue for worker %u: %s", i, text);
		workers->members[i].worker.parts.tun = queue;
	}
	return 0;
}

void workers_set_root(struct workers *workers, const struct root *root)
{
	workers->root = root;
}

int workers_open_servers(struct workers *workers, struct evtcp_tun *tun,
	struct evtcp_fault_script *script, struct program_failure *failure)
{
	workers->members[0].worker.parts.script = script;
	if (workers_open_queues(workers, tun, failure) < 0)
		return -1;
	if (workers->n > 1) {
		workers->group = evtcp_group_new(workers->n, workers->world);
		if (workers->group == NULL)
			return program_fail(failure, EXIT_STATUS_FAILED,
				"cannot set up the workers: %s", strerror(errno));
	}
	for (unsigned i = 0; i < workers->n; i++) {
		if (workers_open_server(workers, &workers->members[i], failure) < 0)
			return -1;
	}
	return 0;
}

/* ---- threads ------------------------------------------------------------------------ */

/* In the main thread. */
static void workers_on_loop_failed(struct evtcp_stack *stack, void *arg)
{
	struct workers_member *member = (struct workers_member *)arg;

	if (stack == NULL)
		return;
	member->workers->loop_error = member->error;
	event_base_loopbreak(member->workers->members[0].worker.parts.base);
}

/* For a thread to name another is to write a file, which the sandbox has closed already. */
static void workers_name_thread(unsigned index)
{
	char name[16]; /* as long as Linux lets it be */

	snprintf(name, sizeof(name), "evtcpd/%u", index);
	pthread_setname_np(pthread_self(), name);
}

static void *workers_run(void *arg)
{
	struct workers_member *member = (struct workers_member *)arg;

	workers_name_thread(member->worker.index);
	sem_post(&member->workers->begun);
	if (event_base_dispatch(member->worker.parts.base) < 0) {
		member->error = errno;
		evtcp_group_post(member->workers->group, 0, workers_on_loop_failed, member);
	}
	atomic_store(&member->over, 1);
	return NULL;
}

static int workers_start_thread(struct workers_member *member)
{
	int error = pthread_create(&member->thread, NULL, workers_run, member);

	member->has_thread = error == 0;
	return error;
}

/* A worker that is woken does not interrupt who runs on its processor, which without this is often
 * the client that has just sent one packet and has more to send: several workers have less to do
 * each and sleep more often than one, and would be woken for every packet. From here on it holds
 * for this thread and those that it starts. Who chose another policy for us keeps it. */
static void workers_wait_their_turn(void)
{
	static const struct sched_param none;

	if (sched_getscheduler(0) == SCHED_OTHER)
		sched_setscheduler(0, SCHED_BATCH, &none);
}

int workers_start(struct workers *workers, struct program_failure *failure)
{
	sigset_t all, old;
	int error = 0;

	if (workers->n > 1)
		workers_wait_their_turn();
	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* a forbidden call that is blocked ends us without a word */
	pthread_sigmask(SIG_SETMASK, &all, &old); /* a thread begins with its maker's */
	for (unsigned i = 1; i < workers->n && error == 0; i++)
		error = workers_start_thread(&workers->members[i]);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	for (unsigned i = 1; i < workers->n && error == 0; i++) {
		while (sem_wait(&workers->begun) < 0)
			; /* by a signal */
	}
	if (error == 0)
		return 0;
	return program_fail(failure, EXIT_STATUS_FAILED,
		"cannot start %u workers: %s; ask for fewer (--workers)", workers->n,
		strerror(error));
}

static void workers_on_end(struct evtcp_stack *stack, void *arg)
{
	struct workers_member *member = (struct workers_member *)arg;

	if (stack != NULL)
		event_base_loopbreak(member->worker.parts.base);
}

/* An inbox that is full becomes empty while its worker runs, and memory comes back: waits for
 * that, unless the worker's loop has failed. */
static void workers_end_thread(struct workers *workers, struct workers_member *member)
{
	while (!atomic_load(&member->over) &&
		evtcp_group_post(workers->group, member->worker.index, workers_on_end, member) < 0)
		usleep(WORKERS_RETRY_US);
	pthread_join(member->thread, NULL);
	member->has_thread = 0;
}

/* ---- quiet -------------------------------------------------------------------------- */

static void workers_look(struct workers_member *member)
{
	int is_quiet = server_count_connections(&member->worker.server) == 0;

	atomic_store(&member->is_quiet, is_quiet);
}

static void workers_on_poll(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	workers_look((struct workers_member *)arg);
}

/* In the worker's thread: without memory for an event it has told all the same, once, and the
 * end comes when time is up. */
static void workers_on_watch(struct evtcp_stack *stack, void *arg)
{
	static const struct timeval interval = {0, WORKERS_POLL_US};
	struct workers_member *member = (struct workers_member *)arg;

	if (stack == NULL)
		return;
	workers_look(member);
	if (member->poll != NULL)
		return;
	member->poll =
		event_new(member->worker.parts.base, -1, EV_PERSIST, workers_on_poll, member);
	if (member->poll != NULL)
		event_add(member->poll, &interval);
}

static void workers_on_drain(struct evtcp_stack *stack, void *arg)
{
	struct workers_member *member = (struct workers_member *)arg;

	if (stack == NULL)
		return;
	server_drain(&member->worker.server);
	workers_on_watch(stack, member);
}

/* What could not be posted before, is posted now, or later. */
static void workers_tell(struct workers *workers)
{
	for (unsigned i = 1; i < workers->n; i++) {
		struct workers_member *member = &workers->members[i];

		if (member->untold != NULL &&
			evtcp_group_post(workers->group, i, member->untold, member) == 0)
			member->untold = NULL;
	}
}

static void workers_ask(struct workers *workers, void (*cb)(struct evtcp_stack *stack, void *arg))
{
	for (unsigned i = 1; i < workers->n; i++) {
		atomic_store(&workers->members[i].is_quiet, 0);
		workers->members[i].untold = cb;
	}
	workers_tell(workers);
}

void workers_drain(struct workers *workers)
{
	server_drain(&workers->members[0].worker.server);
	workers_ask(workers, workers_on_drain);
}

void workers_watch(struct workers *workers)
{
	workers_ask(workers, workers_on_watch);
}

int workers_are_quiet(struct workers *workers)
{
	int all = server_count_connections(&workers->members[0].worker.server) == 0;

	workers_tell(workers);
	for (unsigned i = 1; i < workers->n; i++)
		all &= atomic_load(&workers->members[i].is_quiet);
	return all;
}

/* ---- the end ------------------------------------------------------------------------ */

int workers_get_link_error(const struct workers *workers)
{
	return workers->link_error;
}

int workers_get_loop_error(const struct workers *workers)
{
	return workers->loop_error;
}

/* Guests of the first one's watchers, so it goes last. */
unsigned workers_close(struct workers *workers)
{
	unsigned aborted = 0;

	for (unsigned i = 1; i < workers->n; i++) {
		if (workers->members[i].has_thread)
			workers_end_thread(workers, &workers->members[i]);
	}
	for (unsigned i = workers->n; i-- > 0;) {
		if (workers->members[i].poll != NULL)
			event_free(workers->members[i].poll);
		workers->members[i].poll = NULL;
		aborted += worker_close(&workers->members[i].worker);
	}
	evtcp_group_free(workers->group);
	workers->group = NULL;
	return aborted;
}
