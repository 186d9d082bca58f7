/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_FAULT_HELP_H
#define EVTCPD_FAULT_HELP_H

/* What --fault help says. */

#include <stdio.h>

/* fault_help_print: the language of fault scripts, on one screen. */
void fault_help_print(FILE *file);

#endif
