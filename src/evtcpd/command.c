/* SPDX-License-Identifier: BSD-3-Clause */
/* COMMAND's process. It is forked before the daemon closes, limits or drops
 * anything, so nothing of that reaches it, and waits on a pipe: one byte means
 * go, end of file means that the daemon has failed and said why.
 *
 * The daemon must pass SIGTERM on to COMMAND, but when it was started by root it is
 * nobody by then and kill(2) says EPERM. So it keeps a letterbox: a pipe that
 * sends its owner, the child, a signal whenever a byte arrives (fcntl(2):
 * F_SETOWN, F_SETSIG, O_ASYNC). The kernel checks the rights of whoever called
 * F_SETOWN, which the daemon did while it was root, and knows the child by more than
 * its number, so that no later process can get the signal. */

#include "evtcpd/command.h"
#include "evtcpd/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: never returns. */
static void command_become(int start, char **argv)
{
	char go;
	ssize_t n;
	int error;

	do {
		n = read(start, &go, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_STATUS_OWN_FAILURE);
	privileges_pass_on();
	execvp(argv[0], argv);
	error = errno;
	dprintf(STDERR_FILENO, "evtcpd: cannot run %s: %s\n", argv[0], strerror(error));
	_exit(error == ENOENT ? EXIT_STATUS_NOT_FOUND : EXIT_STATUS_CANNOT_RUN);
}

static int command_open_letterbox(struct command *command)
{
	int fd = command->letterbox[0];

	if (fcntl(fd, F_SETOWN, command->pid) < 0 || fcntl(fd, F_SETSIG, SIGTERM) < 0)
		return -1;
	return fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

int command_fork(struct command *command, char **argv, struct program_failure *failure)
{
	memset(command, 0, sizeof(*command));
	if (pipe2(command->start, O_CLOEXEC) < 0 || pipe2(command->letterbox, O_CLOEXEC) < 0)
		return program_fail(
			failure, EXIT_STATUS_FAILED, "cannot create a pipe: %s", strerror(errno));
	command->pid = fork();
	if (command->pid == 0) {
		/* Else the end of file would never come. */
		close(command->start[1]);
		command_become(command->start[0], argv);
	}
	if (command->pid < 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot create a process for %s: %s", argv[0], strerror(errno));
	close(command->start[0]);
	command->start[0] = -1;
	if (command_open_letterbox(command) < 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot set up passing signals to %s: %s", argv[0], strerror(errno));
	return 0;
}

void command_start(struct command *command)
{
	/* If the child was killed meanwhile, that is found when it is reaped. */
	if (write(command->start[1], "", 1) < 0)
		return;
	close(command->start[1]);
	command->start[1] = -1;
}

void command_signal(struct command *command, int signal)
{
	char letter;

	if (command->pid == 0 || fcntl(command->letterbox[0], F_SETSIG, signal) < 0)
		return;
	if (write(command->letterbox[1], "", 1) == 1 && read(command->letterbox[0], &letter, 1) < 0)
		return;
}

int command_reap(struct command *command)
{
	if (command->pid != 0 && waitpid(command->pid, &command->status, WNOHANG) == command->pid)
		command->pid = 0;
	return command->pid == 0;
}

int command_exit_status(const struct command *command)
{
	if (WIFSIGNALED(command->status))
		return EXIT_STATUS_SIGNAL + WTERMSIG(command->status);
	return WEXITSTATUS(command->status);
}

void command_close(struct command *command)
{
	if (command->letterbox[1] == 0)
		return;
	close(command->letterbox[0]);
	close(command->letterbox[1]);
	if (command->start[1] < 0)
		return;
	close(command->start[1]);
	if (command->pid > 0)
		waitpid(command->pid, &command->status, 0);
}

void command_descriptors(const struct command *command, int fds[COMMAND_DESCRIPTORS])
{
	fds[0] = command->start[1];
	fds[1] = command->letterbox[0];
	fds[2] = command->letterbox[1];
}
