/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_COMMAND_H
#define EVTCPD_COMMAND_H

/* The COMMAND behind "--": its process, from before the daemon gives anything up
 * until it is reaped. */

#include "evtcpd/exit_status.h"
#include "program/failure.h"
#include <sys/types.h>

struct command {
	pid_t pid;        /* 0 when there is no process (any more) */
	int start[2];     /* pipe: the child waits on [0] until a byte comes by [1]; -1: closed */
	int letterbox[2]; /* pipe whose owner is the child: see command.c */
	int status;       /* of waitpid, once pid is 0 again */
};

/* command_fork: makes the process, which keeps this one's descriptors, limits,
 * privileges and signal dispositions as they are now, and waits. argv ends with
 * NULL. 0, or -1 with *failure. If this process ends before command_start, so does
 * that one. */
int command_fork(struct command *command, char **argv, struct program_failure *failure);

/* command_start: the server is ready: the process becomes COMMAND. */
void command_start(struct command *command);

/* command_signal: sends the running COMMAND signal, also when this process is
 * no longer allowed to kill(2) it. */
void command_signal(struct command *command, int signal);

/* command_reap: 1 when COMMAND has ended, now or before; never waits. */
int command_reap(struct command *command);

/* command_exit_status: of a COMMAND that has ended, as a shell tells it: its own, or
 * 128 and the signal's number. */
int command_exit_status(const struct command *command);

/* command_close: closes what this side holds. A process that was never started ends
 * then, and is reaped; one that runs goes on. Nothing if there is no command. */
void command_close(struct command *command);

/* The number of descriptors in struct command; command_descriptors writes those
 * of this side to fds. */
#define COMMAND_DESCRIPTORS 3
void command_descriptors(const struct command *command, int fds[COMMAND_DESCRIPTORS]);

#endif
