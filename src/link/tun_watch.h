/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_WATCH_H
#define LINK_TUN_WATCH_H

/* Watching whether a device is up: the kernel tells by rtnetlink, the TUN's own
 * descriptor says nothing. */

#include "link/tun.h"

struct event_base;
struct event;

struct tun_watch {
	const struct evtcp_tun *tun; /* of the caller; who to tell */
	struct event *readable;      /* of the netlink socket; NULL: not watching */
	struct netlink netlink;
	bool up; /* as last told */
};

/* tun_watch_init: watches nothing. */
void tun_watch_init(struct tun_watch *watch);

/* tun_watch_start: from here on tun->state_cb runs from base when the device, which is
 * up now, is set down or up. The callback is the last thing that is done in a turn, so
 * it may end the watch. 0, or -1 with errno (tun_watch_end cleans up). */
int tun_watch_start(struct tun_watch *watch, struct event_base *base, const struct evtcp_tun *tun);

/* tun_watch_end: watches no more. Fine on one that never started. */
void tun_watch_end(struct tun_watch *watch);

#endif
