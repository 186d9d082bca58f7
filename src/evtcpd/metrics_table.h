/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_METRICS_TABLE_H
#define EVTCPD_METRICS_TABLE_H

/* The one table of counters that Linux has, too: /metrics and the manual page come from it. Each is
 * called as nstat(8) calls it, that is MIB and name of /proc/net/snmp and netstat, so that who knows
 * those knows these; and each is a sum of causes (evtcp/causes.h), by which it is told. A counter
 * of Linux's that no causes fit is not here (all segments are the sum of evtcp_sent_total and its
 * kin). Where ours means something else the text says so; and what Linux counts of IPv4 and IPv6
 * apart is one number here.
 *
 *   X(Name, "what it counts", C(CAUSE) C(CAUSE) ...)
 *
 * Whoever uses the table defines C. */

// clang-format off
#define METRICS_OF_LINUX(X) \
	X(IpInHdrErrors, "IP packets with a header that cannot be", \
		C(IP_TRUNCATED) C(IP_VERSION) C(IP_HEADER_LENGTH) C(IP_CHECKSUM) C(IP_OPTION)) \
	X(IpInAddrErrors, "IP packets to or from addresses that cannot be, or are not ours", \
		C(IP_MARTIAN) C(IP_NOT_OURS)) \
	X(IpInUnknownProtos, "IP packets of protocols that we do not speak", \
		C(IP_PROTOCOL)) \
	X(IpReasmTimeout, "datagrams given up, as fragments were missing for too long", \
		C(IP_REASSEMBLY_TIMEOUT)) \
	X(IpReasmFails, "fragments that could not be used, and datagrams given up", \
		C(IP_FRAGMENT_MALFORMED) C(IP_FRAGMENT_TINY) C(IP_FRAGMENT_OVERLAP) C(IP_FRAGMENT_ECN) \
		C(IP_FRAGMENT_LIMIT) C(IP_FRAGMENT_STALE) C(IP_REASSEMBLY_TIMEOUT)) \
	X(IpExtInCEPkts, "TCP segments that a router had marked CE", \
		C(ECN_CE)) \
	X(IcmpInCsumErrors, "ICMP messages with a wrong checksum", \
		C(ICMP_CHECKSUM)) \
	X(IcmpInEchos, "echo requests", \
		C(ICMP_ECHO_REQUEST)) \
	X(IcmpOutEchoReps, "echo replies", \
		C(ICMP_ECHO_REPLY)) \
	X(IcmpOutDestUnreachs, "ICMP unreachables sent", \
		C(ICMP_PORT_UNREACHABLE) C(ICMP_PROTOCOL_UNREACHABLE)) \
	X(IcmpOutRateLimitGlobal, "ICMP messages not sent because of the rate limit", \
		C(ICMP_RATE_LIMIT)) \
	X(UdpNoPorts, "UDP datagrams: nobody listens", \
		C(UDP_NO_PORT)) \
	X(UdpInCsumErrors, "UDP datagrams with a wrong checksum", \
		C(UDP_CHECKSUM)) \
	X(TcpActiveOpens, "connections that we have opened", \
		C(OPENED_ACTIVE)) \
	X(TcpPassiveOpens, "connections that peers have opened", \
		C(OPENED_PASSIVE) C(OPENED_COOKIE) C(FAST_OPENED)) \
	X(TcpAttemptFails, "handshakes that led to no connection", \
		C(REFUSED) C(HALF_OPEN_TIMEOUT)) \
	X(TcpEstabResets, "connections and handshakes that an RST ended, ours or theirs", \
		C(RST_ARRIVED) C(ABORTED_BY_USER)) \
	X(TcpRetransSegs, "segments sent again", \
		C(SYN_RETRANSMIT) C(SYN_ACK_RETRANSMIT) C(SYN_ACK_AGAIN) C(RTO) C(FAST_RETRANSMIT) \
		C(RACK) C(TLP) C(FAST_OPEN_AGAIN) C(PATH_MTU_RETRANSMIT) C(PARTIAL_ACK)) \
	X(TcpInErrs, "segments with a header that cannot be, or a wrong checksum", \
		C(TCP_TRUNCATED) C(TCP_DATA_OFFSET) C(TCP_CHECKSUM) C(TCP_PORT_ZERO)) \
	X(TcpOutRsts, "RSTs sent", \
		C(RST_NO_CONNECTION) C(RST_REFUSED) C(RST_BAD_ACK) C(RST_ECN_MIXED) C(RST_ABORT) \
		C(RST_UNREAD_DATA) C(RST_AFTER_CLOSE) C(RST_TIMEOUT) C(RST_NO_MEMORY)) \
	X(TcpInCsumErrors, "segments with a wrong checksum", \
		C(TCP_CHECKSUM)) \
	X(TcpExtSyncookiesSent, "SYN cookies sent", \
		C(SYN_COOKIE)) \
	X(TcpExtSyncookiesRecv, "SYN cookies that came back", \
		C(OPENED_COOKIE)) \
	X(TcpExtSyncookiesFailed, "ACKs without a valid SYN cookie", \
		C(ACK_BAD_COOKIE)) \
	X(TcpExtListenOverflows, "handshakes not taken: too many in one batch", \
		C(ACCEPT_QUEUE)) \
	X(TcpExtListenDrops, "SYNs, and ACKs of handshakes, not taken", \
		C(SYN_BACKLOG) C(ACCEPT_QUEUE) C(CONNECTION_LIMIT) C(DRAINING)) \
	X(TcpExtTCPReqQFullDrop, "SYNs that found too many handshakes under way; many are answered by a cookie", \
		C(SYN_BACKLOG)) \
	X(TcpExtPAWSEstab, "segments with an old timestamp (RFC 7323)", \
		C(PAWS)) \
	X(TcpExtDelayedACKs, "ACKs sent because the delayed ACK timer fired", \
		C(ACK_DELAYED)) \
	X(TcpExtTW, "connections whose TIME-WAIT was over", \
		C(TIME_WAIT_EXPIRED)) \
	X(TcpExtTWRecycled, "connections in TIME-WAIT whose ports a SYN has used again (RFC 6191)", \
		C(TIME_WAIT_REUSED)) \
	X(TcpExtTCPTimeWaitOverflow, "connections in TIME-WAIT that gave way to others", \
		C(TIME_WAIT_RECYCLED)) \
	X(TcpExtTCPTimeouts, "retransmission timers that fired, of handshakes as well", \
		C(TIMER_RETRANSMIT)) \
	X(TcpExtTCPLossProbes, "tail-loss probes sent (RFC 8985)", \
		C(TLP) C(TLP_NEW)) \
	X(TcpExtTCPLossProbeRecovery, "losses that a tail-loss probe has repaired", \
		C(CC_TLP)) \
	X(TcpExtTCPFastRetrans, "segments sent again in fast recovery", \
		C(FAST_RETRANSMIT) C(RACK) C(PARTIAL_ACK)) \
	X(TcpExtTCPFullUndo, "window reductions taken back, for nothing was lost (RFC 4015)", \
		C(CC_UNDO)) \
	X(TcpExtTCPSACKReneging, "peers that have dropped what they had SACKed", \
		C(SACK_RENEGED)) \
	X(TcpExtTCPSACKDiscard, "SACK blocks of what was never sent", \
		C(SACK_INVALID)) \
	X(TcpExtTCPHystartDelayDetect, "slow starts left because the round-trip time rose (RFC 9406)", \
		C(CC_HYSTART)) \
	X(TcpExtTCPOFOQueue, "segments that came out of order, and were kept", \
		C(QUEUED_OUT_OF_ORDER)) \
	X(TcpExtTCPOFODrop, "segments that came out of order when too many were kept", \
		C(OUT_OF_ORDER_LIMIT)) \
	X(TcpExtTCPRcvQDrop, "segments for which the receive buffer had no room", \
		C(RECEIVE_BUFFER)) \
	X(TcpExtTCPChallengeACK, "challenge ACKs sent (RFC 5961)", \
		C(CHALLENGE_RST) C(CHALLENGE_SYN) C(CHALLENGE_ACK)) \
	X(TcpExtTCPSYNChallenge, "challenge ACKs sent because of a SYN", \
		C(CHALLENGE_SYN)) \
	X(TcpExtTCPWinProbe, "zero-window probes sent", \
		C(ZERO_WINDOW_PROBE)) \
	X(TcpExtTCPKeepAlive, "keepalive probes sent", \
		C(KEEPALIVE_PROBE)) \
	X(TcpExtTCPAbortOnTimeout, "connections given up, as the peer was silent", \
		C(TIMED_OUT) C(USER_TIMEOUT) C(KEEPALIVE_TIMEOUT)) \
	X(TcpExtTCPAbortOnLinger, "connections without owner that ended because they took too long", \
		C(FIN_WAIT_2_TIMEOUT) C(ORPHAN_TIMEOUT)) \
	X(TcpExtTCPAbortOnMemory, "connections without owner that ended because there were too many", \
		C(ORPHAN_LIMIT)) \
	X(TcpExtTCPAbortOnData, "connections that the application has ended with data unread", \
		C(RST_UNREAD_DATA)) \
	X(TcpExtTCPFastOpenPassive, "connections by a Fast Open cookie (RFC 7413)", \
		C(FAST_OPENED)) \
	X(TcpExtTCPFastOpenPassiveFail, "SYNs whose Fast Open cookie was not valid", \
		C(FAST_OPEN_BAD_COOKIE)) \
	X(TcpExtTCPFastOpenCookieReqd, "Fast Open cookies given", \
		C(FAST_OPEN_COOKIE)) \
	X(TcpExtTCPFastOpenListenOverflow, "SYNs that found too many Fast Open handshakes under way", \
		C(FAST_OPEN_LIMIT))
// clang-format on

#endif
