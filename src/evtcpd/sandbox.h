/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_SANDBOX_H
#define EVTCPD_SANDBOX_H

/* What the daemon may still ask of the kernel while it serves, for the case that whoever sends it
 * packets makes it do what he wants. It is a second wall: the first are the privileges, which are
 * gone by then (privileges.h). COMMAND and the processes that put things back were made before, and
 * know nothing of it. */

#include "evtcpd/exit_status.h"
#include "program/failure.h"

struct log;

/* An instrumented build (sanitizers, coverage) makes calls that are its tools', in no foreseeable
 * number: there it is off unless one asks for it. */
enum sandbox_mode {
	SANDBOX_OFF,
	SANDBOX_ON,     /* as far as the kernel can; what it cannot is a warning */
	SANDBOX_REQUIRE /* the same, but a reason not to serve */
};

#ifdef EVTCPD_INSTRUMENTED
#define SANDBOX_DEFAULT SANDBOX_OFF
#else
#define SANDBOX_DEFAULT SANDBOX_ON
#endif

struct sandbox {
	enum sandbox_mode mode;
	int root; /* of files (files/root.h); -1: there are none to read */
	const struct log *log;
};

/* sandbox_close_files: from here on this thread, and those that it will make, open nothing but what
 * is below the root, for reading, and no TCP connection or port of the kernel's (Landlock). What is
 * open stays so. no_new_privs is set. 0, or -1 with *failure. */
int sandbox_close_files(const struct sandbox *sandbox, struct program_failure *failure);

/* sandbox_close_calls: from here on all threads make the system calls of sandbox_calls.h and no
 * others (seccomp): one that is not there ends the process by SIGSYS, after a line on stderr that
 * says which. But openat(2) fails with EACCES: libraries try it in passing. Threads can no longer
 * be made. The same. */
int sandbox_close_calls(const struct sandbox *sandbox, struct program_failure *failure);

#endif
