/* SPDX-License-Identifier: BSD-3-Clause */

/* The walk along the extension headers.
 *
 *      IPv6 header ─► [hop-by-hop options] ─► [destination options] ─► [routing] ─► ...
 *
 *      options, routing:  | next header | length / 8 - 1 | ...
 *      fragment:          | next header | 0 | offset, M  | identification |
 *
 * In: a packet whose IPv6 header is sound. Out: where its payload begins, or why it is
 * refused and what its source is to be told.
 *
 * Each step needs eight octets of the packet and goes at least eight on, so that it
 * ends; bounds on headers, options and padding end it early. It keeps nothing and puts
 * no fragments together. */

#include "wire/ipv6_chain.h"

#include "wire/bytes.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum { HEADER_UNIT = 8, OPTION_PAD1 = 0, OPTION_PADN = 1 };

/* RFC 8200 4.2 rule 1: what the two highest bits of an unknown option's number ask for. */
enum { OPTION_SKIP = 0, OPTION_DISCARD = 1 };

/* Where a walk stands: the header at `at`, whose number is chain->upper. */
struct walk {
	struct ipv6_chain *chain;
	const uint8_t *packet;
	size_t len;
};

static bool is_extension(uint8_t number)
{
	return number == IPV6_HOP_BY_HOP || number == IPV6_ROUTING || number == IPV6_FRAGMENT ||
	       number == IPV6_DESTINATION_OPTIONS;
}

/* The length of the extension header at `at`, 0 if it runs out of the packet. */
static size_t header_len(const struct walk *walk, uint8_t number, size_t at)
{
	size_t len = HEADER_UNIT;

	if (walk->len - at < HEADER_UNIT)
		return 0;
	if (number != IPV6_FRAGMENT)
		len += (size_t)walk->packet[at + 1] * HEADER_UNIT;
	return len <= walk->len - at ? len : 0;
}

/* RFC 4443 2.4 (e): nothing is said about an ICMPv6 error or redirect. What stands
 * behind the headers is looked up without believing them; where that cannot be found
 * out, silence is the safe answer. */
static bool may_complain(const struct walk *walk)
{
	uint8_t number = walk->chain->upper;
	size_t at = walk->chain->upper_at;

	for (int i = 0; i < IPV6_CHAIN_HEADERS && is_extension(number); i++) {
		size_t len = header_len(walk, number, at);

		if (len == 0)
			return false;
		if (number == IPV6_FRAGMENT && bytes_get16(walk->packet + at + 2) >> 3 != 0)
			return false; /* a later one: its bytes are no header */
		number = walk->packet[at];
		at += len;
	}
	if (number != IP_PROTOCOL_ICMPV6)
		return !is_extension(number);
	return at < walk->len && !icmpv6_is_error_or_redirect(walk->packet[at]);
}

/* Notes that the source is to be told of the octet at `at`. Returns cause. */
static enum evtcp_cause complain(
	const struct walk *walk, enum evtcp_cause cause, uint8_t code, size_t at)
{
	walk->chain->problem_due = may_complain(walk);
	walk->chain->problem_code = code;
	walk->chain->problem_at = (uint32_t)at;
	return cause;
}

/* An option that is no padding; we know none. */
static enum evtcp_cause judge_option(const struct walk *walk, size_t at)
{
	switch (walk->packet[at] >> 6) {
	case OPTION_SKIP:
		return EVTCP_CAUSE_NONE;
	case OPTION_DISCARD:
		return EVTCP_CAUSE_IP_OPTION_UNKNOWN;
	default: /* the other two differ for multicast, which never gets here */
		return complain(walk, EVTCP_CAUSE_IP_OPTION_UNKNOWN, IPV6_PROBLEM_OPTION, at);
	}
}

/* The options from `at` to `end`, in their order (RFC 8200 4 rule 1, 4.2 rules 1, 2). */
static enum evtcp_cause walk_options(const struct walk *walk, size_t at, size_t end)
{
	const uint8_t *packet = walk->packet;
	size_t padding = 0;
	unsigned options = 0;

	while (at < end) {
		bool is_padding = packet[at] == OPTION_PAD1 || packet[at] == OPTION_PADN;
		enum evtcp_cause cause = EVTCP_CAUSE_NONE;
		size_t len = 1;

		if (packet[at] != OPTION_PAD1) {
			if (end - at < 2 || packet[at + 1] > end - at - 2)
				return EVTCP_CAUSE_IP_OPTION;
			len = 2u + packet[at + 1];
		}
		padding = is_padding ? padding + len : 0;
		options += !is_padding;
		if (padding > IPV6_CHAIN_PADDING || options > IPV6_CHAIN_OPTIONS)
			return EVTCP_CAUSE_IP_EXTENSION_LIMIT;
		if (!is_padding)
			cause = judge_option(walk, at);
		if (cause != EVTCP_CAUSE_NONE)
			return cause;
		at += len;
	}
	return EVTCP_CAUSE_NONE;
}

/* The content of the extension header at `at`, which is whole. */
static enum evtcp_cause walk_header(const struct walk *walk, size_t at, size_t len)
{
	switch (walk->chain->upper) {
	case IPV6_ROUTING: /* RFC 8200 4.4 rules 1, 2: with no segments left it has done its work */
		if (walk->packet[at + 3] == 0)
			return EVTCP_CAUSE_NONE;
		return complain(walk, EVTCP_CAUSE_IP_SOURCE_ROUTE, IPV6_PROBLEM_FIELD, at + 2);
	case IPV6_FRAGMENT:
		walk->chain->fragment_at = at;
		/* Offset 0 and no more to come: RFC 8200 4.5 rule 7, RFC 6946. The two reserved
		 * bits are not looked at. */
		return (bytes_get16(walk->packet + at + 2) & 0xfff9) != 0 ? EVTCP_CAUSE_IP_FRAGMENT
									  : EVTCP_CAUSE_NONE;
	default:
		return walk_options(walk, at + 2, at + len);
	}
}

/* The headers from the one that chain->upper names; chain->headers were walked before. */
static enum evtcp_cause walk_on(const struct walk *walk)
{
	struct ipv6_chain *chain = walk->chain;

	for (; is_extension(chain->upper); chain->headers++) {
		size_t at = chain->upper_at, step = header_len(walk, chain->upper, at);
		enum evtcp_cause cause;

		if (chain->upper == IPV6_HOP_BY_HOP && chain->headers > 0)
			break; /* RFC 8200 4 rule 3: only the first may be one */
		if (chain->headers == IPV6_CHAIN_HEADERS)
			return EVTCP_CAUSE_IP_EXTENSION_LIMIT;
		if (step == 0)
			return EVTCP_CAUSE_IP_TRUNCATED;
		cause = walk_header(walk, at, step);
		if (cause != EVTCP_CAUSE_NONE)
			return cause;
		chain->upper = walk->packet[at];
		chain->next_header_at = at;
		chain->upper_at = at + step;
	}
	chain->problem_code = IPV6_PROBLEM_NEXT_HEADER;
	chain->problem_at = (uint32_t)chain->next_header_at;
	/* RFC 8200 4.7 */
	return chain->upper == IPV6_NO_NEXT_HEADER ? EVTCP_CAUSE_IP_NO_NEXT_HEADER
						   : EVTCP_CAUSE_NONE;
}

enum evtcp_cause ipv6_chain_walk(struct ipv6_chain *chain, const uint8_t *packet, size_t len)
{
	struct walk walk = {.chain = chain, .packet = packet, .len = len};

	*chain = (struct ipv6_chain){
		.upper = packet[6], .upper_at = IPV6_HEADER, .next_header_at = 6};
	return walk_on(&walk);
}

enum evtcp_cause ipv6_chain_walk_first_fragment(
	struct ipv6_chain *chain, const uint8_t *packet, size_t len)
{
	struct walk walk = {.chain = chain, .packet = packet, .len = len};

	chain->upper = packet[chain->fragment_at];
	chain->next_header_at = chain->fragment_at;
	chain->upper_at = chain->fragment_at + HEADER_UNIT;
	chain->headers++;
	return walk_on(&walk);
}
