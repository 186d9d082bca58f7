/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

/* The bytes that an application writes: a function of a key and of the position,
 * so that a byte that is missing, doubled, moved or from another stream does not
 * match, and nothing has to be kept. */

#include <stddef.h>
#include <stdint.h>

/* stream_fill: writes len bytes of stream key from position `from` on to buf. */
void stream_fill(uint64_t key, uint64_t from, void *buf, size_t len);

/* stream_match: how many of the len bytes at buf are those of stream key from
 * position `from` on, counted to the first that differs. */
size_t stream_match(uint64_t key, uint64_t from, const void *buf, size_t len);

#endif
