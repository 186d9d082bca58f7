/* SPDX-License-Identifier: BSD-3-Clause */

/* The keyed hash is SipHash-2-4 of its authors' published vectors, and of a tuple it
 * depends on everything that a tuple has. */

#include "util/keyed_hash.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static const struct keyed_hash counting_key = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

/* Aumasson and Bernstein, "SipHash: a fast short-input PRF", appendix A (15 bytes),
 * and the first of the vectors of their reference code. */
static void the_published_vectors_hold(void **state)
{
	uint8_t input[15];

	(void)state;
	for (uint8_t i = 0; i < sizeof(input); i++)
		input[i] = i;
	assert_true(keyed_hash(&counting_key, input, 15) == UINT64_C(0xa129ca6149be45e5));
	assert_true(keyed_hash(&counting_key, input, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(keyed_hash(&counting_key, input, 1) == UINT64_C(0x74f839c593dc67fd));
}

/* The layout of a tuple is part of a replay: 16 + 2 bytes each, then the salt, lowest
 * byte first. */
static void a_tuple_is_hashed_byte_by_byte(void **state)
{
	struct evtcp_tuple tuple;
	uint8_t bytes[44];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	memcpy(tuple.local.addr.bytes, bytes, 16);
	tuple.local.port = 0x1011;
	memcpy(tuple.remote.addr.bytes, bytes + 18, 16);
	tuple.remote.port = 0x2223;
	assert_true(keyed_hash_tuple(&counting_key, &tuple, UINT64_C(0x2b2a292827262524)) ==
		    keyed_hash(&counting_key, bytes, sizeof(bytes)));
}

static void every_bit_of_a_tuple_and_of_the_salt_counts(void **state)
{
	struct evtcp_tuple tuple = {.local.port = 80, .remote.port = 40000};
	uint64_t base = keyed_hash_tuple(&counting_key, &tuple, 0);

	(void)state;
	for (int bit = 0; bit < 64; bit++)
		assert_true(keyed_hash_tuple(&counting_key, &tuple, UINT64_C(1) << bit) != base);
	for (int bit = 0; bit < 128; bit++) {
		struct evtcp_tuple other = tuple;

		other.local.addr.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(keyed_hash_tuple(&counting_key, &other, 0) != base);
		other = tuple;
		other.remote.addr.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(keyed_hash_tuple(&counting_key, &other, 0) != base);
	}
	for (int bit = 0; bit < 16; bit++) {
		struct evtcp_tuple other = tuple;

		other.local.port ^= (uint16_t)(1 << bit);
		assert_true(keyed_hash_tuple(&counting_key, &other, 0) != base);
		other = tuple;
		other.remote.port ^= (uint16_t)(1 << bit);
		assert_true(keyed_hash_tuple(&counting_key, &other, 0) != base);
	}
}

static struct evtcp_tuple ipv4_tuple(void)
{
	struct evtcp_tuple tuple = {.local = {{{[10] = 0xff, 0xff, 1, 2, 3, 4}}, 0x0506},
		.remote = {{{[10] = 0xff, 0xff, 7, 8, 9, 10}}, 0x0b0c}};

	return tuple;
}

static void a_flow_of_ipv4_is_twelve_octets(void **state)
{
	static const uint8_t octets[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	struct evtcp_tuple tuple = ipv4_tuple();

	(void)state;
	assert_true(keyed_hash_flow(&counting_key, &tuple) ==
		    keyed_hash(&counting_key, octets, sizeof(octets)));
}

static void flip(uint8_t *octets, int bit)
{
	octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void every_bit_of_a_flow_counts_also_those_that_make_it_ipv6(void **state)
{
	struct evtcp_tuple tuple = ipv4_tuple();
	uint64_t base = keyed_hash_flow(&counting_key, &tuple);

	(void)state;
	for (int bit = 0; bit < 128; bit++) {
		struct evtcp_tuple other = tuple;

		flip(other.local.addr.bytes, bit);
		assert_true(keyed_hash_flow(&counting_key, &other) != base);
		other = tuple;
		flip(other.remote.addr.bytes, bit);
		assert_true(keyed_hash_flow(&counting_key, &other) != base);
		flip(other.local.addr.bytes, 0); /* IPv6 on both ends */
		assert_true(keyed_hash_flow(&counting_key, &other) != base);
	}
	for (int bit = 0; bit < 16; bit++) {
		struct evtcp_tuple other = tuple;

		other.local.port ^= (uint16_t)(1 << bit);
		assert_true(keyed_hash_flow(&counting_key, &other) != base);
		other = tuple;
		other.remote.port ^= (uint16_t)(1 << bit);
		assert_true(keyed_hash_flow(&counting_key, &other) != base);
	}
}

static void the_key_comes_from_the_world(void **state)
{
	struct test_world world;
	struct keyed_hash a, b;

	(void)state;
	test_world_init(&world);
	keyed_hash_init(&a, &world.world);
	keyed_hash_init(&b, &world.world);
	assert_memory_not_equal(a.key, b.key, sizeof(a.key));
	world.seed = 1;
	keyed_hash_init(&b, &world.world);
	assert_memory_equal(a.key, b.key, sizeof(a.key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_hold),
		cmocka_unit_test(a_tuple_is_hashed_byte_by_byte),
		cmocka_unit_test(every_bit_of_a_tuple_and_of_the_salt_counts),
		cmocka_unit_test(a_flow_of_ipv4_is_twelve_octets),
		cmocka_unit_test(every_bit_of_a_flow_counts_also_those_that_make_it_ipv6),
		cmocka_unit_test(the_key_comes_from_the_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
