/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_WAITING_H
#define FAULTS_WAITING_H

/* What a fault link does when a moment has come: what was held back goes on, what was held down is
 * over, what the script sends up reaches the stack. */

#include "faults/fault_link.h"

#include <limits.h>

/* How many of those that are due pass in a turn of the timer; and where a segment comes, which must
 * not overtake any of them. */
#define WAITING_BATCH 64u
#define WAITING_ALL UINT_MAX

/* waiting_arm: the loop will look when the next moment has come. */
void waiting_arm(struct evtcp_faults *faults, uint64_t now);

/* waiting_send_forged: a packet of the script's, to the link below at once, or up in the next turn:
 * what goes up inside output() would come too soon for the stack (struct evtcp_link_ops). */
void waiting_send_forged(struct evtcp_faults *faults, const struct follow_conn *conn,
	const struct act_forged *forged, uint64_t now);

/* waiting_note_end: when nothing is held down on conn any more somebody will look. */
void waiting_note_end(struct evtcp_faults *faults, struct follow_conn *conn, uint64_t now);

/* waiting_release_down, waiting_release_up: what has been held back long enough goes on, at most so
 * many. The first does so at the time at_us that the packets around it have, and where what was
 * held down is over clients are told. */
void waiting_release_down(struct evtcp_faults *faults, uint64_t now, uint64_t at_us, unsigned most);
void waiting_release_up(struct evtcp_faults *faults, uint64_t now, unsigned most);

#endif
