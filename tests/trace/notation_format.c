/* SPDX-License-Identifier: BSD-3-Clause */

/* A packet back to the text that notation.c reads.
 *
 * Input: a struct notation. Output: text in the caller's buffer. */

#include "notation.h"

#include <stdarg.h>
#include <stdio.h>

const char *const notation_ecn_names[4] = {"not-ect", "ect1", "ect0", "ce"};

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->at, text->left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= text->left)
		n = text->left ? (int)text->left - 1 : 0;
	text->at += n;
	text->left -= (size_t)n;
}

/* A little below zero is more readable than just below 2^32. */
static long long signed_number(uint32_t number)
{
	return number > UINT32_MAX - 1000000 ? (long long)number - ((long long)UINT32_MAX + 1)
					     : number;
}

static void add_flags(struct text *text, uint16_t flags)
{
	static const struct {
		uint16_t flag;
		char letter;
	} order[] = {{FIN, 'F'}, {SYN, 'S'}, {RST, 'R'}, {PSH, 'P'}, {URG, 'U'}, {ECE, 'E'},
		{CWR, 'W'}, {AE, 'A'}, {ACK, '.'}};

	if (flags == 0)
		add(text, "-");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (flags & order[i].flag)
			add(text, "%c", order[i].letter);
	}
}

static void add_raw(struct text *text, const uint8_t *octets, unsigned len)
{
	add(text, "raw ");
	for (unsigned i = 0; i < len; i++)
		add(text, "%02x", octets[i]);
}

static void add_fast_open(struct text *text, const uint8_t *option, unsigned len)
{
	add(text, "FO%s", len > 2 ? " " : "");
	for (unsigned i = 2; i < len; i++)
		add(text, "%02x", option[i]);
}

static void add_accecn(struct text *text, const uint8_t *option, unsigned len)
{
	add(text, "acc%d", option[0] != 172);
	for (unsigned i = 2; i + 3 <= len; i += 3)
		add(text, " %lu", (unsigned long)(packet_get32(option + i - 1) & 0xffffff));
}

static void add_sack(struct text *text, const uint8_t *option, unsigned len)
{
	add(text, "sack");
	for (unsigned i = 2; i + 8 <= len; i += 8)
		add(text, " %lld:%lld", signed_number(packet_get32(option + i)),
			signed_number(packet_get32(option + i + 4)));
}

static void add_option(struct text *text, const uint8_t *option, unsigned len, bool ts_values)
{
	if (option[0] == 34) {
		add_fast_open(text, option, len);
		return;
	}
	if ((option[0] == 172 || option[0] == 174) && len % 3 == 2 && len <= 11) {
		add_accecn(text, option, len);
		return;
	}
	switch (option[0] << 8 | len) {
	case 0 << 8 | 1:
		add(text, "eol");
		break;
	case 1 << 8 | 1:
		add(text, "nop");
		break;
	case 2 << 8 | 4:
		add(text, "mss %d", option[2] << 8 | option[3]);
		break;
	case 3 << 8 | 3:
		add(text, "wscale %d", option[2]);
		break;
	case 4 << 8 | 2:
		add(text, "sackOK");
		break;
	case 5 << 8 | 10:
	case 5 << 8 | 18:
	case 5 << 8 | 26:
	case 5 << 8 | 34:
		add_sack(text, option, len);
		break;
	case 28 << 8 | 4:
		add(text, "uto %d%s", (option[2] & 0x7f) << 8 | option[3],
			option[2] & 0x80 ? " min" : "");
		break;
	case 8 << 8 | 10:
		add(text, "ts");
		if (ts_values)
			add(text, " val %lld ecr %lld", signed_number(packet_get32(option + 2)),
				signed_number(packet_get32(option + 6)));
		break;
	default:
		add_raw(text, option, len);
	}
}

static void add_options(struct text *text, const struct notation *notation)
{
	struct packet packet = notation->packet; /* to walk: the walker may edit */
	unsigned at = 0, len;
	uint8_t *option;
	const char *separator = "";

	add(text, " <");
	while ((option = packet_next_option(&packet, &at, &len))) {
		add(text, "%s", separator);
		add_option(text, option, len, notation->given & GIVEN_TS_VALUES);
		separator = ", ";
	}
	if (at < packet.options_len) {
		add(text, "%s", separator);
		add_raw(text, packet.options + at, packet.options_len - at);
	}
	add(text, ">");
}

static void add_segment(struct text *text, const struct notation *notation)
{
	const struct packet *packet = &notation->packet;

	add_flags(text, packet->flags);
	add(text, " %s%lld:%lld(%u)", notation->given & GIVEN_ABSOLUTE ? "=" : "",
		signed_number(packet->seq), signed_number(packet->seq + packet->len),
		(unsigned)packet->len);
	if (notation->given & GIVEN_ACK)
		add(text, " ack %lld", signed_number(packet->ack));
	if (notation->given & GIVEN_WINDOW)
		add(text, " win %u", packet->window);
	if (notation->given & GIVEN_URGENT)
		add(text, " urg %u", packet->urgent);
	if (notation->given & GIVEN_OPTIONS)
		add_options(text, notation);
}

static void add_other(struct text *text, const struct notation *notation)
{
	const struct packet *packet = &notation->packet;

	switch (packet->protocol) {
	case PROTOCOL_ICMP:
		add(text, "icmp %u %u", packet->type, packet->code);
		if (packet->rest >> 16)
			add(text, " id %u", (unsigned)(packet->rest >> 16));
		if (packet->rest & 0xffff)
			add(text, " seq %u", (unsigned)(packet->rest & 0xffff));
		break;
	case PROTOCOL_UDP:
		add(text, "udp %u", packet->dst_port);
		break;
	default:
		add(text, "protocol %u", packet->protocol);
	}
	if (notation->given & GIVEN_ABOUT)
		add(text, " about %lld", signed_number(notation->about));
	if (notation->given & GIVEN_LENGTH)
		add(text, " (%u)", (unsigned)packet->len);
}

static void add_address(struct text *text, const struct notation *notation, unsigned given)
{
	bool source = given == GIVEN_SOURCE;
	uint32_t address = source ? notation->packet.src : notation->packet.dst;

	if (notation->given & given)
		add(text, " %s %u.%u.%u.%u", source ? "from" : "to", (unsigned)(address >> 24),
			(unsigned)(address >> 16 & 0xff), (unsigned)(address >> 8 & 0xff),
			(unsigned)(address & 0xff));
}

static void add_reason(struct text *text, const struct notation *notation)
{
	add(text, " {%s", evtcp_cause_name(notation->reason.cause));
	if (notation->given & GIVEN_COUNT)
		add(text, " #%u", notation->reason.count);
	add(text, "}");
}

char *notation_format(const struct notation *notation, char *buffer, size_t size)
{
	struct text text = {buffer, size};
	const struct packet *packet = &notation->packet;

	if (packet->protocol == PROTOCOL_TCP)
		add_segment(&text, notation);
	else
		add_other(&text, notation);
	add_address(&text, notation, GIVEN_SOURCE);
	add_address(&text, notation, GIVEN_DESTINATION);
	if (notation->given & GIVEN_TTL)
		add(&text, " ttl %u", packet->ttl);
	if (notation->given & GIVEN_DSCP)
		add(&text, " dscp %u", packet->dscp);
	if (notation->given & GIVEN_ECN)
		add(&text, " %s", notation_ecn_names[packet->ecn & 3]);
	if (notation->given & GIVEN_ALTERED)
		add(&text, " altered");
	if (notation->given & GIVEN_CAUSE)
		add_reason(&text, notation);
	return buffer;
}
