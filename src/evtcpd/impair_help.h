/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_IMPAIR_HELP_H
#define EVTCPD_IMPAIR_HELP_H

#include <stdio.h>

/* impair_help_print: what --impair help says. */
void impair_help_print(FILE *file);

#endif
