/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP_FRAGMENTS_H
#define IP_FRAGMENTS_H

/* The fragments of one datagram that have come so far: kept in order, each once, none
 * overlapping another, until they are all there. One idea for both families; what an IP
 * header says is read before and written behind it, in reassembly.c.
 *
 * Offsets and lengths are bytes of what was fragmented: the payload of IPv4, the
 * fragmentable part of IPv6 (RFC 791 3.2 rule 3, RFC 8200 4.5 rule 1). */

#include <evtcp/types.h>
#include <stdbool.h>

/* One that came. bytes belong to the caller, who need not keep them. */
struct fragment {
	uint32_t offset;       /* a multiple of 8 */
	uint32_t len;          /* of the data: not 0, a multiple of 8 if there is more */
	bool more;             /* it is not the last */
	uint32_t header_len;   /* what stands in front of the data */
	const uint8_t *packet; /* header_len + len bytes */
};

struct fragments_kept;

/* Zeroed is empty. */
struct fragments {
	struct fragments_kept **list; /* by offset */
	uint32_t n, capacity;
	uint32_t bytes;     /* of data in all of them */
	uint32_t end;       /* length of the whole; 0: the last has not come */
	uint32_t footprint; /* memory of all this in bytes */
};

enum fragments_verdict {
	FRAGMENTS_KEPT,
	FRAGMENTS_DUPLICATE,  /* it is here already, to the bit */
	FRAGMENTS_OVERLAP,    /* it covers what another has brought: drop them all */
	FRAGMENTS_IMPOSSIBLE, /* it contradicts what others say of the end: drop them all */
	FRAGMENTS_TOO_MANY,   /* there are `limit` of them: drop them all */
	FRAGMENTS_NO_MEMORY   /* as if it had been lost */
};

/* fragments_add: keeps a copy of it; with its header when it is the first, for that is the
 * header of the whole. At most limit of them are kept; finding the place takes a number of
 * comparisons logarithmic in that (ATTACKS R03). Nothing changes unless it is KEPT. */
enum fragments_verdict fragments_add(struct fragments *f, const struct fragment *fragment,
	uint32_t limit, const struct evtcp_world *world);

/* fragments_cost: by how much footprint grows at most if it is kept. */
uint32_t fragments_cost(const struct fragments *f, const struct fragment *fragment);

/* fragments_are_complete: nothing is missing between the first and the last. */
bool fragments_are_complete(const struct fragments *f);

/* fragments_first: the packet of the first fragment as it came, header_len and len bytes
 * long; NULL while that is missing. Valid until the next call that changes *f. */
const uint8_t *fragments_first(const struct fragments *f, uint32_t *header_len, uint32_t *len);

/* fragments_copy: writes the data of all (they are complete), f->end bytes, to out. */
void fragments_copy(const struct fragments *f, uint8_t *out);

/* fragments_clear: frees them all; *f is empty. */
void fragments_clear(struct fragments *f, const struct evtcp_world *world);

/* fragments_check: asserts order, sums and bounds; for tests. */
void fragments_check(const struct fragments *f);

#endif
