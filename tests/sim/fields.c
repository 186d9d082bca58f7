/* SPDX-License-Identifier: BSD-3-Clause */

/* The table of what a scenario consists of.
 *
 * In: a scenario. Out: a list of its numbers, each with its name and how it is written.
 *
 * What is missing here is lost when a scenario is written down: the test beside this file
 * sees that by playing what was read. */

#include "fields.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One field of a struct, wherever the struct stands. */
struct field_row {
	const char *name;
	enum field_type type;
	enum field_use use;
	size_t offset;
	const char *const *words;
};

// clang-format off
#define TYPE_OF(owner, member) _Generic(((owner *)0)->member, \
	bool: FIELD_BOOL, uint8_t: FIELD_U8, uint16_t: FIELD_U16, uint32_t: FIELD_U32, \
	uint64_t: FIELD_U64, int: FIELD_INT, const char *: FIELD_CC)
// clang-format on
#define ROW(owner, name, member, use) \
	{ \
		name, TYPE_OF(owner, member), use, offsetof(owner, member), NULL \
	}
/* An enumeration; its values have names. */
#define WORDS(owner, name, member, words) \
	{ \
		name, FIELD_U32, FIELD_CHOICE, offsetof(owner, member), words \
	}

static const char *const profile_words[] = {
#define PROFILE_WORD(name, text) text,
	PROFILES(PROFILE_WORD)
#undef PROFILE_WORD
		NULL};
static const char *const opener_words[] = {"0", "1", "both", NULL};
static const char *const ending_words[] = {
	"closes", "closes-last", "frees-at-once", "frees-early", "aborts", NULL};
static const char *const ecn_words[] = {"off", "accept", "request", NULL};

static const struct field_row scenario_rows[] = {
	ROW(struct scenario, "seed", seed, FIELD_KEPT),
	WORDS(struct scenario, "profile", profile, profile_words),
	ROW(struct scenario, "connections", n_dialogues, FIELD_KEPT),
	ROW(struct scenario, "heals_at_us", heals_at_us, FIELD_AMOUNT),
	ROW(struct scenario, "perfect", perfect, FIELD_CHOICE),
	ROW(struct scenario, "path_mtu", path_mtu, FIELD_CHOICE),
	ROW(struct scenario, "path_silent", path_silent, FIELD_CHOICE),
	ROW(struct scenario, "batch_max", batch_max, FIELD_CHOICE),
	ROW(struct scenario, "check_every", check_every, FIELD_CHOICE),
	ROW(struct scenario, "restart_at_us", restart_at_us, FIELD_AMOUNT),
	ROW(struct scenario, "stranger_ppm", stranger_ppm, FIELD_AMOUNT),
	ROW(struct scenario, "silly_ppm", silly_ppm, FIELD_AMOUNT),
	ROW(struct scenario, "pass_collisions", pass_collisions, FIELD_CHOICE),
	ROW(struct scenario, "wraps_after.0", wraps_after[0], FIELD_AMOUNT),
	ROW(struct scenario, "wraps_after.1", wraps_after[1], FIELD_AMOUNT),
};

#define LIMIT(member) ROW(struct host_plan, #member, config.limits.member, FIELD_CHOICE)
static const struct field_row host_rows[] = {
	ROW(struct host_plan, "ipv6", ipv6, FIELD_CHOICE),
	ROW(struct host_plan, "mtu", mtu, FIELD_CHOICE),
	ROW(struct host_plan, "offload", offload, FIELD_CHOICE),
	ROW(struct host_plan, "clock_origin_us", clock_origin_us, FIELD_CHOICE),
	{"window_scale", FIELD_OPTION, FIELD_CHOICE, 0, NULL},
	{"timestamps", FIELD_OPTION, FIELD_CHOICE, 1, NULL},
	{"sack", FIELD_OPTION, FIELD_CHOICE, 2, NULL},
	{"ecn", FIELD_OPTION, FIELD_CHOICE, 3, ecn_words},
	{"accurate_ecn", FIELD_OPTION, FIELD_CHOICE, 4, NULL},
	ROW(struct host_plan, "cc", config.cc, FIELD_CHOICE),
	ROW(struct host_plan, "msl_us", config.msl_us, FIELD_CHOICE),
	ROW(struct host_plan, "rto_min_us", config.rto_min_us, FIELD_CHOICE),
	ROW(struct host_plan, "rto_max_us", config.rto_max_us, FIELD_CHOICE),
	ROW(struct host_plan, "advertised_user_timeout_us", config.advertised_user_timeout_us,
		FIELD_CHOICE),
	ROW(struct host_plan, "delayed_ack_us", config.delayed_ack_us, FIELD_CHOICE),
	LIMIT(receive_buffer),
	LIMIT(receive_buffer_max),
	LIMIT(send_buffer),
	LIMIT(send_buffer_max),
	LIMIT(quick_acks),
	LIMIT(out_of_order),
	LIMIT(out_of_order_bytes),
	LIMIT(buffer_bytes),
	LIMIT(records),
	LIMIT(retries),
	LIMIT(half_open),
	LIMIT(challenge_ms),
	LIMIT(awake),
};
#undef LIMIT

#define WAY(name, member, use) ROW(struct emulator_config, name, way.member, use)
static const struct field_row way_rows[] = {
	WAY("loss_ppm", loss_ppm, FIELD_AMOUNT),
	WAY("burst.begin_ppm", burst.begin_ppm, FIELD_AMOUNT),
	WAY("burst.end_ppm", burst.end_ppm, FIELD_CHOICE),
	WAY("burst.loss_bad_ppm", burst.loss_bad_ppm, FIELD_CHOICE),
	WAY("rate_bps", rate_bps, FIELD_CHOICE),
	WAY("queue_bytes", queue_bytes, FIELD_CHOICE),
	WAY("ecn", ecn, FIELD_CHOICE),
	WAY("overtake", overtake, FIELD_CHOICE),
	WAY("delay.us", delay.us, FIELD_CHOICE),
	WAY("delay.jitter_us", delay.jitter_us, FIELD_AMOUNT),
	WAY("reorder_ppm", reorder_ppm, FIELD_AMOUNT),
	WAY("hold.us", hold.us, FIELD_AMOUNT),
	WAY("hold.jitter_us", hold.jitter_us, FIELD_AMOUNT),
	WAY("duplicate_ppm", duplicate_ppm, FIELD_AMOUNT),
	WAY("duplicate_max", duplicate_max, FIELD_CHOICE),
	WAY("corrupt_ppm", corrupt_ppm, FIELD_AMOUNT),
	WAY("corrupt_max", corrupt_max, FIELD_CHOICE),
	WAY("truncate_ppm", truncate_ppm, FIELD_AMOUNT),
};
#undef WAY

static const struct field_row outage_rows[] = {
	ROW(struct emulator_outage, "from_us", from_us, FIELD_AMOUNT),
	ROW(struct emulator_outage, "until_us", until_us, FIELD_AMOUNT),
};

static const struct field_row spike_rows[] = {
	ROW(struct emulator_spike, "from_us", from_us, FIELD_AMOUNT),
	ROW(struct emulator_spike, "until_us", until_us, FIELD_AMOUNT),
	ROW(struct emulator_spike, "extra_us", extra_us, FIELD_AMOUNT),
};

static const struct field_row pause_rows[] = {
	ROW(struct pause_plan, "from_us", from_us, FIELD_AMOUNT),
	ROW(struct pause_plan, "until_us", until_us, FIELD_AMOUNT),
	ROW(struct pause_plan, "hosts", hosts, FIELD_CHOICE),
	ROW(struct pause_plan, "asleep", asleep, FIELD_CHOICE),
	ROW(struct pause_plan, "timers_first", timers_first, FIELD_CHOICE),
};

static const struct field_row leap_rows[] = {
	ROW(struct leap_plan, "at_us", at_us, FIELD_AMOUNT),
	ROW(struct leap_plan, "by_us", by_us, FIELD_AMOUNT),
};

static const struct field_row dialogue_rows[] = {
	ROW(struct dialogue_plan, "after", after, FIELD_CHOICE),
	ROW(struct dialogue_plan, "opens_at_us", opens_at_us, FIELD_AMOUNT),
	ROW(struct dialogue_plan, "second_opens_us", second_opens_us, FIELD_AMOUNT),
	WORDS(struct dialogue_plan, "opener", opener, opener_words),
	ROW(struct dialogue_plan, "ports.0", ports[0], FIELD_KEPT),
	ROW(struct dialogue_plan, "ports.1", ports[1], FIELD_KEPT),
	ROW(struct dialogue_plan, "refused", refused, FIELD_CHOICE),
	ROW(struct dialogue_plan, "stream", stream, FIELD_KEPT),
};

#define APP(member, use) ROW(struct app_plan, #member, member, use)
static const struct field_row app_rows[] = {
	APP(total, FIELD_AMOUNT),
	APP(write_max, FIELD_CHOICE),
	APP(write_pause_percent, FIELD_AMOUNT),
	APP(write_pause_us, FIELD_AMOUNT),
	APP(read_max, FIELD_CHOICE),
	APP(read_pause_percent, FIELD_AMOUNT),
	APP(read_pause_us, FIELD_AMOUNT),
	APP(output_max, FIELD_CHOICE),
	APP(by_socket_calls, FIELD_CHOICE),
	APP(by_reference, FIELD_CHOICE),
	APP(gates, FIELD_CHOICE),
	APP(corks, FIELD_CHOICE),
	APP(listens, FIELD_CHOICE),
	APP(works_in_callbacks, FIELD_CHOICE),
	WORDS(struct app_plan, "ending", ending, ending_words),
	APP(ending_after, FIELD_AMOUNT),
	APP(hold_us, FIELD_AMOUNT),
	APP(linger_dead_us, FIELD_AMOUNT),
	APP(nodelay, FIELD_CHOICE),
	APP(keepalive_us, FIELD_CHOICE),
	APP(keepalive_probes, FIELD_CHOICE),
	APP(user_timeout_us, FIELD_CHOICE),
};
#undef APP

/* ---- the list ------------------------------------------------------------------ */

static void fields_add(struct fields *fields, const char *prefix, const struct field_row *row,
	void *owner, size_t place)
{
	struct field *field = &fields->field[fields->n++];
	int len;

	assert(fields->n <= FIELDS_MAX && "the list has room for all");
	*field = (struct field){
		.type = row->type, .use = row->use, .words = row->words, .place = place};
	field->at = row->type == FIELD_OPTION ? owner : (char *)owner + row->offset;
	len = snprintf(field->name, sizeof(field->name), "%s%s", prefix, row->name);
	assert(len < FIELD_NAME && "a name fits");
	(void)len;
}

#define ADD_ALL(fields, prefix, rows, owner) \
	for (size_t row_ = 0; row_ < sizeof(rows) / sizeof(*(rows)); row_++) \
	fields_add(fields, prefix, &(rows)[row_], owner, (rows)[row_].offset)

static void fields_add_host(struct fields *fields, struct host_plan *host, unsigned index)
{
	char prefix[FIELD_NAME];

	snprintf(prefix, sizeof(prefix), "host.%u.", index);
	ADD_ALL(fields, prefix, host_rows, host);
}

static void fields_add_way(struct fields *fields, struct emulator_config *way, unsigned index)
{
	char prefix[FIELD_NAME];

	snprintf(prefix, sizeof(prefix), "way.%u.", index);
	ADD_ALL(fields, prefix, way_rows, way);
	for (int i = 0; i < EMULATOR_OUTAGES; i++) {
		snprintf(prefix, sizeof(prefix), "way.%u.outage.%d.", index, i);
		ADD_ALL(fields, prefix, outage_rows, &way->outages[i]);
	}
	for (int i = 0; i < EMULATOR_SPIKES; i++) {
		snprintf(prefix, sizeof(prefix), "way.%u.spike.%d.", index, i);
		ADD_ALL(fields, prefix, spike_rows, &way->spikes[i]);
	}
}

static void fields_add_disturbances(struct fields *fields, struct scenario *scenario)
{
	char prefix[FIELD_NAME];

	for (int i = 0; i < SCENARIO_PAUSES; i++) {
		snprintf(prefix, sizeof(prefix), "pause.%d.", i);
		ADD_ALL(fields, prefix, pause_rows, &scenario->pauses[i]);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(prefix, sizeof(prefix), "leap.%d.", i);
		ADD_ALL(fields, prefix, leap_rows, &scenario->leaps[i]);
	}
}

static void fields_add_dialogue(
	struct fields *fields, struct dialogue_plan *dialogue, unsigned index)
{
	char prefix[FIELD_NAME];

	snprintf(prefix, sizeof(prefix), "connection.%u.", index);
	ADD_ALL(fields, prefix, dialogue_rows, dialogue);
	for (int end = 0; end < 2; end++) {
		snprintf(prefix, sizeof(prefix), "connection.%u.end.%d.", index, end);
		ADD_ALL(fields, prefix, app_rows, &dialogue->ends[end]);
	}
}

void fields_list(struct scenario *scenario, struct fields *fields)
{
	fields->n = 0;
	ADD_ALL(fields, "", scenario_rows, scenario);
	for (unsigned i = 0; i < 2; i++)
		fields_add_host(fields, &scenario->hosts[i], i);
	for (unsigned i = 0; i < 2; i++)
		fields_add_way(fields, &scenario->ways[i], i);
	fields_add_disturbances(fields, scenario);
	for (unsigned i = 0; i < scenario->n_dialogues; i++)
		fields_add_dialogue(fields, &scenario->dialogues[i], i);
}

/* ---- values --------------------------------------------------------------------- */

static uint64_t field_get_option(const struct field *field)
{
	const struct host_plan *host = field->at;
	const struct evtcp_tcp_options *options = &host->config.tcp_options;
	const unsigned values[] = {options->window_scale, options->timestamps, options->sack,
		options->ecn, options->accurate_ecn};

	return values[field->place];
}

static void field_set_option(const struct field *field, unsigned value)
{
	struct host_plan *host = field->at;
	struct evtcp_tcp_options *options = &host->config.tcp_options;

	switch (field->place) {
	case 0:
		options->window_scale = value & 1;
		return;
	case 1:
		options->timestamps = value & 1;
		return;
	case 2:
		options->sack = value & 1;
		return;
	case 3:
		options->ecn = value & 3;
		return;
	default:
		options->accurate_ecn = value & 1;
	}
}

static uint64_t field_get_cc(const struct field *field)
{
	const char *name = *(const char **)field->at;
	unsigned i = 0;

	while (evtcp_cc_name(i) && strcmp(evtcp_cc_name(i), name) != 0)
		i++;
	return i;
}

uint64_t field_get(const struct field *field)
{
	switch (field->type) {
	case FIELD_BOOL:
		return *(bool *)field->at;
	case FIELD_U8:
		return *(uint8_t *)field->at;
	case FIELD_U16:
		return *(uint16_t *)field->at;
	case FIELD_U32:
		return *(uint32_t *)field->at;
	case FIELD_U64:
		return *(uint64_t *)field->at;
	case FIELD_INT:
		return (uint64_t)(int64_t)(*(int *)field->at);
	case FIELD_CC:
		return field_get_cc(field);
	case FIELD_OPTION:
		return field_get_option(field);
	}
	return 0;
}

void field_set(const struct field *field, uint64_t value)
{
	switch (field->type) {
	case FIELD_BOOL:
		*(bool *)field->at = value != 0;
		return;
	case FIELD_U8:
		*(uint8_t *)field->at = (uint8_t)value;
		return;
	case FIELD_U16:
		*(uint16_t *)field->at = (uint16_t)value;
		return;
	case FIELD_U32:
		*(uint32_t *)field->at = (uint32_t)value;
		return;
	case FIELD_U64:
		*(uint64_t *)field->at = value;
		return;
	case FIELD_INT:
		*(int *)field->at = (int)value;
		return;
	case FIELD_CC:
		*(const char **)field->at = evtcp_cc_name((unsigned)value);
		return;
	case FIELD_OPTION:
		field_set_option(field, (unsigned)value);
	}
}

/* ---- values as text --------------------------------------------------------------- */

static const char *field_word(const struct field *field, uint64_t value)
{
	if (field->type == FIELD_CC)
		return evtcp_cc_name((unsigned)value);
	for (unsigned i = 0; field->words && field->words[i]; i++) {
		if (i == value)
			return field->words[i];
	}
	return NULL;
}

char *field_format(const struct field *field, char text[FIELD_TEXT])
{
	uint64_t value = field_get(field);
	const char *word = field_word(field, value);

	if (word)
		snprintf(text, FIELD_TEXT, "%s", word);
	else if (field->type == FIELD_INT)
		snprintf(text, FIELD_TEXT, "%d", (int)value);
	else if (value == UINT64_MAX)
		snprintf(text, FIELD_TEXT, "never");
	else
		snprintf(text, FIELD_TEXT, "%" PRIu64, value);
	return text;
}

static bool field_parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (strcmp(text, "never") == 0) {
		*value = UINT64_MAX;
		return true;
	}
	*value = strtoull(text, &end, 10);
	return end != text && *end == '\0';
}

bool field_parse(const struct field *field, const char *text)
{
	uint64_t value = 0;

	if (field->words || field->type == FIELD_CC) {
		for (const char *word; (word = field_word(field, value)); value++) {
			if (strcmp(word, text) == 0)
				break;
		}
		if (!field_word(field, value))
			return false;
	} else if (!field_parse_number(text, &value)) {
		return false;
	}
	field_set(field, value);
	return field_get(field) == value;
}
