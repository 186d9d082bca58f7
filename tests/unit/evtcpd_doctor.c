/* SPDX-License-Identifier: BSD-3-Clause */

/* The command line behind the doctor's arrow: what root types as root, and as who is not; what the
 * daemon is told otherwise, with all else as it was. */

#include "evtcpd/doctor.h"

#include <stdio.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

enum { WORDS = 32 };

/* Of the line of options, and a finding with this remedy. */
static void assert_mend(
	const char *line, struct evtcp_tun_finding finding, int is_root, const char *expected)
{
	char program[] = "evtcpd", copy[512], text[DOCTOR_MEND], *rest = copy, *word;
	char *argv[WORDS] = {program};
	struct options options;
	struct program_failure failure;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&rest, "|")) && argc < WORDS - 1) {
		if (*word)
			argv[argc++] = word;
	}
	assert_int_equal(options_parse(&options, argv, &failure), 0);
	assert_string_equal(doctor_mend(&options, &finding, is_root, text), expected);
}

static void commands_of_root_are_marked_for_who_is_not(void **state)
{
	struct evtcp_tun_finding one = {.remedy = EVTCP_TUN_REMEDY_COMMAND, .mend = "ip link up"};
	struct evtcp_tun_finding two = {.remedy = EVTCP_TUN_REMEDY_COMMAND, .mend = "a && b"};

	(void)state;
	assert_mend("", one, 1, "ip link up");
	assert_mend("", one, 0, "sudo ip link up");
	assert_mend("", two, 1, "a && b");
	assert_mend("", two, 0, "sudo sh -c 'a && b'");
}

static void where_there_is_nothing_to_type_nothing_is_said(void **state)
{
	static const enum evtcp_tun_remedy remedies[] = {EVTCP_TUN_REMEDY_NONE,
		EVTCP_TUN_REMEDY_COMMAND, EVTCP_TUN_REMEDY_NAME, EVTCP_TUN_REMEDY_ADDRESS};

	(void)state;
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		assert_mend("", (struct evtcp_tun_finding){.remedy = remedies[i]}, 0, "");
}

static void the_daemon_is_told_one_thing_otherwise(void **state)
{
	struct evtcp_tun_finding name = {.remedy = EVTCP_TUN_REMEDY_NAME, .mend = "tun1"};
	struct evtcp_tun_finding other = {
		.remedy = EVTCP_TUN_REMEDY_ADDRESS, .own = 0, .mend = "10.0.1.2/24"};
	struct evtcp_tun_finding none = {.remedy = EVTCP_TUN_REMEDY_NO_OFFLOAD};
	struct evtcp_tun_finding root = {.remedy = EVTCP_TUN_REMEDY_ROOT};

	(void)state;
	assert_mend("", name, 0, "evtcpd -i tun1");
	assert_mend("-i|tun7", name, 0, "evtcpd -i tun1");
	assert_mend("", other, 0, "evtcpd -a 10.0.1.2/24 -a fd00:e7::2/64");
	assert_mend("-a|10.9.9.9/24", other, 0, "evtcpd -a 10.0.1.2/24");
	assert_mend("", none, 1, "evtcpd --no-offload");
	assert_mend("", root, 0, "sudo evtcpd");
	assert_mend("", root, 1, "evtcpd");
}

static void all_else_that_the_doctor_looks_at_stays(void **state)
{
	struct evtcp_tun_finding other = {
		.remedy = EVTCP_TUN_REMEDY_ADDRESS, .own = 1, .mend = "10.0.1.2/24"};
	struct evtcp_tun_finding none = {.remedy = EVTCP_TUN_REMEDY_NO_OFFLOAD};

	(void)state;
	/* -g in the prefix that is left goes with it. */
	assert_mend("-a|10.8.0.2/24|-g|10.8.0.9|-a|10.9.0.2/24|-g|10.9.0.9", other, 0,
		"evtcpd -a 10.8.0.2/24 -a 10.0.1.2/24 -g 10.8.0.9");
	assert_mend("-i|tun7|-p|8080|-p|80|--mtu|1400|--workers|2", none, 0,
		"evtcpd -i tun7 -p 8080 -p 80 --mtu 1400 --no-offload --workers 2");
}

static void the_command_stays_as_a_shell_would_read_it(void **state)
{
	struct evtcp_tun_finding none = {.remedy = EVTCP_TUN_REMEDY_NO_OFFLOAD};

	(void)state;
	assert_mend("--|curl|-s|http://10.0.0.2/?a=1&b=2", none, 0,
		"evtcpd --no-offload -- curl -s 'http://10.0.0.2/?a=1&b=2'");
	assert_mend("--|sh|-c|echo 'it is' $HOME", none, 0,
		"evtcpd --no-offload -- sh -c 'echo '\\''it is'\\'' $HOME'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_of_root_are_marked_for_who_is_not),
		cmocka_unit_test(where_there_is_nothing_to_type_nothing_is_said),
		cmocka_unit_test(the_daemon_is_told_one_thing_otherwise),
		cmocka_unit_test(all_else_that_the_doctor_looks_at_stays),
		cmocka_unit_test(the_command_stays_as_a_shell_would_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
