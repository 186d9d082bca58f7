/* SPDX-License-Identifier: BSD-3-Clause */

/* The link emulator as a link: both directions, what observers are told, batches, the
 * path's MTU, virtual time and the event loop. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <evtcp/impair.h>
#include <stdio.h>

#include "link/memory.h"
#include "test_packet.h"
#include "test_world.h"
#include "wire/address.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"

enum { MS = 1000, BEGIN = 5000000 };

/* An emulator over a memory link, and all who are told. */
struct bench {
	struct test_world world;
	uint64_t now;
	struct memory_link *memory;
	struct evtcp_link *link;
	struct evtcp_impair *impair;
	uint8_t came[1500]; /* to the stack, last */
	size_t came_len;
	unsigned received, ended, failed; /* by the stack: packets, batches, an errno */
	unsigned dropped;                 /* and how many it was told to count as lost */
	/* What observers were told: "in:REASON/FATE out:...". */
	char told[1000];
};

static uint64_t bench_now(void *arg)
{
	/* The world is the first thing in a bench. */
	return ((struct bench *)arg)->now;
}

static void bench_input(void *arg, struct evtcp_packet *packet)
{
	struct bench *bench = arg;

	bench->received++;
	bench->came_len = packet->len;
	memcpy(bench->came, packet->iov[0].iov_base, packet->len);
	packet->at_us = bench->now;
	packet->reason.cause = EVTCP_CAUSE_ACCEPTED;
}

static void bench_batch_end(void *arg)
{
	((struct bench *)arg)->ended++;
}

static void bench_failed(void *arg, int error)
{
	((struct bench *)arg)->failed = (unsigned)error;
}

static void bench_dropped(void *arg, enum evtcp_cause cause)
{
	assert_int_equal(evtcp_cause_class(cause), EVTCP_CLASS_DROPPED);
	((struct bench *)arg)->dropped++;
}

static void bench_sighting(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	static const char *const names[] = {"in", "out", "lost-in", "lost-out"};
	struct bench *bench = arg;
	size_t len = strlen(bench->told);

	assert_int_equal(packet->at_us, bench->now);
	snprintf(bench->told + len, sizeof(bench->told) - len, "%s:%s/%s ", names[sighting],
		evtcp_cause_name(packet->reason.cause), evtcp_cause_name(packet->fate));
}

static void bench_open_on(struct bench *bench, const char *text, struct event_base *base)
{
	struct evtcp_impair_config config = {.world = &bench->world.world, .base = base};
	struct evtcp_observer observer = {bench_sighting, bench};
	struct evtcp_receiver receiver = {
		bench_input, bench_batch_end, bench_failed, bench_dropped, bench, false, NULL};
	struct evtcp_impair_error error;
	struct evtcp_link *lower;

	*bench = (struct bench){.now = BEGIN};
	test_world_init(&bench->world);
	bench->world.world.now_us = bench_now;
	if (base)
		bench->world.world.now_us = evtcp_world_system()->now_us;
	else
		config.observers = &observer;
	config.n_observers = base ? 0 : 1;
	if (evtcp_impair_parse(text, &config.spec, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	lower = memory_link_new(evtcp_world_system(), 1500, 1000, &bench->memory);
	bench->link = evtcp_impair_link_new(lower, &config, &bench->impair);
	assert_non_null(bench->link);
	evtcp_link_set_receiver(bench->link, &receiver);
}

static void bench_open(struct bench *bench, const char *text)
{
	bench_open_on(bench, text, NULL);
}

static void bench_close(struct bench *bench)
{
	evtcp_link_free(bench->link);
	assert_int_equal(bench->world.blocks, 0);
}

/* The stack sends a data segment. */
static void bench_send(struct bench *bench, size_t payload_len)
{
	struct test_segment segment = {.out = true, .flags = TEST_ACK, .payload_len = payload_len};
	struct test_packet packet;

	test_packet_build(&packet, &segment, bench->now, EVTCP_CAUSE_DATA);
	packet.bytes[6] = 0x40; /* don't fragment */
	assert_int_equal(evtcp_link_output(bench->link, &packet.packet), 0);
	evtcp_link_flush(bench->link);
}

/* One comes in from below. Returns what the lower link is told of it. */
static enum evtcp_cause bench_receive(struct bench *bench, size_t payload_len)
{
	struct test_segment segment = {.flags = TEST_ACK, .payload_len = payload_len};
	struct test_packet packet;
	struct evtcp_reason reason;

	test_packet_build(&packet, &segment, 0, EVTCP_CAUSE_NONE);
	packet.bytes[6] = 0x40;
	reason = memory_link_inject(bench->memory, packet.bytes, packet.packet.len, 0);
	memory_link_end_batch(bench->memory);
	return reason.cause;
}

/* How many packets have gone out below. */
static unsigned bench_sent(struct bench *bench)
{
	return memory_link_len(bench->memory);
}

static void a_perfect_link_passes_each_packet_at_once(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "loss=0%");
	bench_send(&bench, 100);
	assert_int_equal(bench_sent(&bench), 1);
	bench_receive(&bench, 100);
	assert_int_equal(bench.received, 1);
	assert_int_equal(bench.ended, 1);
	assert_string_equal(bench.told, "out:data/none in:accepted/none ");
	assert_true(evtcp_impair_next_deadline(bench.impair) == UINT64_MAX);
	assert_int_equal(evtcp_link_get_mtu(bench.link), 1500);
	bench_close(&bench);
}

static void a_delayed_packet_comes_when_its_time_has_come(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "tx.delay=20ms,rx.delay=30ms");
	bench_send(&bench, 100);
	assert_int_equal(bench_receive(&bench, 100), EVTCP_CAUSE_IMPAIR_TAKEN);
	assert_int_equal(bench_sent(&bench) + bench.received + bench.ended, 0);
	assert_int_equal(evtcp_impair_next_deadline(bench.impair), BEGIN + 20 * MS);
	bench.now = BEGIN + 20 * MS - 1;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 0);
	bench.now++;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 1);
	assert_int_equal(bench.received, 0);
	bench.now = evtcp_impair_next_deadline(bench.impair);
	assert_int_equal(bench.now, BEGIN + 30 * MS);
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench.received, 1);
	assert_int_equal(bench.ended, 1);
	assert_string_equal(bench.told, "out:data/none in:accepted/none ");
	bench_close(&bench);
}

static void what_is_lost_is_told_with_its_cause_and_is_no_failure_to_the_stack(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "loss=100%");
	bench_send(&bench, 100);
	assert_int_equal(bench_receive(&bench, 100), EVTCP_CAUSE_IMPAIR_LOSS);
	assert_int_equal(bench_sent(&bench) + bench.received + bench.ended, 0);
	assert_string_equal(
		bench.told, "lost-out:data/impair_loss lost-in:impair_loss/impair_loss ");
	assert_int_equal(bench.dropped, 2);
	for (unsigned i = 0; i < EVTCP_IMPAIR_N_DIRECTIONS; i++)
		assert_int_equal(
			evtcp_impair_get_counter(bench.impair, i, EVTCP_CAUSE_IMPAIR_LOSS), 1);
	bench_close(&bench);
}

static void what_is_altered_is_told_once_for_each_copy(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "dup=100%");
	bench_send(&bench, 100);
	bench_receive(&bench, 100);
	assert_int_equal(bench_sent(&bench), 2);
	assert_int_equal(bench.received, 2);
	assert_string_equal(bench.told, "out:data/none out:data/impair_duplicated "
					"in:accepted/none in:accepted/impair_duplicated ");
	bench_close(&bench);
	bench_open(&bench, "corrupt=100%");
	bench_receive(&bench, 100);
	assert_string_equal(bench.told, "in:accepted/impair_corrupted ");
	bench_close(&bench);
}

static void what_the_lower_link_refuses_is_told_as_dropped(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	memory_link_refuse(bench.memory, EIO);
	bench_send(&bench, 100);
	bench.now += MS;
	evtcp_impair_run(bench.impair);
	assert_string_equal(bench.told, "out:data/none lost-out:data/link_error ");
	assert_int_equal(bench.dropped, 1);
	assert_int_equal(
		evtcp_impair_get_counter(bench.impair, EVTCP_IMPAIR_TX, EVTCP_CAUSE_LINK_ERROR), 1);
	bench_close(&bench);
}

static void at_most_64_packets_make_a_batch(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	for (unsigned n = 0; n < 100; n++) {
		bench.told[0] = '\0';
		bench_send(&bench, 1);
		bench_receive(&bench, 1);
	}
	bench.now += MS;
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 64);
	assert_int_equal(bench.received, 64);
	assert_int_equal(bench.ended, 1);
	assert_int_equal(evtcp_impair_next_deadline(bench.impair), bench.now);
	evtcp_impair_run(bench.impair);
	assert_int_equal(bench_sent(&bench), 100);
	assert_int_equal(bench.received, 100);
	assert_int_equal(bench.ended, 2);
	bench_close(&bench);
}

static void usage_tells_what_went_through_and_what_is_under_way(void **state)
{
	struct evtcp_impair_usage usage;
	struct bench bench;

	(void)state;
	bench_open(&bench, "tx.delay=1ms,rx.loss=100%");
	bench_send(&bench, 60);
	bench_send(&bench, 160);
	bench.now += MS;
	evtcp_impair_run(bench.impair);
	bench_send(&bench, 60);
	bench_receive(&bench, 60);
	evtcp_impair_get_usage(bench.impair, EVTCP_IMPAIR_TX, &usage);
	assert_int_equal(usage.entered, 3);
	assert_int_equal(usage.entered_bytes, 100 + 200 + 100);
	assert_int_equal(usage.delivered, 2);
	assert_int_equal(usage.delivered_bytes, 300);
	assert_int_equal(usage.under_way, 1);
	assert_true(usage.under_way_memory > 100 && usage.under_way_memory < 400);
	evtcp_impair_get_usage(bench.impair, EVTCP_IMPAIR_RX, &usage);
	assert_int_equal(usage.entered, 1);
	assert_int_equal(usage.delivered, 0);
	bench_close(&bench);
}

/* ---- path MTU ---------------------------------------------------------- */

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

/* ---- the rest ------------------------------------------------------------ */

static void a_failure_below_is_passed_on(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	memory_link_fail(bench.memory, ENODEV);
	assert_int_equal(bench.failed, ENODEV);
	bench_close(&bench);
}

static void a_new_specification_can_be_set(void **state)
{
	struct evtcp_impair_spec spec;
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	evtcp_impair_spec_init(&spec);
	spec.ways[EVTCP_IMPAIR_TX].delay.us = 5 * MS;
	assert_int_equal(evtcp_impair_set_spec(bench.impair, &spec), 0);
	bench_send(&bench, 1);
	assert_int_equal(evtcp_impair_next_deadline(bench.impair), BEGIN + 5 * MS);
	spec.ways[EVTCP_IMPAIR_RX].loss_ppm = 1000001;
	errno = 0;
	assert_int_equal(evtcp_impair_set_spec(bench.impair, &spec), -1);
	assert_int_equal(errno, EINVAL);
	bench_close(&bench);
}

static void what_cannot_be_made_leaves_the_lower_link_to_its_owner(void **state)
{
	struct evtcp_impair_config config = {0};
	struct memory_link *memory;
	struct evtcp_link *lower = memory_link_new(evtcp_world_system(), 1500, 1, &memory);
	struct test_world world;

	(void)state;
	test_world_init(&world);
	config.world = &world.world;
	config.spec.ways[0].loss_ppm = 1000001;
	assert_null(evtcp_impair_link_new(lower, &config, NULL));
	assert_int_equal(errno, EINVAL);
	config.spec.ways[0].loss_ppm = 0;
	world.out_of_memory = true;
	assert_null(evtcp_impair_link_new(lower, &config, NULL));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(world.blocks, 0);
	evtcp_link_free(lower);
}

static void without_memory_packets_are_lost_in_both_directions(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms");
	bench.world.out_of_memory = true;
	bench_send(&bench, 1);
	assert_int_equal(bench_receive(&bench, 1), EVTCP_CAUSE_NO_MEMORY);
	assert_string_equal(bench.told, "lost-out:data/no_memory lost-in:no_memory/no_memory ");
	assert_int_equal(bench.dropped, 2);
	bench_close(&bench);
}

/* Real time: the packet comes no earlier than it should, and soon. The bound is generous,
 * for the machine may be busy; e2e/impair.sh measures. */
static void the_loop_drives_it(void **state)
{
	struct event_config *precise = event_config_new();
	struct event_base *base;
	struct bench bench;
	uint64_t began, took;

	(void)state;
	event_config_set_flag(precise, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(precise);
	event_config_free(precise);
	bench_open_on(&bench, "delay=10ms", base);
	bench_send(&bench, 1);
	bench_receive(&bench, 1);
	began = evtcp_world_system()->now_us(NULL);
	while (bench.received == 0)
		event_base_loop(base, EVLOOP_ONCE);
	took = evtcp_world_system()->now_us(NULL) - began;
	assert_true(took >= 9 * MS && took < 500 * MS);
	assert_int_equal(bench_sent(&bench), 1);
	assert_int_equal(bench.ended, 1);
	bench_send(&bench, 1); /* the timer goes with the link */
	bench_close(&bench);
	assert_int_equal(event_base_loop(base, EVLOOP_NONBLOCK), 1);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_perfect_link_passes_each_packet_at_once),
		cmocka_unit_test(a_delayed_packet_comes_when_its_time_has_come),
		cmocka_unit_test(
			what_is_lost_is_told_with_its_cause_and_is_no_failure_to_the_stack),
		cmocka_unit_test(what_is_altered_is_told_once_for_each_copy),
		cmocka_unit_test(what_the_lower_link_refuses_is_told_as_dropped),
		cmocka_unit_test(at_most_64_packets_make_a_batch),
		cmocka_unit_test(usage_tells_what_went_through_and_what_is_under_way),
		cmocka_unit_test(the_sender_of_what_is_too_big_is_told_the_mtu),
		cmocka_unit_test(a_silent_path_tells_nobody),
		cmocka_unit_test(some_packets_are_answered_by_nobody),
		cmocka_unit_test(over_ipv6_the_answer_is_packet_too_big),
		cmocka_unit_test(over_ipv6_a_full_queue_marks_too),
		cmocka_unit_test(a_failure_below_is_passed_on),
		cmocka_unit_test(a_new_specification_can_be_set),
		cmocka_unit_test(what_cannot_be_made_leaves_the_lower_link_to_its_owner),
		cmocka_unit_test(without_memory_packets_are_lost_in_both_directions),
		cmocka_unit_test(the_loop_drives_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
