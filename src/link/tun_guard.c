/* SPDX-License-Identifier: BSD-3-Clause */

/* The guard of a device that existed before us: whatever becomes of this process, the device is
 * left as it was.
 *
 * A capability cannot be lent: the kernel asks both who opened a netlink socket and
 * who uses it. So whoever takes back must be somebody who never gave it up. */

#include "link/tun_guard.h"

static void tun_guard_take_back(void *arg)
{
	struct netlink netlink;

	if (netlink_open(&netlink, 0) == 0)
		tun_setup_take_back(arg, &netlink);
}

int tun_guard_start(struct guard *guard, struct tun_setup *setup)
{
	return guard_start(guard, -1, tun_guard_take_back, setup);
}
