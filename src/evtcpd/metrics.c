/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in, the text that OpenMetrics 1.0 describes out: families, each with its type, its unit
 * where there is one, and a sentence; samples behind it; "# EOF".
 *
 *      evtcp_NAME_total                  counters that Linux has, too (metrics_table.h)
 *      evtcp_sent_total{cause="rto"}     every cause, in a family for each class of them
 *      evtcp_connections{state="..."}, evtcp_rtt_seconds, ...
 *
 * A counter that is zero is told as well: who asks for the rate of something must see that it has
 * not happened yet. Texts are from our own tables, and none has a quote, a backslash or a newline:
 * there is nothing to escape. */
#include "evtcpd/metrics.h"

#include "evtcpd/metrics_table.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define METRICS_PREFIX "evtcp_"

#define METRICS_CAUSES 12 /* in a row of the table, at most */
#define METRICS_VALUE 64  /* of a label: longer than any name of ours */

struct metrics {
	struct evbuffer *text;
	const struct pages_report *report;
	int failed;
};

static void metrics_print(struct metrics *metrics, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void metrics_print(struct metrics *metrics, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	metrics->failed |= evbuffer_add_vprintf(metrics->text, format, args) < 0;
	va_end(args);
}

static void metrics_family(
	struct metrics *metrics, const char *name, const char *type, const char *help)
{
	metrics_print(metrics, "# TYPE " METRICS_PREFIX "%s %s\n# HELP " METRICS_PREFIX "%s %s\n",
		name, type, name, help);
}

static void metrics_unit(struct metrics *metrics, const char *name, const char *unit)
{
	metrics_print(metrics, "# UNIT " METRICS_PREFIX "%s %s\n", name, unit);
}

/* A family of one sample. */
static void metrics_gauge(
	struct metrics *metrics, const char *name, const char *help, uint64_t value)
{
	metrics_family(metrics, name, "gauge", help);
	metrics_print(metrics, METRICS_PREFIX "%s %" PRIu64 "\n", name, value);
}

static void metrics_counter(
	struct metrics *metrics, const char *name, const char *help, uint64_t value)
{
	metrics_family(metrics, name, "counter", help);
	metrics_print(metrics, METRICS_PREFIX "%s_total %" PRIu64 "\n", name, value);
}

/* One of several, told apart by a label whose value is in lower case. */
static void metrics_sample(struct metrics *metrics, const char *sample, const char *label,
	const char *value, uint64_t n)
{
	char lower[METRICS_VALUE];
	size_t len = 0;

	for (; value[len] != '\0' && len < sizeof(lower) - 1; len++)
		lower[len] = (char)tolower((unsigned char)value[len]);
	lower[len] = '\0';
	metrics_print(
		metrics, METRICS_PREFIX "%s{%s=\"%s\"} %" PRIu64 "\n", sample, label, lower, n);
}

/* A time in seconds, of microseconds. */
static void metrics_seconds(struct metrics *metrics, const char *sample, uint64_t us)
{
	metrics_print(
		metrics, "%s %" PRIu64 ".%06u\n", sample, us / 1000000, (unsigned)(us % 1000000));
}

/* ---- counters that Linux has ------------------------------------------------------------ */

struct metrics_row {
	const char *name, *text;
	enum evtcp_cause causes[METRICS_CAUSES]; /* EVTCP_CAUSE_NONE behind the last */
};

static void metrics_add_row(struct metrics *metrics, const struct metrics_row *row)
{
	uint64_t sum = 0;

	metrics_print(metrics,
		"# TYPE " METRICS_PREFIX "%s counter\n# HELP " METRICS_PREFIX "%s %s:", row->name,
		row->name, row->text);
	for (unsigned i = 0; i < METRICS_CAUSES && row->causes[i] != EVTCP_CAUSE_NONE; i++) {
		metrics_print(
			metrics, "%s %s", i > 0 ? " +" : "", evtcp_cause_name(row->causes[i]));
		sum += metrics->report->counters[row->causes[i]];
	}
	metrics_print(metrics, "\n" METRICS_PREFIX "%s_total %" PRIu64 "\n", row->name, sum);
}

static void metrics_add_linux(struct metrics *metrics)
{
#define C(cause) EVTCP_CAUSE_##cause,
#define METRICS_ROW(name, text, causes) {#name, text, {causes EVTCP_CAUSE_NONE}},
	static const struct metrics_row rows[] = {METRICS_OF_LINUX(METRICS_ROW)};
#undef METRICS_ROW
#undef C

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		metrics_add_row(metrics, &rows[i]);
}

/* ---- every cause ------------------------------------------------------------------------ */

static void metrics_add_class(
	struct metrics *metrics, enum evtcp_cause_class class_, const char *name, const char *help)
{
	char sample[64];

	metrics_family(metrics, name, "counter", help);
	snprintf(sample, sizeof(sample), "%s_total", name);
	for (int i = EVTCP_CAUSE_NONE + 1; i < EVTCP_N_CAUSES; i++) {
		enum evtcp_cause cause = (enum evtcp_cause)i;

		if (evtcp_cause_class(cause) == class_)
			metrics_sample(metrics, sample, "cause", evtcp_cause_name(cause),
				metrics->report->counters[cause]);
	}
}

static void metrics_add_causes(struct metrics *metrics)
{
	metrics_add_class(
		metrics, EVTCP_CLASS_SENT, "sent", "packets sent, by why; a segment is one");
	metrics_add_class(metrics, EVTCP_CLASS_RECEIVED, "received",
		"packets that came in and were "
		"used, by what became of them");
	metrics_add_class(metrics, EVTCP_CLASS_DROPPED, "dropped", "packets dropped, by why");
	metrics_add_class(metrics, EVTCP_CLASS_ALTERED, "altered",
		"packets that the link emulator or the fault script has changed, by how");
	metrics_add_class(metrics, EVTCP_CLASS_STATE, "state_changes",
		"changes of a connection's state, by why");
	metrics_add_class(metrics, EVTCP_CLASS_TIMER, "timers", "timers that fired, by which");
	metrics_add_class(metrics, EVTCP_CLASS_CONTROL, "control_events",
		"what happened to congestion windows, and what else is of note, by what");
}

/* ---- what there is now ------------------------------------------------------------------ */

static void metrics_add_connections(struct metrics *metrics)
{
	const struct pages_report *report = metrics->report;

	metrics_family(metrics, "connections", "gauge",
		"connections by the state that RFC 9293 3.3.2 has for them");
	for (int i = EVTCP_SYN_SENT; i < EVTCP_N_STATES; i++)
		metrics_print(metrics, METRICS_PREFIX "connections{state=\"%s\"} %" PRIu64 "\n",
			evtcp_state_name((enum evtcp_state)i), report->states[i]);
	/* Linux's gauge of the same. */
	metrics_gauge(metrics, "TcpCurrEstab", "connections in ESTABLISHED or CLOSE-WAIT",
		report->states[EVTCP_ESTABLISHED] + report->states[EVTCP_CLOSE_WAIT]);
	metrics_gauge(metrics, "orphans", "connections without owner that are not over",
		report->usage.orphans);
	metrics_gauge(metrics, "resting",
		"idle connections that are kept in less memory until something happens",
		report->usage.resting);
}

static void metrics_add_memory(struct metrics *metrics)
{
	const struct evtcp_stack_usage *usage = &metrics->report->usage;

	metrics_family(metrics, "memory_bytes", "gauge", "memory of the stack, by what it holds");
	metrics_unit(metrics, "memory_bytes", "bytes");
	metrics_sample(metrics, "memory_bytes", "part", "send_buffers", usage->send_bytes);
	metrics_sample(metrics, "memory_bytes", "part", "receive_buffers", usage->receive_bytes);
	metrics_sample(metrics, "memory_bytes", "part", "out_of_order", usage->out_of_order_bytes);
	metrics_sample(metrics, "memory_bytes", "part", "blocks", usage->memory_bytes);
}

static void metrics_add_rtts(struct metrics *metrics)
{
	const struct evtcp_rtt_histogram *rtts = &metrics->report->rtts;
	uint64_t sum = 0;

	metrics_family(metrics, "rtt_seconds", "histogram",
		"round-trip times of all connections, each sample that RFC 6298 takes");
	metrics_unit(metrics, "rtt_seconds", "seconds");
	for (unsigned i = 0; i < EVTCP_RTT_BUCKETS; i++) {
		sum += rtts->counts[i];
		if (i < EVTCP_RTT_BUCKETS - 1)
			metrics_print(metrics,
				METRICS_PREFIX "rtt_seconds_bucket{le=\"%.8g\"} %" PRIu64 "\n",
				(double)EVTCP_RTT_BOUND_US(i) / 1e6, sum);
	}
	metrics_print(metrics, METRICS_PREFIX "rtt_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", sum);
	metrics_print(metrics, METRICS_PREFIX "rtt_seconds_count %" PRIu64 "\n", sum);
	metrics_seconds(metrics, METRICS_PREFIX "rtt_seconds_sum", rtts->sum_us);
}

/* ---- HTTP ------------------------------------------------------------------------------- */

static void metrics_add_http(struct metrics *metrics)
{
	static const char *const classes[HTTP_STATUS_CLASSES] = {
		"", "1xx", "2xx", "3xx", "4xx", "5xx"};
	const struct http_server_counters *http = &metrics->report->http;

	metrics_gauge(metrics, "http_connections", "connections that HTTP is spoken on",
		http->connections);
	metrics_counter(metrics, "http_accepted", "connections taken", http->accepted);
	metrics_counter(
		metrics, "http_requests", "requests that a page was asked for", http->requests);
	metrics_counter(metrics, "http_replies", "responses completed", http->replies);
	metrics_family(metrics, "http_responses", "counter", "responses begun, by class of status");
	for (int i = 2; i < HTTP_STATUS_CLASSES; i++)
		metrics_sample(
			metrics, "http_responses_total", "class", classes[i], http->statuses[i]);
	metrics_counter(
		metrics, "http_aborted", "connections that the server has reset", http->aborted);
	metrics_counter(
		metrics, "http_lost", "connections that were reset or timed out below", http->lost);
	metrics_counter(metrics, "http_made_room",
		"idle connections closed, as there were too many", http->made_room);
	metrics_family(metrics, "http_timed_out", "counter",
		"connections that have reached a limit of time, by which");
	for (int i = 0; i < HTTP_N_TIME_LIMITS; i++)
		metrics_sample(metrics, "http_timed_out_total", "limit",
			http_time_limits_name((enum http_time_limit)i), http->timed_out[i]);
	metrics_family(metrics, "http_refused", "counter",
		"requests refused before a page saw them, by why");
	for (int i = 0; i < HTTP_N_REFUSALS; i++)
		metrics_sample(metrics, "http_refused_total", "why",
			http_refusals_name((enum http_refusal)i), http->refused[i]);
}

/* ---- the whole -------------------------------------------------------------------------- */

int metrics_write(
	struct evbuffer *text, const struct pages_report *report, unsigned workers, uint64_t cpu_us)
{
	struct metrics metrics = {.text = text, .report = report, .failed = report->failed};

	metrics_add_linux(&metrics);
	metrics_add_causes(&metrics);
	metrics_add_connections(&metrics);
	metrics_add_memory(&metrics);
	metrics_add_rtts(&metrics);
	metrics_add_http(&metrics);
	metrics_gauge(&metrics, "workers", "threads that serve", workers);
	/* Called as every program calls it, for dashboards that know it. */
	metrics_print(&metrics,
		"# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n"
		"# HELP process_cpu_seconds time on processors, user and system\n");
	metrics_seconds(&metrics, "process_cpu_seconds_total", cpu_us);
	metrics_print(&metrics, "# EOF\n");
	return metrics.failed ? -1 : 0;
}
