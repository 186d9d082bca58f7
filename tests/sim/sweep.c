/* SPDX-License-Identifier: BSD-3-Clause */

/* Which allocation fails in which run.
 *
 * In: a scenario, how many allocations it makes. Out: a smaller scenario; one
 * shortage after the other.
 *
 * What must hold in such a run is the oracle's and the world's business: bytes arrive
 * in order and once, or the connection says that it failed; everything ends; nothing
 * is kept. */

#include "sweep.h"

enum { SWEEP_DIALOGUES = 3, SWEEP_BYTES = 6000, SWEEP_BUFFER = 3000 };

void sweep_shrink(struct scenario *s)
{
	if (s->n_dialogues > SWEEP_DIALOGUES)
		s->n_dialogues = SWEEP_DIALOGUES;
	s->restart_at_us = 0; /* it might find no memory to stand up again */
	for (int i = 0; i < 2; i++) {
		struct evtcp_limits *limits = &s->hosts[i].config.limits;

		/* So few bytes shall fill a buffer all the same. */
		if (limits->receive_buffer > SWEEP_BUFFER)
			limits->receive_buffer = SWEEP_BUFFER;
		if (limits->receive_buffer_max > 2 * SWEEP_BUFFER)
			limits->receive_buffer_max = 2 * SWEEP_BUFFER;
	}
	for (unsigned i = 0; i < 2 * s->n_dialogues; i++) {
		struct app_plan *app = &s->dialogues[i / 2].ends[i % 2];

		if (app->total > SWEEP_BYTES)
			app->total = SWEEP_BYTES;
		/* Larger pieces: an allocation for each byte teaches nothing new. */
		if (app->write_max < app->total / 8)
			app->write_max = (uint32_t)(app->total / 8);
		if (app->read_max < app->total / 8)
			app->read_max = (uint32_t)(app->total / 8);
	}
}

bool sweep_next(struct shortage *shortage, uint64_t requests, uint64_t most)
{
	uint64_t step = most && requests > most ? (requests + most - 1) / most : 1;
	uint64_t next = shortage->fail_from ? shortage->fail_from + step : 1;
	bool lasting = shortage->lasting;

	if (next > requests) {
		if (lasting || requests == 0)
			return false;
		lasting = true;
		next = 1;
	}
	*shortage = (struct shortage){.fail_from = next, .lasting = lasting};
	return true;
}
