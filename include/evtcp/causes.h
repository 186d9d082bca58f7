/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_CAUSES_H
#define EVTCP_CAUSES_H

/* The one table of causes. Every segment sent, segment dropped, state change
 * and timer has one; the text log, the pcapng comments, the ladder, the
 * counters and the tests all read this table and nothing else.
 *
 *   X(NAME, CLASS, "text")
 *
 * NAME   gives the enumerator EVTCP_CAUSE_NAME and, in lower case, the name of
 *        its counter. Each cause counts how often it happened.
 * CLASS  SENT      why a packet left
 *        RECEIVED  a packet came in and was used
 *        DROPPED   why a packet was refused; nothing was done with it but
 *                  what RFC 9293 asks (such as an ACK in reply)
 *        STATE     why a connection changed its state or ended
 *        TIMER     which timer fired
 *        CONTROL   why the congestion window changed, and what else is of note
 *        ALTERED   what a link did to a packet that it passed on
 * text   says why, after "sent: " or "refused: ", for a person; the number of a
 *        retransmission or probe is added by evtcp_reason_format. */

#define EVTCP_CAUSES(X) \
	X(NONE, STATE, "no particular reason") \
	/* why a packet left */ \
	X(DATA, SENT, "new data") \
	X(SYN, SENT, "active open") \
	X(SYN_ACK, SENT, "SYN received") \
	X(SYN_ACK_FAST_OPEN, SENT, "SYN received with a Fast Open cookie (RFC 7413)") \
	X(SYN_COOKIE, SENT, "SYN received, backlog full: SYN cookie") \
	X(SYN_RETRANSMIT, SENT, "SYN retransmitted: RTO") \
	X(SYN_ACK_RETRANSMIT, SENT, "SYN-ACK retransmitted") \
	X(SYN_ACK_AGAIN, SENT, "SYN received again") \
	X(FIN, SENT, "application closed") \
	X(ACK_HANDSHAKE, SENT, "ACK of SYN-ACK") \
	X(ACK_DELAYED, SENT, "delayed ACK timer") \
	X(ACK_SECOND, SENT, "second full-sized segment") \
	X(ACK_QUICK, SENT, "one of the first full-sized segments") \
	X(ACK_OUT_OF_ORDER, SENT, "out-of-order segment") \
	X(ACK_GAP_FILLED, SENT, "gap filled") \
	X(ACK_DUPLICATE, SENT, "data that had come before") \
	X(ACK_UNACCEPTABLE, SENT, "unacceptable segment") \
	X(ACK_FIN, SENT, "FIN received") \
	X(ACK_CE, SENT, "CE mark received") \
	X(ACK_MARKS, SENT, "CE marks on ACKs (RFC 9768)") \
	X(ACK_PROBE, SENT, "answer to a probe") \
	X(WINDOW_UPDATE, SENT, "window update") \
	X(RTO, SENT, "RTO") \
	X(FAST_RETRANSMIT, SENT, "fast retransmit") \
	X(RACK, SENT, "RACK: lost, for something sent later has arrived (RFC 8985)") \
	X(TLP, SENT, "tail-loss probe (RFC 8985)") \
	X(TLP_NEW, SENT, "new data as a tail-loss probe (RFC 8985 7.3)") \
	X(FAST_OPEN_AGAIN, SENT, "handshake complete: what was sent before it, again") \
	X(PATH_MTU_RETRANSMIT, SENT, "too large for the path: again, smaller (RFC 1191)") \
	X(PARTIAL_ACK, SENT, "partial ACK in fast recovery") \
	X(ZERO_WINDOW_PROBE, SENT, "zero-window probe") \
	X(KEEPALIVE_PROBE, SENT, "keepalive probe") \
	X(CHALLENGE_RST, SENT, "challenge ACK: RST in window (RFC 5961 3)") \
	X(CHALLENGE_SYN, SENT, "challenge ACK: SYN on a connection (RFC 5961 4)") \
	X(CHALLENGE_ACK, SENT, "challenge ACK: ACK out of range (RFC 5961 5)") \
	X(TIME_WAIT_ACK, SENT, "segment in TIME-WAIT") \
	X(RST_NO_CONNECTION, SENT, "no such connection") \
	X(RST_REFUSED, SENT, "connection refused by the application") \
	X(RST_BAD_ACK, SENT, "ACK of something never sent") \
	X(RST_ECN_MIXED, SENT, "SYNs that ask for two kinds of ECN (RFC 9768)") \
	X(RST_ABORT, SENT, "application aborted") \
	X(RST_UNREAD_DATA, SENT, "closed with unread data (RFC 9293 3.6.1)") \
	X(RST_AFTER_CLOSE, SENT, "data that nobody will read: the application has closed (RFC 9293 3.6.1)") \
	X(RST_TIMEOUT, SENT, "connection given up") \
	X(RST_NO_MEMORY, SENT, "out of memory") \
	X(ICMP_ECHO_REPLY, SENT, "echo request") \
	X(ICMP_PORT_UNREACHABLE, SENT, "UDP: port unreachable") \
	X(ICMP_PROTOCOL_UNREACHABLE, SENT, "protocol unreachable") \
	X(IMPAIR_TOLD_MTU, SENT, "packet larger than the path's MTU (link emulator)") \
	X(FAULT_RST, SENT, "RST of the fault script") \
	X(FAULT_FIN, SENT, "FIN of the fault script") \
	X(FAULT_ANSWER, SENT, "answer of the fault script, which has ended our side") \
	X(FAULT_OVER, SENT, "window and ACK as they are: what the fault script did is over") \
	X(ICMP_PARAMETER_PROBLEM, SENT, "IPv6: parameter problem") \
	X(ICMP_REASSEMBLY_TIMEOUT, SENT, "IP fragments missing for too long") \
	/* a packet came in */ \
	X(ACCEPTED, RECEIVED, "accepted") \
	X(ACCEPTED_TRIMMED, RECEIVED, "accepted in part, the rest is outside the window") \
	X(QUEUED_OUT_OF_ORDER, RECEIVED, "out of order, kept") \
	X(IP_FRAGMENT, RECEIVED, "IP fragment, kept until the others are here") \
	X(ICMP_ECHO_REQUEST, RECEIVED, "echo request, answered") \
	X(ICMP_ERROR, RECEIVED, "ICMP error about one of our segments, noted") \
	X(PATH_MTU, RECEIVED, "ICMP says that the path carries less, believed") \
	X(PASSED_ON, RECEIVED, "not of this stack: passed on to the next of its group") \
	X(IMPAIR_TAKEN, RECEIVED, "under way on the emulated link") \
	X(FAULT_TAKEN, RECEIVED, "held back (fault script)") \
	/* dropped by IP */ \
	X(IP_TRUNCATED, DROPPED, "IP packet shorter than its header says") \
	X(IP_VERSION, DROPPED, "IP version is not one we speak") \
	X(IP_HEADER_LENGTH, DROPPED, "IP header length impossible") \
	X(IP_CHECKSUM, DROPPED, "IP header checksum wrong") \
	X(IP_OPTION, DROPPED, "IP option malformed") \
	X(IP_SOURCE_ROUTE, DROPPED, "IP source route") \
	X(IP_FRAGMENT_MALFORMED, DROPPED, "IP fragment of impossible length or place") \
	X(IP_FRAGMENT_TINY, DROPPED, "first IP fragment without its headers (RFC 1858, RFC 7112)") \
	X(IP_FRAGMENT_DUPLICATE, DROPPED, "IP fragment that is here already") \
	X(IP_FRAGMENT_OVERLAP, DROPPED, "IP fragments overlap (RFC 5722)") \
	X(IP_FRAGMENT_ECN, DROPPED, "IP fragments with and without ECN (RFC 3168 5.3)") \
	X(IP_FRAGMENT_LIMIT, DROPPED, "too many IP fragments wait") \
	X(IP_FRAGMENT_STALE, DROPPED, "IP fragments have waited for too long: their ID is used again") \
	X(IP_REASSEMBLY_TIMEOUT, DROPPED, "IP fragments missing for too long") \
	X(IP_OPTION_UNKNOWN, DROPPED, "IPv6 option that must be known") \
	X(IP_EXTENSION_LIMIT, DROPPED, "too many IPv6 extension headers or options") \
	X(IP_NO_NEXT_HEADER, DROPPED, "IPv6 packet without payload") \
	X(IP_MARTIAN, DROPPED, "IP address impossible as source or destination") \
	X(IP_BROADCAST, DROPPED, "IP broadcast or multicast") \
	X(IP_NOT_OURS, DROPPED, "IP destination is not ours") \
	X(IP_PROTOCOL, DROPPED, "IP protocol is not one we speak") \
	X(UDP_NO_PORT, DROPPED, "UDP: nobody listens") \
	X(UDP_TRUNCATED, DROPPED, "UDP datagram incomplete") \
	X(UDP_CHECKSUM, DROPPED, "UDP checksum wrong") \
	X(ICMP_TRUNCATED, DROPPED, "ICMP message too short") \
	X(ICMP_CHECKSUM, DROPPED, "ICMP checksum wrong") \
	X(ICMP_TYPE, DROPPED, "ICMP type is not one we use") \
	X(ICMP_QUOTE, DROPPED, "ICMP error about nothing we sent") \
	X(PATH_MTU_REFUSED, DROPPED, "ICMP says an MTU that is no news or cannot be") \
	X(ICMP_RATE_LIMIT, DROPPED, "ICMP reply suppressed: rate limit") \
	/* dropped by TCP */ \
	X(TCP_TRUNCATED, DROPPED, "TCP header incomplete") \
	X(TCP_DATA_OFFSET, DROPPED, "TCP data offset impossible") \
	X(TCP_CHECKSUM, DROPPED, "TCP checksum wrong") \
	X(TCP_PORT_ZERO, DROPPED, "TCP port 0") \
	X(TCP_FLAGS, DROPPED, "TCP flags make no sense here") \
	X(NO_CONNECTION, DROPPED, "no such connection") \
	X(PAWS, DROPPED, "PAWS: timestamp too old (RFC 7323 5)") \
	X(NO_TIMESTAMP, DROPPED, "timestamp missing (RFC 7323 3.2)") \
	X(OUTSIDE_WINDOW, DROPPED, "outside the receive window") \
	X(OLD_DUPLICATE, DROPPED, "old duplicate") \
	X(RST_OUTSIDE_WINDOW, DROPPED, "RST outside the window") \
	X(RST_NOT_EXACT, DROPPED, "RST in window but not at RCV.NXT (RFC 5961 3)") \
	X(RST_IN_TIME_WAIT, DROPPED, "RST in TIME-WAIT (RFC 1337)") \
	X(SYN_ON_CONNECTION, DROPPED, "SYN on a connection (RFC 5961 4)") \
	X(ACK_MISSING, DROPPED, "ACK flag missing") \
	X(ACK_TOO_OLD, DROPPED, "ACK older than RFC 5961 5 allows") \
	X(ACK_UNSENT, DROPPED, "ACK of something never sent") \
	X(ACK_BAD_COOKIE, DROPPED, "ACK carries no valid SYN cookie") \
	X(SYN_BACKLOG, DROPPED, "half-open table full") \
	X(ACCEPT_QUEUE, DROPPED, "accept queue full") \
	X(CONNECTION_LIMIT, DROPPED, "connection limit reached") \
	X(DRAINING, DROPPED, "no new connections while draining") \
	X(RECEIVE_BUFFER, DROPPED, "no room in the receive buffer") \
	X(OUT_OF_ORDER_LIMIT, DROPPED, "too many out-of-order ranges") \
	X(NO_MEMORY, DROPPED, "out of memory") \
	X(PASS_QUEUE_FULL, DROPPED, "not of this stack, and too much waits for the next of its group") \
	/* dropped on the way out or by a link */ \
	X(LINK_QUEUE_FULL, DROPPED, "link queue full") \
	X(LINK_DOWN, DROPPED, "link down") \
	X(LINK_ERROR, DROPPED, "link refused the packet") \
	X(LINK_OFFLOAD, DROPPED, "the link tells of segments, or of a checksum, that cannot be") \
	X(FAULT, DROPPED, "fault script") \
	X(IMPAIR_LOSS, DROPPED, "random loss (link emulator)") \
	X(IMPAIR_BURST, DROPPED, "burst of losses (link emulator)") \
	X(IMPAIR_QUEUE_FULL, DROPPED, "queue full (link emulator)") \
	X(IMPAIR_TOO_BIG, DROPPED, "larger than the path's MTU (link emulator)") \
	X(IMPAIR_OVER_LIMIT, DROPPED, "too much under way (link emulator)") \
	/* what a link did to a packet that it passed on, the gravest last */ \
	X(IMPAIR_MARKED, ALTERED, "marked CE by a full queue (link emulator)") \
	X(IMPAIR_HELD_BACK, ALTERED, "held back (link emulator)") \
	X(IMPAIR_DUPLICATED, ALTERED, "duplicated (link emulator)") \
	X(IMPAIR_CORRUPTED, ALTERED, "bits flipped (link emulator)") \
	X(IMPAIR_TRUNCATED, ALTERED, "end cut off (link emulator)") \
	X(FAULT_HELD_BACK, ALTERED, "held back (fault script)") \
	X(FAULT_DUPLICATED, ALTERED, "duplicated (fault script)") \
	X(FAULT_MSS, ALTERED, "announces another MSS (fault script)") \
	X(FAULT_WINDOW, ALTERED, "offers less than there is (fault script)") \
	X(FAULT_ACK_BACK, ALTERED, "acknowledges less than has come (fault script)") \
	X(FAULT_NO_FIN, ALTERED, "without its FIN (fault script)") \
	X(FAULT_CORRUPTED, ALTERED, "corrupted (fault script)") \
	X(FAULT_TRUNCATED, ALTERED, "end cut off (fault script)") \
	X(FAULT_REPLY, ALTERED, "begins a reply that is wrong on purpose (fault script)") \
	/* why a connection changed its state */ \
	X(OPENED_ACTIVE, STATE, "application connects") \
	X(OPENED_PASSIVE, STATE, "handshake complete") \
	X(OPENED_COOKIE, STATE, "handshake complete by SYN cookie") \
	X(SYN_ARRIVED, STATE, "SYN arrived") \
	X(SYN_IN_TIME_WAIT, STATE, "SYN arrived, newer than TIME-WAIT (RFC 6191)") \
	X(FAST_OPENED, STATE, "SYN arrived with a Fast Open cookie") \
	X(ECN_MIXED, STATE, "SYNs ask for two kinds of ECN") \
	X(SYN_ACKED, STATE, "our SYN is acknowledged") \
	X(CLOSED_BY_USER, STATE, "application closed") \
	X(ABORTED_BY_USER, STATE, "application aborted") \
	X(FIN_ARRIVED, STATE, "FIN arrived") \
	X(FIN_ACKED, STATE, "our FIN is acknowledged") \
	X(RST_ARRIVED, STATE, "RST arrived") \
	X(REFUSED, STATE, "RST in answer to our SYN") \
	X(TIMED_OUT, STATE, "retransmissions in vain for too long: R2 (RFC 9293 3.8.3)") \
	X(USER_TIMEOUT, STATE, "user timeout: no ACK for as long as the application would wait") \
	X(KEEPALIVE_TIMEOUT, STATE, "keepalive probes unanswered: the peer is gone") \
	X(FIN_WAIT_2_TIMEOUT, STATE, "the application is gone, and the peer does not close in time") \
	X(ORPHAN_TIMEOUT, STATE, "the application is gone, and the peer does not let it end in time") \
	X(ORPHAN_LIMIT, STATE, "too many connections whose application is gone") \
	X(HALF_OPEN_TIMEOUT, STATE, "handshake never completed") \
	X(TIME_WAIT_EXPIRED, STATE, "2 MSL passed") \
	X(TIME_WAIT_REUSED, STATE, "a new connection uses its ports (RFC 6191)") \
	X(TIME_WAIT_RECYCLED, STATE, "TIME-WAIT table full, oldest recycled") \
	X(UNREACHABLE, STATE, "ICMP says unreachable") \
	/* timers */ \
	X(TIMER_RETRANSMIT, TIMER, "retransmission timer") \
	X(TIMER_PROBE, TIMER, "tail-loss probe timer") \
	X(TIMER_REORDERING, TIMER, "reordering timer") \
	X(TIMER_PACING, TIMER, "pacing timer: the next burst") \
	X(TIMER_PERSIST, TIMER, "persist timer") \
	X(TIMER_DELAYED_ACK, TIMER, "delayed ACK timer") \
	X(TIMER_KEEPALIVE, TIMER, "keepalive timer") \
	X(TIMER_LINGER, TIMER, "timer of a connection whose application is gone") \
	X(TIMER_USER, TIMER, "user timeout of data in flight") \
	/* congestion control */ \
	X(CC_HYSTART, CONTROL, "slow start left: the round-trip time rises (RFC 9406)") \
	X(CC_ECN, CONTROL, "CE marks told: a router is congested (RFC 3168)") \
	X(CC_RECOVERY_ENTERED, CONTROL, "fast recovery entered") \
	X(CC_RECOVERY_LEFT, CONTROL, "fast recovery left") \
	X(CC_TLP, CONTROL, "a tail-loss probe repaired a loss") \
	X(CC_UNDO, CONTROL, "nothing was lost: window restored (RFC 4015)") \
	X(CC_RTO, CONTROL, "RTO: back to one segment") \
	X(CC_STARTUP, CONTROL, "BBR: STARTUP: the rate doubles in each round trip") \
	X(CC_DRAIN, CONTROL, "BBR: DRAIN: the path carries no more, what is queued has to leave") \
	X(CC_PROBE_BW, CONTROL, "BBR: PROBE_BW: as much as the path carries") \
	X(CC_PROBE_RTT, CONTROL, "BBR: PROBE_RTT: next to nothing, to see how short the path is") \
	X(CC_IDLE, CONTROL, "idle for more than an RTO: a smaller window (RFC 2861)") \
	X(PATH_MTU_BLACK_HOLE, CONTROL, "large segments keep dying: smaller ones (RFC 4821)") \
	X(PATH_MTU_NO_BLACK_HOLE, CONTROL, "small segments die as well: it is not their size") \
	X(PATH_MTU_RETRIED, CONTROL, "larger segments again: the black hole may be gone") \
	X(PATH_MTU_AGED, CONTROL, "larger segments again: what a router said is old (RFC 1191 6.3)") \
	X(R1_REACHED, CONTROL, "retransmissions in vain: R1 reached (RFC 9293 3.8.3)") \
	X(USER_TIMEOUT_ADAPTED, CONTROL, "user timeout adapted to what the peer tells (RFC 5482)") \
	X(SACK_RENEGED, CONTROL, "the peer has dropped what it had SACKed (RFC 2018 8)") \
	X(ECN_CE, CONTROL, "CE mark received (RFC 3168)") \
	X(ECN_FALLBACK, CONTROL, "SYN sent again, without asking for ECN") \
	X(ECN_MANGLED, CONTROL, "ECN is written over on the path: not used for our data") \
	X(FAST_OPEN_COOKIE, CONTROL, "Fast Open cookie given (RFC 7413)") \
	X(FAST_OPEN_BAD_COOKIE, CONTROL, "Fast Open cookie not valid: data of the SYN not taken") \
	X(FAST_OPEN_LIMIT, CONTROL, "Fast Open off: too many such handshakes under way") \
	X(SACK_INVALID, CONTROL, "SACK block of what was never sent, ignored") \
	X(MSS_FLOOR, CONTROL, "announced MSS below the floor, clamped up")

#define EVTCP_CAUSE_ENUMERATOR(name, class_, text) EVTCP_CAUSE_##name,
enum evtcp_cause { EVTCP_CAUSES(EVTCP_CAUSE_ENUMERATOR) EVTCP_N_CAUSES };
#undef EVTCP_CAUSE_ENUMERATOR

enum evtcp_cause_class {
	EVTCP_CLASS_SENT,
	EVTCP_CLASS_RECEIVED,
	EVTCP_CLASS_DROPPED,
	EVTCP_CLASS_STATE,
	EVTCP_CLASS_TIMER,
	EVTCP_CLASS_CONTROL,
	EVTCP_CLASS_ALTERED
};

/* evtcp_cause_text: the table's text. evtcp_cause_name: the counter's name, in
 * lower case with underscores. evtcp_cause_class: its class. Static storage;
 * a value outside the table is a bug of the caller and asserts. */
const char *evtcp_cause_text(enum evtcp_cause cause);
const char *evtcp_cause_name(enum evtcp_cause cause);
enum evtcp_cause_class evtcp_cause_class(enum evtcp_cause cause);

#endif
