/* SPDX-License-Identifier: BSD-3-Clause */

/* The curve of CUBIC (RFC 9438 4.2 rule 1), by its arithmetic alone. */

#include "tcp/cubic.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

enum { MSS = 1000, ROOT_MAX = 2642245 };

static uint64_t cube(uint64_t x)
{
	return x * x * x;
}

/* Every root there is, at both edges of its range. */
static void roots_are_exact_over_the_whole_range(void **state)
{
	uint64_t wrong = 0;

	(void)state;
	for (uint64_t r = 1; r <= ROOT_MAX; r++)
		wrong += cubic_root(cube(r)) != r || cubic_root(cube(r) - 1) != r - 1;
	assert_int_equal(wrong, 0);
	assert_int_equal(cubic_root(0), 0);
	assert_int_equal(cubic_root(UINT64_MAX), ROOT_MAX);
}

/* K = cubic root of (W_max - cwnd_epoch) / C: 3 segments below it is that of 7.5. */
static void k_is_the_root_of_what_was_lost_over_c(void **state)
{
	(void)state;
	assert_int_equal(cubic_k_ms(0, MSS), 0);
	assert_int_equal(cubic_k_ms(3 * MSS, MSS), 1957);   /* 1.9574 s */
	assert_int_equal(cubic_k_ms(300 * MSS, MSS), 9085); /* 9.0856 s */
	assert_int_equal(cubic_k_ms(3000 * 1460, 1460), 19574);
	assert_int_equal(cubic_k_ms(UINT32_C(1) << 30, 536), 171090); /* the largest there is */
}

/* The value of RFC 9438 figure 1, in bytes. */
static double curve(const struct cubic *cubic, double t_ms, double mss)
{
	double t = (t_ms - cubic->k_ms) / 1000;

	return cubic->w_max + 0.4 * t * t * t * mss;
}

static void the_window_is_that_of_the_formula_to_the_byte(void **state)
{
	const uint32_t sizes[] = {64, 536, 1448, 8960, 65495};
	unsigned wrong = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t mss = sizes[i];
		struct cubic cubic = {.w_max = 1000 * mss, .k_ms = cubic_k_ms(300 * mss, mss)};
		for (uint32_t t_ms = 0; t_ms < 20000; t_ms++) {
			double off = cubic_window(&cubic, t_ms, mss) - curve(&cubic, t_ms, mss);
			wrong += off < -1 || off > 1;
		}
	}
	assert_int_equal(wrong, 0);
}

static void the_curve_begins_at_the_epoch_and_is_flat_at_k(void **state)
{
	struct cubic cubic = {.w_max = 1000 * MSS, .k_ms = cubic_k_ms(300 * MSS, MSS)};

	(void)state;
	assert_in_range(cubic_window(&cubic, 0, MSS), 700 * MSS, 700 * MSS + 200);
	assert_int_equal(cubic_window(&cubic, cubic.k_ms, MSS), 1000 * MSS);
}

static void the_curve_ends_at_nothing_and_at_everything(void **state)
{
	struct cubic low = {.w_max = 2 * MSS};
	struct cubic high = {.w_max = UINT32_C(1) << 30};

	(void)state;
	low.k_ms = 171090;
	assert_int_equal(cubic_window(&low, 0, MSS), 0);
	low.k_ms = 0;
	assert_int_equal(cubic_window(&high, UINT32_MAX, MSS), UINT32_MAX);
	assert_int_equal(cubic_window(&high, UINT32_MAX, 65535), UINT32_MAX);
	assert_int_equal(cubic_window(&low, UINT32_MAX, 1), 2 * MSS + 7205676); /* as at 262 s */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_exact_over_the_whole_range),
		cmocka_unit_test(k_is_the_root_of_what_was_lost_over_c),
		cmocka_unit_test(the_window_is_that_of_the_formula_to_the_byte),
		cmocka_unit_test(the_curve_begins_at_the_epoch_and_is_flat_at_k),
		cmocka_unit_test(the_curve_ends_at_nothing_and_at_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
