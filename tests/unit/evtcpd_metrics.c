/* SPDX-License-Identifier: BSD-3-Clause */

/* The OpenMetrics text: its form, by a strict reader of its own that knows what the specification
 * asks for; that no cause is left out; that counters of Linux are the sums that their sentences
 * say. */

#include "evtcpd/metrics.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FAMILIES = 200, SAMPLES = 800, NAME = 96 };

/* ---- a reader ------------------------------------------------------------------------- */

struct family {
	char name[NAME], type[16], unit[16];
	int has_help, n_samples;
};

struct sample {
	char name[2 * NAME]; /* with its labels */
	double value;
};

struct reader {
	struct family families[FAMILIES];
	struct sample samples[SAMPLES];
	size_t n_families, n_samples;
	int has_ended;
};

static int is_name(const char *name)
{
	return name[0] != '\0' && strspn(name, "0123456789") == 0 &&
	       name[strspn(name,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] == '\0';
}

static struct family *find_family(struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->n_families; i++) {
		if (strcmp(reader->families[i].name, name) == 0)
			return &reader->families[i];
	}
	return NULL;
}

/* "# TYPE name type", "# UNIT name unit", "# HELP name sentence". A family begins with its type
 * here, and all that is of it stands together. */
static void read_comment(struct reader *reader, const char *line)
{
	char word[8], name[NAME], rest[256];
	struct family *family = &reader->families[reader->n_families - (reader->n_families > 0)];

	assert_int_equal(sscanf(line, "# %7s %95s %255[^\n]", word, name, rest), 3);
	assert_true(is_name(name));
	if (strcmp(word, "TYPE") == 0) {
		assert_null(find_family(reader, name));
		assert_in_range(reader->n_families, 0, FAMILIES - 1);
		family = &reader->families[reader->n_families++];
		*family = (struct family){0};
		strcpy(family->name, name);
		snprintf(family->type, sizeof(family->type), "%s", rest);
		return;
	}
	assert_string_equal(family->name, name);
	assert_int_equal(family->n_samples, 0);
	if (strcmp(word, "UNIT") == 0) {
		size_t len = strlen(name), unit = strlen(rest);

		assert_true(len > unit && name[len - unit - 1] == '_');
		assert_string_equal(name + len - unit, rest);
		return;
	}
	assert_string_equal(word, "HELP");
	assert_null(strpbrk(rest, "\"\\"));
	assert_false(family->has_help);
	family->has_help = 1;
}

/* What may stand behind a family's name. */
static int is_suffix(const struct family *family, const char *suffix)
{
	if (strcmp(family->type, "counter") == 0)
		return strcmp(suffix, "_total") == 0;
	if (strcmp(family->type, "histogram") == 0)
		return strcmp(suffix, "_bucket") == 0 || strcmp(suffix, "_count") == 0 ||
		       strcmp(suffix, "_sum") == 0;
	assert_string_equal(family->type, "gauge");
	return suffix[0] == '\0';
}

/* name{label="value"} NUMBER */
static void read_sample(struct reader *reader, const char *line)
{
	struct family *family = &reader->families[reader->n_families - 1];
	struct sample *sample = &reader->samples[reader->n_samples++];
	const char *space = strrchr(line, ' ');
	size_t name_len = strcspn(line, "{ "), family_len = strlen(family->name);
	char name[NAME], label[NAME], value[NAME], *end;

	assert_in_range(reader->n_samples, 1, SAMPLES);
	assert_non_null(space);
	snprintf(sample->name, sizeof(sample->name), "%.*s", (int)(space - line), line);
	snprintf(name, sizeof(name), "%.*s", (int)name_len, line);
	assert_true(strncmp(name, family->name, family_len) == 0);
	assert_true(is_suffix(family, name + family_len));
	if (line[name_len] == '{') {
		assert_int_equal(
			sscanf(line + name_len, "{%95[^=]=\"%95[^\"\\]\"} ", label, value), 2);
		assert_true(is_name(label));
		assert_int_equal(strcspn(line + name_len, " "), strlen(label) + strlen(value) + 5);
	}
	for (size_t i = 0; i + 1 < reader->n_samples; i++)
		assert_string_not_equal(reader->samples[i].name, sample->name);
	sample->value = strtod(space + 1, &end);
	assert_true(end != space + 1 && *end == '\0' && sample->value >= 0);
	family->n_samples++;
}

static void read_line(struct reader *reader, const char *line)
{
	assert_false(reader->has_ended);
	if (strcmp(line, "# EOF") == 0)
		reader->has_ended = 1;
	else if (line[0] == '#')
		read_comment(reader, line);
	else
		read_sample(reader, line);
}

static double value_of(const struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->n_samples; i++) {
		if (strcmp(reader->samples[i].name, name) == 0)
			return reader->samples[i].value;
	}
	fail_msg("there is no %s", name);
	return -1;
}

/* The text of report, read. */
static struct reader *read_metrics(const struct pages_report *report)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct evbuffer *text = evbuffer_new();
	char *line;

	assert_non_null(reader);
	assert_int_equal(metrics_write(text, report, 2, 1500000), 0);
	while ((line = evbuffer_readln(text, NULL, EVBUFFER_EOL_LF)) != NULL) {
		read_line(reader, line);
		free(line);
	}
	assert_int_equal(evbuffer_get_length(text), 0); /* the last line ends, too */
	assert_true(reader->has_ended);
	evbuffer_free(text);
	return reader;
}

/* ---- tests ---------------------------------------------------------------------------- */

static void the_text_is_as_openmetrics_has_it(void **state)
{
	struct pages_report report = {0};
	struct reader *reader = read_metrics(&report);

	(void)state;
	assert_in_range(reader->n_families, 60, FAMILIES);
	for (size_t i = 0; i < reader->n_families; i++) {
		assert_true(reader->families[i].has_help);
		assert_in_range(reader->families[i].n_samples, 1, SAMPLES);
	}
	free(reader);
}

static const char *family_of(enum evtcp_cause cause)
{
	static const char *const names[] = {
		[EVTCP_CLASS_SENT] = "sent",
		[EVTCP_CLASS_RECEIVED] = "received",
		[EVTCP_CLASS_DROPPED] = "dropped",
		[EVTCP_CLASS_STATE] = "state_changes",
		[EVTCP_CLASS_TIMER] = "timers",
		[EVTCP_CLASS_CONTROL] = "control_events",
		[EVTCP_CLASS_ALTERED] = "altered",
	};

	return names[evtcp_cause_class(cause)];
}

static void every_cause_is_there_in_the_family_of_its_class(void **state)
{
	struct pages_report report = {0};
	struct reader *reader;
	char name[2 * NAME];

	(void)state;
	for (int i = 0; i < EVTCP_N_CAUSES; i++)
		report.counters[i] = 1000 + (uint64_t)i;
	reader = read_metrics(&report);
	for (int i = EVTCP_CAUSE_NONE + 1; i < EVTCP_N_CAUSES; i++) {
		enum evtcp_cause cause = (enum evtcp_cause)i;

		snprintf(name, sizeof(name), "evtcp_%s_total{cause=\"%s\"}", family_of(cause),
			evtcp_cause_name(cause));
		assert_true(value_of(reader, name) == 1000 + i);
	}
	free(reader);
}

static void a_counter_of_linux_is_a_sum_of_causes(void **state)
{
	struct pages_report report = {0};
	struct reader *reader;

	(void)state;
	report.counters[EVTCP_CAUSE_RTO] = 3;
	report.counters[EVTCP_CAUSE_TLP] = 20;
	report.counters[EVTCP_CAUSE_SYN_RETRANSMIT] = 100;
	report.counters[EVTCP_CAUSE_PAWS] = 7;
	report.counters[EVTCP_CAUSE_DATA] = UINT64_C(1) << 40;
	reader = read_metrics(&report);
	assert_true(value_of(reader, "evtcp_TcpRetransSegs_total") == 123);
	assert_true(value_of(reader, "evtcp_TcpExtTCPLossProbes_total") == 20);
	assert_true(value_of(reader, "evtcp_TcpExtPAWSEstab_total") == 7);
	assert_true(value_of(reader, "evtcp_TcpActiveOpens_total") == 0);
	assert_true(value_of(reader, "evtcp_sent_total{cause=\"data\"}") == 1099511627776.0);
	free(reader);
}

static void connections_are_told_by_state(void **state)
{
	struct pages_report report = {0};
	struct reader *reader;

	(void)state;
	report.states[EVTCP_ESTABLISHED] = 5;
	report.states[EVTCP_CLOSE_WAIT] = 2;
	report.states[EVTCP_TIME_WAIT] = 40;
	report.usage.send_bytes = 4096;
	reader = read_metrics(&report);
	assert_true(value_of(reader, "evtcp_connections{state=\"ESTABLISHED\"}") == 5);
	assert_true(value_of(reader, "evtcp_connections{state=\"TIME-WAIT\"}") == 40);
	assert_true(value_of(reader, "evtcp_connections{state=\"FIN-WAIT-2\"}") == 0);
	assert_true(value_of(reader, "evtcp_TcpCurrEstab") == 7);
	assert_true(value_of(reader, "evtcp_memory_bytes{part=\"send_buffers\"}") == 4096);
	assert_true(value_of(reader, "evtcp_workers") == 2);
	assert_true(value_of(reader, "process_cpu_seconds_total") == 1.5);
	free(reader);
}

/* Buckets hold what the shorter ones do, too, and the last everything. */
static void round_trips_are_a_histogram(void **state)
{
	struct pages_report report = {0};
	struct reader *reader;
	double before = 0;

	(void)state;
	report.rtts.counts[0] = 2;
	report.rtts.counts[2] = 3;
	report.rtts.counts[EVTCP_RTT_BUCKETS - 1] = 1;
	report.rtts.sum_us = 20000123;
	reader = read_metrics(&report);
	assert_true(value_of(reader, "evtcp_rtt_seconds_bucket{le=\"1.6e-05\"}") == 2);
	assert_true(value_of(reader, "evtcp_rtt_seconds_bucket{le=\"3.2e-05\"}") == 2);
	assert_true(value_of(reader, "evtcp_rtt_seconds_bucket{le=\"6.4e-05\"}") == 5);
	assert_true(value_of(reader, "evtcp_rtt_seconds_bucket{le=\"16.777216\"}") == 5);
	assert_true(value_of(reader, "evtcp_rtt_seconds_bucket{le=\"+Inf\"}") == 6);
	assert_true(value_of(reader, "evtcp_rtt_seconds_count") == 6);
	assert_true(value_of(reader, "evtcp_rtt_seconds_sum") == 20.000123);
	for (size_t i = 0; i < reader->n_samples; i++) {
		if (strncmp(reader->samples[i].name, "evtcp_rtt_seconds_bucket", 24) == 0) {
			assert_true(reader->samples[i].value >= before);
			before = reader->samples[i].value;
		}
	}
	free(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_as_openmetrics_has_it),
		cmocka_unit_test(every_cause_is_there_in_the_family_of_its_class),
		cmocka_unit_test(a_counter_of_linux_is_a_sum_of_causes),
		cmocka_unit_test(connections_are_told_by_state),
		cmocka_unit_test(round_trips_are_a_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
