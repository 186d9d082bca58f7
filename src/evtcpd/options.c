/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: argv in, struct options or a message out. What options there are stands in
 * options_table.h, their syntax is that of all our programs (program/options.h); this file has one
 * setter for each row, which checks the value, and what only all values together can tell. What
 * only the system can tell (is the device free, is there such a user) is asked later, by those who
 * use it. */

#include "evtcpd/options.h"
#include "evtcpd/address.h"
#include "evtcpd/options_table.h"
#include "evtcpd/quantity.h"
#include "program/options.h"

#include <evtcp/stack.h>
#include <string.h>

/* One setting under way: where it goes, and how it was called, for messages. */
struct options_setting {
	struct options *options;
	struct program_failure *error;
	const char *name; /* "--mtu" or "-p" */
	const char *value;
};

/* "--mtu 20: WHY" */
static int options_bad_value(const struct options_setting *setting, const char *why)
{
	return program_fail(setting->error, EXIT_STATUS_BAD_VALUE, "%s %s: %s", setting->name,
		setting->value, why);
}

/* ---- setters, in the order of the table -------------------------------------- */

static int options_set_tun(const struct options_setting *setting)
{
	const char *name = setting->value;

	/* What the kernel accepts as an interface name: dev_valid_name. */
	if (name[0] == '\0' || strlen(name) > 15 || strcmp(name, ".") == 0 ||
		strcmp(name, "..") == 0 || name[strcspn(name, "/: \t\n\v\f\r%")] != '\0')
		return options_bad_value(setting,
			"an interface name is 1 to 15 characters, without "
			"spaces, '/', ':' or '%'");
	setting->options->tun.name = name;
	return 0;
}

/* RFC 8200 5 rule 1. */
#define OPTIONS_IPV6_MTU 1280

static int options_set_address(const struct options_setting *setting)
{
	struct evtcp_tun_config *tun = &setting->options->tun;
	struct evtcp_tun_address address;
	enum address_fault fault = address_parse_prefix(setting->value, &address);

	if (fault != ADDRESS_OK)
		return options_bad_value(setting, address_fault_text(fault));
	for (unsigned i = 0; i < tun->n_own; i++) {
		if (address_equal(&tun->own[i], &address))
			return options_bad_value(setting, "this address is given twice");
	}
	if (tun->n_own == EVTCP_TUN_ADDRESSES)
		return options_bad_value(setting, "at most 16 addresses can be given");
	setting->options->asked_ipv6 |= (unsigned)address_is_ipv6(&address) & 1;
	tun->own[tun->n_own++] = address;
	return 0;
}

static int options_set_host_address(const struct options_setting *setting)
{
	struct evtcp_tun_config *tun = &setting->options->tun;
	struct evtcp_tun_address address;
	enum address_fault fault = address_parse(setting->value, &address);

	if (fault != ADDRESS_OK)
		return options_bad_value(setting, address_fault_text(fault));
	if (tun->n_host == EVTCP_TUN_ADDRESSES)
		return options_bad_value(setting, "at most 16 addresses can be given");
	setting->options->asked_ipv6 |= (unsigned)address_is_ipv6(&address) & 1;
	tun->host[tun->n_host++] = address;
	return 0;
}

static int options_set_port(const struct options_setting *setting)
{
	struct options *options = setting->options;
	uint64_t port;

	if (quantity_parse_count(setting->value, &port) < 0 || port < 1 || port > 65535)
		return options_bad_value(setting, "a port is a whole number from 1 to 65535");
	for (unsigned i = 0; i < options->n_ports; i++) {
		if (options->ports[i] == port)
			return options_bad_value(setting, "this port is given twice");
	}
	if (options->n_ports == OPTIONS_PORTS)
		return options_bad_value(setting, "at most 16 ports can be given");
	options->ports[options->n_ports++] = (uint16_t)port;
	return 0;
}

static int options_set_mtu(const struct options_setting *setting)
{
	uint64_t mtu;

	/* 68: what every IPv4 network carries, RFC 791 3.2 rule 1. */
	if (quantity_parse_count(setting->value, &mtu) < 0 || mtu < 68 || mtu > 65535)
		return options_bad_value(setting, "an MTU is 68 to 65535 bytes");
	setting->options->tun.mtu = (unsigned)mtu;
	return 0;
}

static int options_set_no_offload(const struct options_setting *setting)
{
	setting->options->tun.no_offload = 1;
	return 0;
}

static int options_set_batch(const struct options_setting *setting)
{
	uint64_t batch;

	if (quantity_parse_count(setting->value, &batch) < 0 || batch < 1 || batch > 1024)
		return options_bad_value(setting, "a batch is 1 to 1024 packets");
	setting->options->tun.batch = (unsigned)batch;
	return 0;
}

static int options_set_workers(const struct options_setting *setting)
{
	uint64_t workers;

	if (quantity_parse_count(setting->value, &workers) < 0 || workers < 1 ||
		workers > OPTIONS_WORKERS)
		return options_bad_value(setting, "the number of workers is 1 to 64");
	setting->options->workers = (unsigned)workers;
	return 0;
}

static int options_set_cc(const struct options_setting *setting)
{
	for (unsigned i = 0; evtcp_cc_name(i); i++) {
		if (strcmp(setting->value, evtcp_cc_name(i)) == 0) {
			setting->options->cc = setting->value;
			return 0;
		}
	}
	return options_bad_value(setting, "the congestion control is cubic, newreno or bbr");
}

static int options_set_ecn(const struct options_setting *setting)
{
	struct options *options = setting->options;

	options->ecn = EVTCP_ECN_ACCEPT;
	options->accurate_ecn = strcmp(setting->value, "accurate") == 0;
	if (strcmp(setting->value, "none") == 0)
		options->ecn = EVTCP_ECN_OFF;
	else if (strcmp(setting->value, "classic") != 0 && !options->accurate_ecn)
		return options_bad_value(setting, "ECN is none, classic or accurate");
	return 0;
}

static int options_set_fast_open(const struct options_setting *setting)
{
	setting->options->fast_open = 1;
	return 0;
}

static int options_set_msl(const struct options_setting *setting)
{
	uint64_t us;

	if (quantity_parse_us(setting->value, 1000000, &us) < 0 || us < 1000 || us > 3600000000u)
		return options_bad_value(
			setting, "the maximum segment lifetime is 0.001 to 3600 seconds");
	setting->options->msl_us = us;
	return 0;
}

static int options_read_rto(const struct options_setting *setting, uint64_t *us)
{
	if (quantity_parse_us(setting->value, 1000, us) < 0 || *us < 1000 || *us > 3600000000u)
		return options_bad_value(
			setting, "a retransmission timeout is 1 to 3600000 milliseconds");
	return 0;
}

static int options_set_rto_min(const struct options_setting *setting)
{
	return options_read_rto(setting, &setting->options->rto_min_us);
}

static int options_set_rto_max(const struct options_setting *setting)
{
	return options_read_rto(setting, &setting->options->rto_max_us);
}

static int options_set_user_timeout(const struct options_setting *setting)
{
	uint64_t seconds;

	/* RFC 5482 3.3: 32,767 minutes. */
	if (quantity_parse_count(setting->value, &seconds) < 0 || seconds < 1 || seconds > 1966020)
		return options_bad_value(setting, "a user timeout is 1 to 1966020 whole seconds");
	setting->options->user_timeout_us = seconds * 1000000;
	return 0;
}

static int options_set_impair(const struct options_setting *setting)
{
	struct options *options = setting->options;
	struct evtcp_impair_error error;

	if (strcmp(setting->value, "help") == 0) {
		options->action = OPTIONS_IMPAIR_HELP;
		return 0;
	}
	if (evtcp_impair_parse(setting->value, &options->impair, &error) < 0)
		return program_fail(setting->error, EXIT_STATUS_BAD_VALUE, "%s: column %u: %s",
			setting->name, error.column, error.text);
	options->has_impair = 1;
	return 0;
}

static int options_set_fault(const struct options_setting *setting)
{
	setting->options->fault = setting->value;
	if (strcmp(setting->value, "help") == 0)
		setting->options->action = OPTIONS_FAULT_HELP;
	return 0;
}

static int options_set_fault_check(const struct options_setting *setting)
{
	setting->options->fault = setting->value;
	setting->options->action = OPTIONS_FAULT_CHECK;
	return 0;
}

static int options_set_pcap(const struct options_setting *setting)
{
	setting->options->pcap = setting->value;
	return 0;
}

static int options_set_trace(const struct options_setting *setting)
{
	setting->options->trace = setting->value;
	return 0;
}

static int options_set_pcap_stack(const struct options_setting *setting)
{
	setting->options->pcap_stack = setting->value;
	return 0;
}

static int options_set_ladder(const struct options_setting *setting)
{
	setting->options->ladder = 1;
	return 0;
}

static int options_set_user(const struct options_setting *setting)
{
	setting->options->user = setting->value;
	return 0;
}

static int options_set_sandbox(const struct options_setting *setting)
{
	static const char *const words[] = {
		[SANDBOX_OFF] = "off", [SANDBOX_ON] = "on", [SANDBOX_REQUIRE] = "require"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(setting->value, words[i]) == 0) {
			setting->options->sandbox = (enum sandbox_mode)i;
			return 0;
		}
	}
	return options_bad_value(setting, "one of on, off and require");
}

static int options_set_root(const struct options_setting *setting)
{
	setting->options->root = setting->value;
	return 0;
}

static int options_set_control(const struct options_setting *setting)
{
	if (setting->value[0] == '\0')
		return options_bad_value(setting, "the path of a socket is not empty");
	setting->options->control = setting->value;
	return 0;
}

static int options_set_access_log(const struct options_setting *setting)
{
	setting->options->access_log = setting->value;
	return 0;
}

static int options_set_limit(const struct options_setting *setting)
{
	char why[LIMITS_WHY];

	if (strcmp(setting->value, "help") == 0)
		setting->options->action = OPTIONS_LIMIT_HELP;
	else if (limits_set(&setting->options->limits, setting->value, why, sizeof(why)) < 0)
		return options_bad_value(setting, why);
	return 0;
}

static int options_set_doctor(const struct options_setting *setting)
{
	setting->options->doctor = 1;
	return 0;
}

static int options_set_verbose(const struct options_setting *setting)
{
	setting->options->verbosity++;
	return 0;
}

static int options_set_quiet(const struct options_setting *setting)
{
	setting->options->verbosity--;
	return 0;
}

static int options_set_help(const struct options_setting *setting)
{
	setting->options->action = OPTIONS_HELP;
	return 0;
}

static int options_set_version(const struct options_setting *setting)
{
	setting->options->action = OPTIONS_VERSION;
	return 0;
}

/* ---- defaults, and what only all options together can tell --------------------- */

static void options_init(struct options *options)
{
	struct evtcp_stack_config config;

	evtcp_stack_config_init(&config);
	memset(options, 0, sizeof(*options));
	options->tun.name = "tun0";
	options->tun.mtu = 1500;
	options->workers = 1;
	options->cc = config.cc;
	options->ecn = config.tcp_options.ecn;
	options->msl_us = config.msl_us;
	options->rto_min_us = config.rto_min_us;
	options->rto_max_us = config.rto_max_us;
	options->user = "nobody";
	options->sandbox = SANDBOX_DEFAULT;
	limits_init(&options->limits);
}

/* Gives each -g the prefix length of the -a whose prefix it is in. */
static int options_place_hosts(struct evtcp_tun_config *tun, struct program_failure *error)
{
	char text[ADDRESS_TEXT];

	for (unsigned h = 0; h < tun->n_host; h++) {
		struct evtcp_tun_address *host = &tun->host[h];

		address_format(host, text, sizeof(text));
		for (unsigned i = 0; i < tun->n_own; i++) {
			if (address_equal(host, &tun->own[i]))
				return program_fail(error, EXIT_STATUS_BAD_VALUE,
					"-g %s: this is the server's own address; the kernel's "
					"side needs another one in the same prefix",
					text);
			if (host->prefix_len == 0 && address_in_prefix(host, &tun->own[i]))
				host->prefix_len = tun->own[i].prefix_len;
		}
		if (host->prefix_len == 0)
			return program_fail(error, EXIT_STATUS_NOT_IN_PREFIX,
				"-g %s: this is not a host address in the prefix of any server "
				"address, so the two sides could not reach each other; choose one "
				"in the prefix of -a",
				text);
	}
	return 0;
}

/* Gives each prefix that has no host address yet its first free one. */
static int options_choose_hosts(struct evtcp_tun_config *tun, struct program_failure *error)
{
	for (unsigned i = 0; i < tun->n_own; i++) {
		unsigned has_host = 0;

		for (unsigned h = 0; h < tun->n_host; h++)
			has_host |= (unsigned)address_in_prefix(&tun->host[h], &tun->own[i]);
		if (has_host)
			continue;
		/* The server's addresses come first in the list, from this one on: an
		 * earlier one of the same prefix would have brought a host. */
		if (tun->n_host == EVTCP_TUN_ADDRESSES ||
			address_first_host(&tun->own[i], tun->n_own - i, &tun->host[tun->n_host]) <
				0) {
			char text[ADDRESS_TEXT];

			return program_fail(error, EXIT_STATUS_NOT_IN_PREFIX,
				"-a %s/%u: this prefix has no address left for the kernel's side; "
				"choose a wider prefix",
				address_format(&tun->own[i], text, sizeof(text)),
				tun->own[i].prefix_len);
		}
		tun->n_host++;
	}
	return 0;
}

/* What is written at the same time goes to different files, and none of it among what COMMAND has
 * to say. */
static int options_check_files(const struct options *options, struct program_failure *error)
{
	static const char *const names[] = {"--pcap", "--pcap-stack", "--trace"};
	const char *const files[] = {options->pcap, options->pcap_stack, options->trace};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i] == NULL)
			continue;
		if (strcmp(files[i], "-") == 0 && options->command != NULL)
			return program_fail(error, EXIT_STATUS_BAD_VALUE,
				"%s -: stdout belongs to COMMAND; name a file, or a FIFO",
				names[i]);
		for (size_t k = 0; k < i; k++)
			if (files[k] != NULL && strcmp(files[k], files[i]) == 0)
				return program_fail(error, EXIT_STATUS_BAD_VALUE,
					"%s and %s name the same file, '%s'", names[k], names[i],
					files[i]);
	}
	return 0;
}

/* A fault script counts packets, an emulated link has one queue, and a ladder has one time: several
 * workers would each have one of their own, which is not what was asked for. */
static int options_check_workers(struct options *options, struct program_failure *error)
{
	const char *other = options->has_impair      ? "--impair"
			    : options->fault != NULL ? "--fault"
						     : "--ladder";

	options->tun.multi_queue = options->workers > 1;
	if (options->workers == 1 ||
		!(options->has_impair || options->fault != NULL || options->ladder))
		return 0;
	return program_fail(error, EXIT_STATUS_BAD_VALUE,
		"--workers %u: %s needs all packets in one order, which several workers do not "
		"have; "
		"leave one of the two out",
		options->workers, other);
}

static int options_finish(struct options *options, struct program_failure *error)
{
	struct evtcp_tun_config *tun = &options->tun;

	if (tun->mtu < OPTIONS_IPV6_MTU && options->asked_ipv6)
		return program_fail(error, EXIT_STATUS_BAD_VALUE,
			"--mtu %u: IPv6 needs at least %d bytes; raise it, or leave the IPv6 "
			"addresses out",
			tun->mtu, OPTIONS_IPV6_MTU);
	if (tun->n_own == 0) {
		address_parse_prefix("10.0.0.2/24", &tun->own[tun->n_own++]);
		if (tun->mtu >= OPTIONS_IPV6_MTU)
			address_parse_prefix("fd00:e7::2/64", &tun->own[tun->n_own++]);
	}
	if (options->n_ports == 0)
		options->ports[options->n_ports++] = 80;
	if (options->rto_min_us > options->rto_max_us)
		return program_fail(error, EXIT_STATUS_BAD_VALUE,
			"--rto-min is larger than --rto-max; lower the first or raise the second");
	/* Who looks at packets, or meddles with them, means those that would be on a wire. What may
	 * end while it serves has them cut up, so that the device can do it again afterwards. */
	if (options->ladder || options->trace != NULL || options->pcap_stack != NULL ||
		((options->has_impair || options->fault != NULL || options->pcap != NULL) &&
			options->control == NULL))
		tun->no_offload = 1;
	if (options_check_files(options, error) < 0 || options_check_workers(options, error) < 0 ||
		options_place_hosts(&options->tun, error) < 0)
		return -1;
	return options_choose_hosts(&options->tun, error);
}

/* Keeps the IPv4 addresses of a list; returns how many they are. */
static unsigned options_keep_ipv4(struct evtcp_tun_address *list, unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!address_is_ipv6(&list[i]))
			list[kept++] = list[i];
	}
	return kept;
}

int options_without_ipv6(struct options *options)
{
	struct evtcp_tun_config *tun = &options->tun;
	unsigned n = tun->n_own;

	if (options->asked_ipv6)
		return -1;
	tun->n_own = options_keep_ipv4(tun->own, tun->n_own);
	tun->n_host = options_keep_ipv4(tun->host, tun->n_host);
	return tun->n_own < n ? 0 : -1;
}

/* ---- the whole ------------------------------------------------------------------ */

struct options_reading {
	struct options *options;
	struct program_failure *failure;
};

/* Who asks for help, or for another thing that is not serving, is not told of what follows. */
static int options_set(void *arg, size_t row, const char *name, const char *value)
{
#define OPTIONS_SETTER(id, letter, long_name, argument, default_text, meaning) options_set_##id,
	static int (*const setters[])(const struct options_setting *setting) = {
		OPTIONS(OPTIONS_SETTER)};
#undef OPTIONS_SETTER
	const struct options_reading *reading = arg;
	const struct options_setting setting = {reading->options, reading->failure, name, value};

	if (setters[row](&setting) < 0)
		return -1;
	return reading->options->action != OPTIONS_SERVE;
}

static int options_operand(void *arg, const char *operand)
{
	const struct options_reading *reading = arg;

	return program_fail(reading->failure, EXIT_STATUS_UNKNOWN_OPTION,
		"unexpected argument '%s': a COMMAND goes after '--', as in "
		"'evtcpd -- curl http://10.0.0.2/'",
		operand);
}

static int options_command(void *arg, char **words)
{
	const struct options_reading *reading = arg;

	if (words[0] == NULL)
		return program_fail(reading->failure, EXIT_STATUS_UNKNOWN_OPTION,
			"there is no COMMAND after '--'");
	reading->options->command = words;
	return 0;
}

int options_parse(struct options *options, char **argv, struct program_failure *failure)
{
#define OPTIONS_ROW(id, letter, name, argument, default_text, meaning) \
	{letter, name, argument, default_text, meaning},
	static const struct program_option rows[] = {OPTIONS(OPTIONS_ROW)};
#undef OPTIONS_ROW
	struct options_reading reading = {options, failure};
	const struct program_syntax syntax = {.options = rows,
		.n_options = sizeof(rows) / sizeof(rows[0]),
		.unknown_status = EXIT_STATUS_UNKNOWN_OPTION,
		.value_status = EXIT_STATUS_BAD_VALUE,
		.set = options_set,
		.operand = options_operand,
		.rest = options_command,
		.arg = &reading};

	options_init(options);
	if (program_read_options(&syntax, argv, failure) < 0)
		return -1;
	return options->action == OPTIONS_SERVE ? options_finish(options, failure) : 0;
}
