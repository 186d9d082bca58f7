/* SPDX-License-Identifier: BSD-3-Clause */

/* The guard of a device that existed before us.
 *
 *      this process ── pipe ──► guard: waits for the end of the pipe,
 *      (privileges dropped)            takes back what was added, ends
 *
 * In: what was changed. Out: nothing, until this process closes its end of the pipe or
 * is no more: even kill -9 leaves the device as it was.
 *
 * A capability cannot be lent: the kernel asks both who opened a netlink socket and
 * who uses it. So whoever takes back must be somebody who never gave it up. */

#include "link/tun_guard.h"

#include "util/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A signal to the whole foreground group ends this process, and by that the guard. */
static void tun_guard_ignore_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &ignore, NULL);
}

/* All descriptors but one: the guard must hold neither the TUN nor somebody's stdout. */
static void tun_guard_close_others(int keep)
{
	if (keep > 0)
		descriptor_close_range(0, (unsigned)keep - 1);
	descriptor_close_range((unsigned)keep + 1, ~0u);
}

/* Only calls that a child of a process with threads may make. */
static _Noreturn void tun_guard_run(int pipe, const struct tun_setup *setup)
{
	struct tun_setup changes = *setup;
	struct netlink netlink;
	ssize_t n;
	char byte;

	tun_guard_ignore_signals();
	tun_guard_close_others(pipe);
	do
		n = read(pipe, &byte, sizeof(byte));
	while (n > 0 || (n < 0 && errno == EINTR));
	if (netlink_open(&netlink, 0) == 0)
		tun_setup_take_back(&changes, &netlink);
	_exit(0);
}

int tun_guard_start(struct tun_guard *guard, const struct tun_setup *setup)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		tun_guard_run(ends[0], setup);
	}
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return -1;
	}
	*guard = (struct tun_guard){.pid = pid, .pipe = ends[1]};
	return 0;
}

bool tun_guard_is_set(const struct tun_guard *guard)
{
	return guard->pid > 0;
}

void tun_guard_end(struct tun_guard *guard)
{
	close(guard->pipe);
	while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	guard->pid = 0;
}
