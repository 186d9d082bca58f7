/* SPDX-License-Identifier: BSD-3-Clause */

/* Opening and closing a TUN device.
 *
 *      check configuration ─► check kernel ─► open ─► set up
 *          nothing changed so far ──┘           └─► on failure: take back, close
 *
 * In: a configuration. Out: a device that is up and has its addresses, or a message
 * for a person.
 *
 * It moves no packet: tun_link.c does. */

#include "link/tun.h"
#include "link/tun_node.h"

#include "util/memory.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int tun_open_node(struct tun_failure *failure)
{
	int fd = tun_node_open();

	if (fd >= 0)
		return fd;
	switch (tun_node_fault(errno)) {
	case TUN_NODE_MISSING:
		return tun_fail(failure, EVTCP_TUN_NO_DEVICE_NODE,
			TUN_NODE " does not exist: load the driver (as root: modprobe tun); a "
				 "container must be started with the device (--device " TUN_NODE
				 ")");
	case TUN_NODE_NO_DRIVER:
		return tun_fail(failure, EVTCP_TUN_NO_DEVICE_NODE,
			"there is no driver behind " TUN_NODE ": load it (as root: modprobe tun)");
	case TUN_NODE_STRANGER:
		return tun_fail(failure, EVTCP_TUN_NO_DEVICE_NODE,
			TUN_NODE
			" is not the TUN driver's: put its node there (as root: rm -r " TUN_NODE
			"; mknod -m 0666 " TUN_NODE " c 10 200)");
	case TUN_NODE_CLOSED:
		return tun_fail(failure, EVTCP_TUN_NO_PERMISSION,
			"no permission to open " TUN_NODE ": run this as root, or give everyone "
			"access, as most systems do (as root: chmod 0666 " TUN_NODE ")");
	case TUN_NODE_FORBIDDEN:
		return tun_fail(failure, EVTCP_TUN_NO_PERMISSION,
			"this container may not open " TUN_NODE
			": start it with --device " TUN_NODE);
	default:
		return tun_fail(
			failure, EVTCP_TUN_SYSTEM, "cannot open " TUN_NODE ": %s", strerror(errno));
	}
}

static int tun_fail_attach(struct tun_check *check, bool exists)
{
	switch (errno) {
	case EPERM:
		if (exists)
			return tun_fail(check->failure, EVTCP_TUN_NO_PERMISSION,
				"%s belongs to another user: run this as that user or as root",
				check->name);
		return tun_fail(check->failure, EVTCP_TUN_NO_PERMISSION,
			"creating %s needs the capability CAP_NET_ADMIN: run this as root, or have "
			"root create the device once: ip tuntap add dev %s mode tun user NAME",
			check->name, check->name);
	case EBUSY:
		return tun_fail(check->failure, EVTCP_TUN_BUSY,
			"%s is in use by another process: choose another name, or stop that "
			"process",
			check->name);
	case EINVAL:
		return tun_fail(check->failure, EVTCP_TUN_NOT_TUN,
			"%s is not a TUN device, or one with several queues: choose another name",
			check->name);
	default:
		return tun_fail(check->failure, EVTCP_TUN_SYSTEM, "cannot open %s: %s", check->name,
			strerror(errno));
	}
}

/* Whether there can be a header in front of each packet, without which nothing is left to
 * the kernel. */
static bool tun_has_vnet_header(int fd)
{
	unsigned features = 0;

	return ioctl(fd, TUNGETFEATURES, &features) == 0 && (features & IFF_VNET_HDR) != 0;
}

/* Sets what the kernel and we leave to each other: as much as it knows. It takes segments in
 * any case where it has the header; what is set is what it may give us. A persistent device
 * keeps the settings of its last owner, so they are always set. 0, or -1 with errno. */
static int tun_set_offload(struct evtcp_tun *tun)
{
	static const unsigned long sets[] = {
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN, TUN_F_CSUM, 0};
	int header_len = sizeof(struct virtio_net_hdr);
	size_t i = tun->vnet_header ? 0 : 2;

	tun->offload = (struct evtcp_offload){0};
	if (tun->vnet_header) {
		if (ioctl(tun->fd, TUNSETVNETHDRSZ, &header_len) < 0)
			return -1;
		tun->offload =
			(struct evtcp_offload){.checksum = true, .segments_len = TUN_PACKET_MAX};
	}
	while (ioctl(tun->fd, TUNSETOFFLOAD, sets[i]) < 0) {
		if (++i == sizeof(sets) / sizeof(sets[0]))
			return -1;
	}
	tun->given = sets[i];
	return 0;
}

/* Makes tun->fd the packets of the device. exists: it is there already; else it is made. */
static int tun_attach(struct evtcp_tun *tun, struct tun_check *check, bool exists)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};

	if (!exists)
		request.ifr_flags |= (short)IFF_TUN_EXCL; /* somebody else was quicker: EBUSY */
	if (tun->multi_queue)
		request.ifr_flags |= IFF_MULTI_QUEUE;
	if (tun->vnet_header)
		request.ifr_flags |= IFF_VNET_HDR;
	/* The name was checked: it fits, and the rest of the request is zero. */
	memcpy(request.ifr_name, check->name, strnlen(check->name, sizeof(request.ifr_name) - 1));
	return ioctl(tun->fd, TUNSETIFF, &request) < 0 ? tun_fail_attach(check, exists) : 0;
}

/* A device is opened with several queues exactly if it was made so. */
static int tun_check_queues(
	struct evtcp_tun *tun, struct tun_check *check, const struct rtnetlink_link *existed)
{
	if (existed->index != 0 && tun->multi_queue && !existed->multi_queue) {
		errno = EINVAL;
		return tun_fail(check->failure, EVTCP_TUN_NOT_TUN,
			"%s was created with one queue, and several are needed: choose another "
			"name, or have root create it with several: ip tuntap add dev %s mode tun "
			"multi_queue user NAME",
			check->name, check->name);
	}
	tun->multi_queue |= existed->multi_queue;
	return 0;
}

static int tun_configure(struct evtcp_tun *tun, struct tun_check *check, struct netlink *netlink,
	const struct rtnetlink_link *existed)
{
	if (tun_set_offload(tun) < 0)
		return tun_fail(check->failure, EVTCP_TUN_SYSTEM,
			"cannot set the offloads of %s: %s", check->name, strerror(errno));
	return tun_setup_apply(&tun->setup, check, netlink, existed, tun->mtu);
}

/* Everything that changes something; undone if it fails. */
static int tun_open_device(struct evtcp_tun *tun, struct tun_check *check, struct netlink *netlink,
	const struct rtnetlink_link *existed)
{
	if (tun_check_queues(tun, check, existed) < 0)
		return -1;
	tun->fd = tun_open_node(check->failure);
	if (tun->fd < 0)
		return -1;
	tun->vnet_header = tun->vnet_header && tun_has_vnet_header(tun->fd);
	if (tun_attach(tun, check, existed->index != 0) == 0 &&
		tun_configure(tun, check, netlink, existed) == 0)
		return 0;
	close(tun->fd); /* a device that was made for it goes away */
	return -1;
}

static int tun_open(
	struct evtcp_tun *tun, const struct evtcp_tun_config *config, struct tun_failure *failure)
{
	struct rtnetlink_link existed;
	struct netlink netlink;
	struct tun_check check;
	int result;

	tun->mtu = config->mtu;
	tun->vnet_header = !config->no_offload;
	tun->batch = config->batch != 0 ? config->batch : TUN_BATCH;
	tun->multi_queue = config->multi_queue != 0;
	if (tun_check_config(&check, config, failure) < 0)
		return -1;
	if (netlink_open(&netlink, 0) < 0)
		return tun_fail(failure, EVTCP_TUN_SYSTEM, "cannot open an rtnetlink socket: %s",
			strerror(errno));
	result = tun_check_kernel(&check, &netlink, &existed);
	if (result == 0)
		result = tun_open_device(tun, &check, &netlink, &existed);
	netlink_close(&netlink);
	return result;
}

/* What evtcp_tun_open and evtcp_tun_open_queue return: tun if result is 0, else it goes, and
 * failure says why. */
static struct evtcp_tun *tun_finish(struct evtcp_tun *tun, int result,
	const struct tun_failure *failure, enum evtcp_tun_error *error)
{
	*error = failure->error;
	if (result == 0)
		return tun;
	if (tun)
		memory_free(evtcp_world_system(), tun);
	errno = failure->saved_errno;
	return NULL;
}

static int tun_fail_memory(struct tun_failure *failure)
{
	errno = ENOMEM;
	return tun_fail(failure, EVTCP_TUN_SYSTEM, "out of memory");
}

struct evtcp_tun *evtcp_tun_open(
	const struct evtcp_tun_config *config, enum evtcp_tun_error *error, char *text, size_t size)
{
	struct tun_failure failure = {.text = text, .size = size};
	struct evtcp_tun *tun = memory_zalloc(evtcp_world_system(), sizeof(*tun));
	int result = tun ? tun_open(tun, config, &failure) : tun_fail_memory(&failure);

	return tun_finish(tun, result, &failure, error);
}

/* The device is there and set up, and its offloads are for all queues. */
static int tun_add_queue(struct evtcp_tun *tun, struct tun_failure *failure)
{
	struct tun_check check = {.name = tun->setup.name, .failure = failure};

	if (!tun->multi_queue) {
		errno = EINVAL;
		return tun_fail(
			failure, EVTCP_TUN_SYSTEM, "%s was opened with one queue", tun->setup.name);
	}
	tun->fd = tun_open_node(failure);
	if (tun->fd < 0)
		return -1;
	if (tun_attach(tun, &check, true) == 0)
		return 0;
	close(tun->fd);
	return -1;
}

struct evtcp_tun *evtcp_tun_open_queue(
	const struct evtcp_tun *tun, enum evtcp_tun_error *error, char *text, size_t size)
{
	struct tun_failure failure = {.text = text, .size = size};
	struct evtcp_tun *queue = memory_zalloc(evtcp_world_system(), sizeof(*queue));

	if (!queue)
		return tun_finish(NULL, tun_fail_memory(&failure), &failure, error);
	queue->vnet_header = tun->vnet_header;
	queue->multi_queue = tun->multi_queue;
	queue->offload = tun->offload;
	queue->mtu = tun->mtu;
	queue->batch = tun->batch;
	queue->setup.index = tun->setup.index;
	memcpy(queue->setup.name, tun->setup.name, sizeof(queue->setup.name));
	return tun_finish(queue, tun_add_queue(queue, &failure), &failure, error);
}

void evtcp_tun_set_state_cb(struct evtcp_tun *tun, void (*cb)(int up, void *arg), void *arg)
{
	tun->state_cb = cb;
	tun->state_arg = arg;
}

int evtcp_tun_get_fd(const struct evtcp_tun *tun)
{
	return tun->fd;
}

int evtcp_tun_guard(struct evtcp_tun *tun)
{
	if (guard_is_set(&tun->guard) || !tun_setup_has_changes(&tun->setup))
		return 0;
	return tun_guard_start(&tun->guard, &tun->setup);
}

void evtcp_tun_close(struct evtcp_tun *tun)
{
	struct netlink netlink;

	if (!tun)
		return;
	if (guard_is_set(&tun->guard)) {
		guard_end(&tun->guard);
	} else if (tun_setup_has_changes(&tun->setup) && netlink_open(&netlink, 0) == 0) {
		tun_setup_take_back(&tun->setup, &netlink);
		netlink_close(&netlink);
	}
	close(tun->fd);
	memory_free(evtcp_world_system(), tun);
}
