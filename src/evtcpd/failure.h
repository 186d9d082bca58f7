/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_FAILURE_H
#define EVTCPD_FAILURE_H

/* Why the daemon cannot start or go on: an exit status and a message for a person
 * that says what, why and what to do, without "evtcpd: " and newline. */

#include "evtcpd/exit_status.h"

struct failure {
	enum exit_status status;
	char text[512];
};

/* failure_set: fills failure, with the message as printf would; returns -1, so
 * that a caller can return it in turn. */
__attribute__((format(printf, 3, 4))) int failure_set(
	struct failure *failure, enum exit_status status, const char *format, ...);

#endif
