/* SPDX-License-Identifier: BSD-3-Clause */

/* The checks before a TUN is set up, against a kernel that is made up: which names,
 * addresses and routes are refused, and with which message. */

#include "link/tun_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* The device has this index; "lo" is the only other name that surely exists. */
#define OWN_INDEX 77
#define LO_INDEX 1

static struct tun_failure failure;
static char message[EVTCP_TUN_TEXT];

static struct evtcp_tun_address address_of(const char *text, unsigned prefix_len)
{
	struct evtcp_tun_address address = {.prefix_len = prefix_len};
	struct sockaddr_in *in = (struct sockaddr_in *)&address.address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.address;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	return address;
}

static struct prefix prefix_of(const char *text, unsigned len)
{
	struct evtcp_tun_address address = address_of(text, len);
	struct prefix prefix;

	assert_int_equal(prefix_from_sockaddr(&prefix, &address.address, len), 0);
	return prefix;
}

/* tun0, 10.0.0.2/24 for the stack and 10.0.0.1/24 for the kernel. */
static struct evtcp_tun_config usual_config(void)
{
	struct evtcp_tun_config config = {.name = "tun0", .mtu = 1500, .n_host = 1, .n_own = 1};

	config.host[0] = address_of("10.0.0.1", 24);
	config.own[0] = address_of("10.0.0.2", 24);
	return config;
}

static struct tun_check check_of(const struct evtcp_tun_config *config)
{
	struct tun_check check;

	failure = (struct tun_failure){.text = message, .size = sizeof(message)};
	message[0] = '\0';
	tun_check_config(&check, config, &failure);
	check.index = OWN_INDEX;
	return check;
}

static void a_name_the_kernel_would_refuse_is_refused_first(void **state)
{
	static const struct {
		const char *name;
		enum evtcp_tun_error error;
	} cases[] = {{"tun0", EVTCP_TUN_OK}, {"t", EVTCP_TUN_OK}, {"fifteen-letters", EVTCP_TUN_OK},
		{"a.b", EVTCP_TUN_OK}, {"", EVTCP_TUN_BAD_NAME}, {".", EVTCP_TUN_BAD_NAME},
		{"..", EVTCP_TUN_BAD_NAME}, {"sixteen-letters-", EVTCP_TUN_BAD_NAME},
		{"a/b", EVTCP_TUN_BAD_NAME}, {"a:b", EVTCP_TUN_BAD_NAME},
		{"a b", EVTCP_TUN_BAD_NAME}, {"tun%d", EVTCP_TUN_BAD_NAME},
		{"t\n", EVTCP_TUN_BAD_NAME}, {"t\xff", EVTCP_TUN_BAD_NAME}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evtcp_tun_config config = usual_config();

		config.name = cases[i].name;
		check_of(&config);
		assert_int_equal(failure.error, cases[i].error);
	}
}

static void values_out_of_range_are_refused(void **state)
{
	struct evtcp_tun_config config = usual_config();

	(void)state;
	config.mtu = 67;
	check_of(&config);
	assert_int_equal(failure.error, EVTCP_TUN_SYSTEM);
	assert_int_equal(failure.saved_errno, EINVAL);
	config.mtu = 65536;
	check_of(&config);
	assert_int_equal(failure.error, EVTCP_TUN_SYSTEM);
	config = usual_config();
	config.own[0].prefix_len = 33;
	check_of(&config);
	assert_int_equal(failure.error, EVTCP_TUN_SYSTEM);
	config = usual_config();
	config.n_host = EVTCP_TUN_ADDRESSES + 1;
	check_of(&config);
	assert_int_equal(failure.error, EVTCP_TUN_SYSTEM);
}

static void one_address_for_both_sides_is_refused(void **state)
{
	struct evtcp_tun_config config = usual_config();

	(void)state;
	config.host[0] = address_of("10.0.0.2", 30);
	check_of(&config);
	assert_int_equal(failure.error, EVTCP_TUN_ADDRESS_TAKEN);
	assert_non_null(strstr(message, "10.0.0.2 "));
}

static void an_interface_that_is_no_free_tun_is_refused(void **state)
{
	static const struct {
		struct rtnetlink_link link;
		enum evtcp_tun_error error;
	} cases[] = {
		{{.index = 5, .is_tun = true}, EVTCP_TUN_OK},
		{{.index = 5, .is_tun = false}, EVTCP_TUN_NOT_TUN},
		{{.index = 5, .is_tun = true, .multi_queue = true}, EVTCP_TUN_OK},
		{{.index = 5, .is_tun = true, .multi_queue = true, .queues = 1}, EVTCP_TUN_BUSY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evtcp_tun_config config = usual_config();
		struct tun_check check = check_of(&config);

		tun_check_link(&check, &cases[i].link);
		assert_int_equal(failure.error, cases[i].error);
	}
}

static void addresses_of_the_kernel_are_held_against_both_sides(void **state)
{
	static const struct {
		const char *text;
		unsigned len;
		int index;
		enum evtcp_tun_error error;
	} cases[] = {
		{"10.0.0.1", 24, OWN_INDEX, EVTCP_TUN_OK}, /* there already */
		{"10.0.0.9", 24, OWN_INDEX, EVTCP_TUN_OK},
		{"10.0.0.2", 24, OWN_INDEX, EVTCP_TUN_ADDRESS_TAKEN},
		{"10.0.0.2", 32, LO_INDEX, EVTCP_TUN_ADDRESS_TAKEN},
		{"10.0.0.1", 32, LO_INDEX, EVTCP_TUN_PREFIX_OVERLAP},
		{"10.0.0.200", 32, LO_INDEX, EVTCP_TUN_PREFIX_OVERLAP},
		{"10.0.1.1", 16, LO_INDEX, EVTCP_TUN_PREFIX_OVERLAP},
		{"10.0.1.1", 24, LO_INDEX, EVTCP_TUN_OK},
		{"fe80::1", 64, LO_INDEX, EVTCP_TUN_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evtcp_tun_config config = usual_config();
		struct tun_check check = check_of(&config);
		struct rtnetlink_address address = {.index = cases[i].index};

		address.address = address.network = prefix_of(cases[i].text, cases[i].len);
		tun_check_address(&address, &check);
		assert_int_equal(failure.error, cases[i].error);
	}
}

static void routes_of_other_interfaces_must_not_overlap(void **state)
{
	static const struct {
		const char *text;
		unsigned len;
		int index;
		enum evtcp_tun_error error;
	} cases[] = {
		{"10.0.0.0", 24, OWN_INDEX, EVTCP_TUN_OK},
		{"10.0.0.0", 24, LO_INDEX, EVTCP_TUN_PREFIX_OVERLAP},
		{"10.0.0.0", 24, 0, EVTCP_TUN_PREFIX_OVERLAP}, /* blackhole, several hops */
		{"10.0.0.0", 8, LO_INDEX, EVTCP_TUN_PREFIX_OVERLAP},
		{"10.0.0.128", 25, LO_INDEX, EVTCP_TUN_PREFIX_OVERLAP},
		{"10.0.1.0", 24, LO_INDEX, EVTCP_TUN_OK},
		{"fd00::", 8, LO_INDEX, EVTCP_TUN_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evtcp_tun_config config = usual_config();
		struct tun_check check = check_of(&config);
		struct rtnetlink_route route = {.index = cases[i].index};

		route.destination = prefix_of(cases[i].text, cases[i].len);
		tun_check_route(&route, &check);
		assert_int_equal(failure.error, cases[i].error);
	}
}

static void a_loopback_address_is_the_kernels(void **state)
{
	struct rtnetlink_route local = {LO_INDEX, prefix_of("127.0.0.0", 8)};
	struct evtcp_tun_config config = usual_config();
	struct tun_check check;

	(void)state;
	config.own[0] = address_of("127.3.4.5", 32);
	check = check_of(&config);
	tun_check_local(&local, &check);
	assert_int_equal(failure.error, EVTCP_TUN_ADDRESS_TAKEN);
	assert_string_equal(message, "127.3.4.5 belongs to the kernel already (on lo), which would "
				     "answer in the stack's "
				     "place: choose another address for the stack, or remove this "
				     "one from the kernel");
}

static void only_the_first_conflict_is_told(void **state)
{
	struct rtnetlink_route first = {LO_INDEX, prefix_of("10.0.0.0", 8)};
	struct rtnetlink_route second = {0, prefix_of("10.0.0.0", 24)};
	struct evtcp_tun_config config = usual_config();
	struct tun_check check = check_of(&config);

	(void)state;
	tun_check_route(&first, &check);
	tun_check_route(&second, &check);
	assert_string_equal(message,
		"10.0.0.2/24 overlaps 10.0.0.0/8 (routed to lo), which would become "
		"unreachable: choose another prefix, or run this in a network namespace of its "
		"own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_the_kernel_would_refuse_is_refused_first),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(one_address_for_both_sides_is_refused),
		cmocka_unit_test(an_interface_that_is_no_free_tun_is_refused),
		cmocka_unit_test(addresses_of_the_kernel_are_held_against_both_sides),
		cmocka_unit_test(routes_of_other_interfaces_must_not_overlap),
		cmocka_unit_test(a_loopback_address_is_the_kernels),
		cmocka_unit_test(only_the_first_conflict_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
