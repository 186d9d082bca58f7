/* SPDX-License-Identifier: BSD-3-Clause */

/* What the link emulator says as a router: that a packet is too big for the path, or, by a mark,
 * that a queue is full. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impair_link_bench.h"
#include "wire/address.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"

/* The ICMP error that came to the stack or went out below, checked: a whole packet, sums
 * right, that quotes the one that was too big. */
static struct icmp_message read_error(
	const uint8_t *bytes, size_t len, uint32_t src, struct ipv4_header *ip)
{
	struct icmp_ends ends = {&ip->src, &ip->dst};
	struct icmp_message m;
	struct icmp_quote quote;
	struct evtcp_addr from;

	assert_int_equal(ipv4_header_parse(ip, bytes, len), EVTCP_CAUSE_NONE);
	assert_true(ipv4_header_is_intact(bytes, ip->header_len));
	assert_int_equal(ip->total_len, len);
	assert_int_equal(ip->protocol, IP_PROTOCOL_ICMP);
	assert_int_equal(icmp_parse(&m, &ends, bytes + ip->header_len, len - ip->header_len),
		EVTCP_CAUSE_NONE);
	assert_int_equal(m.type, ICMP_UNREACHABLE);
	assert_int_equal(m.code, ICMP_FRAGMENTATION_NEEDED);
	assert_int_equal(icmp_quote_parse(&quote, m.body, m.body_len), EVTCP_CAUSE_NONE);
	assert_int_equal(quote.protocol, IP_PROTOCOL_TCP);
	address_from_ipv4(&from, src);
	assert_memory_equal(&ip->src, &from, sizeof(from));
	assert_memory_equal(&quote.dst, &from, sizeof(from));
	assert_memory_equal(&quote.src, &ip->dst, sizeof(from));
	return m;
}

/* RFC 1191 4: the next-hop MTU stands in the low half of the fourth to seventh byte. */
static void the_sender_of_what_is_too_big_is_told_the_mtu(void **state)
{
	struct bench bench;
	struct ipv4_header ip;
	struct memory_packet *answer;

	(void)state;
	bench_open(&bench, "mtu=1000,rx.delay=3ms");
	bench_send(&bench, 960);
	assert_int_equal(bench_sent(&bench), 1);
	memory_link_drop(bench.memory, memory_link_pop(bench.memory));
	bench_send(&bench, 961);
	assert_int_equal(bench_sent(&bench), 0);
	assert_int_equal(bench.received, 0); /* never from within output */
	bench.now += 3 * MS;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench.received, 1);
	assert_int_equal(bench.ended, 1);
	assert_int_equal(read_error(bench.came, bench.came_len, 0x0a000001, &ip).rest, 1000);
	assert_string_equal(bench.told, "out:data/none lost-out:data/impair_too_big "
					"in:accepted/none ");

	assert_int_equal(bench_receive(&bench, 961), EVTCP_CAUSE_IMPAIR_TOO_BIG);
	evtcp_impair_run(bench.impair);
	answer = memory_link_pop(bench.memory);
	assert_non_null(answer);
	assert_int_equal(answer->reason.cause, EVTCP_CAUSE_IMPAIR_TOLD_MTU);
	assert_int_equal(read_error(answer->bytes, answer->len, 0x0a000002, &ip).rest, 1000);
	memory_link_drop(bench.memory, answer);
	bench_close(&bench);
}

static void a_silent_path_tells_nobody(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "mtu=1000/silent");
	bench_send(&bench, 961);
	bench_receive(&bench, 961);
	assert_int_equal(bench_sent(&bench) + bench.received, 0);
	assert_true(evtcp_impair_next_deadline(bench.impair) == UINT64_MAX);
	bench_close(&bench);
}

static void send_bytes(struct bench *bench, uint8_t *bytes, size_t len)
{
	struct iovec iov = {bytes, len};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = len, .at_us = bench->now};

	assert_int_equal(evtcp_link_output(bench->link, &packet), 0);
	evtcp_impair_run(bench->impair);
}

/* RFC 1122 3.2.2 rule 4, RFC 792: no error about an error, a later fragment, or what a router may
 * fragment. */
static void some_packets_are_answered_by_nobody(void **state)
{
	uint8_t bytes[600] = {0x45, 0, 600 >> 8, 600 & 255, 0, 0, 0x40, 0, 64, 1};
	struct bench bench;

	(void)state;
	bench_open(&bench, "mtu=500");
	bytes[20] = ICMP_ECHO_REQUEST;
	send_bytes(&bench, bytes, sizeof(bytes));
	assert_int_equal(bench.received, 1);
	bytes[20] = ICMP_TIME_EXCEEDED;
	send_bytes(&bench, bytes, sizeof(bytes));
	bytes[20] = ICMP_ECHO_REQUEST;
	bytes[6] = 0; /* may be fragmented */
	send_bytes(&bench, bytes, sizeof(bytes));
	bytes[6] = 0x40;
	bytes[7] = 1; /* a later fragment */
	send_bytes(&bench, bytes, sizeof(bytes));
	bytes[7] = 0;
	bytes[0] = 0x75; /* no IP */
	send_bytes(&bench, bytes, sizeof(bytes));
	assert_int_equal(bench.received, 1);
	assert_int_equal(
		evtcp_impair_get_counter(bench.impair, EVTCP_IMPAIR_TX, EVTCP_CAUSE_IMPAIR_TOO_BIG),
		5);
	bench_close(&bench);
}

/* RFC 4443 3.2, 2.4 (c): as much of the packet as 1,280 bytes hold. */
static void over_ipv6_the_answer_is_packet_too_big(void **state)
{
	uint8_t bytes[1500] = {0x60, 0, 0, 0, 1460 >> 8, 1460 & 255, 6, 64};
	uint8_t pseudo[40] = {0};
	struct bench bench;
	uint32_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		bytes[8 + i] = (uint8_t)(i + 1);
	bench_open(&bench, "mtu=1300");
	send_bytes(&bench, bytes, sizeof(bytes));
	assert_int_equal(bench.came_len, 1280);
	assert_int_equal(bench.came[6], 58);
	assert_memory_equal(bench.came + 8, bytes + 24, 16);
	assert_memory_equal(bench.came + 24, bytes + 8, 16);
	assert_int_equal(bench.came[40], 2);
	assert_int_equal(bench.came[46] << 8 | bench.came[47], 1300);
	assert_memory_equal(bench.came + 48, bytes, 1232);
	memcpy(pseudo, bench.came + 8, 32);
	test_put32(pseudo + 32, 1240);
	pseudo[39] = 58;
	sum = (uint16_t)~test_checksum(pseudo, 40);
	sum += (uint16_t)~test_checksum(bench.came + 40, 1240);
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	bytes[6] = 58; /* about an ICMPv6 error there is no error */
	bytes[40] = 1;
	send_bytes(&bench, bytes, sizeof(bytes));
	assert_int_equal(bench.received, 1);
	bench_close(&bench);
}

/* RFC 8200 7: the ECN field of IPv6. */
static void over_ipv6_a_full_queue_marks_too(void **state)
{
	uint8_t bytes[1000] = {0x60, 0x20, 0, 0, 960 >> 8, 960 & 255, 6, 64};
	struct memory_packet *last = NULL, *packet;
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=1,ecn");
	for (unsigned n = 0; n < 3; n++)
		send_bytes(&bench, bytes, sizeof(bytes));
	bench.now += 3 * MS;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 3);
	while ((packet = memory_link_pop(bench.memory))) {
		memory_link_drop(bench.memory, last);
		last = packet;
	}
	assert_int_equal(last->bytes[1], 0x30);
	memory_link_drop(bench.memory, last);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sender_of_what_is_too_big_is_told_the_mtu),
		cmocka_unit_test(a_silent_path_tells_nobody),
		cmocka_unit_test(some_packets_are_answered_by_nobody),
		cmocka_unit_test(over_ipv6_the_answer_is_packet_too_big),
		cmocka_unit_test(over_ipv6_a_full_queue_marks_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
