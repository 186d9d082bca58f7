/* SPDX-License-Identifier: BSD-3-Clause */

/* Three stacks that are one host, 10.0.0.2: what comes to the wrong one reaches the right one, and
 * what is nobody's is answered once, by who got it. One loop runs all; time is the test's.
 * The client is made of octets. */

#include "stack_pair.h"
#include "test_packet.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum {
	STACKS = 3,
	IRS = 1000,
	WINDOW = 65535,
	HEADERS = 40,
	POSTS = 1024,
	MSS = 536 /* of who announces none */
};

struct rig {
	struct pair pair; /* of which only the world is used */
	struct event_base *base;
	struct evtcp_group *group;
	struct pair_host hosts[STACKS];
	struct pair_app apps[STACKS];
};

/* ---- the rig --------------------------------------------------------------------- */

static void rig_open_host(struct rig *rig, unsigned i, const struct evtcp_stack_config *config)
{
	struct sockaddr_in address = pair_address(2, 0), any = {.sin_family = AF_INET};
	struct pair_host *host = &rig->hosts[i];
	struct evtcp_link *link = memory_link_new(&rig->pair.world, PAIR_MTU, 64, &host->link);

	any.sin_port = pair_address(2, PAIR_PORT).sin_port;
	host->stack = evtcp_stack_new(rig->base, config);
	assert_non_null(host->stack);
	assert_int_equal(evtcp_group_join(rig->group, i, host->stack), 0);
	assert_int_equal(evtcp_stack_attach(host->stack, link), 0);
	assert_int_equal(evtcp_stack_add_address(
				 host->stack, (struct sockaddr *)&address, sizeof(address), 24),
		0);
	rig->apps[i].pair = &rig->pair;
	rig->apps[i].listener = evtcp_listener_new(
		host->stack, pair_app_accept, &rig->apps[i], (struct sockaddr *)&any, sizeof(any));
	assert_non_null(rig->apps[i].listener);
	evtcp_listener_set_fast_open(rig->apps[i].listener, 1);
}

static void rig_open(struct rig *rig, uint32_t half_open)
{
	struct evtcp_stack_config config;

	memset(rig, 0, sizeof(*rig));
	pair_world(&rig->pair);
	evtcp_stack_config_init(&config);
	config.world = &rig->pair.world;
	if (half_open)
		config.limits.half_open = half_open;
	rig->base = event_base_new();
	rig->group = evtcp_group_new(STACKS, &rig->pair.world);
	assert_non_null(rig->group);
	for (unsigned i = 0; i < STACKS; i++)
		rig_open_host(rig, i, &config);
}

/* Until nobody has anything to say to another. */
static void rig_run(struct rig *rig)
{
	for (int i = 0; i < 4 * STACKS; i++)
		event_base_loop(rig->base, EVLOOP_NONBLOCK);
	for (unsigned i = 0; i < STACKS; i++)
		evtcp_stack_check(rig->hosts[i].stack);
}

static void rig_close(struct rig *rig)
{
	for (unsigned i = 0; i < STACKS; i++)
		evtcp_stack_free(rig->hosts[i].stack);
	evtcp_group_free(rig->group);
	event_base_free(rig->base);
	assert_int_equal(rig->pair.live, 0);
}

static uint64_t rig_count(const struct rig *rig, unsigned at, enum evtcp_cause cause)
{
	return evtcp_stack_get_counter(rig->hosts[at].stack, cause);
}

static unsigned rig_connections(const struct rig *rig, unsigned at)
{
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(rig->hosts[at].stack, &usage);
	return usage.connections;
}

/* ---- the client ------------------------------------------------------------------ */

/* segment comes to the stack `at`: what that made of it. */
static enum evtcp_cause send_to(struct rig *rig, unsigned at, const struct test_segment *segment)
{
	struct memory_link *link = rig->hosts[at].link;
	struct test_packet p;
	enum evtcp_cause cause;

	test_packet_build(&p, segment, 0, EVTCP_CAUSE_NONE);
	test_packet_seal(p.bytes, p.iov.iov_len);
	cause = memory_link_inject(link, p.bytes, p.iov.iov_len, 0).cause;
	memory_link_end_batch(link);
	return cause;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* What stack `at` has sent: the first packet, which must be there and for this cause. */
static struct memory_packet *expect(struct rig *rig, unsigned at, enum evtcp_cause cause)
{
	struct memory_packet *packet = memory_link_pop(rig->hosts[at].link);

	assert_non_null(packet);
	assert_string_equal(evtcp_cause_name(packet->reason.cause), evtcp_cause_name(cause));
	return packet;
}

static void expect_and_drop(struct rig *rig, unsigned at, enum evtcp_cause cause)
{
	memory_link_drop(rig->hosts[at].link, expect(rig, at, cause));
}

static void expect_silence(struct rig *rig)
{
	for (unsigned i = 0; i < STACKS; i++)
		assert_null(memory_link_pop(rig->hosts[i].link));
}

/* A SYN to stack `at`; its answer's sequence number. */
static uint32_t open_half(struct rig *rig, unsigned at, uint16_t port, enum evtcp_cause answer)
{
	struct test_segment syn = {
		.client_port = port, .flags = TEST_SYN, .seq = IRS, .window = WINDOW};
	struct memory_packet *packet;
	uint32_t iss;

	assert_int_equal(send_to(rig, at, &syn), EVTCP_CAUSE_ACCEPTED);
	packet = expect(rig, at, answer);
	iss = get32(packet->bytes + 24);
	memory_link_drop(rig->hosts[at].link, packet);
	return iss;
}

/* An ACK of that, with len octets, as the client's next segment. */
static struct test_segment next_segment(uint16_t port, uint32_t iss, size_t len)
{
	return (struct test_segment){.client_port = port,
		.flags = TEST_ACK,
		.seq = IRS + 1,
		.ack = iss + 1,
		.window = WINDOW,
		.payload_len = len};
}

/* A connection of stack `at`; its ISS. */
static uint32_t establish(struct rig *rig, unsigned at, uint16_t port)
{
	uint32_t iss = open_half(rig, at, port, EVTCP_CAUSE_SYN_ACK);
	struct test_segment ack = next_segment(port, iss, 0);

	assert_int_equal(send_to(rig, at, &ack), EVTCP_CAUSE_ACCEPTED);
	assert_int_equal(rig_connections(rig, at), 1);
	pair_heard(&rig->apps[at], "accepted");
	return iss;
}

/* ---- packets that go astray -------------------------------------------------------- */

static void a_segment_reaches_the_stack_that_has_its_connection(void **state)
{
	struct rig rig;
	struct test_segment data;

	(void)state;
	rig_open(&rig, 0);
	data = next_segment(1, establish(&rig, 0, 1), MSS);
	assert_int_equal(send_to(&rig, 1, &data), EVTCP_CAUSE_PASSED_ON);
	rig_run(&rig);
	pair_heard(&rig.apps[0], "read 536");
	expect_and_drop(&rig, 0, EVTCP_CAUSE_ACK_QUICK);
	expect_silence(&rig); /* and nobody has sent an RST */
	assert_int_equal(rig_count(&rig, 1, EVTCP_CAUSE_PASSED_ON), 1);
	assert_int_equal(rig_count(&rig, 2, EVTCP_CAUSE_PASSED_ON), 0);
	rig_close(&rig);
}

static void the_third_segment_of_a_handshake_may_go_astray(void **state)
{
	struct rig rig;
	struct test_segment ack;

	(void)state;
	rig_open(&rig, 0);
	ack = next_segment(1, open_half(&rig, 2, 1, EVTCP_CAUSE_SYN_ACK), 0);
	assert_int_equal(send_to(&rig, 0, &ack), EVTCP_CAUSE_PASSED_ON);
	rig_run(&rig);
	pair_heard(&rig.apps[2], "accepted");
	expect_silence(&rig);
	rig_close(&rig);
}

static void an_rst_that_goes_astray_ends_its_connection(void **state)
{
	struct rig rig;
	struct test_segment rst;

	(void)state;
	rig_open(&rig, 0);
	rst = next_segment(1, establish(&rig, 0, 1), 0);
	rst.flags = TEST_RST;
	assert_int_equal(send_to(&rig, 1, &rst), EVTCP_CAUSE_PASSED_ON);
	rig_run(&rig);
	pair_heard(&rig.apps[0], "reading error 104");
	expect_silence(&rig);
	rig_close(&rig);
}

static void what_is_nobodys_is_answered_once_by_who_got_it(void **state)
{
	struct rig rig;
	struct test_segment ack = next_segment(1, 5000, 0);

	(void)state;
	rig_open(&rig, 0);
	for (unsigned at = 0; at < STACKS; at++) {
		assert_int_equal(send_to(&rig, at, &ack), EVTCP_CAUSE_PASSED_ON);
		expect_silence(&rig); /* before all have been asked */
		rig_run(&rig);
		expect_and_drop(&rig, at, EVTCP_CAUSE_RST_NO_CONNECTION);
		expect_silence(&rig);
		assert_int_equal(rig_count(&rig, at, EVTCP_CAUSE_ACK_BAD_COOKIE), 1);
	}
	rig_close(&rig);
}

static void a_stack_whose_siblings_have_left_answers_all_the_same(void **state)
{
	struct rig rig;
	struct test_segment ack = next_segment(1, 5000, 0);

	(void)state;
	rig_open(&rig, 0);
	evtcp_group_leave(rig.hosts[1].stack);
	evtcp_group_leave(rig.hosts[2].stack);
	assert_int_equal(evtcp_group_get_index(rig.hosts[1].stack), -1);
	assert_int_equal(send_to(&rig, 0, &ack), EVTCP_CAUSE_PASSED_ON);
	rig_run(&rig);
	expect_and_drop(&rig, 0, EVTCP_CAUSE_RST_NO_CONNECTION);
	/* Who has left is alone, and asks nobody. */
	assert_int_equal(send_to(&rig, 1, &ack), EVTCP_CAUSE_ACK_BAD_COOKIE);
	expect_and_drop(&rig, 1, EVTCP_CAUSE_RST_NO_CONNECTION);
	rig_close(&rig);
}

/* "Fragmentation needed" about packet, to stack `at`. */
static enum evtcp_cause send_too_big(
	struct rig *rig, unsigned at, const struct memory_packet *packet, uint16_t mtu)
{
	uint8_t bytes[20 + 36] = {0x45, [3] = 56, [8] = 64, 1, [12] = 10, 0, 0, 9, 10, 0, 0, 2};
	enum evtcp_cause cause;

	bytes[20] = 3;
	bytes[21] = 4;
	test_put16(bytes + 26, mtu);
	memcpy(bytes + 28, packet->bytes, 28);
	test_put16(bytes + 22, ~test_packet_sum(0, bytes + 20, 36));
	test_put16(bytes + 10, ~test_packet_sum(0, bytes, 20));
	cause = memory_link_inject(rig->hosts[at].link, bytes, sizeof(bytes), 0).cause;
	memory_link_end_batch(rig->hosts[at].link);
	return cause;
}

/* A router's message has the router's address: no distributor knows whose it is. */
static void an_icmp_error_reaches_the_connection_that_it_is_about(void **state)
{
	struct rig rig;
	struct memory_packet *packet;
	static char text[MSS + 1];

	(void)state;
	rig_open(&rig, 0);
	establish(&rig, 0, 1);
	memset(text, 'x', sizeof(text) - 1);
	pair_say(&rig.apps[0], text);
	evtcp_stack_flush(rig.hosts[0].stack);
	packet = expect(&rig, 0, EVTCP_CAUSE_DATA);
	assert_int_equal(send_too_big(&rig, 1, packet, 560), EVTCP_CAUSE_PASSED_ON);
	memory_link_drop(rig.hosts[0].link, packet);
	rig_run(&rig);
	assert_int_equal(rig_count(&rig, 0, EVTCP_CAUSE_PATH_MTU), 1);
	expect_and_drop(&rig, 0, EVTCP_CAUSE_PATH_MTU_RETRANSMIT);
	rig_close(&rig);
}

static void an_icmp_error_about_nobody_is_dropped_by_who_got_it(void **state)
{
	struct rig rig;
	struct memory_packet *packet;
	struct test_segment ack = next_segment(1, 5000, 0);

	(void)state;
	rig_open(&rig, 0);
	assert_int_equal(send_to(&rig, 1, &ack), EVTCP_CAUSE_PASSED_ON);
	rig_run(&rig);
	packet = expect(&rig, 1, EVTCP_CAUSE_RST_NO_CONNECTION);
	assert_int_equal(send_too_big(&rig, 1, packet, 560), EVTCP_CAUSE_PASSED_ON);
	memory_link_drop(rig.hosts[1].link, packet);
	rig_run(&rig);
	assert_int_equal(rig_count(&rig, 1, EVTCP_CAUSE_ICMP_QUOTE), 1);
	rig_close(&rig);
}

static void an_inbox_is_bounded_and_what_does_not_fit_is_counted(void **state)
{
	struct rig rig;
	struct test_segment ack = next_segment(1, 5000, 0);

	(void)state;
	rig_open(&rig, 0);
	for (int i = 0; i < 1024; i++)
		assert_int_equal(send_to(&rig, 0, &ack), EVTCP_CAUSE_PASSED_ON);
	assert_int_equal(send_to(&rig, 0, &ack), EVTCP_CAUSE_PASS_QUEUE_FULL);
	rig_run(&rig);
	assert_int_equal(rig_count(&rig, 0, EVTCP_CAUSE_ACK_BAD_COOKIE), 1024);
	assert_int_equal(rig_count(&rig, 0, EVTCP_CAUSE_PASS_QUEUE_FULL), 1);
	/* There is room again; by size it is full sooner. */
	ack.payload_len = 1400;
	for (int i = 0; i < (1 << 20) / (1400 + HEADERS); i++)
		assert_int_equal(send_to(&rig, 0, &ack), EVTCP_CAUSE_PASSED_ON);
	assert_int_equal(send_to(&rig, 0, &ack), EVTCP_CAUSE_PASS_QUEUE_FULL);
	rig_close(&rig);
}

static void without_memory_a_stray_is_lost_and_counted(void **state)
{
	struct rig rig;
	struct test_segment ack = next_segment(1, 5000, 0);

	(void)state;
	rig_open(&rig, 0);
	rig.pair.fail_at = rig.pair.allocs + 1;
	assert_int_equal(send_to(&rig, 0, &ack), EVTCP_CAUSE_NO_MEMORY);
	rig_run(&rig);
	expect_silence(&rig);
	rig_close(&rig);
}

/* ---- one host to its peers ----------------------------------------------------------- */

/* RFC 6528: whichever stack a tuple comes to, its numbers are of one clock. */
static void all_have_the_same_initial_sequence_numbers(void **state)
{
	struct rig rig;
	uint32_t iss;

	(void)state;
	rig_open(&rig, 0);
	iss = open_half(&rig, 0, 1, EVTCP_CAUSE_SYN_ACK);
	assert_int_equal(open_half(&rig, 1, 1, EVTCP_CAUSE_SYN_ACK), iss);
	rig.pair.now_us += 400;
	assert_int_equal(open_half(&rig, 2, 1, EVTCP_CAUSE_SYN_ACK), iss + 100);
	assert_int_not_equal(open_half(&rig, 2, 2, EVTCP_CAUSE_SYN_ACK), iss + 100);
	rig_close(&rig);
}

static void a_syn_cookie_reaches_who_gave_it(void **state)
{
	struct rig rig;
	struct test_segment ack;

	(void)state;
	rig_open(&rig, 1);
	open_half(&rig, 0, 1, EVTCP_CAUSE_SYN_ACK); /* no room for more */
	ack = next_segment(2, open_half(&rig, 0, 2, EVTCP_CAUSE_SYN_COOKIE), 0);
	assert_int_equal(send_to(&rig, 1, &ack), EVTCP_CAUSE_PASSED_ON);
	rig_run(&rig);
	pair_heard(&rig.apps[0], "accepted");
	expect_silence(&rig);
	rig_close(&rig);
}

/* A SYN to stack `at` with Fast Open's option, of 2 or 10 octets. */
static void send_fast_open(struct rig *rig, unsigned at, uint16_t port, const uint8_t *cookie)
{
	uint8_t options[12] = {34, cookie ? 10 : 2, 1, 1};
	struct test_segment syn = {.client_port = port,
		.flags = TEST_SYN,
		.seq = IRS,
		.window = WINDOW,
		.payload_len = cookie ? 10 : 0,
		.options = options,
		.options_len = cookie ? 12 : 4};

	if (cookie) {
		memcpy(options + 2, cookie, 8);
		options[10] = options[11] = 1;
	}
	send_to(rig, at, &syn);
}

/* The cookie that stack `at` gives. */
static void learn_cookie(struct rig *rig, unsigned at, uint16_t port, uint8_t cookie[8])
{
	struct memory_packet *packet;

	send_fast_open(rig, at, port, NULL);
	packet = expect(rig, at, EVTCP_CAUSE_SYN_ACK);
	memcpy(cookie, packet->bytes + HEADERS + 6, 8); /* behind MSS */
	memory_link_drop(rig->hosts[at].link, packet);
}

/* RFC 7413 4.1.2: it is of the client's address, whose connections go to any of the stacks. */
static void a_fast_open_cookie_of_one_is_good_for_all(void **state)
{
	struct rig rig;
	uint8_t cookie[8];

	(void)state;
	rig_open(&rig, 0);
	learn_cookie(&rig, 0, 1, cookie);
	send_fast_open(&rig, 2, 2, cookie);
	pair_heard(&rig.apps[2], "accepted, read 10");
	/* The hour of one is the hour of all, whoever looks at the clock first. */
	rig.pair.now_us += UINT64_C(3600) * 1000000;
	send_fast_open(&rig, 1, 3, cookie);
	pair_heard(&rig.apps[1], "accepted, read 10");
	rig.pair.now_us += UINT64_C(3600) * 1000000;
	send_fast_open(&rig, 0, 4, cookie);
	pair_heard(&rig.apps[0], "");
	rig_close(&rig);
}

/* ---- posts -------------------------------------------------------------------------- */

struct note {
	char *text; /* where it writes */
	struct evtcp_stack *expected;
	char letter;
};

static void on_note(struct evtcp_stack *stack, void *arg)
{
	struct note *note = arg;
	char text[] = {stack == NULL ? '-' : note->letter, '\0'};

	assert_true(stack == NULL || stack == note->expected);
	strcat(note->text, text);
}

static void posts_run_in_order_in_the_loop_of_their_stack(void **state)
{
	struct rig rig;
	char text[8] = "";
	struct note notes[3];

	(void)state;
	rig_open(&rig, 0);
	for (int i = 0; i < 3; i++) {
		notes[i] = (struct note){text, rig.hosts[1].stack, (char)('a' + i)};
		assert_int_equal(evtcp_group_post(rig.group, 1, on_note, &notes[i]), 0);
	}
	assert_string_equal(text, "");
	rig_run(&rig);
	assert_string_equal(text, "abc");
	rig_close(&rig);
}

static void a_post_in_vain_is_told_so(void **state)
{
	struct rig rig;
	char text[8] = "";
	struct note note = {.text = text, .letter = 'a'};

	(void)state;
	rig_open(&rig, 0);
	assert_int_equal(evtcp_group_post(rig.group, 1, on_note, &note), 0);
	evtcp_group_leave(rig.hosts[1].stack);
	assert_string_equal(text, "-");
	assert_int_equal(evtcp_group_post(rig.group, 1, on_note, &note), -1);
	assert_int_equal(errno, ENOTCONN);
	assert_int_equal(evtcp_group_post(rig.group, STACKS, on_note, &note), -1);
	assert_int_equal(errno, EINVAL);
	rig_close(&rig);
	assert_string_equal(text, "-");
}

static void posts_are_bounded_and_packets_do_not_crowd_them_out(void **state)
{
	struct rig rig;
	static char text[POSTS + 1];
	struct note note = {.text = text, .letter = 'a'};
	struct test_segment ack = next_segment(1, 5000, 0);

	(void)state;
	text[0] = '\0';
	rig_open(&rig, 0);
	note.expected = rig.hosts[1].stack;
	for (int i = 0; i < 1025; i++)
		send_to(&rig, 0, &ack); /* fill the inbox of 1 */
	for (int i = 0; i < POSTS; i++)
		assert_int_equal(evtcp_group_post(rig.group, 1, on_note, &note), 0);
	assert_int_equal(evtcp_group_post(rig.group, 1, on_note, &note), -1);
	assert_int_equal(errno, EAGAIN);
	rig_run(&rig);
	assert_int_equal(strlen(text), POSTS);
	rig_close(&rig);
}

static void a_place_is_for_one_stack_with_a_loop(void **state)
{
	struct rig rig;
	struct evtcp_stack *other;

	(void)state;
	rig_open(&rig, 0);
	other = evtcp_stack_new(rig.base, NULL);
	assert_int_equal(evtcp_group_join(rig.group, 0, other), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(evtcp_group_join(rig.group, STACKS, other), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(evtcp_group_join(rig.group, 1, rig.hosts[0].stack), -1);
	assert_int_equal(errno, EBUSY);
	evtcp_stack_free(other);
	other = evtcp_stack_new(NULL, NULL);
	evtcp_group_leave(rig.hosts[2].stack);
	assert_int_equal(evtcp_group_join(rig.group, 2, other), -1);
	assert_int_equal(errno, EINVAL);
	evtcp_stack_free(other);
	assert_null(evtcp_group_new(0, &rig.pair.world));
	assert_int_equal(errno, EINVAL);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_segment_reaches_the_stack_that_has_its_connection),
		cmocka_unit_test(the_third_segment_of_a_handshake_may_go_astray),
		cmocka_unit_test(an_rst_that_goes_astray_ends_its_connection),
		cmocka_unit_test(what_is_nobodys_is_answered_once_by_who_got_it),
		cmocka_unit_test(a_stack_whose_siblings_have_left_answers_all_the_same),
		cmocka_unit_test(an_icmp_error_reaches_the_connection_that_it_is_about),
		cmocka_unit_test(an_icmp_error_about_nobody_is_dropped_by_who_got_it),
		cmocka_unit_test(an_inbox_is_bounded_and_what_does_not_fit_is_counted),
		cmocka_unit_test(without_memory_a_stray_is_lost_and_counted),
		cmocka_unit_test(all_have_the_same_initial_sequence_numbers),
		cmocka_unit_test(a_syn_cookie_reaches_who_gave_it),
		cmocka_unit_test(a_fast_open_cookie_of_one_is_good_for_all),
		cmocka_unit_test(posts_run_in_order_in_the_loop_of_their_stack),
		cmocka_unit_test(a_post_in_vain_is_told_so),
		cmocka_unit_test(posts_are_bounded_and_packets_do_not_crowd_them_out),
		cmocka_unit_test(a_place_is_for_one_stack_with_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
