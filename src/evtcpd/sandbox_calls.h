/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_SANDBOX_CALLS_H
#define EVTCPD_SANDBOX_CALLS_H

/* The one table of the system calls that serving takes, whatever their arguments are. Some more are
 * allowed for some arguments: see sandbox.c.
 *
 *   X(CALL, WHEN, "what for")
 *
 * WHEN  ALWAYS, or FILES: where there are files to serve */

// clang-format off
#define SANDBOX_CALLS(X) \
	X(read, ALWAYS, "packets, timers, signals, other workers' posts") \
	X(readv, ALWAYS, "packets") \
	X(write, ALWAYS, "packets, log, posts to other workers") \
	X(writev, ALWAYS, "packets, answers on the control socket") \
	X(pwritev2, ALWAYS, "captures and traces, without waiting") \
	X(lseek, ALWAYS, "where a capture ends") \
	X(ftruncate, ALWAYS, "the end of a capture that a full disk has cut") \
	X(fstat, ALWAYS, "what kind of file it is that is written to") \
	X(newfstatat, ALWAYS, "the same, as newer C libraries ask it") \
	X(close, ALWAYS, "whoever has gone, and the end") \
	X(poll, ALWAYS, "whether stderr takes more") \
	X(ppoll, ALWAYS, "the same") \
	X(epoll_wait, ALWAYS, "the event loop") \
	X(epoll_pwait, ALWAYS, "the same") \
	X(epoll_pwait2, ALWAYS, "the same, of libevent 2.2") \
	X(epoll_ctl, ALWAYS, "the same") \
	X(timerfd_settime, ALWAYS, "when it wakes") \
	X(accept4, ALWAYS, "the control socket") \
	X(recvmsg, ALWAYS, "requests on it, with files to write captures to; how the device is") \
	X(recvfrom, ALWAYS, "the same") \
	X(sendmsg, ALWAYS, "answers on it") \
	X(sendto, ALWAYS, "the same") \
	X(clock_gettime, ALWAYS, "the time, where that takes a call") \
	X(gettimeofday, ALWAYS, "the same") \
	X(getrandom, ALWAYS, "keys, sequence numbers") \
	X(brk, ALWAYS, "memory") \
	X(munmap, ALWAYS, "memory") \
	X(mremap, ALWAYS, "memory") \
	X(madvise, ALWAYS, "memory") \
	X(sched_getaffinity, ALWAYS, "processors: malloc has more arenas where there are more") \
	X(futex, ALWAYS, "threads that wait for each other") \
	X(clock_nanosleep, ALWAYS, "the same, for one whose inbox is full") \
	X(nanosleep, ALWAYS, "the same, as other C libraries ask it") \
	X(rt_sigaction, ALWAYS, "the end of the event loop") \
	X(rt_sigprocmask, ALWAYS, "the end of threads") \
	X(rt_sigreturn, ALWAYS, "signals") \
	X(restart_syscall, ALWAYS, "a wait that a stop has interrupted") \
	X(getpid, ALWAYS, "who it is, where it fails") \
	X(gettid, ALWAYS, "the same") \
	X(wait4, ALWAYS, "COMMAND and helpers that have ended") \
	X(exit, ALWAYS, "the end of a thread") \
	X(exit_group, ALWAYS, "the end") \
	X(openat2, FILES, "a file that somebody asks for") \
	X(pread64, FILES, "what is in it")
// clang-format on

#endif
