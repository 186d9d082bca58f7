/* SPDX-License-Identifier: BSD-3-Clause */

/* What the kernel leaves to us, and we to it, only an open device tells. Making one shows on a
 * machine; in a network namespace of a process of its own it does not, and goes with it.
 *
 *      this process ── fork ──► unshare, evtcp_tun_open, ends
 *              ◄──── pipe ──────┘
 *
 * Root makes the namespace as it is; others make a user namespace with it, in which
 * they may do what it takes. Whose ids are mapped there does not matter: no file is made. */

#include "link/doctor/trial.h"
#include "link/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void doctor_trial_open(struct doctor_trial *trial)
{
	static const struct evtcp_tun_config config = {.name = "trial", .mtu = 1500};
	enum evtcp_tun_error error;
	char text[EVTCP_TUN_TEXT];
	struct evtcp_tun *tun = evtcp_tun_open(&config, &error, text, sizeof(text));

	if (!tun) {
		snprintf(trial->why, sizeof(trial->why), "%.*s", (int)strcspn(text, ":"), text);
		return;
	}
	trial->opened = true;
	trial->segments = tun->offload.segments_len > 0;
	trial->given = (tun->given & TUN_F_TSO4) != 0;
	evtcp_tun_close(tun);
}

static _Noreturn void doctor_trial_child(int pipe)
{
	struct doctor_trial trial = {0};

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		trial.refused = errno;
	else
		doctor_trial_open(&trial);
	_exit(write(pipe, &trial, sizeof(trial)) == sizeof(trial) ? 0 : 1);
}

/* What the child tells before it ends: all of it (PIPE_BUF), or nothing. */
static void doctor_trial_hear(struct doctor_trial *trial, int pipe)
{
	ssize_t n;

	do
		n = read(pipe, trial, sizeof(*trial));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(*trial))
		*trial = (struct doctor_trial){.refused = n < 0 ? errno : EPIPE};
}

void doctor_trial_run(struct doctor_trial *trial)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		*trial = (struct doctor_trial){.refused = errno};
		return;
	}
	pid = fork();
	if (pid == 0)
		doctor_trial_child(ends[1]);
	*trial = (struct doctor_trial){.refused = errno};
	close(ends[1]);
	if (pid > 0) {
		doctor_trial_hear(trial, ends[0]);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	close(ends[0]);
}
