/* SPDX-License-Identifier: BSD-3-Clause */

/* RFC 9293 3.10.7, 3.3.2 figure 5: what a segment does, as a table.
 *
 * Input: a segment and the variables of its receiver. Output: the reply, the state and
 * what the application gets. The rows stand in the order of the RFC's steps; the first
 * that fits is the rule. Where the RFC leaves a choice, or we deviate, the row says so. */

#include "segment_rules.h"

#include "packet.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

/* ---- what a row may ask of a segment --------------------------------- */

enum {
	ACCEPTABLE = 1u << 0, /* table 6 */
	UNACCEPTABLE = 1u << 1,
	SEQ_EXACT = 1u << 2, /* SEG.SEQ = RCV.NXT */
	SEQ_IN = 1u << 3,    /* SEG.SEQ in the window */
	SEQ_OUT = 1u << 4,
	SEQ_BEYOND = 1u << 5, /* SEG.SEQ > RCV.NXT */
	SEQ_IRS = 1u << 6,    /* SEG.SEQ = IRS */
	ACK_GOOD = 1u << 7,   /* SND.UNA < SEG.ACK =< SND.NXT */
	ACK_BAD = 1u << 8,
	ACK_ALL = 1u << 9,    /* SEG.ACK = SND.NXT */
	ACK_RANGE = 1u << 10, /* SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT */
	ACK_WILD = 1u << 11,
	FIN_NEXT = 1u << 12,   /* FIN, and all before it is here */
	FIN_EARLY = 1u << 13,  /* FIN in the window, but not all before it */
	TEXT_NEXT = 1u << 14,  /* new bytes from RCV.NXT on */
	TEXT_EARLY = 1u << 15, /* new bytes beyond a gap */
	EMPTY = 1u << 16       /* neither text nor FIN */
};

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static bool in_window(const struct arrival *a, uint32_t seq)
{
	return !before(seq, a->rcv_nxt) && before(seq, a->rcv_edge);
}

static uint32_t segment_len(const struct arrival *a)
{
	return a->len + ((a->flags & SYN) != 0) + ((a->flags & FIN) != 0);
}

/* RFC 9293 3.4 rule 3, table 6. A segment that holds the whole window within it is not in it, and
 * is meant: "only the new parts are processed". Nor is an empty one at the right edge, where who
 * has filled the window numbers its ACKs; it is taken, as the table takes it where the window is
 * closed. */
static bool is_acceptable(const struct arrival *a)
{
	uint32_t len = segment_len(a), last = a->seq + len - 1;
	bool open = a->rcv_nxt != a->rcv_edge;

	if (len == 0)
		return in_window(a, a->seq) || a->seq == a->rcv_edge;
	return open && (in_window(a, a->seq) || in_window(a, last) ||
			       (before(a->seq, a->rcv_nxt) && !before(last, a->rcv_edge)));
}

static uint32_t facts_of_numbers(const struct arrival *a)
{
	uint32_t facts = is_acceptable(a) ? ACCEPTABLE : UNACCEPTABLE;

	facts |= in_window(a, a->seq) ? SEQ_IN : SEQ_OUT;
	facts |= a->seq == a->rcv_nxt ? SEQ_EXACT : 0;
	facts |= before(a->rcv_nxt, a->seq) ? SEQ_BEYOND : 0;
	facts |= a->seq == 0 ? SEQ_IRS : 0;
	if (!(a->flags & ACK))
		return facts;
	facts |= before(a->snd_una, a->ack) && !before(a->snd_nxt, a->ack) ? ACK_GOOD : ACK_BAD;
	facts |= a->ack == a->snd_nxt ? ACK_ALL : 0;
	facts |= before(a->snd_nxt, a->ack) || before(a->ack, a->snd_una - a->max_snd_wnd)
			 ? ACK_WILD
			 : ACK_RANGE;
	return facts;
}

/* The number of the first byte of text: SYN stands before it. */
static uint32_t text_seq(const struct arrival *a)
{
	return a->seq + ((a->flags & SYN) != 0);
}

/* "only the new parts": what lies in the window. */
static uint32_t new_text(const struct arrival *a)
{
	uint32_t first = before(text_seq(a), a->rcv_nxt) ? a->rcv_nxt : text_seq(a);
	uint32_t end = text_seq(a) + a->len;

	if (before(a->rcv_edge, end))
		end = a->rcv_edge;
	return before(first, end) ? end - first : 0;
}

static uint32_t facts_of_text(const struct arrival *a)
{
	bool next = !before(a->rcv_nxt, text_seq(a));
	bool fin = a->flags & FIN && in_window(a, text_seq(a) + a->len);
	uint32_t facts = 0;

	if (new_text(a))
		facts |= next ? TEXT_NEXT : TEXT_EARLY;
	if (fin)
		facts |= next ? FIN_NEXT : FIN_EARLY;
	return facts ? facts : EMPTY;
}

/* ---- the table ------------------------------------------------------- */

#define IN(situation) (1u << IN_##situation)

enum {
	RECEIVING = IN(ESTABLISHED) | IN(FIN_WAIT_1) | IN(FIN_WAIT_2) | IN(ZERO_WINDOW),
	AFTER_FIN = IN(CLOSE_WAIT) | IN(CLOSING) | IN(LAST_ACK),
	SYN_RECEIVED = IN(SYN_RECEIVED) | IN(SYN_RECEIVED_ACTIVE) | IN(SYN_RECEIVED_FAST),
	SYNCHRONIZED = RECEIVING | AFTER_FIN,
	OTHERS = SYN_RECEIVED | SYNCHRONIZED
};

enum { STAY = N_SITUATIONS };

struct rule {
	const char *text;
	uint32_t in;        /* situations */
	uint8_t set, clear; /* flags that have to be, or must not be */
	uint32_t facts;     /* all of which must hold */
	enum reply reply;
	int then; /* situation, or STAY */
	int error;
	bool takes; /* text and FIN are processed */
};

// clang-format off
static const struct rule rules[] = {
	/* RFC 9293 3.10.7.1: CLOSED */
	{"3.10.7.1: a RST is discarded",
		IN(CLOSED), RST, 0, 0, REPLY_NONE, STAY, 0, false},
	{"3.10.7.1: ACK off: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>",
		IN(CLOSED), 0, ACK, 0, REPLY_RST_ACK, STAY, 0, false},
	{"3.10.7.1: ACK on: <SEQ=SEG.ACK><CTL=RST>",
		IN(CLOSED), ACK, 0, 0, REPLY_RST, STAY, 0, false},

	/* RFC 9293 3.10.7.2, first to fourth: LISTEN */
	{"3.10.7.2 first: a RST is ignored",
		IN(LISTEN), RST, 0, 0, REPLY_NONE, STAY, 0, false},
	{"3.10.7.2 second: any ACK is bad",
		IN(LISTEN), ACK, 0, 0, REPLY_RST, STAY, 0, false},
	{"3.10.7.2 third: SYN; text and FIN with it may come again",
		IN(LISTEN), SYN, 0, 0, REPLY_SYN_ACK, IN_SYN_RECEIVED, 0, false},
	{"3.10.7.2 fourth: anything else is dropped",
		IN(LISTEN), 0, 0, 0, REPLY_NONE, STAY, 0, false},

	/* RFC 9293 3.10.7.3, first, second, fourth, fifth: SYN-SENT */
	{"3.10.7.3 first: a bad ACK with RST is dropped",
		IN(SYN_SENT), ACK | RST, 0, ACK_BAD, REPLY_NONE, STAY, 0, false},
	{"3.10.7.3 first: a bad ACK is reset",
		IN(SYN_SENT), ACK, 0, ACK_BAD, REPLY_RST, STAY, 0, false},
	{"3.10.7.3 second: RST with an acceptable ACK: refused",
		IN(SYN_SENT), ACK | RST, 0, 0, REPLY_NONE, IN_CLOSED, ECONNREFUSED, false},
	{"3.10.7.3 second: RST without ACK is dropped",
		IN(SYN_SENT), RST, 0, 0, REPLY_NONE, STAY, 0, false},
	{"3.10.7.3 fourth, 3.10.7.4 eighth: SYN, an acceptable ACK, and FIN: CLOSE-WAIT",
		IN(SYN_SENT), SYN | ACK, 0, FIN_NEXT, REPLY_ACK, IN_CLOSE_WAIT, 0, true},
	{"3.10.7.3 fourth: SYN and an acceptable ACK; text with it goes on at the sixth step",
		IN(SYN_SENT), SYN | ACK, 0, 0, REPLY_ACK, IN_ESTABLISHED, 0, true},
	{"3.10.7.3 fourth: SYN alone: simultaneous open (MUST-10)",
		IN(SYN_SENT), SYN, 0, 0, REPLY_SYN_ACK, IN_SYN_RECEIVED_ACTIVE, 0, false},
	{"3.10.7.3 fifth: neither SYN nor RST is dropped",
		IN(SYN_SENT), 0, 0, 0, REPLY_NONE, STAY, 0, false},

	/* TIME-WAIT: its window is closed, so that step one refuses all but the empty
	 * segment at RCV.NXT. */
	{"RFC 1337 3 (F1): a RST does not end TIME-WAIT (deviates from 3.10.7.4 second)",
		IN(TIME_WAIT), RST, 0, 0, REPLY_NONE, STAY, 0, false},
	{"3.6.1, MAY-2: a SYN beyond the old numbers opens anew",
		IN(TIME_WAIT), SYN, ACK | FIN, SEQ_BEYOND, REPLY_SYN_ACK, IN_SYN_RECEIVED, 0, false},
	{"3.10.7.4 first: unacceptable: ACK; so the peer's FIN again",
		IN(TIME_WAIT), 0, 0, UNACCEPTABLE, REPLY_ACK, STAY, 0, false},
	{"3.10.7.4 fifth: an empty segment at RCV.NXT has nothing to say",
		IN(TIME_WAIT), 0, 0, 0, REPLY_NONE, STAY, 0, false},

	/* 3.5, before step one */
	{"figure 7, line 6: the peer's SYN-ACK of a simultaneous open, with FIN",
		IN(SYN_RECEIVED_ACTIVE), SYN | ACK, RST, SEQ_IRS | ACK_GOOD | FIN_NEXT,
		REPLY_ACK_SOON, IN_CLOSE_WAIT, 0, true},
	{"figure 7, line 6: the peer's SYN-ACK of a simultaneous open",
		IN(SYN_RECEIVED_ACTIVE), SYN | ACK, RST, SEQ_IRS | ACK_GOOD | EMPTY,
		REPLY_NONE, IN_ESTABLISHED, 0, true},
	{"3.10.7.4 first: the same SYN again: our SYN-ACK again, which says more than an ACK",
		IN(SYN_RECEIVED) | IN(SYN_RECEIVED_FAST), SYN, ACK | RST, SEQ_IRS, REPLY_SYN_ACK, STAY, 0,
		false},

	/* RFC 9293 3.10.7.4, first: sequence number */
	{"3.10.7.4 first: valid RSTs are accepted with a zero window, also with text (MUST-66)",
		IN(ZERO_WINDOW), RST, 0, SEQ_EXACT, REPLY_NONE, IN_CLOSED, ECONNRESET, false},
	{"3.10.7.4 first: unacceptable: a RST is dropped",
		OTHERS, RST, 0, UNACCEPTABLE, REPLY_NONE, STAY, 0, false},
	{"3.10.7.4 first: unacceptable: ACK (for SYN see RFC 5961 4)",
		OTHERS, 0, 0, UNACCEPTABLE, REPLY_ACK, STAY, 0, false},

	/* RFC 9293 3.10.7.4, second: RST, by RFC 5961 3 */
	{"3.10.7.4 second (1): RST outside the window is dropped",
		OTHERS, RST, 0, SEQ_OUT, REPLY_NONE, STAY, 0, false},
	{"3.10.7.4 second (2): RST at RCV.NXT, passive SYN-RECEIVED: back to LISTEN (MUST-11)",
		IN(SYN_RECEIVED), RST, 0, SEQ_EXACT, REPLY_NONE, IN_LISTEN, 0, false},
	{"3.10.7.4 second (2): RST at RCV.NXT, active SYN-RECEIVED: refused",
		IN(SYN_RECEIVED_ACTIVE), RST, 0, SEQ_EXACT, REPLY_NONE, IN_CLOSED, ECONNREFUSED, false},
	{"3.10.7.4 second (2): RST at RCV.NXT: connection reset (MUST-12); by Fast Open the user knows of it",
		RECEIVING | IN(CLOSE_WAIT) | IN(SYN_RECEIVED_FAST), RST, 0, SEQ_EXACT, REPLY_NONE, IN_CLOSED, ECONNRESET, false},
	{"3.10.7.4 second (2): RST at RCV.NXT, all was said already",
		IN(CLOSING) | IN(LAST_ACK), RST, 0, SEQ_EXACT, REPLY_NONE, IN_CLOSED, 0, false},
	{"3.10.7.4 second (3): RST elsewhere in the window: challenge ACK",
		OTHERS, RST, 0, 0, REPLY_ACK, STAY, 0, false},

	/* RFC 9293 3.10.7.4, fourth: SYN, by RFC 5961 4 */
	{"3.10.7.4 fourth: SYN, passive SYN-RECEIVED: back to LISTEN",
		IN(SYN_RECEIVED), SYN, 0, 0, REPLY_NONE, IN_LISTEN, 0, false},
	{"3.10.7.4 fourth: SYN: challenge ACK",
		OTHERS, SYN, 0, 0, REPLY_ACK, STAY, 0, false},

	/* RFC 9293 3.10.7.4, fifth: ACK */
	{"3.10.7.4 fifth: ACK off: dropped",
		OTHERS, 0, ACK, 0, REPLY_NONE, STAY, 0, false},
	{"3.10.7.4 fifth: SYN-RECEIVED, ACK not acceptable: reset (before RFC 5961 5: no data can be injected yet)",
		SYN_RECEIVED, 0, 0, ACK_BAD, REPLY_RST, STAY, 0, false},
	{"3.10.7.4 fifth: ACK outside the range of RFC 5961 5: dropped, ACK (MAY-12)",
		OTHERS, 0, 0, ACK_WILD, REPLY_ACK, STAY, 0, false},

	/* fifth to eighth in CLOSING, LAST-ACK, CLOSE-WAIT: text and FIN are ignored */
	{"3.10.7.4 fifth: CLOSING, our FIN is acknowledged",
		IN(CLOSING), 0, 0, ACK_ALL, REPLY_NONE, IN_TIME_WAIT, 0, false},
	{"3.10.7.4 fifth: LAST-ACK, our FIN is acknowledged",
		IN(LAST_ACK), 0, 0, ACK_ALL, REPLY_NONE, IN_CLOSED, 0, false},
	{"3.10.7.4 seventh, eighth: text and FIN after FIN should not occur: ignored",
		AFTER_FIN, 0, 0, 0, REPLY_NONE, STAY, 0, false},

	/* RFC 9293 3.10.7.4, eighth: FIN in order; the text before it is taken as well */
	{"3.10.7.4 eighth: FIN, SYN-RECEIVED: open, and CLOSE-WAIT",
		SYN_RECEIVED, 0, 0, FIN_NEXT, REPLY_ACK_SOON, IN_CLOSE_WAIT, 0, true},
	{"3.10.7.4 eighth: FIN, ESTABLISHED: CLOSE-WAIT",
		IN(ESTABLISHED), 0, 0, FIN_NEXT, REPLY_ACK_SOON, IN_CLOSE_WAIT, 0, true},
	{"3.10.7.4 eighth: FIN, FIN-WAIT-1, our FIN is acknowledged by the same segment: TIME-WAIT",
		IN(FIN_WAIT_1), 0, 0, FIN_NEXT | ACK_ALL, REPLY_ACK_SOON, IN_TIME_WAIT, 0, true},
	{"3.10.7.4 eighth: FIN, FIN-WAIT-1: CLOSING",
		IN(FIN_WAIT_1), 0, 0, FIN_NEXT, REPLY_ACK_SOON, IN_CLOSING, 0, true},
	{"3.10.7.4 eighth: FIN, FIN-WAIT-2: TIME-WAIT",
		IN(FIN_WAIT_2), 0, 0, FIN_NEXT, REPLY_ACK_SOON, IN_TIME_WAIT, 0, true},

	/* RFC 9293 3.10.7.4, seventh: text; fifth for the state */
	{"3.10.7.4 seventh: text or FIN beyond a gap, FIN-WAIT-1 acknowledged: ACK at once (RFC 5681 4.2)",
		IN(FIN_WAIT_1), 0, 0, TEXT_EARLY | ACK_ALL, REPLY_ACK, IN_FIN_WAIT_2, 0, true},
	{"3.10.7.4 eighth: FIN beyond a gap, FIN-WAIT-1 acknowledged: ACK at once",
		IN(FIN_WAIT_1), 0, 0, FIN_EARLY | ACK_ALL, REPLY_ACK, IN_FIN_WAIT_2, 0, true},
	{"3.10.7.4 seventh: text in order, FIN-WAIT-1 acknowledged",
		IN(FIN_WAIT_1), 0, 0, TEXT_NEXT | ACK_ALL, REPLY_ACK_SOON, IN_FIN_WAIT_2, 0, true},
	{"3.10.7.4 fifth: FIN-WAIT-1, our FIN is acknowledged",
		IN(FIN_WAIT_1), 0, 0, EMPTY | ACK_ALL, REPLY_NONE, IN_FIN_WAIT_2, 0, true},
	{"3.10.7.4 fifth, seventh: SYN-RECEIVED: open, with text beyond a gap (SHLD-31, MAY-13)",
		SYN_RECEIVED, 0, 0, TEXT_EARLY, REPLY_ACK, IN_ESTABLISHED, 0, true},
	{"3.10.7.4 fifth, eighth: SYN-RECEIVED: open, with FIN beyond a gap",
		SYN_RECEIVED, 0, 0, FIN_EARLY, REPLY_ACK, IN_ESTABLISHED, 0, true},
	{"3.10.7.4 fifth, seventh: SYN-RECEIVED: open, with text",
		SYN_RECEIVED, 0, 0, TEXT_NEXT, REPLY_ACK_SOON, IN_ESTABLISHED, 0, true},
	{"3.10.7.4 fifth: SYN-RECEIVED: open",
		SYN_RECEIVED, 0, 0, 0, REPLY_NONE, IN_ESTABLISHED, 0, true},
	{"3.10.7.4 seventh: text beyond a gap is kept, ACK at once (SHLD-31, MAY-13)",
		RECEIVING, 0, 0, TEXT_EARLY, REPLY_ACK, STAY, 0, true},
	{"3.10.7.4 eighth: FIN beyond a gap: ACK at once",
		RECEIVING, 0, 0, FIN_EARLY, REPLY_ACK, STAY, 0, true},
	{"3.10.7.4 seventh: text in order is delivered and acknowledged",
		RECEIVING, 0, 0, TEXT_NEXT, REPLY_ACK_SOON, STAY, 0, true},
	{"3.10.7.4: an acceptable segment without text or FIN asks for nothing",
		RECEIVING, 0, 0, 0, REPLY_NONE, STAY, 0, true},
};
// clang-format on

enum { N_RULES = sizeof(rules) / sizeof(rules[0]) };

static unsigned long applied[N_RULES];

static bool rule_fits(const struct rule *rule, const struct arrival *a, uint32_t facts)
{
	return rule->in & 1u << a->in && (a->flags & rule->set) == rule->set &&
	       (a->flags & rule->clear) == 0 && (facts & rule->facts) == rule->facts;
}

static void take(const struct arrival *a, uint32_t facts, struct outcome *outcome)
{
	uint32_t text = new_text(a);

	outcome->delivered = facts & TEXT_NEXT ? text : 0;
	outcome->kept = facts & TEXT_EARLY ? text : 0;
	outcome->eof = facts & FIN_NEXT;
	outcome->rcv_nxt += outcome->delivered + outcome->eof;
}

static void judge(const struct arrival *a, struct outcome *outcome)
{
	uint32_t facts = facts_of_numbers(a) | facts_of_text(a);
	const struct rule *rule = rules;

	while (!rule_fits(rule, a, facts)) {
		rule++;
		assert(rule < rules + N_RULES && "every cell has a rule");
	}
	applied[rule - rules]++;
	*outcome = (struct outcome){.rule = rule->text,
		.reply = rule->reply,
		.then = rule->then == STAY ? a->in : (enum situation)rule->then,
		.error = rule->error,
		.rcv_nxt = a->rcv_nxt};
	if (rule->takes)
		take(a, facts, outcome);
	if (rule->reply == REPLY_SYN_ACK && rule->then != STAY)
		outcome->rcv_nxt = a->seq + 1;
}

/* 3.10.7.3 fourth: a SYN sets RCV.NXT, and what comes with it is judged by that. */
void segment_rules_apply(const struct arrival *arrival, struct outcome *outcome)
{
	struct arrival a = *arrival;

	if (a.in == IN_SYN_SENT && a.flags & SYN) {
		a.rcv_edge = a.seq + 1 + (a.rcv_edge - a.rcv_nxt);
		a.rcv_nxt = a.seq + 1;
	}
	judge(&a, outcome);
}

const char *segment_rules_unused(void)
{
	for (unsigned i = 0; i < N_RULES; i++) {
		if (applied[i] == 0)
			return rules[i].text;
	}
	return NULL;
}

unsigned segment_rules_len(void)
{
	return N_RULES;
}
