/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PROGRAM_OPTION_H
#define PROGRAM_OPTION_H

/* An option of a program, as a row of its table: the parser, --help and the manual page read it. */

struct program_option {
	char letter;                 /* of the short form, 0 if there is none */
	const char *name, *argument; /* argument: its name in --help; NULL for an option without */
	const char *default_text;    /* NULL where there is nothing to say */
	const char *meaning;
};

/* A row of a table of exit statuses. */
struct program_status {
	int number;
	const char *meaning;
};

#endif
