/* SPDX-License-Identifier: BSD-3-Clause */

/* The language of specifications: struct to text.
 *
 * Input: a specification. Output: the shortest text of parse.c's grammar that gives the
 * same: verbs that do nothing are left out, what both directions share is said once.
 *
 * It checks nothing. */

#include "link/impair/spec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT_VALUE = 144, FORMAT_NUMBER = 32 };

/* The value of one verb for one way; "" says that it does nothing. */
typedef void (*format_value)(const struct evtcp_impair_way *way, char value[FORMAT_VALUE]);

/* ---- quantities -------------------------------------------------------- */

struct format_unit {
	const char *name;
	uint64_t factor;
};

/* The largest unit of which value is a whole number; they go from large to small. */
static const char *format_in_units(
	uint64_t value, const struct format_unit *units, char text[FORMAT_NUMBER])
{
	while (value % units->factor != 0)
		units++;
	snprintf(text, FORMAT_NUMBER, "%" PRIu64 "%s", value / units->factor, units->name);
	return text;
}

static const char *format_chance(uint32_t ppm, char text[FORMAT_NUMBER])
{
	int len = snprintf(
		text, FORMAT_NUMBER, "%u.%04u", (unsigned)(ppm / 10000), (unsigned)(ppm % 10000));

	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = '%';
	text[len + 1] = '\0';
	return text;
}

static const char *format_time(uint64_t us, char text[FORMAT_NUMBER])
{
	static const struct format_unit units[] = {{"s", 1000000}, {"ms", 1000}, {"us", 1}};

	return format_in_units(us, units, text);
}

static const char *format_bytes(uint64_t bytes, char text[FORMAT_NUMBER])
{
	static const struct format_unit units[] = {{"mb", 1 << 20}, {"kb", 1 << 10}, {"b", 1}};

	return format_in_units(bytes, units, text);
}

static void format_span(const struct evtcp_impair_span *span, char value[FORMAT_VALUE])
{
	char us[FORMAT_NUMBER], jitter[FORMAT_NUMBER];

	snprintf(value, FORMAT_VALUE, "%s%s%s", format_time(span->us, us),
		span->jitter_us ? "~" : "",
		span->jitter_us ? format_time(span->jitter_us, jitter) : "");
}

/* "1%", or "1%/3" where at most is more than one. */
static void format_chance_at_most(uint32_t ppm, uint32_t most, char value[FORMAT_VALUE])
{
	char chance[FORMAT_NUMBER], more[FORMAT_NUMBER] = "";

	if (ppm == 0)
		return;
	if (most > 1)
		snprintf(more, sizeof(more), "/%u", (unsigned)most);
	snprintf(value, FORMAT_VALUE, "%s%s", format_chance(ppm, chance), more);
}

/* ---- verbs ------------------------------------------------------------- */

static void format_loss(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	format_chance_at_most(way->loss_ppm, 1, value);
}

static void format_gemodel(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	char begin[FORMAT_NUMBER], end[FORMAT_NUMBER], bad[FORMAT_NUMBER], good[FORMAT_NUMBER];

	if (way->burst.begin_ppm == 0 && way->burst.loss_good_ppm == 0)
		return;
	snprintf(value, FORMAT_VALUE, "%s/%s/%s/%s", format_chance(way->burst.begin_ppm, begin),
		format_chance(way->burst.end_ppm, end), format_chance(way->burst.loss_bad_ppm, bad),
		format_chance(way->burst.loss_good_ppm, good));
}

static void format_delay(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	if (way->delay.us != 0)
		format_span(&way->delay, value);
}

static void format_reorder(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	char chance[FORMAT_NUMBER], hold[FORMAT_VALUE];

	if (way->reorder_ppm == 0)
		return;
	format_span(&way->hold, hold);
	snprintf(value, FORMAT_VALUE, "%.20s/%.70s", format_chance(way->reorder_ppm, chance), hold);
}

static void format_dup(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	format_chance_at_most(way->duplicate_ppm, way->duplicate_max, value);
}

static void format_corrupt(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	format_chance_at_most(way->corrupt_ppm, way->corrupt_max, value);
}

static void format_truncate(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	format_chance_at_most(way->truncate_ppm, 1, value);
}

static void format_rate(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	static const struct format_unit units[] = {
		{"gbit", 1000000000}, {"mbit", 1000000}, {"kbit", 1000}, {"bit", 1}};

	if (way->rate_bps != 0)
		format_in_units(way->rate_bps, units, value);
}

static void format_queue(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	if (way->queue_bytes != 0)
		format_bytes(way->queue_bytes, value);
	else if (way->queue_packets != 0)
		snprintf(value, FORMAT_VALUE, "%u", (unsigned)way->queue_packets);
}

static void format_mtu(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	if (way->mtu != 0)
		snprintf(value, FORMAT_VALUE, "%u%s", way->mtu, way->silent ? "/silent" : "");
}

static void format_limit(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	if (way->limit_bytes != 0)
		format_bytes(way->limit_bytes, value);
}

static void format_overtake(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	snprintf(value, FORMAT_VALUE, "%s", way->overtake ? "yes" : "");
}

static void format_ecn(const struct evtcp_impair_way *way, char value[FORMAT_VALUE])
{
	snprintf(value, FORMAT_VALUE, "%s", way->ecn ? "yes" : "");
}

/* ---- the whole --------------------------------------------------------- */

/* Text that grows at its end; len stays below size, so text is terminated. */
struct format_text {
	char *text;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void format_add(
	struct format_text *text, const char *format, ...)
{
	size_t room = text->size - text->len;
	va_list args;
	int n;

	if (room <= 1)
		return;
	va_start(args, format);
	n = vsnprintf(text->text + text->len, room, format, args);
	va_end(args);
	if (n > 0)
		text->len += (size_t)n < room ? (size_t)n : room - 1;
}

struct format_verb {
	const char *name;
	bool is_flag;
	format_value value;
};

static void format_clause(struct format_text *text, const char *prefix,
	const struct format_verb *verb, const char *value)
{
	if (value[0] == '\0')
		return;
	format_add(text, "%s%s", prefix, verb->name);
	if (!verb->is_flag)
		format_add(text, "=%s", value);
	format_add(text, ",");
}

char *evtcp_impair_format(const struct evtcp_impair_spec *spec, char *text, size_t size)
{
	static const struct format_verb verbs[] = {
		{"loss", false, format_loss},
		{"gemodel", false, format_gemodel},
		{"delay", false, format_delay},
		{"overtake", true, format_overtake},
		{"reorder", false, format_reorder},
		{"dup", false, format_dup},
		{"corrupt", false, format_corrupt},
		{"truncate", false, format_truncate},
		{"rate", false, format_rate},
		{"queue", false, format_queue},
		{"ecn", true, format_ecn},
		{"mtu", false, format_mtu},
		{"limit", false, format_limit},
	};
	struct format_text out = {text, size, 0};

	if (size != 0)
		text[0] = '\0';
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		char tx[FORMAT_VALUE] = "", rx[FORMAT_VALUE] = "";

		verbs[i].value(&spec->ways[EVTCP_IMPAIR_TX], tx);
		verbs[i].value(&spec->ways[EVTCP_IMPAIR_RX], rx);
		if (strcmp(tx, rx) == 0) {
			format_clause(&out, "", &verbs[i], tx);
			continue;
		}
		format_clause(&out, "tx.", &verbs[i], tx);
		format_clause(&out, "rx.", &verbs[i], rx);
	}
	format_add(&out, "seed=%" PRIu64, spec->seed);
	return text;
}
