/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PROGRAM_OPTIONS_H
#define PROGRAM_OPTIONS_H

/* The syntax of a command line: short options and clusters of them, long ones with and without '=',
 * and what is none. Long names are not abbreviated: a name that is a prefix of two today may be of
 * three tomorrow. */

#include "program/failure.h"
#include "program/option.h"

#include <stdbool.h>
#include <stddef.h>

struct program_syntax {
	const struct program_option *options;
	size_t n_options;
	int unknown_status,
		value_status; /* of failures: an unknown option; a missing or needless value */
	/* Called for each option, by its row, as it was called ("--width", "-w"), with its value or
	 * NULL; 1 ends the reading, -1 is a failure. */
	int (*set)(void *arg, size_t row, const char *name, const char *value);
	/* Called for each argument that is no option; "-" among them, and without rest "-5" and all
	 * behind "--". */
	int (*operand)(void *arg, const char *operand);
	/* Called with all behind "--", which NULL ends, if that is for another program to read;
	 * NULL: they are operands. */
	int (*rest)(void *arg, char **words);
	void *arg;
};

/* program_read_options: reads argv[1] and on. 0, or -1 with *failure, which set, operand and rest
 * fill for their own failures. */
int program_read_options(
	const struct program_syntax *syntax, char **argv, struct program_failure *failure);

#endif
