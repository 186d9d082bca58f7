/* SPDX-License-Identifier: BSD-3-Clause */
/* /connections: what the stack holds and what has happened, as JSON: usage, one object
 * for each connection with what `ss -ti` would show, the stack's counters that are not
 * zero, and those of the HTTP server. Strings in it are names from our own tables and addresses:
 * nothing that a client sent, so nothing to escape. Times in microseconds, the rest in bytes. The
 * list stops at MOST_CONNECTIONS, so that what a slow reader makes us hold stays bounded; `omitted`
 * says how many more there are. */
#include "evtcpd/pages_each.h"
#include "http/reply.h"
#include "http/server.h"

#include <evtcp/conn.h>

#include <ctype.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>

#define MOST_CONNECTIONS 1000

struct listing {
	struct evbuffer *json;
	unsigned listed, omitted;
	int failed; /* memory ran out: the text has a gap */
};

static void connections_print(struct listing *listing, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void connections_print(struct listing *listing, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	listing->failed |= evbuffer_add_vprintf(listing->json, format, args) < 0;
	va_end(args);
}

static void connections_add_tuple(struct listing *listing, const struct evtcp_tuple *tuple)
{
	char local[EVTCP_ENDPOINT_TEXT], remote[EVTCP_ENDPOINT_TEXT];

	connections_print(listing, "\"local\":\"%s\",\"remote\":\"%s\"",
		evtcp_endpoint_format(&tuple->local, local, sizeof(local)),
		evtcp_endpoint_format(&tuple->remote, remote, sizeof(remote)));
}

static const char *connections_cc_state(enum evtcp_cc_state state)
{
	static const char *const names[] = {"slow_start", "conservative_slow_start", "avoidance",
		"fast_recovery", "timeout", "startup", "drain", "probe_bw", "probe_rtt"};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "";
}

/* What was lost, or only late. */
static void connections_add_recovery(struct listing *listing, const struct evtcp_conn_info *info)
{
	connections_print(listing,
		",\"cc_state\":\"%s\",\"sacked\":%u,\"lost\":%u,\"min_rtt_us\":%u,"
		"\"reo_wnd_us\":%u,\"reordering_seen\":%u",
		connections_cc_state(info->cc_state), info->sacked_bytes, info->lost_bytes,
		info->min_rtt_us, info->reo_wnd_us, info->reordering_seen);
	connections_print(listing,
		",\"delivery_rate\":%" PRIu64
		",\"delivery_rate_limited\":%u,\"pacing_rate\":%" PRIu64,
		info->delivery_rate, info->delivery_rate_limited, info->pacing_rate);
	connections_print(listing,
		",\"retransmits\":%u,\"timeouts\":%u,\"duplicates\":%u,\"undone\":%u,"
		"\"bytes_retransmitted\":%" PRIu64 ",\"bytes_delivered\":%" PRIu64,
		info->retransmits, info->timeouts, info->duplicates, info->undone,
		info->bytes_retransmitted, info->bytes_delivered);
}

/* Buffers, options, moments. */
static void connections_add_rest(struct listing *listing, const struct evtcp_conn_info *info)
{
	connections_print(listing,
		",\"rcv_buf\":%u,\"snd_buf\":%u,\"rcv_rtt_us\":%u,\"rcv_space\":%u", info->rcv_buf,
		info->snd_buf, info->rcv_rtt_us, info->rcv_space);
	connections_print(listing,
		",\"busy_us\":%" PRIu64 ",\"rwnd_limited_us\":%" PRIu64
		",\"sndbuf_limited_us\":%" PRIu64,
		info->busy_us, info->rwnd_limited_us, info->sndbuf_limited_us);
	connections_print(listing,
		",\"resting\":%u,\"nodelay\":%u,\"cork\":%u,\"keepalive\":%u,\"user_timeout_us\":"
		"%" PRIu64 ",\"peer_user_timeout_us\":%" PRIu64 ",\"opened_at_us\":%" PRIu64
		",\"last_sent_at_us\":%" PRIu64 ",\"last_received_at_us\":%" PRIu64,
		info->resting, info->nodelay, info->cork, info->keepalive, info->user_timeout_us,
		info->peer_user_timeout_us, info->opened_at_us, info->last_sent_at_us,
		info->last_received_at_us);
}

static void connections_add_info(struct listing *listing, const struct evtcp_conn_info *info)
{
	connections_print(listing,
		",\"state\":\"%s\",\"cc\":\"%s\",\"timestamps\":%u,\"sack\":%u,\"ecn\":%u,"
		"\"accurate_ecn\":%u,\"syn_data\":%u,\"snd_wscale\":%u,\"rcv_wscale\":%u,"
		"\"snd_mss\":%u,\"rcv_mss\":%u",
		evtcp_state_name(info->state), info->cc ? info->cc : "", info->timestamps,
		info->sack, info->ecn, info->accurate_ecn, info->syn_data, info->snd_wscale,
		info->rcv_wscale, info->snd_mss, info->rcv_mss);
	connections_print(listing,
		",\"srtt_us\":%u,\"rttvar_us\":%u,\"rto_us\":%u,\"backoff\":%u,"
		"\"cwnd\":%u,\"ssthresh\":%u,\"in_flight\":%u,\"snd_wnd\":%u,\"rcv_wnd\":%u",
		info->srtt_us, info->rttvar_us, info->rto_us, info->backoff, info->cwnd,
		info->ssthresh, info->in_flight, info->snd_wnd, info->rcv_wnd);
	connections_print(listing,
		",\"ce_received\":%u,\"ce_delivered\":%u,\"ce_delivered_bytes\":%u,"
		"\"ecn_reductions\":%u",
		info->ce_received, info->ce_delivered, info->ce_delivered_bytes,
		info->ecn_reductions);
	connections_print(listing, ",\"soft_error\":%d,\"soft_cause\":\"%s\"", info->soft_error,
		evtcp_cause_name(info->soft_cause));
	connections_print(listing,
		",\"unread\":%u,\"unsent\":%u,\"unacked\":%u,\"out_of_order\":%u",
		info->unread_bytes, info->unsent_bytes, info->unacked_bytes,
		info->out_of_order_bytes);
	connections_print(listing,
		",\"bytes_sent\":%" PRIu64 ",\"bytes_acked\":%" PRIu64
		",\"bytes_received\":%" PRIu64 ",\"segments_sent\":%" PRIu64
		",\"segments_received\":%" PRIu64,
		info->bytes_sent, info->bytes_acked, info->bytes_received, info->segments_sent,
		info->segments_received);
	connections_add_recovery(listing, info);
	connections_add_rest(listing, info);
}

static int connections_add(const struct evtcp_conn *conn, void *arg)
{
	struct listing *listing = arg;
	struct evtcp_conn_info info;

	if (listing->listed == MOST_CONNECTIONS) {
		listing->omitted++;
		return 0;
	}
	evtcp_conn_get_info(conn, &info);
	connections_print(listing, "%s\n    {", listing->listed++ ? "," : "");
	connections_add_tuple(listing, &info.tuple);
	connections_add_info(listing, &info);
	connections_print(listing, "}");
	return 0;
}

static void connections_add_usage(struct listing *listing, const struct evtcp_stack *stack)
{
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(stack, &usage);
	connections_print(listing,
		"  \"usage\": {\"connections\":%u,\"orphans\":%u,\"resting\":%u,\"half_open\":%u,"
		"\"fast_open\":%u,\"time_wait\":%u,\"send_bytes\":%" PRIu64
		",\"receive_bytes\":%" PRIu64 ",\"out_of_order_bytes\":%" PRIu64
		",\"memory_bytes\":%" PRIu64 "},\n",
		usage.connections, usage.orphans, usage.resting, usage.half_open, usage.fast_open,
		usage.time_wait, usage.send_bytes, usage.receive_bytes, usage.out_of_order_bytes,
		usage.memory_bytes);
}

static void connections_add_counters(struct listing *listing, const struct evtcp_stack *stack)
{
	const char *comma = "";

	connections_print(listing, "  \"counters\": {");
	for (int cause = 0; cause < EVTCP_N_CAUSES; cause++) {
		uint64_t n = evtcp_stack_get_counter(stack, (enum evtcp_cause)cause);

		if (n == 0)
			continue;
		connections_print(listing, "%s\"%s\":%" PRIu64, comma,
			evtcp_cause_name((enum evtcp_cause)cause), n);
		comma = ",";
	}
	connections_print(listing, "},\n");
}

/* One member of an object of counters, if it is not zero. */
static void connections_add_count(
	struct listing *listing, const char **comma, const char *name, uint64_t n)
{
	if (n == 0)
		return;
	connections_print(listing, "%s\"", *comma);
	for (; *name != '\0'; name++)
		connections_print(listing, "%c", tolower((unsigned char)*name));
	connections_print(listing, "\":%" PRIu64, n);
	*comma = ",";
}

/* Responses by the class of their status; why connections ended that did not end by
 * themselves; requests that were refused before a page saw them. */
static void connections_add_http(
	struct listing *listing, const struct http_server_counters *counters)
{
	const char *comma = "";

	connections_print(listing,
		"  \"http\": {\"connections\":%" PRIu64 ",\"accepted\":%" PRIu64
		",\"requests\":%" PRIu64 ",\"replies\":%" PRIu64 ",\"2xx\":%" PRIu64
		",\"3xx\":%" PRIu64 ",\"4xx\":%" PRIu64 ",\"5xx\":%" PRIu64 ",\"aborted\":%" PRIu64
		",\"lost\":%" PRIu64 ",\"made_room\":%" PRIu64,
		counters->connections, counters->accepted, counters->requests, counters->replies,
		counters->statuses[2], counters->statuses[3], counters->statuses[4],
		counters->statuses[5], counters->aborted, counters->lost, counters->made_room);
	connections_print(listing, ",\n    \"timed_out\": {");
	for (int i = 0; i < HTTP_N_TIME_LIMITS; i++)
		connections_add_count(listing, &comma,
			http_time_limits_name((enum http_time_limit)i), counters->timed_out[i]);
	comma = "";
	connections_print(listing, "},\n    \"refused\": {");
	for (int i = 0; i < HTTP_N_REFUSALS; i++)
		connections_add_count(listing, &comma, http_refusals_name((enum http_refusal)i),
			counters->refused[i]);
	connections_print(listing, "}}\n");
}

/* The whole page, or -1 when memory ran out. */
static int connections_list(struct listing *listing, struct evtcp_stack *stack,
	const struct http_server_counters *counters)
{
	connections_print(listing, "{\n");
	connections_add_usage(listing, stack);
	connections_print(listing, "  \"connections\": [");
	evtcp_stack_foreach_conn(stack, connections_add, listing);
	connections_print(listing, "%s],\n  \"omitted\": %u,\n", listing->listed ? "\n  " : "",
		listing->omitted);
	connections_add_counters(listing, stack);
	connections_add_http(listing, counters);
	connections_print(listing, "}\n");
	return listing->failed ? -1 : 0;
}

void pages_connections(struct http_exchange *exchange, const struct pages_call *call)
{
	struct listing listing = {.json = evbuffer_new()};
	struct http_reply reply = {.status = 200, .type = "application/json"};

	const struct http_server_counters *counters = http_exchange_get_counters(exchange);

	if (listing.json == NULL || connections_list(&listing, call->stack, counters) < 0) {
		http_reply_text(exchange, 503, "503 Service Unavailable: out of memory\n");
	} else {
		reply.length = evbuffer_get_length(listing.json);
		http_reply_begin(exchange, &reply);
		http_reply_write(exchange, listing.json);
	}
	if (listing.json)
		evbuffer_free(listing.json);
}
