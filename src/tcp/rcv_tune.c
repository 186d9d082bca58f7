/* SPDX-License-Identifier: BSD-3-Clause */
/* How large the receive buffer is.
 *
 * In: data that arrives in order, what the application reads. Out: tcb.rcv_buf.
 *
 * What the application reads in one round trip is what the sender had in flight one round
 * trip ago. A sender in slow start has twice as much in flight by now, and will have four
 * times as much when it has used the window that is offered now; one that is not still needs
 * a second window's worth, so that the loss of a segment does not stop it. Where the
 * application does not read there is nothing to grow for: then the window closes, as it
 * should.
 *
 * The round-trip time of a mere receiver comes from timestamps; without them from the time
 * that it takes to receive a whole window, which is hardly ever shorter than a round trip. What
 * pauses of the sender add to either is an error on the long side: a short sample counts at
 * once, a long one by an eighth.
 *
 * This is not flow control: the edge of the window is rcv_window.c's. */

#include "tcp/rcv_tune.h"
#include "tcp/rcv_window.h"

/* Beyond twice of what is read: a burst of this many segments. */
enum { RCV_TUNE_BURST = 16 };

/* The grain of timestamps (RFC 7323 5.4). */
enum { RCV_TUNE_TICK_US = 1000 };

void rcv_tune_init(struct tcb *tcb)
{
	struct rcv_tune *tune = &tcb->rcv_tune;

	*tune = (struct rcv_tune){.since_us = tcb->opened_at_us, .asked_us = tcb->opened_at_us};
	tune->position = tcb->rcv_nxt;
	tune->window_end = tcb->rcv_nxt;
}

/* ---- the receiver's round-trip time ----------------------------------------------------- */

static void rcv_tune_sample(struct rcv_tune *tune, uint64_t sample_us)
{
	uint32_t us = sample_us < UINT32_MAX ? (uint32_t)sample_us : UINT32_MAX;

	if (tune->rtt_us == 0 || us < tune->rtt_us)
		tune->rtt_us = us > 0 ? us : 1;
	else
		tune->rtt_us += (us - tune->rtt_us) / 8;
}

/* A full segment, since a lone small one may have waited for the application, that echoes
 * what none before did: it was sent when that TSval arrived, or later. */
static void rcv_tune_from_timestamp(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	const struct tcp_options *options = &seg->h.options;
	uint32_t ticks = isn_tsval(tcb->ts_offset, now) - options->tsecr;

	if ((options->present & TCP_OPT_TIMESTAMPS) == 0 || seg->payload_len < tcb->rcv_mss ||
		options->tsecr == tcb->rcv_tune.measured_echo)
		return;
	/* An echo from the future, or older than the connection, is nonsense (T26). */
	if (ticks > (now - tcb->opened_at_us) / RCV_TUNE_TICK_US + 1)
		return;
	tcb->rcv_tune.measured_echo = options->tsecr;
	rcv_tune_sample(&tcb->rcv_tune, (uint64_t)(ticks > 0 ? ticks : 1) * RCV_TUNE_TICK_US);
}

static void rcv_tune_from_window(struct tcb *tcb, uint64_t now)
{
	struct rcv_tune *tune = &tcb->rcv_tune;

	if (seq_lt(tcb->rcv_nxt, tune->window_end))
		return;
	if (tune->window_end != tcb->irs + 1)
		rcv_tune_sample(tune, now - tune->asked_us);
	tune->window_end = tcb->rcv_adv;
	tune->asked_us = now;
}

void rcv_tune_on_data(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	if (tcb->ts_ok)
		rcv_tune_from_timestamp(tcb, seg, now);
	else
		rcv_tune_from_window(tcb, now);
}

/* ---- growth ---------------------------------------------------------------------------------- */

/* What the buffer should hold, if the application reads so much in a round trip. */
static uint64_t rcv_tune_wanted(const struct tcb *tcb, uint32_t read)
{
	uint64_t more = UINT64_C(4) * (read - tcb->rcv_tune.space), twice = UINT64_C(2) * read;

	return twice + (more < twice ? more : twice) + UINT64_C(1) * RCV_TUNE_BURST * tcb->rcv_mss;
}

static void rcv_tune_grow(struct tcb *tcb, uint32_t read)
{
	uint64_t wanted = rcv_tune_wanted(tcb, read);
	uint32_t most = rcv_window_largest(&tcb->tcp->config.limits);

	/* Without a scale no window can tell of more. */
	if (!tcb->ws_ok || tcp_memory_is_short(tcb->tcp))
		return;
	if (wanted > most)
		wanted = most;
	if (wanted > tcb->rcv_buf)
		tcb->rcv_buf = (uint32_t)wanted;
}

void rcv_tune_on_read(struct tcb *tcb, uint64_t now)
{
	struct rcv_tune *tune = &tcb->rcv_tune;
	uint32_t position = tcb->rcv_nxt - tcb->unread;

	if (tune->rtt_us == 0 || now - tune->since_us < tune->rtt_us)
		return;
	uint32_t read = position - tune->position;
	if (read > tune->space) {
		rcv_tune_grow(tcb, read);
		tune->space = read;
	}
	tune->position = position;
	tune->since_us = now;
}
