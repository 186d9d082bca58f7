/* SPDX-License-Identifier: BSD-3-Clause */

/* Opening the node of the TUN driver.
 *
 * In: nothing. Out: a descriptor that is no device yet, or why there is none.
 *
 * What a person can do about it is said by those who ask. */

#include "link/tun_node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tun_node_open(void)
{
	int fd = open(TUN_NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	unsigned features;

	/* A file that happens to be there takes none of the driver's requests. */
	if (fd >= 0 && ioctl(fd, TUNGETFEATURES, &features) < 0 && errno == ENOTTY) {
		close(fd);
		errno = ENOTTY;
		return -1;
	}
	return fd;
}

enum tun_node_fault tun_node_fault(int error)
{
	switch (error) {
	case 0:
		return TUN_NODE_OK;
	case ENOENT:
	case ENOTDIR:
		return TUN_NODE_MISSING;
	case ENODEV:
	case ENXIO:
		return TUN_NODE_NO_DRIVER;
	case EISDIR:
	case ENOTTY:
		return TUN_NODE_STRANGER;
	case EACCES:
		return TUN_NODE_CLOSED;
	case EPERM: /* the file would let us, a control group does not */
		return TUN_NODE_FORBIDDEN;
	default:
		return TUN_NODE_OTHER;
	}
}
