/* SPDX-License-Identifier: BSD-3-Clause */

/* The command line of evtcp-ladder, and the syntax that our programs share. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ladder/options.h"

static struct options options;
static struct program_failure failure;

#define PARSE(...) \
	options_parse(&options, (char *[]){(char *)(uintptr_t) "evtcp-ladder", __VA_ARGS__, NULL}, \
		&failure)

/* A string of the source as an argument. */
static char *arg(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void a_file_is_all_that_it_needs(void **state)
{
	(void)state;
	assert_int_equal(PARSE(arg("x.pcap")), 0);
	assert_int_equal(options.action, OPTIONS_DRAW);
	assert_string_equal(options.file, "x.pcap");
	assert_int_equal(options.n_connections, 0);
	assert_false(options.has_width);
	assert_int_equal(PARSE(arg("-")), 0);
	assert_string_equal(options.file, "-");
	assert_int_equal(PARSE(arg("--"), arg("-x")), 0);
	assert_string_equal(options.file, "-x");
}

static void options_stand_before_and_behind_the_file(void **state)
{
	(void)state;
	assert_int_equal(PARSE(arg("-c3"), arg("-aw"), arg("100"), arg("x"), arg("--connection=7"),
				 arg("-t"), arg("previous"), arg("--color"), arg("always")),
		0);
	assert_int_equal(options.n_connections, 2);
	assert_int_equal(options.connections[0], 3);
	assert_int_equal(options.connections[1], 7);
	assert_true(options.ascii && options.has_width);
	assert_int_equal(options.width, 100);
	assert_int_equal(options.time, LADDER_SINCE_PREVIOUS);
	assert_int_equal(options.colour, OPTIONS_COLOUR_ALWAYS);
	assert_int_equal(PARSE(arg("-l"), arg("x")), 0);
	assert_int_equal(options.action, OPTIONS_LIST);
	assert_int_equal(PARSE(arg("--svg"), arg("-"), arg("--from"), arg("server"), arg("x")), 0);
	assert_int_equal(options.action, OPTIONS_SVG);
	assert_int_equal(options.from, OPTIONS_FROM_SERVER);
}

static void help_ends_the_reading(void **state)
{
	(void)state;
	assert_int_equal(PARSE(arg("--help"), arg("--nonsense")), 0);
	assert_int_equal(options.action, OPTIONS_HELP);
	assert_int_equal(PARSE(arg("-ah")), 0);
	assert_int_equal(options.action, OPTIONS_HELP);
	assert_int_equal(PARSE(arg("--version")), 0);
	assert_int_equal(options.action, OPTIONS_VERSION);
}

/* Parsing has failed with this status, and the message has these words. */
static void assert_refused(int result, enum exit_status status, const char *words)
{
	assert_int_equal(result, -1);
	assert_int_equal(failure.status, status);
	if (!strstr(failure.text, words))
		fail_msg("'%s' says nothing of '%s'", failure.text, words);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_refused(PARSE(NULL), EXIT_STATUS_UNKNOWN_OPTION, "which FILE");
	assert_refused(PARSE(arg("a"), arg("b")), EXIT_STATUS_UNKNOWN_OPTION, "'a' and 'b'");
	assert_refused(
		PARSE(arg("--wid"), arg("80"), arg("x")), EXIT_STATUS_UNKNOWN_OPTION, "'--wid'");
	assert_refused(PARSE(arg("-az"), arg("x")), EXIT_STATUS_UNKNOWN_OPTION, "'-z' in '-az'");
	assert_refused(PARSE(arg("x"), arg("--width")), EXIT_STATUS_BAD_VALUE, "needs a value");
	assert_refused(PARSE(arg("--svg"), arg("--"), arg("x")), EXIT_STATUS_BAD_VALUE, "needs");
	assert_refused(PARSE(arg("--list=1"), arg("x")), EXIT_STATUS_BAD_VALUE, "takes no value");
	assert_refused(PARSE(arg("-w71"), arg("x")), EXIT_STATUS_BAD_VALUE, "-w 71: ");
	assert_refused(PARSE(arg("-w1001"), arg("x")), EXIT_STATUS_BAD_VALUE, "72 to 1000");
	assert_refused(PARSE(arg("-w+80"), arg("x")), EXIT_STATUS_BAD_VALUE, "72 to 1000");
	assert_refused(PARSE(arg("-c0"), arg("x")), EXIT_STATUS_BAD_VALUE, "from 1 on");
	assert_refused(PARSE(arg("-c99999999999"), arg("x")), EXIT_STATUS_BAD_VALUE, "from 1 on");
	assert_refused(PARSE(arg("--color=red"), arg("x")), EXIT_STATUS_BAD_VALUE, "auto");
	assert_refused(PARSE(arg("-tnow"), arg("x")), EXIT_STATUS_BAD_VALUE, "previous");
	assert_refused(PARSE(arg("--from=me"), arg("x")), EXIT_STATUS_BAD_VALUE, "client");
	assert_refused(PARSE(arg("-c1"), arg("-c2"), arg("--svg=-"), arg("x")),
		EXIT_STATUS_BAD_VALUE, "one connection");
	assert_refused(PARSE(arg("--list"), arg("--svg=-"), arg("x")), EXIT_STATUS_BAD_VALUE,
		"--list or --svg");
	assert_refused(PARSE(arg("--svg=-"), arg("-l"), arg("x")), EXIT_STATUS_BAD_VALUE,
		"--list or --svg");
	assert_refused(PARSE(arg("--from=client"), arg("x")), EXIT_STATUS_BAD_VALUE, "--svg FILE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_all_that_it_needs),
		cmocka_unit_test(options_stand_before_and_behind_the_file),
		cmocka_unit_test(help_ends_the_reading),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
