/* SPDX-License-Identifier: BSD-3-Clause */

/* Rules that come and go while a link runs, many of them, and requests that they name, told as
 * stories (test_faults.h). */

#include "test_faults.h"

#include "faults/follow.h"

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

/* The connection of all stories. */
static struct evtcp_tuple test_tuple(void)
{
	struct evtcp_tuple tuple = {.local.port = 80, .remote.port = 40000};

	memcpy(tuple.local.addr.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x02", 16);
	memcpy(tuple.remote.addr.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
	return tuple;
}

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

/* What the clock says meanwhile does not count, in neither direction. */
static void a_rule_counts_from_the_moment_of_the_batch(void **state)
{
	struct test_segment out = {.out = true, .flags = TEST_ACK, .seq = 501, .payload_len = 1};
	struct test_segment in = {.flags = TEST_ACK, .seq = 101, .payload_len = 1};
	struct test_packet packet;
	struct bench bench;
	uint64_t began_us;

	(void)state;
	bench_open(&bench, "out data: delay 20ms\nin data nth 2: delay 10ms");
	RUN(HANDSHAKE);
	began_us = bench.now_us;
	test_packet_build(&packet, &out, began_us, EVTCP_CAUSE_DATA);
	bench.now_us += 5000;
	assert_int_equal(evtcp_link_output(bench.link, &packet.packet), 0);
	assert_int_equal(evtcp_fault_next_deadline(bench.faults), began_us + 20000);
	for (int i = 0; i < 2; i++, in.seq++, bench.now_us += 5000) {
		test_packet_build(&packet, &in, 0, EVTCP_CAUSE_NONE);
		memory_link_inject(bench.memory, packet.bytes, packet.packet.len, 0);
	}
	memory_link_end_batch(bench.memory);
	assert_int_equal(evtcp_fault_next_deadline(bench.faults), began_us + 5000 + 10000);
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

/* Also when it was the last, and nobody looks at segments any more. */
static void what_waited_for_the_last_rule_is_not_overtaken(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data: stall forever");
	RUN(HANDSHAKE, "< . 501 101 2000 10");
	assert_int_equal(evtcp_fault_remove(bench.faults, 1), 0);
	RUN("< . 511 101 2000 10", "= < . 501 101 2000 10 [fault_held_back]",
		"= < . 511 101 2000 10");
	assert_int_equal(add(&bench, "in data: delay 60s"), 2);
	RUN("> . 101 501 1000 10");
	assert_int_equal(evtcp_fault_remove(bench.faults, 2), 0);
	RUN("> . 111 501 1000 10", "= > . 101 501 1000 10", "= > . 111 501 1000 10");
	evtcp_link_free(bench.link);
}

/* Whatever else was done to what waits. */
static void what_a_rule_holds_back_arrives_when_it_goes(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data: delay 5s\nout data: corrupt seq");
	RUN(HANDSHAKE, "< . 501 101 2000 10");
	assert_int_equal(evtcp_fault_remove(bench.faults, 1), 0);
	RUN("+ 0", "= < . 100501 101 2000 10 [fault_corrupted by 2]");
	evtcp_link_free(bench.link);
}

static void a_window_is_told_when_its_rule_goes(void **state)
{
	static const char *const rules[] = {"out ack: zero-window 60s",
		"out ack: window 1 for forever", "out ack: ignore forever"};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		bench_open(&bench, rules[i]);
		RUN(HANDSHAKE);
		send_segment(&bench, "< . 501 101 2000 0");
		bench.last = 0;
		assert_int_equal(evtcp_fault_remove(bench.faults, 1), 0);
		RUN("+ 0", "= < . 501 101 2000 0", "+ 100000");
		evtcp_link_free(bench.link);
	}
}

static void send_to_port(struct bench *bench, uint16_t port)
{
	struct test_segment segment = {
		.out = true, .client_port = port, .flags = TEST_ACK, .seq = 1, .payload_len = 1};
	struct test_packet packet;

	test_packet_build(&packet, &segment, bench->now_us, EVTCP_CAUSE_DATA);
	assert_int_equal(evtcp_link_output(bench->link, &packet.packet), 0);
	memory_link_drop(bench->memory, memory_link_pop(bench->memory));
	bench->last = 0;
}

/* What is to be said to a connection goes with it, however long that would have been kept. */
static void who_is_forgotten_leaves_nothing_behind(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out data: zero-window 1s");
	send_to_port(&bench, 9999);
	assert_true(evtcp_fault_next_deadline(bench.faults) == 2000000);
	bench.now_us = 1500000;
	for (unsigned i = 0; i < FOLLOW_MAX_CONNECTIONS; i++)
		send_to_port(&bench, (uint16_t)(10000 + i));
	assert_true(evtcp_fault_next_deadline(bench.faults) == 2500000);
	evtcp_link_free(bench.link);
}

static void so_many_rules_may_speak_of_one_segment(void **state)
{
	char script[EVTCP_FAULT_MAX_RULES * 32] = "";
	struct bench bench;

	(void)state;
	for (unsigned i = 0; i < EVTCP_FAULT_MAX_RULES - 1; i++)
		strcat(script, "out data: reset blind\n");
	strcat(script, "out data: drop");
	bench_open(&bench, script);
	send_segment(&bench, "< . 501 101 2000 10");
	assert_int_equal(bench.last, EVTCP_FAULT_MAX_RULES - 1);
	evtcp_link_free(bench.link);
}

/* A stack may send while it is given a segment, if there is much to answer. */
static void what_is_changed_both_ways_is_not_mixed(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "in data: corrupt payload always\nin data: duplicate always\n"
			   "out ack: window 896 for 60m\n");
	RUN(HANDSHAKE);
	bench.answer = "< . 501 111 2000 0";
	RUN("> . 101 501 1000 10", "= < . 501 111 7 0 [fault_window by 3]",
		"= > . 101 501 1000 10 other", "= < . 501 111 7 0 [fault_window by 3]",
		"= > . 101 501 1000 10 other");
	evtcp_link_free(bench.link);
}

static void what_passed_unseen_is_forgotten(void **state)
{
	struct evtcp_fault_request request = {.path = "/", .tag = "broken"};
	struct evtcp_tuple tuple = test_tuple();
	struct evtcp_fault_reply reply;
	struct bench bench;

	(void)state;
	bench_open(&bench, "reply: cut 1");
	RUN(HANDSHAKE);
	evtcp_fault_request(bench.faults, &tuple, &request, &reply);
	assert_true(reply.cut);
	assert_int_equal(evtcp_fault_remove(bench.faults, 1), 0);
	request.tag = NULL; /* another request, while nobody looks */
	evtcp_fault_request(bench.faults, &tuple, &request, &reply);
	assert_int_equal(add(&bench, "out data tag broken: drop"), 2);
	RUN("< . 501 101 2000 10", "= < . 501 101 2000 10");
	assert_int_equal(evtcp_fault_remove(bench.faults, 2), 0);
	/* And more than half of all numbers later. */
	assert_int_equal(add(&bench, "out data nth 1: drop"), 3);
	RUN("< . 3000000501 101 2000 10");
	RUN("< . 3000000511 101 2000 10", "= < . 3000000511 101 2000 10");
	evtcp_link_free(bench.link);
}

/* No rule can name so much. */
static void of_a_long_path_little_is_kept(void **state)
{
	char rule[320], path[5000];
	struct evtcp_fault_request request = {.path = path, .tag = path};
	struct evtcp_tuple tuple = test_tuple();
	struct evtcp_fault_reply reply;
	struct bench bench;

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	snprintf(rule, sizeof(rule), "reply path %.126s*: cut 1\nreply path %.127s: length +1",
		path, path);
	bench_open(&bench, rule);
	RUN(HANDSHAKE);
	bench.largest = 0;
	evtcp_fault_request(bench.faults, &tuple, &request, &reply);
	assert_true(bench.largest > 0 && bench.largest < 200);
	assert_true(reply.cut);
	assert_int_equal(reply.length_offset, 0);
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
	struct evtcp_tuple tuple = test_tuple();
	struct evtcp_fault_reply reply;
	struct bench bench;

	(void)state;
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
		cmocka_unit_test(rules_come_and_go),
		cmocka_unit_test(a_rule_counts_from_the_moment_of_the_batch),
		cmocka_unit_test(what_a_rule_has_begun_ends_with_it),
		cmocka_unit_test(what_waited_for_the_last_rule_is_not_overtaken),
		cmocka_unit_test(what_a_rule_holds_back_arrives_when_it_goes),
		cmocka_unit_test(a_window_is_told_when_its_rule_goes),
		cmocka_unit_test(who_is_forgotten_leaves_nothing_behind),
		cmocka_unit_test(so_many_rules_may_speak_of_one_segment),
		cmocka_unit_test(what_is_changed_both_ways_is_not_mixed),
		cmocka_unit_test(what_passed_unseen_is_forgotten),
		cmocka_unit_test(of_a_long_path_little_is_kept),
		cmocka_unit_test(without_rules_a_link_takes_what_its_lower_one_takes),
		cmocka_unit_test(requests_choose_connections_and_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
