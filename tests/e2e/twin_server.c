/* SPDX-License-Identifier: BSD-3-Clause */

/* The twin of evtcpd on the kernel's sockets: it answers every request with the bytes
 * of a file, so that only the TCP below differs.
 *
 *      twin_server PORT RESPONSE_FILE keep-alive|close|pieces
 *
 * In: one connection at a time, requests without body. Out: the file, in one write, for
 * each; then the server closes, or waits until the client does. Where it closes, it says before
 * it writes that more comes (TCP_CORK), as servers do that want the FIN on the last of the answer
 * (nginx's tcp_nopush). With "pieces" it waits, too, but is no twin: it writes a piece after the
 * other, without Nagle's algorithm. "ready" on stdout when it listens. It understands nothing of
 * HTTP but the empty line. */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char response[1 << 20];
static size_t response_len;

static int listen_on(uint16_t port)
{
	/* "::" is IPv4's any, too. */
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, off = 0;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 16) < 0) {
		perror("twin_server");
		exit(1);
	}
	return fd;
}

/* Reads up to the empty line. False at the end of the connection. */
static bool read_request(int fd)
{
	char request[8192];
	size_t len = 0;

	while (len < sizeof(request) - 1) {
		ssize_t n = read(fd, request + len, sizeof(request) - 1 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n"))
			return true;
	}
	return false;
}

/* piece: at most so many bytes a write. */
static bool answer(int fd, size_t piece)
{
	for (size_t at = 0; at < response_len; at += piece) {
		size_t len = response_len - at < piece ? response_len - at : piece;

		if (write(fd, response + at, len) != (ssize_t)len)
			return false;
	}
	return true;
}

static void serve(int fd, const char *mode)
{
	bool closes = strcmp(mode, "close") == 0, pieces = strcmp(mode, "pieces") == 0;
	int on = 1;

	if (closes)
		setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	if (pieces)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (read_request(fd)) {
		if (!answer(fd, pieces ? 5000 : sizeof(response)) || closes)
			break;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	FILE *file = argc == 4 ? fopen(argv[2], "rb") : NULL;
	int listener, fd;

	if (!file) {
		fprintf(stderr, "usage: twin_server PORT RESPONSE_FILE keep-alive|close|pieces\n");
		return 2;
	}
	response_len = fread(response, 1, sizeof(response), file);
	fclose(file);
	listener = listen_on((uint16_t)atoi(argv[1]));
	printf("ready\n");
	fflush(stdout);
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		serve(fd, argv[3]);
	return 1;
}
