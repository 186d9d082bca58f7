/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PCAP_TIME_H
#define PCAP_TIME_H

#include <stdint.h>

/* pcap_time_ns: nanoseconds since 1970 of `ticks` of a clock with this resolution, as if_tsresol
 * has it (10^-n s, or with the upper bit 2^-n s), and offset_s seconds. What is finer is cut off;
 * what is before 1970 becomes 0, what is beyond the year 2554 the last there is. */
uint64_t pcap_time_ns(uint64_t ticks, uint8_t resolution, int64_t offset_s);

#endif
