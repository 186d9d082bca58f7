/* SPDX-License-Identifier: BSD-3-Clause */
#include "prober_packet.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define PROBER_PORT 80
#define PROBER_WINDOW 65535 /* times what the SYN-ACK's window scale says */

/* ---- device ---------------------------------------------------------------------- */

int prober_device_open(struct prober_device *device, const char *name, bool has_offload)
{
	unsigned flags = has_offload ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0;
	int vnet_len = sizeof(struct virtio_net_hdr);
	struct ifreq ifreq = {.ifr_flags = IFF_TUN | IFF_NO_PI};

	if (has_offload)
		ifreq.ifr_flags |= IFF_VNET_HDR;
	strncpy(ifreq.ifr_name, name, IFNAMSIZ - 1);
	device->has_offload = has_offload;
	device->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device->fd < 0 || ioctl(device->fd, TUNSETIFF, &ifreq) < 0)
		return -1;
	if (has_offload && ioctl(device->fd, TUNSETVNETHDRSZ, &vnet_len) < 0)
		return -1;
	return ioctl(device->fd, TUNSETOFFLOAD, flags);
}

ptrdiff_t prober_device_read(struct prober_device *device, uint8_t *buffer, uint8_t **packet)
{
	size_t head = device->has_offload ? sizeof(struct virtio_net_hdr) : 0;
	size_t pad = head % 4; /* so that what follows the header is aligned */
	ssize_t n = read(device->fd, buffer + pad, PROBER_PACKET - pad);
	const struct iphdr *ip = (const struct iphdr *)(buffer + pad + head);

	if (n < 0)
		return -1;
	device->reads++;
	*packet = buffer + pad + head;
	n -= (ssize_t)head;
	if (n < 40 || ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_TCP)
		return 0;
	return n;
}

/* ---- packets ----------------------------------------------------------------------- */

uint32_t prober_sum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *octets = data;
	uint64_t wide = sum;

	for (; len > 1; len -= 2, octets += 2)
		wide += (uint32_t)(octets[0] << 8 | octets[1]);
	if (len > 0)
		wide += (uint32_t)(octets[0] << 8);
	while (wide >> 32)
		wide = (wide & 0xffffffff) + (wide >> 32);
	return (uint32_t)wide;
}

static uint16_t prober_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

void prober_template_init(struct prober_template *template, const struct prober_device *device,
	uint8_t flags, const void *options, size_t options_len)
{
	memset(template, 0, sizeof(*template));
	template->ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.frag_off = htons(IP_DF),
		.protocol = IPPROTO_TCP,
		.saddr = device->server,
		.daddr = device->client,
	};
	template->tcp.th_sport = htons(PROBER_PORT);
	template->tcp.th_off = (5 + options_len / 4) & 15;
	template->tcp.th_flags = flags;
	template->tcp.th_win = htons(PROBER_WINDOW);
	if (options_len > 0)
		memcpy(template->rest, options, options_len);
	template->rest_len = (uint32_t)options_len;
	template->rest_sum = prober_sum(template->rest, template->rest_len, 0);
}

void prober_template_add(struct prober_template *template, const char *data)
{
	size_t len = strlen(data), room = sizeof(template->rest) - template->rest_len;

	if (len > room)
		len = room;
	memcpy(template->rest + template->rest_len, data, len);
	template->rest_len += (uint32_t)len;
	template->rest_sum = prober_sum(template->rest, template->rest_len, 0);
}

/* The sum of the pseudo-header (RFC 9293 3.1) of a segment of that length. */
static uint32_t prober_pseudo_sum(const struct prober_template *template, size_t tcp_len)
{
	return prober_sum(&template->ip.saddr, 8, IPPROTO_TCP + (uint32_t)tcp_len);
}

/* To the kernel is left what it does for nothing: it does not even compute the checksum of
 * what it keeps for itself. */
static void prober_fill_vnet(struct prober_template *template, size_t tcp_len, size_t body_len)
{
	struct virtio_net_hdr *vnet = &template->vnet;

	*vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = sizeof(struct iphdr),
		.csum_offset = offsetof(struct tcphdr, th_sum),
	};
	if (body_len > PROBER_MSS) {
		vnet->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		vnet->gso_size = PROBER_MSS;
		vnet->hdr_len = sizeof(struct iphdr) + sizeof(struct tcphdr);
	}
	template->tcp.th_sum = htons(prober_fold(prober_pseudo_sum(template, tcp_len)));
}

static void prober_fill_checksum(
	struct prober_template *template, size_t tcp_len, const struct prober_fill *fill)
{
	uint32_t sum = prober_pseudo_sum(template, tcp_len);

	template->tcp.th_sum = 0;
	sum = prober_sum(&template->tcp, sizeof(template->tcp), sum);
	sum = prober_fold(sum) + (uint32_t)prober_fold(template->rest_sum);
	sum += prober_fold(fill->body_sum);
	template->tcp.th_sum = htons((uint16_t)~prober_fold(sum));
}

int prober_send(struct prober_device *device, struct prober_template *template,
	const struct prober_fill *fill)
{
	size_t tcp_len = sizeof(template->tcp) + template->rest_len + fill->body_len;
	size_t skip = offsetof(struct prober_template, ip);
	size_t len = sizeof(template->ip) + sizeof(template->tcp) + template->rest_len;
	struct iovec iov[2];

	template->ip.tot_len = htons((uint16_t)(sizeof(template->ip) + tcp_len));
	template->ip.check = 0;
	template->ip.check =
		htons((uint16_t)~prober_fold(prober_sum(&template->ip, sizeof(template->ip), 0)));
	template->tcp.th_dport = htons(fill->port);
	template->tcp.th_seq = htonl(fill->seq);
	template->tcp.th_ack = htonl(fill->ack);
	if (device->has_offload) {
		prober_fill_vnet(template, tcp_len, fill->body_len);
		skip -= sizeof(template->vnet);
		len += sizeof(template->vnet);
	} else {
		prober_fill_checksum(template, tcp_len, fill);
	}
	iov[0] = (struct iovec){.iov_base = (uint8_t *)template + skip, .iov_len = len};
	iov[1].iov_base = (void *)(uintptr_t)fill->body;
	iov[1].iov_len = fill->body_len;
	device->writes++;
	return writev(device->fd, iov, fill->body_len > 0 ? 2 : 1) < 0 ? -1 : 0;
}
