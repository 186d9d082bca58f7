/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_OPTIONS_H
#define LADDER_OPTIONS_H

/* The command line, read and checked. Nothing here asks the system anything. */

#include "ladder/exit_status.h"
#include "ladder/rungs.h"
#include "program/failure.h"

enum options_action { OPTIONS_DRAW, OPTIONS_LIST, OPTIONS_SVG, OPTIONS_HELP, OPTIONS_VERSION };

enum options_colour { OPTIONS_COLOUR_AUTO, OPTIONS_COLOUR_ALWAYS, OPTIONS_COLOUR_NEVER };

enum options_from { OPTIONS_FROM_EITHER, OPTIONS_FROM_CLIENT, OPTIONS_FROM_SERVER };

/* What the command line says, defaults filled in. Texts point into argv. */
struct options {
	enum options_action action;
	const char *file; /* "-" is stdin */
	const char *svg;  /* "-" is stdout */
	bool has_list;
	enum options_from from;
	enum ladder_time time;
	enum options_colour colour;
	bool ascii;
	bool has_width;
	unsigned width; /* if it has one; 0: as wide as it takes */
	unsigned connections[RUNGS_CHOICES];
	unsigned n_connections; /* 0: all */
};

/* options_parse: reads argv[1] and on. 0, or -1 with *failure filled. --help and --version end the
 * reading: what follows is not looked at. */
int options_parse(struct options *options, char **argv, struct program_failure *failure);

#endif
