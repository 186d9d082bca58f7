/* SPDX-License-Identifier: BSD-3-Clause */

/* Applications that do anything at any time, in callbacks and outside, over a cable
 * that loses, doubles and reorders, now and then without memory, and with somebody on it who
 * makes Fast Open of other people's SYNs. One seed decides everything.
 * Asserted: the invariants after each step, no memory error, and that nothing is left when all is
 * closed and time has passed. What the bytes are is the simulator's business.
 *
 *     unit_stack_monkey [FIRST [LAST]]      those seeds */

#include "stack_pair.h"
#include "test_packet.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

enum { MONKEY_CONNS = 12, MONKEY_STEPS = 400, MONKEY_DEPTH = 3 };

struct monkey {
	struct pair pair;
	uint64_t random;
	unsigned loss; /* percent */
	struct evtcp_conn *conns[MONKEY_CONNS];
	struct evtcp_listener *listener;
	unsigned depth;    /* of callbacks that act */
	bool hungry;       /* memory is refused now and then */
	bool meddles;      /* somebody changes SYNs */
	uint8_t cookie[8]; /* of the client, as the server gave it; zeros before */
};

static unsigned monkey_below(struct monkey *monkey, unsigned n)
{
	monkey->random = monkey->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((monkey->random >> 33) % n);
}

/* ---- what it does --------------------------------------------------------- */

static void monkey_on_read(struct evtcp_conn *conn, void *arg);
static void monkey_on_write(struct evtcp_conn *conn, void *arg);
static void monkey_on_event(struct evtcp_conn *conn, short what, void *arg);
static void monkey_on_advisory(
	struct evtcp_conn *conn, enum evtcp_cause cause, int error, void *arg);
static void monkey_on_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg);

static void monkey_end(struct monkey *monkey, struct evtcp_conn *conn, bool gently)
{
	for (int i = 0; i < MONKEY_CONNS; i++)
		if (monkey->conns[i] == conn)
			monkey->conns[i] = NULL;
	if (gently)
		evtcp_conn_free(conn);
	else
		evtcp_conn_abort(conn);
}

static void monkey_adopt(struct monkey *monkey, struct evtcp_conn *conn)
{
	for (int i = 0; i < MONKEY_CONNS; i++) {
		if (monkey->conns[i])
			continue;
		monkey->conns[i] = conn;
		evtcp_conn_set_cb(conn, monkey_on_read, monkey_on_write, monkey_on_event, monkey);
		evtcp_conn_set_advisory_cb(conn, monkey_on_advisory);
		if (monkey_below(monkey, 4) > 0)
			evtcp_conn_enable(conn, EV_READ);
		return;
	}
	monkey_end(monkey, conn, monkey_below(monkey, 2));
}

static void monkey_connect(struct monkey *monkey)
{
	unsigned wrong = monkey_below(monkey, 20) == 0;
	struct sockaddr_in server = pair_address(2, PAIR_PORT + wrong);
	struct evtcp_conn *conn = evtcp_conn_connect(
		monkey->pair.client.stack, NULL, 0, (struct sockaddr *)&server, sizeof(server));

	if (conn)
		monkey_adopt(monkey, conn);
}

static void monkey_listen(struct monkey *monkey)
{
	struct sockaddr_in server = pair_address(2, PAIR_PORT);

	if (!monkey->listener) {
		monkey->listener = evtcp_listener_new(monkey->pair.server.stack, monkey_on_accept,
			monkey, (struct sockaddr *)&server, sizeof(server));
		if (monkey->listener)
			evtcp_listener_set_fast_open(monkey->listener, monkey->meddles);
	} else if (monkey_below(monkey, 5) == 0) {
		evtcp_listener_free(monkey->listener);
		monkey->listener = NULL;
	}
}

static void monkey_write(struct monkey *monkey, struct evtcp_conn *conn)
{
	static const char block[70000];
	unsigned large = monkey_below(monkey, 4) == 0;
	unsigned len = monkey_below(monkey, large ? 70000 : 3000);

	if (monkey_below(monkey, 4) > 0)
		evbuffer_add(evtcp_conn_get_output(conn), block, len);
	else
		evtcp_conn_send(conn, block, len);
}

static void monkey_configure(struct monkey *monkey, struct evtcp_conn *conn)
{
	short what = monkey_below(monkey, 2) ? EV_READ : EV_WRITE;

	switch (monkey_below(monkey, 4)) {
	case 0:
		evtcp_conn_disable(conn, what);
		break;
	case 1:
		evtcp_conn_set_keepalive(conn, monkey_below(monkey, 3) * SECOND, SECOND / 2, 2);
		break;
	case 2:
		evtcp_conn_set_nodelay(conn, (int)monkey_below(monkey, 2));
		evtcp_conn_set_user_timeout(conn, monkey_below(monkey, 3) * 2 * SECOND);
		evtcp_conn_advertise_user_timeout(conn, monkey_below(monkey, 3) * 60 * SECOND);
		break;
	default:
		evtcp_conn_enable(conn, what);
	}
}

static void monkey_act_on(struct monkey *monkey, struct evtcp_conn *conn)
{
	struct evtcp_conn_info info;
	char block[3000];
	unsigned act = monkey_below(monkey, 30);

	if (act < 10)
		monkey_write(monkey, conn);
	else if (act < 20)
		evtcp_conn_recv(conn, block, monkey_below(monkey, sizeof(block)));
	else if (act < 26)
		monkey_configure(monkey, conn);
	else if (act == 26)
		evtcp_conn_get_info(conn, &info);
	else if (act == 27)
		evtcp_conn_shutdown(conn);
	else
		monkey_end(monkey, conn, monkey_below(monkey, 3));
}

static void monkey_act(struct monkey *monkey)
{
	struct evtcp_conn *conn = monkey->conns[monkey_below(monkey, MONKEY_CONNS)];

	switch (monkey_below(monkey, 15)) {
	case 0:
		monkey_connect(monkey);
		break;
	case 1:
		monkey_listen(monkey);
		break;
	default:
		if (conn)
			monkey_act_on(monkey, conn);
	}
}

static void monkey_acts(struct monkey *monkey, unsigned most)
{
	if (monkey->depth >= MONKEY_DEPTH)
		return;
	monkey->depth++;
	for (unsigned n = monkey_below(monkey, most); n > 0; n--)
		monkey_act(monkey);
	monkey->depth--;
}

/* ---- what it hears --------------------------------------------------------- */

static void monkey_on_read(struct evtcp_conn *conn, void *arg)
{
	struct evbuffer *input = evtcp_conn_get_input(conn);

	if (monkey_below(arg, 2))
		evbuffer_drain(input, evbuffer_get_length(input));
	monkey_acts(arg, 4);
}

static void monkey_on_write(struct evtcp_conn *conn, void *arg)
{
	(void)conn;
	monkey_acts(arg, 4);
}

static void monkey_on_advisory(
	struct evtcp_conn *conn, enum evtcp_cause cause, int error, void *arg)
{
	(void)conn;
	assert_true(cause == EVTCP_CAUSE_R1_REACHED && error == ETIMEDOUT);
	monkey_acts(arg, 4);
}

static void monkey_on_event(struct evtcp_conn *conn, short what, void *arg)
{
	if ((what & (BEV_EVENT_ERROR | BEV_EVENT_EOF)) && monkey_below(arg, 2))
		monkey_end(arg, conn, true);
	monkey_acts(arg, 4);
}

static void monkey_on_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	monkey_adopt(arg, conn);
	monkey_acts(arg, 4);
}

/* ---- the cable ------------------------------------------------------------- */

static bool monkey_happens(struct monkey *monkey)
{
	return monkey_below(monkey, 100) < monkey->loss;
}

/* Where a Fast Open option of len octets stands in a TCP packet, or NULL. */
static const uint8_t *monkey_find_cookie(const uint8_t *bytes, unsigned len)
{
	const uint8_t *at = bytes + 40, *end = bytes + 20 + (bytes[32] >> 4) * 4;

	while (at + 1 < end && *at != 0 && (at[0] != 34 || at[1] != len))
		at += at[0] == 1 ? 1 : at[1];
	return at + len <= end && at[0] == 34 ? at : NULL;
}

/* A SYN with the option added that asks for a cookie, or brings the one that was given, and
 * perhaps with data that its sender knows nothing of: who then is told of an ACK of what he has
 * never sent. Returns its length. */
static size_t monkey_make_fast_open(
	struct monkey *monkey, const struct memory_packet *syn, uint8_t bytes[PAIR_MTU])
{
	unsigned brings = monkey_below(monkey, 4) > 0, data = monkey_below(monkey, 3) == 0;
	size_t len = syn->len, added = brings ? 12 : 4;

	memcpy(bytes, syn->bytes, len);
	bytes[32] = (uint8_t)(bytes[32] + (added / 4 << 4));
	bytes[len] = 34;
	bytes[len + 1] = brings ? 2 + 8 : 2;
	memcpy(bytes + len + 2, monkey->cookie, 8);
	memset(bytes + len + bytes[len + 1], 1, 2);
	len += added;
	memset(bytes + len, 0, 100);
	len += data ? 100 : 0;
	test_packet_seal(bytes, len);
	return len;
}

static void monkey_inject(
	struct monkey *monkey, struct pair_host *to, const struct memory_packet *packet)
{
	uint8_t flags = packet->bytes[33] & (TEST_SYN | TEST_ACK | TEST_RST), bytes[PAIR_MTU];
	const uint8_t *cookie;

	if (monkey->meddles && flags == TEST_SYN) {
		size_t len = monkey_make_fast_open(monkey, packet, bytes);

		memory_link_inject(to->link, bytes, len, 0);
		return;
	}
	if (flags == (TEST_SYN | TEST_ACK) && (cookie = monkey_find_cookie(packet->bytes, 10)))
		memcpy(monkey->cookie, cookie + 2, 8);
	memory_link_inject(to->link, packet->bytes, packet->len, 0);
}

static void monkey_deliver(struct monkey *monkey, struct pair_host *from, struct pair_host *to,
	struct memory_packet *packet)
{
	if (!packet)
		return;
	monkey_inject(monkey, to, packet);
	memory_link_drop(from->link, packet);
}

/* Each packet may be lost, come twice, or come after later ones. */
static void monkey_carry(struct monkey *monkey, struct pair_host *from, struct pair_host *to)
{
	struct memory_packet *packet, *late = NULL;

	for (int n = 0; n < 200 && (packet = memory_link_pop(from->link)); n++) {
		if (monkey_happens(monkey)) {
			memory_link_drop(from->link, packet);
			continue;
		}
		if (!late && monkey_happens(monkey)) {
			late = packet;
			continue;
		}
		if (monkey_happens(monkey))
			monkey_inject(monkey, to, packet);
		monkey_deliver(monkey, from, to, packet);
		if (monkey_below(monkey, 2)) {
			monkey_deliver(monkey, from, to, late);
			late = NULL;
		}
	}
	monkey_deliver(monkey, from, to, late);
	memory_link_end_batch(to->link);
	evtcp_stack_check(to->stack);
}

/* ---- a life ------------------------------------------------------------------ */

static void monkey_choose_config(struct monkey *monkey, struct evtcp_stack_config *config)
{
	struct evtcp_limits *limits = &config->limits;

	evtcp_stack_config_init(config);
	config->tcp_options.timestamps = monkey_below(monkey, 2) & 1;
	config->tcp_options.sack = monkey_below(monkey, 2) & 1;
	config->tcp_options.window_scale = monkey_below(monkey, 2) & 1;
	switch (monkey_below(monkey, 3)) {
	case 0: /* tiny buffers */
		limits->receive_buffer = 1 + monkey_below(monkey, 5000);
		limits->send_buffer = 1 + monkey_below(monkey, 5000);
		limits->receive_buffer_max = monkey_below(monkey, 50000);
		limits->send_buffer_max = monkey_below(monkey, 50000);
		break;
	case 1: /* every limit is met */
		limits->buffer_bytes = 20000 + monkey_below(monkey, 200000);
		limits->connections = 8;
		limits->half_open = limits->orphans = limits->accept_queue = 2;
		limits->fast_open_pending = 3;
		limits->time_wait = limits->records = 3;
		limits->out_of_order = limits->batch_timers = 2;
		break;
	default:
		break;
	}
}

static void monkey_step(struct monkey *monkey)
{
	struct pair *pair = &monkey->pair;

	if (monkey->hungry)
		pair->fail_at = pair->allocs + 1 + monkey_below(monkey, 100);
	monkey_acts(monkey, 6);
	evtcp_stack_flush(pair->client.stack);
	evtcp_stack_check(pair->client.stack);
	evtcp_stack_flush(pair->server.stack);
	evtcp_stack_check(pair->server.stack);
	monkey_carry(monkey, &pair->client, &pair->server);
	monkey_carry(monkey, &pair->server, &pair->client);
	pair->now_us += monkey_below(monkey, monkey_below(monkey, 4) ? 50000 : 3000000);
	evtcp_stack_run_timers(pair->client.stack);
	evtcp_stack_check(pair->client.stack);
	evtcp_stack_run_timers(pair->server.stack);
	evtcp_stack_check(pair->server.stack);
}

/* Everything is freed, also what comes meanwhile, and 10 minutes pass. */
static void monkey_settle(struct monkey *monkey)
{
	monkey->depth = MONKEY_DEPTH; /* it only listens now */
	for (int i = 0; i < 60; i++) {
		for (int k = 0; k < MONKEY_CONNS; k++)
			if (monkey->conns[k])
				monkey_end(monkey, monkey->conns[k], true);
		pair_wait(&monkey->pair, 10 * SECOND);
	}
}

static void assert_holds_nothing(const struct evtcp_stack *stack)
{
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(stack, &usage);
	assert_int_equal(usage.connections, 0);
	assert_int_equal(usage.orphans, 0);
	assert_int_equal(usage.half_open, 0);
	assert_int_equal(usage.time_wait, 0);
	assert_int_equal(usage.send_bytes, 0);
	assert_int_equal(usage.receive_bytes, 0);
	assert_int_equal(usage.out_of_order_bytes, 0);
}

/* What must have happened in all lives together, or they were too quiet. */
static const enum evtcp_cause covered[] = {EVTCP_CAUSE_RTO, EVTCP_CAUSE_FAST_RETRANSMIT,
	EVTCP_CAUSE_ZERO_WINDOW_PROBE, EVTCP_CAUSE_KEEPALIVE_PROBE, EVTCP_CAUSE_SYN_COOKIE,
	EVTCP_CAUSE_TIME_WAIT_EXPIRED, EVTCP_CAUSE_TIME_WAIT_RECYCLED, EVTCP_CAUSE_ORPHAN_LIMIT,
	EVTCP_CAUSE_CONNECTION_LIMIT, EVTCP_CAUSE_USER_TIMEOUT, EVTCP_CAUSE_RST_UNREAD_DATA,
	EVTCP_CAUSE_RST_AFTER_CLOSE, EVTCP_CAUSE_RST_NO_MEMORY, EVTCP_CAUSE_NO_MEMORY,
	EVTCP_CAUSE_FAST_OPENED, EVTCP_CAUSE_FAST_OPEN_LIMIT, EVTCP_CAUSE_FAST_OPEN_AGAIN,
	EVTCP_CAUSE_USER_TIMEOUT_ADAPTED};
enum { N_COVERED = sizeof(covered) / sizeof(covered[0]) };
static uint64_t covered_times[N_COVERED];

static void note_covered(const struct evtcp_stack *stack)
{
	for (int i = 0; i < N_COVERED; i++)
		covered_times[i] += evtcp_stack_get_counter(stack, covered[i]);
}

static void monkey_live(uint64_t seed)
{
	static struct monkey monkey;
	struct evtcp_stack_config config;

	memset(&monkey, 0, sizeof(monkey));
	monkey.random = seed * 7919;
	monkey_choose_config(&monkey, &config);
	pair_of_libevent = NULL;
	pair_open(&monkey.pair, &config);
	pair_of_libevent = &monkey.pair;
	monkey.pair.random = seed * 100000;
	monkey.loss = monkey_below(&monkey, 3) ? monkey_below(&monkey, 30) : 0;
	monkey.meddles = monkey_below(&monkey, 2);
	monkey_listen(&monkey);
	monkey.hungry = monkey_below(&monkey, 3) == 0;
	for (int i = 0; i < MONKEY_STEPS; i++)
		monkey_step(&monkey);
	monkey.pair.fail_at = 0;
	monkey_settle(&monkey);
	assert_holds_nothing(monkey.pair.client.stack);
	assert_holds_nothing(monkey.pair.server.stack);
	note_covered(monkey.pair.client.stack);
	note_covered(monkey.pair.server.stack);
	pair_close(&monkey.pair);
}

static uint64_t first_seed = 1, last_seed = 120, current_seed;

static int tell_seed(void **state)
{
	(void)state;
	print_message("last seed: %llu\n", (unsigned long long)current_seed);
	return 0;
}

/* An assertion of the library ends the process: say which seed it was. */
static void name_seed(int signal_number)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "seed %llu\n", (unsigned long long)current_seed);

	(void)signal_number;
	if (write(STDERR_FILENO, text, (size_t)len) < 0)
		_exit(2);
}

static void whatever_applications_do_nothing_is_left(void **state)
{
	(void)state;
	for (uint64_t seed = first_seed; seed <= last_seed; seed++) {
		current_seed = seed;
		monkey_live(seed);
	}
	for (int i = 0; i < N_COVERED; i++) {
		print_message("%s: %llu\n", evtcp_cause_name(covered[i]),
			(unsigned long long)covered_times[i]);
		assert_true(covered_times[i] > 0 || last_seed - first_seed < 100);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_applications_do_nothing_is_left),
	};

	if (argc > 1)
		first_seed = last_seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		last_seed = strtoull(argv[2], NULL, 10);
	signal(SIGABRT, name_seed);
	pair_take_libevent_memory();
	return cmocka_run_group_tests(tests, NULL, tell_seed);
}
