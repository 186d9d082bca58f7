/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PROGRAM_HELP_H
#define PROGRAM_HELP_H

/* Pieces of what --help prints, in lines of at most 80 columns. */

#include "program/option.h"

#include <stddef.h>
#include <stdio.h>

/* program_help_wrap: text, which begins in column indent, and the end of its line; what goes beyond
 * the last column goes on below, at indent. */
void program_help_wrap(FILE *file, int indent, const char *text);

/* program_help_entry: something that is called so, with an argument or NULL, and what it is. */
void program_help_entry(FILE *file, const char *name, const char *argument, const char *meaning);

/* program_help_options: each with its meaning and default. */
void program_help_options(FILE *file, const struct program_option *options, size_t n);

/* program_help_statuses: each with its meaning. */
void program_help_statuses(FILE *file, const struct program_status *statuses, size_t n);

#endif
