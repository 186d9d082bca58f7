/* SPDX-License-Identifier: BSD-3-Clause */
/* The invariants of ATTACKS 3.4 as assertions. They run after every step of every test;
 * a program that serves never calls them. */

#include "tcp/demux.h"
#include "tcp/state.h"
#include "tcp/timers.h"
#include <assert.h>

static void check_send_space(const struct tcb *tcb)
{
	assert(seq_leq(tcb->snd_una, tcb->snd_nxt));
	assert(tcb->snd_nxt - tcb->snd_una < UINT32_C(1) << 30);
	records_check(&tcb->records, tcb->snd_una, tcb->snd_nxt);
	/* The queue begins with the first unacknowledged byte. */
	bool syn_acked = !tcb_syn_is_unacked(tcb);
	bool fin_acked = tcb->fin_sent && tcb->snd_una == tcb->snd_nxt;
	sendq_check(&tcb->sendq);
	assert(tcb->sendq.seq == tcb->snd_una + !syn_acked - fin_acked);
	assert(!tcb->fin_sent || tcb->fin_queued);
	assert(!tcb->fin_sent || tcb->snd_nxt == tcb_end_of_data(tcb) + 1);
	(void)syn_acked;
	(void)fin_acked;
}

static void check_receive_space(const struct tcb *tcb)
{
	if (tcb->state == EVTCP_SYN_SENT)
		return;
	assert(seq_leq(tcb->rcv_nxt, tcb->rcv_adv));
	assert(seq_leq(tcb->last_ack_sent, tcb->rcv_nxt));
	assert(tcb->rcv_buf >= tcb->tcp->config.limits.receive_buffer);
	assert(tcb_rcv_wnd(tcb) <= tcb->rcv_buf + (UINT32_C(1) << tcb->rcv_wscale));
	assert(tcb_input_len(tcb) <= tcb->unread);
	if (tcb->reass != NULL)
		reass_check(tcb->reass, tcb->rcv_nxt);
}

/* No wake-up is lost: what must happen later has a deadline, and the queue knows it. */
static void check_deadlines(const struct tcb *tcb)
{
	bool pending = list_node_is_in(&tcb->in_output);
	uint64_t earliest = timers_earliest(tcb);

	if (pending)
		return; /* output is about to settle it */
	if (earliest != UINT64_MAX)
		assert(tcb->deadline.position != 0 && tcb->deadline.at_us <= earliest);
	if (tcb->records.len > 0)
		assert(timers_is_set(tcb, TCB_TIMER_RETRANSMIT));
	bool paced = timers_is_set(tcb, TCB_TIMER_PACING);
	if (tcb->records.len == 0 && tcb_has_unsent(tcb) && state_is_synchronized(tcb->state) &&
		!paced)
		assert(timers_is_set(tcb, TCB_TIMER_RETRANSMIT) && tcb->persist);
	if (tcb->user_timeout_us != 0 && tcb->records.len > 0 && tcb->snd_wnd > 0)
		assert(tcb->persist || timers_is_set(tcb, TCB_TIMER_USER));
	assert(tcb->ack != TCB_ACK_NOW);
	assert(tcb->ack != TCB_ACK_DELAYED || timers_is_set(tcb, TCB_TIMER_DELAYED_ACK));
	assert(tcb->records.n_lost == 0 || tcb->records.in_flight > 0 || tcb->snd_wnd == 0 ||
		paced);
	assert(!paced || tcb->pacing.closed);
}

static void check_congestion(const struct tcb *tcb)
{
	const struct tcp_config *config = &tcb->tcp->config;

	assert(tcb->cc.cwnd >= tcb->snd_mss);
	assert(tcb->cc.ssthresh >= 2 * (uint32_t)tcb->snd_mss);
	assert(tcb->rtt.rto_us >= config->rto_min_us && tcb->rtt.rto_us <= config->rto_max_us);
	(void)config;
}

static void check_over(const struct tcb *tcb)
{
	assert(!tcb->reachable);
	assert(timers_earliest(tcb) == UINT64_MAX);
	assert(tcb->records.len == 0 && sendq_len(&tcb->sendq) == 0 && tcb->reass == NULL);
	assert(tcb->owned || tcb->rst_pending || tcb->ack == TCB_ACK_NOW ||
		list_node_is_in(&tcb->in_news));
}

void tcb_check(const struct tcb *tcb)
{
	if (state_is_over(tcb->state)) {
		check_over(tcb);
		return;
	}
	assert(tcb->state != EVTCP_LISTEN); /* a listener has no block */
	uint64_t hash = demux_hash(tcb->tcp, &tcb->tuple);
	assert(tcb->reachable && tcb->by_tuple.hash == hash);
	assert(demux_find_hashed(tcb->tcp, &tcb->tuple, hash) == tcb);
	assert(half_open_find(tcb->tcp, &tcb->tuple, hash) == NULL);
	assert(rest_find(tcb->tcp, &tcb->tuple, hash) == NULL);
	assert(time_wait_find(tcb->tcp, &tcb->tuple, hash) == 0);
	/* FIN sent or received, and the state that says so. */
	bool closed_here = !state_may_send(tcb->state) && state_is_synchronized(tcb->state);
	assert(!closed_here || tcb->fin_queued);
	assert(!tcb->fin_received || !state_may_receive(tcb->state));
	check_send_space(tcb);
	check_receive_space(tcb);
	check_deadlines(tcb);
	check_congestion(tcb);
	(void)closed_here;
}

void tcp_check(const struct tcp *tcp)
{
	uint64_t send_bytes = 0, receive_bytes = 0, out_of_order_bytes = 0;
	uint32_t n = 0, orphans = 0, fast_open = 0;
	const struct list_node *node = tcp->connections.head.next;

	for (; node != &tcp->connections.head; node = node->next) {
		const struct tcb *tcb =
			(const struct tcb *)(const void *)((const char *)node -
							   offsetof(struct tcb, in_connections));
		tcb_check(tcb);
		n++;
		orphans += !tcb->owned;
		fast_open += fast_open_is_pending(tcb);
		send_bytes += sendq_len(&tcb->sendq);
		receive_bytes += tcb->unread;
		out_of_order_bytes += reass_footprint(tcb->reass);
	}
	assert(n + tcp->rest.by_tuple.len == tcp->n_connections && orphans == tcp->n_orphans);
	assert(fast_open == tcp->fast_open.pending);
	assert(send_bytes == tcp->send_bytes);
	assert(receive_bytes == tcp->receive_bytes);
	assert(out_of_order_bytes == tcp->out_of_order_bytes);
	/* No half-open entry without a timer: it would stay for ever. */
	assert(tcp->half_open.len == tcp->half_open.by_tuple.len);
	assert(tcp->half_open.len == tcp->half_open.deadlines.len);
	deadline_queue_check(&tcp->deadlines);
	deadline_queue_check(&tcp->half_open.deadlines);
	rest_check(tcp);
	(void)n;
	(void)orphans;
	(void)fast_open;
	(void)send_bytes;
	(void)receive_bytes;
	(void)out_of_order_bytes;
}
