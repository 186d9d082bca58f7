/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

/* A fault link between a client and a stack that are lines of text, in virtual time:
 *
 *     "> . 1 1 500 72"     the client sends a segment: flags, sequence number, ACK, window, bytes
 *     "< P. 1 73 500 100"  the server does
 *     "= < P. 1 73 500 100 [cause]"   and this has reached the client, or ("= >") the stack;
 *                          the cause is what its observer is told was done to it, "by N" the
 *                          rule if it is not the first
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

enum { OUT_MAX = 256, OUT_TEXT = 96, MSS_AT = 42 };

/* Client's SYN with MSS 1460 and a window scale of 7, as the server's SYN-ACK has. */
static const uint8_t syn_options[] = {2, 4, 5, 180, 1, 3, 3, 7};

struct bench {
	uint64_t now_us;
	struct evtcp_world world;
	struct memory_link *memory;
	struct evtcp_link *link;
	struct evtcp_faults *faults;
	unsigned received;    /* packets that reached the stack */
	unsigned dropped;     /* drops that it was told of */
	unsigned lost[2];     /* and that observers saw: in, out */
	uint64_t last_at_us;  /* of the last of those */
	enum evtcp_cause why; /* its reason */
	size_t largest;       /* bytes of memory asked for at once */
	const char
		*answer; /* what the stack sends as soon as something reaches it; NULL: nothing */
	unsigned first, last; /* of what came out and was not yet expected */
	char out[OUT_MAX][OUT_TEXT];
};

static uint64_t bench_now(void *arg)
{
	return ((struct bench *)arg)->now_us;
}

static void *bench_alloc(void *arg, size_t size)
{
	struct bench *bench = arg;

	bench->largest = size > bench->largest ? size : bench->largest;
	return malloc(size);
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
	size_t header, n = 0;
	char flags[8] = "";

	if (len < 40)
		return; /* no segment: nobody expects one */
	header = 20 + (size_t)(octets[32] >> 4) * 4;
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

static void send_segment(struct bench *bench, const char *line);

/* The packet is looked at last: it must be what it was, whatever was sent meanwhile. */
static void bench_input(void *arg, struct evtcp_packet *packet)
{
	struct bench *bench = arg;

	if (bench->answer)
		send_segment(bench, bench->answer);
	bench->received++;
	note(bench, '>', packet->iov[0].iov_base, packet->len, "");
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

static void bench_sighting(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	struct bench *bench = arg;

	assert_true(sighting == EVTCP_DROPPED_IN || sighting == EVTCP_DROPPED_OUT);
	bench->lost[sighting == EVTCP_DROPPED_OUT]++;
	bench->last_at_us = packet->at_us;
	bench->why = packet->reason.cause;
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
		char by[16] = "";

		if (packet->fate_rule != 1)
			snprintf(by, sizeof(by), " by %u", packet->fate_rule);
		snprintf(fate, sizeof(fate), " [%s%s]", evtcp_cause_name(packet->fate), by);
	}
	note(arg, '<', octets, len, fate);
}

/* ---- stories ------------------------------------------------------------------ */

static void bench_open(struct bench *bench, const char *text)
{
	struct evtcp_observer tap = {bench_wire, bench}, observer = {bench_sighting, bench};
	struct evtcp_receiver receiver = {
		.input = bench_input,
		.batch_end = bench_batch_end,
		.failed = bench_failed,
		.dropped = bench_dropped,
		.arg = bench,
	};
	struct evtcp_fault_error error;
	struct evtcp_fault_config config = {
		.world = &bench->world, .observers = &observer, .n_observers = 1};
	struct evtcp_link *lower;

	*bench = (struct bench){.now_us = 1000000, .world = *evtcp_world_system()};
	bench->world.now_us = bench_now;
	bench->world.alloc = bench_alloc;
	bench->world.arg = bench;
	config.script = evtcp_fault_parse(text, strlen(text), &bench->world, &error);
	if (!config.script)
		fail_msg("%s: column %u: %s", text, error.column, error.text);
	lower = memory_link_new(evtcp_world_system(), 1500, OUT_MAX, &bench->memory);
	lower = evtcp_link_tap_new(lower, &tap);
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
static inline void tell(struct bench *bench, const char *script, const char *const *lines)
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

#endif
