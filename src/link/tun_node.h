/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_NODE_H
#define LINK_TUN_NODE_H

/* The device node of the kernel's TUN driver. */

#define TUN_NODE "/dev/net/tun"

/* Why it cannot be opened. */
enum tun_node_fault {
	TUN_NODE_OK,
	TUN_NODE_MISSING,   /* there is no such file */
	TUN_NODE_NO_DRIVER, /* there is, and nothing behind it */
	TUN_NODE_STRANGER,  /* what is behind it is something else */
	TUN_NODE_CLOSED,    /* its permissions keep this user out */
	TUN_NODE_FORBIDDEN, /* a control group does: a container */
	TUN_NODE_OTHER      /* errno says */
};

/* tun_node_open: a descriptor for reading and writing that does not block, or -1 with errno.
 * Changes nothing. */
int tun_node_open(void);

/* tun_node_fault: what the errno of tun_node_open means; TUN_NODE_OK for 0. */
enum tun_node_fault tun_node_fault(int error);

#endif
