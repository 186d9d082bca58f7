/* SPDX-License-Identifier: BSD-3-Clause */

/* Connections for callers who know sockets: recv, send, and what can be asked at any
 * time. */

#include "stack_pair.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

#define assert_says(call, result, error) \
	do { \
		errno = 0; \
		assert_int_equal(call, result); \
		assert_int_equal(errno, error); \
	} while (0)

/* Both applications poll: no callback of theirs takes anything. */
static void establish(struct pair *pair, struct pair_app *client, struct pair_app *server)
{
	pair_open(pair, NULL);
	pair_establish(pair, client, server);
	client->keep_unread = server->keep_unread = true;
}

static void recv_says_what_a_socket_says(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	char buf[16];

	(void)state;
	establish(&pair, &client, &server);
	assert_says(evtcp_conn_recv(server.conn, buf, sizeof(buf)), -1, EAGAIN);
	pair_say(&client, "hello");
	pair_run(&pair);
	assert_says(evtcp_conn_recv(server.conn, buf, 0), 0, 0);
	assert_says(evtcp_conn_recv(server.conn, buf, 2), 2, 0);
	assert_memory_equal(buf, "he", 2);
	assert_says(evtcp_conn_recv(server.conn, buf, sizeof(buf)), 3, 0);
	assert_says(evtcp_conn_recv(server.conn, buf, sizeof(buf)), -1, EAGAIN);
	evtcp_conn_shutdown(client.conn);
	pair_run(&pair);
	assert_says(evtcp_conn_recv(server.conn, buf, sizeof(buf)), 0, 0);
	assert_says(evtcp_conn_recv(server.conn, buf, sizeof(buf)), 0, 0);
	pair_close(&pair);
}

static void recv_gives_the_bytes_before_the_error(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	char buf[16];

	(void)state;
	establish(&pair, &client, &server);
	pair_say(&client, "hello");
	evtcp_stack_flush(pair.client.stack);
	evtcp_conn_abort(client.conn);
	pair_run(&pair);
	assert_says(evtcp_conn_recv(server.conn, buf, sizeof(buf)), 5, 0);
	assert_says(evtcp_conn_recv(server.conn, buf, sizeof(buf)), -1, ECONNRESET);
	assert_says(evtcp_conn_send(server.conn, "x", 1), -1, ECONNRESET);
	pair_close(&pair);
}

static void send_says_what_a_socket_says(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_listen(&pair, &server));
	assert_non_null(pair_connect(&pair, &client));
	assert_says(evtcp_conn_send(client.conn, "x", 1), -1, ENOTCONN);
	pair_run(&pair);
	assert_says(evtcp_conn_send(client.conn, "x", 0), 0, 0);
	assert_says(evtcp_conn_send(client.conn, "hello", 5), 5, 0);
	evtcp_conn_disable(client.conn, EV_WRITE);
	assert_says(evtcp_conn_send(client.conn, "x", 1), -1, EAGAIN);
	evtcp_conn_enable(client.conn, EV_WRITE);
	evtcp_conn_shutdown(client.conn);
	assert_says(evtcp_conn_send(client.conn, "x", 1), -1, EPIPE);
	pair_run(&pair);
	pair_heard(&server, "accepted, read 5, eof");
	pair_close(&pair);
}

static void send_takes_as_much_as_there_is_room_for(void **state)
{
	static char block[100000];
	struct pair pair;
	struct pair_app client, server;
	struct evtcp_conn_info info;

	(void)state;
	establish(&pair, &client, &server);
	assert_says(evtcp_conn_send(client.conn, block, sizeof(block)), 100000, 0);
	assert_says(evtcp_conn_send(client.conn, block, sizeof(block)), 100000, 0);
	assert_says(evtcp_conn_send(client.conn, block, sizeof(block)), 62144, 0);
	assert_says(evtcp_conn_send(client.conn, block, sizeof(block)), -1, EAGAIN);
	evtcp_conn_get_info(client.conn, &info);
	assert_int_equal(info.writable, 0);
	assert_int_equal(info.unsent_bytes, 262144);
	pair_wait(&pair, 2 * SECOND);
	pair_heard(&client, "write"); /* the peer took 65,536 */
	evtcp_conn_get_info(client.conn, &info);
	assert_int_equal(info.writable, 1);
	evtcp_conn_get_info(server.conn, &info);
	assert_in_range(info.unread_bytes, 65536 - 64, 65536 + 64); /* scaled: rounded */
	assert_says(evtcp_conn_send(client.conn, block, sizeof(block)), info.unread_bytes, 0);
	pair_close(&pair);
}

/* RFC 7323 2.3: a window is told in units of 32 bytes here; what is rounded must not
 * add up (ATTACKS T23). */
static void a_peer_that_sends_byte_by_byte_finds_the_window_closed(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct evtcp_conn_info info;

	(void)state;
	establish(&pair, &client, &server);
	evtcp_conn_set_nodelay(client.conn, 1);
	for (int i = 0; i < 70000; i++) {
		evtcp_conn_send(client.conn, "x", 1);
		evtcp_stack_flush(pair.client.stack);
		if (i % 16 == 0)
			pair_wait(&pair, 50000);
	}
	evtcp_conn_get_info(server.conn, &info);
	assert_in_range(info.unread_bytes, 65536 - 64, 65536 + 64);
	pair_close(&pair);
}

static void drain(struct pair *pair, struct pair_app *app)
{
	struct evbuffer *input = evtcp_conn_get_input(app->conn);

	for (int i = 0; i < 20; i++) {
		evbuffer_drain(input, evbuffer_get_length(input));
		pair_wait(pair, SECOND);
	}
}

/* One connection fills the limit of all buffers; two others, connected before, have
 * nothing in flight, so no ACK of their own will ever wake them. */
struct shortage {
	struct pair pair;
	struct pair_app client, server, first, second, accepted;
};

static void shortage_begin(struct shortage *s)
{
	static char block[300000];
	struct evtcp_stack_config config;

	memset(s, 0, sizeof(*s));
	evtcp_stack_config_init(&config);
	config.limits.buffer_bytes = 100000;
	pair_open(&s->pair, &config);
	pair_establish(&s->pair, &s->client, &s->server);
	s->server.keep_unread = true;
	evtcp_listener_free(s->server.listener);
	pair_listen(&s->pair, &s->accepted);
	assert_non_null(pair_connect(&s->pair, &s->first));
	assert_non_null(pair_connect(&s->pair, &s->second));
	pair_run(&s->pair);
	evbuffer_add(evtcp_conn_get_output(s->client.conn), block, sizeof(block));
	pair_wait(&s->pair, SECOND);
	s->first.heard[0] = s->second.heard[0] = s->accepted.heard[0] = '\0';
}

static void who_waits_for_the_memory_of_others_is_woken(void **state)
{
	struct shortage s;

	(void)state;
	shortage_begin(&s);
	pair_say(&s.first, "patience");
	assert_says(evtcp_conn_send(s.second.conn, "x", 1), -1, EAGAIN);
	pair_wait(&s.pair, SECOND);
	pair_heard(&s.first, "");
	pair_heard(&s.second, "");
	drain(&s.pair, &s.server);
	pair_heard(&s.first, "write");
	pair_heard(&s.second, "write");
	pair_heard(&s.accepted, "read 8");
	pair_close(&s.pair);
}

static void who_has_stopped_waiting_does_not_stand_in_front_of_others(void **state)
{
	struct shortage s;

	(void)state;
	shortage_begin(&s);
	assert_says(evtcp_conn_send(s.first.conn, "x", 1), -1, EAGAIN);
	pair_wait(&s.pair, SECOND);
	assert_says(evtcp_conn_send(s.second.conn, "x", 1), -1, EAGAIN);
	pair_wait(&s.pair, SECOND);
	evtcp_conn_shutdown(s.first.conn);
	drain(&s.pair, &s.server);
	pair_heard(&s.second, "write");
	pair_close(&s.pair);
}

/* Small pieces that are sent in one turn travel as one segment. */
static void many_small_sends_make_one_segment(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	establish(&pair, &client, &server);
	for (int i = 0; i < 100; i++)
		assert_says(evtcp_conn_send(client.conn, "0123456789", 10), 10, 0);
	evtcp_stack_flush(pair.client.stack);
	assert_int_equal(memory_link_len(pair.client.link), 1);
	pair_run(&pair);
	pair_heard(&server, "read 1000");
	pair_close(&pair);
}

static void info_tells_where_the_bytes_are(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct evtcp_conn_info info;

	(void)state;
	establish(&pair, &client, &server);
	evtcp_conn_get_info(client.conn, &info);
	assert_int_equal(info.state, EVTCP_ESTABLISHED);
	assert_int_equal(info.readable, 0);
	assert_int_equal(info.writable, 1);
	assert_int_equal(info.eof, 0);
	assert_int_equal(info.error, 0);
	assert_int_equal(info.tuple.remote.port, PAIR_PORT);
	assert_int_equal(info.timestamps, 1);
	assert_int_equal(info.sack, 1);
	assert_int_equal(info.window_scale, 1);
	assert_int_equal(info.snd_mss, PAIR_MTU - 40);
	assert_string_equal(info.cc, "cubic");
	pair_say(&client, "hello");
	evtcp_conn_get_info(client.conn, &info);
	assert_int_equal(info.unsent_bytes, 5);
	evtcp_stack_flush(pair.client.stack);
	evtcp_conn_get_info(client.conn, &info);
	assert_int_equal(info.unsent_bytes, 0);
	assert_int_equal(info.unacked_bytes, 5);
	assert_int_equal(info.in_flight, 5);
	pair_wait(&pair, SECOND);
	evtcp_conn_get_info(client.conn, &info);
	assert_int_equal(info.unacked_bytes, 0);
	assert_int_equal(info.bytes_acked, 5);
	evtcp_conn_get_info(server.conn, &info);
	assert_int_equal(info.unread_bytes, 5);
	assert_int_equal(info.bytes_received, 5);
	assert_int_equal(info.readable, 1);
	pair_close(&pair);
}

static void options_reach_the_packets(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct memory_packet *packet;

	(void)state;
	establish(&pair, &client, &server);
	evtcp_conn_set_dscp(client.conn, 46); /* RFC 9293 3.9.1.6, MUST-48 */
	evtcp_conn_set_ttl(client.conn, 3);   /* MUST-49 */
	pair_say(&client, "hello");
	evtcp_stack_flush(pair.client.stack);
	packet = memory_link_pop(pair.client.link);
	assert_int_equal(packet->bytes[1], 46 << 2);
	assert_int_equal(packet->bytes[8], 3);
	memory_link_drop(pair.client.link, packet);
	pair_close(&pair);
}

/* The words of a segment have grown by n in all (RFC 1624). */
static void add_to_checksum(uint8_t *tcp, unsigned n)
{
	unsigned sum = (~((unsigned)tcp[16] << 8 | tcp[17]) & 0xffff) + n;

	sum = ~((sum & 0xffff) + (sum >> 16));
	tcp[16] = (uint8_t)(sum >> 8);
	tcp[17] = (uint8_t)sum;
}

enum { TCP_URG = 0x20 };

/* RFC 9293 3.8.5, MUST-32, MUST-33: urgent data stands in line; where it ends is told. */
static void urgent_bytes_count_down_as_they_are_read(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct memory_packet *packet;
	uint8_t *tcp;
	char buf[16];

	(void)state;
	establish(&pair, &client, &server);
	assert_int_equal(evtcp_conn_urgent_bytes(server.conn), 0);
	pair_say(&client, "hello world");
	evtcp_stack_flush(pair.client.stack);
	packet = memory_link_pop(pair.client.link);
	tcp = packet->bytes + 20;
	tcp[13] |= TCP_URG;
	tcp[19] = 5;                       /* the urgent pointer: "hello" */
	add_to_checksum(tcp, TCP_URG + 5); /* both were 0 */
	memory_link_inject(pair.server.link, packet->bytes, packet->len, 0);
	memory_link_end_batch(pair.server.link);
	memory_link_drop(pair.client.link, packet);
	pair_heard(&server, "read 11");
	assert_int_equal(evtcp_conn_urgent_bytes(server.conn), 5);
	assert_int_equal(evtcp_conn_recv(server.conn, buf, 3), 3);
	assert_int_equal(evtcp_conn_urgent_bytes(server.conn), 2);
	assert_int_equal(evtcp_conn_recv(server.conn, buf, 3), 3);
	assert_int_equal(evtcp_conn_urgent_bytes(server.conn), 0);
	pair_close(&pair);
}

/* RFC 9293 3.7.4, MUST-17. */
static void nodelay_sends_what_nagle_held(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct evtcp_conn_info info;

	(void)state;
	establish(&pair, &client, &server);
	pair_say(&client, "one");
	evtcp_stack_flush(pair.client.stack);
	pair_say(&client, "two");
	evtcp_stack_flush(pair.client.stack);
	assert_int_equal(memory_link_len(pair.client.link), 1);
	evtcp_conn_set_nodelay(client.conn, 1);
	evtcp_stack_flush(pair.client.stack);
	assert_int_equal(memory_link_len(pair.client.link), 2);
	evtcp_conn_get_info(client.conn, &info);
	assert_int_equal(info.nodelay, 1);
	pair_close(&pair);
}

/* RFC 9293 3.8.4, MUST-24 to -27. */
static void keepalive_finds_a_dead_peer(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	establish(&pair, &client, &server);
	evtcp_conn_set_keepalive(client.conn, 10 * SECOND, SECOND, 3);
	pair_wait(&pair, 60 * SECOND);
	assert_in_range(
		evtcp_stack_get_counter(pair.client.stack, EVTCP_CAUSE_KEEPALIVE_PROBE), 4, 6);
	pair_heard(&client, "");
	memory_link_refuse(pair.server.link, EIO);
	pair_wait(&pair, 20 * SECOND);
	pair_heard(&client, "writing error 110");
	pair_close(&pair);
}

/* RFC 9293 3.9.1.8, MUST-21: R2 as the application wants it. */
static void a_user_timeout_ends_what_is_not_acknowledged(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	establish(&pair, &client, &server);
	evtcp_conn_set_user_timeout(client.conn, 5 * SECOND);
	memory_link_refuse(pair.client.link, EIO);
	pair_say(&client, "hello");
	pair_wait(&pair, 4 * SECOND);
	pair_heard(&client, "write");
	pair_wait(&pair, 10 * SECOND);
	pair_heard(&client, "writing error 110");
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recv_says_what_a_socket_says),
		cmocka_unit_test(recv_gives_the_bytes_before_the_error),
		cmocka_unit_test(send_says_what_a_socket_says),
		cmocka_unit_test(send_takes_as_much_as_there_is_room_for),
		cmocka_unit_test(a_peer_that_sends_byte_by_byte_finds_the_window_closed),
		cmocka_unit_test(who_waits_for_the_memory_of_others_is_woken),
		cmocka_unit_test(who_has_stopped_waiting_does_not_stand_in_front_of_others),
		cmocka_unit_test(many_small_sends_make_one_segment),
		cmocka_unit_test(info_tells_where_the_bytes_are),
		cmocka_unit_test(options_reach_the_packets),
		cmocka_unit_test(urgent_bytes_count_down_as_they_are_read),
		cmocka_unit_test(nodelay_sends_what_nagle_held),
		cmocka_unit_test(keepalive_finds_a_dead_peer),
		cmocka_unit_test(a_user_timeout_ends_what_is_not_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
