/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_HOST_H
#define SIM_HOST_H

/* A simulated host: one stack with a world of its own (clock, randomness, memory)
 * and a link whose other end is a function. */

#include "memory.h"
#include "rng.h"

#include <evtcp/evtcp.h>
#include <netinet/in.h>

/* What distinguishes a host. */
struct host_plan {
	unsigned mtu;
	bool ipv6;    /* its address is of IPv6, as the other's */
	bool offload; /* its link cuts up what the stack sends as one; else see host_new_link */
	uint64_t clock_origin_us;         /* what its clock says at the simulation's moment 0 */
	struct evtcp_stack_config config; /* but its world */
};

struct host {
	unsigned index; /* 0 or 1; its address is 10.0.0.(index + 1), or IPv6's like of it */
	bool ipv6;
	uint64_t clock_origin_us;
	bool stopped; /* the clock stands still, since: */
	uint64_t stopped_at_us;
	const uint64_t *time_us; /* the simulation's time */
	struct memory memory;
	struct rng rng; /* the world's randomness */
	struct evtcp_world world;
	struct evtcp_stack *stack;
	struct evtcp_link *link;
	struct evtcp_link *wire; /* behind link, where that takes offload; else NULL */
	uint64_t bursts;         /* packets of several segments, since the beginning */
	/* Every packet that the stack sends; an errno value, 0 if it was taken. */
	int (*transmit)(void *arg, struct host *host, const struct evtcp_packet *packet);
	void *arg;
};

/* host_init: makes the stack. The caller has set time_us, transmit and arg; seed
 * and index name its random numbers. shortage may be NULL. 0, or -1 with errno:
 * then nothing is held. */
int host_init(struct host *host, const struct host_plan *plan, uint64_t seed, unsigned index,
	struct shortage *shortage);

/* host_free: frees the stack; what its memory still holds afterwards has leaked. */
void host_free(struct host *host);

/* host_address: the address of host's network that the host of that index has, with port,
 * in *sa. Returns its length. */
socklen_t host_address(
	const struct host *host, unsigned index, uint16_t port, struct sockaddr_storage *sa);

/* host_now: what its clock says. host_stop_clock, host_start_clock: from here on it stands
 * still, and from here on it goes on from where it stood. */
uint64_t host_now(const struct host *host);
void host_stop_clock(struct host *host);
void host_start_clock(struct host *host);

/* host_deadline: the stack's next deadline in the simulation's time, not before
 * its present moment; UINT64_MAX for never. */
uint64_t host_deadline(const struct host *host);

/* host_deliver: one packet comes in. Returns what the stack made of it. The batch
 * stays open until host_end_batch, in which callbacks run and packets leave. */
struct evtcp_reason host_deliver(struct host *host, uint8_t *bytes, size_t len);
void host_end_batch(struct host *host);

#endif
