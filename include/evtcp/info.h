/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_INFO_H
#define EVTCP_INFO_H

/* What a connection and a stack can tell of themselves. Data only; every room may
 * include it. */

#include <evtcp/causes.h>
#include <evtcp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What governs the congestion window. */
enum evtcp_cc_state {
	EVTCP_CC_SLOW_START,
	EVTCP_CC_CONSERVATIVE_SLOW_START, /* the round-trip time rises (RFC 9406) */
	EVTCP_CC_AVOIDANCE,
	EVTCP_CC_FAST_RECOVERY,
	EVTCP_CC_TIMEOUT, /* what an RTO took for lost is not repaired yet */
	/* BBR has modes of its own, whatever loss recovery does. */
	EVTCP_CC_STARTUP,
	EVTCP_CC_DRAIN,
	EVTCP_CC_PROBE_BW,
	EVTCP_CC_PROBE_RTT,
	EVTCP_N_CC_STATES
};

/* evtcp_cc_state_name: in small letters, "fast_recovery"; "?" for a value that is none of them.
 * Static storage. */
const char *evtcp_cc_state_name(enum evtcp_cc_state state);

/* What a caller can ask at any time. */
struct evtcp_conn_info {
	enum evtcp_state state;
	struct evtcp_tuple tuple;
	int error; /* errno that ended it, 0 if none */
	/* What the advisory callback was told last (evtcp_conn_set_advisory_cb), whether
	 * anybody asked or not; 0 and EVTCP_CAUSE_NONE once the peer has acknowledged
	 * something after it. */
	int soft_error;
	enum evtcp_cause soft_cause;
	unsigned readable : 1; /* input waits, or end of stream, or an error */
	unsigned writable : 1; /* the send buffer has room */
	unsigned eof : 1;      /* the peer's FIN has come and all before it is in input */
	unsigned nodelay : 1, cork : 1, keepalive : 1;
	unsigned timestamps : 1, sack : 1, window_scale : 1, ecn : 1; /* agreed upon */
	unsigned accurate_ecn : 1; /* marks are counted: the ECN agreed upon is accurate (RFC 9768) */
	unsigned syn_data : 1; /* data of the SYN was taken: Fast Open (listener.h) */
	unsigned resting : 1;  /* kept in less memory until something happens (evtcp_conn_let_rest) */
	uint8_t snd_wscale, rcv_wscale;
	uint32_t unread_bytes;       /* in the input buffer */
	uint32_t unsent_bytes;       /* in the output buffer and send queue, not sent */
	uint32_t unacked_bytes;      /* sent, not acknowledged */
	uint32_t out_of_order_bytes; /* beyond a gap: of the stream, not of memory */
	uint32_t snd_mss, rcv_mss;
	uint32_t snd_wnd, rcv_wnd;
	uint32_t cwnd, ssthresh; /* bytes; EVTCP_NO_SSTHRESH until there is one */
	uint32_t in_flight;
	uint32_t srtt_us, rttvar_us, rto_us; /* srtt 0: no sample yet */
	uint32_t backoff;                    /* RTOs in a row */
	uint32_t retransmits;                /* segments sent again, in all */
	uint32_t ce_received;                /* segments that a router had marked (RFC 3168) */
	uint32_t ecn_reductions; /* of our window, because the peer told of marks */
	/* Where accurate_ecn: how many segments of ours came marked, and how many bytes of payload in
	 * those whose options tell it, both modulo 2^32. */
	uint32_t ce_delivered, ce_delivered_bytes;
	uint64_t bytes_sent, bytes_acked, bytes_received;
	uint64_t segments_sent, segments_received;
	/* Buffers: how much they hold at most, now (limits.h). How the receiver sees the path: */
	uint32_t rcv_buf, snd_buf;
	uint32_t rcv_rtt_us; /* 0: not measured */
	uint32_t rcv_space;  /* most that the application has read in a round trip */
	/* Loss recovery, and what became of what was sent, in bytes of now. */
	uint32_t sacked_bytes;        /* the peer holds them beyond a gap */
	uint32_t lost_bytes;          /* believed lost, not sent again yet */
	uint32_t min_rtt_us;          /* of the last minutes; 0: no sample */
	uint32_t reo_wnd_us;          /* how late a packet may be that is not lost (RFC 8985) */
	unsigned reordering_seen : 1; /* packets have changed places on the path */
	uint32_t duplicates;          /* segments that the peer says have come twice (RFC 2883) */
	uint32_t timeouts;            /* RTOs, in all */
	uint32_t undone;              /* recoveries from what was no loss (RFC 4015) */
	uint64_t bytes_delivered;     /* acknowledged or SACKed; SYN and FIN count as one */
	uint64_t bytes_retransmitted; /* of bytes_sent */
	uint64_t user_timeout_us;     /* 0: the stack's limit */
	uint64_t peer_user_timeout_us; /* what it tells of its own (RFC 5482); 0: nothing */
	/* How fast the path has delivered lately, bytes a second; 0: no sample yet. Limited: that is
	 * what the application gave, or the peer's took; the path may be faster. */
	uint64_t delivery_rate;
	unsigned delivery_rate_limited : 1;
	uint64_t pacing_rate; /* what leaves, leaves no faster; 0: as the window allows */
	/* How long something was in flight or waited to be sent, and of that, how long only the
	 * peer's window, or the send buffer, kept it from going faster; up to when output was
	 * last asked for. */
	uint64_t busy_us, rwnd_limited_us, sndbuf_limited_us;
	/* Moments, monotonic. */
	uint64_t opened_at_us;
	uint64_t last_sent_at_us;     /* SYN, data or FIN */
	uint64_t last_received_at_us; /* any segment that was acceptable */
	enum evtcp_cc_state cc_state;
	const char *cc;          /* the congestion control, and what CUBIC knows: */
	uint32_t cubic_w_max;    /* W_max of RFC 9438, bytes; 0 without, or unknown */
	uint32_t cubic_k_ms;     /* its K */
	uint64_t bbr_bw;         /* what BBR knows: the path's bandwidth, bytes a second, */
	uint32_t bbr_min_rtt_us; /* and its shortest round trip; 0 without, or unknown */
};

/* What a stack holds at the moment. */
struct evtcp_stack_usage {
	uint32_t connections; /* orphans and those at rest among them */
	uint32_t orphans;
	uint32_t resting;
	uint32_t half_open;
	uint32_t fast_open; /* of connections: Fast Open handshakes under way */
	uint32_t time_wait;
	uint64_t send_bytes;         /* queued to be sent or acknowledged */
	uint64_t receive_bytes;      /* in order, not yet read */
	uint64_t out_of_order_bytes; /* memory for what is beyond gaps (limits.h) */
	uint64_t memory_bytes;       /* blocks, objects, entries and tables; no records, no buffers */
};

/* How long round trips were, of all samples that RTOs are made of (RFC 6298): counts[i] of them were
 * longer than the bound of the bucket before, and not than that of bucket i: 16 us, 32 us and so on
 * to 16.8 s. The last bucket has no bound. */
#define EVTCP_RTT_BUCKETS 22
#define EVTCP_RTT_BOUND_US(i) (UINT64_C(16) << (i))
struct evtcp_rtt_histogram {
	uint64_t counts[EVTCP_RTT_BUCKETS];
	uint64_t sum_us; /* of all samples */
};

#ifdef __cplusplus
}
#endif

#endif
