/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMP messages, from bytes and back.
 *
 *      0      1      2       4              8
 *      | type | code | cksum | rest         | body
 *
 * In: bytes behind an IPv4 header. Out: the message, or what an error quotes.
 *
 * It decides nothing: which message is answered, believed or ignored is the
 * business of the ip room. */

#include "wire/icmp.h"

#include "wire/bytes.h"
#include "wire/checksum.h"

#include <string.h>

/* RFC 1812 4.3.2.3: an error is at most this long, its own headers included. */
enum { ERROR_MAX = 576, QUOTE_MAX = ERROR_MAX - IPV4_HEADER_MIN - ICMP_HEADER };

static uint16_t sum_of(const uint8_t *data, size_t len)
{
	struct checksum c;

	checksum_init(&c);
	checksum_add(&c, data, len);
	return checksum_finish(&c);
}

enum evtcp_cause icmp_parse(struct icmp_message *m, const uint8_t *data, size_t len)
{
	if (len < ICMP_HEADER)
		return EVTCP_CAUSE_ICMP_TRUNCATED;
	if (sum_of(data, len) != 0)
		return EVTCP_CAUSE_ICMP_CHECKSUM;
	m->type = data[0];
	m->code = data[1];
	m->rest = bytes_get32(data + 4);
	m->body = data + ICMP_HEADER;
	m->body_len = len - ICMP_HEADER;
	return EVTCP_CAUSE_NONE;
}

size_t icmp_build(const struct icmp_message *m, uint8_t *out)
{
	out[0] = m->type;
	out[1] = m->code;
	bytes_put16(out + 2, 0);
	bytes_put32(out + 4, m->rest);
	if (m->body_len > 0)
		memcpy(out + ICMP_HEADER, m->body, m->body_len);
	bytes_put16(out + 2, sum_of(out, ICMP_HEADER + m->body_len));
	return ICMP_HEADER + m->body_len;
}

size_t icmp_quote_len(size_t len)
{
	return len < QUOTE_MAX ? len : QUOTE_MAX;
}

enum evtcp_cause icmp_quote_parse(struct icmp_quote *quote, const uint8_t *body, size_t len)
{
	if (ipv4_header_parse_quoted(&quote->ip, body, len) != EVTCP_CAUSE_NONE)
		return EVTCP_CAUSE_ICMP_QUOTE;
	quote->payload = body + quote->ip.header_len;
	quote->payload_len = len - quote->ip.header_len;
	return EVTCP_CAUSE_NONE;
}
