/* SPDX-License-Identifier: BSD-3-Clause */

/* IPv4 with TCP, UDP or ICMP inside: struct to octets and octets to struct.
 *
 * Input and output: struct packet and a buffer of the caller. It holds nothing and
 * uses no code of the stack: what it says about an emitted packet is a second
 * opinion. */

#include "packet.h"

#include <string.h>

enum { IP_HEADER = 20, TCP_HEADER = 20, FLAG_DF = 0x4000, FLAG_MF = 0x2000 };

enum { KIND_EOL = 0, KIND_NOP = 1, KIND_SACK = 5, KIND_TIMESTAMPS = 8 };

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

uint32_t packet_get32(const uint8_t *at)
{
	return get16(at) << 16 | get16(at + 2);
}

void packet_put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* RFC 1071: the sum of 16-bit words, an odd last octet padded with zero. */
static uint64_t sum_words(const uint8_t *octets, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(octets + i);
	if (len % 2 != 0)
		sum += (uint32_t)octets[len - 1] << 8;
	return sum;
}

static uint16_t finish_sum(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The checksum of an upper layer: ICMP has no pseudo header (RFC 792). */
static uint16_t upper_sum(const uint8_t *ip, const uint8_t *upper, size_t len)
{
	uint64_t sum = sum_words(upper, len);

	if (ip[9] != PROTOCOL_ICMP)
		sum += sum_words(ip + 12, 8) + ip[9] + len;
	return finish_sum(sum);
}

static const uint8_t ip_nops[4] = {1, 1, 1, 1};
static const uint8_t ip_source_route[8] = {131, 7, 4, 10, 0, 0, 9, 0};

static size_t build_ip_options(const struct packet *packet, uint8_t *out)
{
	if (packet->quirks & QUIRK_IP_NOPS) {
		memcpy(out, ip_nops, sizeof(ip_nops));
		return sizeof(ip_nops);
	}
	if (packet->quirks & QUIRK_SOURCE_ROUTE) {
		memcpy(out, ip_source_route, sizeof(ip_source_route));
		return sizeof(ip_source_route);
	}
	return 0;
}

static size_t build_tcp_header(const struct packet *packet, uint8_t *tcp)
{
	size_t len = TCP_HEADER + (packet->options_len + 3u) / 4 * 4;

	memset(tcp, 0, len);
	put16(tcp, packet->src_port);
	put16(tcp + 2, packet->dst_port);
	packet_put32(tcp + 4, packet->seq);
	packet_put32(tcp + 8, packet->ack);
	tcp[12] = (uint8_t)(len / 4 << 4);
	if (packet->quirks & QUIRK_BAD_OFFSET)
		tcp[12] = 4 << 4;
	tcp[13] = packet->flags;
	put16(tcp + 14, packet->window);
	put16(tcp + 18, packet->urgent);
	memcpy(tcp + TCP_HEADER, packet->options, packet->options_len);
	return len;
}

/* The header behind IP's; *checksum is where its checksum belongs. */
static size_t build_upper_header(const struct packet *packet, uint8_t *upper, uint8_t **checksum)
{
	*checksum = NULL;
	switch (packet->protocol) {
	case PROTOCOL_TCP:
		*checksum = upper + 16;
		return build_tcp_header(packet, upper);
	case PROTOCOL_ICMP:
		upper[0] = packet->type;
		upper[1] = packet->code;
		put16(upper + 2, 0);
		packet_put32(upper + 4, packet->rest);
		*checksum = upper + 2;
		return 8;
	case PROTOCOL_UDP:
		put16(upper, packet->src_port);
		put16(upper + 2, packet->dst_port);
		put16(upper + 4, 8 + packet->len);
		put16(upper + 6, 0);
		*checksum = upper + 6;
		return 8;
	default:
		return 0;
	}
}

size_t packet_build(const struct packet *packet, uint8_t *out)
{
	size_t ip_len = IP_HEADER + build_ip_options(packet, out + IP_HEADER);
	uint8_t *checksum;
	size_t len = ip_len + build_upper_header(packet, out + ip_len, &checksum);

	if (packet->len != 0)
		memcpy(out + len, packet->payload, packet->len);
	len += packet->len;
	memset(out, 0, IP_HEADER);
	out[0] = (uint8_t)(0x40 | ip_len / 4);
	out[1] = (uint8_t)(packet->dscp << 2);
	put16(out + 2, (uint32_t)len);
	put16(out + 6, packet->quirks & QUIRK_FRAGMENT ? FLAG_MF : FLAG_DF);
	out[8] = packet->ttl;
	out[9] = packet->protocol;
	packet_put32(out + 12, packet->src);
	packet_put32(out + 16, packet->dst);
	put16(out + 10, finish_sum(sum_words(out, ip_len)));
	if (checksum)
		put16(checksum, upper_sum(out, out + ip_len, len - ip_len));
	if (packet->quirks & QUIRK_BAD_IP_CHECKSUM)
		out[10] ^= 0x55;
	if (checksum && packet->quirks & QUIRK_BAD_CHECKSUM)
		checksum[0] ^= 0x55;
	return len;
}

/* ---- reading --------------------------------------------------------- */

uint8_t *packet_next_option(struct packet *packet, unsigned *at, unsigned *len)
{
	uint8_t *option = packet->options + *at;
	unsigned rest = packet->options_len - *at;

	if (rest == 0)
		return NULL;
	*len = 1;
	if (option[0] != KIND_EOL && option[0] != KIND_NOP) {
		if (rest < 2 || option[1] < 2 || option[1] > rest)
			return NULL;
		*len = option[1];
	}
	*at += *len;
	return option;
}

/* MUST-69: what follows an EOL is zero. */
static const char *examine_options(struct packet *packet)
{
	unsigned at = 0, len;
	uint8_t *option;

	while ((option = packet_next_option(packet, &at, &len))) {
		if (option[0] != KIND_EOL)
			continue;
		for (; at < packet->options_len; at++) {
			if (packet->options[at] != 0)
				return "TCP header is not zero after EOL";
		}
	}
	return at < packet->options_len ? "TCP option of impossible length" : NULL;
}

static const char *parse_tcp(struct packet *packet, const uint8_t *tcp, size_t len)
{
	size_t header_len;

	if (len < TCP_HEADER)
		return "TCP header incomplete";
	header_len = (size_t)(tcp[12] >> 4) * 4;
	if (header_len < TCP_HEADER || header_len > len)
		return "TCP data offset impossible";
	if (tcp[12] & 0x0f)
		return "TCP reserved bits are not zero";
	packet->src_port = (uint16_t)get16(tcp);
	packet->dst_port = (uint16_t)get16(tcp + 2);
	packet->seq = packet_get32(tcp + 4);
	packet->ack = packet_get32(tcp + 8);
	packet->flags = tcp[13];
	packet->window = (uint16_t)get16(tcp + 14);
	packet->urgent = (uint16_t)get16(tcp + 18);
	packet->options_len = (uint8_t)(header_len - TCP_HEADER);
	memcpy(packet->options, tcp + TCP_HEADER, packet->options_len);
	packet->payload = tcp + header_len;
	packet->len = (uint32_t)(len - header_len);
	if (!(packet->flags & ACK) && packet->ack != 0)
		return "TCP acknowledgment number without ACK flag";
	if (!(packet->flags & URG) && packet->urgent != 0)
		return "TCP urgent pointer without URG flag";
	return examine_options(packet);
}

static const char *parse_upper(struct packet *packet, const uint8_t *upper, size_t len)
{
	switch (packet->protocol) {
	case PROTOCOL_TCP:
		return parse_tcp(packet, upper, len);
	case PROTOCOL_ICMP:
		if (len < 8)
			return "ICMP message too short";
		packet->type = upper[0];
		packet->code = upper[1];
		packet->rest = packet_get32(upper + 4);
		packet->payload = upper + 8;
		packet->len = (uint32_t)len - 8;
		return NULL;
	default:
		return "a protocol that is neither TCP nor ICMP";
	}
}

const char *packet_parse(struct packet *packet, const uint8_t *octets, size_t len)
{
	*packet = (struct packet){0};
	if (len < IP_HEADER || octets[0] != 0x45)
		return "no IPv4 header of 20 octets";
	if (get16(octets + 2) != len)
		return "IP total length is not the packet's";
	if (finish_sum(sum_words(octets, IP_HEADER)) != 0)
		return "IP header checksum wrong";
	packet->dscp = octets[1] >> 2;
	packet->ttl = octets[8];
	packet->protocol = octets[9];
	packet->src = packet_get32(octets + 12);
	packet->dst = packet_get32(octets + 16);
	if (packet->protocol == PROTOCOL_TCP && get16(octets + 6) != FLAG_DF)
		return "IP flags of a TCP segment are not DF alone";
	if (packet->protocol != PROTOCOL_UDP &&
		upper_sum(octets, octets + IP_HEADER, len - IP_HEADER) != 0)
		return "checksum of TCP or ICMP wrong";
	return parse_upper(packet, octets + IP_HEADER, len - IP_HEADER);
}

static void add32(uint8_t *at, uint32_t by)
{
	packet_put32(at, packet_get32(at) + by);
}

void packet_shift(struct packet *packet, const struct packet_shift *by)
{
	unsigned at = 0, len;
	uint8_t *option;

	packet->seq += by->seq;
	if (packet->flags & ACK)
		packet->ack += by->ack;
	while ((option = packet_next_option(packet, &at, &len))) {
		if (option[0] == KIND_TIMESTAMPS && len == 10) {
			add32(option + 2, by->tsval);
			if (packet->flags & ACK) /* else it is 0, whatever the clock */
				add32(option + 6, by->tsecr);
		}
		for (unsigned i = 2; option[0] == KIND_SACK && i + 4 <= len; i += 4)
			add32(option + i, by->ack);
	}
}
