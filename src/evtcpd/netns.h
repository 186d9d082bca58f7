/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_NETNS_H
#define EVTCPD_NETNS_H

/* A private network namespace for this process and the COMMAND it will start. */

#include "evtcpd/exit_status.h"
#include "program/failure.h"

/* netns_enter: moves the process into a fresh network namespace whose loopback is
 * up. Root unshares the network alone. An ordinary user unshares a user namespace
 * with it, where they keep uid and gid (all others are nobody), and has every
 * capability over the new network and none over anything else, until execve takes it:
 * see privileges_pass_on. The process must have one thread. 0, or -1 with *failure
 * filled; the process may then be half way in and must end. */
int netns_enter(struct program_failure *failure);

/* netns_obstacle: the setting that keeps ordinary users from making namespaces, as what root
 * would type to change it; NULL if there is none, or it is something else. Static storage. */
const char *netns_obstacle(void);

#endif
