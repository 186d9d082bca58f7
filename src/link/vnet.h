/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_VNET_H
#define LINK_VNET_H

/* The header in front of each packet of a TUN that was opened with IFF_VNET_HDR: what the
 * kernel and we leave to one another (struct virtio_net_hdr, virtio 1.2 section 5.1.6). */

#include <evtcp/link.h>
#include <linux/virtio_net.h>

/* vnet_write: the header for a packet on its way out. False if its segments or checksum are
 * left out and it is not TCP with its headers in the first piece. */
bool vnet_write(struct virtio_net_hdr *header, const struct evtcp_packet *packet);

/* vnet_read: what header says of packet, of one piece, on its way in: sets segment_len and
 * checksum_left, or, where it is not TCP, completes the checksum in its bytes. False if it says
 * what cannot be: the packet is not to be used then (ATTACKS P13). */
bool vnet_read(const struct virtio_net_hdr *header, struct evtcp_packet *packet);

#endif
