/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_IMPAIR_SPEC_H
#define LINK_IMPAIR_SPEC_H

/* What a specification may say: the bounds that the parser and evtcp_impair_link_new
 * hold it to. */

#include <evtcp/impair.h>
#include <stdbool.h>

#define SPEC_PPM_MAX UINT32_C(1000000)
#define SPEC_SPAN_MAX_US UINT64_C(3600000000)
#define SPEC_RATE_MAX_BPS UINT64_C(1000000000000)
#define SPEC_QUEUE_MAX_PACKETS UINT64_C(1000000)
#define SPEC_BYTES_MAX (UINT64_C(1) << 32)
#define SPEC_MTU_MIN 68 /* RFC 791 3.2 rule 1 */
#define SPEC_MTU_MAX 65535

/* spec_is_sound: every value of both ways is within its bounds. */
bool spec_is_sound(const struct evtcp_impair_spec *spec);

/* spec_is_idle: nothing happens to any packet, both ways. */
bool spec_is_idle(const struct evtcp_impair_spec *spec);

#endif
