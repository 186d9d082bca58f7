/* SPDX-License-Identifier: BSD-3-Clause */

/* Segments against rules.
 *
 * A rule names "the n-th segment of a kind" of a connection. The n-th is counted
 * among those that carry something new: sequence numbers beyond all that passed
 * before in that direction. Once the n-th has passed, the rule knows it by the first
 * of its new sequence numbers, and whatever carries that number later is the same
 * segment sent again, however it was cut:
 *
 *     out data nth 2: drop 2
 *
 *     1:1001      the first
 *     1001:2001   the second: the rule now means number 1001    dropped
 *     2001:3001
 *     1001:2461   carries 1001: the second, sent again          dropped
 *     1001:2461   and again: the rule is used up                passes
 *
 * Segments that occupy no sequence numbers (a pure ACK, RST) are never "the same":
 * each counts as new, and a rule takes the n-th and those after it.
 *
 * A rule with conditions counts what passes while they hold: the n-th after so many bytes, in
 * that state, of that request.
 *
 * Input: views of segments. Output: the rules that apply. It takes nothing away
 * itself, reads no clock and does not know whether the stack accepts what passes. */

#include "faults/matcher.h"

#include "util/memory.h"
#include "wire/address.h"
#include "wire/seq.h"

#include <assert.h>

/* The sequence numbers that make a segment one of a kind: [first, end). */
struct matcher_range {
	uint32_t first, end;
};

/* A segment in front of a rule. */
struct matcher_segment {
	const struct follow_conn *conn;
	const struct packet_view *view; /* NULL: it is a reply */
	bool outbound;
	uint64_t now_us;
};

void matcher_init(struct matcher *matcher, const struct evtcp_world *world)
{
	matcher->n_rules = 0;
	follow_init(&matcher->follow, world);
}

void matcher_free(struct matcher *matcher)
{
	follow_free(&matcher->follow);
}

void matcher_add(struct matcher *matcher, const struct script_rule *rule)
{
	_Static_assert(FOLLOW_TEXT_MAX >= SCRIPT_PATH_MAX && FOLLOW_TEXT_MAX >= SCRIPT_TAG_MAX,
		"a text that was cut is none that a rule names");
	assert(matcher->n_rules < SCRIPT_MAX_RULES && "there is room for the rule");
	/* While there was no rule all passed unseen. */
	if (matcher->n_rules == 0)
		follow_forget_all(&matcher->follow);
	matcher->rules[matcher->n_rules++] = (struct matcher_rule){
		.script = *rule,
		.from_conn = matcher->follow.n,
	};
}

void matcher_remove(struct matcher *matcher, unsigned i, uint64_t now)
{
	assert(i < matcher->n_rules && "the rule is there");
	follow_remove_rule(&matcher->follow, i, matcher->rules[i].script.number, now);
	matcher->n_rules--;
	memmove(&matcher->rules[i], &matcher->rules[i + 1],
		(matcher->n_rules - i) * sizeof(matcher->rules[0]));
}

/* ---- conditions ------------------------------------------------------ */

static bool matcher_is_path(const char *wanted, const char *path)
{
	size_t len = strlen(wanted);

	if (!path)
		return false;
	if (wanted[len - 1] == '*')
		return strncmp(wanted, path, len - 1) == 0;
	return strcmp(wanted, path) == 0;
}

/* Whether it is a connection that the rule means. */
static bool matcher_is_conn(const struct matcher_rule *rule, const struct follow_conn *conn)
{
	const struct script_where *where = &rule->script.where;

	if (where->conn != 0 && conn->number != rule->from_conn + where->conn)
		return false;
	if (where->peer_port != 0 && conn->tuple.remote.port != where->peer_port)
		return false;
	if (where->path[0] && !matcher_is_path(where->path, conn->path))
		return false;
	if (where->tag[0] && (!conn->tag || strcmp(where->tag, conn->tag) != 0))
		return false;
	if (!where->has_peer)
		return true;
	if (evtcp_addr_is_ipv4(&where->peer))
		return address_is_in_prefix(
			&conn->tuple.remote.addr, &where->peer, where->peer_prefix - 96u);
	return address_is_in_prefix(&conn->tuple.remote.addr, &where->peer, where->peer_prefix);
}

/* How many bytes there were before this segment. */
static uint64_t matcher_bytes_before(const struct matcher_segment *segment, bool outbound)
{
	const struct follow_conn *conn = segment->conn;
	const struct follow_flow *flow = outbound ? &conn->out : &conn->in;
	uint64_t bytes = follow_bytes(flow);
	uint32_t since;

	if (!segment->view || segment->outbound != outbound || !flow->known ||
		!seq_lt(segment->view->tcp.seq, flow->end))
		return bytes;
	/* What is sent again stands where it stood. */
	since = flow->end - flow->fin - segment->view->tcp.seq;
	return since < bytes ? bytes - since : 0;
}

/* Whether the connection is so far on. */
static bool matcher_is_moment(
	const struct script_where *where, const struct matcher_segment *segment)
{
	if (where->has_state && segment->conn->state != where->state)
		return false;
	if (where->after_us != 0 && segment->now_us - segment->conn->born_us < where->after_us)
		return false;
	return matcher_bytes_before(segment, true) >= where->after_sent &&
	       matcher_bytes_before(segment, false) >= where->after_received;
}

/* ---- kinds ----------------------------------------------------------- */

/* Whether the segment is of that kind; range is what makes it so, empty if the
 * kind occupies no sequence numbers. */
static bool matcher_kind(
	const struct packet_view *view, enum script_kind kind, struct matcher_range *range)
{
	uint16_t flags = view->tcp.flags;
	uint32_t seq = view->tcp.seq;
	uint32_t data = seq + ((flags & TCP_SYN) != 0), fin = data + view->payload_len;

	*range = (struct matcher_range){seq, seq};
	switch (kind) {
	case SCRIPT_SEGMENT:
		range->end = seq + packet_view_seq_len(view);
		return true;
	case SCRIPT_SYN:
		range->end = seq + 1;
		return (flags & TCP_SYN) != 0;
	case SCRIPT_DATA:
		*range = (struct matcher_range){data, fin};
		return view->payload_len > 0;
	case SCRIPT_FIN:
		*range = (struct matcher_range){fin, fin + 1};
		return (flags & TCP_FIN) != 0;
	case SCRIPT_ACK:
		return (flags & (TCP_ACK | TCP_SYN | TCP_FIN | TCP_RST)) == TCP_ACK &&
		       view->payload_len == 0;
	case SCRIPT_RST:
		return (flags & TCP_RST) != 0;
	case SCRIPT_REPLY:
		break;
	}
	return false;
}

/* Counts a segment of the rule's kind; whether it is the one that nth names. */
static bool matcher_is_nth(struct follow_progress *progress, uint32_t nth,
	const struct matcher_range *range, const struct follow_flow *flow)
{
	bool numbered = range->first != range->end;

	if (progress->named)
		return numbered && seq_between(progress->number, range->first, range->end);
	if (numbered && flow->known && !seq_gt(range->end, flow->end))
		return false; /* nothing new: one of those before, sent again */
	if (progress->seen < nth)
		progress->seen++;
	if (progress->seen < nth)
		return false;
	if (numbered && progress->hits == 0) {
		progress->named = true;
		progress->number = flow->known ? seq_max(range->first, flow->end) : range->first;
	}
	return true;
}

/* ---- rules ----------------------------------------------------------- */

static bool matcher_hit(struct matcher_rule *rule, struct follow_progress *progress)
{
	uint32_t times = rule->script.what.times;

	if (progress->hits >= times && times != UINT32_MAX)
		return false;
	if (progress->hits < UINT32_MAX)
		progress->hits++;
	rule->hits++;
	return true;
}

static bool matcher_applies(struct matcher_rule *rule, struct follow_progress *progress,
	const struct matcher_segment *segment)
{
	const struct script_where *where = &rule->script.where;
	const struct follow_flow *flow = where->outbound ? &segment->conn->out : &segment->conn->in;
	struct matcher_range range;

	if (where->outbound != segment->outbound ||
		!matcher_kind(segment->view, where->kind, &range))
		return false;
	/* What it knows by its number it knows whatever the conditions are by now. */
	if (!progress->named &&
		(!matcher_is_conn(rule, segment->conn) || !matcher_is_moment(where, segment)))
		return false;
	if (where->nth != 0 && !matcher_is_nth(progress, where->nth, &range, flow))
		return false;
	return matcher_hit(rule, progress);
}

uint64_t matcher_match(struct matcher *matcher, struct follow_conn *conn,
	const struct packet_view *view, bool outbound, uint64_t now)
{
	struct matcher_segment segment = {conn, view, outbound, now};
	uint64_t matches = 0;

	for (unsigned i = 0; i < matcher->n_rules; i++) {
		struct matcher_rule *rule = &matcher->rules[i];
		struct follow_progress *progress = follow_progress(&matcher->follow, conn, i);

		if (progress && matcher_applies(rule, progress, &segment))
			matches |= UINT64_C(1) << i;
	}
	return matches;
}

uint64_t matcher_match_reply(struct matcher *matcher, struct follow_conn *conn, uint64_t now)
{
	struct matcher_segment segment = {conn, NULL, true, now};
	uint64_t matches = 0;

	for (unsigned i = 0; i < matcher->n_rules; i++) {
		struct matcher_rule *rule = &matcher->rules[i];
		const struct script_where *where = &rule->script.where;
		struct follow_progress *progress;

		if (where->kind != SCRIPT_REPLY || !matcher_is_conn(rule, conn) ||
			!matcher_is_moment(where, &segment))
			continue;
		progress = follow_progress(&matcher->follow, conn, i);
		if (!progress)
			continue;
		progress->seen += progress->seen < UINT32_MAX;
		if ((where->nth == 0 || progress->seen == where->nth) &&
			matcher_hit(rule, progress))
			matches |= UINT64_C(1) << i;
	}
	return matches;
}
