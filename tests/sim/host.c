/* SPDX-License-Identifier: BSD-3-Clause */

/* A host: a stack that is driven by hand, in a world that the seed decides.
 *
 * In: packets, and the simulation's time. Out: packets, by a function of whoever
 * owns both hosts.
 *
 * Its clock runs as fast as the simulation's but begins where the plan says, so
 * that clocks of hosts, and with them the numbers that hang on clocks, may stand
 * anywhere. */

#include "host.h"

#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static uint64_t host_world_now(void *arg)
{
	return host_now(arg);
}

/* 2020-01-01, and on. */
static uint64_t host_world_wall(void *arg)
{
	const struct host *host = arg;

	return UINT64_C(1577836800000000) + *host->time_us;
}

static void host_world_random(void *arg, void *buf, size_t len)
{
	struct host *host = arg;

	rng_fill(&host->rng, buf, len);
}

static void *host_world_alloc(void *arg, size_t size)
{
	struct host *host = arg;

	return memory_alloc(&host->memory, size);
}

static void *host_world_realloc(void *arg, void *ptr, size_t size)
{
	struct host *host = arg;

	return memory_realloc(&host->memory, ptr, size);
}

static void host_world_free(void *arg, void *ptr)
{
	struct host *host = arg;

	memory_free(&host->memory, ptr);
}

static int host_link_output(void *ctx, const struct evtcp_packet *packet)
{
	struct host *host = ctx;
	int error = host->transmit(host->arg, host, packet);

	if (!error)
		return 0;
	errno = error;
	return -1;
}

/* The link's context is the host, which outlives it. */
static void host_link_free(void *ctx)
{
	struct host *host = ctx;

	host->link = NULL;
}

uint64_t host_now(const struct host *host)
{
	return host->clock_origin_us + (host->stopped ? host->stopped_at_us : *host->time_us);
}

void host_stop_clock(struct host *host)
{
	host->stopped = true;
	host->stopped_at_us = *host->time_us;
}

void host_start_clock(struct host *host)
{
	host->clock_origin_us -= *host->time_us - host->stopped_at_us;
	host->stopped = false;
}

socklen_t host_address(
	const struct host *host, unsigned index, uint16_t port, struct sockaddr_storage *sa)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	uint32_t address = UINT32_C(0x0a000001) + index;

	if (host->ipv6) {
		packet_address(address, in6.sin6_addr.s6_addr);
		memcpy(sa, &in6, sizeof(in6));
		return sizeof(in6);
	}
	in.sin_addr.s_addr = htonl(address);
	memcpy(sa, &in, sizeof(in));
	return sizeof(in);
}

/* In front of a link that takes packets as they are on a wire, one that takes more: each segment
 * gets there by itself all the same. */
static int host_offload_output(void *ctx, const struct evtcp_packet *packet)
{
	struct host *host = ctx;

	host->bursts += packet->segment_len != 0;
	return evtcp_link_output(host->wire, packet);
}

static void host_offload_free(void *ctx)
{
	struct host *host = ctx;

	evtcp_link_free(host->wire);
	host->wire = NULL;
}

/* With offload the link cuts up what the stack sends as one. Without it the first host's link
 * completes checksums alone, so that its stack sends each segment by itself, and the second one's
 * takes nothing, so that its stack does the cutting. */
static struct evtcp_link *host_new_link(struct host *host, const struct host_plan *plan)
{
	static const struct evtcp_link_ops ops = {
		.output = host_link_output, .free = host_link_free};
	static const struct evtcp_link_ops offload_ops = {
		.output = host_offload_output, .free = host_offload_free};
	struct evtcp_offload offload = {
		.checksum = true, .segments_len = plan->offload ? 65535 : 0};
	struct evtcp_link *wire = evtcp_link_new(&ops, host, plan->mtu), *link;

	if (!wire || (!plan->offload && host->index == 1))
		return wire;
	link = evtcp_link_new(&offload_ops, host, plan->mtu);
	if (!link) {
		evtcp_link_free(wire);
		return NULL;
	}
	host->wire = wire;
	evtcp_link_set_offload(link, &offload);
	return link;
}

static int host_connect_link(struct host *host, const struct host_plan *plan)
{
	struct sockaddr_storage address;
	socklen_t len;

	host->link = host_new_link(host, plan);
	if (!host->link)
		return -1;
	if (evtcp_stack_attach(host->stack, host->link) < 0) {
		evtcp_link_free(host->link);
		return -1;
	}
	len = host_address(host, host->index, 0, &address);
	return evtcp_stack_add_address(
		host->stack, (struct sockaddr *)&address, len, host->ipv6 ? 64 : 24);
}

int host_init(struct host *host, const struct host_plan *plan, uint64_t seed, unsigned index,
	struct shortage *shortage)
{
	struct evtcp_stack_config config = plan->config;

	host->index = index;
	host->ipv6 = plan->ipv6;
	host->clock_origin_us = plan->clock_origin_us;
	host->stopped = false;
	host->memory = (struct memory){.shortage = shortage};
	rng_init(&host->rng, seed, 0x686f7374 + index);
	host->world = (struct evtcp_world){.now_us = host_world_now,
		.wall_us = host_world_wall,
		.random = host_world_random,
		.alloc = host_world_alloc,
		.realloc = host_world_realloc,
		.free = host_world_free,
		.arg = host};
	config.world = &host->world;
	host->stack = evtcp_stack_new(NULL, &config);
	if (!host->stack)
		return -1;
	if (host_connect_link(host, plan) < 0) {
		int error = errno;

		host_free(host);
		errno = error;
		return -1;
	}
	return 0;
}

void host_free(struct host *host)
{
	evtcp_stack_free(host->stack);
	host->stack = NULL;
}

uint64_t host_deadline(const struct host *host)
{
	uint64_t at = evtcp_stack_next_deadline(host->stack);
	uint64_t now = host_now(host);

	if (at == UINT64_MAX)
		return at;
	return *host->time_us + (at > now ? at - now : 0);
}

struct evtcp_reason host_deliver(struct host *host, uint8_t *bytes, size_t len)
{
	struct iovec iov = {.iov_base = bytes, .iov_len = len};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = len};

	evtcp_link_input(host->link, &packet);
	return packet.reason;
}

void host_end_batch(struct host *host)
{
	evtcp_link_batch_end(host->link);
}
