/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_OUT_H
#define LINK_TUN_OUT_H

/* Packets on their way out to a TUN device, the small ones together: they wait as copies until the
 * burst is over, and then are written one behind the other. The device still takes one at a time,
 * but who makes packets is not interrupted by the kernel for each, nor the kernel by him, and
 * each finds its instructions in the caches; and a copy in one piece costs the kernel less than a
 * list of pieces. */

#include <evtcp/link.h>

enum {
	TUN_OUT_SMALL = 2048, /* octets of the longest that waits */
	TUN_OUT_HELD = 64,
	TUN_OUT_ROOM = 32768 /* octets of all that wait */
};

struct tun_out {
	struct evtcp_link *link; /* is told what was refused while it waited */
	int fd;
	bool refuses;   /* the device has refused the last packet: none waits */
	size_t written; /* octets, since whoever looks at it has set it to 0 */
	unsigned n;
	size_t used; /* of bytes */
	uint16_t len[TUN_OUT_HELD];
	uint8_t bytes[TUN_OUT_ROOM];
};

/* tun_out_init: nothing waits. fd stays the caller's. */
void tun_out_init(struct tun_out *out, struct evtcp_link *link, int fd);

/* tun_out_now: writes one packet, the device's header included, behind those that wait. 0, or -1
 * with errno, ENODEV where the device is gone. */
int tun_out_now(struct tun_out *out, const struct iovec *iov, int iovcnt);

/* tun_out_soon: the same, of len octets, but it may wait for tun_out_flush if it is small. Should
 * the device refuse it then, the link is told that it was dropped, and until the device takes one
 * again none waits, so that each caller hears of his. */
int tun_out_soon(struct tun_out *out, const struct iovec *iov, int iovcnt, size_t len);

/* tun_out_flush: writes what waits. */
void tun_out_flush(struct tun_out *out);

#endif
