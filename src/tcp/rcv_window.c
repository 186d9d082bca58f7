/* SPDX-License-Identifier: BSD-3-Clause */
/* The receive window.
 *
 *     read | unread (input)  | out of order, gaps       |
 *          |                 rcv_nxt        rcv_adv     |
 *          |<------------------- rcv_buf --------------->|
 *
 * The right edge may move to the read position + rcv_buf. What came out of order lies
 * inside the window and does not narrow it. The edge is kept as a sequence number,
 * rcv_adv, so that "never shrink" is one comparison. */

#include "tcp/rcv_window.h"
#include "tcp/state.h"

/* A buffer may grow to so many times its first size (64 KiB to 1 MiB: ATTACKS section
 * 2), and the scale must reach that. */
enum { RCV_WINDOW_GROWTH = 16 };

/* Share of all buffers' limit from which windows stop growing. */
enum { RCV_WINDOW_PRESSURE_PERCENT = 75 };

static uint32_t rcv_window_min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint16_t rcv_window_of_syn(uint32_t rcv_buf)
{
	return (uint16_t)rcv_window_min(rcv_buf, UINT16_MAX);
}

uint8_t rcv_window_scale(uint32_t rcv_buf)
{
	uint64_t largest = (uint64_t)rcv_buf * RCV_WINDOW_GROWTH;
	uint8_t scale = 0;

	while (scale < TCP_MAX_WSCALE && largest >> scale > UINT16_MAX)
		scale++;
	return scale;
}

static bool rcv_window_under_pressure(const struct tcp *tcp)
{
	uint64_t limit = tcp->config.limits.buffer_bytes;
	return limit != 0 && tcp_held_bytes(tcp) >= limit / 100 * RCV_WINDOW_PRESSURE_PERCENT;
}

/* The largest window that can be told: without a scale the field holds 64 KiB, however
 * large the buffer is. */
static uint32_t rcv_window_capacity(const struct tcb *tcb)
{
	uint32_t largest = (uint32_t)UINT16_MAX << (tcb->ws_ok ? tcb->rcv_wscale : 0);
	return rcv_window_min(tcb->rcv_buf, largest);
}

/* The right edge that can be offered, at or beyond rcv_adv. */
static uint32_t rcv_window_edge(const struct tcb *tcb)
{
	uint32_t room = tcb->rcv_buf > tcb->unread ? tcb->rcv_buf - tcb->unread : 0;

	room = rcv_window_min(room, rcv_window_capacity(tcb));
	if (rcv_window_under_pressure(tcb->tcp))
		room = rcv_window_min(room, tcb->tcp->config.mss);
	return seq_max(tcb->rcv_adv, tcb->rcv_nxt + room); /* SHLD-14 */
}

uint16_t rcv_window_field(struct tcb *tcb, bool syn)
{
	uint8_t scale = syn || !tcb->ws_ok ? 0 : tcb->rcv_wscale;
	uint32_t edge = rcv_window_edge(tcb);
	uint32_t least = rcv_window_min(rcv_window_capacity(tcb) / 2, tcb->tcp->config.mss);

	/* RFC 9293 3.8.6.2.2: an edge that would move only a little stays (MUST-39). */
	if (edge - tcb->rcv_adv < least)
		edge = tcb->rcv_adv;
	uint32_t wnd = edge - tcb->rcv_nxt;
	uint32_t field = wnd >> scale;
	/* Rounding down takes back a little of what was promised: so round up, but not for
	 * ever, or a peer that sends byte by byte would never see the window close. From
	 * there on the edge may seem to move back by less than a unit, which RFC 7323 2.4
	 * prepares senders for; what was promised is still taken. */
	uint32_t last = tcb->rcv_nxt - tcb->unread + tcb->rcv_buf + (UINT32_C(1) << scale);
	if (seq_lt(tcb->rcv_nxt + (field << scale), tcb->rcv_adv) &&
		seq_leq(tcb->rcv_nxt + ((field + 1) << scale), last))
		field++;
	if (field > UINT16_MAX)
		field = UINT16_MAX;
	tcb->rcv_adv = seq_max(tcb->rcv_adv, tcb->rcv_nxt + (field << scale));
	return (uint16_t)field;
}

bool rcv_window_update_due(const struct tcb *tcb)
{
	uint32_t half = rcv_window_capacity(tcb) / 2;
	uint32_t two_segments = 2 * (uint32_t)tcb->tcp->config.mss;
	uint32_t quarter = rcv_window_capacity(tcb) / 4;
	uint32_t enough = rcv_window_min(half, quarter > two_segments ? quarter : two_segments);
	uint32_t gain = rcv_window_edge(tcb) - tcb->rcv_adv;

	if (!state_may_receive(tcb->state))
		return false;
	return gain > 0 && gain >= enough;
}
