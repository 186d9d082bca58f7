/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_STOP_H
#define EVTCPD_STOP_H

/* How serving ends: by a signal, with COMMAND, or because the device went. */

#include "evtcpd/command.h"
#include "evtcpd/workers.h"

struct stop;

/* stop_new: takes SIGINT, SIGTERM and SIGHUP, and SIGCHLD where there is a command
 * (else NULL), as events of the first worker's loop. All must outlive it. NULL with errno. */
struct stop *stop_new(
	struct workers *workers, struct command *command, const struct options *options);

/* stop_run: runs that loop until it is over, and returns the exit status: that of
 * COMMAND where one has ended, else 0, or 128 and the number of the signal that ended
 * it at once. -1 with *failure when the device was lost. */
int stop_run(struct stop *stop, struct program_failure *failure);

/* stop_request: the end as if SIGTERM had come for the first time; why is what the log says, static
 * storage. 0, or -1: it is under way already. From the first worker's loop. */
int stop_request(struct stop *stop, const char *why);

void stop_free(struct stop *stop);

#endif
