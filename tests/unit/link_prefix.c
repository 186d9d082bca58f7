/* SPDX-License-Identifier: BSD-3-Clause */

/* Prefixes: overlap, families, text. */

#include "link/prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* A prefix from text as a person writes it; host bits may be set. */
static struct prefix read_prefix(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	struct prefix prefix;
	uint8_t bytes[16];

	assert_non_null(slash);
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	assert_int_equal(inet_pton(family, address, bytes), 1);
	assert_int_equal(prefix_from_bytes(&prefix, family, bytes, (unsigned)atoi(slash + 1)), 0);
	return prefix;
}

static void two_prefixes_overlap_exactly_if_one_contains_the_other(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{"10.0.0.2/24", "10.0.0.0/24", true}, {"10.0.0.2/24", "10.0.1.0/24", false},
		{"10.0.0.2/24", "10.0.0.128/25", true}, {"10.0.0.2/25", "10.0.0.128/25", false},
		{"10.0.0.2/24", "10.0.0.0/8", true}, {"10.0.0.2/32", "10.0.0.2/32", true},
		{"10.0.0.2/32", "10.0.0.3/32", false}, {"10.0.0.2/31", "10.0.0.3/31", true},
		{"10.0.0.2/24", "0.0.0.0/1", true}, {"10.0.0.2/24", "128.0.0.0/1", false},
		{"192.168.0.0/23", "192.168.1.7/32", true},
		{"192.168.0.0/23", "192.168.2.0/32", false},
		{"fd00:e7::2/64", "fd00:e7::/48", true}, {"fd00:e7::2/64", "fd00:e8::/48", false},
		{"10.0.0.2/24", "fd00:e7::2/64", false},
		{"0.0.0.0/0", "::/1", true}, /* mapped addresses are in ::/1 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix a = read_prefix(cases[i].a), b = read_prefix(cases[i].b);

		assert_int_equal(prefix_overlaps(&a, &b), cases[i].overlap);
		assert_int_equal(prefix_overlaps(&b, &a), cases[i].overlap);
	}
}

static void overlap_agrees_with_a_bit_by_bit_comparison_at_every_length(void **state)
{
	struct prefix a = read_prefix("10.170.85.3/32"), b = a;

	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		b = a;
		b.addr.bytes[12 + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		for (unsigned len = 0; len <= 32; len++) {
			a.len = b.len = 96 + len;
			assert_int_equal(prefix_overlaps(&a, &b), len <= bit);
		}
	}
}

static void a_prefix_is_written_as_it_was_read(void **state)
{
	static const char *const texts[] = {"10.0.0.2/24", "0.0.0.0/0", "fd00:e7::2/64", "::/0"};
	char text[PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct prefix prefix = read_prefix(texts[i]);

		assert_string_equal(prefix_format(&prefix, text, sizeof(text)), texts[i]);
	}
	struct prefix host = read_prefix("10.0.0.2/24");

	host = prefix_host(&host);
	assert_string_equal(prefix_format(&host, text, sizeof(text)), "10.0.0.2");
}

static void a_length_beyond_the_family_is_refused(void **state)
{
	struct sockaddr_storage ss = {.ss_family = AF_INET};
	struct prefix prefix;

	(void)state;
	assert_int_equal(prefix_from_sockaddr(&prefix, &ss, 32), 0);
	assert_int_equal(prefix_from_sockaddr(&prefix, &ss, 33), -1);
	assert_int_equal(errno, EINVAL);
	ss.ss_family = AF_INET6;
	assert_int_equal(prefix_from_sockaddr(&prefix, &ss, 128), 0);
	assert_int_equal(prefix_from_sockaddr(&prefix, &ss, 129), -1);
	ss.ss_family = AF_UNIX;
	assert_int_equal(prefix_from_sockaddr(&prefix, &ss, 0), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
}

static void link_local_prefixes_are_known(void **state)
{
	static const struct {
		const char *text;
		bool link_local;
	} cases[] = {{"fe80::1/64", true}, {"febf::1/64", true}, {"fec0::1/64", false},
		{"169.254.3.4/16", true}, {"169.253.3.4/16", false}, {"10.0.0.1/8", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix prefix = read_prefix(cases[i].text);

		assert_int_equal(prefix_is_link_local(&prefix), cases[i].link_local);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_prefixes_overlap_exactly_if_one_contains_the_other),
		cmocka_unit_test(overlap_agrees_with_a_bit_by_bit_comparison_at_every_length),
		cmocka_unit_test(a_prefix_is_written_as_it_was_read),
		cmocka_unit_test(a_length_beyond_the_family_is_refused),
		cmocka_unit_test(link_local_prefixes_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
