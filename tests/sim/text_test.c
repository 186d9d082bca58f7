/* SPDX-License-Identifier: BSD-3-Clause */

/* Scenarios as text: what is written is read again, all of it. */

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

static bool read_text(struct scenario *scenario, const char *lines, char error[TEXT_ERROR])
{
	FILE *from = fmemopen((void *)(uintptr_t)lines, strlen(lines), "r");
	bool good = text_read(scenario, from, error);

	fclose(from);
	return good;
}

static char *write_text(const struct scenario *scenario)
{
	size_t len;
	char *lines;
	FILE *to = open_memstream(&lines, &len);

	text_write(scenario, to);
	fclose(to);
	return lines;
}

static uint64_t digest_of(const struct scenario *scenario)
{
	const struct trial_options options = {.twice = false};
	struct run_result result;

	trial_play(scenario, &options, &result);
	assert_false(result.verdict.failed);
	return result.digest;
}

static void what_was_written_plays_the_same(void **state)
{
	static struct scenario drawn, read;
	char error[TEXT_ERROR];

	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		char *lines, *again;

		scenario_draw(&drawn, seed, N_PROFILES);
		lines = write_text(&drawn);
		assert_true(read_text(&read, lines, error));
		again = write_text(&read);
		assert_string_equal(lines, again);
		assert_true(digest_of(&drawn) == digest_of(&read));
		free(lines);
		free(again);
	}
}

static void the_plain_scenario_is_an_empty_text(void **state)
{
	static struct scenario plain;
	char *lines;

	(void)state;
	scenario_plain(&plain);
	assert_null(scenario_unsound(&plain));
	lines = write_text(&plain);
	assert_string_equal(lines, "");
	free(lines);
	digest_of(&plain);
}

static void numbers_words_and_remarks_are_read(void **state)
{
	static struct scenario s;
	char error[TEXT_ERROR];

	(void)state;
	assert_true(read_text(&s,
		"# a remark\n\n  connections=2 # two of them\n"
		"connection.1.after = 0\nconnection.1.end.0.ending = aborts\n"
		"heals_at_us = never\nhost.1.cc = newreno\nhost.0.ecn = request\n"
		"host.0.timestamps = 0\nway.0.outage.2.until_us = 7\n",
		error));
	assert_int_equal(s.n_dialogues, 2);
	assert_int_equal(s.dialogues[1].after, 0);
	assert_int_equal(s.dialogues[1].ends[0].ending, APP_ABORTS);
	assert_true(s.heals_at_us == UINT64_MAX);
	assert_string_equal(s.hosts[1].config.cc, "newreno");
	assert_int_equal(s.hosts[0].config.tcp_options.ecn, EVTCP_ECN_REQUEST);
	assert_int_equal(s.hosts[0].config.tcp_options.timestamps, 0);
	assert_int_equal(s.hosts[1].config.tcp_options.timestamps, 1);
	assert_int_equal(s.ways[0].outages[2].until_us, 7);
}

/* What has failed stands in the remark of what is left by a failure, however much that is. */
static void a_long_remark_is_one_line(void **state)
{
	static struct scenario s;
	char error[TEXT_ERROR], lines[1000];

	(void)state;
	memset(lines, 'x', sizeof(lines));
	lines[0] = '#';
	strcpy(lines + sizeof(lines) - 20, "\nconnections = 3\n");
	assert_true(read_text(&s, lines, error));
	assert_int_equal(s.n_dialogues, 3);
}

static void assert_wrong(const char *lines, const char *what)
{
	static struct scenario s;
	char error[TEXT_ERROR];

	assert_false(read_text(&s, lines, error));
	assert_string_equal(error, what);
}

static void what_cannot_be_played_is_told_with_its_line(void **state)
{
	(void)state;
	assert_wrong("seed = 7\nseed 8\n", "line 2: expected \"name = value\"");
	assert_wrong("sead = 7\n", "line 1: no field \"sead\" (of 1 connections)");
	assert_wrong("connection.1.after = 0\n",
		"line 1: no field \"connection.1.after\" (of 1 connections)");
	assert_wrong("seed = 7x\n", "line 1: \"7x\" is no value of seed");
	assert_wrong(
		"host.0.mtu = 4294967296\n", "line 1: \"4294967296\" is no value of host.0.mtu");
	assert_wrong("host.0.cc = vegas\n", "line 1: \"vegas\" is no value of host.0.cc");
	assert_wrong("connections = 25\n", "line 1: 1 to 24 connections");
	assert_wrong("host.0.ipv6 = 1\n", "the hosts have no family in common");
	assert_wrong(
		"way.0.delay.jitter_us = 9999\n", "a way is none that the link emulator knows");
	assert_wrong("perfect = 1\nway.1.loss_ppm = 1\n", "a perfect link is none");
	/* 2^31 ms, alone: then the other's timestamps seem old. */
	assert_wrong("heals_at_us = 9000000000000\npause.0.until_us = 2147483648000\n"
		     "pause.0.hosts = 1\npause.0.asleep = 1\n",
		"a host sleeps through half of all timestamps");
	assert_wrong("connection.0.end.0.ending = closes-last\n"
		     "connection.0.end.1.ending = closes-last\n",
		"each end waits for the other to close");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_plays_the_same),
		cmocka_unit_test(the_plain_scenario_is_an_empty_text),
		cmocka_unit_test(numbers_words_and_remarks_are_read),
		cmocka_unit_test(a_long_remark_is_one_line),
		cmocka_unit_test(what_cannot_be_played_is_told_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
