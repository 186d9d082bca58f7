/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LIMITS_TABLE_H
#define EVTCPD_LIMITS_TABLE_H

/* The stack's limits as --limit names them, one row for each field of struct
 * evtcp_limits; those of the HTTP server have a table of their own in
 * http/limits.h. Defaults are the library's, not repeated here.
 *
 *   X(field, UNIT, least, most, "what 0 means", "what it bounds")
 *
 * field  of struct evtcp_limits, and the name
 * UNIT   COUNT, BYTES, SECONDS or MS
 * least  the smallest value that can be set, most the largest */

// clang-format off
#define LIMITS_OF_STACK(X) \
	X(connections, COUNT, 0, UINT32_MAX, "no limit", "connections at a time, orphans included") \
	X(half_open, COUNT, 0, UINT32_MAX, "no limit", "handshakes under way; beyond that, SYN cookies") \
	X(fast_open_pending, COUNT, 0, UINT32_MAX, "no limit", "Fast Open handshakes under way (--fast-open); beyond that, it is off") \
	X(accept_queue, COUNT, 0, UINT32_MAX, "no limit", "connections that complete in one batch of packets") \
	X(syn_ack_retries, COUNT, 0, UINT32_MAX, "never", "how often an unanswered SYN-ACK is sent again") \
	X(time_wait, COUNT, 0, UINT32_MAX, "no limit", "connections in TIME-WAIT; the oldest gives way") \
	X(fin_wait_2_seconds, SECONDS, 0, UINT32_MAX, "no limit", "how long an orphan waits for the peer's FIN") \
	X(orphans, COUNT, 0, UINT32_MAX, "no limit", "connections that the server has closed and the client has not") \
	X(orphan_seconds, SECONDS, 0, UINT32_MAX, "no limit", "how long such a connection may take") \
	X(retries, COUNT, 0, UINT32_MAX, "no limit", "retransmissions of a segment before giving up (R2)") \
	X(user_timeout_min, SECONDS, 1, UINT32_MAX, NULL, "shortest user timeout that a client can bring about (--user-timeout)") \
	X(user_timeout_max, SECONDS, 1, UINT32_MAX, NULL, "longest, likewise; it wins over the shortest, and the retransmission timeout over both") \
	X(receive_buffer, BYTES, 2048, 1 << 30, NULL, "receive buffer of a connection, at first") \
	X(receive_buffer_max, BYTES, 0, 1 << 30, "as at first", "to which it may grow") \
	X(send_buffer, BYTES, 2048, 1 << 30, NULL, "send buffer of a connection, at first") \
	X(send_buffer_max, BYTES, 0, 1 << 30, "as at first", "to which it may grow") \
	X(quick_acks, COUNT, 0, 65535, "none", "how many of a connection's first full-sized segments are acknowledged at once") \
	X(out_of_order, COUNT, 0, 4096, "4096", "out-of-order ranges kept for a connection, if its receive buffer is large enough") \
	X(out_of_order_bytes, BYTES, 0, UINT64_MAX, "no limit", "memory for out-of-order data of all connections") \
	X(buffer_bytes, BYTES, 0, UINT64_MAX, "no limit", "all buffers of all connections") \
	X(records, COUNT, 0, UINT32_MAX, "no limit", "transmission records of a connection") \
	X(mss_floor, BYTES, 0, 65535, "no floor", "smallest MSS that a peer can impose") \
	X(fragment_bytes, BYTES, 0, UINT64_MAX, "no limit", "memory for IP fragments that wait for others") \
	X(fragmented, COUNT, 0, UINT32_MAX, "no limit", "datagrams of which fragments wait; the oldest gives way") \
	X(fragments, COUNT, 0, UINT32_MAX, "no limit", "fragments of a datagram") \
	X(path_mtus, COUNT, 0, UINT32_MAX, "no limit", "destinations whose path MTU is remembered") \
	X(path_mtu_floor, BYTES, 68, 65535, NULL, "smallest path MTU that ICMP can impose on IPv4") \
	X(icmp_per_second, COUNT, 0, UINT32_MAX, "no limit", "ICMP messages sent per second") \
	X(challenge_ms, MS, 0, UINT32_MAX, "no limit", "shortest time between two challenge ACKs of a connection (RFC 5961)") \
	X(batch_timers, COUNT, 0, UINT32_MAX, "no limit", "timers run in one turn of the event loop") \
	X(awake, COUNT, 0, UINT32_MAX, "no limit", "idle connections that are ready at once; others take less memory")

/* Those that are for the whole process: each of several workers has its share (limits_share). The
 * others are for one connection, one datagram, one batch. X(field) */
#define LIMITS_OF_ALL(X) \
	X(connections) \
	X(half_open) \
	X(fast_open_pending) \
	X(time_wait) \
	X(orphans) \
	X(out_of_order_bytes) \
	X(buffer_bytes) \
	X(fragment_bytes) \
	X(fragmented) \
	X(path_mtus) \
	X(icmp_per_second) \
	X(awake)
// clang-format on

#endif
