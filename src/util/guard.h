/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_GUARD_H
#define UTIL_GUARD_H

/* A process that keeps the privileges of this moment to undo something when this one is done, or is
 * no more, however it has ended. */

#include <stdbool.h>
#include <sys/types.h>

/* All zero: there is none. */
struct guard {
	pid_t pid;
	int pipe; /* its closing is the guard's signal; kept by nobody but this process */
};

/* guard_start: makes the process, a copy of this one, which calls undo(arg) at the end and no
 * earlier. It has no descriptors but a pipe and keep (-1: nothing more), and ignores SIGINT,
 * SIGTERM, SIGHUP, SIGQUIT and SIGPIPE. undo makes only calls that a child of a process with
 * threads may make. 0, or -1 with errno. */
int guard_start(struct guard *guard, int keep, void (*undo)(void *arg), void *arg);

bool guard_is_set(const struct guard *guard);

/* guard_end: tells the process to do its work and waits until it is done. Needs one that is set. */
void guard_end(struct guard *guard);

#endif
