/* SPDX-License-Identifier: BSD-3-Clause */

/* The log: which lines are written at which level, how many of a reason in a
 * second, and that nothing from outside can forge one. */

#include "evtcpd/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A log into a pipe, and what came out of it. */
struct paper {
	struct log log;
	struct output output;
	int fds[2];
	char text[60000];
};

static void roll_in(struct paper *paper, int verbosity)
{
	assert_int_equal(pipe2(paper->fds, O_NONBLOCK), 0);
	output_init(&paper->output, paper->fds[1], LOG_MARK);
	log_init(&paper->log, &paper->output, verbosity);
}

static const char *tear_off(struct paper *paper)
{
	ssize_t n = read(paper->fds[0], paper->text, sizeof(paper->text) - 1);

	paper->text[n > 0 ? n : 0] = '\0';
	return paper->text;
}

static void throw_away(struct paper *paper)
{
	output_end(&paper->output);
	close(paper->fds[0]);
	close(paper->fds[1]);
}

static unsigned count_lines(const char *text, const char *with)
{
	unsigned n = 0;

	for (const char *p = strstr(text, with); p; p = strstr(p + 1, with))
		n++;
	return n;
}

static struct evtcp_event dropped(enum evtcp_cause cause, uint64_t at_us)
{
	struct evtcp_event event = {.at_us = at_us, .kind = EVTCP_EVENT_DROPPED};

	event.reason.cause = cause;
	return event;
}

static void levels_follow_verbosity(void **state)
{
	static const struct {
		int verbosity;
		const char *expected;
	} rows[] = {{-2, "e"}, {-9, "e"}, {-1, "ew"}, {0, "ewn"}, {1, "ewni"}, {2, "ewnid"},
		{9, "ewnid"}};
	struct paper paper;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char seen[8] = "";
		size_t n = 0;

		roll_in(&paper, rows[i].verbosity);
		for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
			log_write(&paper.log, (enum log_level)level, "%c", "ewnid"[level]);
		for (const char *p = strstr(tear_off(&paper), ": "); p; p = strstr(p + 1, ": "))
			seen[n++] = p[2];
		assert_string_equal(seen, rows[i].expected);
		throw_away(&paper);
	}
}

static void control_characters_are_escaped(void **state)
{
	struct paper paper;

	(void)state;
	roll_in(&paper, 0);
	log_write(&paper.log, LOG_ERROR, "%s", "a\nb\033[2J\177");
	assert_string_equal(tear_off(&paper), "evtcpd: a\\x0ab\\x1b[2J\\x7f\n");
	throw_away(&paper);
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
	struct paper paper;
	char lines[2001];

	(void)state;
	memset(lines, '\n', 2000);
	lines[2000] = '\0';
	roll_in(&paper, 0);
	log_write(&paper.log, LOG_ERROR, "%s", lines);
	tear_off(&paper);
	assert_in_range(strlen(paper.text), 900, 1016);
	assert_ptr_equal(strchr(paper.text, '\n'), paper.text + strlen(paper.text) - 1);
	throw_away(&paper);
}

/* ATTACKS E11 */
static void a_flood_is_ten_lines_a_second_and_a_count(void **state)
{
	struct evtcp_event event = dropped(EVTCP_CAUSE_TCP_CHECKSUM, 5000000);
	struct paper paper;

	(void)state;
	roll_in(&paper, 1);
	for (int i = 0; i < 1000; i++, event.at_us += 999)
		log_event(&paper.log, &event);
	assert_int_equal(count_lines(tear_off(&paper), "evtcpd: "), 10);
	assert_int_equal(paper.log.n_suppressed, 1);
	event.at_us = 6000000;
	log_event(&paper.log, &event);
	assert_int_equal(count_lines(tear_off(&paper), "evtcpd: "), 2);
	assert_non_null(strstr(paper.text, "suppressed 990 more lines: TCP checksum wrong"));
	assert_int_equal(paper.log.n_suppressed, 0);
	throw_away(&paper);
}

static void a_flood_of_one_reason_hides_no_other(void **state)
{
	struct evtcp_event event = dropped(EVTCP_CAUSE_TCP_CHECKSUM, 5000000);
	struct paper paper;

	(void)state;
	roll_in(&paper, 1);
	for (int i = 0; i < 50; i++)
		log_event(&paper.log, &event);
	event = dropped(EVTCP_CAUSE_PAWS, 5000000);
	log_event(&paper.log, &event);
	assert_int_equal(count_lines(tear_off(&paper), "PAWS"), 1);
	throw_away(&paper);
}

static void the_count_comes_by_itself_when_the_flood_stops(void **state)
{
	struct evtcp_event event = dropped(EVTCP_CAUSE_IP_TRUNCATED, 5900000);
	struct paper paper;

	(void)state;
	roll_in(&paper, 1);
	for (int i = 0; i < 12; i++)
		log_event(&paper.log, &event);
	tear_off(&paper);
	log_tick(&paper.log, 5999999);
	assert_string_equal(tear_off(&paper), "");
	log_tick(&paper.log, 6000000);
	assert_non_null(strstr(tear_off(&paper), "suppressed 2 more lines"));
	log_tick(&paper.log, 7000000);
	assert_string_equal(tear_off(&paper), "");
	throw_away(&paper);
}

static void what_has_no_cause_is_told_by_its_kind(void **state)
{
	struct evtcp_event event = {.kind = EVTCP_EVENT_METRICS, .at_us = 5000000};
	struct paper paper;

	(void)state;
	roll_in(&paper, 2);
	for (int i = 0; i < 12; i++)
		log_event(&paper.log, &event);
	log_tick(&paper.log, 6000000);
	assert_non_null(strstr(tear_off(&paper), "suppressed 2 more lines: metrics\n"));
	throw_away(&paper);
}

static void drops_are_not_logged_unless_asked_for(void **state)
{
	struct evtcp_event event = dropped(EVTCP_CAUSE_TCP_CHECKSUM, 5000000);
	struct paper paper;

	(void)state;
	roll_in(&paper, 0);
	log_event(&paper.log, &event);
	assert_string_equal(tear_off(&paper), "");
	throw_away(&paper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_follow_verbosity),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(a_long_line_is_cut_and_still_ends),
		cmocka_unit_test(a_flood_is_ten_lines_a_second_and_a_count),
		cmocka_unit_test(a_flood_of_one_reason_hides_no_other),
		cmocka_unit_test(the_count_comes_by_itself_when_the_flood_stops),
		cmocka_unit_test(what_has_no_cause_is_told_by_its_kind),
		cmocka_unit_test(drops_are_not_logged_unless_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
