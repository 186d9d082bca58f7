/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_SETUP_H
#define LINK_TUN_SETUP_H

/* Making a TUN what it should be, and taking that back. */

#include "link/tun_check.h"

/* What was changed on a device that existed before: exactly this is taken back. */
struct tun_setup {
	char name[16]; /* IFNAMSIZ */
	int index;
	unsigned old_mtu; /* bytes; 0 if the MTU was right */
	bool brought_up;
	struct prefix added[EVTCP_TUN_ADDRESSES];
	unsigned n_added;
};

/* tun_setup_apply: gives the open device its MTU and the host addresses of check and
 * sets it up; what is right is left alone. existed is the device as it was before
 * it was opened, index 0 if it was made just now: then it gets its queue length, too,
 * and nothing will have to be taken back. 0, or -1 with check->failure filled and
 * everything as it was. */
int tun_setup_apply(struct tun_setup *setup, struct tun_check *check, struct netlink *netlink,
	const struct rtnetlink_link *existed, unsigned mtu);

/* tun_setup_has_changes: tun_setup_take_back will have something to do. */
bool tun_setup_has_changes(const struct tun_setup *setup);

/* tun_setup_take_back: undoes what tun_setup_apply changed, as far as it still can
 * (the device may be gone, the capability dropped). */
void tun_setup_take_back(struct tun_setup *setup, struct netlink *netlink);

#endif
