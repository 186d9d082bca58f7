/* SPDX-License-Identifier: BSD-3-Clause */
/* SND.MSS during a connection.
 *
 *      SND.MSS = the least of   what the peer takes        (its SYN)
 *                               what the path carries      (asked of the stack)
 *                               what passes a black hole   (found out by RTOs)
 *
 * In: the peer's MSS, changes of paths, RTOs. Out: snd_mss, windows that fit it, records
 * marked lost.
 *
 * A black hole is looked for when the third RTO in a row finds the same large segment
 * unacknowledged, step by step down to what every path carries; then it is over, one way or
 * the other. Nothing is sent only to find out: what is tried is data (RFC 4821 7). */

#include "tcp/path.h"
#include "tcp/demux.h"
#include "tcp/recovery.h"
#include "tcp/state.h"
#include "tcp/timers.h"
#include "wire/address.h"

/* RFC 8899 5.1.1, PMTU_RAISE_TIMER. */
#define PATH_GUESS_US UINT64_C(600000000)

/* What a black hole may let through: most tunnels; the least of IPv6 (RFC 8200 5 rule 1), which
 * is the last step there; the 552 bytes below which no path of IPv4 is believed to be. The
 * second is what is expected to pass everywhere (BASE_PLPMTU of RFC 8899 5.1.2): who sends no
 * more has no reason to suspect the size first. */
static const uint16_t path_steps[] = {1400, 1220, 512};

/* Which RTO in a row is too many: R1 of RFC 9293 3.8.3, when IP is to be asked whether the
 * path is what it seems (MUST-20); and MAX_PROBES of RFC 8899 5.1.2 rule 1. */
enum { PATH_RTOS = 3 };

enum { PATH_STEPS = sizeof(path_steps) / sizeof(path_steps[0]), PATH_BASE = 1220 };

/* ---- what fits ------------------------------------------------------------------------ */

static uint16_t path_mss(const struct tcb *tcb)
{
	const struct tcp_config *config = &tcb->tcp->config;
	const struct evtcp_addr *remote = &tcb->tuple.remote.addr;
	uint16_t mss = tcp_mss(tcb->tcp, remote);

	if (config->path_mtu != NULL) {
		uint16_t mtu = config->path_mtu(config->path_arg, remote);
		mss = (uint16_t)(mss - (config->mtu - mtu));
	}
	if (tcb->path.peer_mss < mss)
		mss = tcb->path.peer_mss;
	if (tcb->path.guess != 0 && tcb->path.guess < mss)
		mss = tcb->path.guess;
	return mss;
}

void path_init(struct tcb *tcb)
{
	tcb->path = (struct path){.peer_mss = UINT16_MAX, .changes = tcb->tcp->path_changes};
	tcb->snd_mss = path_mss(tcb);
}

void path_negotiated(struct tcb *tcb, uint16_t peer_mss)
{
	path_init(tcb);
	tcb->path.peer_mss = peer_mss;
	tcb->snd_mss = path_mss(tcb);
}

/* Segments become smaller: RFC 5681 3.1 rule 4 wants the window smaller in the same proportion, or
 * a burst of many would follow. */
static void path_lower(struct tcb *tcb, uint16_t mss)
{
	uint64_t cwnd = (uint64_t)tcb->cc.cwnd * mss / tcb->snd_mss;

	tcb->cc.cwnd = cwnd < mss ? mss : (uint32_t)cwnd;
	tcb->snd_mss = mss;
}

/* Segments become larger: no window is below one of them, no threshold below two. What could
 * be undone was counted in the old size. */
static void path_raise(struct tcb *tcb, uint16_t mss)
{
	if (tcb->cc.cwnd < mss)
		tcb->cc.cwnd = mss;
	if (tcb->cc.ssthresh < 2 * (uint32_t)mss)
		tcb->cc.ssthresh = 2 * (uint32_t)mss;
	undo_forbid(tcb);
	tcb->snd_mss = mss;
}

static void path_trace(
	const struct tcb *tcb, enum evtcp_cause cause, uint16_t mss_before, uint64_t now)
{
	struct tracer *trace = tcb->tcp->trace;

	if (!tracer_wants(trace, EVTCP_EVENT_MSS))
		return;
	struct evtcp_event event = {.at_us = now,
		.kind = EVTCP_EVENT_MSS,
		.reason = {.cause = cause},
		.tuple = tcb->tuple,
		.u.mss = {.mss = tcb->snd_mss, .mss_before = mss_before}};
	tracer_emit(trace, &event);
}

/* SND.MSS is what path_mss says, because of cause, which its owner has counted. */
static void path_apply(struct tcb *tcb, enum evtcp_cause cause, uint64_t now)
{
	uint16_t mss = path_mss(tcb), before = tcb->snd_mss;

	tcb->path.changes = tcb->tcp->path_changes;
	if (mss == before)
		return;
	if (mss < before)
		path_lower(tcb, mss);
	else
		path_raise(tcb, mss);
	path_trace(tcb, cause, before, now);
}

/* ---- what routers say ------------------------------------------------------------------- */

void path_changed(struct tcp *tcp)
{
	tcp->path_changes++;
}

/* The table has changed: what a router has said made a path smaller, or what it said has aged. */
static void path_follow_routers(struct tcb *tcb, uint64_t now)
{
	bool larger = path_mss(tcb) > tcb->snd_mss;

	if (larger)
		tracer_count(tcb->tcp->trace, EVTCP_CAUSE_PATH_MTU_AGED);
	path_apply(tcb, larger ? EVTCP_CAUSE_PATH_MTU_AGED : EVTCP_CAUSE_PATH_MTU, now);
}

void path_follow(struct tcb *tcb, uint64_t now)
{
	struct path *path = &tcb->path;

	if (path->guess != 0 && now >= path->guess_until) {
		path->guess = 0;
		tracer_count(tcb->tcp->trace, EVTCP_CAUSE_PATH_MTU_RETRIED);
		path_apply(tcb, EVTCP_CAUSE_PATH_MTU_RETRIED, now);
	}
	if (path->changes != tcb->tcp->path_changes)
		path_follow_routers(tcb, now);
}

bool path_is_in_flight(struct tcp *tcp, const struct evtcp_tuple *tuple, uint32_t seq)
{
	const struct tcb *tcb = demux_find(tcp, tuple);

	return tcb != NULL && seq_between(seq, tcb->snd_una, tcb->snd_nxt);
}

void path_too_large(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t now)
{
	struct tcb *tcb = demux_find(tcp, tuple);
	uint16_t before = tcb->snd_mss;
	uint32_t in_flight = tcb->records.in_flight;

	path_follow(tcb, now);
	if (!state_is_synchronized(tcb->state) || tcb->snd_mss >= before) /* RFC 1191 6.4 rule 3 */
		return;
	records_mark_longer_lost(&tcb->records, recovery_segment(tcb));
	if (tcb->records.n_lost == 0)
		return;
	recovery_trace_lost(
		tcb, EVTCP_CAUSE_PATH_MTU_RETRANSMIT, in_flight - tcb->records.in_flight, now);
	if (tcb->recovery.frto != FRTO_OFF)
		tcb->recovery.frto = FRTO_OFF; /* that the first is sent again says nothing now */
	recovery_will_send(tcb, EVTCP_CAUSE_PATH_MTU_RETRANSMIT);
	timers_rearm_retransmit(tcb, now);
}

/* ---- what nobody says -------------------------------------------------------------------- */

/* The next smaller size, 0 if there is none. */
static uint16_t path_next_step(const struct tcb *tcb)
{
	bool ipv4 = address_is_ipv4(&tcb->tuple.remote.addr);

	for (int i = 0; i < PATH_STEPS; i++) {
		if (path_steps[i] < tcb->snd_mss && (ipv4 || path_steps[i] >= PATH_BASE))
			return path_steps[i];
	}
	return 0;
}

static void path_guess(struct tcb *tcb, uint16_t mss, uint64_t now)
{
	tcb->path.guess = mss;
	tcb->path.guess_until = now + PATH_GUESS_US;
	tracer_count(tcb->tcp->trace, EVTCP_CAUSE_PATH_MTU_BLACK_HOLE);
	path_apply(tcb, EVTCP_CAUSE_PATH_MTU_BLACK_HOLE, now);
}

static void path_stop_guessing(struct tcb *tcb, uint64_t now)
{
	tcb->path.guessed_wrong = true;
	if (tcb->path.guess == 0)
		return;
	tcb->path.guess = 0;
	tracer_count(tcb->tcp->trace, EVTCP_CAUSE_PATH_MTU_NO_BLACK_HOLE);
	path_apply(tcb, EVTCP_CAUSE_PATH_MTU_NO_BLACK_HOLE, now);
}

void path_on_rto(struct tcb *tcb, uint64_t now)
{
	const struct record *first = records_first(&tcb->records);
	uint16_t step = path_next_step(tcb);

	if (tcb->backoff == 0)
		tcb->path.guessed_wrong = false; /* something has arrived since the last RTO */
	if (tcb->path.guess == 0 && tcb->snd_mss <= PATH_BASE)
		return;
	if (tcb->backoff + 1 < PATH_RTOS || tcb->path.guessed_wrong || first == NULL ||
		!state_is_synchronized(tcb->state))
		return;
	/* A segment that is no larger than the next step, or than any, died of something
	 * else (RFC 4821 7.7 rules 2, 3). */
	uint32_t overhead = (uint32_t)tcb->snd_mss - recovery_segment(tcb);
	if (step == 0 || first->end - first->seq + overhead <= step)
		path_stop_guessing(tcb, now);
	else
		path_guess(tcb, step, now);
}
