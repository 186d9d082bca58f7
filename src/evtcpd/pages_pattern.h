/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PAGES_PATTERN_H
#define EVTCPD_PAGES_PATTERN_H

/* The bytes of /bytes/N and /drip: what `yes "$(seq 9999)"` prints, the numbers from 1
 * to 9999, a line each, over and over. The period, 48,888, is no multiple of what
 * segments and buffers are cut into, so that one taken for another shows. */

#include <stddef.h>
#include <stdint.h>

struct evbuffer;

#define PAGES_PATTERN_PERIOD 48888u

/* pages_pattern_add: adds to `to`, by reference, the len bytes of the pattern that begin
 * at offset. 0, or -1 without memory; then a part may have been added. */
int pages_pattern_add(struct evbuffer *to, uint64_t offset, size_t len);

#endif
