/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_H
#define LINK_TUN_H

/* An open TUN device, as tun.c makes it and tun_link.c uses it. */

#include "link/tun_guard.h"
#include "link/tun_setup.h"

struct tun_link;

/* Packets that are read before they are answered, where nobody says how many. */
enum { TUN_BATCH = 64 };

/* The largest IP packet, whatever the MTU is: of many segments, or as somebody raises it. */
enum { TUN_PACKET_MAX = 65535 };

struct evtcp_tun {
	int fd;                       /* non-blocking; one packet a read or write */
	bool vnet_header;             /* with a struct virtio_net_hdr in front of it */
	bool multi_queue;             /* others can be opened beside it */
	struct evtcp_offload offload; /* what the kernel takes */
	unsigned long given;          /* TUN_F_...: what it may leave to us */
	unsigned mtu;                 /* bytes, as configured */
	unsigned batch;               /* packets read before they are answered; never 0 */
	struct tun_link *link;        /* what it was made; NULL before */
	struct tun_setup setup;
	struct guard guard;
	void (*state_cb)(int up, void *arg); /* of the user, NULL for none */
	void *state_arg;
};

#endif
