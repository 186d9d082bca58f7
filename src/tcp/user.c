/* SPDX-License-Identifier: BSD-3-Clause */
/* The application's acts on a connection: RFC 9293 3.10.1 to 3.10.6. */

#include "tcp/user.h"
#include "tcp/demux.h"
#include "tcp/rcv_tune.h"
#include "tcp/snd_tune.h"
#include "tcp/state.h"
#include "tcp/timers.h"
#include <errno.h>
#include <string.h>

/* More than this in one queue would confuse the arithmetic of sequence numbers. */
static const size_t user_largest_queue = (size_t)1 << 30;

/* ---- OPEN (3.10.1) ---------------------------------------------------------------------- */

enum { USER_FIRST_PORT = 49152, USER_PORTS = 65536 - USER_FIRST_PORT };

/* Whether a segment of this tuple would reach something. */
static bool user_is_taken(struct tcp *tcp, const struct evtcp_tuple *tuple)
{
	uint64_t hash = demux_hash(tcp, tuple);

	return demux_find_hashed(tcp, tuple, hash) != NULL || rest_find(tcp, tuple, hash) != NULL ||
	       half_open_find(tcp, tuple, hash) != NULL || time_wait_find(tcp, tuple, hash) != 0;
}

int user_choose_port(struct tcp *tcp, struct evtcp_tuple *tuple)
{
	uint16_t start;

	tcp->world->random(tcp->world->arg, &start, sizeof(start));
	for (unsigned i = 0; i < USER_PORTS; i++) { /* RFC 6056 3.3.1 */
		tuple->local.port = (uint16_t)(USER_FIRST_PORT + (start + i) % USER_PORTS);
		if (!user_is_taken(tcp, tuple))
			return 0;
	}
	errno = EADDRNOTAVAIL;
	return -1;
}

struct tcb *user_open(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t now)
{
	uint32_t limit = tcp->config.limits.connections;
	struct rtt_bounds bounds;

	if (user_is_taken(tcp, tuple)) {
		errno = EADDRINUSE;
		return NULL;
	}
	if (limit != 0 && tcp->n_connections >= limit) {
		errno = ENOBUFS;
		return NULL;
	}
	struct tcb *tcb = tcb_new(tcp, tuple, now);
	if (tcb == NULL || demux_insert(tcp, tcb, demux_hash(tcp, tuple)) == -1) {
		if (tcb != NULL)
			tcb_free(tcb);
		errno = ENOMEM;
		return NULL;
	}
	struct isn_start start = isn_start(&tcp->isn, tuple, now);
	tcb->iss = start.iss;
	tcb->ts_offset = start.ts_offset;
	tcb->snd_una = tcb->snd_nxt = tcb->iss;
	recovery_init(tcb);
	path_init(tcb);
	sendq_init(&tcb->sendq, tcb->iss + 1);
	bounds = tcb_rtt_bounds(tcb);
	rtt_init(&tcb->rtt, &bounds);
	tcb->cc.ops->init(&tcb->cc, tcb->snd_mss);
	state_set(tcb, EVTCP_SYN_SENT, EVTCP_CAUSE_OPENED_ACTIVE, now);
	tcb_mark_output(tcb);
	return tcb;
}

/* ---- SEND (RFC 9293 3.10.2) ----------------------------------------------------------------- */

/* The state takes data of the application, to be sent at once or when it is open. */
static bool user_is_open(const struct tcb *tcb)
{
	return !tcb->fin_queued && (state_may_send(tcb->state) || tcb->state == EVTCP_SYN_SENT ||
					   tcb->state == EVTCP_SYN_RECEIVED);
}

uint32_t user_room(const struct tcb *tcb)
{
	const struct tcp *tcp = tcb->tcp;
	const struct evtcp_limits *limits = &tcp->config.limits;
	uint32_t len = sendq_len(&tcb->sendq), buffer = snd_tune_buffer(tcb);

	if (!user_is_open(tcb) || len >= buffer)
		return 0;
	if (limits->buffer_bytes != 0 && tcp_held_bytes(tcp) >= limits->buffer_bytes)
		return 0;
	return buffer - len;
}

/* So many bytes have come into the send queue. */
static void user_appended(struct tcb *tcb, uint32_t len)
{
	tcb->tcp->send_bytes += len;
	tcb_mark_output(tcb);
}

static ssize_t user_append(struct tcb *tcb, struct evbuffer *data, uint32_t len)
{
	ssize_t moved = 0;

	if (len > 0)
		moved = sendq_append(&tcb->sendq, data, len, tcb->snd_mss, &tcb->tcp->spare);
	if (moved > 0)
		user_appended(tcb, (uint32_t)moved);
	return moved;
}

ssize_t user_send(struct tcb *tcb, struct evbuffer *data)
{
	size_t len = evbuffer_get_length(data);
	uint32_t room = user_room(tcb);

	return user_append(tcb, data, len < room ? (uint32_t)len : room);
}

bool user_take_over(struct tcb *tcb, struct evbuffer *data, size_t len)
{
	if (!sendq_is_unused(&tcb->sendq) || len > user_room(tcb))
		return false;
	sendq_take_over(&tcb->sendq, data, (uint32_t)len);
	user_appended(tcb, (uint32_t)len);
	return true;
}

/* ---- CLOSE (3.10.4) ------------------------------------------------------------------------ */

/* What the application had still to send, room or not: the bytes exist already. */
static bool user_take_rest(struct tcb *tcb, struct evbuffer *rest)
{
	size_t len = rest != NULL ? evbuffer_get_length(rest) : 0;

	return len + sendq_len(&tcb->sendq) <= user_largest_queue &&
	       user_append(tcb, rest, (uint32_t)len) >= 0;
}

void user_shutdown(struct tcb *tcb, struct evbuffer *rest, uint64_t now)
{
	if (!user_is_open(tcb))
		return;
	if (!user_take_rest(tcb, rest)) {
		state_reset(
			tcb, EVTCP_CAUSE_RST_NO_MEMORY, ENOMEM, EVTCP_CAUSE_ABORTED_BY_USER, now);
		return;
	}
	/* In SYN-SENT and SYN-RECEIVED: FIN-WAIT-1 when the handshake is complete. */
	if (tcb->state == EVTCP_ESTABLISHED)
		state_set(tcb, EVTCP_FIN_WAIT_1, EVTCP_CAUSE_CLOSED_BY_USER, now);
	else if (tcb->state == EVTCP_CLOSE_WAIT)
		state_set(tcb, EVTCP_LAST_ACK, EVTCP_CAUSE_CLOSED_BY_USER, now);
	tcb->fin_queued = 1;
	tcb_mark_output(tcb);
}

/* Nobody owns it from here on; it has limited time to finish. */
static void user_orphan(struct tcb *tcb, uint64_t now)
{
	const struct evtcp_limits *limits = &tcb->tcp->config.limits;

	if (state_is_over(tcb->state)) {
		tcb_bury(tcb);
	} else if (limits->orphans != 0 && tcb->tcp->n_orphans > limits->orphans) {
		state_reset(tcb, EVTCP_CAUSE_RST_TIMEOUT, 0, EVTCP_CAUSE_ORPHAN_LIMIT, now);
	} else if (tcb->state == EVTCP_FIN_WAIT_2) {
		timers_start_fin_wait_2(tcb, now);
	} else {
		timers_start_orphan(tcb, now);
	}
	timers_trace(tcb, now);
}

void user_release(struct tcb *tcb, struct evbuffer *rest, uint64_t now)
{
	tcb->owned = 0;
	tcb->ref = NULL;
	tcb->tcp->n_orphans++;
	tcb->news = 0;
	user_input_changed(tcb, now);
	if (!state_is_over(tcb->state) && tcb->unread > 0) {
		/* RFC 9293 3.6.1, SHLD-3 */
		state_reset(tcb, EVTCP_CAUSE_RST_UNREAD_DATA, 0, EVTCP_CAUSE_CLOSED_BY_USER, now);
		return;
	}
	if (tcb->state == EVTCP_SYN_SENT) /* CLOSE there deletes the block */
		state_set(tcb, EVTCP_CLOSED, EVTCP_CAUSE_CLOSED_BY_USER, now);
	else
		user_shutdown(tcb, rest, now);
	user_orphan(tcb, now);
}

/* ---- ABORT (3.10.5) -------------------------------------------------------------------------- */

void user_abort(struct tcb *tcb, enum evtcp_cause cause, uint64_t now)
{
	if (state_is_over(tcb->state))
		return;
	state_reset(tcb, cause, 0, EVTCP_CAUSE_ABORTED_BY_USER, now);
}

/* ---- RECEIVE (RFC 9293 3.10.3) -------------------------------------------------------------- */

void user_input_changed(struct tcb *tcb, uint64_t now)
{
	uint32_t len = (uint32_t)tcb_input_len(tcb);

	if (len == tcb->unread)
		return;
	tcb->tcp->receive_bytes += len;
	tcb->tcp->receive_bytes -= tcb->unread;
	tcb->unread = len;
	rcv_tune_on_read(tcb, now);
	if (tcb->urgent && seq_leq(tcb->rcv_up, tcb->rcv_nxt - tcb->fin_received - len))
		tcb->urgent = 0; /* all of it was read */
	tcb_mark_output(tcb);    /* a window update may be due */
}

/* ---- options -------------------------------------------------------------------------------- */

/* A span that added to any moment does not overflow: at most 35 years. */
static uint64_t user_span(uint64_t us)
{
	const uint64_t forever_us = UINT64_C(1) << 50;
	return us < forever_us ? us : forever_us;
}

void user_set_user_timeout(struct tcb *tcb, uint64_t timeout_us, uint64_t now)
{
	user_timeout_set(tcb, timeout_us, now); /* MUST-21 */
	timers_trace(tcb, now);
}

void user_set_keepalive(
	struct tcb *tcb, uint64_t idle_us, uint64_t interval_us, unsigned probes, uint64_t now)
{
	tcb->keepalive_idle_us = user_span(idle_us);
	tcb->keepalive_interval_us = user_span(interval_us != 0 ? interval_us : idle_us);
	tcb->keepalive_max = (uint8_t)(probes < 2 ? 2 : probes > UINT8_MAX ? UINT8_MAX : probes);
	tcb->probes_unanswered = 0; /* at least two: MUST-29 */
	if (state_is_synchronized(tcb->state) && tcb->state != EVTCP_TIME_WAIT)
		timers_start_keepalive(tcb, now);
	timers_trace(tcb, now);
}

void user_set_nodelay(struct tcb *tcb, bool on)
{
	tcb->nodelay = on; /* MUST-17 */
	if (on)
		tcb_mark_output(tcb);
}

void user_set_cork(struct tcb *tcb, bool on)
{
	tcb->corked = on;
	if (!on)
		tcb_mark_output(tcb);
}

void user_let_rest(struct tcb *tcb, bool on)
{
	tcb->may_rest = on;
	tcb_mark_output(tcb); /* which has nothing to send, and sees that */
}

/* ---- STATUS (RFC 9293 3.10.6, 3.9.1.5) ------------------------------------------------------ */

static uint32_t user_unsent(const struct tcb *tcb)
{
	uint32_t end = tcb_end_of_data(tcb);

	return seq_gt(end, tcb->snd_nxt) ? end - tcb->snd_nxt : 0;
}

uint64_t user_unacked(const struct tcb *tcb)
{
	if (tcb->state == EVTCP_CLOSED)
		return 0; /* by a RST, perhaps: nobody will */
	return (uint64_t)user_unsent(tcb) + (tcb->snd_nxt - tcb->snd_una);
}

static void user_info_buffers(const struct tcb *tcb, struct evtcp_conn_info *info)
{
	size_t unread = tcb_input_len(tcb); /* by now: tcb->unread learns of it in the flush */

	info->readable = unread > 0 || tcb->fin_received || tcb->error != 0;
	info->writable = user_room(tcb) > 0;
	info->eof = tcb->fin_received;
	info->unread_bytes = (uint32_t)unread;
	info->unsent_bytes = user_unsent(tcb);
	info->unacked_bytes = tcb->snd_nxt - tcb->snd_una;
	info->out_of_order_bytes = tcb->reass != NULL ? tcb->reass->bytes : 0;
	info->rcv_buf = tcb->rcv_buf;
	info->snd_buf = snd_tune_buffer(tcb);
	info->rcv_rtt_us = tcb->rcv_tune.rtt_us;
	info->rcv_space = tcb->rcv_tune.space;
}

static enum evtcp_cc_state user_cc_state(const struct tcb *tcb)
{
	if (tcb->recovery.phase == RECOVERY_FAST)
		return EVTCP_CC_FAST_RECOVERY;
	if (tcb->recovery.phase == RECOVERY_TIMEOUT)
		return EVTCP_CC_TIMEOUT;
	return tcb->cc.cwnd < tcb->cc.ssthresh ? EVTCP_CC_SLOW_START : EVTCP_CC_AVOIDANCE;
}

static void user_info_recovery(const struct tcb *tcb, struct evtcp_conn_info *info)
{
	const struct records *records = &tcb->records;

	info->in_flight = records->in_flight;
	info->sacked_bytes = records->sacked;
	info->lost_bytes = tcb->snd_nxt - tcb->snd_una - records->in_flight - records->sacked;
	info->min_rtt_us = rtt_min(&tcb->rtt);
	info->reo_wnd_us = rack_reordering_window(tcb);
	info->reordering_seen = tcb->rack.reordering_seen;
	info->cc_state = user_cc_state(tcb);
	info->pacing_rate = tcb->cc.pacing_rate;
	info->delivery_rate = rate_seen(&tcb->rate);
	info->delivery_rate_limited = tcb->rate.seen_app_limited;
}

static void user_info_counts(const struct tcb *tcb, struct evtcp_conn_info *info)
{
	const struct tcb_stats *stats = &tcb->stats;

	info->retransmits = tcb->losses.retransmits;
	info->duplicates = stats->duplicates;
	info->timeouts = tcb->losses.timeouts;
	info->undone = tcb->losses.undone;
	info->bytes_sent = stats->bytes_sent;
	info->bytes_retransmitted = tcb->losses.bytes_retransmitted;
	info->bytes_delivered = stats->bytes_delivered;
	info->bytes_acked = stats->bytes_acked;
	info->bytes_received = stats->bytes_received;
	info->segments_sent = stats->segments_sent;
	info->segments_received = stats->segments_received;
}

static void user_info_ecn(const struct tcb *tcb, struct evtcp_conn_info *info)
{
	info->ecn = tcb->ecn.sends;
	info->accurate_ecn = tcb->ecn.handshake.mode == ECN_ACCURATE;
	info->ce_received = tcb->ecn.ce_received;
	info->ecn_reductions = tcb->ecn.reductions;
	if (info->accurate_ecn) {
		info->ce_delivered = tcb->accecn.s_cep - ACCECN_FIRST_CEP;
		info->ce_delivered_bytes = tcb->accecn.s_ceb;
	}
}

static void user_info_busy(const struct busy *busy, struct evtcp_conn_info *info)
{
	info->rwnd_limited_us = busy->spent_us[BUSY_BY_WINDOW];
	info->sndbuf_limited_us = busy->spent_us[BUSY_BY_BUFFER];
	info->busy_us =
		busy->spent_us[BUSY_SENDING] + info->rwnd_limited_us + info->sndbuf_limited_us;
}

void user_info(const struct tcb *tcb, struct evtcp_conn_info *info)
{
	struct rtt_bounds bounds = tcb_rtt_bounds(tcb);

	memset(info, 0, sizeof(*info));
	info->state = tcb->state;
	info->tuple = tcb->tuple;
	info->error = tcb->error;
	info->soft_error = tcb->soft_error;
	info->soft_cause = tcb->soft_error != 0 ? tcb->soft_cause : EVTCP_CAUSE_NONE;
	info->nodelay = tcb->nodelay;
	info->cork = tcb->corked;
	info->keepalive = tcb->keepalive_idle_us != 0;
	info->timestamps = tcb->ts_ok;
	info->sack = tcb->sack_ok;
	user_info_ecn(tcb, info);
	info->window_scale = tcb->ws_ok;
	info->syn_data = tcb->syn_data;
	info->snd_wscale = tcb->snd_wscale;
	info->rcv_wscale = tcb->rcv_wscale;
	user_info_buffers(tcb, info);
	info->snd_mss = tcb->snd_mss;
	info->rcv_mss = tcb->rcv_mss;
	info->snd_wnd = tcb->snd_wnd;
	info->rcv_wnd = tcb_rcv_wnd(tcb);
	info->cwnd = tcb->cc.cwnd;
	info->ssthresh = tcb->cc.ssthresh;
	info->srtt_us = tcb->rtt.srtt_us;
	info->rttvar_us = tcb->rtt.rttvar_us;
	info->rto_us = (uint32_t)rtt_backed_off(&tcb->rtt, tcb->backoff, &bounds);
	info->backoff = tcb->backoff;
	info->user_timeout_us = tcb->user_timeout_us;
	info->peer_user_timeout_us = tcb->user_timeout.remote_s * UINT64_C(1000000);
	info->opened_at_us = tcb->opened_at_us;
	info->last_sent_at_us = tcb->last_sent_us;
	info->last_received_at_us = tcb->last_received_us;
	user_info_recovery(tcb, info);
	user_info_counts(tcb, info);
	user_info_busy(&tcb->busy, info);
	info->cc = tcb->cc.ops->name;
	if (tcb->cc.ops->info != NULL)
		tcb->cc.ops->info(&tcb->cc, info);
}
