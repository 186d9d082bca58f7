/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LIMITS_TABLE_H
#define EVTCPD_LIMITS_TABLE_H

/* The stack's limits as --limit names them, one row for each field of struct
 * evtcp_limits; those of the HTTP server have a table of their own in
 * http/limits.h. Defaults are the library's, not repeated here.
 *
 *   X(field, UNIT, least, "what it bounds")
 *
 * field  of struct evtcp_limits, and the name
 * UNIT   COUNT, BYTES, SECONDS or MS
 * least  the smallest value; where it is 0, 0 means no limit */

// clang-format off
#define LIMITS_OF_STACK(X) \
	X(connections, COUNT, 0, "connections, those without an owner among them") \
	X(half_open, COUNT, 0, "half-open connections, then SYN cookies") \
	X(accept_queue, COUNT, 0, "accepted in one batch, not yet announced") \
	X(syn_ack_retries, COUNT, 0, "SYN-ACKs sent again") \
	X(time_wait, COUNT, 0, "TIME-WAIT entries, then the oldest is recycled") \
	X(fin_wait_2_seconds, SECONDS, 0, "FIN-WAIT-2 without an owner") \
	X(orphans, COUNT, 0, "connections without an owner, data unsent") \
	X(orphan_seconds, SECONDS, 0, "how long such a connection may live") \
	X(retries, COUNT, 0, "retransmissions before giving up (R2)") \
	X(receive_buffer, BYTES, 2048, "receive buffer of a connection") \
	X(send_buffer, BYTES, 2048, "send buffer of a connection") \
	X(out_of_order, COUNT, 0, "out-of-order ranges kept for a connection") \
	X(out_of_order_bytes, BYTES, 0, "out-of-order bytes of all connections") \
	X(buffer_bytes, BYTES, 0, "all buffers of all connections") \
	X(records, COUNT, 0, "transmission records of a connection") \
	X(mss_floor, BYTES, 0, "smallest segment a peer can make us use") \
	X(icmp_per_second, COUNT, 0, "ICMP messages sent in a second") \
	X(challenge_ms, MS, 0, "at most one challenge ACK of a connection in") \
	X(batch_timers, COUNT, 0, "timers run in one turn of the loop")
// clang-format on

#endif
