/* SPDX-License-Identifier: BSD-3-Clause */

/* What routers say of paths: believed when it lowers and not below the floor (ATTACKS T08),
 * remembered for ten minutes, for so many destinations. */

#include "ip/path_mtu.h"

#include "test_ipv6.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { LINK = 1500, FLOOR = 552 };

struct fixture {
	struct test_world world;
	struct path_mtu paths;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_world_init(&f->world);
	path_mtu_init(&f->paths, &f->world.world, 4, FLOOR);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	path_mtu_free(&f->paths);
	assert_int_equal(f->world.blocks, 0);
	free(f);
	return 0;
}

static struct evtcp_addr host(uint32_t last)
{
	struct evtcp_addr addr;

	address_from_ipv4(&addr, UINT32_C(0x0a000000) + last);
	return addr;
}

static enum evtcp_cause tell(struct fixture *f, uint32_t last, uint32_t mtu, uint64_t now)
{
	struct evtcp_addr dst = host(last);

	return path_mtu_told(&f->paths, &dst, mtu, LINK, now);
}

static uint16_t mtu_of(const struct fixture *f, uint32_t last)
{
	struct evtcp_addr dst = host(last);

	return path_mtu_of(&f->paths, &dst, LINK);
}

/* ATTACKS T08, RFC 1191 3 rules 1, 4 to 6, 6.2, RFC 8201 5.2, RFC 5927 7.2 rule 1. */
static void t08_a_path_becomes_smaller_and_not_too_small(void **state)
{
	static const struct {
		uint32_t told;
		enum evtcp_cause cause;
		uint16_t after;
	} rows[] = {
		{1500, EVTCP_CAUSE_PATH_MTU_REFUSED, 1500},
		{65535, EVTCP_CAUSE_PATH_MTU_REFUSED, 1500},
		{68, EVTCP_CAUSE_PATH_MTU_REFUSED, 1500},
		{551, EVTCP_CAUSE_PATH_MTU_REFUSED, 1500},
		{1400, EVTCP_CAUSE_PATH_MTU, 1400},
		{1400, EVTCP_CAUSE_PATH_MTU_REFUSED, 1400},
		{1499, EVTCP_CAUSE_PATH_MTU_REFUSED, 1400},
		{0, EVTCP_CAUSE_PATH_MTU, 1280}, /* RFC 1191 7: the next usual size */
		{1280, EVTCP_CAUSE_PATH_MTU_REFUSED, 1280},
		{0, EVTCP_CAUSE_PATH_MTU, 1006},
		{552, EVTCP_CAUSE_PATH_MTU, 552},
		{0, EVTCP_CAUSE_PATH_MTU_REFUSED, 552},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(tell(*state, 1, rows[i].told, 1), rows[i].cause);
		assert_int_equal(mtu_of(*state, 1), rows[i].after);
		assert_int_equal(mtu_of(*state, 2), LINK);
	}
}

/* RFC 8201 4 rules 2, 3: less than 1,280 is ignored, and so is 0, for every router knows its MTU.
 */
static void t08_no_path_of_ipv6_is_below_1280(void **state)
{
	struct fixture *f = *state;
	struct evtcp_addr dst = TEST_ADDRESS6(1);

	assert_int_equal(path_mtu_told(&f->paths, &dst, 0, LINK, 1), EVTCP_CAUSE_PATH_MTU_REFUSED);
	assert_int_equal(
		path_mtu_told(&f->paths, &dst, 1279, LINK, 1), EVTCP_CAUSE_PATH_MTU_REFUSED);
	assert_int_equal(path_mtu_told(&f->paths, &dst, 1280, LINK, 1), EVTCP_CAUSE_PATH_MTU);
	assert_int_equal(path_mtu_of(&f->paths, &dst, LINK), 1280);
}

/* RFC 1191 3 rule 3, 6.3; RFC 8201 4 rule 5, 5.3. */
static void t08_what_was_said_ages(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(path_mtu_next_deadline(&f->paths), UINT64_MAX);
	tell(f, 1, 1400, 10);
	tell(f, 2, 1400, 20);
	tell(f, 1, 1300, 30); /* lives on */
	assert_int_equal(path_mtu_next_deadline(&f->paths), 20 + PATH_MTU_LIFETIME_US);
	assert_int_equal(path_mtu_age(&f->paths, 19 + PATH_MTU_LIFETIME_US), 0);
	assert_int_equal(path_mtu_age(&f->paths, 20 + PATH_MTU_LIFETIME_US), 1);
	assert_int_equal(mtu_of(f, 1), 1300);
	assert_int_equal(mtu_of(f, 2), LINK);
	assert_int_equal(path_mtu_age(&f->paths, 30 + PATH_MTU_LIFETIME_US), 1);
	assert_int_equal(mtu_of(f, 1), LINK);
}

static void the_first_to_age_gives_way(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i <= 4; i++)
		tell(f, i, 1400, i);
	tell(f, 1, 1300, 5);
	assert_int_equal(tell(f, 5, 1400, 6), EVTCP_CAUSE_PATH_MTU);
	assert_int_equal(f->paths.entries.len, 4);
	assert_int_equal(mtu_of(f, 2), LINK);
	assert_int_equal(mtu_of(f, 1), 1300);
	assert_int_equal(mtu_of(f, 5), 1400);
}

static void without_memory_nothing_is_learnt(void **state)
{
	struct fixture *f = *state;

	f->world.out_of_memory = true;
	assert_int_equal(tell(f, 1, 1400, 1), EVTCP_CAUSE_NO_MEMORY);
	f->world.out_of_memory = false;
	assert_int_equal(mtu_of(f, 1), LINK);
	assert_int_equal(tell(f, 1, 1400, 1), EVTCP_CAUSE_PATH_MTU);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(t08_a_path_becomes_smaller_and_not_too_small),
		TEST(t08_no_path_of_ipv6_is_below_1280),
		TEST(t08_what_was_said_ages),
		TEST(the_first_to_age_gives_way),
		TEST(without_memory_nothing_is_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
