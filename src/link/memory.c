/* SPDX-License-Identifier: BSD-3-Clause */

/* The memory link: a bounded queue of copies of what goes out, and a hand that
 * puts packets in.
 *
 * In: packets from the stack (queued), bytes from a test (delivered). Out: the
 * queue, oldest first.
 *
 * It loses, delays and reorders nothing: a simulator does that with the packets
 * that it pops. */

#include "link/memory.h"

#include "util/memory.h"

#include <errno.h>
#include <string.h>

struct memory_link {
	struct evtcp_link *link; /* this link, as its user sees it */
	struct evtcp_world world;
	struct memory_packet *head, **tail; /* oldest; where the next goes */
	unsigned len, limit;                /* packets */
	int refusal;                        /* errno for output, 0 if it works */
};

static struct memory_packet *memory_link_copy(
	struct memory_link *memory, const struct evtcp_packet *packet)
{
	struct memory_packet *copy;
	size_t at = 0;

	copy = memory_alloc(&memory->world, sizeof(*copy) + packet->len);
	if (!copy)
		return NULL;
	*copy = (struct memory_packet){.reason = packet->reason,
		.at_us = packet->at_us,
		.segment_len = packet->segment_len,
		.checksum_left = packet->checksum_left,
		.len = packet->len};
	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(copy->bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	return copy;
}

static int memory_link_output(void *ctx, const struct evtcp_packet *packet)
{
	struct memory_link *memory = ctx;
	struct memory_packet *copy;

	if (memory->refusal) {
		errno = memory->refusal;
		return -1;
	}
	copy = memory->len < memory->limit ? memory_link_copy(memory, packet) : NULL;
	if (!copy) {
		errno = ENOBUFS;
		return -1;
	}
	*memory->tail = copy;
	memory->tail = &copy->next;
	memory->len++;
	return 0;
}

static void memory_link_release(void *ctx)
{
	struct memory_link *memory = ctx;
	struct evtcp_world world = memory->world; /* outlives what it frees */
	struct memory_packet *packet;

	while ((packet = memory_link_pop(memory)))
		memory_link_drop(memory, packet);
	memory_free(&world, memory);
}

struct evtcp_link *memory_link_new(
	const struct evtcp_world *world, unsigned mtu, unsigned limit, struct memory_link **memory)
{
	static const struct evtcp_link_ops ops = {
		.output = memory_link_output, .free = memory_link_release};
	struct memory_link *made = memory_alloc(world, sizeof(*made));

	if (!made) {
		errno = ENOMEM;
		return NULL;
	}
	*made = (struct memory_link){.world = *world, .limit = limit};
	made->tail = &made->head;
	made->link = evtcp_link_new(&ops, made, mtu);
	if (!made->link) {
		memory_free(world, made);
		return NULL; /* errno is evtcp_link_new's */
	}
	*memory = made;
	return made->link;
}

void memory_link_set_offload(struct memory_link *memory, const struct evtcp_offload *offload)
{
	evtcp_link_set_offload(memory->link, offload);
}

struct memory_packet *memory_link_pop(struct memory_link *memory)
{
	struct memory_packet *packet = memory->head;

	if (!packet)
		return NULL;
	memory->head = packet->next;
	if (!memory->head)
		memory->tail = &memory->head;
	memory->len--;
	packet->next = NULL;
	return packet;
}

void memory_link_drop(struct memory_link *memory, struct memory_packet *packet)
{
	memory_free(&memory->world, packet);
}

unsigned memory_link_len(const struct memory_link *memory)
{
	return memory->len;
}

struct evtcp_reason memory_link_inject(
	struct memory_link *memory, const void *bytes, size_t len, uint64_t at_us)
{
	/* struct iovec serves both directions, so it cannot say const. */
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = len, .at_us = at_us};

	evtcp_link_input(memory->link, &packet);
	return packet.reason;
}

void memory_link_expect(struct memory_link *memory, const void *bytes, size_t len)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = len};

	evtcp_link_expect(memory->link, &packet);
}

static void memory_link_pass(struct memory_link *memory, struct memory_packet *passed)
{
	struct iovec iov = {.iov_base = passed->bytes, .iov_len = passed->len};
	struct evtcp_packet packet = {.iov = &iov,
		.iovcnt = 1,
		.len = passed->len,
		.at_us = passed->at_us,
		.segment_len = passed->segment_len,
		.checksum_left = passed->checksum_left};

	evtcp_link_input(memory->link, &packet);
}

void memory_link_end_batch(struct memory_link *memory)
{
	evtcp_link_batch_end(memory->link);
}

unsigned memory_link_pump(struct memory_link *from, struct memory_link *to)
{
	unsigned n = from->len;

	if (n == 0)
		return 0;
	for (const struct memory_packet *packet = from->head; packet; packet = packet->next)
		memory_link_expect(to, packet->bytes, packet->len);
	/* Counted, not "until empty": from and to may be one (a loop). */
	for (unsigned i = 0; i < n; i++) {
		struct memory_packet *packet = memory_link_pop(from);

		memory_link_pass(to, packet);
		memory_link_drop(from, packet);
	}
	memory_link_end_batch(to);
	return n;
}

void memory_link_refuse(struct memory_link *memory, int error)
{
	memory->refusal = error;
}

void memory_link_fail(struct memory_link *memory, int error)
{
	evtcp_link_failed(memory->link, error);
}
