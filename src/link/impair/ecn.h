/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_IMPAIR_ECN_H
#define LINK_IMPAIR_ECN_H

/* The mark of a congested router (RFC 3168). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ecn_mark: sets the ECN field of the IPv4 or IPv6 packet in len bytes to CE and keeps a
 * checksum that was right right. False, and nothing is changed, if its sender does not
 * speak ECN (Not-ECT), or it is no whole IP header. */
bool ecn_mark(uint8_t *bytes, size_t len);

#endif
