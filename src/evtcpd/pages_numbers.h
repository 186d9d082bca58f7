/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PAGES_NUMBERS_H
#define EVTCPD_PAGES_NUMBERS_H

/* The numbers in paths and queries of pages, and the bounds that pages share. */

#include <stdint.h>

#define PAGES_MOST_BYTES (UINT64_C(1) << 40)         /* of /bytes and /drip */
#define PAGES_MOST_US (UINT64_C(3600) * 1000 * 1000) /* of /delay and /drip: an hour */

/* pages_numbers_whole: text is a decimal number of digits alone, at most `most`. 0 and
 * *number, or -1. */
int pages_numbers_whole(const char *text, uint64_t most, uint64_t *number);

/* pages_numbers_seconds: text is a number of seconds with at most six decimals ("2",
 * "0.25"), at most most_us. 0 and *us, microseconds, or -1. */
int pages_numbers_seconds(const char *text, uint64_t most_us, uint64_t *us);

#endif
