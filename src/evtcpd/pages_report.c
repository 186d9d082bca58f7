/* SPDX-License-Identifier: BSD-3-Clause */
/* What one stack and its HTTP server have to tell, in a form that can be added to what others
 * tell: numbers, and a list of connections, each an object of JSON with what `ss -ti` would
 * show. Strings in it are names from our own tables and addresses: nothing that a client sent,
 * so nothing to escape. Times in microseconds, the rest in bytes. */
#include "evtcpd/pages_report.h"

#include "evtcpd/pages.h"

#include <evtcp/conn.h>
#include <evtcp/fault.h>
#include <evtcp/group.h>
#include <evtcp/impair.h>

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* A report under way. */
struct listing {
	struct pages_report *report;
	unsigned most;
	int worker; /* -1: there is but one */
};

static void report_print(struct listing *listing, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void report_print(struct listing *listing, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	listing->report->failed |= evbuffer_add_vprintf(listing->report->list, format, args) < 0;
	va_end(args);
}

static void report_add_tuple(struct listing *listing, const struct evtcp_tuple *tuple)
{
	char local[EVTCP_ENDPOINT_TEXT], remote[EVTCP_ENDPOINT_TEXT];

	report_print(listing, "\"local\":\"%s\",\"remote\":\"%s\"",
		evtcp_endpoint_format(&tuple->local, local, sizeof(local)),
		evtcp_endpoint_format(&tuple->remote, remote, sizeof(remote)));
}

/* What was lost, or only late. */
static void report_add_recovery(struct listing *listing, const struct evtcp_conn_info *info)
{
	report_print(listing,
		",\"cc_state\":\"%s\",\"sacked\":%u,\"lost\":%u,\"min_rtt_us\":%u,"
		"\"reo_wnd_us\":%u,\"reordering_seen\":%u",
		evtcp_cc_state_name(info->cc_state), info->sacked_bytes, info->lost_bytes,
		info->min_rtt_us, info->reo_wnd_us, info->reordering_seen);
	report_print(listing,
		",\"delivery_rate\":%" PRIu64
		",\"delivery_rate_limited\":%u,\"pacing_rate\":%" PRIu64,
		info->delivery_rate, info->delivery_rate_limited, info->pacing_rate);
	report_print(listing,
		",\"retransmits\":%u,\"timeouts\":%u,\"duplicates\":%u,\"undone\":%u,"
		"\"bytes_retransmitted\":%" PRIu64 ",\"bytes_delivered\":%" PRIu64,
		info->retransmits, info->timeouts, info->duplicates, info->undone,
		info->bytes_retransmitted, info->bytes_delivered);
}

/* Buffers, options, moments. */
static void report_add_rest(struct listing *listing, const struct evtcp_conn_info *info)
{
	report_print(listing, ",\"rcv_buf\":%u,\"snd_buf\":%u,\"rcv_rtt_us\":%u,\"rcv_space\":%u",
		info->rcv_buf, info->snd_buf, info->rcv_rtt_us, info->rcv_space);
	report_print(listing,
		",\"busy_us\":%" PRIu64 ",\"rwnd_limited_us\":%" PRIu64
		",\"sndbuf_limited_us\":%" PRIu64,
		info->busy_us, info->rwnd_limited_us, info->sndbuf_limited_us);
	report_print(listing,
		",\"resting\":%u,\"nodelay\":%u,\"cork\":%u,\"keepalive\":%u,\"user_timeout_us\":"
		"%" PRIu64 ",\"peer_user_timeout_us\":%" PRIu64 ",\"opened_at_us\":%" PRIu64
		",\"last_sent_at_us\":%" PRIu64 ",\"last_received_at_us\":%" PRIu64,
		info->resting, info->nodelay, info->cork, info->keepalive, info->user_timeout_us,
		info->peer_user_timeout_us, info->opened_at_us, info->last_sent_at_us,
		info->last_received_at_us);
}

static void report_add_info(struct listing *listing, const struct evtcp_conn_info *info)
{
	report_print(listing,
		",\"state\":\"%s\",\"cc\":\"%s\",\"timestamps\":%u,\"sack\":%u,\"ecn\":%u,"
		"\"accurate_ecn\":%u,\"syn_data\":%u,\"snd_wscale\":%u,\"rcv_wscale\":%u,"
		"\"snd_mss\":%u,\"rcv_mss\":%u",
		evtcp_state_name(info->state), info->cc ? info->cc : "", info->timestamps,
		info->sack, info->ecn, info->accurate_ecn, info->syn_data, info->snd_wscale,
		info->rcv_wscale, info->snd_mss, info->rcv_mss);
	report_print(listing,
		",\"srtt_us\":%u,\"rttvar_us\":%u,\"rto_us\":%u,\"backoff\":%u,"
		"\"cwnd\":%u,\"ssthresh\":%u,\"in_flight\":%u,\"snd_wnd\":%u,\"rcv_wnd\":%u",
		info->srtt_us, info->rttvar_us, info->rto_us, info->backoff, info->cwnd,
		info->ssthresh, info->in_flight, info->snd_wnd, info->rcv_wnd);
	report_print(listing,
		",\"ce_received\":%u,\"ce_delivered\":%u,\"ce_delivered_bytes\":%u,"
		"\"ecn_reductions\":%u",
		info->ce_received, info->ce_delivered, info->ce_delivered_bytes,
		info->ecn_reductions);
	report_print(listing, ",\"soft_error\":%d,\"soft_cause\":\"%s\"", info->soft_error,
		evtcp_cause_name(info->soft_cause));
	report_print(listing, ",\"unread\":%u,\"unsent\":%u,\"unacked\":%u,\"out_of_order\":%u",
		info->unread_bytes, info->unsent_bytes, info->unacked_bytes,
		info->out_of_order_bytes);
	report_print(listing,
		",\"bytes_sent\":%" PRIu64 ",\"bytes_acked\":%" PRIu64
		",\"bytes_received\":%" PRIu64 ",\"segments_sent\":%" PRIu64
		",\"segments_received\":%" PRIu64,
		info->bytes_sent, info->bytes_acked, info->bytes_received, info->segments_sent,
		info->segments_received);
	report_add_recovery(listing, info);
	report_add_rest(listing, info);
}

static int report_add(const struct evtcp_conn *conn, void *arg)
{
	struct listing *listing = arg;
	struct pages_report *report = listing->report;
	struct evtcp_conn_info info;

	report->states[evtcp_conn_get_state(conn)]++;
	if (report->listed == listing->most) {
		report->omitted++;
		return 0;
	}
	evtcp_conn_get_info(conn, &info);
	if (report->style == PAGES_REPORT_LINES)
		report_print(listing, "{\"connection\":{");
	else
		report_print(listing, "%s\n    {", report->listed != 0 ? "," : "");
	report->listed++;
	if (listing->worker >= 0)
		report_print(listing, "\"worker\":%d,", listing->worker);
	report_add_tuple(listing, &info.tuple);
	report_add_info(listing, &info);
	report_print(listing, report->style == PAGES_REPORT_LINES ? "}}\n" : "}");
	return 0;
}

/* ---- the whole --------------------------------------------------------------------- */

int pages_report_init(struct pages_report *report, enum pages_report_style style)
{
	*report = (struct pages_report){.style = style, .list = evbuffer_new()};
	return report->list != NULL ? 0 : -1;
}

void pages_report_free(struct pages_report *report)
{
	if (report->list != NULL)
		evbuffer_free(report->list);
	report->list = NULL;
}

/* How often cause has happened. Of the links below the stack it counts what they take away, and no
 * more: what they alter and send themselves they count. */
static uint64_t report_count(const struct pages_host *host, enum evtcp_cause cause)
{
	uint64_t n = evtcp_stack_get_counter(host->stack, cause);

	if (evtcp_cause_class(cause) == EVTCP_CLASS_DROPPED)
		return n;
	for (int way = 0; host->impair != NULL && way < EVTCP_IMPAIR_N_DIRECTIONS; way++)
		n += evtcp_impair_get_counter(
			host->impair, (enum evtcp_impair_direction)way, cause);
	return host->faults != NULL ? n + evtcp_fault_get_counter(host->faults, cause) : n;
}

void pages_report_fill(struct pages_report *report, const struct pages_host *host, unsigned most)
{
	struct listing listing = {.report = report,
		.most = most,
		.worker = host->group != NULL ? evtcp_group_get_index(host->stack) : -1};

	evtcp_stack_get_usage(host->stack, &report->usage);
	for (int cause = 0; cause < EVTCP_N_CAUSES; cause++)
		report->counters[cause] = report_count(host, (enum evtcp_cause)cause);
	report->http = *host->http;
	evtcp_stack_get_rtts(host->stack, &report->rtts);
	evtcp_stack_foreach_conn(host->stack, report_add, &listing);
	/* These are entries: a block in TIME-WAIT is what an application has not read yet of one.
	 */
	report->states[EVTCP_SYN_RECEIVED] += report->usage.half_open;
	report->states[EVTCP_TIME_WAIT] = report->usage.time_wait;
}

static void report_add_usage(struct evtcp_stack_usage *sum, const struct evtcp_stack_usage *part)
{
	sum->connections += part->connections;
	sum->orphans += part->orphans;
	sum->resting += part->resting;
	sum->half_open += part->half_open;
	sum->fast_open += part->fast_open;
	sum->time_wait += part->time_wait;
	sum->send_bytes += part->send_bytes;
	sum->receive_bytes += part->receive_bytes;
	sum->out_of_order_bytes += part->out_of_order_bytes;
	sum->memory_bytes += part->memory_bytes;
}

static void report_add_counts(uint64_t *sum, const uint64_t *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += part[i];
}

static void report_add_http(
	struct http_server_counters *sum, const struct http_server_counters *part)
{
	sum->connections += part->connections;
	sum->accepted += part->accepted;
	sum->requests += part->requests;
	sum->replies += part->replies;
	sum->aborted += part->aborted;
	sum->lost += part->lost;
	sum->made_room += part->made_room;
	report_add_counts(sum->statuses, part->statuses, HTTP_STATUS_CLASSES);
	report_add_counts(sum->refused, part->refused, HTTP_N_REFUSALS);
	report_add_counts(sum->timed_out, part->timed_out, HTTP_N_TIME_LIMITS);
}

void pages_report_add(struct pages_report *sum, struct pages_report *part)
{
	int comma = sum->listed != 0 && part->listed != 0 && sum->style == PAGES_REPORT_ARRAY;

	report_add_usage(&sum->usage, &part->usage);
	report_add_counts(sum->counters, part->counters, EVTCP_N_CAUSES);
	report_add_counts(sum->states, part->states, EVTCP_N_STATES);
	report_add_counts(sum->rtts.counts, part->rtts.counts, EVTCP_RTT_BUCKETS);
	sum->rtts.sum_us += part->rtts.sum_us;
	report_add_http(&sum->http, &part->http);
	sum->listed += part->listed;
	sum->omitted += part->omitted;
	sum->failed |= part->failed || (comma && evbuffer_add(sum->list, ",", 1) < 0) ||
		       evbuffer_add_buffer(sum->list, part->list) < 0;
}
