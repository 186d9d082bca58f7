/* SPDX-License-Identifier: BSD-3-Clause */
/* Pacing. In: what leaves, the rate that congestion control asks for, a timer; out: whether
 * output has to wait, and that timer. Nanoseconds, for at 10 Gbit/s a segment takes little more
 * than one microsecond. */

#include "tcp/pacing.h"
#include "tcp/tcb.h"
#include "tcp/timers.h"
#include "util/number.h"

enum { PACING_NS = 1000 }; /* in a microsecond */

/* Nanoseconds in a second: so many for each byte, divided by the rate. */
static const uint64_t pacing_parts = 1000000000;

void pacing_add(struct pacing *pacing, uint64_t rate, uint32_t bytes, uint64_t now)
{
	if (pacing->next_ns < now * PACING_NS && !pacing->opened) {
		pacing->next_ns = now * PACING_NS;
		pacing->rest = 0;
	}
	/* Many small parts take as long as the whole. */
	uint64_t parts = bytes * pacing_parts + pacing->rest, rest = parts % rate;
	pacing->next_ns += parts / rate;
	pacing->rest = rest < UINT32_MAX ? (uint32_t)rest : UINT32_MAX;
	pacing->closed = pacing->next_ns >= (now + PACING_BURST_US) * PACING_NS;
}

bool pacing_open(struct pacing *pacing, bool waited, uint64_t now)
{
	if (!pacing->closed)
		return true;
	uint64_t owed_us = waited ? PACING_LATE_US : 0;
	uint64_t since_ns = now > owed_us ? (now - owed_us) * PACING_NS : 0;

	if (pacing->next_ns > now * PACING_NS)
		return false;
	if (pacing->next_ns < since_ns)
		pacing->next_ns = since_ns;
	pacing->closed = false;
	pacing->opened = true;
	return true;
}

uint64_t pacing_room(const struct pacing *pacing, uint64_t rate, uint64_t now)
{
	uint64_t end_ns = (now + PACING_BURST_US) * PACING_NS, from_ns = pacing->next_ns;
	uint32_t rest = pacing->rest;

	if (from_ns < now * PACING_NS && !pacing->opened) {
		from_ns = now * PACING_NS;
		rest = 0;
	}
	if (pacing->closed || from_ns >= end_ns)
		return 0;
	return ((end_ns - from_ns) * rate - rest + pacing_parts - 1) / pacing_parts;
}

uint32_t pacing_quantum(uint64_t rate, uint32_t segment)
{
	uint64_t burst = rate * PACING_BURST_US / 1000000;

	return burst > UINT32_MAX ? UINT32_MAX : number_max((uint32_t)burst, segment);
}

/* ---- of a connection ---------------------------------------------------------------------- */

bool pacing_holds(struct tcb *tcb, uint64_t now)
{
	return !pacing_open(&tcb->pacing, timers_is_set(tcb, TCB_TIMER_PACING), now);
}

void pacing_sent(struct tcb *tcb, uint32_t numbers, uint64_t now)
{
	if (tcb->cc.pacing_rate != 0)
		pacing_add(&tcb->pacing, tcb->cc.pacing_rate, numbers, now);
}

/* Whether something would leave, if it might: where a window is full, its own or the peer's, an
 * acknowledgment says when to look again, or the persist timer. */
static bool pacing_is_waited_for(const struct tcb *tcb)
{
	bool has_room = seq_lt(tcb->snd_nxt, tcb->snd_una + tcb->snd_wnd);

	return tcb->pacing.closed && tcb->records.in_flight < tcb->cc.cwnd &&
	       (tcb->records.n_lost > 0 || (has_room && tcb_has_unsent(tcb)));
}

void pacing_settle(struct tcb *tcb)
{
	uint64_t next_us = (tcb->pacing.next_ns + PACING_NS - 1) / PACING_NS;

	tcb->pacing.opened = false;
	if (!pacing_is_waited_for(tcb))
		timers_stop(tcb, TCB_TIMER_PACING);
	else if (tcb->deadline_us[TCB_TIMER_PACING] != next_us)
		timers_set(tcb, TCB_TIMER_PACING, next_us);
}

/* Once a millisecond: that is counted, but no event. */
void pacing_on_timer(struct tcb *tcb, uint64_t now)
{
	tracer_count(tcb->tcp->trace, EVTCP_CAUSE_TIMER_PACING);
	pacing_open(&tcb->pacing, true, now);
	tcb_mark_output(tcb);
}
