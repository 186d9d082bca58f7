/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_GUARD_H
#define LINK_TUN_GUARD_H

/* A process that keeps the privilege to take back what was changed on a device. */

#include "link/tun_setup.h"

#include <sys/types.h>

/* All zero: there is none. */
struct tun_guard {
	pid_t pid;
	int pipe; /* its closing is the guard's signal; kept by nobody but this process */
};

/* tun_guard_start: makes the process. From here on it is it that takes back setup. 0,
 * or -1 with errno. */
int tun_guard_start(struct tun_guard *guard, const struct tun_setup *setup);

bool tun_guard_is_set(const struct tun_guard *guard);

/* tun_guard_end: tells the process to do its work and waits until it is done. */
void tun_guard_end(struct tun_guard *guard);

#endif
