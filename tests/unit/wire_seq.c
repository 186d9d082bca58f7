/* SPDX-License-Identifier: BSD-3-Clause */

/* Sequence arithmetic (RFC 9293 3.4 rule 1, ATTACKS.md T01): at the wrap, at half the
 * circle, and for differences all around it. With EVTCP_EXHAUSTIVE set in the
 * environment, for all 2^32 differences (about a minute). */

#include "wire/seq.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define HALF UINT32_C(0x80000000)

/* The six initial sequence numbers of T01, with an MSS of 1460. */
static const uint32_t bases[] = {0, 1, HALF - 1, HALF, UINT32_MAX, UINT32_MAX - 1459};
enum { N_BASES = sizeof(bases) / sizeof(bases[0]) };

static void check_pair(uint32_t a, uint32_t b)
{
	uint32_t forward = b - a;
	bool before = forward != 0 && forward < HALF;

	if (seq_lt(a, b) != before || seq_gt(b, a) != before)
		fail_msg("%#x < %#x", a, b);
	if (seq_leq(a, b) != (before || forward == 0) || seq_geq(b, a) != seq_leq(a, b))
		fail_msg("%#x <= %#x", a, b);
	if (seq_lt(a, b) + seq_lt(b, a) > 1)
		fail_msg("%#x and %#x are before each other", a, b);
	if ((int64_t)seq_diff(a, b) !=
		(forward < HALF ? (int64_t)forward : (int64_t)forward - INT64_C(4294967296)))
		fail_msg("difference of %#x and %#x", a, b);
	if (forward != HALF &&
		(seq_max(a, b) != (before ? b : a) || seq_min(a, b) != (before ? a : b)))
		fail_msg("greater and smaller of %#x and %#x", a, b);
}

static void comparison_holds_near_every_boundary_from_every_base(void **state)
{
	static const uint32_t centres[] = {0, HALF, UINT32_C(0x40000000), UINT32_C(0xc0000000)};
	unsigned cases = 0;

	(void)state;
	for (unsigned base = 0; base < N_BASES; base++) {
		for (unsigned c = 0; c < 4; c++) {
			for (uint32_t d = 0; d < 8192; d++, cases++)
				check_pair(bases[base], bases[base] + centres[c] + d - 4096);
		}
		for (unsigned bit = 0; bit < 32; bit++, cases += 3) {
			check_pair(bases[base], bases[base] + (UINT32_C(1) << bit));
			check_pair(bases[base], bases[base] + (UINT32_C(1) << bit) - 1);
			check_pair(bases[base], bases[base] - (UINT32_C(1) << bit) - 1);
		}
	}
	print_message("T01: %u pairs\n", cases);
}

static void comparison_holds_all_around_the_circle(void **state)
{
	uint32_t step = getenv("EVTCP_EXHAUSTIVE") ? 1 : 4099; /* a prime */
	uint64_t cases = 0;

	(void)state;
	for (uint64_t d = 0; d <= UINT32_MAX; d += step, cases++)
		check_pair(0, (uint32_t)d);
	print_message("T01: %llu differences\n", (unsigned long long)cases);
}

static void at_half_the_circle_neither_is_before_the_other(void **state)
{
	(void)state;
	for (unsigned base = 0; base < N_BASES; base++) {
		assert_false(seq_lt(bases[base], bases[base] + HALF));
		assert_false(seq_gt(bases[base], bases[base] + HALF));
		assert_false(seq_leq(bases[base], bases[base] + HALF));
		assert_false(seq_geq(bases[base], bases[base] + HALF));
		assert_int_equal(seq_diff(bases[base], bases[base] + HALF), INT32_MIN);
	}
}

static void a_range_is_half_open_wherever_it_lies(void **state)
{
	(void)state;
	for (unsigned base = 0; base < N_BASES; base++) {
		uint32_t first = bases[base];

		assert_false(seq_between(first - 1, first, first + 1000));
		assert_true(seq_between(first, first, first + 1000));
		assert_true(seq_between(first + 999, first, first + 1000));
		assert_false(seq_between(first + 1000, first, first + 1000));
		assert_false(seq_between(first, first, first)); /* empty */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparison_holds_near_every_boundary_from_every_base),
		cmocka_unit_test(comparison_holds_all_around_the_circle),
		cmocka_unit_test(at_half_the_circle_neither_is_before_the_other),
		cmocka_unit_test(a_range_is_half_open_wherever_it_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
