/* SPDX-License-Identifier: BSD-3-Clause */

/* A stack as a whole: what it is made of, which packets it takes, and how it ends. */

#include "stack_pair.h"
#include "stack_told.h"

#include <errno.h>
#include <event2/buffer.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

/* ---- making one ------------------------------------------------------------ */

static void assert_refused(const struct evtcp_stack_config *config)
{
	errno = 0;
	assert_null(evtcp_stack_new(NULL, config));
	assert_int_equal(errno, EINVAL);
}

static void the_defaults_make_a_stack_and_values_out_of_range_do_not(void **state)
{
	struct evtcp_stack_config good, bad;
	struct evtcp_stack *stack;

	(void)state;
	evtcp_stack_config_init(&good);
	stack = evtcp_stack_new(NULL, &good);
	assert_non_null(stack);
	assert_null(evtcp_stack_get_base(stack));
	assert_int_equal(evtcp_stack_next_deadline(stack), UINT64_MAX);
	evtcp_stack_check(stack);
	evtcp_stack_free(stack);
	evtcp_stack_free(NULL);

	bad = good, bad.cc = "reno-and-more", assert_refused(&bad);
	bad = good, bad.cc = NULL, assert_refused(&bad);
	bad = good, bad.ttl = 0, assert_refused(&bad);
	bad = good, bad.msl_us = 0, assert_refused(&bad);
	bad = good, bad.rto_min_us = 0, assert_refused(&bad);
	bad = good, bad.rto_min_us = bad.rto_max_us + 1, assert_refused(&bad);
	bad = good, bad.rto_initial_us = 0, assert_refused(&bad);
	bad = good, bad.delayed_ack_us = SECOND / 2, assert_refused(&bad); /* MUST-40 */
	bad = good, bad.limits.user_timeout_min = 0, assert_refused(&bad);
	bad = good, bad.limits.user_timeout_max = 0, assert_refused(&bad);
	bad = good, bad.limits.receive_buffer = 0, assert_refused(&bad);
	bad = good, bad.limits.send_buffer = (1u << 30) + 1, assert_refused(&bad);
	bad = good, bad.limits.receive_buffer_max = (1u << 30) + 1, assert_refused(&bad);
	bad = good, bad.limits.send_buffer_max = (1u << 30) + 1, assert_refused(&bad);
}

static void every_congestion_control_has_a_name_and_makes_a_stack(void **state)
{
	struct evtcp_stack_config config;
	unsigned n = 0;

	(void)state;
	evtcp_stack_config_init(&config);
	assert_string_equal(evtcp_cc_name(0), config.cc);
	for (; (config.cc = evtcp_cc_name(n)); n++) {
		struct evtcp_stack *stack = evtcp_stack_new(NULL, &config);

		assert_non_null(stack);
		evtcp_stack_free(stack);
		for (unsigned i = 0; i < n; i++)
			assert_string_not_equal(evtcp_cc_name(i), config.cc);
	}
	assert_true(n >= 2);
	assert_null(evtcp_cc_name(n + 1));
}

static int add_address(struct evtcp_stack *stack, uint32_t ipv4, unsigned prefix_len)
{
	struct sockaddr_in address = pair_address(0, 0);

	address.sin_addr.s_addr = htonl(ipv4);
	errno = 0;
	return evtcp_stack_add_address(
		stack, (struct sockaddr *)&address, sizeof(address), prefix_len);
}

static void addresses_are_taken_once_and_only_if_they_can_be_ours(void **state)
{
	struct evtcp_stack *stack = evtcp_stack_new(NULL, NULL);

	(void)state;
	assert_int_equal(add_address(stack, 0x0a000002, 24), 0);
	assert_int_equal(add_address(stack, 0x0a000002, 24), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(add_address(stack, 0xe0000001, 24), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(add_address(stack, 0x0a000003, 33), -1);
	assert_int_equal(errno, EINVAL);
	for (uint32_t i = 3; i < 18; i++)
		assert_int_equal(add_address(stack, 0x0a000000 + i, 24), 0);
	assert_int_equal(add_address(stack, 0x0a000063, 24), -1);
	assert_int_equal(errno, ENOSPC);
	evtcp_stack_free(stack);
}

/* 10.0.0.1 to 10.0.0.2, ICMP echo request of len bytes in all. */
static size_t build_echo(uint8_t *bytes, size_t len)
{
	static const uint8_t head[28] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10,
		0, 0, 2, 8, 0, 0xf7, 0xff - 7, 0, 7, 0, 0};
	uint32_t sum = 0;

	memset(bytes, 0, len);
	memcpy(bytes, head, sizeof(head));
	bytes[2] = (uint8_t)(len >> 8);
	bytes[3] = (uint8_t)len;
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16));
	bytes[10] = (uint8_t)(sum >> 8);
	bytes[11] = (uint8_t)sum;
	return len;
}

static void the_world_is_copied(void **state)
{
	const struct evtcp_world *world;
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	world = evtcp_stack_get_world(pair.client.stack);
	assert_ptr_not_equal(world, &pair.world);
	assert_memory_equal(world, &pair.world, sizeof(*world));
	pair_close(&pair);
}

static void a_batch_has_one_moment(void **state)
{
	struct pair pair;
	uint8_t echo[100];
	struct iovec iov = {echo, sizeof(echo)};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1};
	uint64_t began_us;

	(void)state;
	pair_open(&pair, NULL);
	packet.len = build_echo(echo, sizeof(echo));
	pair.now_us++;
	began_us = pair.now_us;
	assert_int_equal(evtcp_stack_get_now(pair.server.stack), began_us);
	evtcp_stack_input(pair.server.stack, &packet);
	pair.now_us++;
	assert_int_equal(evtcp_stack_get_now(pair.server.stack), began_us);
	evtcp_stack_flush(pair.server.stack);
	assert_int_equal(evtcp_stack_get_now(pair.server.stack), began_us + 1);
	assert_int_equal(pair_lose(&pair.server), 1);
	pair_close(&pair);
}

static void without_a_link_what_is_sent_is_lost(void **state)
{
	struct evtcp_stack *stack = evtcp_stack_new(NULL, NULL);
	struct iovec iov;
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1};
	uint8_t echo[100];

	(void)state;
	assert_int_equal(add_address(stack, 0x0a000002, 24), 0);
	packet.len = build_echo(echo, sizeof(echo));
	iov = (struct iovec){echo, sizeof(echo)};
	evtcp_stack_input(stack, &packet);
	assert_int_equal(packet.reason.cause, EVTCP_CAUSE_ICMP_ECHO_REQUEST);
	evtcp_stack_flush(stack);
	assert_int_equal(evtcp_stack_get_counter(stack, EVTCP_CAUSE_LINK_DOWN), 1);
	assert_int_equal(evtcp_stack_get_counter(stack, EVTCP_CAUSE_ICMP_ECHO_REPLY), 0);
	evtcp_stack_free(stack);
}

static void a_stack_has_one_link(void **state)
{
	struct memory_link *memory;
	struct pair pair;
	struct evtcp_link *second;

	(void)state;
	pair_open(&pair, NULL);
	second = memory_link_new(&pair.world, PAIR_MTU, 1, &memory);
	assert_int_equal(evtcp_stack_attach(pair.client.stack, second), -1);
	assert_int_equal(errno, EEXIST);
	evtcp_link_free(second);
	pair_close(&pair);
}

/* ---- packets in ------------------------------------------------------------- */

/* The client's SYN, to be bent. */
static struct memory_packet *take_syn(struct pair *pair, struct pair_app *client)
{
	assert_non_null(pair_connect(pair, client));
	evtcp_stack_flush(pair->client.stack);
	return memory_link_pop(pair->client.link);
}

static void a_packet_in_pieces_is_one_packet(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};
	struct memory_packet *syn;
	struct iovec pieces[60];
	struct evtcp_packet packet = {.iov = pieces};

	(void)state;
	pair_open(&pair, NULL);
	pair_listen(&pair, &server);
	syn = take_syn(&pair, &client);
	assert_true(syn->len <= 60);
	for (packet.len = 0; packet.len < syn->len; packet.len++)
		pieces[packet.iovcnt++] = (struct iovec){syn->bytes + packet.len, 1};
	pair.now_us += 5;
	evtcp_stack_input(pair.server.stack, &packet);
	assert_int_equal(packet.reason.cause, EVTCP_CAUSE_ACCEPTED);
	assert_int_equal(packet.at_us, pair.now_us);
	packet.iovcnt = 0, packet.len = 0;
	evtcp_stack_input(pair.server.stack, &packet);
	assert_int_equal(packet.reason.cause, EVTCP_CAUSE_IP_TRUNCATED);
	memory_link_drop(pair.client.link, syn);
	pair_run(&pair);
	pair_heard(&server, "accepted");
	pair_close(&pair);
}

/* RFC 9293 3.1, MUST-3: the checksum is checked, in every bit. */
static void a_segment_with_a_wrong_bit_is_dropped_and_counted(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};
	struct memory_packet *syn;

	(void)state;
	pair_open(&pair, NULL);
	pair_listen(&pair, &server);
	syn = take_syn(&pair, &client);
	for (size_t bit = 0; bit < syn->len * 8; bit++) {
		struct evtcp_reason reason;

		syn->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		reason = memory_link_inject(pair.server.link, syn->bytes, syn->len, 0);
		syn->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(evtcp_cause_class(reason.cause), EVTCP_CLASS_DROPPED);
	}
	assert_true(evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_TCP_CHECKSUM) >= 16 * 8);
	memory_link_end_batch(pair.server.link);
	assert_int_equal(memory_link_len(pair.server.link), 0);
	memory_link_drop(pair.client.link, syn);
	pair_close(&pair);
}

static void answers_wait_for_the_flush_and_leave_in_order(void **state)
{
	struct pair pair;
	uint8_t echo[1500];
	struct memory_packet *answer;

	(void)state;
	pair_open(&pair, NULL);
	for (size_t i = 0; i < 3; i++) {
		build_echo(echo, 100 + i);
		assert_int_equal(memory_link_inject(pair.server.link, echo, 100 + i, 0).cause,
			EVTCP_CAUSE_ICMP_ECHO_REQUEST);
	}
	assert_int_equal(memory_link_len(pair.server.link), 0);
	assert_int_equal(evtcp_stack_next_deadline(pair.server.stack), pair.now_us);
	evtcp_stack_flush(pair.server.stack);
	assert_int_equal(memory_link_len(pair.server.link), 3);
	for (size_t i = 0; i < 3; i++) {
		answer = memory_link_pop(pair.server.link);
		assert_int_equal(answer->len, 100 + i);
		assert_int_equal(answer->reason.cause, EVTCP_CAUSE_ICMP_ECHO_REPLY);
		assert_int_equal(answer->at_us, pair.now_us);
		memory_link_drop(pair.server.link, answer);
	}
	assert_int_equal(
		evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_ICMP_ECHO_REPLY), 3);
	pair_close(&pair);
}

/* At the limit - 1, the limit, the limit + 1. */
static void when_64_answers_wait_they_leave_at_once(void **state)
{
	struct evtcp_stack_config config;
	struct pair pair;
	uint8_t echo[1500];

	(void)state;
	evtcp_stack_config_init(&config);
	config.limits.icmp_per_second = 0;
	pair_open(&pair, &config);
	build_echo(echo, sizeof(echo));
	for (unsigned i = 0; i < 64; i++)
		memory_link_inject(pair.server.link, echo, sizeof(echo), 0);
	assert_int_equal(memory_link_len(pair.server.link), 0);
	memory_link_inject(pair.server.link, echo, sizeof(echo), 0);
	assert_int_equal(memory_link_len(pair.server.link), 64);
	memory_link_end_batch(pair.server.link);
	assert_int_equal(memory_link_len(pair.server.link), 65);
	pair_close(&pair);
}

static void a_segment_to_nobody_is_answered_with_rst(void **state)
{
	struct pair pair;
	struct pair_app client = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_connect(&pair, &client));
	pair_run(&pair);
	assert_int_equal(
		evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_RST_NO_CONNECTION), 1);
	assert_int_equal(evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_NO_CONNECTION), 1);
	assert_int_equal(evtcp_stack_get_counter(pair.client.stack, EVTCP_CAUSE_SYN), 1);
	pair_close(&pair);
}

static void remember_failure(struct evtcp_stack *stack, int error, void *arg)
{
	(void)stack;
	*(int *)arg = *(int *)arg * 1000 + error; /* a second call would show */
}

static void a_failed_link_is_told_once_in_a_flush(void **state)
{
	struct pair pair;
	int error = 0;

	(void)state;
	pair_open(&pair, NULL);
	evtcp_stack_set_failed_cb(pair.server.stack, remember_failure, &error);
	memory_link_fail(pair.server.link, ENODEV);
	memory_link_fail(pair.server.link, EIO);
	assert_int_equal(error, 0);
	assert_int_equal(evtcp_stack_next_deadline(pair.server.stack), pair.now_us);
	pair_run(&pair);
	pair_run(&pair);
	assert_int_equal(error, ENODEV);

	memory_link_fail(pair.client.link, EIO); /* before anybody asked */
	pair_run(&pair);
	error = 0;
	evtcp_stack_set_failed_cb(pair.client.stack, remember_failure, &error);
	pair_run(&pair);
	assert_int_equal(error, EIO);
	pair_close(&pair);
}

/* ---- the whole ------------------------------------------------------------- */

static int count_conns(const struct evtcp_conn *conn, void *arg)
{
	struct evtcp_conn_info info;

	evtcp_conn_get_info(conn, &info);
	assert_int_equal(info.tuple.local.port, PAIR_PORT);
	return ++*(int *)arg == 2;
}

static void foreach_shows_every_connection_orphans_too(void **state)
{
	struct pair_app clients[3] = {{0}, {0}, {0}}, server = {.keep_unread = true};
	struct evtcp_stack_usage usage;
	struct pair pair;
	int n = 0;

	(void)state;
	pair_open(&pair, NULL);
	pair_listen(&pair, &server);
	for (int i = 0; i < 3; i++)
		assert_non_null(pair_connect(&pair, &clients[i]));
	pair_run(&pair);
	evtcp_conn_free(server.conn); /* the last one that was accepted */
	pair_run(&pair);
	evtcp_stack_get_usage(pair.server.stack, &usage);
	assert_int_equal(usage.connections, 3);
	assert_int_equal(usage.orphans, 1);
	assert_true(usage.memory_bytes > 0);
	assert_int_equal(evtcp_stack_foreach_conn(pair.server.stack, count_conns, &n), 1);
	assert_int_equal(n, 2); /* it stopped when told to */
	assert_int_equal(evtcp_stack_foreach_conn(pair.server.stack, count_conns, &n), 0);
	assert_int_equal(n, 5);
	pair_close(&pair);
}

static void a_draining_stack_drops_syns_and_keeps_what_it_has(void **state)
{
	struct pair pair;
	struct pair_app client, server, late = {0};

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_stack_drain(pair.server.stack);
	assert_non_null(pair_connect(&pair, &late));
	pair_say(&client, "still here");
	pair_run(&pair);
	pair_heard(&late, "");
	pair_heard(&server, "read 10");
	assert_int_equal(evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_DRAINING), 1);
	pair_close(&pair);
}

/* Connections, an orphan, a half-open entry, a TIME-WAIT entry: the peer of each
 * connection is told once, nobody else. */
static void free_resets_each_connection_once(void **state)
{
	struct pair_app clients[2] = {{0}, {0}}, server = {.keep_unread = true}, closed = {0};
	struct memory_packet *syn;
	struct told told;
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	pair_listen(&pair, &server);
	assert_non_null(pair_connect(&pair, &closed)); /* ends in TIME-WAIT at the server */
	pair_run(&pair);
	evtcp_conn_free(server.conn);
	pair_run(&pair);
	evtcp_conn_free(closed.conn);
	pair_run(&pair);
	for (int i = 0; i < 2; i++)
		assert_non_null(pair_connect(&pair, &clients[i]));
	pair_run(&pair);
	evtcp_conn_free(server.conn); /* an orphan */
	pair_run(&pair);
	syn = take_syn(&pair, &closed); /* half open */
	memory_link_inject(pair.server.link, syn->bytes, syn->len, 0);
	memory_link_end_batch(pair.server.link);
	memory_link_drop(pair.client.link, syn);
	assert_int_equal(pair_lose(&pair.server), 1);

	clients[0].heard[0] = clients[1].heard[0] = '\0';
	/* The link goes with the stack: watch what its last words are. */
	listen_to(&told, pair.server.stack, ~0u);
	evtcp_stack_free(pair.server.stack);
	pair.server.stack = NULL;
	assert_int_equal(told.n[EVTCP_EVENT_SENT], 2);
	assert_int_equal(told.last[EVTCP_EVENT_SENT].u.segment.flags & 4, 4);
	assert_int_equal(told.last[EVTCP_EVENT_SENT].reason.cause, EVTCP_CAUSE_RST_ABORT);
	pair_close(&pair);
}

static void a_turn_runs_as_many_timers_as_allowed(void **state)
{
	struct evtcp_stack_config config;
	struct pair_app clients[5] = {{0}};
	struct pair pair;
	uint64_t due;

	(void)state;
	evtcp_stack_config_init(&config);
	config.limits.batch_timers = 2;
	pair_open(&pair, &config);
	for (int i = 0; i < 5; i++)
		assert_non_null(pair_connect(&pair, &clients[i]));
	evtcp_stack_flush(pair.client.stack);
	assert_int_equal(pair_lose(&pair.client), 5);
	due = evtcp_stack_next_deadline(pair.client.stack);
	assert_int_equal(due, pair.now_us + SECOND); /* RFC 6298 2.1 */
	pair.now_us = due;
	for (unsigned sent = 2; sent <= 4; sent += 2) {
		evtcp_stack_run_timers(pair.client.stack);
		assert_int_equal(memory_link_len(pair.client.link), sent);
		assert_true(evtcp_stack_next_deadline(pair.client.stack) <= pair.now_us);
	}
	evtcp_stack_run_timers(pair.client.stack);
	assert_int_equal(memory_link_len(pair.client.link), 5);
	assert_true(evtcp_stack_next_deadline(pair.client.stack) > pair.now_us);
	pair_close(&pair);
}

/* RFC 9293 3.7.1, MUST-67: the MSS that we announce is the MTU less 40. */
static void the_announced_mss_is_the_mtu_less_40(void **state)
{
	struct pair pair;
	struct pair_app client = {0};
	struct memory_packet *syn;

	(void)state;
	pair_open(&pair, NULL);
	syn = take_syn(&pair, &client);
	assert_int_equal(syn->bytes[40], 2);
	assert_int_equal(syn->bytes[42] << 8 | syn->bytes[43], PAIR_MTU - 40);
	memory_link_drop(pair.client.link, syn);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_make_a_stack_and_values_out_of_range_do_not),
		cmocka_unit_test(every_congestion_control_has_a_name_and_makes_a_stack),
		cmocka_unit_test(addresses_are_taken_once_and_only_if_they_can_be_ours),
		cmocka_unit_test(the_world_is_copied),
		cmocka_unit_test(a_batch_has_one_moment),
		cmocka_unit_test(without_a_link_what_is_sent_is_lost),
		cmocka_unit_test(a_stack_has_one_link),
		cmocka_unit_test(a_packet_in_pieces_is_one_packet),
		cmocka_unit_test(a_segment_with_a_wrong_bit_is_dropped_and_counted),
		cmocka_unit_test(answers_wait_for_the_flush_and_leave_in_order),
		cmocka_unit_test(when_64_answers_wait_they_leave_at_once),
		cmocka_unit_test(a_segment_to_nobody_is_answered_with_rst),
		cmocka_unit_test(a_failed_link_is_told_once_in_a_flush),
		cmocka_unit_test(foreach_shows_every_connection_orphans_too),
		cmocka_unit_test(a_draining_stack_drops_syns_and_keeps_what_it_has),
		cmocka_unit_test(free_resets_each_connection_once),
		cmocka_unit_test(a_turn_runs_as_many_timers_as_allowed),
		cmocka_unit_test(the_announced_mss_is_the_mtu_less_40),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
