/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPCTL_HELP_H
#define EVTCPCTL_HELP_H

/* What --help prints. */

#include <stdio.h>

/* help_print: usage, commands, options, exit statuses and examples, in lines of at most 80 columns.
 */
void help_print(FILE *file);

#endif
