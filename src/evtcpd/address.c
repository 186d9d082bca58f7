/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses as options name them: "10.0.0.2/24" in, a checked struct out, and the
 * questions about prefixes that setting up a TUN asks. IPv4 only for now; what
 * is IPv6 is recognised, so that its message can be a good one. Knows nothing of
 * the system: whether an address is free on this host is the TUN's business. */

#include "evtcpd/address.h"
#include "evtcpd/quantity.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static struct sockaddr_in *address_in(struct evtcp_tun_address *address)
{
	return (struct sockaddr_in *)&address->address;
}

static uint32_t address_value(const struct evtcp_tun_address *address)
{
	return ntohl(((const struct sockaddr_in *)&address->address)->sin_addr.s_addr);
}

static uint32_t address_mask(unsigned prefix_len)
{
	return prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);
}

static void address_set(struct evtcp_tun_address *address, uint32_t value, unsigned prefix_len)
{
	memset(address, 0, sizeof(*address));
	address_in(address)->sin_family = AF_INET;
	address_in(address)->sin_addr.s_addr = htonl(value);
	address->prefix_len = prefix_len;
}

/* RFC 1122 3.2.1.3: "this" network, loopback, multicast and what is above it are
 * nobody's address. */
static int address_is_unicast(uint32_t value)
{
	unsigned first = value >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* Neither all-zeros nor all-ones below the mask, unless the prefix is a /31 (RFC
 * 3021), which has no such addresses. */
static int address_is_host(uint32_t value, unsigned prefix_len)
{
	uint32_t below = ~address_mask(prefix_len);

	return prefix_len == 31 || ((value & below) != 0 && (value & below) != below);
}

static enum address_fault address_read(const char *text, uint32_t *value)
{
	struct in_addr in;

	if (strchr(text, ':') != NULL)
		return ADDRESS_IPV6;
	if (inet_pton(AF_INET, text, &in) != 1)
		return ADDRESS_SYNTAX;
	*value = ntohl(in.s_addr);
	return address_is_unicast(*value) ? ADDRESS_OK : ADDRESS_NOT_UNICAST;
}

enum address_fault address_parse(const char *text, struct evtcp_tun_address *address)
{
	uint32_t value;
	enum address_fault fault = address_read(text, &value);

	if (fault == ADDRESS_OK)
		address_set(address, value, 0);
	return fault;
}

enum address_fault address_parse_prefix(const char *text, struct evtcp_tun_address *address)
{
	const char *slash = strchr(text, '/');
	char before[ADDRESS_TEXT];
	uint64_t prefix_len;
	uint32_t value;
	enum address_fault fault;

	if (strchr(text, ':') != NULL)
		return ADDRESS_IPV6;
	if (slash == NULL || quantity_parse_count(slash + 1, &prefix_len) < 0 || prefix_len < 1 ||
		prefix_len > 31)
		return ADDRESS_PREFIX;
	if ((size_t)(slash - text) >= sizeof(before))
		return ADDRESS_SYNTAX;
	snprintf(before, sizeof(before), "%.*s", (int)(slash - text), text);
	fault = address_read(before, &value);
	if (fault != ADDRESS_OK)
		return fault;
	if (!address_is_host(value, (unsigned)prefix_len))
		return ADDRESS_NOT_HOST;
	address_set(address, value, (unsigned)prefix_len);
	return ADDRESS_OK;
}

const char *address_fault_text(enum address_fault fault)
{
	switch (fault) {
	case ADDRESS_OK:
		return "fine";
	case ADDRESS_SYNTAX:
		return "this is not an IPv4 address; one looks like 10.0.0.2";
	case ADDRESS_IPV6:
		return "IPv6 is not supported yet; give an IPv4 address";
	case ADDRESS_PREFIX:
		return "the prefix length is missing or not 1 to 31; write it after a slash, as in "
		       "10.0.0.2/24";
	case ADDRESS_NOT_UNICAST:
		return "no host can have this address (0.x, 127.x, multicast and reserved "
		       "addresses are "
		       "out); choose another";
	case ADDRESS_NOT_HOST:
		return "this is the network or the broadcast address of its prefix; choose another "
		       "address "
		       "in it";
	}
	return "?";
}

int address_in_prefix(const struct evtcp_tun_address *address, const struct evtcp_tun_address *of)
{
	uint32_t mask = address_mask(of->prefix_len);
	uint32_t value = address_value(address);

	return (value & mask) == (address_value(of) & mask) &&
	       address_is_host(value, of->prefix_len);
}

int address_equal(const struct evtcp_tun_address *a, const struct evtcp_tun_address *b)
{
	return address_value(a) == address_value(b);
}

int address_first_host(
	const struct evtcp_tun_address *own, unsigned n, struct evtcp_tun_address *host)
{
	uint32_t network = address_value(own) & address_mask(own->prefix_len);

	/* Of n + 2 addresses from the network's on, at most n are taken and at
	 * most one is not a host: one of them is free, if the prefix has as many. */
	for (uint32_t i = 0; i < n + 2; i++) {
		struct evtcp_tun_address candidate;
		unsigned taken = 0;

		address_set(&candidate, network + i, own->prefix_len);
		for (unsigned j = 0; j < n; j++)
			taken += (unsigned)address_equal(&candidate, &own[j]);
		if (!taken && address_in_prefix(&candidate, own)) {
			*host = candidate;
			return 0;
		}
	}
	return -1;
}

char *address_format(const struct evtcp_tun_address *address, char *text, size_t size)
{
	if (inet_ntop(AF_INET, &((const struct sockaddr_in *)&address->address)->sin_addr, text,
		    (socklen_t)size) == NULL)
		snprintf(text, size, "?");
	return text;
}
