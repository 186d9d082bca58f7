/* SPDX-License-Identifier: BSD-3-Clause */

/* An emulated path between two kernels: two network namespaces, a TUN in each, the project's
 * link emulator between them.
 *
 *      emulated_path --client ADDR/PREFIX --server ADDR/PREFIX --impair SPEC [--pcap FILE]
 *
 *      server's namespace ── TUN "path0" ── link emulator ── TUN "path0" ── client's namespace
 *                                      tx ─►          ◄─ rx
 *
 * The namespace in which it is started becomes the server's; the client's is made, and is
 * the one that the process is in from then on: /proc/PID/ns/net. "ready" on stdout when both
 * devices are up; on SIGTERM or SIGINT one line of JSON, what was carried and lost, how late
 * the emulator itself was, and what each connection's server sent again. Then namespace and
 * devices go. FILE is a capture of what entered on the server's side and left there.
 *
 * It is driven by hand: ppoll waits with the grain of nanoseconds, and what is due is
 * delivered before anything else, so that its own lateness can be told. */

#include "flows.h"

#include <evtcp/capture.h>
#include <evtcp/impair.h>
#include <evtcp/stack.h>
#include <evtcp/tun.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PATH_MTU = 1500 };

static const char path_device[] = "path0";

/* Lateness is counted above these, in microseconds. */
static const uint64_t path_late_us[] = {1000, 5000, 20000};

enum { PATH_N_LATE = sizeof(path_late_us) / sizeof(path_late_us[0]) };

struct path {
	struct evtcp_tun *client_tun, *server_tun;
	struct evtcp_link *server_link; /* to the server's kernel */
	struct evtcp_link *bad;         /* the emulator, over the client's TUN */
	struct evtcp_impair *impair;
	struct evtcp_capture *capture; /* NULL for none */
	struct flows flows;
	uint64_t began_us, most_late_us;
	uint64_t late[PATH_N_LATE]; /* packets */
};

static volatile sig_atomic_t path_stopping;

static void path_stop(int signal)
{
	(void)signal;
	path_stopping = 1;
}

static void path_need(bool condition, const char *what, const char *why)
{
	if (condition)
		return;
	fprintf(stderr, "emulated_path: %s: %s\n", what, why);
	exit(1);
}

static uint64_t path_now_us(void)
{
	const struct evtcp_world *world = evtcp_world_system();

	return world->now_us(world->arg);
}

/* ---- making it ------------------------------------------------------- */

/* "10.0.0.1/24" or "fd00::1/64". */
static void path_parse_address(char *text, struct evtcp_tun_address *address)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&address->address;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&address->address;
	char *slash = strchr(text, '/');

	memset(address, 0, sizeof(*address));
	path_need(slash != NULL, text, "an address has a prefix: 10.0.0.1/24");
	*slash = '\0';
	address->prefix_len = (unsigned)atoi(slash + 1);
	if (inet_pton(AF_INET, text, &sin->sin_addr) == 1)
		sin->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &sin6->sin6_addr) == 1)
		sin6->sin6_family = AF_INET6;
	else
		path_need(false, text, "neither IPv4 nor IPv6");
}

/* Opens the TUN of the namespace that the process is in now. */
static struct evtcp_tun *path_open_tun(char *address)
{
	struct evtcp_tun_config config = {.name = path_device, .mtu = PATH_MTU, .n_host = 1};
	char text[EVTCP_TUN_TEXT];
	enum evtcp_tun_error error;
	struct evtcp_tun *tun;

	path_parse_address(address, &config.host[0]);
	tun = evtcp_tun_open(&config, &error, text, sizeof(text));
	path_need(tun != NULL, path_device, text);
	return tun;
}

static void path_to_client(void *arg, struct evtcp_packet *packet)
{
	struct path *path = arg;

	packet->at_us = path_now_us();
	evtcp_link_output(path->bad, packet);
}

static void path_to_server(void *arg, struct evtcp_packet *packet)
{
	struct path *path = arg;

	packet->at_us = path_now_us();
	packet->reason.cause = EVTCP_CAUSE_ACCEPTED;
	evtcp_link_output(path->server_link, packet);
}

/* What was passed on leaves (evtcp_link_output). */
static void path_flush_to_client(void *arg)
{
	struct path *path = arg;

	evtcp_link_flush(path->bad);
}

static void path_flush_to_server(void *arg)
{
	struct path *path = arg;

	evtcp_link_flush(path->server_link);
}

static void path_failed(void *arg, int error)
{
	(void)arg;
	path_need(false, path_device, strerror(error));
}

static void path_join(struct path *path, const char *spec)
{
	struct evtcp_observer observers[2] = {flows_observer(&path->flows)};
	struct evtcp_impair_config config = {.observers = observers, .n_observers = 1};
	struct evtcp_receiver from_server = {.input = path_to_client,
		.batch_end = path_flush_to_client,
		.failed = path_failed,
		.arg = path};
	struct evtcp_receiver from_client = from_server;
	struct evtcp_impair_error error;
	struct evtcp_link *client_link;

	from_client.input = path_to_server;
	from_client.batch_end = path_flush_to_server;
	if (path->capture)
		evtcp_capture_observer(path->capture, &observers[config.n_observers++]);
	if (evtcp_impair_parse(spec, &config.spec, &error) < 0)
		path_need(false, spec, error.text);
	path->server_link = evtcp_tun_link(path->server_tun, NULL, evtcp_world_system());
	client_link = evtcp_tun_link(path->client_tun, NULL, evtcp_world_system());
	path_need(path->server_link && client_link, "TUN", strerror(errno));
	path->bad = evtcp_impair_link_new(client_link, &config, &path->impair);
	path_need(path->bad != NULL, spec, strerror(errno));
	evtcp_link_set_receiver(path->server_link, &from_server);
	evtcp_link_set_receiver(path->bad, &from_client);
}

static void path_open_capture(struct path *path, const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	path_need(fd >= 0, name, strerror(errno));
	path->capture = evtcp_capture_new(fd, evtcp_world_system());
	path_need(path->capture != NULL, name, strerror(errno));
}

/* ---- running --------------------------------------------------------- */

/* Delivers what is due, and takes down how late that is: the packets of a turn are at most
 * as late as the first of them. */
static void path_deliver(struct path *path)
{
	struct evtcp_impair_usage before[2], after[2];
	uint64_t due = evtcp_impair_next_deadline(path->impair), now = path_now_us(), n = 0;

	if (due > now)
		return;
	for (unsigned i = 0; i < 2; i++)
		evtcp_impair_get_usage(path->impair, i, &before[i]);
	evtcp_impair_run(path->impair);
	for (unsigned i = 0; i < 2; i++) {
		evtcp_impair_get_usage(path->impair, i, &after[i]);
		n += after[i].delivered - before[i].delivered;
	}
	if (now - due > path->most_late_us)
		path->most_late_us = now - due;
	for (unsigned i = 0; i < PATH_N_LATE; i++)
		path->late[i] += now - due > path_late_us[i] ? n : 0;
}

/* How long until something is due; NULL is for ever. */
static const struct timespec *path_wait(const struct path *path, struct timespec *wait)
{
	uint64_t due = evtcp_impair_next_deadline(path->impair), now = path_now_us(), us;

	if (due == UINT64_MAX)
		return NULL;
	us = due > now ? due - now : 0;
	wait->tv_sec = (time_t)(us / 1000000);
	wait->tv_nsec = (long)(us % 1000000 * 1000);
	return wait;
}

static void path_run(struct path *path, const sigset_t *open_signals)
{
	struct pollfd fds[2] = {{.fd = evtcp_tun_get_fd(path->client_tun), .events = POLLIN},
		{.fd = evtcp_tun_get_fd(path->server_tun), .events = POLLIN}};
	struct timespec wait;

	path->began_us = path_now_us();
	while (!path_stopping) {
		ppoll(fds, 2, path_wait(path, &wait), open_signals);
		path_deliver(path);
		if (fds[0].revents)
			evtcp_tun_read(path->client_tun);
		if (fds[1].revents)
			evtcp_tun_read(path->server_tun);
	}
}

/* ---- telling --------------------------------------------------------- */

static void path_print_way(const struct path *path, enum evtcp_impair_direction direction)
{
	struct evtcp_impair_usage usage;

	evtcp_impair_get_usage(path->impair, direction, &usage);
	printf("{\"entered\":%" PRIu64 ",\"entered_bytes\":%" PRIu64 ",\"delivered\":%" PRIu64
	       ",\"delivered_bytes\":%" PRIu64 ",\"under_way\":%" PRIu64,
		usage.entered, usage.entered_bytes, usage.delivered, usage.delivered_bytes,
		usage.under_way);
	for (unsigned cause = 0; cause < EVTCP_N_CAUSES; cause++) {
		uint64_t n = evtcp_impair_get_counter(path->impair, direction, cause);

		if (n > 0)
			printf(",\"%s\":%" PRIu64, evtcp_cause_name(cause), n);
	}
	printf("}");
}

static void path_print(const struct path *path)
{
	printf("{\"seconds\":%.6f,\"to_client\":", (double)(path_now_us() - path->began_us) / 1e6);
	path_print_way(path, EVTCP_IMPAIR_TX);
	printf(",\"to_server\":");
	path_print_way(path, EVTCP_IMPAIR_RX);
	printf(",\"most_late_us\":%" PRIu64 ",\"late\":{", path->most_late_us);
	for (unsigned i = 0; i < PATH_N_LATE; i++)
		printf("%s\"%" PRIu64 "\":%" PRIu64, i == 0 ? "" : ",", path_late_us[i],
			path->late[i]);
	printf("},\"flows\":");
	flows_print(&path->flows, stdout);
	printf(",\"other_flows\":%" PRIu64 "}\n", path->flows.others);
}

static void path_close(struct path *path)
{
	evtcp_link_free(path->bad);
	evtcp_link_free(path->server_link);
	evtcp_capture_free(path->capture);
	flows_free(&path->flows);
}

/* ---- the program ----------------------------------------------------- */

struct path_options {
	char *client, *server, *spec, *pcap;
};

static void path_parse_options(struct path_options *options, int argc, char **argv)
{
	static const struct option table[] = {{"client", required_argument, NULL, 'c'},
		{"server", required_argument, NULL, 's'}, {"impair", required_argument, NULL, 'i'},
		{"pcap", required_argument, NULL, 'p'}, {0}};

	for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
		if (c == 'c')
			options->client = optarg;
		else if (c == 's')
			options->server = optarg;
		else if (c == 'i')
			options->spec = optarg;
		else if (c == 'p')
			options->pcap = optarg;
		else
			exit(2);
	}
	path_need(options->client && options->server && options->spec && optind == argc, "usage",
		"emulated_path --client ADDR/PREFIX --server ADDR/PREFIX --impair SPEC "
		"[--pcap FILE]");
}

/* The signals that stop it come in only while it waits: none is missed. */
static void path_catch_signals(sigset_t *open_signals)
{
	struct sigaction action = {.sa_handler = path_stop};
	sigset_t closed;

	sigemptyset(&closed);
	sigaddset(&closed, SIGTERM);
	sigaddset(&closed, SIGINT);
	sigprocmask(SIG_BLOCK, &closed, open_signals);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

int main(int argc, char **argv)
{
	static struct path path;
	struct path_options options = {0};
	sigset_t open_signals;

	path_parse_options(&options, argc, argv);
	path_catch_signals(&open_signals);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_TIMERSLACK, 1);
	if (options.pcap)
		path_open_capture(&path, options.pcap);
	path.server_tun = path_open_tun(options.server);
	path_need(unshare(CLONE_NEWNET) == 0, "a network namespace", strerror(errno));
	path.client_tun = path_open_tun(options.client);
	path_join(&path, options.spec);
	printf("ready\n");
	fflush(stdout);
	path_run(&path, &open_signals);
	path_print(&path);
	path_close(&path);
	return 0;
}
