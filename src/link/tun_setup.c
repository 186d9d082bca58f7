/* SPDX-License-Identifier: BSD-3-Clause */

/* Setting a TUN up: MTU, addresses, up; and back.
 *
 * In: an open device and what it should have. Out: a device that has it, and a note
 * of what was changed.
 *
 * It makes no device and opens none, and does not ask whether an address is free:
 * tun_check has done that before. */

#include "link/tun_setup.h"
#include "link/doctor/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(((struct tun_setup *)0)->name) == IFNAMSIZ, "a name fits");

/* The kernel's queue towards us is shared by all connections and drops in silence
 * when it is full; the 500 packets of a fresh TUN are one large window. */
#define TUN_SETUP_QUEUE_PACKETS 10000

static int tun_setup_fail(struct tun_failure *failure, const char *what)
{
	return tun_fail(failure, EVTCP_TUN_SYSTEM, "%s failed: %s", what, strerror(errno));
}

/* Notes why a change failed: without the right to make it, with what a person could type instead,
 * which the doctor says, too. */
static int tun_setup_refused(struct tun_failure *failure, const char *what,
	enum doctor_finding finding, const struct doctor_words *words)
{
	struct evtcp_tun_finding found;

	if (errno != EPERM)
		return tun_setup_fail(failure, what);
	doctor_put(&found, finding, words);
	errno = EPERM;
	return tun_fail(failure, EVTCP_TUN_NO_PERMISSION,
		"%s needs the capability CAP_NET_ADMIN: run this as root, or have root do it once: "
		"%s",
		what, found.mend);
}

static int tun_setup_mtu(struct tun_setup *setup, struct tun_check *check, struct netlink *netlink,
	const struct rtnetlink_link *now, unsigned mtu)
{
	struct doctor_words words = {0};
	char what[64];

	if (now->mtu == mtu)
		return 0;
	if (rtnetlink_set_mtu(netlink, setup->index, mtu) == 0) {
		setup->old_mtu = now->mtu;
		return 0;
	}
	snprintf(what, sizeof(what), "setting the MTU of %s to %u", setup->name, mtu);
	memcpy(words.name, setup->name, sizeof(words.name));
	snprintf(words.mtu, sizeof(words.mtu), "%u", mtu);
	return tun_setup_refused(check->failure, what, DOCTOR_MTU_OTHER, &words);
}

/* Which of the host addresses the device has already. */
struct tun_setup_search {
	const struct tun_check *check;
	int index;
	bool found[EVTCP_TUN_ADDRESSES];
};

static void tun_setup_find(const struct rtnetlink_address *address, void *arg)
{
	struct tun_setup_search *search = arg;

	if (address->index != search->index)
		return;
	for (unsigned i = 0; i < search->check->n_host; i++)
		search->found[i] |= prefix_equal(&search->check->host[i], &address->address);
}

static int tun_setup_address(struct tun_setup *setup, struct tun_check *check,
	struct netlink *netlink, const struct prefix *address)
{
	struct doctor_words words = {0};
	char what[128], *text = words.host;

	if (rtnetlink_add_address(netlink, setup->index, address) == 0) {
		setup->added[setup->n_added++] = *address;
		return 0;
	}
	prefix_format(address, text, sizeof(words.host));
	/* So the kernel says these; a missing capability is EPERM. */
	if (prefix_family(address) == AF_INET6 && (errno == EOPNOTSUPP || errno == EAFNOSUPPORT))
		return tun_fail(check->failure, EVTCP_TUN_NO_IPV6,
			"giving %s the address %s failed, as this kernel has no IPv6: leave the "
			"IPv6 addresses out",
			setup->name, text);
	if (errno == EACCES)
		return tun_fail(check->failure, EVTCP_TUN_NO_IPV6,
			"giving %s the address %s failed, as IPv6 is turned off there: turn it on "
			"(sysctl net.ipv6.conf.%s.disable_ipv6=0), or leave the IPv6 addresses out",
			setup->name, text, setup->name);
	snprintf(what, sizeof(what), "giving %s the address %s", setup->name, text);
	memcpy(words.name, setup->name, sizeof(words.name));
	return tun_setup_refused(check->failure, what, DOCTOR_HOST_MISSING, &words);
}

static int tun_setup_addresses(
	struct tun_setup *setup, struct tun_check *check, struct netlink *netlink)
{
	struct tun_setup_search search = {.check = check, .index = setup->index};

	if (rtnetlink_each_address(netlink, tun_setup_find, &search) < 0)
		return tun_setup_fail(check->failure, "asking for the kernel's addresses");
	for (unsigned i = 0; i < check->n_host; i++) {
		if (!search.found[i] &&
			tun_setup_address(setup, check, netlink, &check->host[i]) < 0)
			return -1;
	}
	return 0;
}

static int tun_setup_up(struct tun_setup *setup, struct tun_check *check, struct netlink *netlink,
	const struct rtnetlink_link *now)
{
	struct doctor_words words = {0};
	char what[64];

	if (now->up)
		return 0;
	if (rtnetlink_set_up(netlink, setup->index, true) == 0) {
		setup->brought_up = true;
		return 0;
	}
	snprintf(what, sizeof(what), "setting %s up", setup->name);
	memcpy(words.name, setup->name, sizeof(words.name));
	return tun_setup_refused(check->failure, what, DOCTOR_STATE_DOWN, &words);
}

/* The kernel forgets a device's IPv6 addresses when that is set down, unlike those of IPv4.
 * Asks it not to (since Linux 4.6): only a file does. */
static void tun_setup_keep_addresses(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/keep_addr_on_down", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "1", 1);
	close(fd);
}

int tun_setup_apply(struct tun_setup *setup, struct tun_check *check, struct netlink *netlink,
	const struct rtnetlink_link *existed, unsigned mtu)
{
	struct rtnetlink_link now;

	*setup = (struct tun_setup){0};
	snprintf(setup->name, sizeof(setup->name), "%s", check->name);
	if (rtnetlink_find_link(netlink, check->name, &now) < 0)
		return tun_setup_fail(check->failure, "finding the device just opened");
	setup->index = now.index;
	if (existed->index == 0) {
		/* Courtesies to a device of our own: it works without them, and a kernel
		 * without IPv6 refuses all but the first. */
		(void)rtnetlink_set_queue_len(netlink, now.index, TUN_SETUP_QUEUE_PACKETS);
		(void)rtnetlink_set_no_autoconf(netlink, now.index);
		tun_setup_keep_addresses(setup->name);
	}
	if (tun_setup_mtu(setup, check, netlink, &now, mtu) < 0 ||
		tun_setup_addresses(setup, check, netlink) < 0 ||
		tun_setup_up(setup, check, netlink, &now) < 0) {
		tun_setup_take_back(setup, netlink);
		return -1;
	}
	if (existed->index == 0) { /* it goes away with its last user */
		setup->old_mtu = 0;
		setup->brought_up = false;
		setup->n_added = 0;
	}
	return 0;
}

bool tun_setup_has_changes(const struct tun_setup *setup)
{
	return setup->old_mtu != 0 || setup->brought_up || setup->n_added > 0;
}

/* In the reverse order. A change that cannot be undone any more is not an error: there
 * is nobody left who could do something about it. */
void tun_setup_take_back(struct tun_setup *setup, struct netlink *netlink)
{
	if (setup->brought_up)
		(void)rtnetlink_set_up(netlink, setup->index, false);
	while (setup->n_added > 0)
		(void)rtnetlink_remove_address(
			netlink, setup->index, &setup->added[--setup->n_added]);
	if (setup->old_mtu != 0)
		(void)rtnetlink_set_mtu(netlink, setup->index, setup->old_mtu);
	setup->brought_up = false;
	setup->old_mtu = 0;
}
