/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IMPAIR_BENCH_H
#define IMPAIR_BENCH_H

/* One direction of the link emulator under test, in virtual time: numbered packets go in,
 * and come out when they come. Include after <cmocka.h>. */

#include "link/impair/way.h"
#include "test_world.h"

enum { MS = 1000, SECOND = 1000000, BEGIN = 1000000, MANY = 200000 };

/* A way, and the number of the packet that enters next. */
struct bench {
	struct test_world world;
	struct way way;
	uint32_t number;
	struct way_outcome outcome; /* of the packet sent last */
};

/* What came out. */
struct arrival {
	uint32_t number;
	uint64_t at_us;
	size_t len;
};

static inline void bench_open_with_seed(struct bench *bench, const char *text, uint64_t seed)
{
	struct evtcp_impair_spec spec;
	struct evtcp_impair_error error;

	*bench = (struct bench){0};
	if (evtcp_impair_parse(text, &spec, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	test_world_init(&bench->world);
	way_init(&bench->way, &spec.ways[0], &bench->world.world, seed, 0);
}

static inline void bench_open(struct bench *bench, const char *text)
{
	bench_open_with_seed(bench, text, 1);
}

static inline void bench_close(struct bench *bench)
{
	way_free(&bench->way);
	assert_int_equal(bench->world.blocks, 0);
	assert_int_equal(bench->way.memory, 0);
	assert_int_equal(bench->way.waiting_packets, 0);
	assert_int_equal(bench->way.waiting_bytes, 0);
}

static inline void put_checksum(uint8_t *header)
{
	uint16_t checksum = test_checksum(header, 20);

	header[10] = (uint8_t)(checksum >> 8);
	header[11] = (uint8_t)checksum;
}

/* Sends a packet of len bytes (24 to 9,216) in two pieces: an IPv4 header whose sender speaks
 * ECN if ecn is not 0, then its number. Returns why it was dropped, if it was. */
static inline enum evtcp_cause bench_send_ecn(
	struct bench *bench, size_t len, uint64_t now, uint8_t ecn)
{
	uint8_t bytes[9216] = {0x45, ecn};
	struct iovec iov[2] = {{bytes, 7}, {bytes + 7, len - 7}};
	struct evtcp_packet packet = {.iov = iov, .iovcnt = 2, .len = len};

	memcpy(bytes + 20, &bench->number, sizeof(bench->number));
	bytes[2] = (uint8_t)(len >> 8);
	bytes[3] = (uint8_t)len;
	put_checksum(bytes);
	bench->number++;
	way_send(&bench->way, &packet, now, &bench->outcome);
	return bench->outcome.dropped;
}

static inline enum evtcp_cause bench_send(struct bench *bench, size_t len, uint64_t now)
{
	return bench_send_ecn(bench, len, now, 0);
}

/* The next packet, which must have come. */
static inline struct arrival bench_pop(struct bench *bench)
{
	uint64_t at_us = way_next(&bench->way);
	struct way_packet *packet;
	struct arrival arrival = {.at_us = at_us};

	assert_true(at_us != UINT64_MAX);
	assert_null(at_us > 0 ? way_pop(&bench->way, at_us - 1) : NULL);
	packet = way_pop(&bench->way, at_us);
	assert_non_null(packet);
	arrival.len = packet->len;
	if (packet->len >= 24)
		memcpy(&arrival.number, packet->bytes + 20, sizeof(arrival.number));
	way_release(&bench->way, packet);
	return arrival;
}

static inline uint64_t count(const struct bench *bench, enum evtcp_cause cause)
{
	return bench->way.counters[cause];
}

static inline void assert_near(uint64_t got, uint64_t wanted, uint64_t percent)
{
	if (got * 100 < wanted * (100 - percent) || got * 100 > wanted * (100 + percent))
		fail_msg("%llu is not within %llu %% of %llu", (unsigned long long)got,
			(unsigned long long)percent, (unsigned long long)wanted);
}

#endif
