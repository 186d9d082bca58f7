/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_HELP_H
#define LADDER_HELP_H

#include <stdio.h>

/* help_print: usage, options with their defaults, exit statuses and examples, in lines
 * of at most 80 columns. */
void help_print(FILE *file);

#endif
