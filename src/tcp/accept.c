/* SPDX-License-Identifier: BSD-3-Clause */
/* A block for a passive open: limits, memory, and what the SYN said. In: a half-open entry, in
 * the table or not. Out: a block in SYN-RECEIVED, which waits to be announced. */

#include "tcp/accept.h"
#include "tcp/demux.h"
#include "tcp/tcb.h"

static void accept_fill(
	struct tcp *tcp, const struct half_open *entry, struct tcb *tcb, uint64_t now)
{
	struct tcp_options options = {.present = entry->options,
		.mss = entry->mss,
		.wscale = entry->wscale,
		.tsval = entry->ts_recent};
	struct rtt_bounds bounds = tcb_rtt_bounds(tcb);

	tcb->passive = 1; /* MUST-11 */
	tcb->listener = entry->listener;
	tcb->iss = tcb->snd_una = tcb->snd_nxt = entry->iss;
	recovery_init(tcb);
	sendq_init(&tcb->sendq, entry->iss + 1);
	rtt_init(&tcb->rtt, &bounds);
	tcb_start_receiving(tcb, entry->irs);
	tcb_negotiate(tcb, &options, now);
	ecn_start(tcb, &entry->ecn, entry->sent);
	tcb->ts_offset = entry->ts_offset;
	tcb->snd_wnd = tcb->max_snd_wnd = entry->snd_wnd;
	tcb->snd_wl1 = entry->irs;
	tcb->snd_wl2 = entry->iss;
	tcb->state = EVTCP_SYN_RECEIVED; /* told when the entry was made */
	tcp->n_unannounced++;
}

struct tcb *accept_block(
	struct tcp *tcp, const struct half_open *entry, uint64_t now, struct evtcp_reason *reason)
{
	const struct evtcp_limits *limits = &tcp->config.limits;

	reason->cause = EVTCP_CAUSE_ACCEPT_QUEUE;
	if (limits->accept_queue != 0 && tcp->n_unannounced >= limits->accept_queue)
		return NULL;
	reason->cause = EVTCP_CAUSE_CONNECTION_LIMIT;
	if (limits->connections != 0 && tcp->n_connections >= limits->connections)
		return NULL;
	reason->cause = EVTCP_CAUSE_NO_MEMORY;
	struct tcb *tcb = tcb_new(tcp, &entry->tuple, now);
	if (tcb == NULL)
		return NULL;
	if (demux_insert(tcp, tcb, entry->by_tuple.hash) == -1) {
		tcb_free(tcb);
		return NULL;
	}
	accept_fill(tcp, entry, tcb, now);
	time_wait_reused(tcp, &entry->tuple, entry->by_tuple.hash, now);
	reason->cause = EVTCP_CAUSE_NONE;
	return tcb;
}

void accept_syn_ack_was_sent(struct tcb *tcb, uint64_t sent_at_us, uint64_t now)
{
	struct transmission syn_ack = {.at_us = sent_at_us != 0 ? sent_at_us : now};

	tcb->snd_nxt = tcb->iss + 1;
	records_sent(&tcb->records, tcb->iss, tcb->snd_nxt, &syn_ack, tcb_limit_records(tcb),
		tcb->tcp->world);
	if (sent_at_us == 0)
		records_first_is_ambiguous(&tcb->records);
}
