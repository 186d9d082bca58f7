/* SPDX-License-Identifier: BSD-3-Clause */

/* The guard of what must not stay behind.
 *
 *      this process ── pipe ──► guard: waits for the end of the pipe,
 *      (privileges dropped)            undoes what was done, ends
 *
 * In: what is to be done at the end. Out: nothing, until this process closes its end of the pipe or
 * is no more: kill -9 leaves nothing behind either. */

#include "util/guard.h"

#include "util/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A signal to the whole foreground group ends this process, and by that the guard. */
static void guard_ignore_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &ignore, NULL);
}

/* All descriptors but two, of which b may be -1: the guard must hold nothing that others wait for
 * the end of. */
static void guard_close_others(int a, int b)
{
	int first = a < b ? a : b, second = a < b ? b : a;

	if (first > 0)
		descriptor_close_range(0, (unsigned)first - 1);
	if (second > first + 1)
		descriptor_close_range((unsigned)(first + 1), (unsigned)second - 1);
	descriptor_close_range((unsigned)second + 1, ~0u);
}

static _Noreturn void guard_run(int pipe, int keep, void (*undo)(void *arg), void *arg)
{
	ssize_t n;
	char byte;

	guard_ignore_signals();
	guard_close_others(pipe, keep);
	do
		n = read(pipe, &byte, sizeof(byte));
	while (n > 0 || (n < 0 && errno == EINTR));
	undo(arg);
	_exit(0);
}

int guard_start(struct guard *guard, int keep, void (*undo)(void *arg), void *arg)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		guard_run(ends[0], keep, undo, arg);
	}
	close(ends[0]);
	if (pid < 0) {
		int error = errno;

		close(ends[1]);
		errno = error;
		return -1;
	}
	*guard = (struct guard){.pid = pid, .pipe = ends[1]};
	return 0;
}

bool guard_is_set(const struct guard *guard)
{
	return guard->pid > 0;
}

void guard_end(struct guard *guard)
{
	close(guard->pipe);
	while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	guard->pid = 0;
}
