/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_TCB_H
#define TCP_TCB_H

/* The transmission control block: the state of one connection (RFC 9293 3.3.1).
 * Half-open and TIME-WAIT connections, and idle ones, have smaller entries of their
 * own (half_open.h, time_wait.h, rest.h); a block exists from the third segment of a passive
 * handshake (with Fast Open, from its SYN), or from the SYN of an active one, until both
 * the protocol and the application are done with it.
 *
 *   send      snd_una          snd_nxt             sendq_end
 *             |  in flight     |  not sent yet     |
 *             [ records tile   ][ waits for window, ]  then FIN, if fin_queued
 *             [ this range     ][ cwnd, Nagle       ]
 *
 *   receive   (read)  rcv_nxt - unread   rcv_nxt            rcv_adv
 *                     |  input buffer    |  reass: ranges    |
 *                     |                  |  out of order     |  right edge advertised
 */

#include "tcp/accecn.h"
#include "tcp/busy.h"
#include "tcp/cc.h"
#include "tcp/ecn.h"
#include "tcp/pacing.h"
#include "tcp/path.h"
#include "tcp/prr.h"
#include "tcp/rack.h"
#include "tcp/rate.h"
#include "tcp/rcv_tune.h"
#include "tcp/reass.h"
#include "tcp/records.h"
#include "tcp/recovery.h"
#include "tcp/rtt.h"
#include "tcp/sendq.h"
#include "tcp/tcp.h"
#include "tcp/tlp.h"
#include "tcp/undo.h"
#include "tcp/user_timeout.h"
#include "util/deadline_queue.h"
#include "util/hash_table.h"
#include "util/list.h"
#include "wire/seq.h"
#include <evtcp/types.h>
#include <stddef.h>

/* What the application should hear, bits of tcb.news. */
enum {
	TCB_NEWS_ACCEPTED = 1u << 0,  /* passive open complete: announce it */
	TCB_NEWS_CONNECTED = 1u << 1, /* active open complete */
	TCB_NEWS_READABLE = 1u << 2,  /* bytes were added to input, or urgent moved */
	TCB_NEWS_WRITABLE = 1u << 3,  /* room in the send queue */
	TCB_NEWS_EOF = 1u << 4,       /* FIN came, all before it is in input */
	TCB_NEWS_ERROR = 1u << 5,     /* tcb.error ended it */
	TCB_NEWS_DEAD = 1u << 6,      /* nobody owns it and it is over: free it */
	TCB_NEWS_ADVISORY = 1u << 7   /* soft_error is new */
};

/* Where several are due at one moment they run in this order. */
enum tcb_timer {
	TCB_TIMER_USER,       /* the user timeout of what is in flight */
	TCB_TIMER_RETRANSMIT, /* RTO, or the persist timer when tcb.persist */
	TCB_TIMER_PROBE,      /* tail-loss probe: PTO of RFC 8985 7.2 */
	TCB_TIMER_REORDERING, /* RACK: what seems lost may only be late (RFC 8985 6.2) */
	TCB_TIMER_PACING,     /* the next burst may leave (pacing.h) */
	TCB_TIMER_DELAYED_ACK,
	TCB_TIMER_KEEPALIVE,
	TCB_TIMER_LINGER, /* FIN-WAIT-2 without owner, or orphan */
	TCB_N_TIMERS
};

/* Room for all options and a little text, whatever the peer and the floor say. A path may carry
 * less. */
enum { TCB_LEAST_MSS = TCP_HEADER_MAX - TCP_HEADER_MIN + 8 };

enum tcb_ack {
	TCB_ACK_NONE,
	TCB_ACK_DELAYED, /* the delayed ACK timer runs, or output is about to start it */
	TCB_ACK_NOW      /* at the next output */
};

struct tcb_stats {
	uint64_t bytes_acked, bytes_received;
	uint64_t segments_sent, segments_received;
	uint64_t bytes_sent; /* payload, retransmissions included */
	uint64_t bytes_delivered;
	uint32_t duplicates;
};

struct tcb_loss_stats {
	uint64_t bytes_retransmitted;
	uint32_t retransmits, timeouts, undone;
};

/* What an application holds of a connection: its block, or the entry that stands for it at rest
 * (rest.h); neither where there was no memory to wake it. */
struct tcb_ref {
	struct tcb *tcb;
	struct rest *rest;
};

/* In two parts. The first is about what is going on: at rest, when nothing is, it has the
 * values that it had at first. The second outlives rest: it is kept, from TCB_LASTING to the
 * end, whatever stands there.
 *
 * Where they meet is what every segment looks at, and every answer: from TCB_OFTEN to
 * TCB_OFTEN_END. So many lines are fetched for each (stack/expect.c); what is seldom looked at is
 * before and behind it. */
struct tcb {
	/* seldom */
	struct prr prr;
	enum evtcp_cause soft_cause;     /* of soft_error */
	struct evtcp_reason loss_reason; /* why what is marked lost is sent again */
	struct evtcp_reason rst_reason;
	uint64_t challenge_at_us;      /* no challenge ACK before this moment */
	struct tcp_listener *listener; /* who accepted it; NULL once announced */
	struct list_node in_connections;
	struct timers_told *timers_told; /* what was told of timers; NULL while nobody listens */
	struct evtcp_reason ack_reason;
	uint32_t rcv_up;        /* end of urgent data */
	uint32_t reass_counted; /* of reass's footprint, in tcp->out_of_order_bytes */

	/* what is on its way to the peer; from sendq.buf on what every segment looks at */
	struct sendq sendq;
	struct records records;
	struct pacing pacing;
	uint64_t unacked_since_us; /* when the oldest unacknowledged byte was first due */

	/* identity */
	struct hash_node by_tuple;
	struct tcp *tcp;
	struct tcb_ref *ref; /* of the application; NULL: not announced yet, or an orphan */
	enum evtcp_state state;

	/* flags */
	unsigned reachable : 1;     /* is in tcp->by_tuple */
	unsigned owned : 1;         /* an application holds it, or will be told of it */
	unsigned fin_queued : 1;    /* the application closed: FIN follows the send queue */
	unsigned fin_sent : 1;      /* FIN is in flight or acknowledged: it is snd_nxt - 1 */
	unsigned fin_received : 1;  /* their FIN is before rcv_nxt */
	unsigned persist : 1;       /* the retransmission timer is the persist timer */
	unsigned persist_due : 1;   /* send a probe, or less than silly-window avoidance likes */
	unsigned keepalive_due : 1; /* send a keepalive probe */
	unsigned rst_pending : 1;   /* send RST, then be gone; rst_reason says why */
	unsigned urgent : 1;        /* rcv_up is meaningful */
	unsigned cookie_due : 1;    /* the SYN-ACK brings a new cookie */

	/* what has come from it */
	struct evbuffer *input; /* in order, not yet read by the application; NULL: see tcb_input */
	struct reass *reass;    /* out of order; NULL while there is nothing */
	uint32_t unread;        /* length of input when last looked at */
	enum tcb_ack ack;
	/* What the last segment brought once more, to be told once (RFC 2883 4); or empty. */
	struct tcp_sack_block dsack;

	/* timers */
	uint64_t deadline_us[TCB_N_TIMERS]; /* 0: off */
	struct deadline_node deadline;

	/* to the application */
	uint8_t news;   /* TCB_NEWS_* */
	int error;      /* errno that ended it */
	int soft_error; /* what it would end with now (MUST-47, SHLD-25); 0: no trouble */
	struct list_node in_output, in_news, in_starved, in_idle;

	struct evtcp_tuple tuple;

	/* ---- here begins what outlives rest ---- */
	uint32_t iss;
	unsigned passive : 1;      /* came from a listener (MUST-11) */
	unsigned by_cookie : 1;    /* the listener had kept nothing of its SYN */
	unsigned nodelay : 1;      /* Nagle off */
	unsigned corked : 1;       /* full segments only */
	unsigned ts_ok : 1;        /* timestamps agreed (RFC 7323 3.2 rule 8) */
	unsigned sack_ok : 1;      /* SACK agreed (RFC 2018 2) */
	unsigned ws_ok : 1;        /* window scale agreed (RFC 7323 2.2 rules 2 and 3) */
	unsigned r1_reached : 1;   /* R1 was reached, and the application told */
	unsigned cwnd_limited : 1; /* the last output could have used more cwnd */
	unsigned fast_open : 1;    /* exists since its SYN: Fast Open (RFC 7413 4.2 rule 3) */
	unsigned syn_data : 1;     /* data of its SYN was taken */
	unsigned may_rest : 1;     /* the application is content with what that means (rest.h) */

	/* send sequence space */
	uint32_t snd_una, snd_nxt;
	uint32_t snd_wnd;          /* in bytes: scaled */
	uint32_t snd_wl1, snd_wl2; /* SEG.SEQ and SEG.ACK of the last window update */
	uint32_t max_snd_wnd;      /* largest window ever offered (MAX.SND.WND) */
	uint16_t snd_mss;          /* largest segment less the fixed headers (MUST-16) */
	uint8_t snd_wscale, rcv_wscale;
	struct path path; /* why snd_mss is that */
	struct rtt rtt;
	struct rate rate;
	struct cc cc;
	struct recovery recovery;
	struct rack rack;
	struct tlp tlp;
	struct undo *undo; /* of losses; NULL while there was none */
	struct ecn ecn;
	uint8_t backoff;           /* RTOs or persist probes in a row */
	uint8_t probes_unanswered; /* of keepalive or of a zero window: never both */
	uint8_t ttl, dscp;
	uint32_t snd_buf;         /* how many bytes sendq may hold: never less than before */
	uint64_t cwnd_aged_us;    /* idle time up to here has told on cwnd */
	uint64_t last_sent_us;    /* of data, for restart after idle */
	uint64_t user_timeout_us; /* R2 as a time; 0: limits.retries */
	struct user_timeout user_timeout; /* what it has to do with the peer */

	/* receive sequence space */
	uint32_t rcv_nxt;
	uint32_t rcv_adv;          /* right edge we have advertised: RCV.NXT + RCV.WND */
	uint32_t rcv_buf;          /* capacity of input in bytes: never less than before */
	uint32_t rcv_mss;          /* estimate of their segments' size, for ACK-every-second */
	uint16_t quick_acks;       /* so many full segments are still acknowledged at once */
	uint8_t keepalive_max;     /* probes */
	uint32_t ts_recent;        /* TS.Recent (RFC 7323 4.3 (3)) */
	uint32_t ts_floor;         /* PAWS: an older TSval is of an earlier incarnation (input.c) */
	uint32_t ts_offset;        /* our timestamp clock of this tuple starts here */
	uint32_t last_ack_sent;    /* Last.ACK.sent */
	uint64_t ts_recent_at_us;  /* when ts_recent was set, for its ageing */
	uint64_t last_received_us; /* any acceptable segment, for keepalive */

	/* accounts */
	struct tcb_stats stats;
	struct busy busy;

	/* seldom, but for the beginning of the first */
	struct rcv_tune rcv_tune; /* how rcv_buf grows */
	uint32_t irs;
	uint32_t ts_first; /* TSval of their SYN: one below it is of an earlier connection */
	uint64_t opened_at_us;
	struct tcb_loss_stats losses;
	uint64_t keepalive_idle_us, keepalive_interval_us; /* idle 0: off */
	struct accecn accecn;                              /* where ECN is accurate */
};

/* In octets. */
enum {
	TCB_OFTEN = offsetof(struct tcb, sendq.buf),
	TCB_LASTING = offsetof(struct tcb, iss),
	TCB_OFTEN_END = offsetof(struct tcb, rcv_tune.rtt_us) + sizeof(uint32_t)
};

/* tcb_new: a block with what every one begins with, in no table, in state CLOSED.
 * NULL without memory. Limits are for who asks. */
struct tcb *tcb_new(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t now);

/* tcb_free: takes it out of every table and list and frees it. Its owner has let
 * go of it. */
void tcb_free(struct tcb *tcb);

/* tcb_count_out_of_order: what is out of order has changed: its footprint counts in the sum
 * of the stack. tcb_drop_out_of_order: frees it, if there is any, and counts that. */
void tcb_count_out_of_order(struct tcb *tcb);
void tcb_drop_out_of_order(struct tcb *tcb);

/* tcb_input: the input buffer, made if there is none; NULL without memory. tcb_input_len: bytes in
 * it. tcb_drop_input: it is empty, and there is none any more. */
struct evbuffer *tcb_input(struct tcb *tcb);
size_t tcb_input_len(const struct tcb *tcb);
void tcb_drop_input(struct tcb *tcb);

/* tcb_mark_output: it may have something to send at the end of this batch.
 * tcb_mark_news: the application should hear of what bits say. */
void tcb_mark_output(struct tcb *tcb);
void tcb_mark_news(struct tcb *tcb, unsigned bits);

/* tcb_bury: marks the block dead if it is over, nobody owns it, and nothing of it waits
 * to be sent. */
void tcb_bury(struct tcb *tcb);

/* tcb_limit_records: limits.records, where 0 means none. */
static inline uint32_t tcb_limit_records(const struct tcb *tcb)
{
	uint32_t limit = tcb->tcp->config.limits.records;
	return limit == 0 ? UINT32_MAX : limit;
}

/* tcb_rtt_bounds: the configured bounds of the RTO. */
static inline struct rtt_bounds tcb_rtt_bounds(const struct tcb *tcb)
{
	const struct tcp_config *config = &tcb->tcp->config;
	return (struct rtt_bounds){config->rto_min_us, config->rto_max_us, config->rto_initial_us};
}

/* tcb_rcv_wnd: RCV.WND: how much more the peer may send. */
static inline uint32_t tcb_rcv_wnd(const struct tcb *tcb)
{
	return tcb->rcv_adv - tcb->rcv_nxt;
}

/* tcb_end_of_data: the sequence number after the last byte the application has
 * given us. */
static inline uint32_t tcb_end_of_data(const struct tcb *tcb)
{
	return tcb->sendq.seq + sendq_len(&tcb->sendq);
}

/* tcb_has_unsent: data or FIN waits to be sent for the first time. */
static inline bool tcb_has_unsent(const struct tcb *tcb)
{
	return seq_lt(tcb->snd_nxt, tcb_end_of_data(tcb)) || (tcb->fin_queued && !tcb->fin_sent);
}

/* tcb_syn_is_unacked: our SYN is not acknowledged, whether it was sent or not: SND.UNA is its
 * number. tcb_is_syn: so seq is that of our SYN, and not of the octet that has the same number 2^32
 * later. */
static inline bool tcb_syn_is_unacked(const struct tcb *tcb)
{
	return tcb->snd_una == tcb->iss && tcb->stats.bytes_acked == 0;
}

static inline bool tcb_is_syn(const struct tcb *tcb, uint32_t seq)
{
	return seq == tcb->iss && tcb_syn_is_unacked(tcb);
}

/* path_may_be_another: path_follow might find that (path.h). */
static inline bool path_may_be_another(const struct tcb *tcb)
{
	return tcb->path.guess != 0 || tcb->path.changes != tcb->tcp->path_changes;
}

/* tcb_fin_acked: our FIN was sent and everything is acknowledged. */
static inline bool tcb_fin_acked(const struct tcb *tcb)
{
	return tcb->fin_sent && tcb->snd_una == tcb->snd_nxt;
}

/* tcb_ack_now: an ACK leaves with the next output, because of cause. An earlier
 * cause in the same batch stays. */
void tcb_ack_now(struct tcb *tcb, enum evtcp_cause cause);

/* tcb_challenge: an ACK for something suspicious or useless, at most one per
 * limits.challenge_ms (RFC 5961 7; per connection: ATTACKS T07). */
void tcb_challenge(struct tcb *tcb, enum evtcp_cause cause, uint64_t now);

/* tcb_note_soft_error: trouble that does not end the connection (MUST-47): kept, and told
 * to the application unless it was told the same before. */
void tcb_note_soft_error(struct tcb *tcb, int error, enum evtcp_cause cause);

/* tcb_negotiate: what the peer's SYN offers, combined with what we do: MSS, window
 * scale, timestamps, SACK. options is from its SYN or SYN-ACK. */
void tcb_negotiate(struct tcb *tcb, const struct tcp_options *options, uint64_t now);

/* tcb_start_receiving: irs is known: the receive sequence space begins. */
void tcb_start_receiving(struct tcb *tcb, uint32_t irs);

/* tcb_check: asserts the invariants of one block. */
void tcb_check(const struct tcb *tcb);

/* tcb_trace_*: counts the cause and makes an event of it, if anybody wants that. due_at_us:
 * when the timer should have fired. cwnd_before: the window before cause changed it. */
void tcb_trace_timer(
	const struct tcb *tcb, const struct evtcp_reason *reason, uint64_t due_at_us, uint64_t now);
void tcb_trace_window(
	const struct tcb *tcb, enum evtcp_cause cause, uint32_t cwnd_before, uint64_t now);

/* What an acknowledgment finds, to be compared with what it leaves. */
struct tcb_metrics {
	uint32_t cwnd, ssthresh;
};

/* tcb_trace_metrics: an acknowledgment was worked in, which gave the sample rtt_us (0: none): makes
 * an event of that, if anybody wants it and anything has changed. */
void tcb_tell_metrics(
	const struct tcb *tcb, const struct tcb_metrics *before, uint64_t rtt_us, uint64_t now);
static inline void tcb_trace_metrics(
	const struct tcb *tcb, const struct tcb_metrics *before, uint64_t rtt_us, uint64_t now)
{
	if (tracer_wants(tcb->tcp->trace, EVTCP_EVENT_METRICS))
		tcb_tell_metrics(tcb, before, rtt_us, now);
}

#endif
