/* SPDX-License-Identifier: BSD-3-Clause */
/* The block's life, its place in the lists of its TCP, and the small acts that input,
 * timers and the application share. */

#include "tcp/tcb.h"
#include "tcp/rcv_window.h"
#include "tcp/state.h"
#include "tcp/timers.h"
#include "util/memory.h"
#include <assert.h>

/* The first guess at the size of the peer's segments: small, for it only grows, and who
 * sends less than it would never have every second one acknowledged. */
enum { TCB_FIRST_RCV_MSS = 536 };

struct tcb *tcb_new(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t now)
{
	uint32_t awake = tcp->n_connections - tcp->rest.by_tuple.len;

	if (deadline_queue_reserve(&tcp->deadlines, awake + 1) == -1)
		return NULL;
	struct tcb *tcb = memory_zalloc(tcp->world, sizeof(*tcb));
	if (tcb == NULL)
		return NULL;
	tcb->tcp = tcp;
	tcb->owned = 1;
	tcb->tuple = *tuple;
	tcb->rcv_buf = tcp->config.limits.receive_buffer;
	tcb->snd_buf = tcp->config.limits.send_buffer;
	tcb->rcv_mss = TCB_FIRST_RCV_MSS;
	tcb->quick_acks = (uint16_t)tcp->config.limits.quick_acks;
	tcb->ttl = tcp->config.ttl;
	tcb->busy.since_us = now;
	tcb->opened_at_us = tcb->last_received_us = tcb->last_sent_us = now;
	records_init(&tcb->records);
	tcb->cc.ops = tcp->config.cc;
	user_timeout_init(tcb);
	deadline_queue_number(&tcp->deadlines, &tcb->deadline);
	list_push(&tcp->connections, &tcb->in_connections);
	tcp->n_connections++;
	return tcb;
}

void tcb_free(struct tcb *tcb)
{
	struct tcp *tcp = tcb->tcp;

	if (tcb->reachable)
		hash_table_remove(&tcp->by_tuple, &tcb->by_tuple);
	deadline_queue_remove(&tcp->deadlines, &tcb->deadline);
	list_remove(&tcb->in_connections);
	list_remove(&tcb->in_output);
	list_remove(&tcb->in_news);
	list_remove(&tcb->in_starved);
	rest_stay_awake(tcb);
	tcp->n_connections--;
	if (!tcb->owned)
		tcp->n_orphans--;
	if (tcb->listener != NULL)
		tcp->n_unannounced--;
	if (fast_open_is_pending(tcb))
		tcp->fast_open.pending--;
	tcp->send_bytes -= sendq_len(&tcb->sendq);
	tcp->receive_bytes -= tcb->unread;
	sendq_free(&tcb->sendq, &tcp->spare);
	records_free(&tcb->records, tcp->world);
	undo_free(tcb);
	memory_free(tcp->world, tcb->timers_told);
	tcb_drop_out_of_order(tcb);
	if (tcb->input != NULL)
		evbuffer_free(tcb->input);
	memory_free(tcp->world, tcb);
}

struct evbuffer *tcb_input(struct tcb *tcb)
{
	if (tcb->input == NULL)
		tcb->input = spare_buffers_take(&tcb->tcp->spare);
	return tcb->input;
}

size_t tcb_input_len(const struct tcb *tcb)
{
	return tcb->input != NULL ? evbuffer_get_length(tcb->input) : 0;
}

void tcb_drop_input(struct tcb *tcb)
{
	spare_buffers_give(&tcb->tcp->spare, tcb->input);
	tcb->input = NULL;
}

void tcb_count_out_of_order(struct tcb *tcb)
{
	uint32_t footprint = reass_footprint(tcb->reass);

	tcb->tcp->out_of_order_bytes += footprint;
	tcb->tcp->out_of_order_bytes -= tcb->reass_counted;
	tcb->reass_counted = footprint;
}

void tcb_drop_out_of_order(struct tcb *tcb)
{
	reass_free(tcb->reass);
	tcb->reass = NULL;
	tcb_count_out_of_order(tcb);
}

void tcb_mark_output(struct tcb *tcb)
{
	if (!list_node_is_in(&tcb->in_output))
		list_push(&tcb->tcp->output, &tcb->in_output);
}

void tcb_mark_news(struct tcb *tcb, unsigned bits)
{
	tcb->news |= (uint8_t)bits;
	if (!list_node_is_in(&tcb->in_news))
		list_push(&tcb->tcp->news, &tcb->in_news);
}

void tcb_bury(struct tcb *tcb)
{
	if (state_is_over(tcb->state) && !tcb->owned && !tcb->rst_pending &&
		tcb->ack == TCB_ACK_NONE)
		tcb_mark_news(tcb, TCB_NEWS_DEAD);
}

void tcb_ack_now(struct tcb *tcb, enum evtcp_cause cause)
{
	/* An ACK of ACKs is nothing of its own where another is due (accecn.c). */
	if (tcb->ack != TCB_ACK_NOW || tcb->ack_reason.cause == EVTCP_CAUSE_ACK_MARKS)
		tcb->ack_reason = reason_of(cause);
	tcb->ack = TCB_ACK_NOW;
	tcb_mark_output(tcb);
}

void tcb_challenge(struct tcb *tcb, enum evtcp_cause cause, uint64_t now)
{
	if (now < tcb->challenge_at_us)
		return;
	tcb->challenge_at_us = now + tcb->tcp->config.limits.challenge_ms * UINT64_C(1000);
	tcb_ack_now(tcb, cause);
}

void tcb_note_soft_error(struct tcb *tcb, int error, enum evtcp_cause cause)
{
	/* Whoever can send us ICMP errors could keep the application busy otherwise. */
	if (tcb->soft_error == error && tcb->soft_cause == cause)
		return;
	tcb->soft_error = error;
	tcb->soft_cause = cause;
	tcb_mark_news(tcb, TCB_NEWS_ADVISORY);
}

/* What the peer takes (RFC 9293 3.7.1, MUST-15, MUST-16), not below a floor that keeps one
 * megabyte from becoming ten thousand packets (T21). */
static uint16_t tcb_peer_mss(const struct tcb *tcb, const struct tcp_options *options)
{
	const struct tcp_config *config = &tcb->tcp->config;
	uint32_t mss = tcp_default_mss(&tcb->tuple.remote.addr);

	if ((options->present & TCP_OPT_MSS) != 0)
		mss = options->mss;
	if (mss < config->limits.mss_floor) {
		tracer_count(tcb->tcp->trace, EVTCP_CAUSE_MSS_FLOOR);
		mss = config->limits.mss_floor;
	}
	return (uint16_t)(mss < TCB_LEAST_MSS ? TCB_LEAST_MSS : mss);
}

void tcb_negotiate(struct tcb *tcb, const struct tcp_options *options, uint64_t now)
{
	const struct tcp_config *config = &tcb->tcp->config;
	unsigned present = options->present;

	path_negotiated(tcb, tcb_peer_mss(tcb, options));
	if ((present & TCP_OPT_WSCALE) != 0 && config->options.window_scale) {
		tcb->ws_ok = 1;
		tcb->snd_wscale = options->wscale > TCP_MAX_WSCALE
					  ? TCP_MAX_WSCALE /* RFC 7323 2.3 rule 5 */
					  : options->wscale;
		tcb->rcv_wscale = rcv_window_scale(&config->limits);
	}
	if ((present & TCP_OPT_TIMESTAMPS) != 0 && config->options.timestamps) {
		tcb->ts_ok = 1;
		tcb->ts_recent = tcb->ts_floor = tcb->ts_first = options->tsval; /* RFC 7323 4.3 */
		tcb->ts_recent_at_us = now;
	}
	tcb->sack_ok = (present & TCP_OPT_SACK_PERMITTED) != 0 && config->options.sack;
	tcb->cc.ops->init(&tcb->cc, tcb->snd_mss);
}

void tcb_start_receiving(struct tcb *tcb, uint32_t irs)
{
	tcb->irs = irs;
	tcb->rcv_nxt = irs + 1;
	tcb->last_ack_sent = tcb->rcv_nxt;
	tcb->rcv_adv = tcb->rcv_nxt + rcv_window_of_syn(tcb->rcv_buf);
	rcv_tune_init(tcb);
}

void tcb_trace_timer(
	const struct tcb *tcb, const struct evtcp_reason *reason, uint64_t due_at_us, uint64_t now)
{
	struct tracer *trace = tcb->tcp->trace;

	tracer_count(trace, reason->cause);
	if (!tracer_wants(trace, EVTCP_EVENT_TIMER))
		return;
	struct evtcp_event event = {.at_us = now,
		.kind = EVTCP_EVENT_TIMER,
		.reason = *reason,
		.tuple = tcb->tuple,
		.u.timer = {.due_at_us = due_at_us}};
	tracer_emit(trace, &event);
}

static void tcb_describe_window(const struct tcb *tcb, struct evtcp_event *event)
{
	uint32_t out = tcb->snd_nxt - tcb->snd_una;

	event->u.window.cwnd = tcb->cc.cwnd;
	event->u.window.ssthresh = tcb->cc.ssthresh;
	event->u.window.in_flight = out;
	event->u.window.lost = out - tcb->records.in_flight - tcb->records.sacked;
	event->u.window.srtt_us = tcb->rtt.srtt_us;
	event->u.window.rttvar_us = tcb->rtt.rttvar_us;
	event->u.window.min_rtt_us = rtt_min(&tcb->rtt);
}

void tcb_trace_window(
	const struct tcb *tcb, enum evtcp_cause cause, uint32_t cwnd_before, uint64_t now)
{
	struct tracer *trace = tcb->tcp->trace;

	tracer_count(trace, cause);
	if (!tracer_wants(trace, EVTCP_EVENT_WINDOW))
		return;
	struct evtcp_event event = {
		.at_us = now,
		.kind = EVTCP_EVENT_WINDOW,
		.reason = {.cause = cause},
		.tuple = tcb->tuple,
	};
	tcb_describe_window(tcb, &event);
	event.u.window.cwnd_before = cwnd_before;
	tracer_emit(trace, &event);
}

void tcb_tell_metrics(
	const struct tcb *tcb, const struct tcb_metrics *before, uint64_t rtt_us, uint64_t now)
{
	struct evtcp_event event = {.at_us = now, .kind = EVTCP_EVENT_METRICS, .tuple = tcb->tuple};

	if (before->cwnd == tcb->cc.cwnd && before->ssthresh == tcb->cc.ssthresh && rtt_us == 0)
		return;
	tcb_describe_window(tcb, &event);
	event.u.window.rtt_us = rtt_us < UINT32_MAX ? (uint32_t)rtt_us : UINT32_MAX;
	tracer_emit(tcb->tcp->trace, &event);
}
