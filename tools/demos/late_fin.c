/* SPDX-License-Identifier: BSD-3-Clause */

/* The network delivers a FIN twice, the second time late.
 *
 *     late_fin INTERFACE PORT DELAY_MS COMMAND [ARG...]
 *
 * Runs COMMAND, watches INTERFACE for a FIN to TCP port PORT, and DELAY_MS after
 * the first one sends the same segment again, through a raw socket, as if it had
 * been held up on a long way. Exits with COMMAND's status once both have happened;
 * 1 if no FIN comes within ten seconds. Needs CAP_NET_RAW, which COMMAND of
 * "evtcpd -- COMMAND" has. IPv4 only. */

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PACKET = 2048, PATIENCE_S = 10 };

struct segment {
	size_t len;
	union {
		struct iphdr ip;
		uint8_t bytes[MAX_PACKET];
	} u;
};

/* A socket that sees what passes the interface, without link headers. ETH_P_ALL,
 * since what leaves is shown to no other. */
static int watch(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface)};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));

	if (fd < 0 || address.sll_ifindex == 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		err(1, "cannot watch %s", interface);
	return fd;
}

static struct tcphdr *tcp_of(struct segment *segment)
{
	return (struct tcphdr *)(void *)(segment->u.bytes + segment->u.ip.ihl * 4);
}

static int is_fin_to(struct segment *segment, uint16_t port)
{
	size_t ip_len = segment->u.ip.ihl * 4u;

	return segment->len >= ip_len + sizeof(struct tcphdr) &&
	       segment->u.ip.protocol == IPPROTO_TCP && tcp_of(segment)->fin &&
	       ntohs(tcp_of(segment)->dest) == port;
}

static void await_fin(int fd, uint16_t port, struct segment *segment)
{
	do {
		ssize_t n = recv(fd, segment->u.bytes, sizeof(segment->u.bytes), 0);

		if (n < 0)
			err(1, "no FIN to port %u has come", (unsigned)port);
		segment->len = (size_t)n;
	} while (!is_fin_to(segment, port));
}

static uint32_t sum_words(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

/* What is seen before it leaves may still lack the checksum that a device adds. */
static void set_checksum(struct segment *segment)
{
	struct tcphdr *tcp = tcp_of(segment);
	size_t len = ntohs(segment->u.ip.tot_len) - segment->u.ip.ihl * 4u;
	uint32_t sum;

	tcp->check = 0;
	sum = sum_words(&segment->u.ip.saddr, 8) + IPPROTO_TCP + (uint32_t)len +
	      sum_words(tcp, len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	tcp->check = htons((uint16_t)~sum);
}

static void send_again(struct segment *segment)
{
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = segment->u.ip.daddr};

	set_checksum(segment);
	if (fd < 0 || sendto(fd, segment->u.bytes, ntohs(segment->u.ip.tot_len), 0,
			      (struct sockaddr *)&to, sizeof(to)) < 0)
		err(1, "cannot send the FIN again");
	close(fd);
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	return pid;
}

int main(int argc, char **argv)
{
	struct segment segment;
	long delay_ms;
	int fd, status;

	if (argc < 5)
		errx(1, "usage: late_fin INTERFACE PORT DELAY_MS COMMAND [ARG...]");
	delay_ms = atol(argv[3]);
	fd = watch(argv[1]);

	pid_t pid = start(argv + 4);

	await_fin(fd, (uint16_t)atoi(argv[2]), &segment);
	nanosleep(&(struct timespec){delay_ms / 1000, delay_ms % 1000 * 1000000}, NULL);
	send_again(&segment);
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
