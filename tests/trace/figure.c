/* SPDX-License-Identifier: BSD-3-Clause */

/* States and figures.
 *
 * Input: a line "state ESTABLISHED", "info cwnd 10000", "counter paws 1" or
 * "usage time_wait 1". Output: whether it is so, by the public API alone. A
 * connection that the application has let go of is still found, by its tuple. */

#include "figure.h"

#include "wire.h"

#include <evtcp/conn.h>
#include <string.h>

struct named_figure {
	const char *name;
	uint64_t (*get)(const void *from);
};

// clang-format off
#define INFO_FIELDS(X) \
	X(error) X(soft_error) X(readable) X(writable) X(eof) X(nodelay) X(keepalive) X(timestamps) X(sack) \
	X(window_scale) X(snd_wscale) X(rcv_wscale) X(unread_bytes) X(unsent_bytes) \
	X(unacked_bytes) X(out_of_order_bytes) X(snd_mss) X(rcv_mss) X(snd_wnd) X(rcv_wnd) \
	X(cwnd) X(ssthresh) X(in_flight) X(srtt_us) X(rttvar_us) X(rto_us) X(backoff) \
	X(retransmits) X(bytes_sent) X(bytes_acked) X(bytes_received) X(segments_sent) \
	X(segments_received) X(syn_data) X(cubic_w_max) X(cubic_k_ms) X(bbr_bw) X(bbr_min_rtt_us) \
	X(cc_state) X(cork) X(ecn) X(accurate_ecn) X(ce_delivered) X(ce_delivered_bytes) \
	X(ce_received) X(ecn_reductions) \
	X(rcv_buf) X(snd_buf) X(rcv_rtt_us) X(rcv_space) X(sacked_bytes) X(lost_bytes) X(min_rtt_us) \
	X(reo_wnd_us) X(reordering_seen) X(duplicates) X(timeouts) X(undone) X(bytes_delivered) \
	X(bytes_retransmitted) X(user_timeout_us) X(peer_user_timeout_us) X(pacing_rate) X(delivery_rate) \
	X(delivery_rate_limited) X(busy_us) X(rwnd_limited_us) X(sndbuf_limited_us)
#define USAGE_FIELDS(X) \
	X(connections) X(orphans) X(half_open) X(fast_open) X(time_wait) X(send_bytes) X(receive_bytes) \
	X(out_of_order_bytes)
// clang-format on

#define INFO_GETTER(field) \
	static uint64_t info_##field(const void *from) \
	{ \
		return (uint64_t)((const struct evtcp_conn_info *)from)->field; \
	}
INFO_FIELDS(INFO_GETTER)

#define USAGE_GETTER(field) \
	static uint64_t usage_##field(const void *from) \
	{ \
		return (uint64_t)((const struct evtcp_stack_usage *)from)->field; \
	}
USAGE_FIELDS(USAGE_GETTER)

#define INFO_ROW(field) {#field, info_##field},
static const struct named_figure info_figures[] = {INFO_FIELDS(INFO_ROW){NULL, NULL}};

#define USAGE_ROW(field) {#field, usage_##field},
static const struct named_figure usage_figures[] = {USAGE_FIELDS(USAGE_ROW){NULL, NULL}};

static bool figure_is_in(const struct named_figure *figures, const char *name)
{
	for (; figures->name; figures++) {
		if (strcmp(figures->name, name) == 0)
			return true;
	}
	return false;
}

bool figure_is_known(enum script_verb verb, const char *name)
{
	return figure_is_in(verb == VERB_INFO ? info_figures : usage_figures, name);
}

static bool figure_compare(struct play *play, const struct named_figure *figures, const void *from)
{
	const struct script_args *args = &play->line->args;

	for (; figures->name; figures++) {
		uint64_t value;

		if (strcmp(figures->name, args->word) != 0)
			continue;
		value = figures->get(from);
		return value == args->number[0] ||
		       play_fail(play, "%s is %llu, expected %llu", args->word,
			       (unsigned long long)value, (unsigned long long)args->number[0]);
	}
	return play_fail(play, "no such figure"); /* the parser let no other pass */
}

/* ---- the connection of a flow ---------------------------------------- */

struct search {
	const struct flow *flow;
	struct evtcp_conn_info info;
};

static int figure_is_of_flow(const struct evtcp_conn *conn, void *arg)
{
	struct search *search = arg;

	evtcp_conn_get_info(conn, &search->info);
	return search->info.tuple.local.port == search->flow->local_port &&
	       search->info.tuple.remote.port == search->flow->remote_port;
}

/* The flow's connection, the application's or an orphan; false if none exists. */
static bool figure_find(struct play *play, const struct flow *flow, struct evtcp_conn_info *info)
{
	struct search search = {.flow = flow};

	if (flow->conn) {
		evtcp_conn_get_info(flow->conn, info);
		return true;
	}
	if (!evtcp_stack_foreach_conn(play->stack, figure_is_of_flow, &search))
		return false;
	*info = search.info;
	return true;
}

static bool figure_state(struct play *play, const struct flow *flow)
{
	struct evtcp_conn_info info;
	const char *state = "none";

	if (figure_find(play, flow, &info))
		state = evtcp_state_name(info.state);
	return strcmp(state, play->line->args.word) == 0 ||
	       play_fail(play, "the state is %s, expected %s", state, play->line->args.word);
}

static bool figure_info(struct play *play, const struct flow *flow)
{
	struct evtcp_conn_info info;

	if (!figure_find(play, flow, &info))
		return play_fail(play, "there is no connection to ask");
	return figure_compare(play, info_figures, &info);
}

static bool figure_counter(struct play *play)
{
	const struct script_args *args = &play->line->args;
	uint64_t value = 0;

	for (int i = 0; i < EVTCP_N_CAUSES; i++) {
		if (strcmp(evtcp_cause_name((enum evtcp_cause)i), args->word) == 0)
			value = evtcp_stack_get_counter(play->stack, (enum evtcp_cause)i);
	}
	return value == args->number[0] ||
	       play_fail(play, "%s has happened %llu times, expected %llu", args->word,
		       (unsigned long long)value, (unsigned long long)args->number[0]);
}

bool figure_check(struct play *play, const struct flow *flow)
{
	struct evtcp_stack_usage usage;

	switch (play->line->verb) {
	case VERB_STATE:
		return figure_state(play, flow);
	case VERB_INFO:
		return figure_info(play, flow);
	case VERB_COUNTER:
		return figure_counter(play);
	default:
		evtcp_stack_get_usage(play->stack, &usage);
		return figure_compare(play, usage_figures, &usage);
	}
}
