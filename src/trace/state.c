/* SPDX-License-Identifier: BSD-3-Clause */

/* The names of the eleven states, as RFC 9293 3.3.2 writes them, and of those of congestion
 * control. A state in, a string out; the transitions live in the tcp room. */

#include <evtcp/info.h>
#include <evtcp/types.h>

static const char *const state_names[EVTCP_N_STATES] = {
	[EVTCP_CLOSED] = "CLOSED",
	[EVTCP_LISTEN] = "LISTEN",
	[EVTCP_SYN_SENT] = "SYN-SENT",
	[EVTCP_SYN_RECEIVED] = "SYN-RECEIVED",
	[EVTCP_ESTABLISHED] = "ESTABLISHED",
	[EVTCP_FIN_WAIT_1] = "FIN-WAIT-1",
	[EVTCP_FIN_WAIT_2] = "FIN-WAIT-2",
	[EVTCP_CLOSE_WAIT] = "CLOSE-WAIT",
	[EVTCP_CLOSING] = "CLOSING",
	[EVTCP_LAST_ACK] = "LAST-ACK",
	[EVTCP_TIME_WAIT] = "TIME-WAIT",
};

const char *evtcp_state_name(enum evtcp_state state)
{
	return (unsigned)state < EVTCP_N_STATES ? state_names[state] : "?";
}

static const char *const cc_state_names[EVTCP_N_CC_STATES] = {
	[EVTCP_CC_SLOW_START] = "slow_start",
	[EVTCP_CC_CONSERVATIVE_SLOW_START] = "conservative_slow_start",
	[EVTCP_CC_AVOIDANCE] = "avoidance",
	[EVTCP_CC_FAST_RECOVERY] = "fast_recovery",
	[EVTCP_CC_TIMEOUT] = "timeout",
	[EVTCP_CC_STARTUP] = "startup",
	[EVTCP_CC_DRAIN] = "drain",
	[EVTCP_CC_PROBE_BW] = "probe_bw",
	[EVTCP_CC_PROBE_RTT] = "probe_rtt",
};

const char *evtcp_cc_state_name(enum evtcp_cc_state state)
{
	return (unsigned)state < EVTCP_N_CC_STATES ? cc_state_names[state] : "?";
}
