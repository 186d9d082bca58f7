/* SPDX-License-Identifier: BSD-3-Clause */

/* An HTTP server on lwIP, as a peer to compare with: Debian's library and its raw API, on a
 * TUN of its own, in one thread.
 *
 *      lwip_server DEVICE SERVER GATEWAY
 *
 * Makes the TUN DEVICE and is SERVER, port 80 (IPv4 addresses, /24). "ready" on stdout when
 * the device is there; whoever started it then gives it addresses. On SIGTERM one line of JSON,
 * what was read and written.
 *
 *      GET /               13 octets; the connection stays, or goes if the request is HTTP/1.0
 *      GET /bytes/N        N octets
 *      POST /sink          takes a body of that Content-Length, then answers with nothing
 *
 * One request after the other on a connection; nothing else is understood. A packet is a
 * segment: lwIP knows no offload, and computes and verifies each checksum. The library's own
 * thread (tcpip_init) is not started: what it would do, this one does.
 *
 * Nothing stays in TIME-WAIT. lwIP refuses a new connection from a port for two minutes there
 * (it knows nothing of RFC 6191), recycles such blocks only when a pool runs empty, and
 * Debian's has no pools: a client that closes thousands of connections would soon wait for ports.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	SERVER_MTU = 1500,
	SERVER_HEAD = 1024,      /* octets of a request's head, at most */
	SERVER_TURN = 64,        /* packets read before the timers get their turn */
	SERVER_PIECE = 16 * 1024 /* octets of a body, given to lwIP at a time */
};

struct server_conn {
	struct tcp_pcb *pcb;
	struct pbuf *head;    /* what has come of a request that is not complete */
	uint64_t body_left;   /* of the answer, not given to lwIP yet */
	uint64_t upload_left; /* of the request, not received yet */
	bool closes;          /* when the answer is complete */
};

static struct netif server_netif;
static int server_fd = -1;
static uint64_t server_reads, server_writes, server_refused;
static char server_body[SERVER_PIECE];
static volatile sig_atomic_t server_stopping;

#define SERVER_ANSWER \
	"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
#define SERVER_HELLO "Content-Length: 13\r\n\r\nHello World!\n"

static const char server_small[] = SERVER_ANSWER SERVER_HELLO;
static const char server_small_close[] = SERVER_ANSWER "Connection: close\r\n" SERVER_HELLO;
static const char server_taken[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static void server_stop(int signal)
{
	(void)signal;
	server_stopping = 1;
}

static void server_need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "lwip_server: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- a connection's life ---------------------------------------------------------------- */

static void server_forget(struct server_conn *conn)
{
	if (conn->head)
		pbuf_free(conn->head);
	free(conn);
}

/* lwIP has freed the block already. */
static void server_on_error(void *arg, err_t error)
{
	(void)error;
	server_forget(arg);
}

/* lwIP sends what it was given, then FIN. ERR_ABRT if the connection had to be aborted, which
 * is what lwIP's callbacks must return then. */
static err_t server_close(struct server_conn *conn)
{
	struct tcp_pcb *pcb = conn->pcb;

	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	server_forget(conn);
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	server_refused++;
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* ---- answers ---------------------------------------------------------------------------- */

static err_t server_say(struct server_conn *conn, const char *text, size_t len)
{
	if (tcp_write(conn->pcb, text, (u16_t)len, TCP_WRITE_FLAG_COPY) == ERR_OK)
		return ERR_OK;
	conn->closes = true;
	server_refused++;
	return ERR_MEM;
}

/* As much of the body as lwIP takes for now. */
static void server_send_body(struct server_conn *conn)
{
	while (conn->body_left > 0) {
		uint64_t n = tcp_sndbuf(conn->pcb);

		if (n > sizeof(server_body))
			n = sizeof(server_body);
		if (n > conn->body_left)
			n = conn->body_left;
		if (n == 0 || tcp_write(conn->pcb, server_body, (u16_t)n, 0) != ERR_OK)
			return;
		conn->body_left -= n;
	}
}

static bool server_head_has(const char *head, const char *text)
{
	return strstr(head, text) != NULL;
}

/* head: all of it, ended by a NUL. */
static void server_answer(struct server_conn *conn, const char *head)
{
	static const char bytes[] = "GET /bytes/", length[] = "\r\nContent-Length:";
	const char *found = strstr(head, length);
	char text[192];

	conn->closes = server_head_has(head, " HTTP/1.0\r\n");
	if (strncmp(head, bytes, sizeof(bytes) - 1) == 0) {
		conn->body_left = strtoull(head + sizeof(bytes) - 1, NULL, 10);
		snprintf(text, sizeof(text), "%sContent-Length: %llu\r\n\r\n", SERVER_ANSWER,
			(unsigned long long)conn->body_left);
		if (server_say(conn, text, strlen(text)) == ERR_OK)
			server_send_body(conn);
	} else if (head[0] == 'P') {
		conn->upload_left = found ? strtoull(found + sizeof(length) - 1, NULL, 10) : 0;
		if (conn->upload_left == 0)
			server_say(conn, server_taken, sizeof(server_taken) - 1);
	} else if (conn->closes) {
		server_say(conn, server_small_close, sizeof(server_small_close) - 1);
	} else {
		server_say(conn, server_small, sizeof(server_small) - 1);
	}
}

/* ---- what has come ---------------------------------------------------------------------- */

/* Takes n octets of what has come. */
static void server_take(struct server_conn *conn, size_t n)
{
	conn->head = pbuf_free_header(conn->head, (u16_t)n);
}

static void server_take_upload(struct server_conn *conn)
{
	size_t n = conn->head->tot_len;

	if (n > conn->upload_left)
		n = (size_t)conn->upload_left;
	server_take(conn, n);
	conn->upload_left -= n;
	if (conn->upload_left == 0)
		server_say(conn, server_taken, sizeof(server_taken) - 1);
}

/* One request's head, if all of it is there. False if not, or if it is too long. */
static bool server_take_head(struct server_conn *conn)
{
	char head[SERVER_HEAD + 1];
	u16_t end = pbuf_memfind(conn->head, "\r\n\r\n", 4, 0);

	if (end > SERVER_HEAD - 4) {
		conn->closes |= conn->head->tot_len > SERVER_HEAD;
		return false;
	}
	pbuf_copy_partial(conn->head, head, (u16_t)(end + 4), 0);
	head[end + 4] = '\0';
	server_take(conn, (size_t)end + 4);
	server_answer(conn, head);
	return true;
}

/* Whatever can be done with what has come: bodies, then requests, one answer after the other. */
static void server_go_on(struct server_conn *conn)
{
	while (conn->head && conn->body_left == 0 && !conn->closes) {
		if (conn->upload_left > 0)
			server_take_upload(conn);
		else if (!server_take_head(conn))
			return;
	}
}

static err_t server_on_data(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
	struct server_conn *conn = arg;

	(void)error;
	if (!data)
		return server_close(conn);
	tcp_recved(pcb, data->tot_len);
	if (conn->head)
		pbuf_cat(conn->head, data);
	else
		conn->head = data;
	server_go_on(conn);
	return conn->closes && conn->body_left == 0 ? server_close(conn) : ERR_OK;
}

/* Something was acknowledged: there is room for more. */
static err_t server_on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct server_conn *conn = arg;

	(void)pcb;
	(void)len;
	if (conn->body_left == 0)
		return ERR_OK;
	server_send_body(conn);
	if (conn->body_left == 0)
		server_go_on(conn);
	return conn->closes && conn->body_left == 0 ? server_close(conn) : ERR_OK;
}

static err_t server_on_connection(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct server_conn *conn;

	(void)arg;
	if (error != ERR_OK || !pcb)
		return ERR_VAL;
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		return ERR_MEM;
	conn->pcb = pcb;
	tcp_arg(pcb, conn);
	tcp_recv(pcb, server_on_data);
	tcp_sent(pcb, server_on_sent);
	tcp_err(pcb, server_on_error);
	tcp_nagle_disable(pcb);
	return ERR_OK;
}

/* ---- the device --------------------------------------------------------------------------- */

static void server_open_device(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};

	server_fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	server_need(server_fd >= 0, "/dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	server_need(ioctl(server_fd, TUNSETIFF, &request) == 0, name);
	/* A device that was there before keeps what its last owner asked for. */
	server_need(ioctl(server_fd, TUNSETOFFLOAD, 0) == 0, "TUNSETOFFLOAD");
}

/* lwIP sends a packet. Debian's library is made so that it is in one piece; if it is not, or
 * the device does not take it, it is lost, as on any link. */
static err_t server_send(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
	(void)netif;
	(void)to;
	if (packet->len != packet->tot_len)
		return ERR_IF;
	server_writes++;
	return write(server_fd, packet->payload, packet->len) == packet->len ? ERR_OK : ERR_IF;
}

static err_t server_on_netif(struct netif *netif)
{
	netif->name[0] = 't';
	netif->name[1] = 'n';
	netif->mtu = SERVER_MTU;
	netif->output = server_send;
	return ERR_OK;
}

static void server_open_netif(const char *server, const char *gateway)
{
	ip4_addr_t own, mask, router;

	server_need(ip4addr_aton(server, &own) && ip4addr_aton(gateway, &router), "address");
	IP4_ADDR(&mask, 255, 255, 255, 0);
	server_need(netif_add(&server_netif, &own, &mask, &router, NULL, server_on_netif,
			    ip_input) != NULL,
		"netif");
	netif_set_default(&server_netif);
	netif_set_link_up(&server_netif);
	netif_set_up(&server_netif);
}

static void server_listen(void)
{
	struct tcp_pcb *pcb = tcp_new();

	server_need(pcb && tcp_bind(pcb, IP4_ADDR_ANY, 80) == ERR_OK, "bind");
	pcb = tcp_listen(pcb);
	server_need(pcb != NULL, "listen");
	tcp_accept(pcb, server_on_connection);
}

/* Reads until there is nothing more, or the timers must have their turn; false for the first. */
static bool server_read(void)
{
	static struct pbuf *packet; /* for the next one; kept from one call to the other */

	for (int i = 0; i < SERVER_TURN; i++) {
		ssize_t n;

		if (!packet)
			packet = pbuf_alloc(PBUF_RAW, SERVER_MTU, PBUF_RAM);
		server_need(packet != NULL, "memory");
		n = read(server_fd, packet->payload, SERVER_MTU);
		if (n < 0) {
			server_need(errno == EAGAIN || errno == EINTR, "read");
			return false;
		}
		server_reads++;
		pbuf_realloc(packet, (u16_t)n);
		if (ip_input(packet, &server_netif) != ERR_OK)
			pbuf_free(packet);
		packet = NULL;
	}
	return true;
}

static void server_end_time_waits(void)
{
	while (tcp_tw_pcbs)
		tcp_abandon(tcp_tw_pcbs, 0);
}

static void server_run(void)
{
	struct pollfd pollfd = {.fd = server_fd, .events = POLLIN};

	while (!server_stopping) {
		bool is_busy = server_read();

		server_end_time_waits();
		sys_check_timeouts();
		if (!is_busy)
			poll(&pollfd, 1, (int)(sys_timeouts_sleeptime() & INT32_MAX));
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = server_stop};

	if (argc != 4) {
		fprintf(stderr, "usage: lwip_server DEVICE SERVER GATEWAY\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGTERM, &action, NULL);
	memset(server_body, 'x', sizeof(server_body));
	lwip_init();
	server_open_device(argv[1]);
	server_open_netif(argv[2], argv[3]);
	server_listen();
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	server_run();
	printf("{\"reads\":%llu,\"writes\":%llu,\"refused\":%llu}\n",
		(unsigned long long)server_reads, (unsigned long long)server_writes,
		(unsigned long long)server_refused);
	return 0;
}
