/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_FRTO_H
#define TCP_FRTO_H

/* F-RTO (RFC 5682): whether an RTO was spurious, seen by what the next two acknowledgments
 * tell. Where there are no timestamps it is the only quick way (compare undo.h). */

#include <stdbool.h>

struct tcb;
struct recovery_ack;

enum frto {
	FRTO_OFF,
	FRTO_FIRST, /* an RTO sent the first segment again: its answer is awaited */
	FRTO_SECOND /* that advanced: new data goes, to see what is acknowledged next */
};

/* frto_on_ack: an acknowledgment after an RTO; to be called after the window has grown.
 * Returns whether the RTO was spurious. */
bool frto_on_ack(struct tcb *tcb, const struct recovery_ack *ack);

#endif
