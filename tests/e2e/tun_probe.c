/* SPDX-License-Identifier: BSD-3-Clause */

/* A TUN link on strings, for the scripts here.
 *
 *      tun_probe [-g UID] NAME MTU [host ADDRESS PREFIX_LEN | own ADDRESS PREFIX_LEN]...
 *
 * With -g it guards the device and becomes that user, without any capability.
 * In: lines on stdin: "send HEX" (one packet; "send -" an empty one), "cpu", "quit".
 * Out: lines on stdout: "error NUMBER TEXT" and exit status 10 + NUMBER if the set-up
 * fails, else "ready"; "in LENGTH FIRST_BYTE" for each packet, "end" after each batch,
 * "state up" or "state down" when that changes, "failed ERRNO" when the link has failed, "sent ok"
 * or "sent ERRNO", "cpu MICROSECONDS" since the start.
 *
 * It ends with "quit" or with its input, and frees what it has. */

#include <evtcp/tun.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct probe {
	struct event_base *base;
	struct evtcp_link *link;
	char line[8192]; /* what came from stdin and is no whole line yet */
	size_t len;
	int refused; /* errno of what was sent last; 0: it left */
};

static void probe_input(void *arg, struct evtcp_packet *packet)
{
	const uint8_t *first = packet->iov[0].iov_base;

	(void)arg;
	printf("in %zu %02x\n", packet->len, packet->len > 0 ? *first : 0);
}

static void probe_batch_end(void *arg)
{
	(void)arg;
	printf("end\n");
}

/* It waited until the burst was over, and the device has just refused it. */
static void probe_dropped(void *arg, enum evtcp_cause cause)
{
	struct probe *probe = arg;

	(void)cause;
	probe->refused = errno;
}

static void probe_failed(void *arg, int error)
{
	(void)arg;
	printf("failed %s\n", strerrorname_np(error));
}

static void probe_state(int up, void *arg)
{
	(void)arg;
	printf("state %s\n", up ? "up" : "down");
}

/* Reads hex digits into bytes; "-" is nothing. */
static size_t probe_unhex(const char *hex, uint8_t *bytes, size_t size)
{
	size_t n = 0;
	unsigned value;

	while (n < size && sscanf(hex + 2 * n, "%2x", &value) == 1)
		bytes[n++] = (uint8_t)value;
	return n;
}

static void probe_send(struct probe *probe, const char *hex)
{
	uint8_t bytes[4096];
	struct iovec iov = {bytes, probe_unhex(hex, bytes, sizeof(bytes))};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = iov.iov_len};

	probe->refused = evtcp_link_output(probe->link, &packet) < 0 ? errno : 0;
	evtcp_link_flush(probe->link);
	printf("sent %s\n", probe->refused == 0 ? "ok" : strerrorname_np(probe->refused));
}

static void probe_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("cpu %lld\n", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL +
				     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void probe_obey(struct probe *probe, const char *line)
{
	if (strncmp(line, "send ", 5) == 0)
		probe_send(probe, line + 5);
	else if (strcmp(line, "cpu") == 0)
		probe_cpu();
	else
		event_base_loopbreak(probe->base);
}

static void probe_readable(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;
	ssize_t n = read(fd, probe->line + probe->len, sizeof(probe->line) - 1 - probe->len);
	char *end;

	(void)what;
	if (n <= 0) {
		event_base_loopbreak(probe->base);
		return;
	}
	probe->len += (size_t)n;
	probe->line[probe->len] = '\0';
	while ((end = strchr(probe->line, '\n'))) {
		*end = '\0';
		probe_obey(probe, probe->line);
		probe->len -= (size_t)(end + 1 - probe->line);
		memmove(probe->line, end + 1, probe->len + 1);
	}
}

static int probe_read_address(struct evtcp_tun_address *address, const char *text, const char *len)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&address->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->address;

	address->prefix_len = (unsigned)atoi(len);
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	else
		return -1;
	return 0;
}

/* What follows the options. */
static int probe_read_config(struct evtcp_tun_config *config, int argc, char **argv)
{
	if (argc < 2 || argc % 3 != 2)
		return -1;
	config->name = argv[0];
	config->mtu = (unsigned)atoi(argv[1]);
	for (int i = 2; i < argc; i += 3) {
		struct evtcp_tun_address *address = strcmp(argv[i], "own") == 0
							    ? &config->own[config->n_own++]
							    : &config->host[config->n_host++];

		if (probe_read_address(address, argv[i + 1], argv[i + 2]) < 0)
			return -1;
	}
	return 0;
}

/* Guards the device, then gives up every privilege. */
static void probe_drop(struct evtcp_tun *tun, uid_t uid)
{
	if (evtcp_tun_guard(tun) < 0 || setresuid(uid, uid, uid) < 0) {
		perror("tun_probe");
		exit(4);
	}
}

static int probe_run(struct probe *probe)
{
	struct evtcp_receiver receiver = {
		.input = probe_input,
		.batch_end = probe_batch_end,
		.failed = probe_failed,
		.dropped = probe_dropped,
		.arg = probe,
	};
	struct event *commands =
		event_new(probe->base, STDIN_FILENO, EV_READ | EV_PERSIST, probe_readable, probe);

	evtcp_link_set_receiver(probe->link, &receiver);
	event_add(commands, NULL);
	printf("ready\n");
	event_base_dispatch(probe->base);
	event_free(commands);
	evtcp_link_free(probe->link);
	event_base_free(probe->base);
	return 0;
}

/* The device, or an exit with its error. */
static struct evtcp_tun *probe_open(const struct evtcp_tun_config *config)
{
	enum evtcp_tun_error error;
	char text[EVTCP_TUN_TEXT];
	struct evtcp_tun *tun = evtcp_tun_open(config, &error, text, sizeof(text));

	if (!tun) {
		printf("error %d %s\n", (int)error, text);
		exit(10 + (int)error);
	}
	return tun;
}

int main(int argc, char **argv)
{
	struct evtcp_tun_config config = {0};
	struct probe probe = {0};
	struct evtcp_tun *tun;
	int option;
	uid_t uid = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "g:")) == 'g')
		uid = (uid_t)atoi(optarg);
	if (option != -1 || probe_read_config(&config, argc - optind, argv + optind) < 0) {
		fprintf(stderr,
			"usage: tun_probe [-g UID] NAME MTU [host|own ADDRESS PREFIX_LEN]...\n");
		return 2;
	}
	tun = probe_open(&config);
	evtcp_tun_set_state_cb(tun, probe_state, &probe);
	if (uid != 0)
		probe_drop(tun, uid);
	probe.base = event_base_new();
	probe.link = evtcp_tun_link(tun, probe.base, evtcp_world_system());
	return probe.link ? probe_run(&probe) : 3;
}
