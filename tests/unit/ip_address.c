/* SPDX-License-Identifier: BSD-3-Clause */

/* Which addresses can be ours, who can be a peer, from where a peer is spoken to,
 * and the header that then goes out. */

#include "ip/ip.h"

#include "test_ipv4.h"
#include "wire/address.h"

#include <errno.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

struct fixture {
	struct test_world world;
	struct ip ip;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_world_init(&f->world);
	ip_init(&f->ip, &f->world.world, 64, 1000);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static struct evtcp_addr v4(uint32_t ipv4)
{
	struct evtcp_addr addr;

	address_from_ipv4(&addr, ipv4);
	return addr;
}

static int add(struct ip *ip, uint32_t ipv4, unsigned prefix_len)
{
	struct evtcp_addr addr = v4(ipv4);

	return ip_add_address(ip, &addr, prefix_len);
}

static bool can_be_peer(const struct ip *ip, uint32_t ipv4)
{
	struct evtcp_addr addr = v4(ipv4);

	return ip_can_be_peer(ip, &addr);
}

static void only_addresses_of_hosts_can_be_ours(void **state)
{
	struct fixture *f = *state;
	struct evtcp_addr ipv6 = {{0xfd, [15] = 2}}, any = {{0}}, loopback = {{[15] = 1}};
	struct evtcp_addr multicast = {{0xff, 2, [15] = 1}};

	assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, 0, 2), 24), 0);
	assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, 0, 2), 24), EEXIST);
	assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, 0, 255), 24), EINVAL);
	assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, 0, 0), 24), EINVAL);
	assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, 0, 3), 33), EINVAL);
	assert_int_equal(add(&f->ip, 0, 24), EINVAL);
	assert_int_equal(add(&f->ip, TEST_ADDRESS(127, 0, 0, 2), 8), EINVAL);
	assert_int_equal(add(&f->ip, TEST_ADDRESS(224, 0, 0, 1), 8), EINVAL);
	assert_int_equal(add(&f->ip, UINT32_MAX, 32), EINVAL);
	assert_int_equal(f->ip.n_addresses, 1);
	assert_int_equal(ip_add_address(&f->ip, &ipv6, 129), EINVAL);
	assert_int_equal(ip_add_address(&f->ip, &ipv6, 64), 0);
	assert_int_equal(ip_add_address(&f->ip, &ipv6, 64), EEXIST);
	assert_int_equal(ip_add_address(&f->ip, &any, 64), EINVAL);
	assert_int_equal(ip_add_address(&f->ip, &loopback, 128), EINVAL);
	assert_int_equal(ip_add_address(&f->ip, &multicast, 64), EINVAL);
	assert_int_equal(f->ip.n_addresses, 2);
	assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, 1, 255), 31), 0); /* RFC 3021 */
	assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, 2, 255), 32), 0);
}

static void there_is_room_for_sixteen_addresses(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 1; i <= IP_MAX_ADDRESSES; i++) {
		struct evtcp_addr addr = v4(TEST_ADDRESS(10, 0, i, 2));

		assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, i, 2), 24), 0);
		assert_int_equal(ip_find_address(&f->ip, &addr), (int)i - 1);
	}
	assert_int_equal(add(&f->ip, TEST_ADDRESS(10, 0, 99, 2), 24), ENOSPC);
}

/* RFC 9293 3.9.1.1, MUST-46: who cannot be a peer cannot be connected to. */
static void a_peer_is_a_host_that_is_not_us(void **state)
{
	struct fixture *f = *state;

	add(&f->ip, TEST_ADDRESS(10, 0, 0, 2), 24);
	add(&f->ip, TEST_ADDRESS(192, 168, 0, 1), 30);
	assert_true(can_be_peer(&f->ip, TEST_ADDRESS(10, 0, 0, 1)));
	assert_true(can_be_peer(&f->ip, TEST_ADDRESS(8, 8, 8, 8)));
	assert_true(can_be_peer(&f->ip, TEST_ADDRESS(192, 168, 0, 255)));
	assert_false(can_be_peer(&f->ip, TEST_ADDRESS(10, 0, 0, 2)));
	assert_false(can_be_peer(&f->ip, TEST_ADDRESS(192, 168, 0, 1)));
	assert_false(can_be_peer(&f->ip, TEST_ADDRESS(10, 0, 0, 255)));
	assert_false(can_be_peer(&f->ip, TEST_ADDRESS(10, 0, 0, 0)));
	assert_false(can_be_peer(&f->ip, TEST_ADDRESS(192, 168, 0, 3)));
	assert_false(can_be_peer(&f->ip, TEST_ADDRESS(127, 0, 0, 1)));
	assert_false(can_be_peer(&f->ip, TEST_ADDRESS(224, 0, 0, 1)));
	assert_false(can_be_peer(&f->ip, TEST_ADDRESS(0, 0, 0, 0)));
	assert_false(can_be_peer(&f->ip, UINT32_MAX));
}

static void what_stands_behind_the_last_address_does_not_count(void **state)
{
	struct fixture *f = *state;
	struct evtcp_addr stale = v4(TEST_ADDRESS(8, 8, 8, 8));

	add(&f->ip, TEST_ADDRESS(10, 0, 0, 2), 24);
	f->ip.addresses[1] = (struct ip_address){.addr = stale, .prefix_len = 24};
	assert_int_equal(ip_find_address(&f->ip, &stale), -1);
	assert_true(can_be_peer(&f->ip, TEST_ADDRESS(8, 8, 8, 8)));
	assert_true(can_be_peer(&f->ip, TEST_ADDRESS(8, 8, 8, 255)));
	assert_ptr_equal(ip_source_for(&f->ip, &stale), &f->ip.addresses[0].addr);
}

/* RFC 1122 3.2.1.3 rule 3. */
static void the_source_is_the_address_with_the_longest_prefix_around_the_peer(void **state)
{
	struct fixture *f = *state;
	struct evtcp_addr near = v4(TEST_ADDRESS(10, 1, 2, 9)), mid = v4(TEST_ADDRESS(10, 1, 9, 9));
	struct evtcp_addr far = v4(TEST_ADDRESS(8, 8, 8, 8)), ipv6 = {{0xfd, [15] = 2}};

	assert_null(ip_source_for(&f->ip, &near));
	add(&f->ip, TEST_ADDRESS(192, 168, 0, 1), 24);
	add(&f->ip, TEST_ADDRESS(10, 1, 0, 1), 16);
	add(&f->ip, TEST_ADDRESS(10, 1, 2, 1), 24);
	add(&f->ip, TEST_ADDRESS(10, 1, 0, 2), 16);
	assert_ptr_equal(ip_source_for(&f->ip, &near), &f->ip.addresses[2].addr);
	assert_ptr_equal(ip_source_for(&f->ip, &mid), &f->ip.addresses[1].addr);
	assert_ptr_equal(ip_source_for(&f->ip, &far), &f->ip.addresses[0].addr);
	assert_null(ip_source_for(&f->ip, &ipv6));
	ip_add_address(&f->ip, &(struct evtcp_addr){{0xfe, [15] = 1}}, 8);
	ip_add_address(&f->ip, &(struct evtcp_addr){{0xfd, [15] = 1}}, 64);
	assert_ptr_equal(ip_source_for(&f->ip, &ipv6), &f->ip.addresses[5].addr);
	assert_ptr_equal(ip_source_for(&f->ip, &far), &f->ip.addresses[0].addr);
}

/* ---- output ------------------------------------------------------------- */

static void a_header_goes_out_complete_and_says_nothing_of_other_packets(void **state)
{
	struct fixture *f = *state;
	struct ip_datagram d = {.src = v4(TEST_ADDRESS(10, 0, 0, 2)),
		.dst = v4(TEST_ADDRESS(10, 0, 0, 1)),
		.protocol = 6,
		.dscp = 0x2e,
		.ecn = 2,
		.payload_len = 1000};
	struct evtcp_addr ipv6 = {{0xfd, [15] = 2}};
	uint8_t out[IP_HEADER_MAX];

	assert_int_equal(ip_header_len(&d.dst), 20);
	assert_int_equal(ip_header_len(&ipv6), 40);
	assert_int_equal(ip_output_header(&f->ip, &d, out), 20);
	/* DF set and ID 0: RFC 6864 4.1, ATTACKS T06 */
	assert_memory_equal(out, "\x45\xba\x03\xfc\x00\x00\x40\x00\x40\x06", 10);
	assert_memory_equal(out + 12, "\x0a\x00\x00\x02\x0a\x00\x00\x01", 8);
	assert_int_equal(test_checksum(out, 20), 0);
	d.ttl = 3;
	d.payload_len = 65515;
	ip_output_header(&f->ip, &d, out);
	assert_int_equal(out[8], 3);
	assert_memory_equal(out + 2, "\xff\xff", 2);
	assert_int_equal(test_checksum(out, 20), 0);
}

/* RFC 8200 3, 8.4: TCP is next, whatever came; RFC 6437 3 allows a flow label of 0. */
static void an_ipv6_header_goes_out_complete(void **state)
{
	struct fixture *f = *state;
	struct ip_datagram d = {.src = {{0xfd, [15] = 2}},
		.dst = {{0xfd, [15] = 1}},
		.protocol = 6,
		.dscp = 0x2e,
		.ecn = 2,
		.payload_len = 1000};
	uint8_t out[IP_HEADER_MAX];

	assert_int_equal(ip_output_header(&f->ip, &d, out), 40);
	assert_memory_equal(out, "\x6b\xa0\x00\x00\x03\xe8\x06\x40", 8);
	assert_memory_equal(out + 8, d.src.bytes, 16);
	assert_memory_equal(out + 24, d.dst.bytes, 16);
	d.ttl = 3;
	d.payload_len = 65495;
	ip_output_header(&f->ip, &d, out);
	assert_int_equal(out[7], 3);
	assert_memory_equal(out + 4, "\xff\xd7", 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_addresses_of_hosts_can_be_ours),
		TEST(there_is_room_for_sixteen_addresses),
		TEST(a_peer_is_a_host_that_is_not_us),
		TEST(what_stands_behind_the_last_address_does_not_count),
		TEST(the_source_is_the_address_with_the_longest_prefix_around_the_peer),
		TEST(a_header_goes_out_complete_and_says_nothing_of_other_packets),
		TEST(an_ipv6_header_goes_out_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
