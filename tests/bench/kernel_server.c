/* SPDX-License-Identifier: BSD-3-Clause */

/* evtcpd's /bytes/N on the kernel's TCP: the same answer, for a comparison of what lies
 * below it.
 *
 *      kernel_server PORT CONGESTION_CONTROL
 *
 * "ready" on stdout when it listens; exit status 3 if the kernel does not know or does not
 * permit the congestion control. Each connection is served by a process of its own, one
 * request long: N zeros as fast as the kernel takes them. When it has ended, one line of JSON
 * on stdout: the kernel's TCP_INFO as it last was while data was sent. */

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVER_PIECE = 1 << 16, SERVER_NO_SUCH_CC = 3 };

static void server_need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "kernel_server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int server_listen(uint16_t port, const char *cc)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, off = 0;

	server_need(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, (socklen_t)strlen(cc)) < 0) {
		fprintf(stderr, "kernel_server: congestion control %s: %s\n", cc, strerror(errno));
		exit(SERVER_NO_SUCH_CC);
	}
	server_need(bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0, "bind");
	server_need(listen(fd, 16) == 0, "listen");
	return fd;
}

/* Reads up to the empty line; how many bytes are asked for, 0 if that cannot be told. */
static uint64_t server_read_request(int fd)
{
	char request[4096];
	size_t len = 0;
	unsigned long long bytes;

	while (len < sizeof(request) - 1) {
		ssize_t n = read(fd, request + len, sizeof(request) - 1 - len);

		if (n <= 0)
			return 0;
		len += (size_t)n;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n"))
			return sscanf(request, "GET /bytes/%llu ", &bytes) == 1 ? bytes : 0;
	}
	return 0;
}

static void server_get_info(int fd, struct tcp_info *info)
{
	struct tcp_info now = {0};
	socklen_t len = sizeof(now);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &now, &len) == 0 && now.tcpi_state == 1)
		*info = now; /* 1 is ESTABLISHED */
}

/* Writes head and bytes, until the client has had enough. */
static void server_answer(int fd, uint64_t bytes, struct tcp_info *info)
{
	static const char zeros[SERVER_PIECE];
	char head[128];
	int len = snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
		"Content-Length: %llu\r\n\r\n",
		(unsigned long long)bytes);

	if (send(fd, head, (size_t)len, MSG_MORE) != len)
		return;
	while (bytes > 0) {
		size_t piece = bytes < sizeof(zeros) ? (size_t)bytes : sizeof(zeros);
		ssize_t n = send(fd, zeros, piece, 0);

		if (n < 0)
			return;
		bytes -= (uint64_t)n;
		server_get_info(fd, info);
	}
}

static void server_print(const struct tcp_info *info)
{
	printf("{\"bytes_sent\":%llu,\"bytes_acked\":%llu,\"bytes_retransmitted\":%llu,",
		(unsigned long long)info->tcpi_bytes_sent,
		(unsigned long long)info->tcpi_bytes_acked,
		(unsigned long long)info->tcpi_bytes_retrans);
	printf("\"retransmits\":%u,\"duplicates\":%u,\"reordering_seen\":%u,\"reordering\":%u,",
		info->tcpi_total_retrans, info->tcpi_dsack_dups, info->tcpi_reord_seen,
		info->tcpi_reordering);
	printf("\"cwnd_segments\":%u,\"ssthresh_segments\":%u,\"srtt_us\":%u,\"min_rtt_us\":%u,"
	       "\"rto_us\":%u,\"snd_mss\":%u,",
		info->tcpi_snd_cwnd, info->tcpi_snd_ssthresh, info->tcpi_rtt, info->tcpi_min_rtt,
		info->tcpi_rto, info->tcpi_snd_mss);
	printf("\"busy_us\":%llu,\"rwnd_limited_us\":%llu,\"sndbuf_limited_us\":%llu}\n",
		(unsigned long long)info->tcpi_busy_time,
		(unsigned long long)info->tcpi_rwnd_limited,
		(unsigned long long)info->tcpi_sndbuf_limited);
}

int main(int argc, char **argv)
{
	int listener, fd;

	if (argc != 3) {
		fprintf(stderr, "usage: kernel_server PORT CONGESTION_CONTROL\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	listener = server_listen((uint16_t)atoi(argv[1]), argv[2]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		struct tcp_info info = {0};

		if (fork() == 0) {
			server_answer(fd, server_read_request(fd), &info);
			server_print(&info);
			return 0;
		}
		close(fd);
	}
	return 1;
}
