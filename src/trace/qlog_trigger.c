/* SPDX-License-Identifier: BSD-3-Clause */

/* The table from our causes to qlog's triggers (draft-ietf-quic-qlog-quic-events: packet_sent,
 * packet_dropped, packet_lost).
 *
 * In: a cause. Out: a word that tools for qlog know. It is coarser than the cause, which stands
 * beside it in each line. */

#include "trace/qlog_trigger.h"

#include <stddef.h>

/* Why something was sent again: packet_sent. */
static const char *const qlog_sent[EVTCP_N_CAUSES] = {
	[EVTCP_CAUSE_RACK] = "retransmit_reordered",
	[EVTCP_CAUSE_FAST_RETRANSMIT] = "retransmit_reordered",
	[EVTCP_CAUSE_PARTIAL_ACK] = "retransmit_reordered",
	[EVTCP_CAUSE_RTO] = "retransmit_timeout",
	[EVTCP_CAUSE_SYN_RETRANSMIT] = "retransmit_timeout",
	[EVTCP_CAUSE_SYN_ACK_RETRANSMIT] = "retransmit_timeout",
	[EVTCP_CAUSE_TLP] = "pto_probe",
	[EVTCP_CAUSE_TLP_NEW] = "pto_probe",
};

/* By which rule it was believed lost: packet_lost. */
static const char *const qlog_lost[EVTCP_N_CAUSES] = {
	[EVTCP_CAUSE_RACK] = "time_threshold",
	[EVTCP_CAUSE_FAST_RETRANSMIT] = "reordering_threshold",
	[EVTCP_CAUSE_PARTIAL_ACK] = "reordering_threshold",
	[EVTCP_CAUSE_RTO] = "pto_expired",
};

/* Why it was not taken: packet_dropped; "general" where none fits. */
static const char *const qlog_dropped[EVTCP_N_CAUSES] = {
	[EVTCP_CAUSE_NO_MEMORY] = "internal_error",
	[EVTCP_CAUSE_SYN_BACKLOG] = "rejected",
	[EVTCP_CAUSE_ACCEPT_QUEUE] = "rejected",
	[EVTCP_CAUSE_CONNECTION_LIMIT] = "rejected",
	[EVTCP_CAUSE_DRAINING] = "rejected",
	[EVTCP_CAUSE_RECEIVE_BUFFER] = "rejected",
	[EVTCP_CAUSE_OUT_OF_ORDER_LIMIT] = "rejected",
	[EVTCP_CAUSE_ICMP_RATE_LIMIT] = "rejected",
	[EVTCP_CAUSE_IP_FRAGMENT_LIMIT] = "rejected",
	[EVTCP_CAUSE_PASS_QUEUE_FULL] = "rejected",
	[EVTCP_CAUSE_IP_VERSION] = "unsupported",
	[EVTCP_CAUSE_IP_PROTOCOL] = "unsupported",
	[EVTCP_CAUSE_IP_OPTION_UNKNOWN] = "unsupported",
	[EVTCP_CAUSE_ICMP_TYPE] = "unsupported",
	[EVTCP_CAUSE_IP_TRUNCATED] = "invalid",
	[EVTCP_CAUSE_IP_HEADER_LENGTH] = "invalid",
	[EVTCP_CAUSE_IP_CHECKSUM] = "invalid",
	[EVTCP_CAUSE_IP_OPTION] = "invalid",
	[EVTCP_CAUSE_IP_FRAGMENT_MALFORMED] = "invalid",
	[EVTCP_CAUSE_IP_FRAGMENT_OVERLAP] = "invalid",
	[EVTCP_CAUSE_IP_MARTIAN] = "invalid",
	[EVTCP_CAUSE_ICMP_TRUNCATED] = "invalid",
	[EVTCP_CAUSE_ICMP_CHECKSUM] = "invalid",
	[EVTCP_CAUSE_UDP_TRUNCATED] = "invalid",
	[EVTCP_CAUSE_UDP_CHECKSUM] = "invalid",
	[EVTCP_CAUSE_TCP_TRUNCATED] = "invalid",
	[EVTCP_CAUSE_TCP_DATA_OFFSET] = "invalid",
	[EVTCP_CAUSE_TCP_CHECKSUM] = "invalid",
	[EVTCP_CAUSE_TCP_PORT_ZERO] = "invalid",
	[EVTCP_CAUSE_TCP_FLAGS] = "invalid",
	[EVTCP_CAUSE_ACK_UNSENT] = "invalid",
	[EVTCP_CAUSE_ACK_BAD_COOKIE] = "invalid",
	[EVTCP_CAUSE_OLD_DUPLICATE] = "duplicate",
	[EVTCP_CAUSE_IP_FRAGMENT_DUPLICATE] = "duplicate",
	[EVTCP_CAUSE_NO_CONNECTION] = "connection_unknown",
	[EVTCP_CAUSE_IP_NOT_OURS] = "connection_unknown",
	[EVTCP_CAUSE_UDP_NO_PORT] = "connection_unknown",
};

const char *qlog_trigger(enum evtcp_event_kind kind, enum evtcp_cause cause)
{
	switch (kind) {
	case EVTCP_EVENT_SENT:
		return qlog_sent[cause];
	case EVTCP_EVENT_LOST:
		return qlog_lost[cause];
	case EVTCP_EVENT_DROPPED:
		return qlog_dropped[cause] ? qlog_dropped[cause] : "general";
	default:
		return NULL;
	}
}
