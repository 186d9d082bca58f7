/* SPDX-License-Identifier: BSD-3-Clause */

/* The config lines of a script: figures of the stack under test.
 *
 * Input: a cursor behind the word "config". Output: the script's configuration.
 * Times are in seconds here as everywhere in a script. */

#include "script.h"

#include <stddef.h>
#include <string.h>

struct named_offset {
	const char *name;
	size_t offset;
};

#define SECONDS(name, field) \
	{ \
		name, offsetof(struct evtcp_stack_config, field) \
	}
static const struct named_offset seconds[] = {
	SECONDS("msl", msl_us),
	SECONDS("rto-min", rto_min_us),
	SECONDS("rto-max", rto_max_us),
	SECONDS("rto-initial", rto_initial_us),
	SECONDS("delayed-ack", delayed_ack_us),
	SECONDS("advertise-user-timeout", advertised_user_timeout_us),
};
#undef SECONDS

#define LIMIT(field) \
	{ \
#field, offsetof(struct evtcp_limits, field) \
	}
static const struct named_offset limits[] = {
	LIMIT(connections),
	LIMIT(half_open),
	LIMIT(fast_open_pending),
	LIMIT(accept_queue),
	LIMIT(syn_ack_retries),
	LIMIT(time_wait),
	LIMIT(fin_wait_2_seconds),
	LIMIT(orphans),
	LIMIT(orphan_seconds),
	LIMIT(retries),
	LIMIT(user_timeout_min),
	LIMIT(user_timeout_max),
	LIMIT(receive_buffer),
	LIMIT(receive_buffer_max),
	LIMIT(send_buffer),
	LIMIT(send_buffer_max),
	LIMIT(quick_acks),
	LIMIT(out_of_order),
	LIMIT(records),
	LIMIT(mss_floor),
	LIMIT(fragmented),
	LIMIT(fragments),
	LIMIT(path_mtus),
	LIMIT(path_mtu_floor),
	LIMIT(icmp_per_second),
	LIMIT(challenge_ms),
	LIMIT(batch_timers),
};
static const struct named_offset wide_limits[] = {
	LIMIT(out_of_order_bytes),
	LIMIT(buffer_bytes),
	LIMIT(fragment_bytes),
};
#undef LIMIT

static const struct named_offset *find(
	const struct named_offset *table, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}
#define FIND(table, name) find(table, sizeof(table) / sizeof((table)[0]), name)

static bool scan_limit(struct scan *scan, struct evtcp_limits *target)
{
	char name[SCAN_WORD];
	const struct named_offset *limit;
	int64_t value;

	if (!scan_need_word(scan, name, sizeof(name)))
		return false;
	if ((limit = FIND(limits, name))) {
		if (!scan_need_number(scan, 0, UINT32_MAX, &value))
			return false;
		*(uint32_t *)(void *)((char *)target + limit->offset) = (uint32_t)value;
		return true;
	}
	if ((limit = FIND(wide_limits, name))) {
		if (!scan_need_number(scan, 0, INT64_MAX, &value))
			return false;
		*(uint64_t *)(void *)((char *)target + limit->offset) = (uint64_t)value;
		return true;
	}
	return scan_fail_word(scan, "limit");
}

static bool scan_off(struct scan *scan)
{
	return scan_is(scan, "off") || scan_fail(scan, "\"off\" was expected");
}

static bool scan_byte(struct scan *scan, unsigned *value, int64_t min, int64_t max)
{
	int64_t number;

	if (!scan_need_number(scan, min, max, &number))
		return false;
	*value = (unsigned)number;
	return true;
}

/* The names of cc_find, which is not of the public API. */
static bool scan_cc(struct scan *scan, struct script *script)
{
	static const char *const names[] = {"cubic", "newreno", "bbr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (scan_is(scan, names[i])) {
			script->config.cc = names[i];
			return true;
		}
	}
	return scan_fail(scan, "\"cubic\", \"newreno\" or \"bbr\" was expected");
}

static bool scan_ecn(struct scan *scan, struct script *script)
{
	if (scan_is(scan, "request")) {
		script->config.tcp_options.ecn = EVTCP_ECN_REQUEST;
		return true;
	}
	if (scan_is(scan, "accurate")) { /* beside the others */
		script->config.tcp_options.accurate_ecn = 1;
		return true;
	}
	script->config.tcp_options.ecn = EVTCP_ECN_OFF;
	return scan_is(scan, "off") ||
	       scan_fail(scan, "\"request\", \"accurate\" or \"off\" was expected");
}

static bool scan_other(struct scan *scan, struct script *script, const char *name)
{
	unsigned number;

	if (strcmp(name, "limit") == 0)
		return scan_limit(scan, &script->config.limits);
	if (strcmp(name, "mtu") == 0)
		return scan_byte(scan, &script->mtu, 68, 65535);
	if (strcmp(name, "ttl") == 0) {
		if (!scan_byte(scan, &number, 1, 255))
			return false;
		script->config.ttl = (uint8_t)number;
		return true;
	}
	if (strcmp(name, "ecn") == 0)
		return scan_ecn(scan, script);
	if (strcmp(name, "cc") == 0)
		return scan_cc(scan, script);
	if (strcmp(name, "family") == 0) {
		script->ipv4_only = scan_is(scan, "ipv4");
		script->ipv6_only = !script->ipv4_only && scan_is(scan, "ipv6");
		return script->ipv4_only || script->ipv6_only ||
		       scan_fail(scan, "\"ipv4\" or \"ipv6\" was expected");
	}
	if (strcmp(name, "iss") == 0) {
		script->any_iss = true;
		return scan_is(scan, "any") || scan_fail(scan, "\"any\" was expected");
	}
	script->config.tcp_options.timestamps &= strcmp(name, "timestamps") != 0;
	script->config.tcp_options.sack &= strcmp(name, "sack") != 0;
	script->config.tcp_options.window_scale &= strcmp(name, "wscale") != 0;
	if (strcmp(name, "timestamps") == 0 || strcmp(name, "sack") == 0 ||
		strcmp(name, "wscale") == 0)
		return scan_off(scan);
	return scan_fail_word(scan, "setting");
}

bool settings_scan(struct scan *scan, struct script *script)
{
	char name[SCAN_WORD];
	const struct named_offset *setting;
	uint64_t us;

	if (!scan_need_word(scan, name, sizeof(name)))
		return false;
	setting = FIND(seconds, name);
	if (!setting)
		return scan_other(scan, script, name) && scan_need_end(scan);
	if (!scan_need_seconds(scan, &us))
		return false;
	*(uint64_t *)(void *)((char *)&script->config + setting->offset) = us;
	return scan_need_end(scan);
}
