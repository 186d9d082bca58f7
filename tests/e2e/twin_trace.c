/* SPDX-License-Identifier: BSD-3-Clause */

/* Captures made comparable.
 *
 * In: a pcap file of one connection. Out: its segments, relative to its initial
 * sequence numbers; a comparison of two such lists.
 *
 * It shares no code with the stack on purpose: a mistake in the stack's parser must
 * not hide itself here. */

#include "twin_trace.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* pcap's link types. */
#define PCAP_ETHERNET 1
#define PCAP_RAW_OLD 12
#define PCAP_RAW 101
#define PCAP_SNAPLEN_MAX 262144

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10
#define FLAG_URG 0x20

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2

/* A TCP segment as captured, numbers in host byte order. */
struct raw_segment {
	uint64_t from, to; /* address and port in one number */
	uint32_t seq, ack;
	const uint8_t *options;
	unsigned options_len;
	uint32_t len;
	uint8_t flags;
};

/* What is known of the connection while its segments are read. */
struct reader {
	struct twin_trace *trace;
	uint64_t client, server; /* 0 until the SYN was seen */
	uint32_t isn[2];         /* of the client, of the server */
	bool swapped;            /* the file has the other byte order */
	uint32_t link_type;
};

static int fail(struct twin_trace *trace, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(trace->error, sizeof(trace->error), format, args);
	va_end(args);
	return -1;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* ---- one segment -------------------------------------------------------- */

static int read_options(
	struct reader *reader, const struct raw_segment *raw, struct twin_segment *segment)
{
	unsigned at = 0, size;

	while (at < raw->options_len && raw->options[at] != OPTION_END) {
		uint8_t kind = raw->options[at];

		segment->kinds[segment->n_kinds++] = kind;
		size = kind == OPTION_NOP          ? 1
		       : at + 1 < raw->options_len ? raw->options[at + 1]
						   : 0;
		if (size == 0 || at + size > raw->options_len)
			return fail(reader->trace, "option %u has an impossible length", kind);
		if (kind == OPTION_MSS && size == 4)
			segment->mss = get16(raw->options + at + 2);
		at += size;
	}
	return 0;
}

/* Learns who is who from the SYN and the SYN-ACK. */
static int read_numbers(struct reader *reader, const struct raw_segment *raw)
{
	if (reader->client == 0) {
		if ((raw->flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
			return fail(reader->trace, "the first segment is no SYN");
		reader->client = raw->from;
		reader->server = raw->to;
	}
	if (!(raw->from == reader->client && raw->to == reader->server) &&
		!(raw->from == reader->server && raw->to == reader->client))
		return fail(reader->trace, "there is a second connection");
	if (raw->flags & FLAG_SYN)
		reader->isn[raw->from == reader->server] = raw->seq;
	return 0;
}

static int add_segment(struct reader *reader, const struct raw_segment *raw)
{
	struct twin_trace *trace = reader->trace;
	struct twin_segment segment = {.flags = raw->flags, .len = raw->len}, *grown;

	if (read_numbers(reader, raw) < 0 || read_options(reader, raw, &segment) < 0)
		return -1;
	segment.from_server = raw->from == reader->server;
	segment.seq = raw->seq - reader->isn[segment.from_server];
	segment.ack = raw->ack - (raw->flags & FLAG_ACK ? reader->isn[!segment.from_server] : 0);
	grown = realloc(trace->segments, (trace->n + 1) * sizeof(segment));
	if (!grown)
		return fail(trace, "no memory");
	trace->segments = grown;
	trace->segments[trace->n++] = segment;
	return 0;
}

/* The TCP segment between tcp and the packet's end, both offsets from ip. */
static int read_tcp(struct reader *reader, const uint8_t *ip, size_t at, size_t total)
{
	bool ipv6 = ip[0] >> 4 == 6;
	const uint8_t *tcp = ip + at;
	/* Of an IPv6 address the last four octets: there are but two. */
	uint64_t from = get32(ipv6 ? ip + 20 : ip + 12), to = get32(ipv6 ? ip + 36 : ip + 16);
	struct raw_segment raw = {.from = from << 16 | get16(tcp),
		.to = to << 16 | get16(tcp + 2),
		.seq = get32(tcp + 4),
		.ack = get32(tcp + 8),
		.options = tcp + 20,
		.flags = tcp[13]};

	if ((tcp[12] >> 4) < 5 || at + (size_t)(tcp[12] >> 4) * 4 > total)
		return fail(reader->trace, "a data offset is impossible");
	raw.options_len = (unsigned)(tcp[12] >> 4) * 4 - 20;
	raw.len = (uint32_t)(total - at - 20 - raw.options_len);
	return add_segment(reader, &raw);
}

/* An IP packet of len bytes; others than TCP right behind the header are left out. */
static int read_packet(struct reader *reader, const uint8_t *ip, size_t len)
{
	size_t header_len, total;

	if (len >= 40 && ip[0] >> 4 == 6 && ip[6] == IPPROTO_TCP) {
		header_len = 40;
		total = header_len + get16(ip + 4);
	} else if (len >= 20 && ip[0] >> 4 == 4 && ip[9] == IPPROTO_TCP) {
		header_len = (size_t)(ip[0] & 15) * 4;
		total = get16(ip + 2);
	} else {
		return 0;
	}
	if (total > len || total < header_len + 20)
		return fail(reader->trace, "a packet is cut short");
	return read_tcp(reader, ip, header_len, total);
}

/* ---- the file ------------------------------------------------------------ */

static uint32_t field(const struct reader *reader, const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return reader->swapped ? __builtin_bswap32(value) : value;
}

static int read_header(struct reader *reader, FILE *pcap)
{
	static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d}; /* µs, ns */
	uint8_t header[24];
	uint32_t magic;

	if (fread(header, sizeof(header), 1, pcap) != 1)
		return fail(reader->trace, "no pcap header");
	memcpy(&magic, header, sizeof(magic));
	reader->swapped = magic != magics[0] && magic != magics[1];
	magic = field(reader, header);
	reader->link_type = field(reader, header + 20);
	if (magic != magics[0] && magic != magics[1])
		return fail(reader->trace, "not a pcap file");
	if (reader->link_type != PCAP_ETHERNET && reader->link_type != PCAP_RAW &&
		reader->link_type != PCAP_RAW_OLD)
		return fail(reader->trace, "link type %u", reader->link_type);
	return 0;
}

static int read_frame(struct reader *reader, const uint8_t *frame, size_t len)
{
	if (reader->link_type != PCAP_ETHERNET)
		return read_packet(reader, frame, len);
	/* IPv4's type, and IPv6's */
	if (len < 14 || (get16(frame + 12) != 0x0800 && get16(frame + 12) != 0x86dd))
		return 0;
	return read_packet(reader, frame + 14, len - 14);
}

static int read_frames(struct reader *reader, FILE *pcap)
{
	uint8_t header[16];
	int result = 0;

	while (result == 0 && fread(header, sizeof(header), 1, pcap) == 1) {
		uint32_t len = field(reader, header + 8);
		uint8_t *frame = len <= PCAP_SNAPLEN_MAX ? malloc(len + 1) : NULL;

		if (!frame || fread(frame, 1, len, pcap) != len)
			result = fail(reader->trace, "the file is cut short");
		else
			result = read_frame(reader, frame, len);
		free(frame);
	}
	return result;
}

int twin_trace_read(struct twin_trace *trace, FILE *pcap)
{
	struct reader reader = {.trace = trace};

	*trace = (struct twin_trace){0};
	if (read_header(&reader, pcap) < 0 || read_frames(&reader, pcap) < 0)
		return -1;
	return trace->n > 0 ? 0 : fail(trace, "no TCP segment");
}

void twin_trace_free(struct twin_trace *trace)
{
	free(trace->segments);
	trace->segments = NULL;
	trace->n = 0;
}

/* ---- what may differ ------------------------------------------------------ */

static bool is_pure_ack(const struct twin_segment *segment)
{
	return segment->flags == FLAG_ACK && segment->len == 0;
}

void twin_trace_drop_idle_acks(struct twin_trace *trace)
{
	uint32_t acked[2] = {0, 0}; /* highest so far; one connection does not wrap here */
	size_t kept = 0;

	for (size_t i = 0; i < trace->n; i++) {
		const struct twin_segment *segment = &trace->segments[i];
		uint32_t *highest = &acked[segment->from_server];

		if (is_pure_ack(segment) && segment->ack <= *highest)
			continue;
		if (segment->ack > *highest)
			*highest = segment->ack;
		trace->segments[kept++] = *segment;
	}
	trace->n = kept;
}

void twin_trace_drop_early_acks(struct twin_trace *trace)
{
	size_t kept = 0;

	for (size_t i = 0; i < trace->n; i++) {
		const struct twin_segment *segment = &trace->segments[i];
		const struct twin_segment *next = i + 1 < trace->n ? segment + 1 : NULL;

		if (is_pure_ack(segment) && segment->from_server && next && next->from_server &&
			next->len > 0 && next->ack == segment->ack && next->seq == segment->seq)
			continue;
		trace->segments[kept++] = *segment;
	}
	trace->n = kept;
}

/* The number behind the server's last byte of text. */
static uint32_t end_of_text(const struct twin_trace *trace)
{
	uint32_t end = 1;

	for (size_t i = 0; i < trace->n; i++) {
		const struct twin_segment *segment = &trace->segments[i];

		if (segment->from_server && segment->len > 0 && segment->seq + segment->len > end)
			end = segment->seq + segment->len;
	}
	return end;
}

/* Whether a later segment of the client acknowledges the same. */
static bool is_said_again(const struct twin_trace *trace, size_t i)
{
	uint32_t ack = trace->segments[i].ack;

	while (++i < trace->n) {
		if (!trace->segments[i].from_server && trace->segments[i].ack == ack)
			return true;
	}
	return false;
}

void twin_trace_drop_text_acks(struct twin_trace *trace)
{
	uint32_t end = end_of_text(trace);
	size_t kept = 0;

	for (size_t i = 0; i < trace->n; i++) {
		const struct twin_segment *segment = &trace->segments[i];

		if (is_pure_ack(segment) && !segment->from_server && segment->ack > 1 &&
			(segment->ack <= end || is_said_again(trace, i)))
			continue;
		trace->segments[kept++] = *segment;
	}
	trace->n = kept;
}

void twin_trace_clear_inner_pushes(struct twin_trace *trace)
{
	uint32_t end = end_of_text(trace);

	for (size_t i = 0; i < trace->n; i++) {
		struct twin_segment *segment = &trace->segments[i];

		if (segment->from_server && segment->len > 0 && segment->seq + segment->len < end)
			segment->flags &= (uint8_t)~FLAG_PSH;
	}
}

/* ---- comparing ------------------------------------------------------------- */

bool twin_segment_equal(const struct twin_segment *a, const struct twin_segment *b)
{
	return a->from_server == b->from_server && a->flags == b->flags && a->seq == b->seq &&
	       a->ack == b->ack && a->len == b->len && a->mss == b->mss &&
	       a->n_kinds == b->n_kinds && memcmp(a->kinds, b->kinds, a->n_kinds) == 0;
}

static void format_flags(uint8_t flags, char text[9])
{
	static const char letters[] = "FSRP.UEW";

	for (int bit = 0; bit < 8; bit++) {
		if (flags & 1u << bit)
			*text++ = letters[bit];
	}
	*text = '\0';
}

static void format_options(const struct twin_segment *segment, char *text, size_t size)
{
	static const char *const names[] = {
		"end", "nop", "mss", "wscale", "sackOK", "sack", "6", "7", "ts"};
	int at = snprintf(text, size, "<");

	for (unsigned i = 0; i < segment->n_kinds && at < (int)size; i++) {
		uint8_t kind = segment->kinds[i];

		at += snprintf(text + at, size - (size_t)at, i ? " " : "");
		if (at < (int)size && kind == OPTION_MSS)
			at += snprintf(text + at, size - (size_t)at, "mss %u", segment->mss);
		else if (at < (int)size && kind < sizeof(names) / sizeof(names[0]))
			at += snprintf(text + at, size - (size_t)at, "%s", names[kind]);
		else if (at < (int)size)
			at += snprintf(text + at, size - (size_t)at, "%u", kind);
	}
	if (at < (int)size)
		snprintf(text + at, size - (size_t)at, ">");
}

char *twin_segment_format(const struct twin_segment *segment, char *text, size_t size)
{
	char flags[9], options[224] = "", ack[24] = "";

	format_flags(segment->flags, flags);
	if (segment->n_kinds > 0)
		format_options(segment, options, sizeof(options));
	if ((segment->flags & FLAG_ACK) || segment->ack != 0)
		snprintf(ack, sizeof(ack), " ack %u", segment->ack);
	snprintf(text, size, "%s  %-2s %u:%u(%u)%s %s", segment->from_server ? "S > C" : "C > S",
		flags, segment->seq, segment->seq + segment->len, segment->len, ack, options);
	return text;
}

size_t twin_trace_compare(const struct twin_trace *left, const struct twin_trace *right, FILE *out)
{
	size_t rows = left->n > right->n ? left->n : right->n, differing = 0;
	char text[TWIN_TEXT];

	for (size_t i = 0; i < rows; i++) {
		const struct twin_segment *a = i < left->n ? &left->segments[i] : NULL;
		const struct twin_segment *b = i < right->n ? &right->segments[i] : NULL;
		bool equal = a && b && twin_segment_equal(a, b);

		fprintf(out, "%s %s\n", equal ? "=" : "<",
			a ? twin_segment_format(a, text, sizeof(text)) : "(nothing)");
		if (!equal)
			fprintf(out, "> %s\n",
				b ? twin_segment_format(b, text, sizeof(text)) : "(nothing)");
		differing += !equal;
	}
	return differing;
}
