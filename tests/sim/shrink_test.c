/* SPDX-License-Identifier: BSD-3-Clause */

/* Failing scenarios made small: with judges that know what the answer is, and with a real
 * run that is told to fail. */

#include "shrink.h"

#include "text.h"
#include "trial.h"

#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

/* A judge, and how often it was asked. */
struct bench {
	bool (*fails)(const struct scenario *scenario);
	unsigned asked;
};

static void bench_judge(void *arg, const struct scenario *scenario, struct verdict *verdict)
{
	struct bench *bench = arg;

	bench->asked++;
	assert_null(scenario_unsound(scenario));
	if (bench->fails(scenario))
		verdict_fail(verdict, "the fault %s", "of this test");
	else if (scenario->ways[0].way.loss_ppm == 0)
		verdict_fail(verdict, "another fault");
}

/* Shrinks seed; the text of the smallest, which the caller frees. */
static char *shrink_seed(uint64_t seed, bool (*fails)(const struct scenario *), unsigned tries_max,
	struct shrink_result *result)
{
	struct bench bench = {.fails = fails};
	struct shrink_options options = {
		.judge = bench_judge, .arg = &bench, .tries_max = tries_max};
	struct verdict verdict = {.failed = false};
	static struct scenario scenario;
	size_t len;
	char *lines;
	FILE *to;

	scenario_draw(&scenario, seed, N_PROFILES);
	verdict_fail(&verdict, "the fault %s", "at first");
	shrink_scenario(&scenario, &verdict, &options, result);
	assert_int_equal(result->tries, bench.asked);
	to = open_memstream(&lines, &len);
	text_write(&scenario, to);
	fclose(to);
	return lines;
}

static bool fails_always(const struct scenario *s)
{
	(void)s;
	return true;
}

static void what_fails_always_is_plain_at_once(void **state)
{
	struct shrink_result result;
	char *lines = shrink_seed(7, fails_always, 100, &result);

	(void)state;
	assert_string_equal(lines, "seed = 7\n");
	assert_string_equal(result.verdict.text, "the fault of this test");
	assert_true(result.lines == 1 && result.lines_before > 20 && result.tries < 5);
	free(lines);
}

/* Three things that have nothing to do with each other, and an amount. */
static bool fails_of_three_causes(const struct scenario *s)
{
	bool aborts = false, large = false;

	for (unsigned i = 0; i < s->n_dialogues; i++) {
		const struct app_plan *end = &s->dialogues[i].ends[1];

		aborts = aborts || end->ending == APP_ABORTS;
		large = large || end->total >= 1000;
	}
	return aborts && large && s->ways[0].way.loss_ppm >= 500 &&
	       !s->hosts[1].config.tcp_options.sack;
}

/* The first seed that is drawn so, with one connection. */
static uint64_t seed_that(bool (*fails)(const struct scenario *))
{
	static struct scenario scenario;
	uint64_t seed = 0;

	do
		scenario_draw(&scenario, ++seed, N_PROFILES);
	while (scenario.n_dialogues > 1 || !fails(&scenario));
	return seed;
}

static unsigned number_in(const char *lines, const char *name)
{
	const char *at = strstr(lines, name);

	assert_non_null(at);
	return (unsigned)strtoul(at + strlen(name), NULL, 10);
}

static void only_what_the_failure_needs_is_left(void **state)
{
	struct shrink_result result;
	char *lines =
		shrink_seed(seed_that(fails_of_three_causes), fails_of_three_causes, 1000, &result);
	unsigned loss = number_in(lines, "way.0.loss_ppm = ");

	(void)state;
	assert_true(result.tries < 1000);
	assert_true(loss >= 500 && loss <= 535);
	assert_non_null(strstr(lines, "host.1.sack = 0\n"));
	assert_non_null(strstr(lines, ".end.1.ending = aborts\n"));
	assert_in_range(number_in(lines, ".end.1.total = "), 1000, 1070);
	/* seed, loss, sack, ending, total; a second connection takes four: how many, and its name
	 */
	assert_true(result.lines <= 9);
	free(lines);
}

static void the_same_is_found_each_time_and_tries_have_an_end(void **state)
{
	uint64_t seed = seed_that(fails_of_three_causes);
	struct shrink_result first, second;
	char *a = shrink_seed(seed, fails_of_three_causes, 1000, &first);
	char *b = shrink_seed(seed, fails_of_three_causes, 1000, &second);

	(void)state;
	assert_string_equal(a, b);
	assert_int_equal(first.tries, second.tries);
	free(b);
	b = shrink_seed(seed, fails_of_three_causes, 30, &second);
	assert_int_equal(second.tries, 30);
	assert_true(second.lines > first.lines && second.lines < second.lines_before);
	free(a);
	free(b);
}

/* ---- real runs ------------------------------------------------------------------- */

static void judge_by_playing(void *arg, const struct scenario *scenario, struct verdict *verdict)
{
	trial_run(scenario, arg, verdict);
}

/* The first seed that is guilty of what is forbidden. */
static void find_guilty(
	struct scenario *scenario, const struct trial_options *trial, struct verdict *verdict)
{
	uint64_t seed = 0;

	do {
		scenario_draw(scenario, ++seed, N_PROFILES);
		trial_run(scenario, trial, verdict);
	} while (!verdict->failed);
}

static void a_run_that_fails_is_made_small_and_fails_again_from_its_text(void **state)
{
	struct trial_options trial = {.run = {.forbidden = EVTCP_CAUSE_PAWS}};
	struct shrink_options options = {
		.judge = judge_by_playing, .arg = &trial, .tries_max = 400};
	static struct scenario scenario, read;
	struct shrink_result result;
	struct verdict verdict;
	char error[TEXT_ERROR];
	FILE *file = tmpfile();

	(void)state;
	find_guilty(&scenario, &trial, &verdict);
	shrink_scenario(&scenario, &verdict, &options, &result);
	assert_true(result.verdict.failed && result.lines <= 15);
	text_write(&scenario, file);
	rewind(file);
	assert_true(text_read(&read, file, error));
	fclose(file);
	trial_run(&read, &trial, &verdict);
	assert_string_equal(verdict.text, result.verdict.text);
	trial.run.forbidden = EVTCP_CAUSE_NONE;
	trial_run(&read, &trial, &verdict);
	assert_false(verdict.failed);
}

/* The link emulator asserts that it was given something that a specification can say. */
static void a_death_is_a_verdict_whose_kind_has_no_numbers(void **state)
{
	struct trial_options trial = {.twice = false};
	static struct scenario scenario;
	struct verdict verdict;

	(void)state;
	scenario_plain(&scenario);
	scenario.ways[0].way.delay.jitter_us = scenario.ways[0].way.delay.us + 1;
	trial_run(&scenario, &trial, &verdict);
	assert_true(verdict.failed);
	assert_false(trial_hangs(&verdict));
	assert_non_null(strstr(verdict.text, "its process died (signal 6): "));
	assert_non_null(strstr(verdict.text, "it can be said"));
	assert_non_null(strstr(verdict.kind, "it can be said"));
	assert_int_equal(strcspn(verdict.kind, "0123456789"), strlen(verdict.kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fails_always_is_plain_at_once),
		cmocka_unit_test(only_what_the_failure_needs_is_left),
		cmocka_unit_test(the_same_is_found_each_time_and_tries_have_an_end),
		cmocka_unit_test(a_run_that_fails_is_made_small_and_fails_again_from_its_text),
		cmocka_unit_test(a_death_is_a_verdict_whose_kind_has_no_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
