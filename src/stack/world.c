/* SPDX-License-Identifier: BSD-3-Clause */

/* The world of a program that faces a real network: the kernel's clocks,
 * libsodium's random bytes, the C library's malloc.
 *
 * In: nothing. Out: one constant struct evtcp_world.
 *
 * It is the only file of the library that reads a clock. Simulators, replayers
 * and tests bring a world of their own and never come here. */

#include <evtcp/types.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t world_read_clock(clockid_t clock)
{
	struct timespec now;

	/* Cannot fail: both clocks exist and the pointer is good. */
	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* CLOCK_MONOTONIC counts from the boot, so it is never 0 here. */
static uint64_t world_now_us(void *arg)
{
	(void)arg;
	return world_read_clock(CLOCK_MONOTONIC);
}

static uint64_t world_wall_us(void *arg)
{
	(void)arg;
	return world_read_clock(CLOCK_REALTIME);
}

static void world_random(void *arg, void *buf, size_t len)
{
	(void)arg;
	randombytes_buf(buf, len);
}

static void *world_alloc(void *arg, size_t size)
{
	(void)arg;
	return malloc(size);
}

static void *world_realloc(void *arg, void *ptr, size_t size)
{
	(void)arg;
	return realloc(ptr, size);
}

static void world_free(void *arg, void *ptr)
{
	(void)arg;
	free(ptr);
}

const struct evtcp_world *evtcp_world_system(void)
{
	static const struct evtcp_world system_world = {
		.now_us = world_now_us,
		.wall_us = world_wall_us,
		.random = world_random,
		.alloc = world_alloc,
		.realloc = world_realloc,
		.free = world_free,
	};

	/* A TCP without secrets is an open door (RFC 6528, RFC 5961), so there is
	 * no going on without randomness. Later calls of sodium_init return 1. */
	if (sodium_init() < 0) {
		fputs("evtcp: the system has no random bytes (libsodium cannot start)\n", stderr);
		exit(EXIT_FAILURE);
	}
	return &system_world;
}
