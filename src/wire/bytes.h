/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_BYTES_H
#define WIRE_BYTES_H

/* Numbers in network byte order at any alignment. A packet is bytes: no struct is
 * ever laid over it. The compiler makes one load and one swap of each of these. */

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

/* bytes_get16, _get24, _get32: the number that starts at p, in host order. */
static inline uint16_t bytes_get16(const uint8_t *p)
{
	uint16_t bytes;

	memcpy(&bytes, p, sizeof(bytes));
	return ntohs(bytes);
}

static inline uint32_t bytes_get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t bytes_get32(const uint8_t *p)
{
	uint32_t bytes;

	memcpy(&bytes, p, sizeof(bytes));
	return ntohl(bytes);
}

/* bytes_put16, _put24, _put32: writes value at p in network order; of 24 bits the lowest. */
static inline void bytes_put16(uint8_t *p, uint16_t value)
{
	uint16_t bytes = htons(value);

	memcpy(p, &bytes, sizeof(bytes));
}

static inline void bytes_put24(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 16);
	p[1] = (uint8_t)(value >> 8);
	p[2] = (uint8_t)value;
}

static inline void bytes_put32(uint8_t *p, uint32_t value)
{
	uint32_t bytes = htonl(value);

	memcpy(p, &bytes, sizeof(bytes));
}

#endif
