/* SPDX-License-Identifier: BSD-3-Clause */

/* Events as lines of JSON, in the words of qlog.
 *
 *     {"file_schema":"urn:ietf:params:qlog:file:sequential", ... }
 *     {"time":0.000,"name":"transport:packet_received","worker":0,"group_id":"...","data":{...}}
 *     {"time":0.012,"name":"transport:packet_sent", ... }
 *
 * Input: events of a stack, and what links took away. Output: lines, one at a time, in a buffer
 * that is there from the beginning. What qlog has no words for is told in ours, beside its own:
 * "cause" is a name of the table of causes, "reason" its text with the numbers of the case. Times
 * are in milliseconds, as qlog has them, from the beginning of the trace.
 *
 * It writes no file and remembers nothing of a connection: sequence numbers are those of the
 * header. Every string in a line is one of ours, of plain ASCII. */

#include "trace/packet_view.h"
#include "trace/qlog_trigger.h"
#include "util/memory.h"
#include "wire/address.h"

#include <assert.h>
#include <errno.h>
#include <evtcp/qlog.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_MS 1000u
#define US_PER_S 1000000u

enum { QLOG_LINE = 1024, QLOG_VANTAGE = 16, QLOG_SEPARATOR = 0x1e };

struct evtcp_qlog {
	struct evtcp_world world;
	void (*write)(void *arg, const char *line, size_t len);
	void *arg;
	uint64_t began_us, wall_us;
	uint64_t told_us; /* the time of the last line */
	unsigned worker;
	bool separators;
	char vantage_point[QLOG_VANTAGE];
	/* What a link took away on its way out, while the stack has not said that it left. */
	struct evtcp_event held;
	bool holds;
	/* The line being made. */
	size_t len;
	char line[QLOG_LINE];
};

/* ---- a line -------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void qlog_add(
	struct evtcp_qlog *qlog, const char *format, ...)
{
	size_t room = sizeof(qlog->line) - qlog->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(qlog->line + qlog->len, room, format, args);
	va_end(args);
	assert(n >= 0 && (size_t)n < room && "a line fits its buffer");
	if (n > 0) /* without assertions a line that does not is cut */
		qlog->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void qlog_begin_record(struct evtcp_qlog *qlog)
{
	qlog->len = 0;
	if (qlog->separators)
		qlog->line[qlog->len++] = QLOG_SEPARATOR;
}

static void qlog_end_record(struct evtcp_qlog *qlog)
{
	qlog->write(qlog->arg, qlog->line, qlog->len);
}

/* "name":12.345 */
static void qlog_add_ms(struct evtcp_qlog *qlog, const char *name, uint64_t us)
{
	qlog_add(qlog, "\"%s\":%" PRIu64 ".%03u", name, us / US_PER_MS, (unsigned)(us % US_PER_MS));
}

/* Up to the data. Times do not go back: a batch happens at one moment, and what a link tells in its
 * midst happens, by the link's own clock, some microseconds later. */
static void qlog_begin(struct evtcp_qlog *qlog, uint64_t at_us, const char *name)
{
	if (qlog->told_us < at_us)
		qlog->told_us = at_us;
	qlog_begin_record(qlog);
	qlog_add(qlog, "{");
	qlog_add_ms(qlog, "time", qlog->told_us - qlog->began_us);
	qlog_add(qlog, ",\"name\":\"%s\",\"worker\":%u", name, qlog->worker);
}

static void qlog_add_group(struct evtcp_qlog *qlog, const struct evtcp_tuple *tuple)
{
	char local[EVTCP_ENDPOINT_TEXT], remote[EVTCP_ENDPOINT_TEXT];

	if (tuple->local.port != 0 || tuple->remote.port != 0)
		qlog_add(qlog, ",\"group_id\":\"%s %s\"",
			evtcp_endpoint_format(&tuple->local, local, sizeof(local)),
			evtcp_endpoint_format(&tuple->remote, remote, sizeof(remote)));
}

/* Why; the last of the data. */
static void qlog_add_reason(struct evtcp_qlog *qlog, const struct evtcp_event *event)
{
	const struct evtcp_reason *reason = &event->reason;
	const char *trigger = qlog_trigger(event->kind, reason->cause);
	char text[EVTCP_REASON_TEXT];

	if (trigger)
		qlog_add(qlog, ",\"trigger\":\"%s\"", trigger);
	if (reason->cause == EVTCP_CAUSE_NONE)
		return;
	qlog_add(qlog, ",\"cause\":\"%s\"", evtcp_cause_name(reason->cause));
	if (reason->count != 0)
		qlog_add(qlog, ",\"count\":%u", (unsigned)reason->count);
	if (reason->delay_us != 0) {
		qlog_add(qlog, ",");
		qlog_add_ms(qlog, "delay", reason->delay_us);
	}
	qlog_add(qlog, ",\"reason\":\"%s\"", evtcp_reason_format(reason, text, sizeof(text)));
}

/* ---- data of each kind ----------------------------------------------------- */

static void qlog_add_flags(struct evtcp_qlog *qlog, uint16_t flags)
{
	/* RFC 9293 3.1, RFC 9768 3.1.1 */
	static const char names[][4] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
	const char *comma = "";

	qlog_add(qlog, "\"flags\":[");
	for (unsigned bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++) {
		if ((flags & 1u << bit) == 0)
			continue;
		qlog_add(qlog, "%s\"%s\"", comma, names[bit]);
		comma = ",";
	}
	qlog_add(qlog, "]");
}

/* A packet that is no TCP segment has no header to tell of. */
static void qlog_segment(struct evtcp_qlog *qlog, const struct evtcp_event *event)
{
	if (event->tuple.local.port == 0 && event->tuple.remote.port == 0) {
		qlog_add(qlog, "\"header\":{\"packet_type\":\"unknown\"}");
		return;
	}
	qlog_add(qlog,
		"\"header\":{\"packet_type\":\"tcp\",\"sequence_number\":%" PRIu32
		",\"acknowledgment_number\":%" PRIu32 ",\"window\":%" PRIu32 ",",
		event->u.segment.seq, event->u.segment.ack, event->u.segment.window);
	qlog_add_flags(qlog, event->u.segment.flags);
	qlog_add(qlog, "},\"raw\":{\"payload_length\":%" PRIu32 "}", event->u.segment.payload_len);
}

static void qlog_lost_data(struct evtcp_qlog *qlog, const struct evtcp_event *event)
{
	qlog_add(qlog,
		"\"header\":{\"packet_type\":\"tcp\",\"sequence_number\":%" PRIu32
		",\"sequence_end\":%" PRIu32 "},\"raw\":{\"payload_length\":%" PRIu32 "}",
		event->u.lost.seq, event->u.lost.end, event->u.lost.bytes);
}

static void qlog_state(struct evtcp_qlog *qlog, const struct evtcp_event *event)
{
	qlog_add(qlog, "\"old\":\"%s\",\"new\":\"%s\"", evtcp_state_name(event->u.state.from),
		evtcp_state_name(event->u.state.to));
}

/* "retransmit" of "timer_retransmit" */
static const char *qlog_timer_type(enum evtcp_cause cause)
{
	const char *name = evtcp_cause_name(cause);

	return strncmp(name, "timer_", 6) == 0 ? name + 6 : name;
}

static void qlog_timer(struct evtcp_qlog *qlog, const struct evtcp_event *event)
{
	static const char *const what[EVTCP_N_EVENT_KINDS] = {
		[EVTCP_EVENT_TIMER] = "expired",
		[EVTCP_EVENT_TIMER_SET] = "set",
		[EVTCP_EVENT_TIMER_STOPPED] = "cancelled",
	};
	uint64_t due_us = event->u.timer.due_at_us, at_us = event->at_us;

	qlog_add(qlog, "\"timer_type\":\"%s\",\"event_type\":\"%s\"",
		qlog_timer_type(event->reason.cause), what[event->kind]);
	if (event->kind == EVTCP_EVENT_TIMER_STOPPED)
		return;
	qlog_add(qlog, ",");
	if (event->kind == EVTCP_EVENT_TIMER_SET)
		qlog_add_ms(qlog, "delta", due_us > at_us ? due_us - at_us : 0);
	else
		qlog_add_ms(qlog, "late", at_us > due_us ? at_us - due_us : 0);
}

static void qlog_metrics(struct evtcp_qlog *qlog, const struct evtcp_event *event)
{
	const struct {
		const char *name;
		uint32_t us;
	} times[] = {{"smoothed_rtt", event->u.window.srtt_us},
		{"rtt_variance", event->u.window.rttvar_us},
		{"min_rtt", event->u.window.min_rtt_us}, {"latest_rtt", event->u.window.rtt_us}};

	qlog_add(qlog, "\"congestion_window\":%" PRIu32 ",\"bytes_in_flight\":%" PRIu32,
		event->u.window.cwnd, event->u.window.in_flight);
	if (event->u.window.ssthresh != EVTCP_NO_SSTHRESH)
		qlog_add(qlog, ",\"ssthresh\":%" PRIu32, event->u.window.ssthresh);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i].us == 0)
			continue;
		qlog_add(qlog, ",");
		qlog_add_ms(qlog, times[i].name, times[i].us);
	}
}

/* qlog speaks of packets, so the fixed headers are added: RFC 9293 3.7.1, RFC 8200 8.3. */
static void qlog_mtu(struct evtcp_qlog *qlog, const struct evtcp_event *event)
{
	unsigned headers = evtcp_addr_is_ipv4(&event->tuple.remote.addr) ? 40 : 60;

	qlog_add(qlog, "\"old\":%u,\"new\":%u,\"mss\":%u", event->u.mss.mss_before + headers,
		event->u.mss.mss + headers, (unsigned)event->u.mss.mss);
}

/* ---- events ---------------------------------------------------------------- */

struct qlog_kind {
	const char *name;
	void (*data)(struct evtcp_qlog *qlog, const struct evtcp_event *event);
};

static const struct qlog_kind qlog_kinds[EVTCP_N_EVENT_KINDS] = {
	[EVTCP_EVENT_SENT] = {"transport:packet_sent", qlog_segment},
	[EVTCP_EVENT_RECEIVED] = {"transport:packet_received", qlog_segment},
	[EVTCP_EVENT_DROPPED] = {"transport:packet_dropped", qlog_segment},
	[EVTCP_EVENT_STATE] = {"connectivity:connection_state_updated", qlog_state},
	[EVTCP_EVENT_TIMER] = {"recovery:loss_timer_updated", qlog_timer},
	[EVTCP_EVENT_WINDOW] = {"recovery:metrics_updated", qlog_metrics},
	[EVTCP_EVENT_METRICS] = {"recovery:metrics_updated", qlog_metrics},
	[EVTCP_EVENT_LOST] = {"recovery:packet_lost", qlog_lost_data},
	[EVTCP_EVENT_MSS] = {"connectivity:mtu_updated", qlog_mtu},
	[EVTCP_EVENT_TIMER_SET] = {"recovery:loss_timer_updated", qlog_timer},
	[EVTCP_EVENT_TIMER_STOPPED] = {"recovery:loss_timer_updated", qlog_timer},
	[EVTCP_EVENT_LINK] = {"transport:packet_dropped", qlog_segment}, /* qlog_packet tells it */
};

/* The timers that are not about losses are transport's. */
static const char *qlog_name(const struct evtcp_event *event)
{
	enum evtcp_cause cause = event->reason.cause;

	if (qlog_kinds[event->kind].data == qlog_timer && cause != EVTCP_CAUSE_TIMER_RETRANSMIT &&
		cause != EVTCP_CAUSE_TIMER_PROBE && cause != EVTCP_CAUSE_TIMER_REORDERING)
		return "transport:timer_updated";
	return qlog_kinds[event->kind].name;
}

/* direction: of a packet that is none of packet_sent and packet_received; NULL for others. */
static void qlog_tell(
	struct evtcp_qlog *qlog, const struct evtcp_event *event, const char *direction)
{
	qlog_begin(qlog, event->at_us, qlog_name(event));
	qlog_add_group(qlog, &event->tuple);
	qlog_add(qlog, ",\"data\":{");
	qlog_kinds[event->kind].data(qlog, event);
	if (direction)
		qlog_add(qlog, ",\"direction\":\"%s\"", direction);
	qlog_add_reason(qlog, event);
	qlog_add(qlog, "}}");
	qlog_end_record(qlog);
}

/* What a stack drops came in, but for what its link would not take. */
static const char *qlog_direction(const struct evtcp_event *event)
{
	if (event->kind != EVTCP_EVENT_DROPPED)
		return NULL;
	switch (event->reason.cause) {
	case EVTCP_CAUSE_LINK_QUEUE_FULL:
	case EVTCP_CAUSE_LINK_DOWN:
	case EVTCP_CAUSE_LINK_ERROR:
		return "out";
	default:
		return "in";
	}
}

static void qlog_let_go(struct evtcp_qlog *qlog)
{
	if (qlog->holds)
		qlog_tell(qlog, &qlog->held, "out");
	qlog->holds = false;
}

static bool qlog_is_held(const struct evtcp_qlog *qlog, const struct evtcp_event *sent)
{
	return qlog->holds && sent->kind == EVTCP_EVENT_SENT &&
	       sent->u.segment.seq == qlog->held.u.segment.seq &&
	       sent->u.segment.payload_len == qlog->held.u.segment.payload_len &&
	       endpoint_equal(&sent->tuple.remote, &qlog->held.tuple.remote) &&
	       endpoint_equal(&sent->tuple.local, &qlog->held.tuple.local);
}

/* A segment is lost after it was sent, though a link says so before the stack does. */
static void qlog_event(void *arg, const struct evtcp_event *event)
{
	struct evtcp_qlog *qlog = arg;

	if (!qlog_is_held(qlog, event))
		qlog_let_go(qlog);
	qlog_tell(qlog, event, qlog_direction(event));
	qlog_let_go(qlog);
}

/* Only what a link has taken away: the stack tells of the rest. */
static void qlog_packet(void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	bool outbound = sighting == EVTCP_DROPPED_OUT;
	struct evtcp_qlog *qlog = arg;
	struct evtcp_event event = {.at_us = packet->at_us,
		.kind = EVTCP_EVENT_DROPPED,
		.reason = {.cause = packet->fate}};
	struct packet_view view;

	if (!outbound && sighting != EVTCP_DROPPED_IN)
		return;
	if (packet_view_parse(&view, packet))
		packet_view_describe(&view, outbound, &event);
	qlog_let_go(qlog);
	if (outbound) {
		qlog->held = event;
		qlog->holds = true;
		return;
	}
	qlog_tell(qlog, &event, "in");
}

/* ---- the file's own lines ---------------------------------------------------- */

/* RFC 3339, with milliseconds. */
static void qlog_add_wall_clock(struct evtcp_qlog *qlog)
{
	time_t seconds = (time_t)(qlog->wall_us / US_PER_S);
	struct tm tm;
	char text[32];

	if (!gmtime_r(&seconds, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		snprintf(text, sizeof(text), "1970-01-01T00:00:00");
	qlog_add(qlog, "\"wall_clock_time\":\"%s.%03uZ\"", text,
		(unsigned)(qlog->wall_us % US_PER_S / US_PER_MS));
}

void evtcp_qlog_header(struct evtcp_qlog *qlog)
{
	qlog_begin_record(qlog);
	qlog_add(qlog,
		"{\"file_schema\":\"urn:ietf:params:qlog:file:sequential\","
		"\"serialization_format\":\"%s\",\"title\":\"evtcp\",\"trace\":{"
		"\"common_fields\":{\"time_format\":\"relative_to_epoch\",\"reference_time\":{"
		"\"clock_type\":\"monotonic\",\"epoch\":\"unknown\",",
		qlog->separators ? "application/qlog+json-seq" : "application/x-ndjson");
	qlog_add_wall_clock(qlog);
	qlog_add(qlog,
		"}},\"vantage_point\":{\"name\":\"evtcp\",\"type\":\"%s\"},"
		"\"event_schemas\":[\"x-evtcp:qlog.schema.json\"]}}",
		qlog->vantage_point);
	qlog_end_record(qlog);
}

/* ---- the object -------------------------------------------------------------- */

struct evtcp_qlog *evtcp_qlog_new(const struct evtcp_world *world,
	const struct evtcp_qlog_config *config,
	void (*write)(void *arg, const char *line, size_t len), void *arg)
{
	struct evtcp_qlog *qlog = memory_zalloc(world, sizeof(*qlog));

	if (!qlog) {
		errno = ENOMEM;
		return NULL;
	}
	qlog->world = *world;
	qlog->write = write;
	qlog->arg = arg;
	qlog->began_us = qlog->told_us = config->began_us;
	qlog->wall_us = config->wall_us;
	qlog->worker = config->worker;
	qlog->separators = config->separators != 0;
	snprintf(qlog->vantage_point, sizeof(qlog->vantage_point), "%s", config->vantage_point);
	return qlog;
}

void evtcp_qlog_free(struct evtcp_qlog *qlog)
{
	struct evtcp_world world;

	if (!qlog)
		return;
	qlog_let_go(qlog);
	world = qlog->world;
	memory_free(&world, qlog);
}

void evtcp_qlog_observer(struct evtcp_qlog *qlog, struct evtcp_observer *observer)
{
	*observer = (struct evtcp_observer){.packet = qlog_packet, .arg = qlog};
}

void evtcp_qlog_sink(struct evtcp_qlog *qlog, struct evtcp_sink *sink)
{
	*sink = (struct evtcp_sink){
		.event = qlog_event, .kinds = (1u << EVTCP_EVENT_LINK) - 1, .arg = qlog};
}
