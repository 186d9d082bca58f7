/* SPDX-License-Identifier: BSD-3-Clause */

/* The TCP header and its options, from bytes to a struct in host order and back.
 *
 *       0      2      4        8        12    13     14      16      18     20
 *       | src  | dst  |  seq   |  ack   | off | flags| window| cksum | urg  | options
 *
 * In: bytes that a stranger wrote; of a length that is known and a content that is
 * not. Out: a struct whose every field is in range, or a cause.
 *
 * Reading keeps what is well formed and skips the rest: options are hints, and an
 * odd one must not cost a connection. It judges no value (ports, flags, windows) and no
 * checksum: that is the protocol's business. */

#include "wire/tcp_header.h"

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

#include <string.h>

/* Option kinds: RFC 9293 3.2, RFC 7323 2.2 and 3.2, RFC 2018 2 and 3, RFC 5482 3.3,
 * RFC 7413 9, RFC 9768 3.2.3. */
enum {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WSCALE = 3,
	KIND_SACK_PERMITTED = 4,
	KIND_SACK = 5,
	KIND_TIMESTAMPS = 8,
	KIND_USER_TIMEOUT = 28,
	KIND_FAST_OPEN = 34,
	KIND_ACCECN0 = 172,
	KIND_ACCECN1 = 174
};

/* Their lengths, kind and length bytes included. */
enum {
	LEN_MSS = 4,
	LEN_WSCALE = 3,
	LEN_SACK_PERMITTED = 2,
	LEN_SACK = 2, /* and 8 for each block */
	LEN_SACK_BLOCK = 8,
	LEN_TIMESTAMPS = 10,
	LEN_USER_TIMEOUT = 4,
	LEN_FAST_OPEN = 2, /* and the cookie: 4 to 16, an even number */
	LEN_COOKIE_MIN = 4,
	LEN_ACCECN = 2, /* and 3 for each field */
	LEN_ACCECN_FIELD = 3
};

/* RFC 5482 3.3: seconds, or minutes where this bit is set. */
enum { USER_TIMEOUT_MINUTES = 0x8000, USER_TIMEOUT_VALUE = 0x7fff };

/* ---- reading ------------------------------------------------------------ */

static void parse_sack(struct tcp_options *o, const uint8_t *blocks, size_t len)
{
	o->n_sack = (uint8_t)(len / LEN_SACK_BLOCK);
	for (unsigned i = 0; i < o->n_sack; i++) {
		o->sack[i].left = bytes_get32(blocks + (size_t)i * LEN_SACK_BLOCK);
		o->sack[i].right = bytes_get32(blocks + (size_t)i * LEN_SACK_BLOCK + 4);
	}
}

/* RFC 7413 4.1.1 rules 1 and 2. */
static bool fast_open_len_is_right(size_t len)
{
	return len == LEN_FAST_OPEN || (len % 2 == 0 && len >= LEN_FAST_OPEN + LEN_COOKIE_MIN &&
					       len <= LEN_FAST_OPEN + TCP_MAX_COOKIE);
}

/* The bit of a kind that we know and that has this length; 0 for any other. */
static uint8_t option_bit(uint8_t kind, size_t len)
{
	switch (kind) {
	case KIND_MSS:
		return len == LEN_MSS ? TCP_OPT_MSS : 0;
	case KIND_WSCALE:
		return len == LEN_WSCALE ? TCP_OPT_WSCALE : 0;
	case KIND_SACK_PERMITTED:
		return len == LEN_SACK_PERMITTED ? TCP_OPT_SACK_PERMITTED : 0;
	case KIND_SACK: /* 10, 18, 26 or 34: four blocks are all that fit in 40 bytes */
		return len > LEN_SACK && (len - LEN_SACK) % LEN_SACK_BLOCK == 0 ? TCP_OPT_SACK : 0;
	case KIND_TIMESTAMPS:
		return len == LEN_TIMESTAMPS ? TCP_OPT_TIMESTAMPS : 0;
	case KIND_USER_TIMEOUT:
		return len == LEN_USER_TIMEOUT ? TCP_OPT_USER_TIMEOUT : 0;
	case KIND_FAST_OPEN:
		return fast_open_len_is_right(len) ? TCP_OPT_FAST_OPEN : 0;
	case KIND_ACCECN0:
	case KIND_ACCECN1:
		return TCP_OPT_ACCECN;
	default:
		return 0; /* MUST-6: an unknown option is skipped by its length */
	}
}

static void parse_timestamps(struct tcp_options *o, const uint8_t *p)
{
	o->present |= TCP_OPT_TIMESTAMPS;
	o->tsval = bytes_get32(p + 2);
	o->tsecr = bytes_get32(p + 6);
}

/* RFC 5482 3.4: a value of 0, in whatever unit, is as if the option were not there. */
static void parse_user_timeout(struct tcp_options *o, uint16_t field)
{
	uint32_t value = field & USER_TIMEOUT_VALUE;

	o->user_timeout_s = (field & USER_TIMEOUT_MINUTES) != 0 ? value * 60 : value;
	if (value == 0)
		o->present &= (uint8_t)~TCP_OPT_USER_TIMEOUT;
}

/* RFC 9768 3.2.3 rules 3 and 4: whole fields in the order of their kind; the rest is padding. */
static void parse_accecn(struct tcp_accecn *accecn, const uint8_t *p, size_t len)
{
	bool order0 = p[0] == KIND_ACCECN0;
	uint32_t *first = order0 ? &accecn->e0b : &accecn->e1b;
	uint32_t *last = order0 ? &accecn->e1b : &accecn->e0b;
	size_t n = (len - LEN_ACCECN) / LEN_ACCECN_FIELD;

	*accecn = (struct tcp_accecn){0};
	if (n >= 1) {
		*first = bytes_get24(p + LEN_ACCECN);
		accecn->fields = order0 ? TCP_ACCECN_E0B : TCP_ACCECN_E1B;
	}
	if (n >= 2) {
		accecn->ceb = bytes_get24(p + LEN_ACCECN + LEN_ACCECN_FIELD);
		accecn->fields |= TCP_ACCECN_CEB;
	}
	if (n >= 3) {
		*last = bytes_get24(p + LEN_ACCECN + 2 * LEN_ACCECN_FIELD);
		accecn->fields = TCP_ACCECN_ALL;
	}
}

/* One option of len bytes, 2 or more, at p. */
static void parse_option(struct tcp_options *o, const uint8_t *p, size_t len)
{
	uint8_t bit = option_bit(p[0], len);

	if (bit == 0 || (o->present & bit) != 0)
		return; /* of a repeated option the first one counts */
	o->present |= bit;
	if (bit == TCP_OPT_MSS)
		o->mss = bytes_get16(p + 2);
	else if (bit == TCP_OPT_WSCALE)
		o->wscale = p[2];
	else if (bit == TCP_OPT_SACK)
		parse_sack(o, p + LEN_SACK, len - LEN_SACK);
	else if (bit == TCP_OPT_TIMESTAMPS)
		parse_timestamps(o, p);
	else if (bit == TCP_OPT_USER_TIMEOUT) {
		parse_user_timeout(o, bytes_get16(p + 2));
	} else if (bit == TCP_OPT_FAST_OPEN) {
		o->cookie_len = (uint8_t)(len - LEN_FAST_OPEN);
		memcpy(o->cookie, p + LEN_FAST_OPEN, o->cookie_len);
	} else if (bit == TCP_OPT_ACCECN) {
		parse_accecn(&o->accecn, p, len);
	}
}

/* Timestamps behind two NOPs, and nothing else: what most segments of a connection have (RFC 7323
 * A). */
static bool are_timestamps_alone(const uint8_t *p, size_t len)
{
	const uint32_t begin =
		KIND_NOP << 24 | KIND_NOP << 16 | KIND_TIMESTAMPS << 8 | LEN_TIMESTAMPS;

	return len == 2 + LEN_TIMESTAMPS && bytes_get32(p) == begin;
}

/* Each turn takes at least one of at most 40 bytes. RFC 9293 3.1: EOL, NOP and MSS are known
 * (MUST-4), and whatever is not has a length (MUST-68). */
static void parse_options(struct tcp_options *o, const uint8_t *p, size_t len)
{
	tcp_options_clear(o);
	if (are_timestamps_alone(p, len)) {
		parse_timestamps(o, p + 2);
		return;
	}
	while (len > 0 && p[0] != KIND_END) {
		size_t step = 1; /* a NOP has no length byte */

		if (p[0] != KIND_NOP) {
			if (len < 2 || p[1] < 2 || p[1] > len)
				return; /* RFC 9293 3.1, MUST-7: an illegal length is survived */
			step = p[1];
			parse_option(o, p, step);
		}
		p += step;
		len -= step;
	}
}

enum evtcp_cause tcp_header_parse(
	struct tcp_header *h, const uint8_t *data, size_t len, size_t *header_len)
{
	size_t offset;

	if (len < TCP_HEADER_MIN)
		return EVTCP_CAUSE_TCP_TRUNCATED;
	offset = (size_t)(data[12] >> 4) * 4;
	if (offset < TCP_HEADER_MIN || offset > len)
		return EVTCP_CAUSE_TCP_DATA_OFFSET;
	h->src_port = bytes_get16(data);
	h->dst_port = bytes_get16(data + 2);
	h->seq = bytes_get32(data + 4);
	h->ack = bytes_get32(data + 8);
	/* The reserved bits are ignored (RFC 9293 3.1), but that of AE. */
	h->flags = (uint16_t)((data[12] & 1) << 8 | data[13]);
	h->window = bytes_get16(data + 14);
	h->urgent = bytes_get16(data + 18);
	/* MUST-5: on any segment. */
	parse_options(&h->options, data + TCP_HEADER_MIN, offset - TCP_HEADER_MIN);
	if ((h->flags & TCP_SYN) == 0) /* RFC 7413 4.1.1 rule 3 */
		h->options.present &= (uint8_t)~TCP_OPT_FAST_OPEN;
	if ((h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) /* RFC 9768 3.2.3.2.1 rule 2 */
		h->options.present &= (uint8_t)~TCP_OPT_ACCECN;
	*header_len = offset;
	return EVTCP_CAUSE_NONE;
}

/* ---- writing ------------------------------------------------------------ */

static uint8_t *put_option(uint8_t *p, uint8_t kind, size_t len)
{
	p[0] = kind;
	p[1] = (uint8_t)len;
	return p + 2;
}

static uint8_t *put_nops(uint8_t *p, size_t n)
{
	memset(p, KIND_NOP, n);
	return p + n;
}

static uint8_t *put_timestamps(uint8_t *p, const struct tcp_options *o)
{
	/* On SYN, SACK-permitted fills the two bytes that are NOPs elsewhere. */
	if ((o->present & TCP_OPT_SACK_PERMITTED) != 0)
		p = put_option(p, KIND_SACK_PERMITTED, LEN_SACK_PERMITTED);
	else
		p = put_nops(p, 2);
	p = put_option(p, KIND_TIMESTAMPS, LEN_TIMESTAMPS);
	bytes_put32(p, o->tsval);
	bytes_put32(p + 4, o->tsecr);
	return p + 8;
}

static uint8_t *put_sack(uint8_t *p, const struct tcp_options *o, size_t n_blocks)
{
	p = put_nops(p, 2);
	p = put_option(p, KIND_SACK, LEN_SACK + n_blocks * LEN_SACK_BLOCK);
	for (size_t i = 0; i < n_blocks; i++, p += LEN_SACK_BLOCK) {
		bytes_put32(p, o->sack[i].left);
		bytes_put32(p + 4, o->sack[i].right);
	}
	return p;
}

/* In seconds as long as they can be told, then in minutes, rounded up. */
static uint8_t *put_user_timeout(uint8_t *p, uint32_t seconds)
{
	uint32_t minutes = (seconds + 59) / 60;

	p = put_option(p, KIND_USER_TIMEOUT, LEN_USER_TIMEOUT);
	bytes_put16(p, (uint16_t)(seconds <= USER_TIMEOUT_VALUE ? seconds
								: minutes | USER_TIMEOUT_MINUTES));
	return p + 2;
}

static size_t padded(size_t len)
{
	return (len + 3) / 4 * 4;
}

static uint8_t *put_fast_open(uint8_t *p, const struct tcp_options *o)
{
	size_t len = LEN_FAST_OPEN + (size_t)o->cookie_len;

	p = put_option(p, KIND_FAST_OPEN, len);
	memcpy(p, o->cookie, o->cookie_len);
	return put_nops(p + o->cookie_len, padded(len) - len);
}

/* How many fields an option that has these has. CE's is the second, and each of the others may be
 * the first. */
static size_t accecn_n_fields(unsigned fields)
{
	if ((fields & TCP_ACCECN_E0B) != 0 && (fields & TCP_ACCECN_E1B) != 0)
		return 3;
	if ((fields & TCP_ACCECN_CEB) != 0)
		return 2;
	return fields != 0;
}

size_t tcp_accecn_len(unsigned fields)
{
	return padded(LEN_ACCECN + accecn_n_fields(fields) * LEN_ACCECN_FIELD);
}

/* RFC 9768 3.2.3 rules 1 and 2, 3.2.3.1 rule 1. */
static uint8_t *put_accecn(uint8_t *p, const struct tcp_accecn *accecn)
{
	bool order1 = (accecn->fields & (TCP_ACCECN_E0B | TCP_ACCECN_E1B)) == TCP_ACCECN_E1B;
	uint32_t fields[] = {accecn->e0b, accecn->ceb, accecn->e1b};
	size_t n = accecn_n_fields(accecn->fields), len = LEN_ACCECN + n * LEN_ACCECN_FIELD;

	if (order1) {
		fields[0] = accecn->e1b;
		fields[2] = accecn->e0b;
	}
	p = put_nops(p, padded(len) - len);
	p = put_option(p, order1 ? KIND_ACCECN1 : KIND_ACCECN0, len);
	for (size_t i = 0; i < n; i++, p += LEN_ACCECN_FIELD)
		bytes_put24(p, fields[i]);
	return p;
}

/* The options but SACK's blocks, Fast Open and AccECN, each filled up to a multiple of four bytes.
 */
static size_t fixed_options_len(const struct tcp_options *o)
{
	bool timestamps = (o->present & TCP_OPT_TIMESTAMPS) != 0;
	bool sack_permitted = (o->present & TCP_OPT_SACK_PERMITTED) != 0;
	size_t len = 0;

	if ((o->present & TCP_OPT_MSS) != 0)
		len += LEN_MSS;
	if (timestamps)
		len += 2 + LEN_TIMESTAMPS;
	else if (sack_permitted)
		len += 2 + LEN_SACK_PERMITTED;
	if ((o->present & TCP_OPT_WSCALE) != 0)
		len += 1 + LEN_WSCALE;
	if ((o->present & TCP_OPT_USER_TIMEOUT) != 0)
		len += LEN_USER_TIMEOUT;
	return len;
}

/* How much of it Fast Open takes behind fixed bytes of options; 0 where it is not there, or has
 * no room. */
static size_t fast_open_len(const struct tcp_options *o, size_t fixed)
{
	size_t len = padded(LEN_FAST_OPEN + (size_t)o->cookie_len);
	bool there = (o->present & TCP_OPT_FAST_OPEN) != 0;

	return there && fixed + len <= TCP_HEADER_MAX - TCP_HEADER_MIN ? len : 0;
}

/* How many SACK blocks fit behind fixed bytes of options. */
static size_t sack_blocks_that_fit(const struct tcp_options *o, size_t fixed)
{
	size_t room = TCP_HEADER_MAX - TCP_HEADER_MIN - fixed;
	size_t fit = (room - 2 - LEN_SACK) / LEN_SACK_BLOCK;

	if ((o->present & TCP_OPT_SACK) == 0 || room < 2 + LEN_SACK)
		return 0;
	return o->n_sack < fit ? o->n_sack : fit;
}

/* How much of it AccECN takes behind len bytes of options; 0 where it is not there, or has no
 * room. */
static size_t accecn_len(const struct tcp_options *o, size_t len)
{
	size_t accecn;

	if ((o->present & TCP_OPT_ACCECN) == 0)
		return 0;
	accecn = tcp_accecn_len(o->accecn.fields);
	return len + accecn <= TCP_HEADER_MAX - TCP_HEADER_MIN ? accecn : 0;
}

/* No option but timestamps, as in most segments. */
static bool is_plain(const struct tcp_options *o)
{
	return (o->present & ~(unsigned)TCP_OPT_TIMESTAMPS) == 0;
}

size_t tcp_header_len(const struct tcp_header *h)
{
	const size_t timestamps = 2 + LEN_TIMESTAMPS;

	if (is_plain(&h->options))
		return TCP_HEADER_MIN + (h->options.present != 0 ? timestamps : 0);
	size_t len = fixed_options_len(&h->options);

	len += fast_open_len(&h->options, len);
	size_t blocks = sack_blocks_that_fit(&h->options, len);

	len += blocks > 0 ? 2 + LEN_SACK + blocks * LEN_SACK_BLOCK : 0;
	return TCP_HEADER_MIN + len + accecn_len(&h->options, len);
}

static uint8_t *put_options(uint8_t *p, const struct tcp_options *o)
{
	const uint8_t *first = p;
	size_t fixed = fixed_options_len(o), fast_open = fast_open_len(o, fixed);
	size_t blocks = sack_blocks_that_fit(o, fixed + fast_open);

	if ((o->present & TCP_OPT_MSS) != 0) {
		p = put_option(p, KIND_MSS, LEN_MSS);
		bytes_put16(p, o->mss);
		p += 2;
	}
	if ((o->present & TCP_OPT_TIMESTAMPS) != 0) {
		p = put_timestamps(p, o);
	} else if ((o->present & TCP_OPT_SACK_PERMITTED) != 0) {
		p = put_nops(p, 2);
		p = put_option(p, KIND_SACK_PERMITTED, LEN_SACK_PERMITTED);
	}
	if ((o->present & TCP_OPT_WSCALE) != 0) {
		p = put_nops(p, 1);
		p = put_option(p, KIND_WSCALE, LEN_WSCALE);
		*p++ = o->wscale;
	}
	if ((o->present & TCP_OPT_USER_TIMEOUT) != 0)
		p = put_user_timeout(p, o->user_timeout_s);
	if (fast_open > 0)
		p = put_fast_open(p, o);
	if (blocks > 0)
		p = put_sack(p, o, blocks);
	return accecn_len(o, (size_t)(p - first)) > 0 ? put_accecn(p, &o->accecn) : p;
}

/* Timestamps alone, or nothing. */
static uint8_t *put_plain_options(uint8_t *p, const struct tcp_options *o)
{
	return o->present != 0 ? put_timestamps(p, o) : p;
}

size_t tcp_header_build(const struct tcp_header *h, uint8_t *out)
{
	const struct tcp_options *o = &h->options;
	uint8_t *first = out + TCP_HEADER_MIN;
	const uint8_t *end = is_plain(o) ? put_plain_options(first, o) : put_options(first, o);
	size_t len = (size_t)(end - out);

	bytes_put16(out, h->src_port);
	bytes_put16(out + 2, h->dst_port);
	bytes_put32(out + 4, h->seq);
	bytes_put32(out + 8, h->ack);
	out[12] = (uint8_t)(len / 4 << 4 | h->flags >> 8);
	out[13] = (uint8_t)h->flags;
	bytes_put16(out + 14, h->window);
	bytes_put16(out + 16, 0);
	bytes_put16(out + 18, h->urgent);
	return len;
}

void tcp_header_set_checksum(uint8_t *built, uint16_t value)
{
	bytes_put16(built + 16, value);
}

void tcp_header_seal(uint8_t *packet, size_t tcp_at, size_t len)
{
	uint8_t *header = packet + tcp_at;
	struct checksum sum;

	tcp_header_set_checksum(header, 0);
	checksum_init(&sum);
	checksum_add_pseudo_header_of(&sum, packet, IP_PROTOCOL_TCP, (uint32_t)len);
	checksum_add(&sum, header, len);
	tcp_header_set_checksum(header, checksum_finish(&sum));
}
