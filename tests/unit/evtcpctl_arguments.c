/* SPDX-License-Identifier: BSD-3-Clause */

/* The command line of evtcpctl: which request it becomes, and what is wrong with it. */

#include "evtcpctl/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 80 };

#define SIXTEEN "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "

/* Reads a line, split at blanks; texts are good until the next call. */
static int parse(struct arguments *arguments, const char *line, const char *variable,
	struct program_failure *failure)
{
	static char text[8192];
	static char *argv[WORDS + 1];
	int argc = 0;

	memset(argv, 0, sizeof(argv));
	snprintf(text, sizeof(text), "evtcpctl %s", line);
	for (char *word = strtok(text, " "); word != NULL && argc < WORDS; word = strtok(NULL, " "))
		argv[argc++] = word;
	return arguments_parse(arguments, argv, variable, failure);
}

static void asks(const char *line, const char *request)
{
	struct arguments arguments;
	struct program_failure failure;

	if (parse(&arguments, line, "/variable", &failure) < 0)
		fail_msg("%s: %s", line, failure.text);
	assert_string_equal(arguments.request, request);
}

static void refuses(const char *line, const char *says)
{
	struct arguments arguments;
	struct program_failure failure;

	if (parse(&arguments, line, "/variable", &failure) == 0)
		fail_msg("accepted: %s", line);
	if (strstr(failure.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", failure.text, says);
}

static void words_are_the_request(void **state)
{
	(void)state;
	static const char rule[] = "fault add out data nth 1 conn 2 peer 10.0.0.0/8 port 5 path /a "
				   "tag b state ESTABLISHED after sent 1 after received 1 after 1s "
				   ": window 5 for 1s always";

	asks(rule, rule);
	asks("fault add reply: length -5", "fault add reply: length -5");
	asks("connections", "connections");
	asks("impair delay=20ms,loss=1%", "impair delay=20ms,loss=1%");
	asks("cc bbr", "cc bbr");
	asks("capture stop", "capture stop");
	asks("counters", "counters");
	asks("counters --all", "counters all");
	asks("-a counters", "counters all");
	asks("counters all", "counters all");
	asks("-- impair none", "impair none");
}

static void options_stand_anywhere(void **state)
{
	struct arguments arguments;
	struct program_failure failure;

	(void)state;
	assert_int_equal(parse(&arguments, "cc -c /a --json bbr", NULL, &failure), 0);
	assert_string_equal(arguments.socket, "/a");
	assert_string_equal(arguments.request, "cc bbr");
	assert_true(arguments.json);
	assert_int_equal(parse(&arguments, "-jac/b counters", "/v", &failure), 0);
	assert_string_equal(arguments.socket, "/b");
	assert_string_equal(arguments.request, "counters all");
	assert_true(arguments.json);
	assert_int_equal(parse(&arguments, "--control=/c cc", "/v", &failure), 0);
	assert_string_equal(arguments.socket, "/c");
	assert_int_equal(parse(&arguments, "cc", "/v", &failure), 0);
	assert_string_equal(arguments.socket, "/v");
	assert_false(arguments.json);
}

/* Its name stays here: the daemon gets the open file. */
static void the_file_of_a_capture_is_opened_here(void **state)
{
	struct arguments arguments;
	struct program_failure failure;

	(void)state;
	assert_int_equal(parse(&arguments, "capture start /tmp/a.pcapng", "/v", &failure), 0);
	assert_string_equal(arguments.request, "capture start");
	assert_string_equal(arguments.file, "/tmp/a.pcapng");
	assert_int_equal(parse(&arguments, "capture start -", "/v", &failure), 0);
	assert_string_equal(arguments.file, "-");
	refuses("capture start", "needs a FILE");
	refuses("capture start a b", "no more");
}

static void watch_is_connections_again_and_again(void **state)
{
	struct arguments arguments;
	struct program_failure failure;

	(void)state;
	assert_int_equal(parse(&arguments, "watch", "/v", &failure), 0);
	assert_int_equal(arguments.action, ARGUMENTS_WATCH);
	assert_string_equal(arguments.request, "connections");
	refuses("watch 5", "takes no argument");
}

static void help_needs_no_socket(void **state)
{
	struct arguments arguments;
	struct program_failure failure;

	(void)state;
	assert_int_equal(parse(&arguments, "--help bogus", NULL, &failure), 0);
	assert_int_equal(arguments.action, ARGUMENTS_HELP);
	assert_int_equal(parse(&arguments, "-V", NULL, &failure), 0);
	assert_int_equal(arguments.action, ARGUMENTS_VERSION);
}

static void what_is_wrong_is_told(void **state)
{
	char line[5000] = "impair ";
	struct arguments arguments;
	struct program_failure failure;

	(void)state;
	refuses("", "there is no command");
	refuses("conections", "unknown command 'conections'");
	refuses("--bogus cc", "unknown option '--bogus'");
	refuses("-x cc", "unknown option");
	refuses("cc --control", "--control needs a value: --control PATH");
	refuses("cc --json=1", "--json takes no value");
	refuses("cc --all", "--all is for counters");
	refuses("cc " SIXTEEN SIXTEEN SIXTEEN SIXTEEN, "too many words");
	assert_int_equal(parse(&arguments, "cc", NULL, &failure), -1);
	assert_non_null(strstr(failure.text, "which evtcpd?"));
	memset(line + 7, 'a', 4096);
	refuses(line, "too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_the_request),
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(the_file_of_a_capture_is_opened_here),
		cmocka_unit_test(watch_is_connections_again_and_again),
		cmocka_unit_test(help_needs_no_socket),
		cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
