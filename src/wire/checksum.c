/* SPDX-License-Identifier: BSD-3-Clause */

/* The Internet checksum, RFC 1071: the ones' complement of the ones' complement sum
 * of 16-bit words. Every byte of every packet passes here twice, so it is built for
 * speed, from two properties that the RFC proves in its section 2:
 *
 *  - the sum may be taken in words of any width if each carry is added back in: we
 *    take 64 bits at a time, in two lanes that do not wait for one another;
 *  - it may be taken in any byte order: we load in the machine's own and swap the
 *    16-bit result at the end. In a piece that starts at an odd place the bytes of each
 *    word have changed places, which is its sum turned by eight bits.
 *
 * In: pieces of any length and alignment. Out: the field's value in host order. */

#include "wire/checksum.h"

#include <assert.h>
#include <string.h>

/* Part of a sum: its low 64 bits, and how often they overflowed. */
struct lane {
	uint64_t sum, carries;
};

static inline void lane_add(struct lane *lane, uint64_t value)
{
	lane->sum += value;
	lane->carries += lane->sum < value; /* an add-with-carry instruction */
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline uint16_t load16(const uint8_t *p)
{
	uint16_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* The rest of a piece, at most seven bytes; far from overflowing. */
static inline uint64_t sum_of_tail(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;

	if (len & 4) {
		sum += load32(p);
		p += 4;
	}
	if (len & 2) {
		sum += load16(p);
		p += 2;
	}
	if (len & 1) {
		const uint8_t last[2] = {*p, 0}; /* padded on the right, RFC 9293 3.1 */

		sum += load16(last);
	}
	return sum;
}

/* The sum of one piece as if it began at an even place. */
static uint64_t sum_of(const uint8_t *p, size_t len)
{
	struct lane a = {0, 0}, b = {0, 0};
	struct checksum sum;

	for (; len >= 32; len -= 32, p += 32) {
		lane_add(&a, load64(p));
		lane_add(&b, load64(p + 8));
		lane_add(&a, load64(p + 16));
		lane_add(&b, load64(p + 24));
	}
	for (; len >= 8; len -= 8, p += 8)
		lane_add(&a, load64(p));
	lane_add(&a, sum_of_tail(p, len));
	/* one carry for each eight bytes at most: far from overflowing */
	checksum_init(&sum);
	checksum_add_word(&sum, a.sum);
	checksum_add_word(&sum, b.sum);
	checksum_add_word(&sum, a.carries + b.carries);
	return sum.sum;
}

void checksum_add(struct checksum *c, const void *data, size_t len)
{
	uint64_t sum;

	if (len == 0)
		return; /* data may be NULL */
	sum = sum_of(data, len);
	checksum_add_word(c, c->odd ? sum << 8 | sum >> 56 : sum);
	c->odd ^= len & 1;
}

void checksum_add_header(struct checksum *c, const uint8_t *header, size_t len)
{
	assert(!c->odd && len % 4 == 0 && len >= CHECKSUM_HEADER_MIN && len <= CHECKSUM_HEADER_MAX);
	/* Of at most fifteen words: no carry. */
	uint64_t sum = (uint64_t)load32(header) + load32(header + 4) + load32(header + 8) +
		       load32(header + 12) + load32(header + 16);

	for (size_t i = CHECKSUM_HEADER_MIN; i < len; i += 4)
		sum += load32(header + i);
	checksum_add_word(c, sum);
}

void checksum_add_iov(struct checksum *c, const struct iovec *iov, int iovcnt, size_t len)
{
	for (int i = 0; i < iovcnt && len > 0; i++) {
		size_t piece = iov[i].iov_len < len ? iov[i].iov_len : len;

		checksum_add(c, iov[i].iov_base, piece);
		len -= piece;
	}
	assert(len == 0 && "the pieces hold what they are said to hold");
}

void checksum_add_pseudo_header_ipv6(struct checksum *c, const struct evtcp_addr *src,
	const struct evtcp_addr *dst, uint8_t protocol, uint32_t len)
{
	assert(!c->odd && "the pseudo-header comes first");
	for (int i = 0; i < 16; i += 8) {
		checksum_add_word(c, load64(src->bytes + i));
		checksum_add_word(c, load64(dst->bytes + i));
	}
	checksum_add_number(c, protocol);
	checksum_add_number(c, len);
}

/* Both addresses stand side by side: RFC 791 3.1, RFC 8200 3. */
void checksum_add_pseudo_header_of(
	struct checksum *c, const uint8_t *packet, uint8_t protocol, uint32_t len)
{
	assert(!c->odd && "the pseudo-header comes first");
	if (packet[0] >> 4 == 6)
		checksum_add(c, packet + 8, 32);
	else
		checksum_add(c, packet + 12, 8);
	checksum_add_number(c, protocol);
	checksum_add_number(c, len);
}
