/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

/* Everything that a run consists of: two hosts, the links between them, the
 * connections, and those who watch. */

#include "dialogue.h"
#include "emulator.h"
#include "host.h"
#include "record.h"
#include "run.h"
#include "witness.h"

/* Someone off the path, and what he is sent. */
struct stranger {
	bool calls;       /* right now: what is sent to him is an answer */
	unsigned answers; /* to this call, and how many bytes they have */
	uint64_t bytes;
	uint64_t syns, resent; /* in all: SYNs of his, and SYN-ACKs sent again */
};

/* A host whose pause has ended, or whose clock has leapt: */
struct disturbed {
	uint64_t at_us;       /* when that was last; 0: never */
	unsigned connections; /* that it had then, half-open ones among them */
	uint64_t timeouts;    /* retransmission timers that had fired by then */
};

struct world {
	const struct scenario *scenario;
	uint64_t time_us;
	uint64_t disturbed_us; /* leaps and pauses before this have been dealt with */
	struct disturbed disturbed[2];
	uint64_t steps;
	struct verdict verdict;
	struct circumstances circumstances;
	struct shortage *shortage;
	enum evtcp_cause forbidden; /* EVTCP_CAUSE_NONE: nothing */
	struct memory libevent_memory;
	struct host hosts[2];
	struct emulator ways[2]; /* from host 0, from host 1 */
	struct witness witness;
	struct dialogue dialogues[SCENARIO_DIALOGUES];
	struct record record;
	struct rng rng;
	struct coverage coverage;
	uint64_t sent_at_us;   /* when the last packet was sent, */
	uint32_t sent_at_once; /* and how many were in that moment */
	uint64_t damaged_lost; /* damaged packets that did not get through */
	uint64_t too_big;      /* packets that a narrow path did not let through */
	uint64_t too_old;      /* packets for a host that has paused for too long */
	uint64_t refused;      /* packets for which a host had no room */
	uint64_t restart_at;   /* UINT64_MAX: not, or not any more */
	unsigned restarts;
	struct stranger stranger;
	bool silenced; /* what is sent goes nowhere: a host loses power */
};

/* world_init: both hosts listen, nothing is connected. 0, or -1: the verdict says
 * why, unless there is a shortage. world_free is due in any case. */
int world_init(
	struct world *world, const struct scenario *scenario, const struct run_options *options);

/* world_free: frees everything; memory that somebody still holds is a verdict. */
void world_free(struct world *world);

/* world_restart_host: that host forgets everything, without a word, and stands there
 * again with nothing but its listeners. */
void world_restart_host(struct world *world, unsigned index);

#endif
