/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_PASSAGE_H
#define FAULTS_PASSAGE_H

/* One packet on its way past the rules. */

#include "faults/fault_link.h"

/* passage_out: one that the stack sends. 0, or -1 with the errno of the link below, as
 * evtcp_link_output. passage_in: one that comes from there; what became of it is written into it,
 * as a stack does. What is no TCP segment, or one that nobody can follow, passes as it is. */
int passage_out(struct evtcp_faults *faults, const struct evtcp_packet *packet);
void passage_in(struct evtcp_faults *faults, struct evtcp_packet *packet);

#endif
