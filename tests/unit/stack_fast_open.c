/* SPDX-License-Identifier: BSD-3-Clause */

/* TCP Fast Open through the public API: when callbacks run and what they may do, what a flood
 * of SYNs with a valid cookie can make a stack hold and send (RFC 7413 5, ATTACKS E01, E12),
 * and every request for memory refused once. The client is made of octets. */

#include "stack_pair.h"
#include "test_packet.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

enum { COOKIE = 8, IRS = 1000, REQUEST = 100, HEADERS = 20 + 20 };

struct rig {
	struct pair pair; /* of which only the server is used */
	struct pair_app app;
	uint8_t cookie[COOKIE];
};

/* ---- the client ---------------------------------------------------------------- */

static struct evtcp_reason inject(struct rig *rig, const struct test_segment *segment)
{
	struct test_packet p;

	test_packet_build(&p, segment, 0, EVTCP_CAUSE_NONE);
	test_packet_seal(p.bytes, p.iov.iov_len);
	return memory_link_inject(rig->pair.server.link, p.bytes, p.iov.iov_len, rig->pair.now_us);
}

/* A SYN with a cookie (NULL: it asks for one) and len bytes. */
static void send_syn(struct rig *rig, uint16_t port, const uint8_t *cookie, size_t len)
{
	uint8_t options[12] = {34, 2, 1, 1};
	struct test_segment segment = {.client_port = port,
		.flags = TEST_SYN,
		.seq = IRS,
		.window = 65535,
		.payload_len = len,
		.options = options,
		.options_len = cookie ? 12 : 4};

	if (cookie) {
		options[1] = 2 + COOKIE;
		memcpy(options + 2, cookie, COOKIE);
		options[10] = options[11] = 1;
	}
	inject(rig, &segment);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* What the server sent first, or NULL. */
static struct memory_packet *next_packet(struct rig *rig)
{
	return memory_link_pop(rig->pair.server.link);
}

static void rig_open(struct rig *rig, const struct evtcp_stack_config *config)
{
	memset(rig, 0, sizeof(*rig));
	pair_open(&rig->pair, config);
	rig->app.listener = pair_listen(&rig->pair, &rig->app);
	assert_non_null(rig->app.listener);
	evtcp_listener_set_fast_open(rig->app.listener, 1);
}

static void rig_flush(struct rig *rig)
{
	evtcp_stack_flush(rig->pair.server.stack);
	evtcp_stack_check(rig->pair.server.stack);
}

/* Learns the cookie of 10.0.0.1, as any client can: behind MSS, in the SYN-ACK. */
static void rig_learn(struct rig *rig)
{
	struct memory_packet *packet;
	struct test_segment reset = {.client_port = 1, .flags = TEST_RST, .seq = IRS + 1};

	send_syn(rig, 1, NULL, 0);
	rig_flush(rig);
	packet = next_packet(rig);
	assert_non_null(packet);
	assert_int_equal(packet->bytes[HEADERS + 4], 34);
	assert_int_equal(packet->bytes[HEADERS + 5], 2 + COOKIE);
	memcpy(rig->cookie, packet->bytes + HEADERS + 6, COOKIE);
	memory_link_drop(rig->pair.server.link, packet);
	inject(rig, &reset);
	rig_flush(rig);
}

static struct evtcp_stack_usage usage_of(const struct rig *rig)
{
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(rig->pair.server.stack, &usage);
	return usage;
}

static uint64_t counter_of(const struct rig *rig, enum evtcp_cause cause)
{
	return evtcp_stack_get_counter(rig->pair.server.stack, cause);
}

/* ---- callbacks -------------------------------------------------------------------- */

static void answer_early(struct pair_app *app, const char *word)
{
	struct evtcp_conn_info info;

	if (strncmp(word, "read", 4) != 0)
		return;
	evtcp_conn_get_info(app->conn, &info);
	assert_int_equal(info.state, EVTCP_SYN_RECEIVED);
	assert_true(info.syn_data);
	assert_true(info.writable);
	pair_say(app, "hello");
}

/* One flush: accepted, read, and the answer behind the SYN-ACK. */
static void the_answer_leaves_with_the_syn_ack(void **state)
{
	struct test_segment ack = {
		.flags = TEST_ACK, .seq = IRS + 1 + REQUEST, .ack = 0, .window = 65535};
	struct memory_packet *packet;
	struct rig rig;

	(void)state;
	rig_open(&rig, NULL);
	rig_learn(&rig);
	rig.app.act = answer_early;
	send_syn(&rig, 40000, rig.cookie, REQUEST);
	pair_heard(&rig.app, ""); /* deferred: nothing runs inside the input */
	rig_flush(&rig);
	pair_heard(&rig.app, "accepted, read 100, write");
	packet = next_packet(&rig);
	assert_int_equal(packet->reason.cause, EVTCP_CAUSE_SYN_ACK_FAST_OPEN);
	assert_int_equal(get32(packet->bytes + 28), IRS + 1 + REQUEST);
	ack.ack = get32(packet->bytes + 24) + 1 + 5;
	memory_link_drop(rig.pair.server.link, packet);
	packet = next_packet(&rig);
	assert_int_equal(packet->len, HEADERS + 5);
	assert_memory_equal(packet->bytes + HEADERS, "hello", 5);
	memory_link_drop(rig.pair.server.link, packet);
	assert_null(next_packet(&rig));
	inject(&rig, &ack);
	rig_flush(&rig);
	assert_int_equal(evtcp_conn_get_state(rig.app.conn), EVTCP_ESTABLISHED);
	pair_heard(&rig.app, ""); /* it was told all of this before */
	pair_close(&rig.pair);
}

static void free_at_once(struct pair_app *app, const char *word)
{
	if (strcmp(word, "accepted") != 0 || !app->conn)
		return;
	if (app->toggled)
		evtcp_conn_abort(app->conn);
	else
		evtcp_conn_free(app->conn);
	app->conn = NULL;
}

/* With data unread a close is a reset as well. */
static void a_callback_may_end_it_before_the_handshake_is_complete(void **state)
{
	(void)state;
	for (int abort = 0; abort < 2; abort++) {
		struct memory_packet *packet;
		struct rig rig;

		rig_open(&rig, NULL);
		rig_learn(&rig);
		rig.app.act = free_at_once;
		rig.app.toggled = abort;
		send_syn(&rig, 40000, rig.cookie, REQUEST);
		rig_flush(&rig);
		packet = next_packet(&rig);
		assert_int_equal(packet->bytes[33], TEST_RST | TEST_ACK);
		assert_int_equal(packet->reason.cause,
			abort ? EVTCP_CAUSE_RST_ABORT : EVTCP_CAUSE_RST_UNREAD_DATA);
		memory_link_drop(rig.pair.server.link, packet);
		assert_null(next_packet(&rig));
		assert_int_equal(usage_of(&rig).connections, 0);
		assert_int_equal(usage_of(&rig).fast_open, 0);
		pair_close(&rig.pair);
	}
}

static void a_stack_may_end_while_handshakes_are_under_way(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, NULL);
	rig_learn(&rig);
	send_syn(&rig, 40000, rig.cookie, REQUEST);
	rig_flush(&rig);
	send_syn(&rig, 40001, rig.cookie, REQUEST); /* not announced yet */
	assert_int_equal(usage_of(&rig).fast_open, 2);
	pair_close(&rig.pair);
}

/* ---- floods ----------------------------------------------------------------------- */

/* A server whose answers are long. */
static void flood_read(struct evtcp_conn *conn, void *arg)
{
	static const char much[100000];

	(void)arg;
	evbuffer_add(evtcp_conn_get_output(conn), much, sizeof(much));
}

static void flood_event(struct evtcp_conn *conn, short what, void *arg)
{
	(void)what;
	(void)arg;
	evtcp_conn_free(conn);
}

static void flood_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	evtcp_conn_set_cb(conn, flood_read, NULL, flood_event, arg);
	evtcp_conn_enable(conn, EV_READ);
}

static void flood_open(struct rig *rig, const struct evtcp_stack_config *config)
{
	struct sockaddr_in address = pair_address(2, PAIR_PORT);
	struct evtcp_listener *listener;

	memset(rig, 0, sizeof(*rig));
	pair_open(&rig->pair, config);
	listener = evtcp_listener_new(rig->pair.server.stack, flood_accept, NULL,
		(struct sockaddr *)&address, sizeof(address));
	evtcp_listener_set_fast_open(listener, 1);
	rig_learn(rig);
}

struct sent {
	unsigned packets;
	size_t bytes;
};

static struct sent drain(struct rig *rig)
{
	struct memory_packet *packet;
	struct sent sent = {0};

	while ((packet = next_packet(rig))) {
		sent.packets++;
		sent.bytes += packet->len;
		memory_link_drop(rig->pair.server.link, packet);
	}
	return sent;
}

/* ATTACKS E01, E12; RFC 7413 5.1 rule 1, 5.2: whoever has a cookie, and may use the address that it
 * is of, sends 20,000 SYNs with data and acknowledges nothing. So many of them are worked for
 * as the limit says, each with an initial window; the next are half-open entries, the rest
 * gets SYN cookies; and when all is over nothing is left. */
static void a_flood_with_a_valid_cookie_is_bounded(void **state)
{
	enum { SYNS = 20000, PENDING = 20, HALF_OPEN = 50 };
	struct evtcp_stack_config config;
	struct sent sent = {0};
	struct rig rig;

	(void)state;
	evtcp_stack_config_init(&config);
	config.limits.fast_open_pending = PENDING;
	config.limits.half_open = HALF_OPEN;
	flood_open(&rig, &config);
	for (unsigned i = 0; i < SYNS; i++) {
		struct sent more;

		send_syn(&rig, (uint16_t)(2 + i), rig.cookie, REQUEST);
		rig_flush(&rig);
		more = drain(&rig);
		sent.packets += more.packets;
		sent.bytes += more.bytes;
		assert_true(usage_of(&rig).fast_open <= PENDING);
		assert_true(usage_of(&rig).half_open <= HALF_OPEN);
	}
	assert_int_equal(counter_of(&rig, EVTCP_CAUSE_FAST_OPENED), PENDING);
	assert_int_equal(usage_of(&rig).connections, PENDING);
	assert_int_equal(usage_of(&rig).half_open, HALF_OPEN);
	assert_int_equal(counter_of(&rig, EVTCP_CAUSE_SYN_COOKIE), SYNS - PENDING - HALF_OPEN);
	assert_true(sent.packets <= SYNS + 10 * PENDING);
	assert_true(sent.bytes <= (size_t)SYNS * 60 + (size_t)PENDING * 10 * 1500);
	/* Nobody answers: SYN-ACKs go again, alone, and then it is over. */
	for (unsigned s = 0; s < 70; s++) {
		rig.pair.now_us += SECOND;
		evtcp_stack_run_timers(rig.pair.server.stack);
		evtcp_stack_check(rig.pair.server.stack);
		sent = drain(&rig);
		assert_true(sent.bytes <= (size_t)sent.packets * 60);
	}
	assert_int_equal(usage_of(&rig).connections, 0);
	assert_int_equal(usage_of(&rig).half_open, 0);
	assert_int_equal(usage_of(&rig).fast_open, 0);
	pair_close(&rig.pair);
}

/* RFC 7413 5.1 rule 2: the spoofed host answers each SYN-ACK with a RST. That makes room for other
 * connections, not for more of these. */
static void resets_do_not_fuel_a_flood(void **state)
{
	enum { SYNS = 2000, PENDING = 20 };
	struct evtcp_stack_config config;
	struct rig rig;

	(void)state;
	evtcp_stack_config_init(&config);
	config.limits.fast_open_pending = PENDING;
	flood_open(&rig, &config);
	for (unsigned i = 0; i < SYNS; i++) { /* 100 a second */
		struct test_segment reset = {.client_port = (uint16_t)(2 + i), .flags = TEST_RST};

		rig.pair.now_us += SECOND / 100;
		send_syn(&rig, (uint16_t)(2 + i), rig.cookie, REQUEST);
		rig_flush(&rig);
		drain(&rig);
		reset.seq = IRS + 1 + (usage_of(&rig).fast_open > 0 ? REQUEST : 0);
		inject(&rig, &reset);
		rig_flush(&rig);
		assert_int_equal(usage_of(&rig).half_open + usage_of(&rig).connections, 0);
	}
	assert_int_equal(counter_of(&rig, EVTCP_CAUSE_FAST_OPENED), PENDING);
	pair_close(&rig.pair);
}

/* ---- memory ----------------------------------------------------------------------- */

static void answer_if_possible(struct pair_app *app, const char *word)
{
	if (strncmp(word, "read", 4) == 0)
		evbuffer_add(evtcp_conn_get_output(app->conn), "hello", 5);
}

/* A whole exchange with the n-th request for memory refused. Returns whether one was. */
static bool exchange_with_failure(unsigned long n)
{
	struct test_segment ack = {.flags = TEST_ACK, .window = 65535};
	struct memory_packet *packet;
	bool refused;
	struct rig rig;

	pair_of_libevent = &rig.pair;
	rig_open(&rig, NULL);
	rig_learn(&rig);
	rig.app.act = answer_if_possible;
	rig.pair.fail_at = rig.pair.allocs + n;
	send_syn(&rig, 40000, rig.cookie, REQUEST);
	rig_flush(&rig);
	while ((packet = next_packet(&rig))) {
		if (packet->bytes[33] & TEST_SYN) {
			ack.ack = get32(packet->bytes + 24) + 1;
			ack.seq = get32(packet->bytes + 28);
		}
		memory_link_drop(rig.pair.server.link, packet);
	}
	if (ack.ack != 0) {
		inject(&rig, &ack);
		rig_flush(&rig);
	}
	refused = rig.pair.allocs >= rig.pair.fail_at;
	rig.pair.fail_at = 0;
	/* Whatever was refused, the next one finds all as it should be. */
	rig.app.act = NULL;
	rig.app.heard[0] = '\0';
	send_syn(&rig, 40001, rig.cookie, REQUEST);
	rig_flush(&rig);
	pair_heard(&rig.app, "accepted, read 100");
	pair_close(&rig.pair);
	pair_of_libevent = NULL;
	return refused;
}

static void each_request_for_memory_may_be_refused(void **state)
{
	unsigned long n = 1;

	(void)state;
	while (exchange_with_failure(n))
		n++;
	print_message("%lu requests refused, one each time\n", n - 1);
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_leaves_with_the_syn_ack),
		cmocka_unit_test(a_callback_may_end_it_before_the_handshake_is_complete),
		cmocka_unit_test(a_stack_may_end_while_handshakes_are_under_way),
		cmocka_unit_test(a_flood_with_a_valid_cookie_is_bounded),
		cmocka_unit_test(resets_do_not_fuel_a_flood),
		cmocka_unit_test(each_request_for_memory_may_be_refused),
	};

	pair_take_libevent_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
