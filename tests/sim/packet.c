/* SPDX-License-Identifier: BSD-3-Clause */

/* IPv4, IPv6 and TCP, read from the RFCs (791, 8200, 9293 3.1 and 3.2, 7323 2 and 3, 2018 3)
 * and not from the library.
 *
 * In: bytes. Out: the fields, or a sentence on what is wrong.
 *
 * It is strict: what the library sends must be as the RFCs draw it, reserved bits
 * zero, options padded with zeros. It reads no fragments. */

#include "packet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { IP_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20, ICMP_HEADER = 8 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, FRAGMENT_HEADER = 44, PROTOCOL_ICMPV6 = 58 };

static uint16_t packet_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t packet_u32(const uint8_t *bytes)
{
	return (uint32_t)packet_u16(bytes) << 16 | packet_u16(bytes + 2);
}

/* The ones' complement sum of RFC 1071 over bytes, added to sum. A buffer that is
 * right, its checksum included, sums to 0xffff. */
static uint32_t packet_sum(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static const uint8_t packet_prefix[12] = {0xfd, 0, 0, 0xe7};

void packet_address(uint32_t address, uint8_t bytes[16])
{
	unsigned first = address >> 24;

	memset(bytes, 0, 16);
	if (first == 127)
		bytes[15] = 1;
	if (first == 0 || first == 127)
		return;
	if (first >= 224 || (address & 0xff) == 255)
		bytes[0] = 0xff, bytes[1] = 2;
	else
		memcpy(bytes, packet_prefix, sizeof(packet_prefix));
	bytes[12] = (uint8_t)first;
	bytes[13] = (uint8_t)(address >> 16);
	bytes[14] = (uint8_t)(address >> 8);
	bytes[15] = (uint8_t)address;
}

static uint32_t packet_number(const uint8_t *address)
{
	return memcmp(address, packet_prefix, sizeof(packet_prefix)) == 0 ? packet_u32(address + 12)
									  : 0;
}

uint32_t packet_destination(const uint8_t *bytes, size_t len)
{
	if (len >= IPV6_HEADER && bytes[0] >> 4 == 6)
		return packet_number(bytes + 24);
	return len >= IP_HEADER && bytes[0] >> 4 == 4 ? packet_u32(bytes + 16) : 0;
}

static const char *packet_read_ipv4(const uint8_t *bytes, size_t len, struct packet *packet)
{
	if (len < IP_HEADER)
		return "shorter than an IP header";
	if (bytes[0] != 0x45)
		return "not IPv4 with a header of 20 bytes";
	packet->len = packet_u16(bytes + 2);
	if (packet->len != len)
		return "IP total length is not the packet's";
	if (packet_sum(bytes, IP_HEADER, 0) != 0xffff)
		return "IP header checksum";
	if ((packet_u16(bytes + 6) & 0xbfff) != 0)
		return "a fragment, or a reserved flag";
	packet->ecn = bytes[1] & 3;
	packet->ttl = bytes[8];
	packet->protocol = bytes[9];
	packet->source = packet_u32(bytes + 12);
	packet->destination = packet_u32(bytes + 16);
	return NULL;
}

static const char *packet_read_ipv6(const uint8_t *bytes, size_t len, struct packet *packet)
{
	packet->ipv6 = true;
	if (len < IPV6_HEADER)
		return "shorter than an IPv6 header";
	if ((packet_u32(bytes) & ~(UINT32_C(3) << 20)) != UINT32_C(6) << 28)
		return "a DSCP, or a flow label";
	packet->ecn = bytes[1] >> 4 & 3;
	packet->len = IPV6_HEADER + (size_t)packet_u16(bytes + 4);
	if (packet->len != len)
		return "IPv6 payload length is not the packet's";
	packet->protocol = bytes[6];
	packet->ttl = bytes[7];
	packet->source = packet_number(bytes + 8);
	packet->destination = packet_number(bytes + 24);
	return NULL;
}

static const char *packet_read_sack(const uint8_t *option, struct packet *packet)
{
	unsigned blocks = (option[1] - 2u) / 8;

	if (packet->n_sack || (option[1] - 2) % 8 || blocks == 0 || blocks > PACKET_SACK_BLOCKS)
		return "SACK option malformed";
	for (unsigned i = 0; i < blocks; i++)
		packet->sack[i] = (struct packet_sack){
			packet_u32(option + 2 + 8 * i), packet_u32(option + 6 + 8 * i)};
	packet->n_sack = blocks;
	return NULL;
}

/* RFC 9768 3.2.3: up to three counters of 24 bits, whose order the kind tells. */
static const char *packet_read_accecn(const uint8_t *option, struct packet *packet)
{
	static const uint8_t orders[2][3] = {{2, 3, 1}, {1, 3, 2}}; /* codepoints */
	const uint8_t *order = orders[option[0] == 174];

	if (packet->has_accecn || option[1] > 11 || option[1] % 3 != 2)
		return "AccECN option malformed";
	packet->has_accecn = true;
	for (unsigned i = 0; i < (option[1] - 2u) / 3; i++) {
		packet->has_octets[order[i]] = true;
		packet->octets[order[i]] = packet_u32(option + 1 + 3 * i) & 0xffffff;
	}
	return NULL;
}

static const char *packet_read_option(const uint8_t *option, struct packet *packet)
{
	uint8_t len = option[1];

	switch (option[0]) {
	case 2:
		if (len != 4 || packet->has_mss)
			return "MSS option malformed";
		packet->has_mss = true;
		packet->mss = packet_u16(option + 2);
		return NULL;
	case 3:
		if (len != 3 || packet->has_window_scale)
			return "window scale option malformed";
		packet->has_window_scale = true;
		packet->window_scale = option[2];
		return NULL;
	case 4:
		if (len != 2 || packet->has_sack_permitted)
			return "SACK-permitted option malformed";
		packet->has_sack_permitted = true;
		return NULL;
	case 5:
		return packet_read_sack(option, packet);
	case 8:
		if (len != 10 || packet->has_timestamps)
			return "timestamps option malformed";
		packet->has_timestamps = true;
		packet->ts_value = packet_u32(option + 2);
		packet->ts_echo = packet_u32(option + 6);
		return NULL;
	case 28:
		if (len != 4 || packet->has_user_timeout || packet_u16(option + 2) == 0)
			return "user timeout option malformed";
		packet->has_user_timeout = true;
		packet->user_timeout = packet_u16(option + 2);
		return NULL;
	case 172:
	case 174:
		return packet_read_accecn(option, packet);
	default:
		return "an option that we do not send";
	}
}

static const char *packet_read_options(const uint8_t *options, size_t len, struct packet *packet)
{
	size_t at = 0;

	packet->options_len = len;
	while (at < len && options[at] != 0) {
		const char *wrong;

		if (options[at] == 1) {
			at++;
			continue;
		}
		if (at + 2 > len || options[at + 1] < 2 || at + options[at + 1] > len)
			return "an option runs over the header";
		/* RFC 7323 appendix A: four-byte words stand on four-byte boundaries. */
		if ((options[at] == 8 || options[at] == 5) && (at + 2) % 4 != 0)
			return "an option's words are not aligned";
		wrong = packet_read_option(options + at, packet);
		if (wrong)
			return wrong;
		at += options[at + 1];
	}
	/* RFC 9293 3.2, MUST-69: the padding is zeros. */
	for (; at < len; at++) {
		if (options[at] != 0)
			return "bytes after the end of options";
	}
	return NULL;
}

/* ip: the IP header, whose addresses the sum covers. */
static uint32_t packet_pseudo_sum(const uint8_t *ip, size_t len)
{
	bool ipv6 = ip[0] >> 4 == 6;

	return packet_sum(ipv6 ? ip + 8 : ip + 12, ipv6 ? 32 : 8, PROTOCOL_TCP + (uint32_t)len);
}

static bool packet_tcp_sum_matches(const uint8_t *ip, const uint8_t *tcp, size_t len)
{
	return packet_sum(tcp, len, packet_pseudo_sum(ip, len)) == 0xffff;
}

static bool packet_sums_match_ipv6(const uint8_t *bytes, size_t len)
{
	const uint8_t *payload = bytes + IPV6_HEADER;
	size_t payload_len;

	if (len < IPV6_HEADER)
		return false;
	payload_len = packet_u16(bytes + 4);
	if (payload_len > len - IPV6_HEADER)
		return false;
	/* No header checksum: what has become a fragment waits for others; any other protocol is
	 * damage that is seen as such, for nobody sends anything but TCP and ICMP here. */
	switch (bytes[6]) {
	case PROTOCOL_TCP:
		return packet_tcp_sum_matches(bytes, payload, payload_len);
	case PROTOCOL_ICMPV6:
		return packet_sum(payload, payload_len,
			       packet_sum(bytes + 8, 32,
				       PROTOCOL_ICMPV6 + (uint32_t)payload_len)) == 0xffff;
	default:
		return bytes[6] == FRAGMENT_HEADER;
	}
}

static bool packet_sums_match_ipv4(const uint8_t *bytes, size_t len)
{
	size_t header, total;

	if (len < IP_HEADER || bytes[0] >> 4 != 4)
		return false;
	header = (size_t)(bytes[0] & 0x0f) * 4;
	total = packet_u16(bytes + 2);
	if (header < IP_HEADER || header > total || total > len ||
		packet_sum(bytes, header, 0) != 0xffff)
		return false;
	if ((packet_u16(bytes + 6) & 0x3fff) != 0)
		return true; /* a fragment: of what, only the whole would tell */
	if (bytes[9] == PROTOCOL_ICMP)
		return packet_sum(bytes + header, total - header, 0) == 0xffff;
	return bytes[9] != PROTOCOL_TCP ||
	       packet_tcp_sum_matches(bytes, bytes + header, total - header);
}

bool packet_sums_match(const uint8_t *bytes, size_t len)
{
	return len > 0 && bytes[0] >> 4 == 6 ? packet_sums_match_ipv6(bytes, len)
					     : packet_sums_match_ipv4(bytes, len);
}

/* bytes: the TCP header, behind the IP header at ip. */
static const char *packet_read_tcp(
	const uint8_t *ip, const uint8_t *bytes, size_t len, struct packet *packet)
{
	size_t header;

	if (len < TCP_HEADER)
		return "shorter than a TCP header";
	if (!packet_tcp_sum_matches(ip, bytes, len))
		return "TCP checksum";
	header = (size_t)(bytes[12] >> 4) * 4;
	if (header < TCP_HEADER || header > len)
		return "TCP data offset";
	if ((bytes[12] & 0x0e) != 0)
		return "reserved TCP bits";
	packet->source_port = packet_u16(bytes);
	packet->destination_port = packet_u16(bytes + 2);
	packet->seq = packet_u32(bytes + 4);
	packet->ack = packet_u32(bytes + 8);
	packet->flags = (uint16_t)((bytes[12] & 1) << 8 | bytes[13]);
	packet->window = packet_u16(bytes + 14);
	packet->urgent = packet_u16(bytes + 18);
	packet->payload = bytes + header;
	packet->payload_len = (uint32_t)(len - header);
	return packet_read_options(bytes + TCP_HEADER, header - TCP_HEADER, packet);
}

const char *packet_parse(const uint8_t *bytes, size_t len, struct packet *packet)
{
	bool ipv6 = len > 0 && bytes[0] >> 4 == 6;
	size_t header = ipv6 ? IPV6_HEADER : IP_HEADER;
	const char *wrong;

	*packet = (struct packet){0};
	wrong = (ipv6 ? packet_read_ipv6 : packet_read_ipv4)(bytes, len, packet);
	if (wrong || packet->protocol != PROTOCOL_TCP)
		return wrong;
	return packet_read_tcp(bytes, bytes + header, len - header, packet);
}

static void packet_put_u16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void packet_put_u32(uint8_t *bytes, uint32_t value)
{
	packet_put_u16(bytes, value >> 16);
	packet_put_u16(bytes + 2, value & 0xffff);
}

static void packet_build_ip(
	const struct packet *packet, uint8_t protocol, uint8_t *bytes, size_t len)
{
	memset(bytes, 0, packet->ipv6 ? IPV6_HEADER : IP_HEADER);
	if (packet->ipv6) {
		bytes[0] = 0x60;
		bytes[1] = (uint8_t)(packet->ecn << 4);
		packet_put_u16(bytes + 4, (uint32_t)len - IPV6_HEADER);
		bytes[6] = protocol;
		bytes[7] = packet->ttl;
		packet_address(packet->source, bytes + 8);
		packet_address(packet->destination, bytes + 24);
		return;
	}
	bytes[0] = 0x45;
	bytes[1] = packet->ecn;
	packet_put_u16(bytes + 2, (uint32_t)len);
	bytes[6] = 0x40;
	bytes[8] = packet->ttl;
	bytes[9] = protocol;
	packet_put_u32(bytes + 12, packet->source);
	packet_put_u32(bytes + 16, packet->destination);
	packet_put_u16(bytes + 10, 0xffff - packet_sum(bytes, IP_HEADER, 0));
}

size_t packet_build(const struct packet *packet, uint8_t *bytes, size_t size)
{
	size_t ip_len = packet->ipv6 ? IPV6_HEADER : IP_HEADER;
	size_t tcp_len = TCP_HEADER + packet->payload_len, len = ip_len + tcp_len;
	uint8_t *tcp = bytes + ip_len;

	assert(len <= size && len <= UINT16_MAX && "the packet fits");
	packet_build_ip(packet, PROTOCOL_TCP, bytes, len);
	memset(tcp, 0, TCP_HEADER);
	packet_put_u16(tcp, packet->source_port);
	packet_put_u16(tcp + 2, packet->destination_port);
	packet_put_u32(tcp + 4, packet->seq);
	packet_put_u32(tcp + 8, packet->ack);
	tcp[12] = (uint8_t)(TCP_HEADER / 4 << 4 | packet->flags >> 8);
	tcp[13] = (uint8_t)packet->flags;
	packet_put_u16(tcp + 14, packet->window);
	if (packet->payload_len)
		memcpy(tcp + TCP_HEADER, packet->payload, packet->payload_len);
	packet_put_u16(
		tcp + 16, 0xffff - packet_sum(tcp, tcp_len, packet_pseudo_sum(bytes, tcp_len)));
	return len;
}

size_t packet_build_icmp(
	const struct packet *about, const struct packet_icmp *icmp, uint8_t *bytes, size_t size)
{
	struct packet error = {.ipv6 = about->ipv6,
		.source = about->destination,
		.destination = about->source,
		.ttl = about->ttl};
	struct packet quoted = *about;
	size_t ip_len = about->ipv6 ? IPV6_HEADER : IP_HEADER, icmp_len, len;
	uint8_t *message = bytes + ip_len;
	uint32_t sum;

	quoted.payload_len = 0;
	assert(ip_len + ICMP_HEADER < size && "the error has room");
	icmp_len = ICMP_HEADER +
		   packet_build(&quoted, message + ICMP_HEADER, size - ip_len - ICMP_HEADER);
	len = ip_len + icmp_len;
	packet_build_ip(&error, about->ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP, bytes, len);
	message[0] = icmp->type;
	message[1] = icmp->code;
	packet_put_u16(message + 2, 0);
	packet_put_u32(message + 4, icmp->rest);
	sum = about->ipv6 ? packet_sum(bytes + 8, 32, PROTOCOL_ICMPV6 + (uint32_t)icmp_len) : 0;
	packet_put_u16(message + 2, 0xffff - packet_sum(message, icmp_len, sum));
	return len;
}

void packet_set_window(uint8_t *bytes, uint16_t window)
{
	uint8_t *tcp = bytes + (bytes[0] >> 4 == 6 ? IPV6_HEADER : (bytes[0] & 15) * 4);
	uint32_t old = (uint32_t)tcp[14] << 8 | tcp[15];
	uint32_t sum = 0xffff & ~((uint32_t)tcp[16] << 8 | tcp[17]);

	/* RFC 1624 3, equation 3 */
	sum += (0xffff & ~old) + window;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	packet_put_u16(tcp + 14, window);
	packet_put_u16(tcp + 16, 0xffff & ~sum);
}

uint32_t packet_segment_len(const struct packet *packet)
{
	return packet->payload_len + ((packet->flags & PACKET_SYN) != 0) +
	       ((packet->flags & PACKET_FIN) != 0);
}

char *packet_format(const struct packet *packet, char *text, size_t size)
{
	static const char letters[] = "FSRP.UEWA";
	char flags[sizeof(letters)] = "", sack[100] = "", ts[40] = "";
	size_t n = 0;

	for (unsigned i = 0; letters[i] != '\0'; i++) {
		if (packet->flags & (1u << i))
			flags[n++] = letters[i];
	}
	for (unsigned i = 0; i < packet->n_sack; i++) {
		size_t at = strlen(sack);

		snprintf(sack + at, sizeof(sack) - at, " sack %u:%u", packet->sack[i].left,
			packet->sack[i].right);
	}
	if (packet->has_timestamps)
		snprintf(ts, sizeof(ts), " ts %u/%u", packet->ts_value, packet->ts_echo);
	snprintf(text, size, "%u > %u %s %u:%u(%u) ack %u win %u%s%s%s", packet->source_port,
		packet->destination_port, flags, packet->seq,
		packet->seq + packet_segment_len(packet), packet->payload_len, packet->ack,
		packet->window, packet->has_mss ? " mss" : "", ts, sack);
	return text;
}
