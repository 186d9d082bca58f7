/* SPDX-License-Identifier: BSD-3-Clause */

/* What the TUN device itself can do: answers as an HTTP server would, with packets that were
 * made beforehand, and is no TCP.
 *
 *      prober DEVICE SERVER CLIENT [plain]
 *
 * Makes the TUN DEVICE and is SERVER, port 80, for one CLIENT (IPv4 addresses), whose kernel
 * is the other end: nothing is lost, late or out of order there, and nothing else is
 * understood. "plain" is without offload. "ready" on stdout when the device is there; whoever
 * started it then gives it addresses. On SIGTERM one line of JSON, what was read and written.
 *
 *      GET /               13 octets; the connection stays, or goes if the request is HTTP/1.0
 *      GET /bytes/N        N octets, always the same 64 KB, as far as the client's window goes
 *      PUT or POST         takes the body and answers with nothing
 *
 * A request is one segment, a connection is the client's port. There is no congestion control,
 * no option but MSS and window scale, no TIME-WAIT and no RTT. If nothing has come for a
 * while, what was not acknowledged is sent again, and counted ("resent": more than 0 means that
 * the kernel has dropped packets, and that the figure is not the ceiling). */

#include "prober_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum {
	PROBER_SHIFT = 7,           /* of our window: 8 MB */
	PROBER_ACK_EVERY = 1 << 18, /* octets; sooner if nothing more comes for so long: */
	PROBER_ACK_MS = 1,
	PROBER_TURN = 256,           /* packets read before others get their turn */
	PROBER_TURN_BYTES = 1 << 18, /* written for one download in a turn */
	PROBER_STALL_MS = 200,
	PROBER_PORTS = 1 << 16
};

/* Sequence numbers wrap: all arithmetic is modulo 2^32. */
struct prober_conn {
	uint32_t una, nxt; /* sent and not acknowledged: [una, nxt) */
	uint32_t rcv_nxt;  /* next from the client */
	uint32_t acked;    /* what the last segment that we sent acknowledged */
	uint32_t window;   /* the client's, octets */
	uint8_t shift;     /* of it */
	bool is_open, has_fin;
	bool in_downloads, in_to_ack; /* that list has it */
	uint64_t body_left;           /* of a download, not sent yet */
	uint64_t upload_left;         /* of an upload, not received yet */
};

/* The ports of connections that want something when the device has been read. */
struct prober_list {
	uint32_t n;
	uint16_t ports[PROBER_PORTS];
};

struct prober {
	struct prober_device device;
	struct prober_template syn_ack, ack, fin, small, small_fin, taken, body;
	struct prober_conn conns[PROBER_PORTS];
	struct prober_list downloads, to_ack;
	uint8_t body_octets[PROBER_GSO];
	uint32_t body_sum; /* of PROBER_MSS of them */
	uint64_t resent;   /* octets */
	_Alignas(uint32_t) uint8_t packet[PROBER_PACKET + 1];
};

/* A segment that has come. */
struct prober_segment {
	const struct tcphdr *tcp;
	const char *data;
	size_t len;
	uint16_t port;
	uint32_t seq;
};

static volatile sig_atomic_t prober_stopping;

static void prober_stop(int signal)
{
	(void)signal;
	prober_stopping = 1;
}

static void prober_need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "prober: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- sending ----------------------------------------------------------------------- */

static void prober_write(struct prober *prober, struct prober_template *template, uint16_t port,
	const void *body, size_t len)
{
	struct prober_conn *conn = &prober->conns[port];
	struct prober_fill fill = {.port = port,
		.seq = conn->nxt,
		.ack = conn->rcv_nxt,
		.body = body,
		.body_len = len};

	if (len > 0 && !prober->device.has_offload)
		fill.body_sum = len == PROBER_MSS ? prober->body_sum : prober_sum(body, len, 0);
	prober_need(prober_send(&prober->device, template, &fill) == 0, "write");
	conn->acked = conn->rcv_nxt;
}

/* A template as it is. */
static void prober_say(struct prober *prober, struct prober_template *template, uint16_t port)
{
	struct prober_conn *conn = &prober->conns[port];

	prober_write(prober, template, port, NULL, 0);
	conn->nxt += template->rest_len - (uint32_t)(template->tcp.th_off * 4 - 20);
	conn->nxt += (template->tcp.th_flags & (TH_SYN | TH_FIN)) != 0;
	conn->has_fin |= (template->tcp.th_flags & TH_FIN) != 0;
}

/* Sends of a download what the client's window has room for, up to its share of a turn.
 * False if that was nothing. */
static bool prober_send_body(struct prober *prober, uint16_t port)
{
	struct prober_conn *conn = &prober->conns[port];
	uint32_t most = prober->device.has_offload ? PROBER_GSO : PROBER_MSS, turn = 0;

	while (conn->body_left > 0 && turn < PROBER_TURN_BYTES) {
		uint32_t in_flight = conn->nxt - conn->una;
		uint32_t n = conn->window > in_flight ? conn->window - in_flight : 0;

		if (n > most)
			n = most;
		if (n >= conn->body_left)
			n = (uint32_t)conn->body_left;
		else
			n -= n % PROBER_MSS;
		if (n == 0)
			break;
		prober_write(prober, &prober->body, port, prober->body_octets, n);
		conn->nxt += n;
		conn->body_left -= n;
		turn += n;
	}
	return turn > 0;
}

static void prober_list_add(struct prober_list *list, uint16_t port, bool *is_in)
{
	if (!*is_in)
		list->ports[list->n++] = port;
	*is_in = true;
}

static void prober_send_acks(struct prober *prober)
{
	struct prober_list *list = &prober->to_ack;

	for (uint32_t i = 0; i < list->n; i++) {
		struct prober_conn *conn = &prober->conns[list->ports[i]];

		conn->in_to_ack = false;
		if (conn->is_open && conn->acked != conn->rcv_nxt)
			prober_say(prober, &prober->ack, list->ports[i]);
	}
	list->n = 0;
}

/* Each download gets its turn; those that are acknowledged to the end leave the list. */
static bool prober_send_downloads(struct prober *prober)
{
	struct prober_list *list = &prober->downloads;
	bool has_sent = false;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < list->n; i++) {
		uint16_t port = list->ports[i];
		struct prober_conn *conn = &prober->conns[port];

		has_sent |= conn->is_open && prober_send_body(prober, port);
		conn->in_downloads =
			conn->is_open && (conn->body_left > 0 || conn->una != conn->nxt);
		if (conn->in_downloads)
			list->ports[kept++] = port;
	}
	list->n = kept;
	return has_sent;
}

/* Nothing has come for a while. */
static void prober_send_again(struct prober *prober)
{
	for (uint32_t i = 0; i < prober->downloads.n; i++) {
		struct prober_conn *conn = &prober->conns[prober->downloads.ports[i]];
		uint32_t in_flight = conn->nxt - conn->una;

		conn->nxt = conn->una;
		conn->body_left += in_flight;
		prober->resent += in_flight;
	}
}

/* ---- what has come ------------------------------------------------------------------- */

static uint8_t prober_window_shift(const struct tcphdr *tcp)
{
	const uint8_t *option = (const uint8_t *)(tcp + 1);
	const uint8_t *end = (const uint8_t *)tcp + (size_t)tcp->th_off * 4;

	while (option + 2 < end && *option != TCPOPT_EOL) {
		if (*option == TCPOPT_NOP) {
			option++;
			continue;
		}
		if (*option == TCPOPT_WINDOW)
			return option[2] <= 14 ? option[2] : 14;
		option += option[1] >= 2 ? option[1] : 2;
	}
	return 0;
}

static void prober_on_syn(struct prober *prober, const struct prober_segment *segment)
{
	struct prober_conn *conn = &prober->conns[segment->port];
	struct prober_conn before = *conn;

	*conn = (struct prober_conn){
		.is_open = true,
		.in_downloads = before.in_downloads,
		.in_to_ack = before.in_to_ack,
		.rcv_nxt = segment->seq + 1,
		.window = ntohs(segment->tcp->th_win),
		.shift = prober_window_shift(segment->tcp),
	};
	prober_say(prober, &prober->syn_ack, segment->port);
}

static void prober_on_get(struct prober *prober, const struct prober_segment *segment)
{
	static const char bytes[] = "GET /bytes/", old[] = "HTTP/1.0\r\n";
	struct prober_conn *conn = &prober->conns[segment->port];
	char head[128];
	int len;

	if (segment->len < sizeof(bytes) || memcmp(segment->data, bytes, sizeof(bytes) - 1) != 0) {
		bool goes = memmem(segment->data, segment->len, old, sizeof(old) - 1) != NULL;

		prober_say(prober, goes ? &prober->small_fin : &prober->small, segment->port);
		return;
	}
	conn->body_left = strtoull(segment->data + sizeof(bytes) - 1, NULL, 10);
	len = snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
		"Content-Length: %llu\r\n\r\n",
		(unsigned long long)conn->body_left);
	prober_write(prober, &prober->body, segment->port, head, (size_t)len);
	conn->nxt += (uint32_t)len;
	prober_list_add(&prober->downloads, segment->port, &conn->in_downloads);
}

static void prober_on_upload(struct prober *prober, uint16_t port, size_t len)
{
	struct prober_conn *conn = &prober->conns[port];

	conn->upload_left -= len < conn->upload_left ? len : conn->upload_left;
	if (conn->upload_left == 0)
		prober_say(prober, &prober->taken, port);
	else if (conn->rcv_nxt - conn->acked >= PROBER_ACK_EVERY)
		prober_say(prober, &prober->ack, port);
	else
		prober_list_add(&prober->to_ack, port, &conn->in_to_ack);
}

/* A request with a body, of which some may have come with the head. */
static void prober_on_put(struct prober *prober, const struct prober_segment *segment)
{
	static const char field[] = "\r\nContent-Length:", empty[] = "\r\n\r\n";
	struct prober_conn *conn = &prober->conns[segment->port];
	const char *length = memmem(segment->data, segment->len, field, sizeof(field) - 1);
	const char *end = memmem(segment->data, segment->len, empty, sizeof(empty) - 1);

	if (!length || !end)
		return;
	conn->upload_left = strtoull(length + sizeof(field) - 1, NULL, 10);
	prober_on_upload(prober, segment->port,
		segment->len - (size_t)(end + sizeof(empty) - 1 - segment->data));
}

static void prober_on_data(struct prober *prober, const struct prober_segment *segment)
{
	struct prober_conn *conn = &prober->conns[segment->port];

	if (conn->upload_left > 0)
		prober_on_upload(prober, segment->port, segment->len);
	else if (segment->data[0] == 'G')
		prober_on_get(prober, segment);
	else if (segment->data[0] == 'P')
		prober_on_put(prober, segment);
}

/* The client closes: so do we, unless we have. Its last ACK finds nobody, which is no harm. */
static void prober_on_fin(struct prober *prober, uint16_t port)
{
	struct prober_conn *conn = &prober->conns[port];

	conn->rcv_nxt++;
	prober_say(prober, conn->has_fin ? &prober->ack : &prober->fin, port);
	conn->is_open = false;
}

static void prober_on_segment(struct prober *prober, const struct prober_segment *segment)
{
	struct prober_conn *conn = &prober->conns[segment->port];
	const struct tcphdr *tcp = segment->tcp;

	if (tcp->th_flags & TH_SYN)
		prober_on_syn(prober, segment);
	if ((tcp->th_flags & TH_RST) != 0)
		conn->is_open = false;
	if ((tcp->th_flags & (TH_SYN | TH_RST)) != 0 || !conn->is_open)
		return;
	if (ntohl(tcp->th_ack) - conn->una <= conn->nxt - conn->una)
		conn->una = ntohl(tcp->th_ack);
	conn->window = (uint32_t)ntohs(tcp->th_win) << conn->shift;
	if (segment->seq != conn->rcv_nxt)
		return;
	conn->rcv_nxt += (uint32_t)segment->len;
	if (segment->len > 0)
		prober_on_data(prober, segment);
	if (tcp->th_flags & TH_FIN)
		prober_on_fin(prober, segment->port);
}

/* ---- the loop ------------------------------------------------------------------------ */

/* Reads until there is nothing more, or others must have their turn; false for the first. */
static bool prober_read(struct prober *prober)
{
	for (int i = 0; i < PROBER_TURN; i++) {
		struct prober_segment segment;
		uint8_t *packet;
		ptrdiff_t n = prober_device_read(&prober->device, prober->packet, &packet);
		size_t heads;

		if (n < 0) {
			prober_need(errno == EAGAIN || errno == EINTR, "read");
			return false;
		}
		segment.tcp = (const struct tcphdr *)(packet + sizeof(struct iphdr));
		heads = sizeof(struct iphdr) + (n > 0 ? (size_t)segment.tcp->th_off * 4 : 0);
		if ((size_t)n < heads || n == 0)
			continue;
		segment.data = (const char *)packet + heads;
		segment.len = (size_t)n - heads;
		segment.port = ntohs(segment.tcp->th_sport);
		segment.seq = ntohl(segment.tcp->th_seq);
		packet[n] = '\0'; /* numbers end here, if nowhere else */
		prober_on_segment(prober, &segment);
	}
	return true;
}

/* An acknowledgment runs the client's TCP in our time: it waits for more to acknowledge, and
 * only a client that waits for it makes it due. */
static void prober_wait(struct prober *prober)
{
	struct pollfd pollfd = {.fd = prober->device.fd, .events = POLLIN};
	bool owes_acks = prober->to_ack.n > 0;

	if (poll(&pollfd, 1, owes_acks ? PROBER_ACK_MS : PROBER_STALL_MS) != 0)
		return;
	if (owes_acks)
		prober_send_acks(prober);
	else
		prober_send_again(prober);
}

static void prober_run(struct prober *prober)
{
	while (!prober_stopping) {
		bool is_busy = prober_read(prober);

		is_busy |= prober_send_downloads(prober);
		if (!is_busy)
			prober_wait(prober);
	}
}

/* ---- the program --------------------------------------------------------------------- */

static void prober_make_answer(struct prober_template *template, const char *connection)
{
	prober_template_add(template, "HTTP/1.1 200 OK\r\n"
				      "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
				      "Content-Type: text/plain\r\n");
	prober_template_add(template, connection);
	prober_template_add(template, "Content-Length: 13\r\n\r\nHello World!\n");
}

static void prober_make_templates(struct prober *prober)
{
	static const uint8_t options[] = {TCPOPT_MAXSEG, TCPOLEN_MAXSEG, PROBER_MSS >> 8,
		PROBER_MSS & 255, TCPOPT_NOP, TCPOPT_WINDOW, TCPOLEN_WINDOW, PROBER_SHIFT};
	const struct prober_device *device = &prober->device;

	prober_template_init(&prober->syn_ack, device, TH_SYN | TH_ACK, options, sizeof(options));
	prober_template_init(&prober->ack, device, TH_ACK, NULL, 0);
	prober_template_init(&prober->fin, device, TH_FIN | TH_ACK, NULL, 0);
	prober_template_init(&prober->body, device, TH_PUSH | TH_ACK, NULL, 0);
	prober_template_init(&prober->small, device, TH_PUSH | TH_ACK, NULL, 0);
	prober_make_answer(&prober->small, "");
	prober_template_init(&prober->small_fin, device, TH_PUSH | TH_ACK | TH_FIN, NULL, 0);
	prober_make_answer(&prober->small_fin, "Connection: close\r\n");
	prober_template_init(&prober->taken, device, TH_PUSH | TH_ACK, NULL, 0);
	prober_template_add(&prober->taken, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	memset(prober->body_octets, 'x', sizeof(prober->body_octets));
	prober->body_sum = prober_sum(prober->body_octets, PROBER_MSS, 0);
}

int main(int argc, char **argv)
{
	struct prober *prober = calloc(1, sizeof(*prober));
	struct sigaction action = {.sa_handler = prober_stop};
	bool is_plain = argc == 5 && strcmp(argv[4], "plain") == 0;

	if (argc != (is_plain ? 5 : 4)) {
		fprintf(stderr, "usage: prober DEVICE SERVER CLIENT [plain]\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGTERM, &action, NULL);
	prober_need(prober != NULL, "memory");
	prober_need(inet_pton(AF_INET, argv[2], &prober->device.server) == 1, argv[2]);
	prober_need(inet_pton(AF_INET, argv[3], &prober->device.client) == 1, argv[3]);
	prober_need(prober_device_open(&prober->device, argv[1], !is_plain) == 0, argv[1]);
	prober_make_templates(prober);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	prober_run(prober);
	printf("{\"reads\":%llu,\"writes\":%llu,\"resent\":%llu}\n",
		(unsigned long long)prober->device.reads, (unsigned long long)prober->device.writes,
		(unsigned long long)prober->resent);
	free(prober);
	return 0;
}
