/* SPDX-License-Identifier: BSD-3-Clause */

/* Reading a packet from a line of a script.
 *
 * Input: a cursor in that line. Output: a struct notation with relative numbers.
 * Addresses, ports and payload are not written in a line: they are added by the
 * player. The way back to text is notation_format.c. */

#include "notation.h"

#include <string.h>

static const char flag_letters[] = "FSRP.UEWA"; /* bit 0 first: the wire's order */

static bool scan_flags(struct scan *scan, uint16_t *flags)
{
	const char *letter;

	if (scan_text(scan, "-"))
		return true;
	(void)scan_at_end(scan); /* skips blanks */
	if (*scan->at == '\0' || !strchr(flag_letters, *scan->at))
		return scan_fail(scan, "flags were expected: letters of \"%s\", or \"-\" for none",
			flag_letters);
	while (*scan->at != '\0' && (letter = strchr(flag_letters, *scan->at))) {
		*flags |= (uint16_t)(1u << (letter - flag_letters));
		scan->at++;
	}
	return true;
}

static bool scan_sequence(struct scan *scan, uint32_t *value)
{
	int64_t number;

	if (!scan_need_number(scan, INT32_MIN, UINT32_MAX, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

static bool scan_small(struct scan *scan, int64_t max, uint16_t *value)
{
	int64_t number;

	if (!scan_need_number(scan, 0, max, &number))
		return false;
	*value = (uint16_t)number;
	return true;
}

/* SEQ:END(LEN), of which END is redundant and has to agree. */
static bool scan_range(struct scan *scan, struct notation *notation)
{
	uint32_t end;
	int64_t len;

	if (scan_text(scan, "="))
		notation->given |= GIVEN_ABSOLUTE;
	if (!scan_sequence(scan, &notation->packet.seq) || !scan_need_text(scan, ":") ||
		!scan_sequence(scan, &end) || !scan_need_text(scan, "(") ||
		!scan_need_number(scan, 0, INT32_MAX, &len) || !scan_need_text(scan, ")"))
		return false;
	notation->packet.len = (uint32_t)len;
	if (notation->packet.seq + notation->packet.len != end)
		return scan_fail(scan, "the length in parentheses is not END - START");
	return true;
}

/* ---- options --------------------------------------------------------- */

/* Room for an option of len octets, its kind and length filled in. */
static uint8_t *add_option(
	struct scan *scan, struct notation *notation, unsigned kind, unsigned len)
{
	struct packet *packet = &notation->packet;
	uint8_t *option = packet->options + packet->options_len;

	if (packet->options_len + len > PACKET_MAX_OPTIONS) {
		scan_fail(scan, "more than 40 octets of options");
		return NULL;
	}
	packet->options_len = (uint8_t)(packet->options_len + len);
	option[0] = (uint8_t)kind;
	if (len > 1)
		option[1] = (uint8_t)len;
	return option;
}

static bool scan_mss(struct scan *scan, struct notation *notation)
{
	uint8_t *option = add_option(scan, notation, 2, 4);
	uint16_t mss;

	if (!option || !scan_small(scan, UINT16_MAX, &mss))
		return false;
	option[2] = (uint8_t)(mss >> 8);
	option[3] = (uint8_t)mss;
	return true;
}

static bool scan_wscale(struct scan *scan, struct notation *notation)
{
	uint8_t *option = add_option(scan, notation, 3, 3);
	uint16_t shift;

	if (!option || !scan_small(scan, UINT8_MAX, &shift))
		return false;
	option[2] = (uint8_t)shift;
	return true;
}

static bool scan_timestamps(struct scan *scan, struct notation *notation)
{
	uint8_t *option = add_option(scan, notation, 8, 10);
	uint32_t tsval, tsecr;

	if (!option)
		return false;
	memset(option + 2, 0, 8);
	if (!scan_is(scan, "val"))
		return true;
	if (!scan_sequence(scan, &tsval))
		return false;
	if (!scan_is(scan, "ecr"))
		return scan_fail(scan, "\"ecr\" was expected");
	if (!scan_sequence(scan, &tsecr))
		return false;
	packet_put32(option + 2, tsval);
	packet_put32(option + 6, tsecr);
	notation->given |= GIVEN_TS_VALUES;
	return true;
}

static bool scan_sack(struct scan *scan, struct notation *notation)
{
	uint8_t *sack = add_option(scan, notation, 5, 2);

	do {
		uint8_t *block;
		uint32_t left, right;

		if (!scan_sequence(scan, &left) || !scan_need_text(scan, ":") ||
			!scan_sequence(scan, &right))
			return false;
		if (!sack || !(block = add_option(scan, notation, 0, 8)))
			return false;
		packet_put32(block, left);
		packet_put32(block + 4, right);
		sack[1] = (uint8_t)(sack[1] + 8);
	} while (scan_is_number(scan));
	return true;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Octets as they are: "raw 1e04beef" is an option of unknown kind, "raw 0200" one
 * of impossible length. */
static bool scan_raw(struct scan *scan, struct notation *notation)
{
	unsigned len = 0;

	(void)scan_at_end(scan); /* skips blanks */
	for (; hex_digit(scan->at[0]) >= 0 && hex_digit(scan->at[1]) >= 0; scan->at += 2, len++) {
		uint8_t *octet = add_option(scan, notation, 0, 1);

		if (!octet)
			return false;
		*octet = (uint8_t)(hex_digit(scan->at[0]) << 4 | hex_digit(scan->at[1]));
	}
	return len > 0 || scan_fail(scan, "pairs of hexadecimal digits were expected");
}

/* A user timeout in seconds, or in minutes: "uto 600", "uto 10 min" (RFC 5482 3.3). */
static bool scan_user_timeout(struct scan *scan, struct notation *notation)
{
	uint8_t *option = add_option(scan, notation, 28, 4);
	uint16_t value;

	if (!option || !scan_small(scan, INT16_MAX, &value))
		return false;
	if (scan_is(scan, "min"))
		value |= 0x8000;
	option[2] = (uint8_t)(value >> 8);
	option[3] = (uint8_t)value;
	return true;
}

/* Up to three counters in the order of their kind: "acc0 E0B CEB E1B", "acc1 E1B CEB E0B" (RFC
 * 9768 3.2.3). */
static bool scan_accecn(struct scan *scan, struct notation *notation, unsigned kind)
{
	uint8_t *option = add_option(scan, notation, kind, 2);

	while (option && option[1] < 11 && scan_is_number(scan)) {
		uint8_t *field = add_option(scan, notation, 0, 3);
		int64_t value;

		if (!field || !scan_need_number(scan, 0, (1 << 24) - 1, &value))
			return false;
		field[0] = (uint8_t)(value >> 16);
		field[1] = (uint8_t)(value >> 8);
		field[2] = (uint8_t)value;
		option[1] = (uint8_t)(option[1] + 3);
	}
	return option != NULL;
}

/* Fast Open (RFC 7413 4.1.1): nothing, "cookie", "new", or octets. */
static bool scan_fast_open(struct scan *scan, struct notation *notation)
{
	uint8_t *option = add_option(scan, notation, 34, 2);
	bool new = scan_is(scan, "new");

	if (!option)
		return false;
	if (new || scan_is(scan, "cookie")) {
		notation->given |= GIVEN_COOKIE | (new ? GIVEN_NEW_COOKIE : 0);
		if (!add_option(scan, notation, 0, 8))
			return false;
		memset(option + 2, 0, 8);
		option[1] = 2 + 8;
		return true;
	}
	for (; hex_digit(scan->at[0]) >= 0 && hex_digit(scan->at[1]) >= 0; scan->at += 2) {
		uint8_t *octet = add_option(scan, notation, 0, 1);

		if (!octet)
			return false;
		*octet = (uint8_t)(hex_digit(scan->at[0]) << 4 | hex_digit(scan->at[1]));
		option[1]++;
	}
	return true;
}

bool notation_scan_option(struct scan *scan, struct notation *notation)
{
	if (scan_is(scan, "nop"))
		return add_option(scan, notation, 1, 1) != NULL;
	if (scan_is(scan, "eol"))
		return add_option(scan, notation, 0, 1) != NULL;
	if (scan_is(scan, "sackOK"))
		return add_option(scan, notation, 4, 2) != NULL;
	if (scan_is(scan, "mss"))
		return scan_mss(scan, notation);
	if (scan_is(scan, "wscale"))
		return scan_wscale(scan, notation);
	if (scan_is(scan, "ts"))
		return scan_timestamps(scan, notation);
	if (scan_is(scan, "sack"))
		return scan_sack(scan, notation);
	if (scan_is(scan, "uto"))
		return scan_user_timeout(scan, notation);
	if (scan_is(scan, "FO"))
		return scan_fast_open(scan, notation);
	if (scan_is(scan, "acc0"))
		return scan_accecn(scan, notation, 172);
	if (scan_is(scan, "acc1"))
		return scan_accecn(scan, notation, 174);
	if (scan_is(scan, "raw"))
		return scan_raw(scan, notation);
	return false;
}

bool notation_scan_options(struct scan *scan, struct notation *notation)
{
	notation->given |= GIVEN_OPTIONS;
	if (!scan_need_text(scan, "<"))
		return false;
	while (!scan_text(scan, ">")) {
		if (!notation_scan_option(scan, notation))
			return scan_fail(scan,
				"an option was expected: mss, nop, eol, sackOK, wscale, ts, sack, "
				"uto, FO, acc0, acc1 or raw");
		(void)scan_text(scan, ",");
	}
	return true;
}

/* ---- the rest of the line -------------------------------------------- */

static bool scan_cause(struct scan *scan, struct notation *notation)
{
	char word[SCAN_WORD];
	int cause = 0;

	notation->given |= GIVEN_CAUSE;
	if (!scan_need_word(scan, word, sizeof(word)))
		return false;
	while (cause < EVTCP_N_CAUSES &&
		strcmp(evtcp_cause_name((enum evtcp_cause)cause), word) != 0)
		cause++;
	if (cause == EVTCP_N_CAUSES)
		return scan_fail_word(scan, "cause");
	notation->reason.cause = (enum evtcp_cause)cause;
	if (scan_text(scan, "#")) {
		notation->given |= GIVEN_COUNT;
		if (!scan_small(scan, UINT16_MAX, &notation->reason.count))
			return false;
	}
	return scan_need_text(scan, "}");
}

/* Words without a value. */
static bool scan_quirk(struct scan *scan, struct notation *notation)
{
	static const struct {
		const char *word;
		unsigned quirk, given;
	} table[] = {
		{"altered", 0, GIVEN_ALTERED},
		{"bad-checksum", QUIRK_BAD_CHECKSUM, 0},
		{"bad-ip-checksum", QUIRK_BAD_IP_CHECKSUM, 0},
		{"bad-offset", QUIRK_BAD_OFFSET, 0},
		{"ip-nops", QUIRK_IP_NOPS, 0},
		{"source-route", QUIRK_SOURCE_ROUTE, 0},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (scan_is(scan, table[i].word)) {
			notation->packet.quirks |= table[i].quirk;
			notation->given |= table[i].given;
			return true;
		}
	}
	return false;
}

static bool scan_octet(struct scan *scan, int64_t max, uint8_t *value)
{
	uint16_t number;

	if (!scan_small(scan, max, &number))
		return false;
	*value = (uint8_t)number;
	return true;
}

/* The ECN field of IP, by the names of RFC 3168 5. */
static bool scan_ecn(struct scan *scan, struct notation *notation)
{
	for (uint8_t ecn = 0; ecn < 4; ecn++) {
		if (!scan_is(scan, notation_ecn_names[ecn]))
			continue;
		notation->given |= GIVEN_ECN;
		notation->packet.ecn = ecn;
		return true;
	}
	return false;
}

/* One word of IP with its value; false when the next word is none. */
static bool scan_ip_word(struct scan *scan, struct notation *notation)
{
	struct packet *packet = &notation->packet;

	if (scan_is(scan, "ttl")) {
		notation->given |= GIVEN_TTL;
		return scan_octet(scan, UINT8_MAX, &packet->ttl);
	}
	if (scan_is(scan, "dscp")) {
		notation->given |= GIVEN_DSCP;
		return scan_octet(scan, 63, &packet->dscp);
	}
	if (scan_is(scan, "from")) {
		notation->given |= GIVEN_SOURCE;
		return scan_need_ipv4(scan, &packet->src);
	}
	if (scan_is(scan, "to")) {
		notation->given |= GIVEN_DESTINATION;
		return scan_need_ipv4(scan, &packet->dst);
	}
	if (scan_is(scan, "frag"))
		return fragment_scan(scan, &notation->fragment);
	return scan_ecn(scan, notation) || scan_quirk(scan, notation);
}

static bool scan_tcp_word(struct scan *scan, struct notation *notation)
{
	struct packet *packet = &notation->packet;
	uint16_t number;

	if (scan_is(scan, "ack")) {
		notation->given |= GIVEN_ACK;
		return scan_sequence(scan, &packet->ack);
	}
	if (scan_is(scan, "win")) {
		notation->given |= GIVEN_WINDOW;
		return scan_small(scan, UINT16_MAX, &packet->window);
	}
	if (scan_is(scan, "ace")) {
		if (!scan_small(scan, ACE >> ACE_SHIFT, &number))
			return false;
		packet->flags |= (uint16_t)(number << ACE_SHIFT);
		return true;
	}
	if (scan_is(scan, "urg")) {
		notation->given |= GIVEN_URGENT;
		return scan_small(scan, UINT16_MAX, &packet->urgent);
	}
	if (*scan->at == '<')
		return notation_scan_options(scan, notation);
	return scan_ip_word(scan, notation);
}

static bool scan_icmp_word(struct scan *scan, struct notation *notation)
{
	struct packet *packet = &notation->packet;
	uint16_t number;
	int64_t len;

	if (scan_is(scan, "about")) {
		notation->given |= GIVEN_ABOUT;
		return scan_sequence(scan, &notation->about);
	}
	if (scan_is(scan, "mtu") || scan_is(scan, "seq")) {
		if (!scan_small(scan, UINT16_MAX, &number))
			return false;
		packet->rest = (packet->rest & 0xffff0000) | number;
		return true;
	}
	if (scan_is(scan, "id")) {
		if (!scan_small(scan, UINT16_MAX, &number))
			return false;
		packet->rest = (packet->rest & 0xffff) | (uint32_t)number << 16;
		return true;
	}
	if (scan_text(scan, "(")) {
		notation->given |= GIVEN_LENGTH;
		if (!scan_need_number(scan, 0, 60000, &len))
			return false;
		packet->len = (uint32_t)len;
		return scan_need_text(scan, ")");
	}
	return scan_ip_word(scan, notation);
}

static bool scan_words(struct scan *scan, struct notation *notation,
	bool (*word)(struct scan *scan, struct notation *notation))
{
	while (!scan_at_end(scan)) {
		if (scan_text(scan, "{")) {
			if (!scan_cause(scan, notation))
				return false;
		} else if (!word(scan, notation)) {
			return scan_fail(scan, "this means nothing behind a packet");
		}
	}
	return true;
}

static bool scan_segment(struct scan *scan, struct notation *notation)
{
	notation->packet.protocol = PROTOCOL_TCP;
	if (!scan_flags(scan, &notation->packet.flags) || !scan_range(scan, notation) ||
		!scan_words(scan, notation, scan_tcp_word))
		return false;
	if (notation->packet.flags & ACK && !(notation->given & GIVEN_ACK))
		return scan_fail(scan, "the ACK flag \".\" needs \"ack N\"");
	return true;
}

bool notation_scan(struct scan *scan, struct notation *notation)
{
	struct packet *packet = &notation->packet;

	*notation = (struct notation){0};
	if (scan_is(scan, "icmp")) {
		packet->protocol = PROTOCOL_ICMP;
		return scan_octet(scan, UINT8_MAX, &packet->type) &&
		       scan_octet(scan, UINT8_MAX, &packet->code) &&
		       scan_words(scan, notation, scan_icmp_word);
	}
	if (scan_is(scan, "udp")) {
		packet->protocol = PROTOCOL_UDP;
		return scan_small(scan, UINT16_MAX, &packet->dst_port) &&
		       scan_words(scan, notation, scan_icmp_word);
	}
	if (scan_is(scan, "protocol"))
		return scan_octet(scan, UINT8_MAX, &packet->protocol) &&
		       scan_words(scan, notation, scan_icmp_word);
	return scan_segment(scan, notation);
}
