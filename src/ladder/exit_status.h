/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_EXIT_STATUS_H
#define LADDER_EXIT_STATUS_H

/* The one table of exit statuses: the enumeration and what --help and the manual page print come
 * from it.
 *
 *   X(NAME, number, "meaning") */

// clang-format off
#define EXIT_STATUSES(X) \
	X(OK, 0, "all that the file holds was shown") \
	X(FAILED, 1, "another failure; the message says which") \
	X(UNKNOWN_OPTION, 2, "unknown option or argument, or no FILE") \
	X(CUT, 3, "the file ends within a packet; what there is of it was shown") \
	X(BAD_VALUE, 4, "the value of an option is missing or wrong") \
	X(BAD_FILE, 5, "the file is no capture, or contradicts itself; the rest was not shown") \
	X(NO_CONNECTION, 6, "the file has no such connection, or none at all") \
	X(FILE, 12, "a file cannot be opened, read or written")
// clang-format on

#define EXIT_STATUS_ENUMERATOR(name, number, meaning) EXIT_STATUS_##name = (number),
enum exit_status { EXIT_STATUSES(EXIT_STATUS_ENUMERATOR) };
#undef EXIT_STATUS_ENUMERATOR

#endif
