/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_ADDRESS_H
#define EVTCPD_ADDRESS_H

/* Addresses and prefixes as options name them, of both families. */

#include <evtcp/tun.h>

/* Why a text is not what was asked for; address_fault_text says it to a person. */
enum address_fault {
	ADDRESS_OK,
	ADDRESS_SYNTAX,      /* neither IPv4 nor IPv6 */
	ADDRESS_PREFIX,      /* no "/N", or N not 1 to 31 (IPv6: 127) */
	ADDRESS_NOT_UNICAST, /* 0.0.0.0/8, ::, loopback, multicast, reserved, mapped */
	ADDRESS_NOT_HOST     /* the prefix's own or its broadcast address */
};

/* address_parse: reads "10.0.0.2" or "fd00:e7::2" (no prefix; prefix_len becomes 0) as
 * a unicast address. The port in *address is 0. */
enum address_fault address_parse(const char *text, struct evtcp_tun_address *address);

/* address_parse_prefix: reads "10.0.0.2/24" or "fd00:e7::2/64" as the address of a host
 * in that prefix. A /31 has two hosts and no broadcast (RFC 3021), and so has a /127
 * (RFC 6164); the lowest address of any other IPv6 prefix belongs to its routers (RFC
 * 4291 2.6.1). */
enum address_fault address_parse_prefix(const char *text, struct evtcp_tun_address *address);

/* address_fault_text: completes "...: "; static storage. */
const char *address_fault_text(enum address_fault fault);

/* address_is_ipv6: 1 for AF_INET6. */
int address_is_ipv6(const struct evtcp_tun_address *address);

/* address_in_prefix: 1 when address lies in the prefix that of belongs to and may
 * be a host there (neither its first nor, for IPv4, its broadcast address). */
int address_in_prefix(const struct evtcp_tun_address *address, const struct evtcp_tun_address *of);

/* address_equal: 1 when both are the same address, whatever their prefixes. */
int address_equal(const struct evtcp_tun_address *a, const struct evtcp_tun_address *b);

/* address_first_host: the lowest host of the prefix of own[0] that is none of
 * own[0..n-1], n > 0, with that prefix length. 0, or -1 when all hosts are taken. */
int address_first_host(
	const struct evtcp_tun_address *own, unsigned n, struct evtcp_tun_address *host);

/* address_format: "10.0.0.2", "fd00:e7::2"; address_format_url: the same as a URL has
 * it, "[fd00:e7::2]". Always terminated. Return text. */
#define ADDRESS_TEXT 48
char *address_format(const struct evtcp_tun_address *address, char *text, size_t size);
char *address_format_url(const struct evtcp_tun_address *address, char *text, size_t size);

#endif
