/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_OPTIONS_TABLE_H
#define LADDER_OPTIONS_TABLE_H

/* The one table of options: the parser, --help and the manual page read it, so that none
 * can know an option the others do not.
 *
 *   X(ID, LETTER, "long-name", ARGUMENT, DEFAULT, "meaning")
 *
 * ID        options_set_ID in options.c stores it
 * LETTER    of the short form, 0 if there is none
 * ARGUMENT  its name in --help, NULL for an option that takes none
 * DEFAULT   as --help shows it, NULL where there is nothing to say */

// clang-format off
#define OPTIONS(X) \
	X(list, 'l', "list", NULL, NULL, \
		"list the connections, a line each, instead of drawing them") \
	X(connection, 'c', "connection", "N", "all", \
		"draw the connection with this number, as in the list, and no other; repeatable") \
	X(svg, 0, "svg", "FILE", NULL, \
		"draw a time-sequence graph of one connection instead, as SVG; '-' is stdout") \
	X(from, 0, "from", "SIDE", "who sent more", \
		"whose data the graph shows: client or server") \
	X(time, 't', "time", "KIND", "first", \
		"what times count from: first (line of all), connection (its first line), previous " \
		"(line of the same connection)") \
	X(width, 'w', "width", "N", "COLUMNS, or the terminal's", \
		"columns of a line, 72 to 1000; 0 is as many as it takes") \
	X(ascii, 'a', "ascii", NULL, NULL, \
		"draw with ASCII alone") \
	X(color, 0, "color", "WHEN", "auto", \
		"auto (on a terminal, unless NO_COLOR is set), always or never") \
	X(help, 'h', "help", NULL, NULL, \
		"print this help and exit") \
	X(version, 0, "version", NULL, NULL, \
		"print the version and exit")
// clang-format on

#endif
