/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_LIST_H
#define LADDER_LIST_H

/* The connections of a capture as a table, for --list. */

#include "ladder/connections.h"

#include <stdio.h>

/* list_print: a line for each connection, in the order in which they began, below a line of titles.
 * A write that fails shows in file. */
void list_print(FILE *file, const struct connections *connections);

#endif
