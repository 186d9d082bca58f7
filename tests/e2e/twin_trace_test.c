/* SPDX-License-Identifier: BSD-3-Clause */

/* The comparison of captures, on captures made by hand: equal ones are equal whatever
 * chance decided, and each single difference is seen. */

#include "twin_trace.h"

#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* A segment to be written into a capture. */
struct line {
	char from; /* 'C' or 'S' */
	uint8_t flags;
	uint32_t seq, ack; /* relative */
	uint16_t len;
	const char *options; /* raw bytes, NULL for none; a multiple of 4 */
	uint8_t options_len;
};

#define FIN 1
#define SYN 2
#define PSH 8
#define ACK 16
#define SYN_OPTIONS "\2\4\5\xb4\4\2\10\12\1\2\3\4\0\0\0\0\1\3\3\7", 20
#define OPTIONS "\1\1\10\12\1\2\3\4\5\6\7\10", 12

/* The exchange of the twin test, the client closing first. */
static const struct line usual[] = {
	{'C', SYN, 0, 0, 0, SYN_OPTIONS},
	{'S', SYN | ACK, 0, 1, 0, SYN_OPTIONS},
	{'C', ACK, 1, 1, 0, OPTIONS},
	{'C', PSH | ACK, 1, 1, 72, OPTIONS},
	{'S', ACK, 1, 73, 0, OPTIONS},
	{'S', PSH | ACK, 1, 73, 140, OPTIONS},
	{'C', ACK, 73, 141, 0, OPTIONS},
	{'C', FIN | ACK, 73, 141, 0, OPTIONS},
	{'S', FIN | ACK, 141, 74, 0, OPTIONS},
	{'C', ACK, 74, 142, 0, OPTIONS},
};
#define USUAL (sizeof(usual) / sizeof(usual[0]))

/* What chance decides about a capture. */
struct chance {
	uint32_t isn[2]; /* client, server */
	uint16_t port;
	uint32_t link_type;
	bool swapped, ipv6;
};

static const struct chance first = {{1000, 2000}, 40000, 101, false, false};
static const struct chance second = {{0xfffffff0, 0x7fffffff}, 40001, 1, true, true};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static void write32(FILE *pcap, const struct chance *chance, uint32_t value)
{
	if (chance->swapped)
		value = __builtin_bswap32(value);
	fwrite(&value, 4, 1, pcap);
}

static void write_line(FILE *pcap, const struct chance *chance, const struct line *line)
{
	uint32_t ip_len = chance->ipv6 ? 40 : 20;
	uint8_t frame[14 + 40 + 60 + 1500] = {0}, *ip = frame + 14, *tcp = ip + ip_len;
	bool server = line->from == 'S';
	uint32_t len = ip_len + 20u + line->options_len + line->len;
	size_t skip = chance->link_type == 1 ? 0 : 14;

	put16(frame + 12, chance->ipv6 ? 0x86dd : 0x0800);
	ip[0] = chance->ipv6 ? 0x60 : 0x45;
	put16(chance->ipv6 ? ip + 4 : ip + 2, chance->ipv6 ? len - ip_len : len);
	ip[chance->ipv6 ? 6 : 9] = 6;
	put32(ip + ip_len - (chance->ipv6 ? 20 : 8), server ? 2 : 1);
	put32(ip + ip_len - 4, server ? 1 : 2);
	put16(tcp, server ? 80 : chance->port);
	put16(tcp + 2, server ? chance->port : 80);
	put32(tcp + 4, line->seq + chance->isn[server]);
	put32(tcp + 8, line->flags & ACK ? line->ack + chance->isn[!server] : 0);
	tcp[12] = (uint8_t)((5 + line->options_len / 4) << 4);
	tcp[13] = line->flags;
	if (line->options_len > 0)
		memcpy(tcp + 20, line->options, line->options_len);
	write32(pcap, chance, 7); /* time */
	write32(pcap, chance, 8);
	write32(pcap, chance, len + 14 - (uint32_t)skip);
	write32(pcap, chance, len + 14 - (uint32_t)skip);
	fwrite(frame + skip, len + 14 - skip, 1, pcap);
}

static FILE *open_capture(const struct chance *chance)
{
	FILE *pcap = tmpfile();

	assert_non_null(pcap);
	write32(pcap, chance, 0xa1b2c3d4);
	for (int i = 0; i < 4; i++)
		write32(pcap, chance, 0);
	write32(pcap, chance, chance->link_type);
	return pcap;
}

static struct twin_trace read_capture(FILE *pcap)
{
	struct twin_trace trace;

	rewind(pcap);
	twin_trace_read(&trace, pcap);
	fclose(pcap);
	return trace;
}

static struct twin_trace capture_of(const struct chance *chance, const struct line *lines, size_t n)
{
	FILE *pcap = open_capture(chance);

	for (size_t i = 0; i < n; i++)
		write_line(pcap, chance, &lines[i]);
	return read_capture(pcap);
}

/* How many segments differ between the usual exchange and these lines. */
static size_t differences(const struct line *lines, size_t n)
{
	struct twin_trace left = capture_of(&first, usual, USUAL);
	struct twin_trace right = capture_of(&second, lines, n);
	FILE *nowhere = fopen("/dev/null", "w");
	size_t differing;

	assert_string_equal(left.error, "");
	assert_string_equal(right.error, "");
	twin_trace_drop_idle_acks(&left);
	twin_trace_drop_early_acks(&left);
	twin_trace_drop_idle_acks(&right);
	twin_trace_drop_early_acks(&right);
	differing = twin_trace_compare(&left, &right, nowhere);
	fclose(nowhere);
	twin_trace_free(&left);
	twin_trace_free(&right);
	return differing;
}

static void what_chance_decides_makes_no_difference(void **state)
{
	(void)state;
	assert_int_equal(differences(usual, USUAL), 0);
}

static void a_segment_is_written_as_tcpdump_would(void **state)
{
	struct twin_trace trace = capture_of(&first, usual, USUAL);
	char text[TWIN_TEXT];

	(void)state;
	assert_int_equal(trace.n, USUAL);
	assert_string_equal(twin_segment_format(&trace.segments[0], text, sizeof(text)),
		"C > S  S  0:0(0) <mss 1460 sackOK ts nop wscale>");
	assert_string_equal(twin_segment_format(&trace.segments[5], text, sizeof(text)),
		"S > C  P. 1:141(140) ack 73 <nop nop ts>");
	assert_string_equal(twin_segment_format(&trace.segments[8], text, sizeof(text)),
		"S > C  F. 141:141(0) ack 74 <nop nop ts>");
	twin_trace_free(&trace);
}

/* Every field of every segment, changed alone. */
static void each_single_change_is_a_difference(void **state)
{
	struct line lines[USUAL];

	(void)state;
	for (size_t i = 0; i < USUAL; i++) {
		if (i == 4)
			continue; /* the ACK that may be there or not */
		memcpy(lines, usual, sizeof(lines));
		lines[i].flags ^= PSH;
		assert_int_not_equal(differences(lines, USUAL), 0);
		memcpy(lines, usual, sizeof(lines));
		lines[i].len++;
		assert_int_not_equal(differences(lines, USUAL), 0);
		memcpy(lines, usual, sizeof(lines));
		lines[i].options_len -= 4;
		if (i > 1) /* the SYNs' options would end in the middle of one */
			lines[i].options_len = 0;
		assert_int_not_equal(differences(lines, USUAL), 0);
	}
}

static void swapped_options_of_a_syn_ack_are_a_difference(void **state)
{
	struct line lines[USUAL];

	(void)state;
	memcpy(lines, usual, sizeof(lines));
	lines[1].options = "\2\4\5\xb4\10\12\1\2\3\4\0\0\0\0\4\2\1\3\3\7";
	assert_int_equal(differences(lines, USUAL), 1);
	lines[1].options = "\2\4\5\xb3\4\2\10\12\1\2\3\4\0\0\0\0\1\3\3\7"; /* MSS 1459 */
	assert_int_equal(differences(lines, USUAL), 1);
	lines[1].options = "\2\4\5\xb4\4\2\10\12\1\2\3\4\0\0\0\0\1\3\3\2"; /* another shift */
	assert_int_equal(differences(lines, USUAL), 0);
}

static void a_fin_merged_with_the_data_is_a_difference(void **state)
{
	static const struct line lines[] = {
		{'C', SYN, 0, 0, 0, SYN_OPTIONS},
		{'S', SYN | ACK, 0, 1, 0, SYN_OPTIONS},
		{'C', ACK, 1, 1, 0, OPTIONS},
		{'C', PSH | ACK, 1, 1, 72, OPTIONS},
		{'S', FIN | PSH | ACK, 1, 73, 140, OPTIONS},
		{'C', FIN | ACK, 73, 142, 0, OPTIONS},
		{'S', ACK, 142, 74, 0, OPTIONS},
	};

	(void)state;
	assert_int_not_equal(differences(lines, sizeof(lines) / sizeof(lines[0])), 0);
}

static void acks_that_say_nothing_new_make_none(void **state)
{
	struct line lines[USUAL + 2];

	(void)state;
	/* Without the server's early ACK, and with two idle ones of the client. */
	memcpy(lines, usual, 4 * sizeof(lines[0]));
	memcpy(lines + 4, usual + 5, 2 * sizeof(lines[0]));
	lines[6] = lines[7] = usual[6];
	memcpy(lines + 8, usual + 7, 3 * sizeof(lines[0]));
	assert_int_equal(differences(lines, USUAL + 1), 0);
	/* But an ACK that is missing where it said something is one. */
	memcpy(lines, usual, sizeof(usual));
	assert_int_not_equal(differences(lines, USUAL - 1), 0);
}

static void an_early_ack_counts_where_no_data_follows(void **state)
{
	struct line lines[USUAL + 1];

	(void)state;
	/* The client's FIN acknowledged alone, before the server's own. */
	memcpy(lines, usual, 8 * sizeof(lines[0]));
	lines[8] = (struct line){'S', ACK, 141, 74, 0, OPTIONS};
	memcpy(lines + 9, usual + 8, 2 * sizeof(lines[0]));
	assert_int_not_equal(differences(lines, USUAL + 1), 0);
}

/* An answer of three segments, the server closing first. */
static const struct line answer[] = {
	{'C', SYN, 0, 0, 0, SYN_OPTIONS},
	{'S', SYN | ACK, 0, 1, 0, SYN_OPTIONS},
	{'C', ACK, 1, 1, 0, OPTIONS},
	{'C', PSH | ACK, 1, 1, 72, OPTIONS},
	{'S', ACK, 1, 73, 1400, OPTIONS},
	{'S', ACK, 1401, 73, 1400, OPTIONS},
	{'S', FIN | PSH | ACK, 2801, 73, 100, OPTIONS},
	{'C', ACK, 73, 2902, 0, OPTIONS},
};
#define ANSWER (sizeof(answer) / sizeof(answer[0]))

/* How many segments differ between two answers, as --long counts them. */
static size_t long_differences(const struct line *lines, size_t n)
{
	struct twin_trace traces[2] = {
		capture_of(&first, answer, ANSWER), capture_of(&second, lines, n)};
	FILE *nowhere = fopen("/dev/null", "w");
	size_t differing;

	for (int i = 0; i < 2; i++) {
		assert_string_equal(traces[i].error, "");
		twin_trace_drop_text_acks(&traces[i]);
		twin_trace_clear_inner_pushes(&traces[i]);
	}
	differing = twin_trace_compare(&traces[0], &traces[1], nowhere);
	fclose(nowhere);
	twin_trace_free(&traces[0]);
	twin_trace_free(&traces[1]);
	return differing;
}

static void acks_and_pushes_within_a_long_answer_make_no_difference(void **state)
{
	struct line lines[ANSWER + 1];

	(void)state;
	memcpy(lines, answer, 6 * sizeof(lines[0]));
	lines[4].flags |= PSH;
	lines[6] = (struct line){'C', ACK, 73, 2801, 0, OPTIONS};
	memcpy(lines + 7, answer + 6, 2 * sizeof(lines[0]));
	assert_int_equal(long_differences(lines, ANSWER + 1), 0);
}

static void all_else_of_a_long_answer_makes_one(void **state)
{
	struct line lines[ANSWER];

	(void)state;
	for (size_t i = 4; i < ANSWER; i++) {
		memcpy(lines, answer, sizeof(lines));
		lines[i].len++;
		assert_int_not_equal(long_differences(lines, ANSWER), 0);
		memcpy(lines, answer, sizeof(lines));
		lines[i].options_len = 0;
		assert_int_not_equal(long_differences(lines, ANSWER), 0);
		memcpy(lines, answer, sizeof(lines));
		lines[i].ack--;
		assert_int_not_equal(long_differences(lines, ANSWER), 0);
		memcpy(lines, answer, sizeof(lines));
		lines[i].flags ^= FIN;
		assert_int_not_equal(long_differences(lines, ANSWER), 0);
	}
	/* PSH on the last one, and the order. */
	memcpy(lines, answer, sizeof(lines));
	lines[6].flags &= (uint8_t)~PSH;
	assert_int_equal(long_differences(lines, ANSWER), 1);
	memcpy(lines, answer, sizeof(lines));
	lines[4] = answer[5];
	lines[5] = answer[4];
	assert_int_equal(long_differences(lines, ANSWER), 2);
}

static void captures_that_cannot_be_compared_are_refused(void **state)
{
	struct line lines[USUAL];
	struct chance other = first;
	struct twin_trace trace;
	FILE *pcap;

	(void)state;
	trace = capture_of(&first, usual, 0);
	assert_string_equal(trace.error, "no TCP segment");
	trace = capture_of(&first, usual + 1, 2);
	assert_string_equal(trace.error, "the first segment is no SYN");
	twin_trace_free(&trace);
	memcpy(lines, usual, sizeof(lines));
	lines[2].options = "\1\1\10\13\1\2\3\4\5\6\7\10";
	trace = capture_of(&first, lines, USUAL);
	assert_string_equal(trace.error, "option 8 has an impossible length");
	twin_trace_free(&trace);
	other.link_type = 113;
	trace = capture_of(&other, usual, USUAL);
	assert_string_equal(trace.error, "link type 113");
	other = first;
	other.port++;
	pcap = open_capture(&first);
	write_line(pcap, &first, &usual[0]);
	write_line(pcap, &other, &usual[0]);
	trace = read_capture(pcap);
	assert_string_equal(trace.error, "there is a second connection");
	twin_trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_chance_decides_makes_no_difference),
		cmocka_unit_test(a_segment_is_written_as_tcpdump_would),
		cmocka_unit_test(each_single_change_is_a_difference),
		cmocka_unit_test(swapped_options_of_a_syn_ack_are_a_difference),
		cmocka_unit_test(a_fin_merged_with_the_data_is_a_difference),
		cmocka_unit_test(acks_that_say_nothing_new_make_none),
		cmocka_unit_test(an_early_ack_counts_where_no_data_follows),
		cmocka_unit_test(acks_and_pushes_within_a_long_answer_make_no_difference),
		cmocka_unit_test(all_else_of_a_long_answer_makes_one),
		cmocka_unit_test(captures_that_cannot_be_compared_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
