/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP_REASSEMBLY_H
#define IP_REASSEMBLY_H

/* Reassembly of IPv4 (RFC 791 3.2 rules 2 to 4, RFC 1122 3.3.2 rule 1) and IPv6 (RFC 8200
 * 4.5 rules 1 and 2, RFC 8200 5 rule 2, RFC 5722): fragments go in, whole packets come out and
 * take the road of any packet again.
 *
 * Fragments are fragile (RFC 8900) and an old way to make a host hold memory, so that
 * everything is bounded (ATTACKS R01 to R06) and who waits longest gives way: honest
 * fragments come within milliseconds of each other. We never depend on it: what we send has
 * Don't Fragment set, and our MSS asks the same of peers. */

#include "ip/fragments.h"
#include "ip/ip.h"
#include "util/hash_table.h"
#include "util/keyed_hash.h"
#include "util/list.h"

enum {
	REASSEMBLY_SOURCES = 256, /* counters of fragments by source */
	/* So many other fragments of a source may come between two of one datagram of IPv4:
	 * its IDs have but 16 bits and come again soon (RFC 4963, ATTACKS R04). */
	REASSEMBLY_MAX_DISTANCE = 64
};

/* How long a datagram may take from its first fragment on. RFC 1122 3.3.2 rules 2, 3: 60 s
 * or more for IPv4; fast senders use an ID again within seconds, and what is put together
 * of two datagrams is worse than lost. RFC 8200 4.5 rule 3 says 60 s for IPv6, whose IDs have 32
 * bits. */
#define REASSEMBLY_IPV4_US UINT64_C(15000000)
#define REASSEMBLY_IPV6_US UINT64_C(60000000)

/* As in struct evtcp_limits; 0 is no limit. */
struct reassembly_limits {
	uint64_t bytes;     /* memory for all fragments and what they belong to */
	uint32_t datagrams; /* incomplete at a time */
	uint32_t fragments; /* of a datagram */
};

struct reassembly {
	const struct evtcp_world *world;
	struct reassembly_limits limits;
	struct keyed_hash hash;
	struct hash_table datagrams;
	struct list ipv4, ipv6; /* the same ones, oldest first */
	uint64_t bytes;         /* memory of all of them */
	uint32_t arrivals[REASSEMBLY_SOURCES];
};

struct reassembly_datagram;

/* What became of a fragment, beside its cause. */
struct reassembly_news {
	uint8_t *whole; /* a whole packet of len bytes, the caller's: reassembly_release */
	size_t len;
	uint32_t gave_way; /* incomplete datagrams dropped for this one: IP_FRAGMENT_LIMIT */
	bool stale;        /* one with the same ID was: IP_FRAGMENT_STALE */
};

/* reassembly_init: nothing waits. world must outlive it. */
void reassembly_init(struct reassembly *r, const struct evtcp_world *world,
	const struct reassembly_limits *limits);

/* reassembly_free: frees all that waits. */
void reassembly_free(struct reassembly *r);

/* reassembly_add: view is of a packet that ip_input called IP_FRAGMENT. Returns
 *   NONE         it was the last that was missing: news->whole is the packet, to be given
 *                to ip_input like any other;
 *   IP_FRAGMENT  it is kept;
 *   IP_FRAGMENT_DUPLICATE, IP_FRAGMENT_LIMIT, NO_MEMORY, IP_FRAGMENT_MALFORMED (what it says
 *   of the end cannot be), IP_FRAGMENT_OVERLAP, IP_FRAGMENT_ECN: it is dropped; after
 *   the last three, and when there are too many of it, all of the datagram is, those
 *   fragments included that come later (RFC 5722 4 rules 1, 2).
 * *news is filled whatever is returned. */
enum evtcp_cause reassembly_add(struct reassembly *r, const struct ip_view *view, uint64_t now,
	struct reassembly_news *news);

/* reassembly_release: frees a whole packet. NULL is nothing. */
void reassembly_release(struct reassembly *r, uint8_t *whole);

/* reassembly_next_deadline: when the next datagram's time is over; UINT64_MAX: none waits. */
uint64_t reassembly_next_deadline(const struct reassembly *r);

/* reassembly_overdue: a datagram whose time is over, NULL if there is none; the caller looks
 * at it and drops it. */
struct reassembly_datagram *reassembly_overdue(const struct reassembly *r, uint64_t now);

/* reassembly_is_refused: it was dropped before and only remembered.
 * reassembly_first_packet: its first fragment as it came, of len bytes; NULL if that is
 * missing. Valid until it is dropped. */
bool reassembly_is_refused(const struct reassembly_datagram *datagram);
const uint8_t *reassembly_first_packet(const struct reassembly_datagram *datagram, size_t *len);

/* reassembly_drop: forgets it. */
void reassembly_drop(struct reassembly *r, struct reassembly_datagram *datagram);

/* reassembly_check: asserts sums, bounds and order; for tests. */
void reassembly_check(const struct reassembly *r);

#endif
