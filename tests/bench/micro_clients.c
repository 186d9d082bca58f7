/* SPDX-License-Identifier: BSD-3-Clause */
/* The clients of the micro-benchmark: their packets, and what they make of the server's.
 *
 * In: what they are to say, headers of what the stack sent. Out: packets for the rig.
 *
 * Nothing of it is timed, so it is as plain as it can be. */

#include "micro_clients.h"

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/tcp_header.h"

#include <stdlib.h>
#include <string.h>

enum {
	CLIENTS_PORT_FIRST = 1024,
	CLIENTS_PORTS = 64000, /* of each address */
	CLIENTS_WSCALE = 7,
	CLIENTS_MSS = RIG_MTU - 40
};

#define CLIENTS_NETWORK UINT32_C(0x0a010001) /* 10.1.0.1 and what follows */
#define CLIENTS_SERVER UINT32_C(0x0a000001)  /* rig_open's */

static struct evtcp_addr clients_addr(uint32_t ipv4)
{
	struct evtcp_addr addr = {{[10] = 0xff, 0xff}};

	bytes_put32(addr.bytes + 12, ipv4);
	return addr;
}

struct evtcp_tuple clients_tuple(uint32_t i)
{
	return (struct evtcp_tuple){
		.local = {clients_addr(CLIENTS_SERVER), RIG_PORT},
		.remote = {clients_addr(CLIENTS_NETWORK + i / CLIENTS_PORTS),
			(uint16_t)(CLIENTS_PORT_FIRST + i % CLIENTS_PORTS)},
	};
}

void clients_init(struct clients *clients, struct rig *rig, uint32_t n)
{
	*clients = (struct clients){.rig = rig, .n = n, .window = UINT16_MAX};
	clients->client = calloc(n, sizeof(clients->client[0]));
	if (!clients->client)
		rig_die("no memory for %u clients", n);
}

void clients_free(struct clients *clients)
{
	free(clients->client);
}

/* ---- what they say ------------------------------------------------------------------ */

static struct tcp_header clients_header(
	const struct clients *clients, uint32_t i, const struct client_words *words)
{
	const struct client *client = &clients->client[i];
	struct tcp_header h = {
		.src_port = (uint16_t)(CLIENTS_PORT_FIRST + i % CLIENTS_PORTS),
		.dst_port = RIG_PORT,
		.seq = client->seq,
		.ack = client->ack,
		.flags = words->flags,
		.window = clients->window,
		.options = {.present = TCP_OPT_TIMESTAMPS,
			.tsval = (uint32_t)(clients->rig->now_ns / 1000000),
			.tsecr = client->ts},
	};

	if (words->flags & TCP_SYN) {
		h.ack = h.options.tsecr = 0;
		h.options.present |= TCP_OPT_MSS | TCP_OPT_SACK_PERMITTED | TCP_OPT_WSCALE;
		h.options.mss = CLIENTS_MSS;
		h.options.wscale = CLIENTS_WSCALE;
	}
	return h;
}

static void clients_put_checksum(uint8_t *header, size_t len, const struct evtcp_tuple *tuple)
{
	struct checksum sum;

	checksum_init(&sum);
	checksum_add_pseudo_header(
		&sum, &tuple->remote.addr, &tuple->local.addr, IP_PROTOCOL_TCP, (uint32_t)len);
	checksum_add(&sum, header, len);
	tcp_header_set_checksum(header, checksum_finish(&sum));
}

void clients_say(struct clients *clients, uint32_t i, const struct client_words *words)
{
	struct client *client = &clients->client[i];
	struct evtcp_tuple tuple = clients_tuple(i);
	struct tcp_header h;
	struct ipv4_header ip = {.src = tuple.remote.addr,
		.dst = tuple.local.addr,
		.ttl = 64,
		.protocol = IP_PROTOCOL_TCP,
		.dont_fragment = true};
	bool checksum_left = clients->checksums_left || words->segment_len != 0;
	uint8_t *packet;

	if (words->flags & TCP_SYN)
		client->seq = UINT32_C(2654435761) * i;
	h = clients_header(clients, i, words);
	ip.total_len = (uint16_t)(IPV4_HEADER_MIN + tcp_header_len(&h) + words->len);
	packet = rig_put(clients->rig, ip.total_len, words->segment_len, checksum_left);
	ipv4_header_build(&ip, packet);
	packet += IPV4_HEADER_MIN;
	tcp_header_build(&h, packet);
	if (words->len > 0)
		memcpy(packet + tcp_header_len(&h), words->text, words->len);
	if (!checksum_left)
		clients_put_checksum(packet, tcp_header_len(&h) + words->len, &tuple);
	client->seq += words->len + ((words->flags & (TCP_SYN | TCP_FIN)) != 0);
	client->answered = false;
}

/* ---- what they hear ------------------------------------------------------------------- */

static void clients_hear_one(struct clients *clients, const struct rig_sent *sent)
{
	const uint8_t *segment = sent->head + IPV4_HEADER_MIN;
	struct tcp_header h;
	struct client *client;
	size_t header_len;
	uint32_t i, len;

	if (tcp_header_parse(&h, segment, RIG_SENT_HEAD - IPV4_HEADER_MIN, &header_len) !=
		EVTCP_CAUSE_NONE)
		rig_die("the stack sends what is no segment");
	i = (bytes_get32(sent->head + 16) - CLIENTS_NETWORK) * CLIENTS_PORTS + h.dst_port -
	    CLIENTS_PORT_FIRST;
	if (i >= clients->n || (h.flags & TCP_RST))
		rig_die("the stack resets a connection");
	client = &clients->client[i];
	len = sent->len - IPV4_HEADER_MIN - (uint32_t)header_len;
	clients->octets += len;
	clients->packets++;
	clients->segments +=
		sent->segment_len == 0 ? 1 : (len + sent->segment_len - 1) / sent->segment_len;
	if ((h.flags & TCP_SYN) == 0 && h.seq != client->ack)
		rig_die("the stack sends something again: a figure would be of something else");
	client->ack = h.seq + len + ((h.flags & (TCP_SYN | TCP_FIN)) != 0);
	client->ended = (h.flags & TCP_FIN) != 0;
	client->answered = client->answered || len > 0 || (h.flags & (TCP_SYN | TCP_FIN)) != 0;
	if (h.options.present & TCP_OPT_TIMESTAMPS)
		client->ts = h.options.tsval;
}

void clients_hear(struct clients *clients)
{
	for (unsigned i = 0; i < clients->rig->n_sent; i++)
		clients_hear_one(clients, &clients->rig->sent[i]);
}

/* ---- handshakes -------------------------------------------------------------------------- */

static void clients_turn(struct clients *clients, uint64_t gap_ns)
{
	rig_turn(clients->rig);
	clients_hear(clients);
	rig_wait(clients->rig, gap_ns);
}

void clients_connect(struct clients *clients, uint32_t first, uint32_t n, uint64_t gap_ns)
{
	static const struct client_words syn = {.flags = TCP_SYN}, ack = {.flags = TCP_ACK};

	for (uint32_t begin = first, end; begin < first + n; begin = end) {
		end = first + n - begin < RIG_IN ? first + n : begin + RIG_IN;
		for (uint32_t i = begin; i < end; i++)
			clients_say(clients, i, &syn);
		clients_turn(clients, gap_ns);
		for (uint32_t i = begin; i < end; i++) {
			if (!clients->client[i].answered)
				rig_die("a SYN is not answered");
			clients_say(clients, i, &ack);
		}
		clients_turn(clients, gap_ns);
	}
}
