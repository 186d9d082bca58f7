/* SPDX-License-Identifier: BSD-3-Clause */

/* Many HTTP connections from one process, opened all at once, or so many at a time.
 *
 *      many_connections [-c] [-h] [-w WAITING] [-p PATH] [-s SOURCE]... [-b PORT]
 *              ADDRESS PORT NUMBER
 *
 * In: where to (IPv4 or IPv6), how many; -s names the client's IPv4 addresses, used in turn; -b its
 * first port, each connection has the next (else the kernel chooses); -w how many may wait for
 * their answer at a time (else all); -c asks for
 * "Connection: close" and reads until the server does; -h holds the connections, idle,
 * until stdin ends. Out: one line on stdout when each has its answer or has failed:
 * "answered N failed N slowest MS ms", before the connections are closed; with -h another then,
 * "held N lost N": lost are those that the server has closed meanwhile. Exit status 0 if every
 * connection was answered with 200 and a whole body, and none was lost.
 *
 * Answers are waited for a minute at most, and nothing of the bodies is kept. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOURCES_MAX 64
#define DEADLINE_MS 60000

struct connection {
	int fd;
	bool sent, done;
	uint32_t head_len; /* of what is in head */
	uint64_t missing;  /* bytes of the body, once the head is whole */
	char head[512];
};

struct crowd {
	struct connection *connections;
	unsigned n, opened, answered, failed;
	unsigned most_waiting;
	const char *path;
	bool closes, holds;
	struct sockaddr_storage server; /* of either family */
	struct sockaddr_storage sources[SOURCES_MAX];
	unsigned n_sources;
	unsigned first_port; /* 0: the kernel chooses */
	int epoll;
	int64_t began_ms, last_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void finish(struct crowd *crowd, struct connection *connection, bool well, const char *why)
{
	connection->done = true;
	if (well) {
		crowd->answered++;
	} else if (crowd->failed++ < 5) {
		fprintf(stderr, "connection %td: %s: %s\n", connection - crowd->connections, why,
			strerror(errno));
	}
	crowd->last_ms = now_ms();
	epoll_ctl(crowd->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
}

/* An address of either family with a port. -1 if it is none. */
static int read_address(struct sockaddr_storage *to, const char *address, unsigned port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		return 0;
	}
	if (inet_pton(AF_INET6, address, &in6->sin6_addr) != 1)
		return -1;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	return 0;
}

/* Gives the connection its own address and port, where they were asked for. */
static int bind_one(const struct crowd *crowd, unsigned i, int fd)
{
	struct sockaddr_storage source = {.ss_family = crowd->server.ss_family};
	int on = 1;

	if (crowd->n_sources == 0 && crowd->first_port == 0)
		return 0;
	if (crowd->n_sources > 0)
		source = crowd->sources[i % crowd->n_sources];
	if (crowd->first_port > 0) {
		/* In both families the port stands behind the family. */
		((struct sockaddr_in *)&source)->sin_port =
			htons((uint16_t)(crowd->first_port + i));
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	} else { /* chosen by connect, which knows the whole tuple */
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	}
	return bind(fd, (const struct sockaddr *)&source, sizeof(source));
}

static int open_one(struct crowd *crowd, unsigned i)
{
	struct connection *connection = &crowd->connections[i];
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u32 = i};

	connection->fd = socket(crowd->server.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connection->fd < 0 || bind_one(crowd, i, connection->fd) < 0)
		return -1;
	if (connect(connection->fd, (struct sockaddr *)&crowd->server, sizeof(crowd->server)) < 0 &&
		errno != EINPROGRESS)
		return -1;
	return epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, connection->fd, &event);
}

static void send_request(struct crowd *crowd, struct connection *connection)
{
	struct epoll_event event = {
		.events = EPOLLIN, .data.u32 = (uint32_t)(connection - crowd->connections)};
	char request[512];
	int error = 0, len;
	socklen_t size = sizeof(error);

	getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	errno = error;
	if (error != 0) {
		finish(crowd, connection, false, "connect");
		return;
	}
	len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: server\r\n%s\r\n",
		crowd->path, crowd->closes ? "Connection: close\r\n" : "");
	if (write(connection->fd, request, (size_t)len) != len) {
		finish(crowd, connection, false, "write");
		return;
	}
	connection->sent = true;
	epoll_ctl(crowd->epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

/* Takes bytes of the head; what is beyond its end counts as body. False if it cannot
 * be understood. */
static bool read_head(struct connection *connection, const char *bytes, size_t len)
{
	size_t room = sizeof(connection->head) - 1 - connection->head_len;
	const char *end, *length;
	size_t before = connection->head_len;

	memcpy(connection->head + before, bytes, len < room ? len : room);
	connection->head_len += (uint32_t)(len < room ? len : room);
	connection->head[connection->head_len] = '\0';
	end = strstr(connection->head, "\r\n\r\n");
	if (!end)
		return len < room;
	length = strcasestr(connection->head, "\r\ncontent-length:");
	if (strncmp(connection->head, "HTTP/1.1 200 ", 13) != 0 || !length)
		return false;
	connection->missing = strtoull(length + 17, NULL, 10) + 1; /* 0 is "no head yet" */
	connection->missing -= before + len - (size_t)(end + 4 - connection->head);
	return connection->missing >= 1;
}

static void receive(struct crowd *crowd, struct connection *connection)
{
	char bytes[16384];
	ssize_t n = read(connection->fd, bytes, sizeof(bytes));

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		finish(crowd, connection, n == 0 && crowd->closes && connection->missing == 1,
			n == 0 ? "early end" : "read");
		return;
	}
	if (connection->missing == 0) {
		if (!read_head(connection, bytes, (size_t)n))
			finish(crowd, connection, false, "answer");
	} else if ((uint64_t)n >= connection->missing) {
		finish(crowd, connection, false, "too many bytes");
	} else {
		connection->missing -= (uint64_t)n;
	}
	if (!connection->done && connection->missing == 1 && !crowd->closes)
		finish(crowd, connection, true, "");
}

static void open_more(struct crowd *crowd)
{
	while (crowd->opened < crowd->n &&
		crowd->opened - crowd->answered - crowd->failed < crowd->most_waiting) {
		unsigned i = crowd->opened++;

		if (open_one(crowd, i) < 0)
			finish(crowd, &crowd->connections[i], false, "open");
	}
}

static void run(struct crowd *crowd)
{
	struct epoll_event events[256];

	while (crowd->answered + crowd->failed < crowd->n &&
		now_ms() - crowd->began_ms < DEADLINE_MS) {
		int n;

		open_more(crowd);
		n = epoll_wait(crowd->epoll, events, 256, 1000);
		for (int i = 0; i < n; i++) {
			struct connection *connection = &crowd->connections[events[i].data.u32];

			if (!connection->sent)
				send_request(crowd, connection);
			else
				receive(crowd, connection);
		}
	}
}

static int read_options(struct crowd *crowd, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "b:chp:s:w:")) != -1) {
		if (option == 'b') {
			crowd->first_port = (unsigned)atoi(optarg);
		} else if (option == 'c') {
			crowd->closes = true;
		} else if (option == 'h') {
			crowd->holds = true;
		} else if (option == 'p') {
			crowd->path = optarg;
		} else if (option == 'w') {
			crowd->most_waiting = (unsigned)atoi(optarg);
		} else if (option == 's' && crowd->n_sources < SOURCES_MAX) {
			if (read_address(&crowd->sources[crowd->n_sources++], optarg, 0) < 0)
				return -1;
		} else {
			return -1;
		}
	}
	if (argc - optind != 3 ||
		read_address(&crowd->server, argv[optind], (unsigned)atoi(argv[optind + 1])) < 0)
		return -1;
	crowd->n = (unsigned)atoi(argv[optind + 2]);
	return 0;
}

/* A descriptor each, and a few for the rest. */
static int raise_limit(unsigned n)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = n + 64;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* Until stdin ends. How many answered connections are not as they were left: closed, reset, or
 * with something to read that nobody has asked for. */
static unsigned hold(const struct crowd *crowd)
{
	unsigned held = 0;
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	for (unsigned i = 0; i < crowd->opened; i++) {
		const struct connection *connection = &crowd->connections[i];

		held += connection->missing == 1 &&
			recv(connection->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
			errno == EAGAIN;
	}
	printf("held %u lost %u\n", held, crowd->answered - held);
	return crowd->answered - held;
}

int main(int argc, char **argv)
{
	struct crowd crowd = {.path = "/", .most_waiting = UINT32_MAX};
	unsigned lost = 0;

	if (read_options(&crowd, argc, argv) < 0) {
		fprintf(stderr,
			"usage: many_connections [-c] [-h] [-w WAITING] [-p PATH] [-s SOURCE]... "
			"[-b PORT] ADDRESS PORT NUMBER\n");
		return 2;
	}
	crowd.connections = calloc(crowd.n, sizeof(*crowd.connections));
	crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
	crowd.began_ms = crowd.last_ms = now_ms();
	if (!crowd.connections || raise_limit(crowd.n) < 0) {
		perror("many_connections");
		return 1;
	}
	crowd.began_ms = now_ms();
	run(&crowd);
	printf("answered %u failed %u slowest %lld ms\n", crowd.answered, crowd.n - crowd.answered,
		(long long)(crowd.last_ms - crowd.began_ms));
	fflush(stdout);
	if (crowd.holds)
		lost = hold(&crowd);
	for (unsigned i = 0; i < crowd.opened; i++)
		close(crowd.connections[i].fd);
	free(crowd.connections);
	return crowd.answered == crowd.n && lost == 0 ? 0 : 1;
}
