/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMP errors about segments: of both families, cut at every octet, and what is none. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ladder/icmp_error.h"

/* The first len octets, in a heap block of that size. */
static bool parse(struct icmp_error *error, const uint8_t *octets, size_t len)
{
	uint8_t *bytes = malloc(len ? len : 1);
	bool result;

	memcpy(bytes, octets, len);
	result = icmp_error_parse(error, bytes, len);
	free(bytes);
	return result;
}

/* From 10.0.0.9 to 10.0.0.2, about a segment from there to 10.0.0.1. */
static const uint8_t ipv4_error[56] = {0x45, [3] = 56, [9] = 1, [12] = 10, 0, 0, 9, 10, 0, 0,
	2, [20] = 3, [21] = 4, [26] = 5, [27] = 0xdc, [28] = 0x45, [30] = 5, [31] = 0xdc, [37] = 6,
	[40] = 10, 0, 0, 2, 10, 0, 0, 1, 0, 80, 0x9c, 0x40, 1, 2, 3, 4};

/* From fd00::9 to fd00::2, about a segment from there to fd00::1. */
static const uint8_t ipv6_error[96] = {0x60, [5] = 56, [6] = 58, [8] = 0xfd, [23] = 9, [24] = 0xfd,
	[39] = 2, [40] = 2, [46] = 5, [47] = 0, [48] = 0x60, [52] = 5, [53] = 0xb4, [54] = 6,
	[56] = 0xfd, [71] = 2, [72] = 0xfd, [87] = 1, [88] = 0, 80, 0x9c, 0x40, 1, 2, 3, 4};

static void a_router_says_what_is_too_big_for_it(void **state)
{
	struct icmp_error error;

	(void)state;
	assert_true(parse(&error, ipv4_error, sizeof(ipv4_error)));
	assert_string_equal(icmp_error_name(&error), "fragmentation needed");
	assert_int_equal(error.mtu, 1500);
	assert_int_equal(error.from.bytes[15], 9);
	assert_int_equal(error.src.port, 80);
	assert_int_equal(error.dst.port, 40000);
	assert_int_equal(error.dst.addr.bytes[15], 1);
	assert_int_equal(error.seq, 0x01020304);
	assert_true(parse(&error, ipv6_error, sizeof(ipv6_error)));
	assert_string_equal(icmp_error_name(&error), "packet too big");
	assert_int_equal(error.mtu, 1280);
	assert_int_equal(error.from.bytes[15], 9);
	assert_int_equal(error.seq, 0x01020304);
}

static void what_is_cut_before_the_number_is_none(void **state)
{
	struct icmp_error error;

	(void)state;
	for (size_t len = 0; len < sizeof(ipv4_error); len++)
		assert_false(parse(&error, ipv4_error, len));
	for (size_t len = 0; len < sizeof(ipv6_error); len++)
		assert_false(parse(&error, ipv6_error, len));
}

/* Octet i of an IPv4 error becomes value; what that is called, or NULL. */
static const char *name_with(size_t i, uint8_t value)
{
	uint8_t octets[sizeof(ipv4_error)];
	struct icmp_error error;

	memcpy(octets, ipv4_error, sizeof(octets));
	octets[i] = value;
	if (!parse(&error, octets, sizeof(octets)))
		return NULL;
	if (i == 20 || i == 21)
		assert_int_equal(error.mtu, octets[20] == 3 && octets[21] == 4 ? 1500 : 0);
	return icmp_error_name(&error);
}

static void kinds_have_names_and_what_is_no_error_has_none(void **state)
{
	(void)state;
	assert_string_equal(name_with(21, 1), "host unreachable");
	assert_string_equal(name_with(21, 3), "port unreachable");
	assert_string_equal(name_with(21, 13), "prohibited");
	assert_string_equal(name_with(21, 200), "unreachable");
	assert_string_equal(name_with(20, 11), "time exceeded");
	assert_string_equal(name_with(20, 12), "parameter problem");
	assert_null(name_with(20, 0));  /* echo reply */
	assert_null(name_with(20, 8));  /* echo request */
	assert_null(name_with(9, 17));  /* no ICMP */
	assert_null(name_with(37, 17)); /* about no TCP */
	assert_null(name_with(35, 1));  /* about a later fragment */
	assert_null(name_with(7, 1));   /* a later fragment itself */
}

static void every_kind_of_icmpv6_has_a_name(void **state)
{
	uint8_t octets[sizeof(ipv6_error)];
	struct icmp_error error;

	(void)state;
	memcpy(octets, ipv6_error, sizeof(octets));
	for (unsigned i = 0; i < 256 * 256; i++) {
		octets[40] = (uint8_t)(i >> 8);
		octets[41] = (uint8_t)i;
		assert_int_equal(parse(&error, octets, sizeof(octets)), i >> 8 < 128);
		if (i >> 8 < 128)
			assert_true(strlen(icmp_error_name(&error)) > 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_router_says_what_is_too_big_for_it),
		cmocka_unit_test(what_is_cut_before_the_number_is_none),
		cmocka_unit_test(kinds_have_names_and_what_is_no_error_has_none),
		cmocka_unit_test(every_kind_of_icmpv6_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
