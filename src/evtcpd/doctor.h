/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_DOCTOR_H
#define EVTCPD_DOCTOR_H

/* --doctor: what stands in the way of serving with the options given. */

#include "evtcpd/options.h"
#include <stdio.h>

/* doctor_run: looks at the machine and writes to stream a line for each thing that it looked at:
 * that it is fine, or what is wrong and, behind an arrow, the command that mends it. Changes
 * nothing on the machine, but this process may be in a private network afterwards, and options may
 * have lost the IPv6 addresses that nobody asked for. Returns the exit status. */
int doctor_run(struct options *options, FILE *stream);

/* doctor_mend: the command line, if there is one, that does what the finding says, to be typed by
 * root or by somebody who is not; else "". Text has DOCTOR_MEND bytes; returns it. */
#define DOCTOR_MEND 4096
char *doctor_mend(const struct options *options, const struct evtcp_tun_finding *finding,
	int is_root, char text[DOCTOR_MEND]);

#endif
