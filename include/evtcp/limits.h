/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_LIMITS_H
#define EVTCP_LIMITS_H

/* Figures that a user can set: bounds on memory and time, options of TCP. Data
 * only; every room may include it. */

#include <stdint.h>

/* Bounds on what strangers can make a stack hold. 0 means no limit, except
 * where a buffer's size is meant.
 *
 * Buffers grow where it helps: that of receiving to two to four times what the application
 * reads in a round trip, at most 1,024 times its first size; that of sending to twice the
 * congestion window. Neither does while all buffers hold three quarters of buffer_bytes or
 * more; a send buffer then counts with its first size. A _max that is not above the first
 * size, such as 0, keeps a buffer as it is. receive_buffer_max decides the window scale that
 * our SYNs announce (RFC 7323 2.3); a peer that agrees to none has at most 65,535 bytes of
 * window.
 *
 * out_of_order_bytes counts memory, not payload: 1,200 bytes for each range beside
 * what it holds, and 300 or more for each connection that has any, since who sends single
 * octets with gaps between them makes each cost that much. It is an estimate; the
 * memory itself stays within three times of it, in whatever order bytes come. */
struct evtcp_limits {
	uint32_t connections;        /* connection blocks; 16,384 */
	uint32_t half_open;          /* half-open entries, then SYN cookies; 1,024 */
	uint32_t fast_open_pending;  /* Fast Open handshakes under way (listener.h); 256 */
	uint32_t accept_queue;       /* accepted in one batch, not yet announced; 4,096 */
	uint32_t syn_ack_retries;    /* 5; 0 sends each SYN-ACK once */
	uint32_t time_wait;          /* TIME-WAIT entries; 32,768 */
	uint32_t fin_wait_2_seconds; /* FIN-WAIT-2 without owner; 60 */
	uint32_t orphans;            /* connections that were freed and are not over; 1,024 */
	uint32_t orphan_seconds;     /* how long one may take; 60 */
	uint32_t retries;            /* R2 in retransmissions; 15 */
	uint32_t user_timeout_min;   /* seconds, of what a peer can bring about; 100, never 0 */
	uint32_t user_timeout_max;   /* likewise; it wins over the other, the RTO over both; 3,600, never 0 */
	uint32_t receive_buffer;     /* bytes per connection, at first; 65,536 */
	uint32_t receive_buffer_max; /* to which it may grow; 4 MiB */
	uint32_t send_buffer;        /* bytes per connection, at first; 262,144 */
	uint32_t send_buffer_max;    /* to which it may grow; 4 MiB */
	uint32_t quick_acks;   /* first full-sized segments acknowledged at once; 16; 0: none */
	uint32_t out_of_order; /* ranges kept per connection; 1,024, at most 4,096; never more
				* than one for each 1,200 bytes of its receive buffer, or 64 */
	uint64_t out_of_order_bytes; /* memory for them, of all connections; 64 MiB */
	uint64_t buffer_bytes;       /* all buffers of all connections, these too; 256 MiB */
	uint32_t records;            /* transmission records per connection; 4,096 */
	uint32_t mss_floor;          /* smallest SND.MSS; 216 */
	uint64_t fragment_bytes;     /* memory for IP fragments that wait; 256 KiB */
	uint32_t fragmented;         /* datagrams of which fragments wait; 64 */
	uint32_t fragments;          /* kept of each of them; 64 */
	uint32_t path_mtus;          /* destinations whose path MTU is known; 1,024 */
	uint32_t path_mtu_floor;     /* smallest of IPv4 that ICMP can impose; 552 */
	uint32_t icmp_per_second;    /* ICMP messages we send; 1,000 */
	uint32_t challenge_ms;       /* one challenge ACK per connection in; 500 */
	uint32_t batch_timers;       /* timers run in one turn; 256 */
	uint32_t awake; /* idle connections beyond these rest (evtcp_conn_let_rest); 1,024 */
};

/* Explicit congestion notification (RFC 3168). */
enum evtcp_ecn {
	EVTCP_ECN_OFF,
	EVTCP_ECN_ACCEPT, /* where the peer asks for it; the default */
	EVTCP_ECN_REQUEST /* our connections ask for it, too */
};

/* Whether a TCP option is offered (in our SYN) and accepted (in theirs). */
struct evtcp_tcp_options {
	unsigned window_scale : 1;
	unsigned timestamps : 1;
	unsigned sack : 1;
	unsigned ecn : 2; /* enum evtcp_ecn */
	/* Accurate ECN (RFC 9768): where the peer asks for that we agree, and where we ask for ECN
	 * we ask for that, too; without effect where ecn is off. How much came marked is then told
	 * in packets and octets, and not only that something did; congestion control obeys it once
	 * in a round trip, as ever. Off by default: few peers speak it yet, and something on a path
	 * may take offence at its flag or its option, which costs a handshake some time. */
	unsigned accurate_ecn : 1;
};

#endif
