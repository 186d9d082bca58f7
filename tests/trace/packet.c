/* SPDX-License-Identifier: BSD-3-Clause */

/* IPv4 and IPv6 with TCP, UDP or ICMP inside: struct to octets and octets to struct.
 *
 * Input and output: struct packet and a buffer of the caller. It holds nothing and
 * uses no code of the stack: what it says about an emitted packet is a second
 * opinion. */

#include "packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { IP_HEADER = 20, TCP_HEADER = 20, FLAG_DF = 0x4000 };

enum { IPV6_HEADER = 40, IPV6_EXTENSION = 8, NEXT_ROUTING = 43 };
enum { NEXT_ICMPV6 = 58, NEXT_DESTINATION = 60 };

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

/* What the checksum of an upper layer covers beside itself: ICMP has no pseudo header
 * (RFC 792), ICMPv6 has (RFC 4443 2.3). */
static uint64_t sum_pseudo_header(const uint8_t *ip, unsigned protocol, size_t len)
{
	if (ip[0] >> 4 == 6)
		return sum_words(ip + 8, 32) + protocol + len;
	return protocol == PROTOCOL_ICMP ? 0 : sum_words(ip + 12, 8) + protocol + len;
}

static uint16_t upper_sum(const uint8_t *ip, unsigned protocol, const uint8_t *upper, size_t len)
{
	return finish_sum(sum_words(upper, len) + sum_pseudo_header(ip, protocol, len));
}

/* ---- IPv6: the same in other words ------------------------------------- */

static const uint8_t address_prefix[12] = {0xfd, 0, 0, 0xe7};

/* Who is nobody or oneself in IPv4 is so in IPv6; who is everybody is a multicast group. */
static void put_address(uint8_t *at, uint32_t address)
{
	unsigned first = address >> 24;

	memset(at, 0, 16);
	if (first == 0)
		return;
	if (first == 127) {
		at[15] = 1;
		return;
	}
	if (first >= 224 || (address & 0xff) == 255)
		packet_put32(at, 0xff020000);
	else
		memcpy(at, address_prefix, sizeof(address_prefix));
	packet_put32(at + 12, address);
}

static uint32_t get_address(const uint8_t *at)
{
	return memcmp(at, address_prefix, sizeof(address_prefix)) == 0 ? packet_get32(at + 12) : 0;
}

/* Type and code of ICMP, and those of ICMPv6 that mean the same. */
static const struct {
	uint8_t type, code, type6, code6;
} icmp_words[] = {
	{8, 0, 128, 0}, {0, 0, 129, 0},              /* echo */
	{3, 0, 1, 0}, {3, 1, 1, 3}, {3, 3, 1, 4},    /* unreachable: net, host, port */
	{3, 5, 1, 2}, {3, 10, 1, 6}, {3, 13, 1, 1},  /* source route: scope; prohibited */
	{3, 2, 4, 1}, {3, 4, 2, 0},                  /* protocol; too big */
	{11, 0, 3, 0}, {11, 1, 3, 1}, {12, 0, 4, 0}, /* time exceeded, parameter problem */
	{12, 3, 4, 3},                               /* only there: RFC 7112 5 */
};

enum { ICMP_WORDS = sizeof(icmp_words) / sizeof(icmp_words[0]) };

/* What has no such word is a number that means nothing. */
static void put_icmpv6_type(uint8_t *out, uint8_t type, uint8_t code)
{
	out[0] = 255;
	out[1] = code;
	for (int i = 0; i < ICMP_WORDS; i++) {
		if (icmp_words[i].type == type && icmp_words[i].code == code) {
			out[0] = icmp_words[i].type6;
			out[1] = icmp_words[i].code6;
		}
	}
}

static bool get_icmpv6_type(struct packet *packet, const uint8_t *icmp)
{
	for (int i = 0; i < ICMP_WORDS; i++) {
		if (icmp_words[i].type6 == icmp[0] && icmp_words[i].code6 == icmp[1]) {
			packet->type = icmp_words[i].type;
			packet->code = icmp_words[i].code;
			return true;
		}
	}
	return false;
}

static unsigned ipv6_protocol(const struct packet *packet)
{
	return packet->protocol == PROTOCOL_ICMP ? NEXT_ICMPV6 : packet->protocol;
}

/* The one extension header that a quirk asks for; its number, 0 for none. */
static unsigned build_ipv6_extension(const struct packet *packet, uint8_t *out)
{
	memset(out, 0, IPV6_EXTENSION);
	out[0] = (uint8_t)ipv6_protocol(packet);
	if (packet->quirks & QUIRK_SOURCE_ROUTE) {
		out[3] = 1;
		return NEXT_ROUTING;
	}
	return packet->quirks & QUIRK_IP_NOPS ? NEXT_DESTINATION : 0;
}

static void build_ipv6_header(const struct packet *packet, uint8_t *out, size_t len)
{
	uint8_t extension[IPV6_EXTENSION];
	unsigned next = build_ipv6_extension(packet, extension);

	packet_put32(out,
		UINT32_C(6) << 28 | (uint32_t)packet->dscp << 22 | (uint32_t)packet->ecn << 20);
	put16(out + 4, (uint32_t)(len - IPV6_HEADER));
	out[6] = (uint8_t)(next ? next : ipv6_protocol(packet));
	out[7] = packet->ttl;
	put_address(out + 8, packet->src);
	put_address(out + 24, packet->dst);
	if (next)
		memcpy(out + IPV6_HEADER, extension, sizeof(extension));
}

static size_t ipv6_headers_len(const struct packet *packet)
{
	uint8_t extension[IPV6_EXTENSION];

	return IPV6_HEADER + (build_ipv6_extension(packet, extension) ? IPV6_EXTENSION : 0);
}

/* ---- writing ----------------------------------------------------------- */

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
	tcp[12] |= (uint8_t)(packet->flags >> 8);
	tcp[13] = (uint8_t)packet->flags;
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
		if (packet->ipv6)
			put_icmpv6_type(upper, packet->type, packet->code);
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

static void build_ipv4_header(const struct packet *packet, uint8_t *out, size_t ip_len, size_t len)
{
	memset(out, 0, IP_HEADER);
	out[0] = (uint8_t)(0x40 | ip_len / 4);
	out[1] = (uint8_t)(packet->dscp << 2 | packet->ecn);
	put16(out + 2, (uint32_t)len);
	put16(out + 6, FLAG_DF);
	out[8] = packet->ttl;
	out[9] = packet->protocol;
	packet_put32(out + 12, packet->src);
	packet_put32(out + 16, packet->dst);
	put16(out + 10, finish_sum(sum_words(out, ip_len)));
}

size_t packet_build(const struct packet *packet, uint8_t *out)
{
	size_t ip_len = packet->ipv6 ? ipv6_headers_len(packet)
				     : IP_HEADER + build_ip_options(packet, out + IP_HEADER);
	unsigned protocol = packet->ipv6 ? ipv6_protocol(packet) : packet->protocol;
	uint8_t *checksum;
	size_t len = ip_len + build_upper_header(packet, out + ip_len, &checksum);

	if (packet->len != 0)
		memcpy(out + len, packet->payload, packet->len);
	len += packet->len;
	if (packet->ipv6)
		build_ipv6_header(packet, out, len);
	else
		build_ipv4_header(packet, out, ip_len, len);
	if (checksum)
		put16(checksum, upper_sum(out, protocol, out + ip_len, len - ip_len));
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
	if (tcp[12] & 0x0e)
		return "TCP reserved bits are not zero";
	packet->src_port = (uint16_t)get16(tcp);
	packet->dst_port = (uint16_t)get16(tcp + 2);
	packet->seq = packet_get32(tcp + 4);
	packet->ack = packet_get32(tcp + 8);
	packet->flags = (uint16_t)((tcp[12] & 1) << 8 | tcp[13]);
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
		if (packet->ipv6 && !get_icmpv6_type(packet, upper))
			return "an ICMPv6 message that means nothing of ICMP's";
		packet->rest = packet_get32(upper + 4);
		packet->payload = upper + 8;
		packet->len = (uint32_t)len - 8;
		return NULL;
	default:
		return "a protocol that is neither TCP nor ICMP";
	}
}

static const char *parse_ipv4(struct packet *packet, const uint8_t *octets, size_t len)
{
	if (len < IP_HEADER || octets[0] != 0x45)
		return "no IPv4 header of 20 octets";
	if (get16(octets + 2) != len)
		return "IP total length is not the packet's";
	if (finish_sum(sum_words(octets, IP_HEADER)) != 0)
		return "IP header checksum wrong";
	packet->dscp = octets[1] >> 2;
	packet->ecn = octets[1] & 3;
	packet->ttl = octets[8];
	packet->protocol = octets[9];
	packet->src = packet_get32(octets + 12);
	packet->dst = packet_get32(octets + 16);
	if (packet->protocol == PROTOCOL_TCP && get16(octets + 6) != FLAG_DF)
		return "IP flags of a TCP segment are not DF alone";
	if (packet->protocol != PROTOCOL_UDP &&
		upper_sum(octets, packet->protocol, octets + IP_HEADER, len - IP_HEADER) != 0)
		return "checksum of TCP or ICMP wrong";
	return parse_upper(packet, octets + IP_HEADER, len - IP_HEADER);
}

static const char *parse_ipv6(struct packet *packet, const uint8_t *octets, size_t len)
{
	packet->ipv6 = true;
	if (len < IPV6_HEADER)
		return "no IPv6 header of 40 octets";
	if (get16(octets + 4) != len - IPV6_HEADER)
		return "IPv6 payload length is not the packet's";
	if ((packet_get32(octets) & 0xfffff) != 0)
		return "IPv6 flow label is not 0";
	packet->dscp = (uint8_t)(packet_get32(octets) >> 22 & 0x3f);
	packet->ecn = (uint8_t)(packet_get32(octets) >> 20 & 3);
	packet->ttl = octets[7];
	packet->src = get_address(octets + 8);
	packet->dst = get_address(octets + 24);
	if (octets[6] != PROTOCOL_TCP && octets[6] != NEXT_ICMPV6)
		return "a next header that is neither TCP nor ICMPv6";
	packet->protocol = octets[6] == NEXT_ICMPV6 ? PROTOCOL_ICMP : PROTOCOL_TCP;
	if (upper_sum(octets, octets[6], octets + IPV6_HEADER, len - IPV6_HEADER) != 0)
		return "checksum of TCP or ICMPv6 wrong";
	return parse_upper(packet, octets + IPV6_HEADER, len - IPV6_HEADER);
}

const char *packet_parse(struct packet *packet, const uint8_t *octets, size_t len)
{
	*packet = (struct packet){0};
	return len > 0 && octets[0] >> 4 == 6 ? parse_ipv6(packet, octets, len)
					      : parse_ipv4(packet, octets, len);
}

void packet_sockaddr(bool ipv6, uint32_t address, uint16_t port, struct sockaddr_storage *ss)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memset(ss, 0, sizeof(*ss));
	if (ipv6) {
		if (address != 0)
			put_address(in6.sin6_addr.s6_addr, address);
		memcpy(ss, &in6, sizeof(in6));
		return;
	}
	in.sin_addr.s_addr = htonl(address);
	memcpy(ss, &in, sizeof(in));
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
