/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses as options name them: "10.0.0.2/24", "fd00:e7::2/64" in, a checked struct out,
 * and the questions about prefixes that setting up a TUN asks. Both families are sixteen
 * bytes here, IPv4 mapped into IPv6, so that each question is asked once. Knows nothing
 * of the system: whether an address is free on this host is the TUN's business. */

#include "evtcpd/address.h"
#include "evtcpd/quantity.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESS_BITS = 128, ADDRESS_IPV4_BITS = 32 };

static struct evtcp_addr address_value(const struct evtcp_tun_address *address)
{
	struct evtcp_endpoint endpoint = {0};

	evtcp_endpoint_from_sockaddr(
		&endpoint, (const struct sockaddr *)&address->address, sizeof(address->address));
	return endpoint.addr;
}

static void address_set(
	struct evtcp_tun_address *address, const struct evtcp_addr *value, unsigned prefix_len)
{
	struct evtcp_endpoint endpoint = {.addr = *value};

	memset(address, 0, sizeof(*address));
	evtcp_endpoint_to_sockaddr(&endpoint, &address->address);
	address->prefix_len = prefix_len;
}

int address_is_ipv6(const struct evtcp_tun_address *address)
{
	return address->address.ss_family == AF_INET6;
}

/* ---- values: sixteen bytes, and how many bits are the host's ----------------------- */

static unsigned address_host_bits(const struct evtcp_tun_address *address)
{
	return (address_is_ipv6(address) ? ADDRESS_BITS : ADDRESS_IPV4_BITS) - address->prefix_len;
}

/* Sets the lowest bits of value to zeros. */
static void address_clear_low(struct evtcp_addr *value, unsigned bits)
{
	for (int i = 15; bits > 0; i--) {
		unsigned n = bits < 8 ? bits : 8;

		value->bytes[i] &= (uint8_t)(0xff << n);
		bits -= n;
	}
}

/* Sets them to ones. */
static void address_fill_low(struct evtcp_addr *value, unsigned bits)
{
	for (int i = 15; bits > 0; i--) {
		unsigned n = bits < 8 ? bits : 8;

		value->bytes[i] |= (uint8_t) ~(0xff << n);
		bits -= n;
	}
}

static void address_increment(struct evtcp_addr *value)
{
	for (int i = 15; i >= 0 && ++value->bytes[i] == 0; i--)
		continue;
}

static int address_same(const struct evtcp_addr *a, const struct evtcp_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* RFC 1122 3.2.1.3 rule 2: "this" network, loopback, multicast and what is above it are
 * nobody's address; RFC 4291 2.5, 2.7: nor are ::, ::1 and multicast. */
static int address_is_unicast(const struct evtcp_addr *value)
{
	static const struct evtcp_addr any, loopback = {{[15] = 1}};
	const uint8_t *b = value->bytes;

	if (evtcp_addr_is_ipv4(value))
		return b[12] != 0 && b[12] != 127 && b[12] < 224;
	return b[0] != 0xff && !address_same(value, &any) && !address_same(value, &loopback);
}

/* Whether address may be a host in a prefix with so many bits for hosts. */
static int address_is_host(const struct evtcp_tun_address *address, unsigned host_bits)
{
	struct evtcp_addr value = address_value(address), first = value, last = value;

	if (host_bits == 1)
		return 1;
	address_clear_low(&first, host_bits);
	address_fill_low(&last, host_bits);
	return !address_same(&value, &first) &&
	       (address_is_ipv6(address) || !address_same(&value, &last));
}

/* ---- reading --------------------------------------------------------------------- */

static enum address_fault address_read(const char *text, struct evtcp_tun_address *address)
{
	struct evtcp_addr value = {{[10] = 0xff, 0xff}};
	int is_ipv6 = strchr(text, ':') != NULL;

	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, value.bytes + (is_ipv6 ? 0 : 12)) != 1)
		return ADDRESS_SYNTAX;
	/* ::ffff:10.0.0.2 is an IPv4 address that a program writes as an IPv6 one. */
	if (!address_is_unicast(&value) || evtcp_addr_is_ipv4(&value) == is_ipv6)
		return ADDRESS_NOT_UNICAST;
	address_set(address, &value, 0);
	return ADDRESS_OK;
}

enum address_fault address_parse(const char *text, struct evtcp_tun_address *address)
{
	return address_read(text, address);
}

enum address_fault address_parse_prefix(const char *text, struct evtcp_tun_address *address)
{
	const char *slash = strchr(text, '/');
	unsigned most = strchr(text, ':') != NULL ? ADDRESS_BITS - 1 : ADDRESS_IPV4_BITS - 1;
	char before[ADDRESS_TEXT];
	uint64_t prefix_len;
	enum address_fault fault;

	if (slash == NULL || quantity_parse_count(slash + 1, &prefix_len) < 0 || prefix_len < 1 ||
		prefix_len > most)
		return ADDRESS_PREFIX;
	if ((size_t)(slash - text) >= sizeof(before))
		return ADDRESS_SYNTAX;
	snprintf(before, sizeof(before), "%.*s", (int)(slash - text), text);
	fault = address_read(before, address);
	if (fault != ADDRESS_OK)
		return fault;
	address->prefix_len = (unsigned)prefix_len;
	return address_is_host(address, address_host_bits(address)) ? ADDRESS_OK : ADDRESS_NOT_HOST;
}

const char *address_fault_text(enum address_fault fault)
{
	switch (fault) {
	case ADDRESS_OK:
		return "fine";
	case ADDRESS_SYNTAX:
		return "this is no IP address; one looks like 10.0.0.2 or fd00:e7::2";
	case ADDRESS_PREFIX:
		return "the prefix length is missing or not 1 to 31 (IPv6: 127); write it after a "
		       "slash, as in 10.0.0.2/24 or fd00:e7::2/64";
	case ADDRESS_NOT_UNICAST:
		return "no host can have this address (0.x, 127.x, ::, ::1, multicast, mapped and "
		       "reserved addresses are out); choose another";
	case ADDRESS_NOT_HOST:
		return "this is the network or the broadcast address of its prefix; choose another "
		       "address in it";
	}
	return "?";
}

/* ---- questions ------------------------------------------------------------------- */

int address_in_prefix(const struct evtcp_tun_address *address, const struct evtcp_tun_address *of)
{
	struct evtcp_addr a = address_value(address), b = address_value(of);
	unsigned host_bits = address_host_bits(of);

	address_clear_low(&a, host_bits);
	address_clear_low(&b, host_bits);
	return address_same(&a, &b) && address_is_host(address, host_bits);
}

int address_equal(const struct evtcp_tun_address *a, const struct evtcp_tun_address *b)
{
	struct evtcp_addr value_a = address_value(a), value_b = address_value(b);

	return address_same(&value_a, &value_b);
}

int address_first_host(
	const struct evtcp_tun_address *own, unsigned n, struct evtcp_tun_address *host)
{
	struct evtcp_addr value = address_value(own);

	address_clear_low(&value, address_host_bits(own));
	/* Of n + 2 addresses from the network's on, at most n are taken and at
	 * most one is not a host: one of them is free, if the prefix has as many. */
	for (uint32_t i = 0; i < n + 2; i++, address_increment(&value)) {
		struct evtcp_tun_address candidate;
		unsigned taken = 0;

		address_set(&candidate, &value, own->prefix_len);
		for (unsigned j = 0; j < n; j++)
			taken += (unsigned)address_equal(&candidate, &own[j]);
		if (!taken && address_in_prefix(&candidate, own)) {
			*host = candidate;
			return 0;
		}
	}
	return -1;
}

/* ---- text ------------------------------------------------------------------------ */

char *address_format(const struct evtcp_tun_address *address, char *text, size_t size)
{
	struct evtcp_addr value = address_value(address);
	int is_ipv6 = address_is_ipv6(address);

	if (inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, value.bytes + (is_ipv6 ? 0 : 12), text,
		    (socklen_t)size) == NULL)
		snprintf(text, size, "?");
	return text;
}

char *address_format_url(const struct evtcp_tun_address *address, char *text, size_t size)
{
	char plain[INET6_ADDRSTRLEN];

	address_format(address, plain, sizeof(plain));
	snprintf(text, size, address_is_ipv6(address) ? "[%s]" : "%s", plain);
	return text;
}
