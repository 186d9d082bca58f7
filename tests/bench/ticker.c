/* SPDX-License-Identifier: BSD-3-Clause */

/* One small request every so often on a connection that stays, and how long each answer took.
 *
 *      ticker ADDRESS INTERVAL_US SECONDS
 *
 * Asks port 80 for "/" at moments that are fixed beforehand, INTERVAL_US apart. The time of an
 * answer begins when its request is sent, or, if the answer before came so late that it could
 * not be sent then, when it should have been: who waits longer than INTERVAL_US is late for
 * those behind it, too. That this process itself wakes up late is not the server's doing, and
 * does not count until the request is sent. One line of JSON on stdout: the times in us, in the
 * order of the requests. Exit status 1 if a request was not answered in full. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
	TICKER_ANSWER = 4096,   /* octets, head and body, at most */
	TICKER_PATIENCE_S = 10, /* for an answer */
	TICKER_TICKS = 1000000  /* at most */
};

static void ticker_need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "ticker: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
	exit(1);
}

static uint64_t ticker_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void ticker_sleep_until(uint64_t moment)
{
	struct timespec at = {
		.tv_sec = (time_t)(moment / 1000000), .tv_nsec = (long)(moment % 1000000 * 1000)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		continue;
}

static int ticker_connect(const char *address)
{
	struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(80)};
	struct timeval patience = {.tv_sec = TICKER_PATIENCE_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	ticker_need(fd >= 0, "socket");
	ticker_need(inet_pton(AF_INET, address, &server.sin_addr) == 1, address);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ticker_need(connect(fd, (struct sockaddr *)&server, sizeof(server)) == 0, "connect");
	return fd;
}

/* How many octets an answer has, once its head is there; 0 before. */
static size_t ticker_answer_len(const char *answer)
{
	static const char field[] = "\r\ncontent-length:";
	const char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, field);

	if (!end || !length)
		return 0;
	return (size_t)(end + 4 - answer) + strtoul(length + sizeof(field) - 1, NULL, 10);
}

/* Reads one answer to its end: 200, and not an octet more than it says. */
static void ticker_read_answer(int fd)
{
	static const char status[] = "HTTP/1.1 200 ";
	char answer[TICKER_ANSWER + 1];
	size_t len = 0, wanted = 0;

	while (wanted == 0 || len < wanted) {
		ssize_t n;

		errno = 0;
		ticker_need(len < TICKER_ANSWER, "the answer is too long");
		n = recv(fd, answer + len, TICKER_ANSWER - len, 0);
		ticker_need(n > 0, "the answer");
		len += (size_t)n;
		answer[len] = '\0';
		wanted = ticker_answer_len(answer);
	}
	errno = 0;
	ticker_need(
		len == wanted && strncmp(answer, status, sizeof(status) - 1) == 0, "the answer");
}

/* Asks n times; took has room for as many. */
static void ticker_run(int fd, const char *address, uint64_t interval_us, uint32_t *took, size_t n)
{
	char request[256];
	int len = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", address);
	uint64_t due = ticker_now_us(), answered = 0;

	for (size_t i = 0; i < n; i++, due += interval_us) {
		uint64_t from;

		ticker_sleep_until(due);
		from = answered > due ? due : ticker_now_us();
		ticker_need(send(fd, request, (size_t)len, MSG_NOSIGNAL) == len, "send");
		ticker_read_answer(fd);
		answered = ticker_now_us();
		took[i] = (uint32_t)(answered - from);
	}
}

int main(int argc, char **argv)
{
	uint64_t interval_us = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	double ticks = interval_us > 0 ? atof(argv[3]) * 1e6 / (double)interval_us : 0;
	uint32_t *took;
	size_t n;
	int fd;

	if (!(ticks >= 1 && ticks <= TICKER_TICKS)) {
		fprintf(stderr, "usage: ticker ADDRESS INTERVAL_US SECONDS\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	n = (size_t)ticks;
	took = calloc(n, sizeof(*took));
	ticker_need(took != NULL, "memory");
	fd = ticker_connect(argv[1]);
	ticker_run(fd, argv[1], interval_us, took, n);
	close(fd);
	printf("{\"took_us\":[");
	for (size_t i = 0; i < n; i++)
		printf("%s%u", i == 0 ? "" : ",", (unsigned)took[i]);
	printf("]}\n");
	free(took);
	return 0;
}
