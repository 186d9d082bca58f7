/* SPDX-License-Identifier: BSD-3-Clause */
/* Accurate ECN (RFC 9768) of one connection whose handshake agreed on it. In: codepoints and
 * lengths of what comes, ACE and options of the peer, how much was acknowledged; out: ACE and
 * options of ours, ACKs that are due, and a word to ecn.c when more of ours was marked. */

#include "tcp/accecn.h"
#include "tcp/accecn_decode.h"
#include "tcp/tcb.h"
#include "util/number.h"

enum {
	ACCECN_OCTETS = 0xffffff, /* what of a counter the option tells */
	ACCECN_AVG_ONE = 16,      /* one segment, in accecn.acked_avg */
	ACCECN_AVG_GAIN = 4,
	ACCECN_AVG_FEW = 4 * ACCECN_AVG_ONE /* well below a cycle of ACE */
};
_Static_assert(ACCECN_CYCLE == TCP_ACE_MAX + 1, "three bits");

static const struct accecn accecn_fresh = {.r_cep = ACCECN_FIRST_CEP,
	.r_e0b = ACCECN_FIRST_E0B,
	.r_e1b = ACCECN_FIRST_E1B,
	.s_cep = ACCECN_FIRST_CEP};

void accecn_start(struct tcb *tcb)
{
	tcb->accecn = accecn_fresh;
	tcb->accecn.heard_tsval = tcb->ts_recent;
}

static unsigned accecn_ace(const struct tcp_header *h)
{
	return h->flags >> TCP_ACE_SHIFT & TCP_ACE_MAX;
}

static void accecn_add(uint8_t *counter, uint32_t by)
{
	*counter = (uint8_t)number_min(UINT8_MAX, *counter + number_min(by, UINT8_MAX));
}

/* ---- what comes is counted: RFC 9768 3.2 ----------------------------------------------------- */

/* RFC 9768 3.2 rule 2. */
static void accecn_count_octets(struct accecn *accecn, const struct segment *seg)
{
	static const uint8_t fields[] = {[ECN_ECT0] = TCP_ACCECN_E0B,
		[ECN_ECT1] = TCP_ACCECN_E1B,
		[ECN_CE] = TCP_ACCECN_CEB};

	if (seg->payload_len == 0 || seg->ecn == ECN_NOT_ECT)
		return;
	if (seg->ecn == ECN_ECT0)
		accecn->r_e0b += seg->payload_len;
	else if (seg->ecn == ECN_ECT1)
		accecn->r_e1b += seg->payload_len;
	else
		accecn->r_ceb += seg->payload_len;
	accecn->due |= fields[seg->ecn] & TCP_ACCECN_ALL;
	accecn->ever |= fields[seg->ecn] & TCP_ACCECN_ALL;
}

/* RFC 9768 3.2 rule 1, 3.2.2.2 rule 3: what comes here is acceptable, and no SYN. */
static void accecn_count_packet(struct tcb *tcb, const struct segment *seg)
{
	struct accecn *accecn = &tcb->accecn;

	if (seg->ecn != ECN_CE)
		return;
	/* RFC 9768 3.2.2.2 rule 5: their sender counts one. */
	if ((seg->h.flags & TCP_SYN) != 0 && accecn->r_cep != ACCECN_FIRST_CEP)
		return;
	accecn->r_cep += segment_count(seg);
	tcb->ecn.ce_received += segment_count(seg);
	accecn_add(&accecn->untold, segment_count(seg));
	tracer_add(tcb->tcp->trace, EVTCP_CAUSE_ECN_CE, segment_count(seg));
}

/* RFC 9768 3.2.2.5.1 rules 1 and 2: at once where marks begin; then so often that ACE cannot wrap
 * unseen. Marks of ACKs alone are told, too, but so rarely that two who do that to each other come
 * to rest. */
static void accecn_ask_for_ack(struct tcb *tcb, const struct segment *seg)
{
	const struct accecn *accecn = &tcb->accecn;
	bool text = seg->payload_len > 0;
	bool unacked = text || tcb->rcv_nxt != tcb->last_ack_sent;

	if (seg->ecn != ECN_CE || (seg->h.flags & TCP_SYN) != 0)
		return;
	if ((text && !accecn->was_marked) || (unacked && accecn->untold >= 2))
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_CE);
	else if (accecn->untold >= 3)
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_MARKS);
}

void accecn_on_segment(struct tcb *tcb, const struct segment *seg)
{
	accecn_count_packet(tcb, seg);
	accecn_count_octets(&tcb->accecn, seg);
	accecn_ask_for_ack(tcb, seg);
	tcb->accecn.was_marked = seg->ecn == ECN_CE;
}

/* ---- the handshake --------------------------------------------------------------------------- */

unsigned accecn_encode(unsigned ecn)
{
	static const uint16_t flags[] = {[ECN_NOT_ECT] = TCP_CWR,
		[ECN_ECT1] = TCP_CWR | TCP_ECE,
		[ECN_ECT0] = TCP_AE,
		[ECN_CE] = TCP_AE | TCP_CWR};

	return flags[ecn];
}

/* Something on the path writes over codepoints, or over ACE. What comes is counted and told all the
 * same (RFC 9768 3.1.5 rule 17). */
static void accecn_is_mangled(struct tcb *tcb)
{
	tcb->ecn.sends = 0;
	tracer_count(tcb->tcp->trace, EVTCP_CAUSE_ECN_MANGLED);
}

/* What the other side saw of our SYN or SYN-ACK, which left without ECT (RFC 9768 3.2.2.3 rules 1
 * and 2). Whether it was marked. Other numbers than these four mean nothing, or nothing yet: as if
 * it had come as it left (3.1.3 rule 3). */
static bool accecn_hear_codepoint(struct tcb *tcb, unsigned flags)
{
	bool marked = flags == accecn_encode(ECN_CE);

	if (marked || flags == accecn_encode(ECN_ECT0) || flags == accecn_encode(ECN_ECT1))
		accecn_is_mangled(tcb);
	return marked;
}

/* Their options come through, and the two counters that never begin at 0 say whether unharmed (RFC
 * 9768 3.2.3.2.4 rules 1 and 2). */
static void accecn_check_option(
	struct accecn *accecn, const struct tcp_options *options, bool first)
{
	const struct tcp_accecn *told = &options->accecn;

	if ((options->present & TCP_OPT_ACCECN) == 0)
		return;
	accecn->options = 1;
	if (first && (((told->fields & TCP_ACCECN_E0B) != 0 && told->e0b == 0) ||
			     ((told->fields & TCP_ACCECN_E1B) != 0 && told->e1b == 0)))
		accecn->zeroed = 1;
}

void accecn_on_syn_ack(struct tcb *tcb, const struct segment *seg)
{
	struct accecn *accecn = &tcb->accecn;

	accecn->first_ack = accecn->answers = 1;
	/* RFC 9768 3.2.2.2 rule 4: obeyed, but not counted. */
	accecn->syn_marked = accecn_hear_codepoint(tcb, seg->h.flags & TCP_ACE);
	accecn_check_option(accecn, &seg->h.options, true);
	accecn_count_packet(tcb, seg);
	accecn_count_octets(accecn, seg);
	accecn->was_marked = seg->ecn == ECN_CE;
}

bool accecn_syn_was_marked(struct tcb *tcb)
{
	bool marked = tcb->accecn.syn_marked;

	tcb->accecn.syn_marked = 0;
	return marked;
}

void accecn_on_syn_ack_again(struct tcb *tcb, const struct segment *seg)
{
	accecn_count_packet(tcb, seg);
	tcb->accecn.answers = 1;
}

/* The first ACK of our SYN-ACK (RFC 9768 3.2.2.1 rule 4, 3.2.2.2 rule 6). */
static bool accecn_on_first_ack(struct tcb *tcb, const struct segment *seg)
{
	struct accecn *accecn = &tcb->accecn;
	bool marked = accecn_hear_codepoint(tcb, seg->h.flags & TCP_ACE);

	if (accecn_ace(&seg->h) == 0) { /* RFC 9768 3.2.2.1 rule 5 */
		accecn->deaf = 1;
		tcb->ecn.sends = 0;
	}
	accecn->s_cep += marked;
	return marked;
}

/* ---- what the peer tells --------------------------------------------------------------------- */

/* It left before another that was heard, or there is no telling (RFC 9768 3.2.2.2 rule 1). */
static bool accecn_is_superseded(
	struct tcb *tcb, const struct segment *seg, const struct recovery_ack *ack)
{
	const struct tcp_options *options = &seg->h.options;
	struct accecn *accecn = &tcb->accecn;
	bool has_time = tcb->ts_ok && (options->present & TCP_OPT_TIMESTAMPS) != 0;

	if (ack->acked == 0 && has_time && seq_lt(options->tsval, accecn->heard_tsval))
		return true;
	bool later = has_time && options->tsval != accecn->heard_tsval;
	if (later)
		accecn->heard_tsval = options->tsval;
	return !later && ack->acked == 0 && ack->delivered.bytes == 0;
}

/* How many octets more were marked; what is not told has not moved (RFC 9768 3.2.3.1 rule
 * 2, 3.2.3.3 rule 4). Nobody asks how many came as they left. */
static uint32_t accecn_read_octets(struct accecn *accecn, const struct tcp_accecn *told)
{
	if ((told->fields & TCP_ACCECN_CEB) == 0)
		return 0;
	uint32_t by = (told->ceb - accecn->s_ceb) & ACCECN_OCTETS;
	accecn->s_ceb += by;
	return by;
}

/* Whether the worst is to be assumed where no option tells: none ever does, and the peer's ACKs
 * come for a few segments each. Of one that always acknowledges many at a time each ACK would seem
 * to hide a cycle. */
static bool accecn_assumes_the_worst(const struct accecn *accecn)
{
	bool come = accecn->options && !accecn->zeroed;

	return !come && accecn->acked_avg <= ACCECN_AVG_FEW;
}

static void accecn_average(struct accecn *accecn, uint32_t segments)
{
	int32_t sample = (int32_t)number_min(segments, UINT8_MAX) * ACCECN_AVG_ONE;

	accecn->acked_avg = (uint16_t)(accecn->acked_avg +
				       (sample - (int32_t)accecn->acked_avg) / ACCECN_AVG_GAIN);
}

/* RFC 9768 3.2.3.2.5 rules 1 and 2: whether octets were marked, and ACE stands still: since the
 * moment when all was acknowledged and an option told, for an ACK without an option may have told
 * the packets before. If fewer than eight segments could be marked ACE has not gone round, and
 * somebody writes over it. */
static bool accecn_contradicts(struct tcb *tcb, const struct accecn_news *news, uint32_t marks)
{
	struct accecn *accecn = &tcb->accecn;

	accecn_add(&accecn->marks, marks);
	if (!news->told)
		return false;
	accecn->ceb_moved |= news->octets > 0;
	bool contradicts = accecn->ceb_moved && accecn->marks == 0;
	if (contradicts && accecn->ect_sent < ACCECN_CYCLE && tcb->ecn.sends)
		accecn_is_mangled(tcb);
	if (tcb->snd_una == tcb->snd_nxt) {
		accecn->ect_sent = accecn->marks = 0;
		accecn->ceb_moved = 0;
	}
	return contradicts;
}

/* An ACK of our SYN-ACK that is late, or comes again: the connection is open, and nothing else of
 * ours was acknowledged (RFC 9768 3.2.2.2 rule 7). If it was a count it comes again, by the first
 * ACK of our data. */
static bool accecn_is_late_answer(const struct tcb *tcb, unsigned flags)
{
	bool encodes = false;

	for (unsigned ecn = ECN_NOT_ECT; ecn <= ECN_CE; ecn++)
		encodes |= flags == accecn_encode(ecn);
	return encodes && tcb->snd_una == tcb->iss + 1 && tcb->stats.bytes_acked == 0;
}

bool accecn_on_ack(struct tcb *tcb, const struct segment *seg, const struct recovery_ack *ack)
{
	const struct tcp_options *options = &seg->h.options;
	struct accecn *accecn = &tcb->accecn;
	bool first = tcb->state == EVTCP_SYN_RECEIVED;
	bool pure = seg->payload_len == 0 && (options->present & TCP_OPT_SACK) == 0;

	if (accecn_is_superseded(tcb, seg, ack))
		return false;
	accecn_check_option(accecn, options, first);
	if (first && pure)
		return accecn_on_first_ack(tcb, seg);
	if (pure && accecn_is_late_answer(tcb, seg->h.flags & TCP_ACE))
		return false;
	if (!accecn->checked && accecn_ace(&seg->h) == 0) { /* RFC 9768 3.2.2.4 rules 1 and 2 */
		accecn->deaf = 1;
		accecn_is_mangled(tcb);
	}
	accecn->checked = 1;
	uint32_t segment = recovery_segment(tcb);
	struct accecn_news news = {.counted = accecn->s_cep,
		.ace = accecn_ace(&seg->h),
		.segment = segment,
		.segments = ack->delivered.bytes / segment,
		.told = (options->present & TCP_OPT_ACCECN) != 0 && !accecn->zeroed,
		.worst = accecn_assumes_the_worst(accecn)};
	if (news.told)
		news.octets = accecn_read_octets(accecn, &options->accecn);
	uint32_t marks = accecn_decode(&news);
	accecn->s_cep += marks;
	if (ack->delivered.bytes > 0)
		accecn_average(accecn, news.segments);
	bool contradicts = accecn_contradicts(tcb, &news, marks);
	return !accecn->deaf && (marks > 0 || (contradicts && news.octets > 0));
}

/* ---- what we tell ---------------------------------------------------------------------------- */

/* The first ACK of who has opened, and its first data, have an option to see whether that comes
 * through (RFC 9768 3.2.3.2.1 rules 4 and 5). */
static bool accecn_is_first(const struct tcb *tcb)
{
	bool first_data = !tcb->passive && tcb->snd_nxt == tcb->iss + 1 &&
			  tcb->stats.bytes_acked == 0 && tcb_end_of_data(tcb) != tcb->snd_nxt;

	return tcb->accecn.first_ack || first_data;
}

/* RFC 9768 3.2.3.3 rule 2, 3.2.3.2.3 rule 2. */
static bool accecn_is_due(const struct tcb *tcb)
{
	return !tcb->accecn.silent && tcb->snd_mss >= TCB_LEAST_MSS &&
	       (tcb->accecn.due != 0 || accecn_is_first(tcb));
}

bool accecn_fits(const struct tcb *tcb, const struct tcp_header *h, size_t octets)
{
	size_t used = tcp_header_len(h) + octets + tcp_accecn_len(tcb->accecn.due);

	return accecn_is_due(tcb) && used <= tcp_header_room(tcb->tcp, &tcb->tuple.remote.addr);
}

/* As much as fits of what was ever counted; what has moved since the last option must be among it,
 * or there is none (RFC 9768 3.2.3.3 rules 3 and 4). The first ones, which are there to see whether
 * options come through, tell where the counters begin, if there is room (RFC 9768 3.2.3.2.1 rule
 * 6). */
static void accecn_put_option(
	const struct accecn *accecn, struct tcp_header *h, size_t header_room, bool first)
{
	uint8_t tries[] = {(uint8_t)(first ? TCP_ACCECN_ALL : accecn->ever), accecn->due};
	size_t used = tcp_header_len(h), room = header_room > used ? header_room - used : 0;
	unsigned i = 0;

	while (i < sizeof(tries) && tcp_accecn_len(tries[i]) > room)
		i++;
	if (i == sizeof(tries))
		return;
	h->options.present |= TCP_OPT_ACCECN;
	h->options.accecn = (struct tcp_accecn){.fields = tries[i],
		.e0b = accecn->r_e0b,
		.ceb = accecn->r_ceb,
		.e1b = accecn->r_e1b};
}

/* RFC 9768 3.2 rule 3, 3.2.2 rule 1. */
void accecn_put(const struct tcb *tcb, struct tcp_header *h)
{
	const struct accecn *accecn = &tcb->accecn;
	uint16_t room = tcp_header_room(tcb->tcp, &tcb->tuple.remote.addr);

	if ((h->flags & TCP_SYN) != 0) {
		if (!accecn->silent) /* RFC 9768 3.2.3.2.2 rule 1 */
			accecn_put_option(accecn, h, room, true);
		return;
	}
	h->flags |= (uint16_t)((accecn->r_cep & TCP_ACE_MAX) << TCP_ACE_SHIFT);
	if (accecn_is_due(tcb) && (h->flags & TCP_RST) == 0)
		accecn_put_option(accecn, h, room, accecn_is_first(tcb));
}

void accecn_put_first(struct tcp_header *h, size_t room)
{
	accecn_put_option(&accecn_fresh, h, room, true);
}

unsigned accecn_first_ace(void)
{
	return ACCECN_FIRST_CEP << TCP_ACE_SHIFT;
}

void accecn_sent(struct tcb *tcb, const struct tcp_header *h)
{
	struct accecn *accecn = &tcb->accecn;

	if ((h->flags & TCP_ACK) != 0) /* whatever leaves after it is no answer to a SYN-ACK */
		accecn->untold = accecn->answers = 0;
	if ((h->options.present & TCP_OPT_ACCECN) == 0)
		return;
	/* Those which are not among the fields have not moved. */
	accecn->due = 0;
	accecn->first_ack = 0;
}

void accecn_finish_ack(const struct tcb *tcb, struct tcp_header *h)
{
	const struct accecn *accecn = &tcb->accecn;

	/* An ACK of ACKs must not look like a duplicate one (RFC 9768 3.2.2.5.1 rule 3); an answer
	 * to a SYN-ACK is known by having no blocks (RFC 9768 3.2.2.1 rule 1). */
	bool of_acks = tcb->ack == TCB_ACK_NOW && tcb->ack_reason.cause == EVTCP_CAUSE_ACK_MARKS;
	if (accecn->answers || of_acks)
		h->options.present &= (uint8_t)~TCP_OPT_SACK;
	if (!accecn->answers)
		return;
	h->flags &= (uint16_t)~TCP_ACE;
	h->flags |= (uint16_t)accecn_encode(tcb->ecn.handshake.heard);
}
