/* SPDX-License-Identifier: BSD-3-Clause */
/* The receive window.
 *
 *     read | unread (input)  | out of order, gaps       |
 *          |                 rcv_nxt        rcv_adv     |
 *          |<------------------- rcv_buf --------------->|
 *
 * The right edge may move to the read position + rcv_buf, which grows (rcv_tune.c). Until
 * something is read it stays (RFC 9293 3.8.6.1, MAY-8). What came out
 * of order lies inside the window and does not narrow it. The edge is kept as a sequence number,
 * rcv_adv, so that "never shrink" is one comparison.
 *
 * When the buffers of all connections near their limit a window grows by one segment at
 * most, and not at all where none is left. Who has no window then, though its own buffer has
 * room, is starved: its peer is told when memory is there again. */

#include "tcp/rcv_window.h"
#include "tcp/state.h"
#include "util/number.h"

/* A buffer may grow to so many times its first size: a window is told in units of the scale,
 * which must stay small beside the first one, or that could not be told. */
enum { RCV_WINDOW_GROWTH = 1024 };

/* How many windows are opened in one turn, when memory is there again. */
enum { RCV_WINDOW_WAKES = 64 };

uint16_t rcv_window_of_syn(uint32_t rcv_buf)
{
	return (uint16_t)number_min(rcv_buf, UINT16_MAX);
}

uint32_t rcv_window_largest(const struct evtcp_limits *limits)
{
	uint64_t first = limits->receive_buffer, most = limits->receive_buffer_max;

	if (most > first * RCV_WINDOW_GROWTH)
		most = first * RCV_WINDOW_GROWTH;
	return (uint32_t)(most > first ? most : first);
}

uint8_t rcv_window_scale(const struct evtcp_limits *limits)
{
	uint32_t beyond = rcv_window_largest(limits) >> 16; /* what the field has no bits for */
	unsigned bits = beyond == 0 ? 0 : 32 - (unsigned)__builtin_clz(beyond);

	return (uint8_t)(bits < TCP_MAX_WSCALE ? bits : TCP_MAX_WSCALE);
}

/* The smallest step of the window field. */
static inline uint32_t rcv_window_unit(const struct tcb *tcb)
{
	return UINT32_C(1) << (tcb->ws_ok ? tcb->rcv_wscale : 0);
}

/* The largest window that can be told: without a scale the field holds 64 KiB, however
 * large the buffer is. */
static inline uint32_t rcv_window_capacity(const struct tcb *tcb)
{
	return number_min(tcb->rcv_buf, UINT16_MAX * rcv_window_unit(tcb));
}

/* How much its own buffer has room for. */
static uint32_t rcv_window_room(const struct tcb *tcb)
{
	uint32_t room = tcb->rcv_buf > tcb->unread ? tcb->rcv_buf - tcb->unread : 0;
	return number_min(room, rcv_window_capacity(tcb));
}

/* A full segment of the peer's, as we announced it. */
static uint32_t rcv_window_mss(const struct tcb *tcb)
{
	return tcp_mss(tcb->tcp, &tcb->tuple.remote.addr);
}

/* How much the memory of all buffers has room for, when that is short. */
static uint32_t rcv_window_rest(const struct tcb *tcb)
{
	const struct tcp *tcp = tcb->tcp;
	uint64_t limit = tcp->config.limits.buffer_bytes, held = tcp_held_bytes(tcp);
	uint64_t rest = limit > held ? limit - held : 0;
	uint32_t mss = rcv_window_mss(tcb);

	return rest < mss ? (uint32_t)rest : mss;
}

/* The right edge that can be offered, at or beyond rcv_adv. */
static inline uint32_t rcv_window_edge(const struct tcb *tcb)
{
	uint32_t room = rcv_window_room(tcb);

	if (tcp_memory_is_short(tcb->tcp))
		room = number_min(room, rcv_window_rest(tcb));
	return seq_max(tcb->rcv_adv, tcb->rcv_nxt + room); /* SHLD-14 */
}

/* RFC 9293 3.8.6.2.2: an edge that would move by less stays (MUST-39). */
static inline uint32_t rcv_window_least(const struct tcb *tcb)
{
	return number_min(rcv_window_capacity(tcb) / 2, rcv_window_mss(tcb));
}

uint16_t rcv_window_field(struct tcb *tcb, bool syn)
{
	uint8_t scale = syn || !tcb->ws_ok ? 0 : tcb->rcv_wscale;
	uint32_t edge = rcv_window_edge(tcb);

	if (edge - tcb->rcv_adv < rcv_window_least(tcb))
		edge = tcb->rcv_adv;
	uint32_t wnd = edge - tcb->rcv_nxt;
	uint32_t field = wnd >> scale;
	/* Rounding down takes back a little of what was promised: so round up, but not for
	 * ever, or a peer that sends byte by byte would never see the window close. From
	 * there on the edge may seem to move back by less than a unit, which RFC 7323 2.4
	 * prepares senders for; what was promised is still taken (RFC 7323 2.4 (1)). */
	uint32_t last = tcb->rcv_nxt - tcb->unread + tcb->rcv_buf + (UINT32_C(1) << scale);
	if (seq_lt(tcb->rcv_nxt + (field << scale), tcb->rcv_adv) &&
		seq_leq(tcb->rcv_nxt + ((field + 1) << scale), last))
		field++;
	if (field > UINT16_MAX)
		field = UINT16_MAX;
	tcb->rcv_adv = seq_max(tcb->rcv_adv, tcb->rcv_nxt + (field << scale));
	return (uint16_t)field;
}

/* How much the edge moves by for that alone to be worth a segment. */
static uint32_t rcv_window_enough(const struct tcb *tcb)
{
	uint32_t half = rcv_window_capacity(tcb) / 2;
	uint32_t two_segments = 2 * rcv_window_mss(tcb);
	uint32_t quarter = rcv_window_capacity(tcb) / 4;

	if (tcp_memory_is_short(tcb->tcp))
		return rcv_window_least(tcb); /* there will not be more */
	return number_min(half, number_max(quarter, two_segments));
}

bool rcv_window_update_due(const struct tcb *tcb)
{
	uint32_t gain = rcv_window_edge(tcb) - tcb->rcv_adv;

	/* Less than a unit of the scale cannot be told. */
	if (gain < rcv_window_unit(tcb) || !state_may_receive(tcb->state))
		return false;
	return gain >= rcv_window_enough(tcb);
}

/* ---- want of memory ------------------------------------------------------------------------- */

static bool rcv_window_is_starved(const struct tcb *tcb)
{
	uint32_t wnd = tcb_rcv_wnd(tcb), least = rcv_window_least(tcb);

	/* A window below "least" is none: silly-window avoidance keeps the peer from using it. */
	return state_may_receive(tcb->state) && tcp_memory_is_short(tcb->tcp) && wnd < least &&
	       rcv_window_room(tcb) >= wnd + least;
}

void rcv_window_settle(struct tcb *tcb)
{
	if (!rcv_window_is_starved(tcb))
		list_remove(&tcb->in_starved);
	else if (!list_node_is_in(&tcb->in_starved))
		list_push(&tcb->tcp->starved, &tcb->in_starved);
}

bool rcv_window_starved_may_go(const struct tcp *tcp)
{
	return !list_is_empty(&tcp->starved) && !tcp_memory_is_short(tcp);
}

void rcv_window_wake_starved(struct tcp *tcp)
{
	for (int n = 0; n < RCV_WINDOW_WAKES && rcv_window_starved_may_go(tcp); n++) {
		struct list_node *node = list_pop(&tcp->starved);
		tcb_mark_output(container_of(node, struct tcb, in_starved));
	}
}
