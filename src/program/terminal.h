/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PROGRAM_TERMINAL_H
#define PROGRAM_TERMINAL_H

#include <stdbool.h>

/* terminal_columns: how wide a line on this descriptor may be: COLUMNS, if it is a number up to
 * 1000, or the terminal's width; 0 if neither tells. */
unsigned terminal_columns(int fd);

/* terminal_has_colours: it is a terminal, not a dumb one, and NO_COLOR is not set. */
bool terminal_has_colours(int fd);

#endif
