/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_PROBER_PACKET_H
#define BENCH_PROBER_PACKET_H

/* The packets of the prober: all of IPv4 and TCP that never changes is written once, into a
 * template; what changes from one to the next is filled in when it is sent. And the TUN that
 * they go to, with offload or without. */

#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PROBER_MTU = 1500,
	PROBER_MSS = PROBER_MTU - 40,
	PROBER_GSO = (65535 - 40) / PROBER_MSS * PROBER_MSS, /* most octets of one write */
	PROBER_REST = 320,
	PROBER_PACKET = 65536 + 12 /* octets that a read may need: IP, behind a vnet header */
};

/* Where packets go, and between which two addresses. */
struct prober_device {
	int fd;
	bool has_offload;
	uint32_t client, server; /* as in the IP header */
	uint64_t reads, writes;
};

/* A packet as it goes to the device, up to the end of what was given to
 * prober_template_init. */
struct prober_template {
	uint8_t pad[2]; /* so that the headers are aligned */
	struct virtio_net_hdr vnet;
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t rest[PROBER_REST]; /* options, then data */
	uint32_t rest_len;
	uint32_t rest_sum; /* prober_sum of it */
};

_Static_assert(offsetof(struct prober_template, ip) == 12, "vnet header and IP header touch");
_Static_assert(offsetof(struct prober_template, rest) == 52, "nothing is between the headers");

/* What one packet has of its own. */
struct prober_fill {
	uint16_t port; /* the client's */
	uint32_t seq, ack;
	const void *body; /* follows what the template has; NULL for none */
	size_t body_len;
	uint32_t body_sum; /* prober_sum of it; needed without offload only */
};

/* Opens, or makes, the TUN of that name, and leaves to whoever started the prober to give it
 * addresses. With offload it takes and gives many segments as one. -1 with errno if that
 * cannot be. */
int prober_device_open(struct prober_device *device, const char *name, bool has_offload);

/* Reads a packet of IPv4 with TCP into buffer, which is aligned as a uint32_t and has
 * PROBER_PACKET octets; packet is where its IP header is. Its length; 0 if it is something
 * else; -1 with errno if there is none. */
ptrdiff_t prober_device_read(struct prober_device *device, uint8_t *buffer, uint8_t **packet);

/* Flags are TH_... . Options have a length that is a multiple of four; data comes after them. */
void prober_template_init(struct prober_template *template, const struct prober_device *device,
	uint8_t flags, const void *options, size_t options_len);
void prober_template_add(struct prober_template *template, const char *data);

/* Writes the packet; a body longer than PROBER_MSS needs offload. -1 with errno if the device
 * does not take it. */
int prober_send(struct prober_device *device, struct prober_template *template,
	const struct prober_fill *fill);

/* The ones' complement sum of RFC 1071, in host order, not complemented; len is even, but
 * for the last piece. */
uint32_t prober_sum(const void *data, size_t len, uint32_t sum);

#endif
