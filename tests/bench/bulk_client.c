/* SPDX-License-Identifier: BSD-3-Clause */

/* One download for a fixed time, and how much of it came.
 *
 *      bulk_client ADDRESS PORT SECONDS
 *
 * Asks for /bytes/N with an N that never ends and reads, without looking at it, until SECONDS
 * after it began to connect: handshake and slow start are included. Then the connection is
 * reset, so that nobody goes on sending. One line of JSON on stdout: bytes of the body, when
 * the handshake was over and the first byte there, and the bytes that had come by each tenth
 * of a second. Exit status 1 if the connection ended before. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CLIENT_PAUSE_US = 10000,
	CLIENT_STEP_US = 100000,
	CLIENT_STEPS_MAX = 6000,
	CLIENT_MARK = 1 << 20
};

struct client {
	int fd;
	uint64_t began_us, connected_us, first_us, end_us;
	uint64_t bytes;                   /* of the body */
	size_t n_steps;                   /* tenths of a second that are over, */
	uint64_t steps[CLIENT_STEPS_MAX]; /* and what had come by the end of each */
};

static void client_need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "bulk_client: %s: %s\n", what, errno ? strerror(errno) : "too early");
	exit(1);
}

static uint64_t client_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Waits for the socket until moment; false when that has come. */
static bool client_wait(const struct client *client, short events, uint64_t moment)
{
	struct pollfd pollfd = {.fd = client->fd, .events = events};
	uint64_t now = client_now_us();
	struct timespec wait;
	int n;

	if (now >= moment)
		return false;
	wait.tv_sec = (time_t)((moment - now) / 1000000);
	wait.tv_nsec = (long)((moment - now) % 1000000 * 1000);
	n = ppoll(&pollfd, 1, &wait, NULL);
	client_need(n >= 0, "poll");
	return n > 0;
}

static void client_connect(struct client *client, const char *address, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int error = 0;
	socklen_t len = sizeof(error);

	client_need(inet_pton(AF_INET, address, &sin.sin_addr) == 1, address);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	client_need(client->fd >= 0, "socket");
	if (connect(client->fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		client_need(errno == EINPROGRESS, "connect");
	errno = ETIMEDOUT;
	client_need(client_wait(client, POLLOUT, client->end_us), "connect");
	getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	errno = error;
	client_need(error == 0, "connect");
	client->connected_us = client_now_us();
}

static void client_ask(const struct client *client, const char *address)
{
	char request[256];
	int len = snprintf(request, sizeof(request),
		"GET /bytes/1000000000000 HTTP/1.1\r\nHost: %s\r\n\r\n", address);

	client_need(send(client->fd, request, (size_t)len, MSG_NOSIGNAL) == len, "send");
}

/* Reads the answer's head, octet by octet so that nothing of the body is taken with it. */
static void client_read_head(struct client *client)
{
	static const char status[] = "HTTP/1.1 200 ";
	char head[4096];
	size_t len = 0;

	while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
		ssize_t n;

		client_need(client_wait(client, POLLIN, client->end_us), "the answer's head");
		errno = 0;
		client_need(len < sizeof(head), "the answer's head is too long");
		n = recv(client->fd, head + len, 1, 0);
		client_need(n == 1, "the answer's head");
		if (len++ == 0)
			client->first_us = client_now_us();
	}
	errno = EBADMSG;
	client_need(memcmp(head, status, sizeof(status) - 1) == 0, "the answer");
}

/* The tenths of a second that are over by now. */
static void client_step(struct client *client, uint64_t now)
{
	while (client->n_steps < CLIENT_STEPS_MAX &&
		client->began_us + (client->n_steps + 1) * CLIENT_STEP_US <= now)
		client->steps[client->n_steps++] = client->bytes;
}

/* Until there is nothing more to read. The kernel throws away what is asked for with
 * MSG_TRUNC: nothing is copied. */
static void client_take(struct client *client)
{
	static char untouched[1 << 20];
	ssize_t n;

	while ((n = recv(client->fd, untouched, sizeof(untouched), MSG_TRUNC)) > 0)
		client->bytes += (uint64_t)n;
	if (n == 0)
		errno = 0;
	client_need(n < 0 && errno == EAGAIN, "the connection ended");
}

/* Reads every now and then: to wake up for each segment would cost more than all of TCP. That
 * it leaves data unread must not keep the kernel from acknowledging each second segment at
 * once, hence the low-water mark, which is never reached. */
static void client_read_body(struct client *client)
{
	int mark = CLIENT_MARK;
	uint64_t now;

	setsockopt(client->fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark));
	while ((now = client_now_us()) < client->end_us) {
		uint64_t next = now + CLIENT_PAUSE_US;

		client_wait(client, 0, next < client->end_us ? next : client->end_us);
		client_take(client);
		client_step(client, client_now_us());
	}
}

static void client_print(const struct client *client)
{
	printf("{\"bytes\":%llu,\"seconds\":%.6f,\"connected_us\":%llu,\"first_us\":%llu,"
	       "\"tenths\":[",
		(unsigned long long)client->bytes,
		(double)(client->end_us - client->began_us) / 1e6,
		(unsigned long long)(client->connected_us - client->began_us),
		(unsigned long long)(client->first_us - client->began_us));
	for (size_t i = 0; i < client->n_steps; i++)
		printf("%s%llu", i == 0 ? "" : ",", (unsigned long long)client->steps[i]);
	printf("]}\n");
}

int main(int argc, char **argv)
{
	static struct client client;
	struct linger reset = {.l_onoff = 1, .l_linger = 0};

	if (argc != 4) {
		fprintf(stderr, "usage: bulk_client ADDRESS PORT SECONDS\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	client.began_us = client_now_us();
	client.end_us = client.began_us + (uint64_t)(atof(argv[3]) * 1e6);
	client_connect(&client, argv[1], (uint16_t)atoi(argv[2]));
	client_ask(&client, argv[1]);
	client_read_head(&client);
	client_read_body(&client);
	setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(client.fd);
	client_print(&client);
	return 0;
}
