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
 * number, and processors of 32 bits have others than those of sandbox_calls.h: there it is off
 * unless one asks for it. */
enum sandbox_mode {
	SANDBOX_OFF,
	SANDBOX_ON,     /* as far as the kernel can; what it cannot is a warning */
	SANDBOX_REQUIRE /* all of it, or nobody is served; and what is forbidden is the end */
};

#if defined(EVTCPD_INSTRUMENTED) || !defined(__LP64__)
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
 * others (seccomp). One that is not there fails with EPERM, after a line on stderr that says which,
 * the first time; where the sandbox is required, and on processors that are not known here, it ends
 * the process by SIGSYS after such a line. But openat(2) fails with EACCES and no word: libraries
 * try it in passing. Threads can no longer be made. The same. */
int sandbox_close_calls(const struct sandbox *sandbox, struct program_failure *failure);

#endif
