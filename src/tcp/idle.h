/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_IDLE_H
#define TCP_IDLE_H

/* Times in which a connection does not use its path, or not as much as it might: what they
 * mean for the window, and for how fast the path seems. Asked by output. */

#include "tcp/tcb.h"

/* idle_resume: something is about to be sent. If nothing is in flight, congestion control
 * hears of that, and a window of long ago is worth less (cwv.h). */
void idle_resume(struct tcb *tcb, uint64_t now);

/* idle_settle: nothing more leaves now. If that is for want of data, or of room in the peer's
 * window, then what is sent until as much is delivered as is in flight tells what the two
 * applications do, not what the path carries (rate.h). The draft speaks of the sender's only;
 * but of a window that is opened by an octet at a time BBR would learn a rate that it does not
 * recover from. */
void idle_settle(struct tcb *tcb);

#endif
