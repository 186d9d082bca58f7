/* SPDX-License-Identifier: BSD-3-Clause */

/* A fault script above a link emulator: what both did to a packet is told, by the observers of the
 * emulator, where the wire is, and in a capture's comment. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <evtcp/capture.h>
#include <evtcp/fault.h>
#include <evtcp/impair.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "link/memory.h"
#include "test_packet.h"

enum { BEGIN = 5000000, TOLD = 2000 };

struct bench {
	uint64_t now, batch; /* which began then */
	uint64_t last_us;    /* of the last sighting */
	struct memory_link *memory;
	struct evtcp_impair *impair;
	struct evtcp_faults *faults;
	struct evtcp_link *link;
	struct evtcp_capture *capture;
	struct evtcp_observer writes;
	char path[32];
	char told[TOLD]; /* "out:EARLIER+FATE by RULE|", "in:...", "lost:..." */
};

static uint64_t bench_now(void *arg)
{
	return ((struct bench *)arg)->now;
}

static void bench_sighting(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	static const char *const names[] = {"in", "out", "lost-in", "lost-out"};
	struct bench *bench = arg;
	char earlier[EVTCP_REASON_TEXT], fate[EVTCP_REASON_TEXT];
	size_t len = strlen(bench->told);

	evtcp_fate_format(
		packet->earlier_fate, packet->earlier_fate_rule, earlier, sizeof(earlier));
	evtcp_fate_format(packet->fate, packet->fate_rule, fate, sizeof(fate));
	assert_true(packet->at_us >= bench->last_us);
	bench->last_us = packet->at_us;
	snprintf(bench->told + len, TOLD - len, "%s: %s%s%s\n", names[sighting], earlier,
		earlier[0] ? " + " : "", fate);
	bench->writes.packet(bench->writes.arg, sighting, packet);
}

static void bench_input(void *arg, struct evtcp_packet *packet)
{
	packet->at_us = ((struct bench *)arg)->now;
	packet->reason.cause = EVTCP_CAUSE_ACCEPTED;
}

static void bench_batch_end(void *arg)
{
	(void)arg;
}

static void bench_failed(void *arg, int error)
{
	(void)arg;
	fail_msg("the link failed: %d", error);
}

static void bench_dropped(void *arg, enum evtcp_cause cause)
{
	(void)arg;
	(void)cause;
}

static void bench_open(struct bench *bench, const char *rules, const char *spec)
{
	struct evtcp_observer observer = {bench_sighting, bench};
	struct evtcp_receiver receiver = {
		bench_input, bench_batch_end, bench_failed, bench_dropped, bench, false, NULL};
	struct evtcp_world world = *evtcp_world_system();
	struct evtcp_impair_config impair = {
		.world = &world, .observers = &observer, .n_observers = 1};
	struct evtcp_fault_config faults = {
		.world = &world, .observers = &observer, .n_observers = 1};
	struct evtcp_impair_error impair_error;
	struct evtcp_fault_error fault_error;

	*bench = (struct bench){.now = BEGIN, .batch = BEGIN, .path = "/tmp/evtcp-fates-XXXXXX"};
	world.now_us = bench_now;
	world.arg = bench;
	bench->capture = evtcp_capture_new(mkstemp(bench->path), evtcp_world_system());
	assert_non_null(bench->capture);
	evtcp_capture_observer(bench->capture, &bench->writes);
	assert_int_equal(evtcp_impair_parse(spec, &impair.spec, &impair_error), 0);
	bench->link = memory_link_new(evtcp_world_system(), 1500, 100, &bench->memory);
	bench->link = evtcp_impair_link_new(bench->link, &impair, &bench->impair);
	faults.script = evtcp_fault_parse(rules, strlen(rules), &world, &fault_error);
	assert_non_null(faults.script);
	bench->link = evtcp_fault_link_new(bench->link, &faults, &bench->faults);
	assert_non_null(bench->link);
	evtcp_link_set_receiver(bench->link, &receiver);
}

static void bench_close(struct bench *bench)
{
	evtcp_capture_free(bench->capture);
	unlink(bench->path);
	evtcp_link_free(bench->link);
}

static void bench_pass(struct bench *bench, bool out, uint32_t seq)
{
	struct test_segment segment = {
		.out = out, .flags = TEST_ACK, .seq = seq, .payload_len = 100};
	struct test_packet packet;

	test_packet_build(&packet, &segment, bench->batch, EVTCP_CAUSE_DATA);
	test_packet_seal(packet.bytes, packet.packet.len);
	if (out) {
		assert_int_equal(evtcp_link_output(bench->link, &packet.packet), 0);
	} else {
		memory_link_inject(bench->memory, packet.bytes, packet.packet.len, bench->now);
		memory_link_end_batch(bench->memory);
	}
}

/* Whether a comment of the capture is this. */
static bool bench_wrote(struct bench *bench, const char *comment)
{
	static char bytes[1 << 16];
	FILE *file = fopen(bench->path, "rb");
	size_t len, n = strlen(comment);

	evtcp_capture_flush(bench->capture);
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(bytes + i, comment, n) == 0)
			return true;
	return false;
}

static void what_a_rule_did_is_told_behind_an_emulator(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data nth 1: corrupt payload\nout data nth 2: duplicate",
		"tx.delay=1ms");
	bench_pass(&bench, true, 1000);
	bench_pass(&bench, true, 1100);
	bench_pass(&bench, true, 1200);
	assert_string_equal(bench.told, "out: corrupted (fault script, rule 1)\n"
					"out: duplicated (fault script, rule 2)\n"
					"out: duplicated (fault script, rule 2)\n"
					"out: \n");
	assert_true(bench_wrote(&bench, "sent: new data; corrupted (fault script, rule 1)"));
	bench_close(&bench);
}

static void what_both_did_is_told_in_its_order(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data: corrupt payload always", "tx.dup=100%");
	bench_pass(&bench, true, 1000);
	assert_string_equal(bench.told,
		"out: corrupted (fault script, rule 1)\n"
		"out: corrupted (fault script, rule 1) + duplicated (link emulator)\n");
	assert_true(bench_wrote(&bench, "sent: new data; corrupted (fault script, rule 1); "
					"duplicated (link emulator)"));
	bench_close(&bench);
}

static void what_is_lost_then_has_no_rule(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data: corrupt payload", "tx.loss=100%");
	bench_pass(&bench, true, 1000);
	assert_string_equal(bench.told, "lost-out: corrupted (fault script, rule 1) + random loss "
					"(link emulator)\n");
	assert_true(bench_wrote(&bench, "sent: new data; corrupted (fault script, rule 1); lost on "
					"the way out: random loss (link emulator)"));
	bench_close(&bench);
}

/* No rule means the first; the second is held back, which is told once. */
static void so_it_is_on_the_way_in(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "in data nth 2: delay 1s\nin data nth 3: drop", "rx.dup=100%");
	bench_pass(&bench, false, 1000);
	assert_string_equal(bench.told, "in: \nin: duplicated (link emulator)\n");
	bench.told[0] = '\0';
	bench_pass(&bench, false, 1100);
	assert_string_equal(bench.told,
		"in: held back (fault script, rule 1)\nin: duplicated (link emulator)\n");
	bench.told[0] = '\0';
	bench_pass(&bench, false, 1200);
	assert_string_equal(bench.told, "lost-in: fault script, rule 2\nin: fault script, rule 2\n"
					"in: duplicated (link emulator)\n");
	assert_true(bench_wrote(&bench, "held back (fault script, rule 1)"));
	assert_false(bench_wrote(&bench, "held back (fault script); "));
	bench_close(&bench);
}

static void two_rules_on_a_segment_are_both_told(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench,
		"out data nth 1: corrupt seq\nout data nth 1: duplicate\n"
		"out data nth 2: corrupt ack\nout data nth 2: drop\n"
		"out data nth 3: corrupt window\nout data nth 3: reorder 1",
		"loss=0%");
	for (uint32_t seq = 1000; seq < 1500; seq += 100)
		bench_pass(&bench, true, seq);
	assert_string_equal(bench.told,
		"out: corrupted (fault script, rule 1) + duplicated (fault script, rule 2)\n"
		"out: corrupted (fault script, rule 1) + duplicated (fault script, rule 2)\n"
		"lost-out: corrupted (fault script, rule 3) + fault script, rule 4\n"
		"out: \n"
		"out: corrupted (fault script, rule 5) + held back (fault script, rule 6)\n"
		"out: \n");
	/* What passes is counted here, once a segment; what is lost, by the stack. */
	assert_int_equal(evtcp_fault_get_counter(bench.faults, EVTCP_CAUSE_FAULT_CORRUPTED), 2);
	assert_int_equal(evtcp_fault_get_counter(bench.faults, EVTCP_CAUSE_FAULT_DUPLICATED), 1);
	assert_int_equal(evtcp_fault_get_counter(bench.faults, EVTCP_CAUSE_FAULT_HELD_BACK), 1);
	assert_int_equal(evtcp_fault_get_counter(bench.faults, EVTCP_CAUSE_FAULT), 0);
	assert_int_equal(evtcp_fault_get_counter(bench.faults, EVTCP_CAUSE_NONE), 0);
	bench_close(&bench);
}

static struct evtcp_tuple bench_tuple(void)
{
	struct evtcp_tuple tuple = {.local.port = 80, .remote.port = 40000};

	memcpy(tuple.local.addr.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x02", 16);
	memcpy(tuple.remote.addr.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
	return tuple;
}

/* Nothing is done to it; nor is what was sent before, and comes again, part of the reply. */
static void the_first_segment_of_a_wrong_reply_says_so(void **state)
{
	struct evtcp_fault_request request = {.path = "/"};
	struct evtcp_tuple tuple = bench_tuple();
	struct evtcp_fault_reply reply;
	struct bench bench;

	(void)state;
	bench_open(&bench, "reply: cut 5", "loss=0%");
	bench_pass(&bench, true, 1000);
	evtcp_fault_request(bench.faults, &tuple, &request, &reply);
	assert_true(reply.cut);
	bench_pass(&bench, true, 1000);
	bench_pass(&bench, true, 1100);
	bench_pass(&bench, true, 1200);
	assert_string_equal(bench.told, "out: \nout: \nout: begins a reply that is wrong on "
					"purpose (fault script, rule 1)\n"
					"out: \n");
	assert_int_equal(evtcp_fault_get_counter(bench.faults, EVTCP_CAUSE_FAULT_REPLY), 1);
	bench_close(&bench);
}

/* The time of a batch is that of its beginning, also where the clock has gone on. */
static void what_was_held_back_comes_in_the_time_of_the_batch(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data nth 1: reorder 1", "loss=0%");
	for (uint32_t seq = 1000; seq < 1300; seq += 100) {
		bench_pass(&bench, true, seq);
		bench.now++;
	}
	assert_string_equal(bench.told, "out: \nout: held back (fault script, rule 1)\nout: \n");
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_rule_did_is_told_behind_an_emulator),
		cmocka_unit_test(what_both_did_is_told_in_its_order),
		cmocka_unit_test(what_is_lost_then_has_no_rule),
		cmocka_unit_test(so_it_is_on_the_way_in),
		cmocka_unit_test(two_rules_on_a_segment_are_both_told),
		cmocka_unit_test(the_first_segment_of_a_wrong_reply_says_so),
		cmocka_unit_test(what_was_held_back_comes_in_the_time_of_the_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
