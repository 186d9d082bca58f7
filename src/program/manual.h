/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PROGRAM_MANUAL_H
#define PROGRAM_MANUAL_H

/* Pieces of a manual page, as source for man, on stdout. For programs of the build. */

#include "program/option.h"

#include <stddef.h>

/* manual_line: text as it is, no character of which means anything to roff, and a line's end. */
void manual_line(const char *text);

/* manual_paragraph: the same, as a paragraph. */
void manual_paragraph(const char *text);

/* manual_options, manual_statuses: the sections of these names, with each row. */
void manual_options(const struct program_option *options, size_t n);
void manual_statuses(const struct program_status *statuses, size_t n);

/* manual_entry: something that is called so, with an argument or NULL, and what it is. */
void manual_entry(const char *name, const char *argument, const char *meaning);

/* manual_example: what a command does, and the command, in a section that is open. */
void manual_example(const char *what, const char *command);

#endif
