/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_ACCECN_DECODE_H
#define TCP_ACCECN_DECODE_H

/* How many packets an ACK of Accurate ECN says were marked (RFC 9768 appendix A). Its three bits
 * tell the number but for full cycles of eight; of a jump of many segments how many cycles it hides
 * is judged by the octets, where an option tells them. Arithmetic alone: what comes of it is in
 * accecn.c. */

#include <stdbool.h>
#include <stdint.h>

/* One cycle of ACE, which is three bits. */
enum { ACCECN_CYCLE = 8 };

/* What one ACK brings. */
struct accecn_news {
	uint32_t counted;  /* packets that were marked until then, as far as we know */
	uint32_t ace;      /* of how many more it tells: the field */
	uint32_t segment;  /* octets of a full-sized segment; not 0 */
	uint32_t segments; /* so many of them are delivered */
	uint32_t octets;   /* so much more was marked, where an option tells */
	bool told;         /* one does */
	bool worst;        /* without one the worst is assumed */
};

/* accecn_decode: so many packets more were marked. */
uint32_t accecn_decode(const struct accecn_news *news);

#endif
