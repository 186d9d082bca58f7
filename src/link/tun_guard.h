/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_GUARD_H
#define LINK_TUN_GUARD_H

/* A process that keeps the privilege to take back what was changed on a device. */

#include "link/tun_setup.h"
#include "util/guard.h"

/* tun_guard_start: makes the process. From here on it is it that takes back setup. 0,
 * or -1 with errno. */
int tun_guard_start(struct guard *guard, struct tun_setup *setup);

#endif
