/* SPDX-License-Identifier: BSD-3-Clause */

/* The command line: its syntax, each option's values, the defaults, and the exit
 * status that goes with each mistake. */

#include "evtcpd/address.h"
#include "evtcpd/help.h"
#include "evtcpd/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <stdlib.h>

#define MAX_ARGUMENTS 40

/* Reads a command line given as one text, split at blanks. options point into what is
 * static here, until the next call. */
static int parse(struct options *options, struct program_failure *failure, const char *line)
{
	static char text[1000];
	static char *argv[MAX_ARGUMENTS + 1];
	int argc = 0;

	memset(argv, 0, sizeof(argv));
	memset(failure, 0, sizeof(*failure));
	snprintf(text, sizeof(text), "evtcpd %s", line);
	for (char *word = strtok(text, " "); word && argc < MAX_ARGUMENTS; word = strtok(NULL, " "))
		argv[argc++] = word;
	return options_parse(options, argv, failure);
}

static void accepts(struct options *options, const char *line)
{
	struct program_failure failure;

	if (parse(options, &failure, line) < 0)
		fail_msg("%s: %s", line, failure.text);
}

static void refuses(const char *line, enum exit_status status, const char *why)
{
	struct options options;
	struct program_failure failure;

	if (parse(&options, &failure, line) == 0)
		fail_msg("accepted: %s", line);
	assert_int_equal(failure.status, status);
	if (strstr(failure.text, why) == NULL)
		fail_msg("'%s' does not say '%s'", failure.text, why);
}

static void assert_address(
	const struct evtcp_tun_address *address, const char *expected, unsigned prefix_len)
{
	char text[ADDRESS_TEXT];

	assert_string_equal(address_format(address, text, sizeof(text)), expected);
	assert_int_equal(address->prefix_len, prefix_len);
}

static void without_options_the_defaults_hold(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "");
	assert_int_equal(options.action, OPTIONS_SERVE);
	assert_string_equal(options.tun.name, "tun0");
	assert_int_equal(options.tun.mtu, 1500);
	assert_int_equal(options.tun.n_own, 2);
	assert_address(&options.tun.own[0], "10.0.0.2", 24);
	assert_address(&options.tun.own[1], "fd00:e7::2", 64);
	assert_int_equal(options.tun.n_host, 2);
	assert_address(&options.tun.host[0], "10.0.0.1", 24);
	assert_address(&options.tun.host[1], "fd00:e7::1", 64);
	assert_int_equal(options.n_ports, 1);
	assert_int_equal(options.ports[0], 80);
	assert_string_equal(options.cc, "cubic");
	assert_int_equal(options.ecn, EVTCP_ECN_ACCEPT);
	assert_false(options.accurate_ecn);
	assert_string_equal(options.user, "nobody");
	assert_true(options.msl_us == 30000000);
	assert_true(options.rto_min_us == 200000);
	assert_true(options.rto_max_us == 120000000);
	assert_null(options.command);
	assert_null(options.pcap);
	assert_null(options.root);
	assert_int_not_equal(options.sandbox, SANDBOX_REQUIRE);
	assert_int_equal(options.verbosity, 0);
}

static void values_come_attached_or_as_the_next_argument(void **state)
{
	static const char *const forms[] = {"-p 8080 -i tun7", "-p8080 -itun7",
		"--port 8080 --tun tun7", "--port=8080 --tun=tun7", "-vp8080 -qitun7"};
	struct options options;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		accepts(&options, forms[i]);
		assert_int_equal(options.ports[0], 8080);
		assert_int_equal(options.n_ports, 1);
		assert_string_equal(options.tun.name, "tun7");
	}
}

static void everything_behind_the_dashes_is_the_command(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "--doctor --mtu 1400 -- true");
	assert_int_equal(options.doctor, 1);
	assert_int_equal(options.tun.mtu, 1400);
	assert_string_equal(options.command[0], "true");
	accepts(&options, "--ladder -- curl -s --help --");
	assert_int_equal(options.action, OPTIONS_SERVE);
	assert_true(options.ladder);
	assert_string_equal(options.command[0], "curl");
	assert_string_equal(options.command[2], "--help");
	assert_string_equal(options.command[3], "--");
	assert_null(options.command[4]);
}

/* Packets that somebody is to see, or that somebody takes away, are those of a wire. */
static void who_meddles_with_packets_gets_no_offload(void **state)
{
	static const char *const without[] = {"--no-offload", "--pcap p", "--trace t", "--ladder",
		"--fault f", "--impair loss=1%"};
	struct options options;

	(void)state;
	accepts(&options, "-v");
	assert_false(options.tun.no_offload);
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		accepts(&options, without[i]);
		assert_true(options.tun.no_offload);
	}
}

/* What may end while it serves must not cost the offloads for good. */
static void who_may_be_told_to_stop_meddling_keeps_them(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "--control c --pcap p --impair loss=1%");
	assert_string_equal(options.control, "c");
	assert_false(options.tun.no_offload);
	accepts(&options, "--control c --ladder");
	assert_true(options.tun.no_offload);
	accepts(&options, "--control c --no-offload");
	assert_true(options.tun.no_offload);
	refuses("--control=", EXIT_STATUS_BAD_VALUE, "is not empty");
}

static void all_options_together_are_stored(void **state)
{
	struct options options;

	(void)state;
	accepts(&options,
		"--mtu 9000 --no-offload --batch 1 --fast-open --user-timeout 300 --ecn accurate "
		"--cc newreno --msl 0.5 --rto-min 300 --rto-max 5000.5 "
		"--fault f --pcap p --trace t --user www --access-log - --root /srv "
		"--sandbox require -vv -q --limit connections=5");
	assert_int_equal(options.tun.mtu, 9000);
	assert_int_equal(options.tun.batch, 1);
	assert_true(options.tun.no_offload);
	assert_true(options.fast_open);
	assert_int_equal(options.ecn, EVTCP_ECN_ACCEPT);
	assert_true(options.accurate_ecn);
	assert_true(options.user_timeout_us == 300000000);
	assert_true(options.msl_us == 500000);
	assert_true(options.rto_min_us == 300000);
	assert_true(options.rto_max_us == 5000500);
	assert_string_equal(options.fault, "f");
	assert_string_equal(options.pcap, "p");
	assert_string_equal(options.trace, "t");
	assert_string_equal(options.user, "www");
	assert_string_equal(options.access_log, "-");
	assert_string_equal(options.root, "/srv");
	assert_int_equal(options.sandbox, SANDBOX_REQUIRE);
	assert_int_equal(options.verbosity, 1);
	assert_int_equal(options.limits.stack.connections, 5);
}

static void a_link_specification_is_read_and_its_mistakes_are_told(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "-v");
	assert_int_equal(options.has_impair, 0);
	accepts(&options, "--impair tx.loss=1%,seed=7");
	assert_int_equal(options.has_impair, 1);
	assert_int_equal(options.impair.ways[EVTCP_IMPAIR_TX].loss_ppm, 10000);
	assert_int_equal(options.impair.ways[EVTCP_IMPAIR_RX].loss_ppm, 0);
	assert_int_equal(options.impair.seed, 7);
	refuses("--impair loss=1%,delay=20", EXIT_STATUS_BAD_VALUE,
		"--impair: column 15: expected a time with its unit");
	accepts(&options, "--impair help");
	assert_int_equal(options.action, OPTIONS_IMPAIR_HELP);
}

static void what_is_no_option_is_unknown(void **state)
{
	static const char *const lines[] = {"--roots /srv", "--tracing t", "-R /srv", "-x", "-vx",
		"--", "curl", "-", "-5", "--mt 1500", "--mtux", "--help-me", "--=1"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		refuses(lines[i], EXIT_STATUS_UNKNOWN_OPTION, "");
	refuses("--rot=/srv", EXIT_STATUS_UNKNOWN_OPTION, "unknown option '--rot=/srv'");
	refuses("curl http://10.0.0.2/", EXIT_STATUS_UNKNOWN_OPTION, "goes after '--'");
}

static void a_bad_value_is_named_with_its_option(void **state)
{
	static const char *const lines[] = {"--mtu 67", "--mtu 65536", "--mtu x", "--mtu", "-p 0",
		"-p 65536", "-p 80 -p 80", "-i a/b", "-i 0123456789abcdef", "-i ..", "--cc reno",
		"--ecn sometimes", "--sandbox maybe", "--msl 0", "--msl 1e3", "--msl -1",
		"--rto-min 0.5", "--rto-max x", "--ladder=1", "-a 10.0.0.2", "-a fd00::2",
		"-a fd00::/64", "-a ::1/64", "-a 10.0.0.2/24 -a 10.0.0.2/16", "-g 10.0.0.2", "-g x",
		"--limit x=1", "--limit connections", "--limit connections=-1",
		"--limit connections=4294967296", "--limit receive_buffer=1"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		refuses(lines[i], EXIT_STATUS_BAD_VALUE, "");
	refuses("--batch 0", EXIT_STATUS_BAD_VALUE, "--batch 0: a batch is 1 to 1024 packets");
	refuses("--batch 1025", EXIT_STATUS_BAD_VALUE, "a batch is 1 to 1024 packets");
	refuses("--mtu 67", EXIT_STATUS_BAD_VALUE, "--mtu 67: an MTU is 68 to 65535");
	refuses("-p", EXIT_STATUS_BAD_VALUE, "-p needs a value: -p PORT");
	refuses("--fault -- true", EXIT_STATUS_BAD_VALUE, "--fault needs a value: --fault FILE");
	refuses("--sandbox 1", EXIT_STATUS_BAD_VALUE, "one of on, off and require");
	refuses("--rto-min 500 --rto-max 400", EXIT_STATUS_BAD_VALUE, "larger than");
}

static void the_edges_of_each_range_are_inside(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "--mtu 68 -p 1 --msl 0.001 --rto-min 1 --rto-max 1");
	accepts(&options, "--mtu 65535 -p 65535 --msl 3600 --rto-max 3600000 -i 0123456789abcde");
}

static void any_address_replaces_the_default(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "-a 192.168.7.1/24 -a 172.16.0.2/16 -a 192.168.7.9/24");
	assert_int_equal(options.tun.n_own, 3);
	assert_address(&options.tun.own[0], "192.168.7.1", 24);
	assert_int_equal(options.tun.n_host, 2);
	assert_address(&options.tun.host[0], "192.168.7.2", 24);
	assert_address(&options.tun.host[1], "172.16.0.1", 16);
}

static void any_ipv6_address_replaces_both_defaults_too(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "-a fd00:77::9/64");
	assert_int_equal(options.tun.n_own, 1);
	assert_address(&options.tun.own[0], "fd00:77::9", 64);
	assert_int_equal(options.tun.n_host, 1);
	assert_address(&options.tun.host[0], "fd00:77::1", 64);
	accepts(&options, "-g fd00:e7::5");
	assert_int_equal(options.tun.n_host, 2);
	assert_address(&options.tun.host[0], "fd00:e7::5", 64);
	assert_address(&options.tun.host[1], "10.0.0.1", 24);
	refuses("-g fd00:e8::1", EXIT_STATUS_NOT_IN_PREFIX, "-g fd00:e8::1: this is not a host");
}

/* RFC 8200 5 rule 1. */
static void below_an_mtu_of_1280_there_is_no_ipv6(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "--mtu 1280");
	assert_int_equal(options.tun.n_own, 2);
	accepts(&options, "--mtu 1279");
	assert_int_equal(options.tun.n_own, 1);
	assert_int_equal(options.tun.n_host, 1);
	refuses("-a fd00:e7::2/64 --mtu 1279", EXIT_STATUS_BAD_VALUE,
		"--mtu 1279: IPv6 needs at least 1280 bytes");
}

static void only_ipv6_that_nobody_asked_for_can_be_done_without(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "");
	assert_int_equal(options_without_ipv6(&options), 0);
	assert_int_equal(options.tun.n_own, 1);
	assert_address(&options.tun.own[0], "10.0.0.2", 24);
	assert_int_equal(options.tun.n_host, 1);
	assert_address(&options.tun.host[0], "10.0.0.1", 24);
	assert_int_equal(options_without_ipv6(&options), -1); /* there are none any more */
	accepts(&options, "-a 10.0.0.2/24 -a fd00:e7::2/64");
	assert_int_equal(options_without_ipv6(&options), -1);
	accepts(&options, "-g fd00:e7::1");
	assert_int_equal(options_without_ipv6(&options), -1);
}

static void a_host_address_takes_the_prefix_it_is_in(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "-g 172.16.255.1 -a 192.168.7.1/24 -a 172.16.0.2/16");
	assert_int_equal(options.tun.n_host, 2);
	assert_address(&options.tun.host[0], "172.16.255.1", 16);
	assert_address(&options.tun.host[1], "192.168.7.2", 24);
	refuses("-g 10.0.1.1", EXIT_STATUS_NOT_IN_PREFIX,
		"-g 10.0.1.1: this is not a host address in the prefix");
	refuses("-g 10.0.0.255", EXIT_STATUS_NOT_IN_PREFIX, "not a host");
	refuses("-a 10.0.0.1/30 -a 10.0.0.2/30", EXIT_STATUS_NOT_IN_PREFIX, "wider prefix");
}

static void limits_of_both_parts_are_set_by_name(void **state)
{
	struct options options;

	(void)state;
	accepts(&options,
		"--limit receive_buffer=128k --limit buffer_bytes=8G --limit http_line=2k "
		"--limit http_keepalive=1.5 --limit time_wait=0");
	assert_int_equal(options.limits.stack.receive_buffer, 131072);
	assert_true(options.limits.stack.buffer_bytes == UINT64_C(8) << 30);
	assert_int_equal(options.limits.http.line, 2048);
	assert_int_equal(options.limits.http.keepalive_us, 1500000);
	assert_int_equal(options.limits.stack.time_wait, 0);
}

static void help_ends_the_reading(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "--help --nonsense");
	assert_int_equal(options.action, OPTIONS_HELP);
	accepts(&options, "--limit help --nonsense");
	assert_int_equal(options.action, OPTIONS_LIMIT_HELP);
	accepts(&options, "--version");
	assert_int_equal(options.action, OPTIONS_VERSION);
}

static void a_limit_out_of_range_is_told_the_range(void **state)
{
	(void)state;
	refuses("--limit nosuch=1", EXIT_STATUS_BAD_VALUE, "'--limit help' lists them");
	refuses("--limit receive_buffer=1k", EXIT_STATUS_BAD_VALUE,
		"--limit receive_buffer=1k: the value must be a size from 2k to 1G");
	refuses("--limit receive_buffer=2G", EXIT_STATUS_BAD_VALUE, "2k to 1G");
	refuses("--limit mss_floor=64k", EXIT_STATUS_BAD_VALUE, "0 to 65535");
	refuses("--limit out_of_order=4097", EXIT_STATUS_BAD_VALUE,
		"a whole number from 0 to 4096");
	refuses("--limit buffer_bytes=x", EXIT_STATUS_BAD_VALUE, "a size from 0 up");
	refuses("--limit http_line=63", EXIT_STATUS_BAD_VALUE, "from 64 to 32k");
	refuses("--limit http_keepalive=1d", EXIT_STATUS_BAD_VALUE,
		"a number of seconds from 0 to 86400");
	refuses("--limit challenge_ms=0.5", EXIT_STATUS_BAD_VALUE, "a whole number of ms from 0");
}

/* What the stack would refuse later, without a word why, cannot be set. */
static void the_stack_takes_every_limit_that_can_be_set(void **state)
{
	static const char *const lines[] = {"--limit receive_buffer=2k --limit send_buffer=2k",
		"--limit receive_buffer=1G --limit send_buffer=1G", "--limit mss_floor=65535",
		"--limit user_timeout_min=4000 --limit user_timeout_max=1"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct evtcp_stack_config config;
		struct evtcp_stack *stack;
		struct options options;

		accepts(&options, lines[i]);
		evtcp_stack_config_init(&config);
		config.limits = options.limits.stack;
		stack = evtcp_stack_new(NULL, &config);
		assert_non_null(stack);
		evtcp_stack_free(stack);
	}
}

/* No line is wider than the terminals there were at first. */
static void help_fits_80_columns(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	help_print(file);
	fclose(file);
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 0, 80);
	free(text);
}

static void workers_are_1_to_64_and_take_queues(void **state)
{
	struct options options;

	(void)state;
	accepts(&options, "-v");
	assert_int_equal(options.workers, 1);
	assert_false(options.tun.multi_queue);
	accepts(&options, "--workers 64 --pcap p");
	assert_int_equal(options.workers, 64);
	assert_true(options.tun.multi_queue);
	refuses("--workers 0", EXIT_STATUS_BAD_VALUE, "1 to 64");
	refuses("--workers 65", EXIT_STATUS_BAD_VALUE, "1 to 64");
	refuses("--workers=two", EXIT_STATUS_BAD_VALUE, "1 to 64");
}

static void what_needs_packets_in_one_order_takes_one_worker(void **state)
{
	struct options options;

	(void)state;
	refuses("--workers 2 --ladder", EXIT_STATUS_BAD_VALUE, "--ladder needs all packets");
	refuses("--fault f --workers 3", EXIT_STATUS_BAD_VALUE, "--fault needs all packets");
	refuses("--impair loss=1% --workers 2", EXIT_STATUS_BAD_VALUE, "--impair needs all");
	accepts(&options, "--workers 1 --ladder --fault f --impair loss=1%");
}

static void workers_share_what_is_for_the_process(void **state)
{
	struct options options;
	struct limits share;

	(void)state;
	accepts(&options, "--limit connections=100 --limit half_open=2 --limit time_wait=0 "
			  "--limit buffer_bytes=3G --limit http_connections=50 --limit retries=5");
	limits_share(&share, &options.limits, 3);
	assert_int_equal(share.stack.connections, 34);
	assert_int_equal(share.stack.half_open, 1); /* and not 0, which would be no limit */
	assert_int_equal(share.stack.time_wait, 0);
	assert_int_equal(share.stack.buffer_bytes, 1 << 30);
	assert_int_equal(share.http.connections, 17);
	assert_int_equal(share.stack.retries, 5);
	assert_int_equal(share.http.line, options.limits.http.line);
	limits_share(&share, &options.limits, 1);
	assert_int_equal(share.stack.connections, 100);
	assert_int_equal(share.http.connections, 50);
}

/* Each "--name" that --help prints is known to the parser. */
static void help_lists_what_the_parser_knows(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	unsigned n = 0;

	(void)state;
	help_print(file);
	fclose(file);
	for (char *p = strstr(text, ", --"); p; p = strstr(p + 1, ", --"), n++)
		;
	for (char *p = strstr(text, "      --"); p; p = strstr(p + 1, "      --")) {
		struct options options;
		struct program_failure failure;
		char line[64];

		snprintf(line, sizeof(line), "%.*s", (int)strcspn(p + 6, " "), p + 6);
		n++;
		if (parse(&options, &failure, line) < 0)
			assert_int_not_equal(failure.status, EXIT_STATUS_UNKNOWN_OPTION);
	}
	assert_int_equal(n, 33);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_the_defaults_hold),
		cmocka_unit_test(values_come_attached_or_as_the_next_argument),
		cmocka_unit_test(everything_behind_the_dashes_is_the_command),
		cmocka_unit_test(who_meddles_with_packets_gets_no_offload),
		cmocka_unit_test(who_may_be_told_to_stop_meddling_keeps_them),
		cmocka_unit_test(all_options_together_are_stored),
		cmocka_unit_test(a_link_specification_is_read_and_its_mistakes_are_told),
		cmocka_unit_test(what_is_no_option_is_unknown),
		cmocka_unit_test(a_bad_value_is_named_with_its_option),
		cmocka_unit_test(the_edges_of_each_range_are_inside),
		cmocka_unit_test(any_address_replaces_the_default),
		cmocka_unit_test(any_ipv6_address_replaces_both_defaults_too),
		cmocka_unit_test(below_an_mtu_of_1280_there_is_no_ipv6),
		cmocka_unit_test(only_ipv6_that_nobody_asked_for_can_be_done_without),
		cmocka_unit_test(a_host_address_takes_the_prefix_it_is_in),
		cmocka_unit_test(limits_of_both_parts_are_set_by_name),
		cmocka_unit_test(help_ends_the_reading),
		cmocka_unit_test(a_limit_out_of_range_is_told_the_range),
		cmocka_unit_test(the_stack_takes_every_limit_that_can_be_set),
		cmocka_unit_test(help_fits_80_columns),
		cmocka_unit_test(workers_are_1_to_64_and_take_queues),
		cmocka_unit_test(what_needs_packets_in_one_order_takes_one_worker),
		cmocka_unit_test(workers_share_what_is_for_the_process),
		cmocka_unit_test(help_lists_what_the_parser_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
