/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

/* The simulator's command line, as told by its usage (command.c). */

#include "fleet.h"
#include "memory.h"

struct command {
	struct fleet_options fleet; /* also of one run: seed in first, profile, forbidden */
	bool one;                   /* --seed or --scenario: one run */
	const char *scenario;       /* its file; "-" is stdin; NULL: it is drawn */
	bool shrink, no_shrink;     /* asked for with one run, asked not to with many */
	unsigned tries;             /* of shrinking, at most */
	bool verbose, whole;
	bool short_of_memory; /* --fail */
	struct shortage shortage;
	const char *capture; /* NULL: none */
	const char *write;   /* the scenario goes to this file; NULL: nowhere */
};

/* command_read: fills *command, or ends the process with usage and exit status 2. */
void command_read(struct command *command, int argc, char **argv);

#endif
