/* SPDX-License-Identifier: BSD-3-Clause */

/* One packet of many segments becomes many of one: each is held against one that the test
 * writes and sums up octet by octet. */

#include "link/segments.h"
#include "test_packet.h"

#include <errno.h>
#include <stdlib.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { ECE = 0x40, CWR = 0x80, PARTS_MAX = 64, PART_MAX = 1600 };

/* What came out, as octets. */
struct parts {
	unsigned n;
	size_t len[PARTS_MAX];
	uint8_t bytes[PARTS_MAX][PART_MAX];
	enum evtcp_cause cause; /* of the last */
	int refuse_at, error;   /* the n-th is refused with this */
};

static int parts_add(void *arg, struct evtcp_packet *segment)
{
	struct parts *parts = arg;
	unsigned i = parts->n++;

	assert_true(i < PARTS_MAX && segment->len <= PART_MAX);
	assert_int_equal(segment->segment_len, 0);
	assert_false(segment->checksum_left);
	for (int k = 0; k < segment->iovcnt; k++) {
		memcpy(parts->bytes[i] + parts->len[i], segment->iov[k].iov_base,
			segment->iov[k].iov_len);
		parts->len[i] += segment->iov[k].iov_len;
	}
	assert_int_equal(parts->len[i], segment->len);
	parts->cause = segment->reason.cause;
	errno = parts->error;
	return parts->error != 0 && (int)i == parts->refuse_at ? -1 : 0;
}

/* ---- one that is cut up ------------------------------------------------------------------- */

static const uint8_t timestamps[] = {1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9};

enum { HEADERS = 20 + 20 + sizeof(timestamps), PAYLOAD_MAX = 5000 };

static uint8_t octet_at(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

/* A segment of len octets of the stream from offset on: as it ought to be. */
static size_t expected(uint8_t *octets, size_t offset, size_t len, uint8_t flags)
{
	struct test_packet p;
	struct test_segment segment = {.out = true,
		.flags = flags,
		.seq = UINT32_MAX - 1000 + (uint32_t)offset,
		.ack = 5,
		.window = 4,
		.options = timestamps,
		.options_len = sizeof(timestamps),
		.payload_len = len};

	test_packet_build(&p, &segment, 0, EVTCP_CAUSE_NONE);
	for (size_t i = 0; i < len; i++)
		p.bytes[HEADERS + i] = octet_at(offset + i);
	test_packet_seal(p.bytes, HEADERS + len);
	memcpy(octets, p.bytes, HEADERS + len);
	return HEADERS + len;
}

/* Cuts len octets of payload, in pieces of this size, into segments. */
static int cut(struct parts *parts, size_t len, size_t piece, uint16_t segment_len, uint8_t flags)
{
	static uint8_t octets[HEADERS + PAYLOAD_MAX];
	struct iovec iov[SEGMENTS_PIECES_MAX];
	struct evtcp_packet packet = {.iov = iov,
		.iovcnt = 1,
		.len = HEADERS + len,
		.segment_len = segment_len,
		.checksum_left = true,
		.reason = {.cause = EVTCP_CAUSE_DATA}};

	expected(octets, 0, 0, flags);
	test_put16(octets + 2, (uint32_t)packet.len);
	memset(octets + 36, 0xee, 2); /* whatever is there does not matter */
	for (size_t i = 0; i < len; i++)
		octets[HEADERS + i] = octet_at(i);
	iov[0] = (struct iovec){octets, HEADERS};
	for (size_t at = 0; at < len; at += piece)
		iov[packet.iovcnt++] =
			(struct iovec){octets + HEADERS + at, len - at < piece ? len - at : piece};
	return segments_each(&packet, parts_add, parts);
}

static void assert_part(
	const struct parts *parts, unsigned i, size_t offset, size_t len, uint8_t flags)
{
	uint8_t octets[PART_MAX];

	assert_int_equal(parts->len[i], expected(octets, offset, len, flags));
	assert_memory_equal(parts->bytes[i], octets, parts->len[i]);
}

static void each_segment_is_a_packet(void **state)
{
	static const size_t pieces[] = {100, 999, 1000, 1001, 5000};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct parts parts = {.n = 0};

		assert_int_equal(cut(&parts, 2500, pieces[i], 1000, TEST_ACK), 0);
		assert_int_equal(parts.n, 3);
		assert_part(&parts, 0, 0, 1000, TEST_ACK);
		assert_part(&parts, 1, 1000, 1000, TEST_ACK);
		assert_part(&parts, 2, 2000, 500, TEST_ACK);
		assert_int_equal(parts.cause, EVTCP_CAUSE_DATA);
	}
}

static void the_last_may_be_full(void **state)
{
	struct parts parts = {.n = 0};

	(void)state;
	assert_int_equal(cut(&parts, 3000, 700, 1500 - HEADERS, TEST_ACK), 0);
	assert_int_equal(parts.n, 3);
	memset(&parts, 0, sizeof(parts));
	assert_int_equal(cut(&parts, 2800, 700, 1400, TEST_ACK), 0);
	assert_int_equal(parts.n, 2);
	assert_part(&parts, 1, 1400, 1400, TEST_ACK);
}

/* PSH and FIN end the whole; RFC 3168 6.1.2: CWR is said once; ECE goes on. */
static void flags_go_where_they_belong(void **state)
{
	struct parts parts = {.n = 0};
	uint8_t flags = TEST_ACK | TEST_PSH | TEST_FIN | ECE | CWR;

	(void)state;
	assert_int_equal(cut(&parts, 300, 300, 100, flags), 0);
	assert_int_equal(parts.n, 3);
	assert_part(&parts, 0, 0, 100, TEST_ACK | ECE | CWR);
	assert_part(&parts, 1, 100, 100, TEST_ACK | ECE);
	assert_part(&parts, 2, 200, 100, TEST_ACK | ECE | TEST_PSH | TEST_FIN);
}

static void one_segment_gets_its_checksum(void **state)
{
	struct parts parts = {.n = 0};

	(void)state;
	assert_int_equal(cut(&parts, 700, 33, 0, TEST_ACK | TEST_PSH), 0);
	assert_int_equal(parts.n, 1);
	assert_part(&parts, 0, 0, 700, TEST_ACK | TEST_PSH);
	memset(&parts, 0, sizeof(parts));
	assert_int_equal(cut(&parts, 0, 1, 0, TEST_ACK), 0);
	assert_int_equal(parts.n, 1);
	assert_part(&parts, 0, 0, 0, TEST_ACK);
}

/* What is refused is lost; the others are sent. */
static void one_that_is_refused_stops_none(void **state)
{
	struct parts parts = {.refuse_at = 1, .error = ENOBUFS};

	(void)state;
	assert_int_equal(cut(&parts, 300, 300, 100, TEST_ACK), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(parts.n, 3);
}

/* ---- IPv6 ------------------------------------------------------------------------------- */

/* IPv6 with a destination options header, and TCP without options. */
enum { V6_TCP_AT = 48, V6_HEADERS = 68 };

static size_t v6_packet(uint8_t *octets, size_t offset, size_t len)
{
	uint8_t *tcp = octets + V6_TCP_AT;
	uint32_t pseudo;

	memset(octets, 0, V6_HEADERS);
	octets[0] = 0x60;
	test_put16(octets + 4, (uint32_t)(V6_HEADERS - 40 + len));
	octets[6] = 60; /* destination options, */
	octets[7] = 64;
	for (int i = 8; i < 40; i++)
		octets[i] = (uint8_t)i;
	octets[40] = 6; /* then TCP */
	octets[42] = 1; /* PadN */
	octets[43] = 4;
	test_put16(tcp, 80);
	test_put16(tcp + 2, 40000);
	test_put32(tcp + 4, 77 + (uint32_t)offset);
	tcp[12] = 5 << 4;
	tcp[13] = TEST_ACK;
	for (size_t i = 0; i < len; i++)
		octets[V6_HEADERS + i] = octet_at(offset + i);
	pseudo = test_packet_sum((uint32_t)(20 + len) + 6, octets + 8, 32);
	test_put16(tcp + 16, ~test_packet_sum(pseudo, tcp, 20 + len));
	return V6_HEADERS + len;
}

static void ipv6_is_cut_behind_its_extensions(void **state)
{
	static uint8_t octets[4000];
	uint8_t one[PART_MAX];
	struct parts parts = {.n = 0};
	struct iovec iov = {octets, v6_packet(octets, 0, 2100)};
	struct evtcp_packet packet = {
		.iov = &iov, .iovcnt = 1, .len = iov.iov_len, .segment_len = 1000};

	(void)state;
	assert_int_equal(segments_each(&packet, parts_add, &parts), 0);
	assert_int_equal(parts.n, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(parts.len[i], v6_packet(one, 1000 * i, i < 2 ? 1000 : 100));
		assert_memory_equal(parts.bytes[i], one, parts.len[i]);
	}
}

/* ---- what is no such packet ----------------------------------------------------------------- */

/* Whether a packet that expected() has written is cut up after one of its octets was changed, and
 * with so many octets of it in the first piece. */
static bool is_cut(size_t at, uint8_t octet, size_t first)
{
	static uint8_t octets[HEADERS + 1000];
	size_t len = expected(octets, 0, 1000, TEST_ACK);
	struct iovec iov[2] = {{octets, first}, {octets + first, len - first}};
	struct evtcp_packet packet = {.iov = iov, .iovcnt = 2, .len = len, .segment_len = 500};
	struct parts parts = {.n = 0};
	int result;

	octets[at] = octet;
	errno = 0;
	result = segments_each(&packet, parts_add, &parts);
	assert_true(result == 0 ? parts.n > 0 : parts.n == 0 && errno == EINVAL);
	return result == 0;
}

static void what_is_no_tcp_is_refused(void **state)
{
	(void)state;
	assert_true(is_cut(0, 0x45, HEADERS));
	assert_false(is_cut(0, 0x45, HEADERS - 1)); /* headers in two pieces */
	assert_false(is_cut(0, 0x45, 0));
	assert_false(is_cut(0, 0x55, HEADERS));  /* IP version 5 */
	assert_false(is_cut(0, 0x44, HEADERS));  /* a header of 16 octets */
	assert_false(is_cut(0, 0x4f, HEADERS));  /* longer than there is */
	assert_false(is_cut(9, 17, HEADERS));    /* UDP */
	assert_false(is_cut(6, 0x20, HEADERS));  /* a fragment */
	assert_false(is_cut(7, 1, HEADERS));     /* a later one */
	assert_false(is_cut(32, 0x40, HEADERS)); /* a TCP header of 16 octets */
	assert_false(is_cut(32, 0xf0, HEADERS)); /* longer than the first piece */
	assert_false(is_cut(2, 0xff, HEADERS));  /* more than came */
	assert_false(is_cut(2, 0, HEADERS));     /* shorter than its headers */
}

/* Octets behind the end that IP names are a link's padding, and no data. */
static void padding_is_cut_off(void **state)
{
	static uint8_t octets[HEADERS + 300];
	struct parts parts = {.n = 0};
	struct iovec iov = {octets, sizeof(octets)};
	struct evtcp_packet packet = {
		.iov = &iov, .iovcnt = 1, .len = sizeof(octets), .segment_len = 100};

	(void)state;
	expected(octets, 0, 150, TEST_ACK);
	assert_int_equal(segments_each(&packet, parts_add, &parts), 0);
	assert_int_equal(parts.n, 2);
	assert_part(&parts, 1, 100, 50, TEST_ACK);
}

static void too_many_pieces_are_refused(void **state)
{
	struct iovec iov[SEGMENTS_PIECES_MAX + 1] = {{0}};
	struct evtcp_packet packet = {
		.iov = iov, .iovcnt = SEGMENTS_PIECES_MAX + 1, .segment_len = 100};
	struct parts parts = {.n = 0};

	(void)state;
	assert_int_equal(segments_each(&packet, parts_add, &parts), -1);
	packet.iovcnt = 0;
	assert_int_equal(segments_each(&packet, parts_add, &parts), -1);
	assert_int_equal(parts.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_segment_is_a_packet),
		cmocka_unit_test(the_last_may_be_full),
		cmocka_unit_test(flags_go_where_they_belong),
		cmocka_unit_test(one_segment_gets_its_checksum),
		cmocka_unit_test(one_that_is_refused_stops_none),
		cmocka_unit_test(ipv6_is_cut_behind_its_extensions),
		cmocka_unit_test(what_is_no_tcp_is_refused),
		cmocka_unit_test(padding_is_cut_off),
		cmocka_unit_test(too_many_pieces_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
