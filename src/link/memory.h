/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_MEMORY_H
#define LINK_MEMORY_H

/* A link that ends in memory, for tests: what goes out is queued, what comes in
 * is put there by hand. Two of them make a cable. */

#include <evtcp/link.h>

struct memory_link;

/* A packet that went out: a copy, owned by who popped it. */
struct memory_packet {
	struct memory_packet *next; /* of the queue */
	struct evtcp_reason reason; /* why it was sent */
	uint64_t at_us;             /* when, as the sender said */
	uint16_t segment_len;       /* of struct evtcp_packet, */
	bool checksum_left;         /* likewise */
	size_t len;                 /* bytes */
	uint8_t bytes[];
};

/* memory_link_new: a link whose output keeps at most limit packets (then it says
 * ENOBUFS). world is copied; it gives the memory of the packets. *memory is the
 * handle for the calls below, valid until the link is freed. NULL with errno
 * ENOMEM or EINVAL (mtu, see evtcp_link_new). */
struct evtcp_link *memory_link_new(
	const struct evtcp_world *world, unsigned mtu, unsigned limit, struct memory_link **memory);

/* memory_link_set_offload: what it takes from now on, at first nothing. A pump delivers it as it
 * was sent. */
void memory_link_set_offload(struct memory_link *memory, const struct evtcp_offload *offload);

/* memory_link_pop: takes the oldest packet that went out, NULL if there is none.
 * Give it back with memory_link_drop before the link is freed. */
struct memory_packet *memory_link_pop(struct memory_link *memory);

/* memory_link_drop: frees a popped packet. NULL is fine. */
void memory_link_drop(struct memory_link *memory, struct memory_packet *packet);

/* memory_link_len: how many packets wait. */
unsigned memory_link_len(const struct memory_link *memory);

/* memory_link_inject: len bytes come in as one packet at at_us. The receiver's
 * input runs before it returns; bytes are the caller's again afterwards. Returns
 * what the receiver made of it. The batch stays open: see memory_link_end_batch. */
struct evtcp_reason memory_link_inject(
	struct memory_link *memory, const void *bytes, size_t len, uint64_t at_us);

/* memory_link_expect: tells the receiver of what memory_link_inject will bring; bytes stay where
 * they are until then. */
void memory_link_expect(struct memory_link *memory, const void *bytes, size_t len);

/* memory_link_end_batch: the receiver's batch_end; callbacks of the application
 * may run in it. */
void memory_link_end_batch(struct memory_link *memory);

/* memory_link_pump: everything that waits in from comes in at to, as one batch
 * (none if nothing waits), of which to is told beforehand. What to answers meanwhile is not delivered. Returns the
 * number of packets. */
unsigned memory_link_pump(struct memory_link *from, struct memory_link *to);

/* memory_link_refuse: from here on output fails with this errno, 0 ends that. */
void memory_link_refuse(struct memory_link *memory, int error);

/* memory_link_fail: the link fails for good, as a TUN that is deleted. */
void memory_link_fail(struct memory_link *memory, int error);

#endif
