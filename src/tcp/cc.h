/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_CC_H
#define TCP_CC_H

/* Congestion control as a table of functions. Loss recovery (recovery.c) says what
 * happened; an algorithm answers with cwnd and ssthresh, in bytes, and perhaps with a rate.
 * Two kinds:
 *
 * - those that go by losses (on_ack): how the window comes down from cwnd to ssthresh during
 *   fast recovery is the same for all of them and not their business: prr.c and newreno.c do
 *   it;
 * - those that have a model of the path (on_delivered): the window is theirs at all times, but
 *   for fast recovery without SACK, where duplicate ACKs inflate it (newreno.c).
 *
 * A struct cc is all that an algorithm knows of a connection. It holds no pointer but ops:
 * who copies it has saved it, and who copies it back has undone what happened since
 * (undo.c). */

#include "tcp/bbr.h"
#include "tcp/cubic.h"
#include "tcp/rate.h"
#include <evtcp/info.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cc_ops;

struct cc {
	const struct cc_ops *ops;
	uint32_t cwnd;
	uint32_t ssthresh; /* UINT32_MAX until the first loss */
	/* What is sent leaves no faster, bytes a second (pacing.h); 0: as the window allows. */
	uint64_t pacing_rate;
	union {
		struct {
			uint32_t bytes_acked; /* towards the next increase */
		} newreno;
		struct cubic cubic;
		struct bbr bbr;
	};
};

/* New data was acknowledged outside fast recovery. */
struct cc_ack {
	uint64_t now;
	uint32_t acked, mss;
	uint32_t rtt_us;           /* of what it acknowledges; 0: unknown */
	uint32_t min_rtt_us;       /* of the last minutes; 0: unknown */
	uint32_t srtt_us;          /* 0: unknown */
	uint32_t snd_una, snd_nxt; /* after it: for who counts round trips */
	bool limited;              /* the sender filled the window */
};

/* An acknowledgment that delivers something, or tells of a loss; whatever the phase. Bytes. */
struct cc_delivery {
	uint64_t now;
	struct rate_sample rate;
	uint32_t delivered;        /* C.delivered, goes round */
	uint32_t bytes;            /* so many by this acknowledgment */
	uint32_t lost;             /* so many are believed lost by it */
	uint32_t in_flight;        /* now */
	uint32_t in_flight_before; /* when it came */
	uint32_t rtt_us;           /* exact; 0: cannot be told */
	uint32_t srtt_us;          /* 0: unknown */
	uint32_t mss;
	uint8_t phase;       /* of loss recovery: enum recovery_phase */
	bool window_is_held; /* cwnd is newreno.c's: leave it alone */
};

/* Something is about to be sent, and nothing is in flight. */
struct cc_resume {
	uint64_t now;
	uint32_t srtt_us; /* 0: unknown */
	bool app_limited; /* it was not the path that was waited for */
};

/* What told of congestion: a loss, or an ECE (RFC 3168), which may weigh less (RFC 8511). */
enum cc_signal { CC_LOSS, CC_ECN };

struct cc_ops {
	const char *name;
	/* What on_congestion and on_rto are told as flight is cwnd while that is full: FlightSize
	 * is only its whole segments, less those that are acknowledged and not yet replaced. With
	 * a handful of segments, as on a lossy path, each loss would cost one more than it should.
	 * RFC 9438 4.6 allows it; RFC 5681 3.1 equation 4 does not. */
	bool reduces_cwnd;
	/* The connection opens: the initial window (RFC 6928 for all). */
	void (*init)(struct cc *cc, uint32_t mss);
	/* Of an algorithm that goes by losses, else NULL. */
	void (*on_ack)(struct cc *cc, const struct cc_ack *ack);
	/* Of an algorithm with a model, else NULL. Returns why the window is governed by another
	 * rule now than before; EVTCP_CAUSE_NONE if it is not. */
	enum evtcp_cause (*on_delivered)(struct cc *cc, const struct cc_delivery *delivery);
	/* Congestion, seen while flight bytes were out: a new ssthresh. cwnd stays. */
	void (*on_congestion)(struct cc *cc, uint32_t flight, uint32_t mss, enum cc_signal signal);
	/* RTO; again: the same data timed out before. */
	void (*on_rto)(struct cc *cc, uint32_t flight, uint32_t mss, bool again);
	/* The time since the last acknowledgment was not the path's. May come more than once
	 * before something leaves. NULL: time means nothing to the algorithm. */
	void (*on_resume)(struct cc *cc, const struct cc_resume *resume);
	/* What happened since prior was no loss. NULL: everything is as in prior, but that the
	 * window may have become larger since. */
	void (*undo)(struct cc *cc, const struct cc *prior);
	/* It sends less than it could, in order to measure: how fast that is delivered says
	 * nothing of the path. NULL: never. */
	bool (*holds_back)(const struct cc *cc);
	/* What only this algorithm knows; NULL: nothing. */
	void (*info)(const struct cc *cc, struct evtcp_conn_info *info);
};

/* cc_find: the algorithm of this name, NULL if there is none. */
const struct cc_ops *cc_find(const char *name);

/* cc_at: the algorithm of this place in the table, the default first; NULL behind the last. */
const struct cc_ops *cc_at(unsigned index);

/* cc_initial_window: RFC 6928 2, in bytes. */
uint32_t cc_initial_window(uint32_t mss);

/* cc_grow: a larger window, up to the largest that window scale can name. */
void cc_grow(struct cc *cc, uint32_t bytes);

/* cc_has_model: it is of the second kind. */
static inline bool cc_has_model(const struct cc *cc)
{
	return cc->ops->on_delivered != NULL;
}

/* cc_holds_back: see above. */
static inline bool cc_holds_back(const struct cc *cc)
{
	return cc->ops->holds_back != NULL && cc->ops->holds_back(cc);
}

extern const struct cc_ops cc_newreno, cc_cubic, cc_bbr;

#endif
