/* SPDX-License-Identifier: BSD-3-Clause */

/* Watching whether a device is up.
 *
 * In: the kernel's notices about links. Out: a callback on each change.
 *
 * It changes nothing and knows nothing of packets. Notices that the kernel had to drop
 * are not asked for again: the next change tells all the same. */

#include "link/tun_watch.h"

#include <errno.h>
#include <event2/event.h>

struct tun_watch_news {
	int index;
	bool up; /* after the last notice */
};

static void tun_watch_notice(const struct nlmsghdr *message, void *arg)
{
	struct tun_watch_news *news = arg;

	rtnetlink_link_change(message, news->index, &news->up);
}

static void tun_watch_readable(evutil_socket_t fd, short what, void *arg)
{
	struct tun_watch *watch = arg;
	struct tun_watch_news news = {watch->tun->setup.index, watch->up};

	(void)fd;
	(void)what;
	(void)netlink_listen(&watch->netlink, tun_watch_notice, &news);
	if (news.up == watch->up)
		return;
	watch->up = news.up;
	watch->tun->state_cb(news.up, watch->tun->state_arg);
}

void tun_watch_init(struct tun_watch *watch)
{
	*watch = (struct tun_watch){.netlink.fd = -1};
}

int tun_watch_start(struct tun_watch *watch, struct event_base *base, const struct evtcp_tun *tun)
{
	watch->tun = tun;
	watch->up = true;
	if (netlink_open(&watch->netlink, RTMGRP_LINK) < 0)
		return -1;
	watch->readable =
		event_new(base, watch->netlink.fd, EV_READ | EV_PERSIST, tun_watch_readable, watch);
	if (!watch->readable || event_add(watch->readable, NULL) < 0) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

void tun_watch_end(struct tun_watch *watch)
{
	if (watch->readable)
		event_free(watch->readable);
	if (watch->netlink.fd >= 0)
		netlink_close(&watch->netlink);
	tun_watch_init(watch);
}
