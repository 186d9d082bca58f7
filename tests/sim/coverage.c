/* SPDX-License-Identifier: BSD-3-Clause */

/* Counts of what was reached, and the list of what must be.
 *
 * In: counts of runs. Out: a table for a person, and whether it is whole.
 *
 * A cause that is missing from the list below is one that two honest hosts do not
 * reach: it belongs to the exhaustive tables and scripts. */

#include "coverage.h"

#include <inttypes.h>

static const struct {
	bool must;
	const char *text;
} counters[N_SIM_COUNTERS] = {
#define SIM_COUNTER_ROW(name, must, text) {must, text},
	SIM_COUNTERS(SIM_COUNTER_ROW)
#undef SIM_COUNTER_ROW
};

static const enum evtcp_cause must[] = {
	/* sent */
	EVTCP_CAUSE_DATA,
	EVTCP_CAUSE_SYN,
	EVTCP_CAUSE_SYN_ACK,
	EVTCP_CAUSE_SYN_COOKIE,
	EVTCP_CAUSE_SYN_RETRANSMIT,
	EVTCP_CAUSE_SYN_ACK_RETRANSMIT,
	EVTCP_CAUSE_SYN_ACK_AGAIN,
	EVTCP_CAUSE_FIN,
	EVTCP_CAUSE_ACK_HANDSHAKE,
	EVTCP_CAUSE_ACK_DELAYED,
	EVTCP_CAUSE_ACK_SECOND,
	EVTCP_CAUSE_ACK_QUICK,
	EVTCP_CAUSE_ACK_OUT_OF_ORDER,
	EVTCP_CAUSE_ACK_GAP_FILLED,
	EVTCP_CAUSE_ACK_DUPLICATE,
	EVTCP_CAUSE_ACK_UNACCEPTABLE,
	EVTCP_CAUSE_ACK_FIN,
	EVTCP_CAUSE_ACK_CE,
	EVTCP_CAUSE_ACK_PROBE,
	EVTCP_CAUSE_WINDOW_UPDATE,
	EVTCP_CAUSE_RTO,
	EVTCP_CAUSE_RACK,
	EVTCP_CAUSE_TLP,
	EVTCP_CAUSE_PATH_MTU_RETRANSMIT,
	EVTCP_CAUSE_FAST_RETRANSMIT,
	EVTCP_CAUSE_PARTIAL_ACK,
	EVTCP_CAUSE_ZERO_WINDOW_PROBE,
	EVTCP_CAUSE_KEEPALIVE_PROBE,
	EVTCP_CAUSE_CHALLENGE_RST,
	EVTCP_CAUSE_CHALLENGE_SYN,
	EVTCP_CAUSE_CHALLENGE_ACK,
	EVTCP_CAUSE_TIME_WAIT_ACK,
	EVTCP_CAUSE_RST_NO_CONNECTION,
	EVTCP_CAUSE_RST_BAD_ACK,
	EVTCP_CAUSE_RST_ABORT,
	EVTCP_CAUSE_RST_UNREAD_DATA,
	EVTCP_CAUSE_RST_AFTER_CLOSE,
	EVTCP_CAUSE_RST_TIMEOUT,
	/* received */
	EVTCP_CAUSE_ACCEPTED,
	EVTCP_CAUSE_ACCEPTED_TRIMMED,
	EVTCP_CAUSE_QUEUED_OUT_OF_ORDER,
	EVTCP_CAUSE_PATH_MTU,
	/* dropped */
	EVTCP_CAUSE_IP_CHECKSUM,
	EVTCP_CAUSE_IP_TRUNCATED,
	EVTCP_CAUSE_TCP_CHECKSUM,
	EVTCP_CAUSE_NO_CONNECTION,
	EVTCP_CAUSE_PAWS,
	EVTCP_CAUSE_OLD_DUPLICATE,
	EVTCP_CAUSE_OUTSIDE_WINDOW,
	EVTCP_CAUSE_OUT_OF_ORDER_LIMIT,
	EVTCP_CAUSE_RECEIVE_BUFFER,
	EVTCP_CAUSE_NO_TIMESTAMP,
	EVTCP_CAUSE_ACK_MISSING,
	EVTCP_CAUSE_ACK_TOO_OLD,
	EVTCP_CAUSE_ACK_UNSENT,
	EVTCP_CAUSE_ACK_BAD_COOKIE,
	EVTCP_CAUSE_SYN_BACKLOG,
	EVTCP_CAUSE_LINK_QUEUE_FULL,
	EVTCP_CAUSE_ICMP_QUOTE,
	EVTCP_CAUSE_PATH_MTU_REFUSED,
	EVTCP_CAUSE_RST_OUTSIDE_WINDOW,
	EVTCP_CAUSE_RST_NOT_EXACT,
	EVTCP_CAUSE_SYN_ON_CONNECTION,
	EVTCP_CAUSE_RST_IN_TIME_WAIT,
	/* states */
	EVTCP_CAUSE_OPENED_ACTIVE,
	EVTCP_CAUSE_OPENED_PASSIVE,
	EVTCP_CAUSE_OPENED_COOKIE,
	EVTCP_CAUSE_CLOSED_BY_USER,
	EVTCP_CAUSE_ABORTED_BY_USER,
	EVTCP_CAUSE_FIN_ARRIVED,
	EVTCP_CAUSE_FIN_ACKED,
	EVTCP_CAUSE_RST_ARRIVED,
	EVTCP_CAUSE_REFUSED,
	EVTCP_CAUSE_TIMED_OUT,
	EVTCP_CAUSE_USER_TIMEOUT,
	EVTCP_CAUSE_KEEPALIVE_TIMEOUT,
	EVTCP_CAUSE_ORPHAN_TIMEOUT,
	EVTCP_CAUSE_HALF_OPEN_TIMEOUT,
	EVTCP_CAUSE_TIME_WAIT_EXPIRED,
	EVTCP_CAUSE_TIME_WAIT_REUSED,
	/* timers */
	EVTCP_CAUSE_TIMER_RETRANSMIT,
	EVTCP_CAUSE_TIMER_PROBE,
	EVTCP_CAUSE_TIMER_REORDERING,
	EVTCP_CAUSE_TIMER_USER,
	EVTCP_CAUSE_TIMER_PACING,
	EVTCP_CAUSE_TIMER_PACING,
	EVTCP_CAUSE_TIMER_PERSIST,
	EVTCP_CAUSE_TIMER_DELAYED_ACK,
	EVTCP_CAUSE_TIMER_KEEPALIVE,
	EVTCP_CAUSE_TIMER_LINGER,
	/* congestion control */
	EVTCP_CAUSE_CC_RECOVERY_ENTERED,
	EVTCP_CAUSE_CC_RECOVERY_LEFT,
	EVTCP_CAUSE_CC_RTO,
	EVTCP_CAUSE_CC_TLP,
	EVTCP_CAUSE_CC_UNDO,
	EVTCP_CAUSE_CC_HYSTART,
	EVTCP_CAUSE_CC_PROBE_BW,
	EVTCP_CAUSE_CC_PROBE_RTT,
	EVTCP_CAUSE_CC_DRAIN,
	EVTCP_CAUSE_CC_PROBE_BW,
	EVTCP_CAUSE_CC_PROBE_RTT,
	EVTCP_CAUSE_CC_IDLE,
	EVTCP_CAUSE_CC_ECN,
	EVTCP_CAUSE_ECN_CE,
	EVTCP_CAUSE_ECN_FALLBACK,
	/* paths and peers */
	EVTCP_CAUSE_PATH_MTU_BLACK_HOLE,
	EVTCP_CAUSE_PATH_MTU_NO_BLACK_HOLE,
	EVTCP_CAUSE_MSS_FLOOR,
	EVTCP_CAUSE_R1_REACHED,
	EVTCP_CAUSE_USER_TIMEOUT_ADAPTED,
};

void coverage_add(struct coverage *to, const struct coverage *from)
{
	for (int i = 0; i < N_SIM_COUNTERS; i++)
		to->counters[i] += from->counters[i];
	for (int i = 0; i < EVTCP_N_CAUSES; i++)
		to->causes[i] += from->causes[i];
	reach_add(&to->reach, &from->reach);
}

void coverage_print(const struct coverage *coverage, FILE *to)
{
	for (int i = 0; i < N_SIM_COUNTERS; i++)
		fprintf(to, "%12" PRIu64 "  %s\n", coverage->counters[i], counters[i].text);
	reach_print(&coverage->reach, to);
	fprintf(to, "causes:\n");
	for (int i = 0; i < EVTCP_N_CAUSES; i++) {
		if (coverage->causes[i])
			fprintf(to, "%12" PRIu64 "  %s\n", coverage->causes[i],
				evtcp_cause_name(i));
	}
	fprintf(to, "causes never seen:");
	for (int i = 0; i < EVTCP_N_CAUSES; i++) {
		if (!coverage->causes[i])
			fprintf(to, " %s", evtcp_cause_name(i));
	}
	fputc('\n', to);
}

bool coverage_is_whole(const struct coverage *coverage, FILE *to)
{
	bool whole = true;

	for (int i = 0; i < N_SIM_COUNTERS; i++) {
		if (counters[i].must && !coverage->counters[i]) {
			fprintf(to, "never reached: %s\n", counters[i].text);
			whole = false;
		}
	}
	for (size_t i = 0; i < sizeof(must) / sizeof(*must); i++) {
		if (!coverage->causes[must[i]]) {
			fprintf(to, "never reached: %s\n", evtcp_cause_name(must[i]));
			whole = false;
		}
	}
	return reach_is_whole(&coverage->reach, to) && whole;
}

bool coverage_is_short(const struct coverage *coverage, FILE *to)
{
	static const enum sim_counter kinds[] = {SIM_SHORT_RUNS, SIM_SHORT_WHOLE,
		SIM_SHORT_ALLOCATIONS, SIM_SHORT_STARTS, SIM_SHORT_CONNECTS, SIM_SHORT_ERRORS};
	bool whole = true;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!coverage->counters[kinds[i]]) {
			fprintf(to, "never reached: %s\n", counters[kinds[i]].text);
			whole = false;
		}
	}
	if (!coverage->causes[EVTCP_CAUSE_NO_MEMORY]) {
		fprintf(to, "never reached: %s\n", evtcp_cause_name(EVTCP_CAUSE_NO_MEMORY));
		whole = false;
	}
	return whole;
}
