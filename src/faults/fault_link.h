/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_FAULT_LINK_H
#define FAULTS_FAULT_LINK_H

/* The link that does to packets what rules say, as the files that are it see it. */

#include <evtcp/fault.h>

#include "faults/acts.h"
#include "faults/held.h"
#include "util/batch_clock.h"
#include "util/lazy_timer.h"

struct evtcp_faults {
	struct evtcp_world world;
	struct evtcp_link *upper; /* this link, as its user sees it */
	struct evtcp_link *lower; /* owned */
	struct lazy_timer timer;
	struct batch_clock clock;
	struct evtcp_fault_script *script; /* owned, for its memory; the matcher has copies */
	unsigned last_number;              /* of a rule */
	struct matcher matcher;
	struct held up, down; /* held back on the way to the stack, to the link */
	bool batch_open;      /* something was passed up since the last batch_end */
	uint64_t counters[EVTCP_N_CAUSES];
	/* One for each way: a stack may send while it is given a segment. */
	struct edit edit_out, edit_in;
	size_t n_observers;
	struct evtcp_observer observers[];
};

/* fault_link_now: read just now, not as of a batch. */
uint64_t fault_link_now(struct evtcp_faults *faults);

/* fault_link_show_dropped: a packet goes no further, for act says so: counted by the stack, seen by
 * the observers. */
void fault_link_show_dropped(
	struct evtcp_faults *faults, const struct evtcp_packet *packet, const struct act *act);

/* fault_link_fit: tells both sides how packets pass from here on; there are rules now, or none any
 * more. */
void fault_link_fit(struct evtcp_faults *faults);

/* fault_link_end_batch: what was passed, up and down, is all for now. */
void fault_link_end_batch(struct evtcp_faults *faults);

#endif
