/* SPDX-License-Identifier: BSD-3-Clause */

/* The scenario that all others differ from.
 *
 * In: nothing. Out: a scenario without anything remarkable. What a written scenario does
 * not say is as here, and a scenario that is made smaller becomes more and more like it. */

#include "scenario.h"

#include <string.h>

#define MS UINT64_C(1000)
#define SECOND UINT64_C(1000000)

static void plain_app(struct app_plan *app)
{
	*app = (struct app_plan){.write_max = 65536,
		.read_max = 65536,
		.output_max = 262144,
		.works_in_callbacks = true,
		.ending = APP_CLOSES};
}

void scenario_plain(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	s->seed = 1;
	s->profile = PROFILE_ANYTHING;
	for (int i = 0; i < 2; i++) {
		evtcp_stack_config_init(&s->hosts[i].config);
		s->hosts[i].mtu = 1500;
		s->hosts[i].clock_origin_us = SECOND;
		s->ways[i].way.delay.us = 5 * MS;
	}
	for (unsigned i = 0; i < SCENARIO_DIALOGUES; i++) {
		struct dialogue_plan *dialogue = &s->dialogues[i];

		*dialogue = (struct dialogue_plan){.after = -1,
			.opener = OPENER_0,
			.ports = {(uint16_t)(20000 + i), 80},
			.stream = i};
		plain_app(&dialogue->ends[0]);
		plain_app(&dialogue->ends[1]);
	}
	s->n_dialogues = 1;
	s->heals_at_us = 1;
	s->batch_max = 64;
	s->check_every = 1;
}
