/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PRIVILEGES_H
#define EVTCPD_PRIVILEGES_H

/* What the daemon may do, made less in two steps. */

#include "evtcpd/exit_status.h"
#include "program/failure.h"
#include <stddef.h>
#include <sys/types.h>

/* Who to become. */
struct privileges_user {
	const char *name; /* NULL: nobody else, only the capabilities go */
	uid_t uid;
	gid_t gid;
};

/* privileges_find_user: looks name up; when this process is not root, or the
 * user does not exist in its user namespace, user->name becomes NULL: then
 * privileges_drop keeps the uid. 0, or -1 with *failure: no such user. */
int privileges_find_user(
	struct privileges_user *user, const char *name, struct program_failure *failure);

/* privileges_pass_on: in COMMAND's process, before it is executed: of an ordinary user who
 * has made a user namespace, lets what is executed keep the capabilities that its network
 * takes: to configure it, to capture, to bind any port. Root's keep all by themselves. What
 * cannot be passed on is missing there; that is no error. */
void privileges_pass_on(void);

/* privileges_contain: the first step, at once after COMMAND's process was forked:
 * closes every descriptor from 3 on but keep[0..n-1] (sorted here; -1 is none), new files are
 * the owner's alone, no core is dumped, as many files may be open as the system lets us. */
void privileges_contain(int *keep, size_t n);

/* privileges_drop: the second step, once everything is open: becomes user, gives
 * up every capability for good, and checks that none is left and, where the uid
 * was root's, that it cannot be had again. 0, or -1 with *failure: the process
 * must not go on. */
int privileges_drop(const struct privileges_user *user, struct program_failure *failure);

#endif
