/* SPDX-License-Identifier: BSD-3-Clause */

/* The rules of ECN: that of RFC 3168, and the accurate one (RFC 9768).
 *
 * In: a packet, and what has come to its sender. Out: a verdict with the rule that was broken.
 *
 * Which of what came was acceptable is not known here. So the counters that a host tells have
 * upper bounds: nobody can have counted more than came. */

#include "sighting.h"

#include <inttypes.h>

enum { ECT1 = 1, ECT0 = 2, CE = 3 };

/* RFC 9768 3.2.1, 3.2.3: where the counters begin, by codepoint; 24 bits of them are told. */
static const uint32_t first_octets[] = {[ECT1] = 1, [ECT0] = 1, [CE] = 0};
enum { FIRST_CE_PACKETS = 5, OCTETS = 0xffffff };

/* The codepoint that these bits of a SYN-ACK, or of its ACK, say that the SYN, or the SYN-ACK, came
 * with (RFC 9768 3.1.1 table 2, 3.2.2.1 table 3); -1 if they say something else. */
static int ecn_codepoint(unsigned bits)
{
	switch (bits) {
	case PACKET_CWR:
		return 0;
	case PACKET_CWR | PACKET_ECE:
		return ECT1;
	case PACKET_AE:
		return ECT0;
	case PACKET_AE | PACKET_CWR:
		return CE;
	default:
		return -1;
	}
}

/* RFC 3168 6.1.1, RFC 9768 3.1.1, 3.1.3: a SYN asks for what its host may ask for, or nothing. */
static void rule_asks(const struct sighting *s, unsigned bits)
{
	const struct witness_host *host = &s->witness->hosts[s->host];
	unsigned may = host->accurate_ecn ? PACKET_ACE : PACKET_ECE | PACKET_CWR;

	if (bits != 0 && (!host->asks_ecn || bits != may))
		sighting_fail(s, "a SYN that asks for ECN as it must not");
}

/* A SYN-ACK agrees to what a SYN that came has asked for, and tells which codepoint that had. */
static void rule_agrees(const struct sighting *s, unsigned bits)
{
	const struct witness_host *host = &s->witness->hosts[s->host];
	struct witness_ecn *ecn = &s->self->ecn;
	int codepoint = ecn_codepoint(bits);

	/* Who sends cookies has forgotten what the first SYN asked for, and learns by the ACK which
	 * answer has come. */
	ecn->cookie |= s->cause == EVTCP_CAUSE_SYN_COOKIE;
	ecn->refused |= bits == 0 || bits == PACKET_ECE;
	if (bits == 0)
		return;
	if (bits == PACKET_ECE) {
		if (!host->ecn || !ecn->asked)
			sighting_fail(s, "agrees to ECN for which nobody has asked");
	} else if (!host->accurate_ecn || !ecn->asked_accurate) {
		sighting_fail(s, "agrees to accurate ECN for which nobody has asked");
	} else if (codepoint < 0 || !(ecn->syn_codepoints & 1u << codepoint)) {
		sighting_fail(s, "tells of a codepoint that no SYN came with");
	}
	ecn->agreed = true;
	ecn->accurate |= bits != PACKET_ECE;
}

/* RFC 9768 3.2: told is at most what came, and never less than before. */
static void rule_counters(const struct sighting *s)
{
	struct witness_ecn *ecn = &s->self->ecn;

	for (unsigned codepoint = ECT1; codepoint <= CE; codepoint++) {
		uint32_t told = s->packet->octets[codepoint] - first_octets[codepoint];

		if (!s->packet->has_octets[codepoint])
			continue;
		uint32_t more = (told - ecn->told[codepoint]) & OCTETS;
		if (ecn->told[codepoint] + more > ecn->octets[codepoint])
			sighting_fail(s,
				"tells of %" PRIu64 " octets of ECN %u, but %" PRIu64 " came",
				ecn->told[codepoint] + more, codepoint, ecn->octets[codepoint]);
		ecn->told[codepoint] += more;
		s->witness->stats.marks_told += codepoint == CE && more > 0;
	}
}

/* RFC 3168 6.1.2, 6.1.3: nobody has AE, and only data has CWR. */
static bool is_classic(const struct packet *packet)
{
	return !(packet->flags & PACKET_AE) &&
	       (!(packet->flags & PACKET_CWR) || packet->payload_len > 0);
}

/* The same of the packets, whose number has three bits: as long as it cannot have gone round. The
 * ACK of a SYN-ACK tells something else (RFC 9768 3.2.2.1), one of TIME-WAIT nothing (3.2.2 rule
 * 3). */
static void rule_ace(const struct sighting *s)
{
	const struct witness_ecn *ecn = &s->self->ecn;
	unsigned bits = s->packet->flags & PACKET_ACE;
	unsigned marks = (bits / PACKET_ECE - FIRST_CE_PACKETS) & 7;
	bool answers = ecn->has_called && !s->packet->payload_len && !s->packet->n_sack;

	if (s->cause == EVTCP_CAUSE_TIME_WAIT_ACK)
		return;
	/* It may have been the answer that agrees to less. */
	if (ecn->cookie && ecn->refused && is_classic(s->packet))
		return;
	if (ecn->packets > 7 || marks <= ecn->packets)
		return;
	if (!answers || ecn_codepoint(bits) < 0)
		sighting_fail(s, "tells of %u marks, but %u came", marks, ecn->packets);
}

void sighting_rule_ecn(const struct sighting *s)
{
	struct witness_ecn *ecn = &s->self->ecn;
	unsigned bits = s->packet->flags & PACKET_ACE;

	ecn->has_called |= (s->packet->flags & (PACKET_SYN | PACKET_ACK)) == PACKET_SYN;
	if (s->packet->ecn != 0 && (!ecn->agreed || !s->witness->hosts[s->host].heeds_marks))
		sighting_fail(s, "ECT that was not agreed upon, or of who does not heed marks");
	if (s->packet->flags & PACKET_SYN)
		(s->packet->flags & PACKET_ACK ? rule_agrees : rule_asks)(s, bits);
	if (s->packet->has_accecn && (!ecn->accurate || !(s->packet->flags & PACKET_ACK)))
		sighting_fail(s, "counters of marks that were not agreed upon");
	rule_counters(s);
	if (s->packet->flags & PACKET_SYN)
		return;
	if (!ecn->accurate) {
		if (!is_classic(s->packet))
			sighting_fail(s, "AE, or CWR without data");
		if (bits != 0 && s->packet->flags & PACKET_RST)
			sighting_fail(s, "RST with ECE");
	} else if (!(s->packet->flags & PACKET_RST)) {
		rule_ace(s);
	}
}

void witness_ecn_came(struct witness_ecn *ecn, const struct packet *packet)
{
	unsigned bits = packet->flags & PACKET_ACE;

	if (packet->flags & PACKET_SYN && !(packet->flags & PACKET_ACK)) {
		ecn->asked |= (bits & ~PACKET_AE) == (PACKET_ECE | PACKET_CWR);
		ecn->asked_accurate |= (bits & PACKET_AE) != 0;
		ecn->syn_codepoints |= 1u << packet->ecn;
		return;
	}
	/* RFC 9768 3.1.5: the first SYN-ACK counts. */
	if (packet->flags & PACKET_SYN && !ecn->was_answered) {
		ecn->agreed |= bits != 0;
		ecn->accurate |= bits != 0 && bits != PACKET_ECE;
		ecn->was_answered = true;
	}
	ecn->packets += packet->ecn == CE;
	if (packet->ecn != 0)
		ecn->octets[packet->ecn] += packet->payload_len;
}
