/* SPDX-License-Identifier: BSD-3-Clause */

/* What each verb of the fault language does to segments, told as stories in virtual time:
 *
 *     "> . 1 1 500 72"     the client sends a segment: flags, sequence number, ACK, window, bytes
 *     "< P. 1 73 500 100"  the server does
 *     "= < P. 1 73 500 100 [cause]"   and this has reached the client, or ("= >") the stack;
 *                          the cause is what its observer is told was done to it
 *     "+ 500"              so many milliseconds pass
 *
 * Between two lines everything that comes out is expected in this order, and nothing else.
 * Flags are S F R P and '.' for ACK. What comes out must have right checksums unless "bad" is
 * said, and the payload that was sent unless "other" is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <evtcp/fault.h>
#include <stdio.h>
#include <stdlib.h>

#include "link/memory.h"
#include "test_packet.h"

enum { OUT_MAX = 64, OUT_TEXT = 96, MSS_AT = 42 };

/* Client's SYN with MSS 1460 and a window scale of 7, as the server's SYN-ACK has. */
static const uint8_t syn_options[] = {2, 4, 5, 180, 1, 3, 3, 7};

struct bench {
	uint64_t now_us;
	struct evtcp_world world;
	struct memory_link *memory;
	struct evtcp_link *link;
	struct evtcp_faults *faults;
	unsigned dropped;
	unsigned first, last; /* of what came out and was not yet expected */
	char out[OUT_MAX][OUT_TEXT];
};

static uint64_t bench_now(void *arg)
{
	return ((struct bench *)arg)->now_us;
}

/* ---- what comes out ------------------------------------------------------------------- */

static uint32_t get(const uint8_t *at, int octets)
{
	uint32_t value = 0;

	while (octets-- > 0)
		value = value << 8 | *at++;
	return value;
}

static bool is_sealed(const uint8_t *octets, size_t len)
{
	uint32_t pseudo = test_packet_sum((uint32_t)(len - 20) + 6, octets + 12, 8);

	return test_packet_sum(0, octets, 20) == 0xffff &&
	       test_packet_sum(pseudo, octets + 20, len - 20) == 0xffff;
}

static bool is_as_sent(const uint8_t *payload, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (payload[i] != 'x')
			return false;
	return true;
}

static void note(struct bench *bench, char to, const uint8_t *octets, size_t len, const char *fate)
{
	static const char names[] = "FSRP.";
	size_t header = 20 + (size_t)(octets[32] >> 4) * 4, n = 0;
	char flags[8] = "";

	assert_true(bench->last < OUT_MAX);
	for (size_t bit = 0; bit < sizeof(names) - 1; bit++)
		if (octets[33] >> bit & 1)
			flags[n++] = names[bit];
	n = (size_t)snprintf(bench->out[bench->last], OUT_TEXT, "= %c %s %u %u %u %zu", to, flags,
		get(octets + 24, 4), get(octets + 28, 4), get(octets + 34, 2), len - header);
	if (octets[33] & TEST_SYN && header > 40 && octets[40] == 2)
		n += (size_t)snprintf(bench->out[bench->last] + n, OUT_TEXT - n, " mss %u",
			get(octets + MSS_AT, 2));
	snprintf(bench->out[bench->last] + n, OUT_TEXT - n, "%s%s%s",
		is_sealed(octets, len) ? "" : " bad",
		is_as_sent(octets + header, len - header) ? "" : " other", fate);
	bench->last++;
}

static void bench_input(void *arg, struct evtcp_packet *packet)
{
	note(arg, '>', packet->iov[0].iov_base, packet->len, "");
	packet->reason.cause = EVTCP_CAUSE_ACCEPTED;
}

static void bench_batch_end(void *arg)
{
	(void)arg;
}

static void bench_failed(void *arg, int error)
{
	(void)arg;
	(void)error;
}

static void bench_dropped(void *arg, enum evtcp_cause cause)
{
	struct bench *bench = arg;

	assert_int_equal(cause, EVTCP_CAUSE_FAULT);
	bench->dropped++;
}

/* A tap below the fault link: what it says was done is in brackets, with the rule. */
static void bench_wire(void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	uint8_t octets[1600];
	size_t len = 0;
	char fate[48] = "";

	if (sighting != EVTCP_WIRE_OUT)
		return;
	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(octets + len, packet->iov[i].iov_base, packet->iov[i].iov_len);
		len += packet->iov[i].iov_len;
	}
	if (packet->fate != EVTCP_CAUSE_NONE) {
		assert_int_equal(packet->fate_rule, 1);
		snprintf(fate, sizeof(fate), " [%s]", evtcp_cause_name(packet->fate));
	}
	note(arg, '<', octets, len, fate);
}

/* ---- stories ------------------------------------------------------------------ */

static void bench_open(struct bench *bench, const char *text)
{
	struct evtcp_observer observer = {bench_wire, bench};
	struct evtcp_receiver receiver = {
		.input = bench_input,
		.batch_end = bench_batch_end,
		.failed = bench_failed,
		.dropped = bench_dropped,
		.arg = bench,
	};
	struct evtcp_fault_error error;
	struct evtcp_fault_config config = {.world = &bench->world};
	struct evtcp_link *lower;

	*bench = (struct bench){.now_us = 1000000, .world = *evtcp_world_system()};
	bench->world.now_us = bench_now;
	bench->world.arg = bench;
	config.script = evtcp_fault_parse(text, strlen(text), &bench->world, &error);
	if (!config.script)
		fail_msg("%s: column %u: %s", text, error.column, error.text);
	lower = memory_link_new(evtcp_world_system(), 1500, 100, &bench->memory);
	lower = evtcp_link_tap_new(lower, &observer);
	bench->link = evtcp_fault_link_new(lower, &config, &bench->faults);
	assert_non_null(bench->link);
	evtcp_link_set_receiver(bench->link, &receiver);
}

static uint16_t flags_of(const char *text)
{
	uint16_t flags = 0;

	for (; *text; text++)
		flags |= *text == 'S'   ? TEST_SYN
			 : *text == 'F' ? TEST_FIN
			 : *text == 'R' ? TEST_RST
			 : *text == 'P' ? TEST_PSH
					: TEST_ACK;
	return flags;
}

static void send_segment(struct bench *bench, const char *line)
{
	unsigned seq, ack, window, len;
	struct test_packet packet;
	struct test_segment segment = {.out = line[0] == '<'};
	char flags[8];

	assert_int_equal(sscanf(line + 1, " %7s %u %u %u %u", flags, &seq, &ack, &window, &len), 5);
	segment.flags = flags_of(flags);
	segment.seq = seq;
	segment.ack = ack;
	segment.window = (uint16_t)window;
	segment.payload_len = len;
	if (segment.flags & TEST_SYN) {
		segment.options = syn_options;
		segment.options_len = sizeof(syn_options);
	}
	test_packet_build(&packet, &segment, bench->now_us, EVTCP_CAUSE_DATA);
	memset(packet.bytes + packet.packet.len - len, 'x', len);
	test_packet_seal(packet.bytes, packet.packet.len);
	if (segment.out) {
		assert_int_equal(evtcp_link_output(bench->link, &packet.packet), 0);
		while (memory_link_len(bench->memory) > 0)
			memory_link_drop(bench->memory, memory_link_pop(bench->memory));
	} else {
		memory_link_inject(bench->memory, packet.bytes, packet.packet.len, bench->now_us);
		memory_link_end_batch(bench->memory);
	}
}

static void pass_time(struct bench *bench, uint64_t us)
{
	uint64_t until = bench->now_us + us, due;

	while ((due = evtcp_fault_next_deadline(bench->faults)) <= until) {
		bench->now_us = due > bench->now_us ? due : bench->now_us;
		evtcp_fault_run(bench->faults);
	}
	bench->now_us = until;
}

static void expect(struct bench *bench, const char *script, const char *line)
{
	if (bench->first == bench->last)
		fail_msg("%s: expected \"%s\", and nothing came", script, line);
	if (strcmp(bench->out[bench->first], line) != 0)
		fail_msg("%s: expected \"%s\", and \"%s\" came", script, line,
			bench->out[bench->first]);
	bench->first++;
}

static void tell_line(struct bench *bench, const char *script, const char *line)
{
	if (line[0] == '=') {
		expect(bench, script, line);
		return;
	}
	if (bench->first < bench->last)
		fail_msg("%s: before \"%s\" came \"%s\"", script, line, bench->out[bench->first]);
	bench->first = bench->last = 0;
	if (line[0] == '+')
		pass_time(bench, strtoull(line + 1, NULL, 10) * 1000);
	else
		send_segment(bench, line);
}

/* The story, to its end; the bench stays open. */
static void tell(struct bench *bench, const char *script, const char *const *lines)
{
	bench_open(bench, script);
	for (; *lines; lines++)
		tell_line(bench, script, *lines);
	if (bench->first < bench->last)
		fail_msg("%s: at the end came \"%s\"", script, bench->out[bench->first]);
}

#define TELL(script, ...) \
	do { \
		struct bench bench_; \
		tell(&bench_, script, (const char *const[]){__VA_ARGS__, NULL}); \
		evtcp_link_free(bench_.link); \
	} while (0)

/* A handshake, seen by nobody's rule. */
#define HANDSHAKE \
	"> S 100 0 1000 0", "= > S 100 0 1000 0 mss 1460", "< S. 500 101 2000 0", \
		"= < S. 500 101 2000 0 mss 1460", "> . 101 501 1000 0", "= > . 101 501 1000 0"

// clang-format off

static void delay_lets_others_overtake(void **state)
{
	(void)state;
	TELL("out data nth 1: delay 50ms", HANDSHAKE,
		"< . 501 101 2000 10",
		"< . 511 101 2000 10", "= < . 511 101 2000 10",
		"+ 49",
		"+ 1", "= < . 501 101 2000 10 [fault_held_back]");
	TELL("in data nth 1: delay 50ms", HANDSHAKE,
		"> . 101 501 1000 10",
		"> . 111 501 1000 10", "= > . 111 501 1000 10",
		"+ 50", "= > . 101 501 1000 10");
}

static void duplicate_brings_it_twice(void **state)
{
	(void)state;
	TELL("out data nth 2: duplicate", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 511 101 2000 10",
		"= < . 511 101 2000 10 [fault_duplicated]", "= < . 511 101 2000 10 [fault_duplicated]");
	TELL("in data nth 1: duplicate", HANDSHAKE,
		"> . 101 501 1000 10", "= > . 101 501 1000 10", "= > . 101 501 1000 10");
}

static void reorder_waits_for_so_many_or_a_second(void **state)
{
	(void)state;
	TELL("out data nth 1: reorder 2", HANDSHAKE,
		"< . 501 101 2000 10",
		"< . 511 101 2000 10", "= < . 511 101 2000 10",
		"> . 101 511 1000 0", "= > . 101 511 1000 0",   /* the other direction does not count */
		"< . 521 101 2000 10", "= < . 521 101 2000 10",
		"+ 0", "= < . 501 101 2000 10 [fault_held_back]");
	TELL("out data nth 1: reorder 2", HANDSHAKE,
		"< . 501 101 2000 10",
		"+ 999",
		"+ 1", "= < . 501 101 2000 10 [fault_held_back]");
}

static void corrupt_changes_one_thing_and_seals_it(void **state)
{
	(void)state;
	TELL("out data nth 1: corrupt payload", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10 other [fault_corrupted]",
		"< . 501 101 2000 10", "= < . 501 101 2000 10");
	TELL("out data nth 1: corrupt checksum", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10 bad [fault_corrupted]");
	TELL("out data nth 1: corrupt seq", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 100501 101 2000 10 [fault_corrupted]");
	TELL("out data nth 1: corrupt ack", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 100101 2000 10 [fault_corrupted]");
	TELL("in data nth 1: corrupt window", HANDSHAKE,
		"> . 101 501 1000 10", "= > . 101 501 64535 10");
	TELL("out ack nth 1: corrupt payload", HANDSHAKE,     /* there is none */
		"< . 501 101 2000 0", "= < . 501 101 2000 0");
}

static void truncate_cuts_the_packet_not_its_headers(void **state)
{
	(void)state;
	TELL("out data nth 1: truncate 4", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 4 bad [fault_truncated]",
		"< . 511 101 2000 10", "= < . 511 101 2000 10");
	TELL("out data nth 1: truncate 10", HANDSHAKE,        /* there is no more than that */
		"< . 501 101 2000 10", "= < . 501 101 2000 10");
}

static void reset_is_right_for_both_ends_and_ends_it(void **state)
{
	(void)state;
	TELL("out data nth 2: reset", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 511 101 2000 10", "= < R. 511 101 0 0",
		"< . 521 101 2000 10",                        /* sent before the stack knows */
		"+ 0", "= > R. 101 511 0 0",
		"> . 101 511 1000 0",
		/* the same ends anew */
		"> S 9100 0 1000 0", "= > S 9100 0 1000 0 mss 1460");
	TELL("in data nth 1: reset", HANDSHAKE,
		"> . 101 501 1000 10", "= < R. 501 101 0 0", "+ 0", "= > R. 101 501 0 0");
	TELL("in syn: reset",
		"> S 100 0 1000 0", "= < R. 0 101 0 0");
}

static void an_rst_that_is_badly_aimed_follows_the_segment(void **state)
{
	(void)state;
	TELL("out data nth 1: reset in-window", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10", "= < R. 521 101 0 0",
		"< . 511 101 2000 10", "= < . 511 101 2000 10");
	TELL("in data nth 1: reset blind", HANDSHAKE,
		"> . 101 501 1000 10", "= > . 101 501 1000 10", "= < R. 2147484149 101 0 0");
}

static void fin_takes_the_place_of_the_segment_and_the_server(void **state)
{
	(void)state;
	TELL("out data nth 2: fin", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 511 101 2000 10", "= < F. 511 101 2000 0",
		"+ 0", "= > R. 101 511 0 0",                  /* the stack's part is over */
		"< . 521 101 2000 10",
		"> . 101 511 1000 0",                         /* not yet: a FIN just left */
		"+ 200",
		"> . 101 511 1000 0", "= < F. 511 101 65535 0",
		"> . 101 512 1000 0",
		"> P. 101 512 1000 5", "= < . 512 106 65535 0",
		"> F. 106 512 1000 0", "= < . 512 107 65535 0");
}

static void stall_holds_data_and_nothing_else(void **state)
{
	(void)state;
	TELL("out data after sent 10: stall 1s", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 511 101 2000 10",
		"< . 521 101 2000 10",
		"< . 531 101 2000 0", "= < . 531 101 2000 0",  /* ACKs go on */
		"+ 300",
		"< . 511 101 2000 10",                        /* sent again: it waits already */
		"+ 699",
		"+ 1", "= < . 511 101 2000 10 [fault_held_back]",
		"= < . 521 101 2000 10 [fault_held_back]",
		"< . 531 101 2000 10", "= < . 531 101 2000 10");
}

static void windows_are_scaled_and_told_when_it_is_over(void **state)
{
	(void)state;
	TELL("out data nth 1: window 1280 for 1s", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 10 10 [fault_window]",
		"< . 511 101 5 10", "= < . 511 101 5 10",      /* less than that already */
		"< . 521 101 1999 0", "= < . 521 101 10 0 [fault_window]",
		"+ 1000", "= < . 521 101 1999 0",
		"< . 521 101 1999 0", "= < . 521 101 1999 0");
	TELL("out ack nth 1: zero-window 1s", HANDSHAKE,
		"< . 501 101 2000 0", "= < . 501 101 0 0 [fault_window]",
		"+ 1000", "= < . 501 101 2000 0");
	TELL("out syn: window 700 for forever",
		"> S 100 0 1000 0", "= > S 100 0 1000 0 mss 1460",
		"< S. 500 101 2000 0", "= < S. 500 101 700 0 mss 1460 [fault_window]",   /* RFC 7323 2.2 */
		"< . 501 101 2000 0", "= < . 501 101 5 0 [fault_window]");
}

static void ignore_freezes_the_ack(void **state)
{
	(void)state;
	TELL("in data nth 2: ignore 1s", HANDSHAKE,
		"> . 101 501 1000 10", "= > . 101 501 1000 10",
		"< . 501 111 2000 0", "= < . 501 111 2000 0",
		"> . 111 501 1000 10", "= > . 111 501 1000 10",
		"< . 501 121 2000 0",
		"< . 501 121 2000 10", "= < . 501 111 2000 10 [fault_ack_back]",
		"+ 1000", "= < . 511 121 2000 0");
}

static void mss_is_announced_otherwise(void **state)
{
	(void)state;
	TELL("out syn: mss 300",
		"> S 100 0 1000 0", "= > S 100 0 1000 0 mss 1460",
		"< S. 500 101 2000 0", "= < S. 500 101 2000 0 mss 300 [fault_mss]");
	TELL("in syn: mss 300", "> S 100 0 1000 0", "= > S 100 0 1000 0 mss 300");
}

static void refuse_answers_a_syn(void **state)
{
	(void)state;
	TELL("in syn: refuse 2",
		"> S 100 0 1000 0", "= < R. 0 101 0 0",
		"> S 200 0 1000 0", "= < R. 0 201 0 0");
}

static void a_black_hole_takes_both_directions(void **state)
{
	(void)state;
	TELL("in data nth 1: black-hole", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"> . 101 511 1000 10", "< . 511 101 2000 10", "> . 101 511 1000 0", "+ 5000");
}

static void never_close_takes_the_fin(void **state)
{
	(void)state;
	TELL("out fin: never-close", HANDSHAKE,
		"< F. 501 101 2000 10", "= < . 501 101 2000 10 [fault_no_fin]",
		"< F. 511 101 2000 0",
		"> F. 101 511 1000 0", "= > F. 101 511 1000 0",
		"< . 512 102 2000 0", "= < . 512 102 2000 0");
}

static void states_are_the_servers(void **state)
{
	(void)state;
	TELL("out ack state CLOSE-WAIT: drop", HANDSHAKE,
		"< . 501 101 2000 0", "= < . 501 101 2000 0",
		"> F. 101 501 1000 0", "= > F. 101 501 1000 0",
		"< . 501 102 2000 0");
	TELL("in segment state FIN-WAIT-2: drop", HANDSHAKE,
		"< F. 501 101 2000 0", "= < F. 501 101 2000 0",
		"> . 101 502 1000 0", "= > . 101 502 1000 0",
		"> F. 101 502 1000 0");
	TELL("in ack state LAST-ACK: drop", HANDSHAKE,
		"> F. 101 501 1000 0", "= > F. 101 501 1000 0",
		"< F. 501 102 2000 0", "= < F. 501 102 2000 0",
		"> . 102 502 1000 0");
	TELL("in segment state CLOSING: drop", HANDSHAKE,
		"< F. 501 101 2000 0", "= < F. 501 101 2000 0",
		"> F. 101 501 1000 0", "= > F. 101 501 1000 0",
		"> . 102 502 1000 0");
}

static void moments_are_bytes_and_time(void **state)
{
	(void)state;
	TELL("out data after received 20: drop always", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"> . 101 501 1000 20", "= > . 101 501 1000 20",
		"< . 511 101 2000 10");
	TELL("out data after 2s: drop", HANDSHAKE, "+ 1999",
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"+ 1",
		"< . 511 101 2000 10",
		"< . 511 101 2000 10", "= < . 511 101 2000 10");
}

static void other_clients_do_not_notice(void **state)
{
	(void)state;
	TELL("in syn port 40001: drop", HANDSHAKE);
	TELL("in syn port 40000: drop", "> S 100 0 1000 0");
	TELL("in syn peer 10.0.0.2: drop\nin syn peer 10.1.0.0/16: drop\nin syn conn 2: drop", HANDSHAKE);
	TELL("in syn peer 10.0.0.0/31 conn 1: drop", "> S 100 0 1000 0");
	TELL("in syn peer fd00::/8: drop\nin syn peer ::/1: drop\nin syn peer ::/0: drop", HANDSHAKE);
}

// clang-format on

/* ---- while it runs ------------------------------------------------------------ */

static int add(struct bench *bench, const char *rule)
{
	struct evtcp_fault_error error;

	return evtcp_fault_add(bench->faults, rule, strlen(rule), &error);
}

static void run(struct bench *bench, const char *const *lines)
{
	for (; *lines; lines++)
		tell_line(bench, "while it runs", *lines);
	assert_int_equal(bench->first, bench->last);
}

#define RUN(...) run(&bench, (const char *const[]){__VA_ARGS__, NULL})

static void rules_come_and_go(void **state)
{
	struct evtcp_fault_rule rule;
	struct bench bench;

	(void)state;
	bench_open(&bench, "\n\nout data nth 3: drop");
	RUN(HANDSHAKE, "< . 501 101 2000 10", "= < . 501 101 2000 10");
	assert_int_equal(add(&bench, "out data nth 1: drop"), 4); /* behind line 3 */
	RUN("< . 511 101 2000 10");
	assert_int_equal(evtcp_fault_rule(bench.faults, 1, &rule), 0);
	assert_int_equal(rule.number, 4);
	assert_int_equal(rule.hits, 1);
	assert_string_equal(rule.text, "out data nth 1: drop");
	assert_int_equal(evtcp_fault_remove(bench.faults, 4), 0);
	assert_int_equal(evtcp_fault_remove(bench.faults, 4), -1);
	assert_int_equal(add(&bench, "out data: delay 1s 2"), 5);
	/* The third, by the rule that was there all the time; the other still counts from its own.
	 */
	RUN("< . 521 101 2000 10", "< . 531 101 2000 10");
	assert_int_equal(evtcp_fault_remove(bench.faults, 3), 0);
	RUN("< . 541 101 2000 10", "= < . 541 101 2000 10");
	assert_int_equal(add(&bench, "nonsense"), -1);
	assert_int_equal(add(&bench, "# nothing"), -1);
	evtcp_link_free(bench.link);
}

static void what_a_rule_has_begun_ends_with_it(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data: stall forever\nin rst: drop"); /* another one stays */
	RUN(HANDSHAKE, "< . 501 101 2000 10", "+ 100000");
	assert_int_equal(evtcp_fault_remove(bench.faults, 1), 0);
	RUN("+ 0", "= < . 501 101 2000 10 [fault_held_back]", "< . 511 101 2000 10",
		"= < . 511 101 2000 10");
	evtcp_link_free(bench.link);
}

static void without_rules_a_link_takes_what_its_lower_one_takes(void **state)
{
	const struct evtcp_offload offload = {.checksum = true, .segments_len = 65535};
	struct evtcp_fault_config config = {0};
	struct memory_link *memory;
	struct evtcp_faults *faults;
	struct evtcp_link *lower = memory_link_new(evtcp_world_system(), 1500, 10, &memory), *link;
	struct evtcp_fault_error error;

	(void)state;
	memory_link_set_offload(memory, &offload);
	link = evtcp_fault_link_new(lower, &config, &faults);
	assert_int_equal(evtcp_link_get_offload(link)->segments_len, 65535);
	assert_int_equal(evtcp_fault_add(faults, "in syn: drop", 12, &error), 1);
	assert_int_equal(evtcp_link_get_offload(link)->segments_len, 0);
	assert_int_equal(evtcp_fault_remove(faults, 1), 0);
	assert_int_equal(evtcp_link_get_offload(link)->segments_len, 65535);
	evtcp_link_free(link);
}

static void requests_choose_connections_and_replies(void **state)
{
	struct evtcp_fault_request request = {.path = "/bytes/10", .tag = "broken"};
	struct evtcp_tuple tuple = {0};
	struct evtcp_fault_reply reply;
	struct bench bench;

	(void)state;
	memcpy(tuple.local.addr.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x02", 16);
	memcpy(tuple.remote.addr.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
	tuple.local.port = 80;
	tuple.remote.port = 40000;
	bench_open(&bench,
		"out data path /bytes/*: drop\nreply path /bytes/10 tag broken nth 2: cut 5\n"
		"reply path /bytes/10 tag broken: drip 3 every 5ms always\n");
	evtcp_fault_request(bench.faults, &tuple, &request, &reply);
	assert_int_equal(reply.rule, 0); /* nobody knows that connection */
	RUN(HANDSHAKE, "< . 501 101 2000 10", "= < . 501 101 2000 10");
	evtcp_fault_request(bench.faults, &tuple, &request, &reply);
	assert_false(reply.cut);
	assert_int_equal(reply.rule, 3);
	assert_int_equal(reply.drip_bytes, 3);
	assert_int_equal(reply.drip_us, 5000);
	RUN("< . 511 101 2000 10", "< . 521 101 2000 10", "= < . 521 101 2000 10");
	evtcp_fault_request(bench.faults, &tuple, &request, &reply);
	assert_true(reply.cut);
	assert_int_equal(reply.cut_at, 5);
	assert_int_equal(reply.rule, 2);
	request.tag = NULL;
	evtcp_fault_request(bench.faults, &tuple, &request, &reply);
	assert_int_equal(reply.rule, 0);
	evtcp_link_free(bench.link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delay_lets_others_overtake),
		cmocka_unit_test(duplicate_brings_it_twice),
		cmocka_unit_test(reorder_waits_for_so_many_or_a_second),
		cmocka_unit_test(corrupt_changes_one_thing_and_seals_it),
		cmocka_unit_test(truncate_cuts_the_packet_not_its_headers),
		cmocka_unit_test(reset_is_right_for_both_ends_and_ends_it),
		cmocka_unit_test(an_rst_that_is_badly_aimed_follows_the_segment),
		cmocka_unit_test(fin_takes_the_place_of_the_segment_and_the_server),
		cmocka_unit_test(stall_holds_data_and_nothing_else),
		cmocka_unit_test(windows_are_scaled_and_told_when_it_is_over),
		cmocka_unit_test(ignore_freezes_the_ack),
		cmocka_unit_test(mss_is_announced_otherwise),
		cmocka_unit_test(refuse_answers_a_syn),
		cmocka_unit_test(a_black_hole_takes_both_directions),
		cmocka_unit_test(never_close_takes_the_fin),
		cmocka_unit_test(states_are_the_servers),
		cmocka_unit_test(moments_are_bytes_and_time),
		cmocka_unit_test(other_clients_do_not_notice),
		cmocka_unit_test(rules_come_and_go),
		cmocka_unit_test(what_a_rule_has_begun_ends_with_it),
		cmocka_unit_test(without_rules_a_link_takes_what_its_lower_one_takes),
		cmocka_unit_test(requests_choose_connections_and_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
