/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_OUTPUT_H
#define TCP_OUTPUT_H

/* What a connection sends. */

#include "tcp/tcb.h"

/* output_next: the next segment of this connection; false when there is nothing to
 * send (more) now: then its timers are as they should be. */
bool output_next(struct tcb *tcb, uint64_t now, struct segment_out *out);

#endif
