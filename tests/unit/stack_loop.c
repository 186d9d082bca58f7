/* SPDX-License-Identifier: BSD-3-Clause */

/* Stacks on an event base, in real time: who drives them is the loop, and nothing is
 * called by hand. The cable is a link of our own, as a user would write it. */

#include <evtcp/evtcp.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* ---- the cable ------------------------------------------------------------- */

struct wire_packet {
	struct wire_packet *next;
	size_t len;
	uint8_t bytes[];
};

/* One end: what it sends is delivered at the other by that end's event. */
struct wire {
	struct evtcp_link *link;
	struct wire *peer;
	struct event *arrived;
	struct wire_packet *head, **tail;
	unsigned lose; /* so many of the next packets to come are lost */
};

static int wire_output(void *ctx, const struct evtcp_packet *packet)
{
	struct wire *wire = ctx, *peer = wire->peer;
	struct wire_packet *copy;
	size_t at = 0;

	if (!peer->link)
		return 0; /* unplugged: lost */
	if (peer->lose > 0) {
		peer->lose--;
		return 0;
	}
	copy = malloc(sizeof(*copy) + packet->len);
	copy->next = NULL;
	copy->len = packet->len;
	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(copy->bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	*peer->tail = copy;
	peer->tail = &copy->next;
	event_active(peer->arrived, EV_READ, 0);
	return 0;
}

static struct wire_packet *wire_pop(struct wire *wire)
{
	struct wire_packet *packet = wire->head;

	if (packet && !(wire->head = packet->next))
		wire->tail = &wire->head;
	return packet;
}

static void wire_arrived(evutil_socket_t fd, short what, void *arg)
{
	struct wire *wire = arg;
	struct wire_packet *packet;

	(void)fd;
	(void)what;
	while ((packet = wire_pop(wire))) {
		struct iovec iov = {packet->bytes, packet->len};
		struct evtcp_packet in = {.iov = &iov, .iovcnt = 1, .len = packet->len};

		evtcp_link_input(wire->link, &in);
		free(packet);
	}
	evtcp_link_batch_end(wire->link);
}

static void wire_free(void *ctx)
{
	struct wire *wire = ctx;
	struct wire_packet *packet;

	while ((packet = wire_pop(wire)))
		free(packet);
	event_free(wire->arrived);
	wire->link = NULL;
}

/* ---- two hosts -------------------------------------------------------------- */

struct loop {
	struct event_base *base;
	struct wire wires[2];
	struct evtcp_stack *stacks[2]; /* 10.0.0.1, 10.0.0.2 */
};

static struct sockaddr_in loop_address(unsigned last, unsigned port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	sin.sin_addr.s_addr = htonl(0x0a000000 | last);
	return sin;
}

static void loop_open(struct loop *loop)
{
	static const struct evtcp_link_ops ops = {.output = wire_output, .free = wire_free};

	memset(loop, 0, sizeof(*loop));
	loop->base = event_base_new();
	for (unsigned i = 0; i < 2; i++) {
		struct sockaddr_in address = loop_address(i + 1, 0);
		struct wire *wire = &loop->wires[i];

		wire->peer = &loop->wires[1 - i];
		wire->tail = &wire->head;
		wire->arrived = event_new(loop->base, -1, 0, wire_arrived, wire);
		wire->link = evtcp_link_new(&ops, wire, 1500);
		loop->stacks[i] = evtcp_stack_new(loop->base, NULL);
		assert_int_equal(evtcp_stack_attach(loop->stacks[i], wire->link), 0);
		assert_int_equal(evtcp_stack_add_address(loop->stacks[i],
					 (struct sockaddr *)&address, sizeof(address), 24),
			0);
	}
}

static void loop_close(struct loop *loop)
{
	evtcp_stack_check(loop->stacks[0]);
	evtcp_stack_check(loop->stacks[1]);
	evtcp_stack_free(loop->stacks[0]);
	evtcp_stack_free(loop->stacks[1]);
	event_base_free(loop->base);
}

/* A test that hangs fails here. */
static void loop_run(struct loop *loop)
{
	struct timeval limit = {20, 0};

	event_base_loopexit(loop->base, &limit);
	event_base_dispatch(loop->base);
	assert_true(event_base_got_break(loop->base)); /* the story ended it */
}

/* ---- an echo server, and a client ------------------------------------------ */

static void echo_read(struct evtcp_conn *conn, void *arg)
{
	(void)arg;
	evbuffer_add_buffer(evtcp_conn_get_output(conn), evtcp_conn_get_input(conn));
}

static void echo_event(struct evtcp_conn *conn, short what, void *arg)
{
	(void)what;
	(void)arg;
	evtcp_conn_free(conn); /* end of file, or an error */
}

static void echo_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	evtcp_conn_set_cb(conn, echo_read, NULL, echo_event, arg);
	evtcp_conn_enable(conn, EV_READ);
}

static void echo_listen(struct loop *loop)
{
	struct sockaddr_in any = loop_address(2, 7);

	assert_non_null(evtcp_listener_new(
		loop->stacks[1], echo_accept, loop, (struct sockaddr *)&any, sizeof(any)));
}

struct client {
	struct loop *loop;
	struct evtcp_conn *conn;
	size_t sent, received, size;
	bool connected, eof;
};

static uint8_t client_byte(size_t at)
{
	return (uint8_t)((at * 7 + at / 251) & 0xff);
}

static void client_write(struct evtcp_conn *conn, void *arg)
{
	struct client *client = arg;
	uint8_t block[10000];
	size_t n = 0;

	while (n < sizeof(block) && client->sent < client->size)
		block[n++] = client_byte(client->sent++);
	if (n > 0)
		evbuffer_add(evtcp_conn_get_output(conn), block, n);
	else
		evtcp_conn_shutdown(conn);
}

static void client_read(struct evtcp_conn *conn, void *arg)
{
	struct client *client = arg;
	uint8_t block[1000];
	ssize_t n;

	while ((n = evtcp_conn_recv(conn, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(block[i], client_byte(client->received++));
}

static void client_event(struct evtcp_conn *conn, short what, void *arg)
{
	struct client *client = arg;

	if (what == BEV_EVENT_CONNECTED) {
		client->connected = true;
		client_write(conn, client);
		return;
	}
	assert_int_equal(what, BEV_EVENT_READING | BEV_EVENT_EOF);
	client->eof = true;
	evtcp_conn_free(conn);
	event_base_loopbreak(client->loop->base);
}

static void client_connect(struct client *client)
{
	struct sockaddr_in server = loop_address(2, 7);

	client->conn = evtcp_conn_connect(
		client->loop->stacks[0], NULL, 0, (struct sockaddr *)&server, sizeof(server));
	assert_non_null(client->conn);
	evtcp_conn_set_cb(client->conn, client_read, client_write, client_event, client);
	evtcp_conn_enable(client->conn, EV_READ);
}

static void a_megabyte_comes_back_identical(void **state)
{
	struct loop loop;
	struct client client = {.loop = &loop, .size = 1 << 20};

	(void)state;
	loop_open(&loop);
	assert_ptr_equal(evtcp_stack_get_base(loop.stacks[0]), loop.base);
	echo_listen(&loop);
	client_connect(&client);
	loop_run(&loop);
	assert_true(client.connected && client.eof);
	assert_int_equal(client.received, client.size);
	loop_close(&loop);
}

/* The timer is the loop's: a lost SYN comes again after a second, by itself. */
static void what_is_lost_is_sent_again_by_the_loops_timer(void **state)
{
	struct loop loop;
	struct client client = {.loop = &loop, .size = 100};
	const struct evtcp_world *world = evtcp_world_system();
	uint64_t began = world->now_us(world->arg), took;

	(void)state;
	loop_open(&loop);
	echo_listen(&loop);
	loop.wires[1].lose = 1;
	client_connect(&client);
	loop_run(&loop);
	took = world->now_us(world->arg) - began;
	assert_int_equal(client.received, client.size);
	assert_in_range(took, 900000, 5000000);
	assert_int_equal(evtcp_stack_get_counter(loop.stacks[0], EVTCP_CAUSE_SYN_RETRANSMIT), 1);
	loop_close(&loop);
}

static void speak_from_outside(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd;
	(void)what;
	client_write(client->conn, client);
}

static void client_event_silent(struct evtcp_conn *conn, short what, void *arg)
{
	struct client *client = arg;

	if (what == BEV_EVENT_CONNECTED)
		client->connected = true;
	else
		client_event(conn, what, arg);
}

/* A call of the application that no packet and no timer of ours precedes is carried
 * out by the loop all the same. */
static void a_call_from_another_event_wakes_the_stack(void **state)
{
	struct loop loop;
	struct client client = {.loop = &loop, .size = 50};
	struct timeval soon = {0, 50000};

	(void)state;
	loop_open(&loop);
	echo_listen(&loop);
	client_connect(&client);
	evtcp_conn_set_cb(client.conn, client_read, client_write, client_event_silent, &client);
	event_base_once(loop.base, -1, EV_TIMEOUT, speak_from_outside, &client, &soon);
	loop_run(&loop);
	assert_int_equal(client.received, 50);
	loop_close(&loop);
}

static void break_loop(struct evtcp_stack *stack, int error, void *arg)
{
	*(int *)arg = error;
	event_base_loopbreak(evtcp_stack_get_base(stack));
}

static void a_failed_link_is_told_by_the_loop(void **state)
{
	struct loop loop;
	int error = 0;

	(void)state;
	loop_open(&loop);
	evtcp_stack_set_failed_cb(loop.stacks[0], break_loop, &error);
	evtcp_link_failed(loop.wires[0].link, ENODEV);
	assert_int_equal(error, 0);
	loop_run(&loop);
	assert_int_equal(error, ENODEV);
	loop_close(&loop);
}

/* evtcp_stack_input without a batch_end: the flush comes by itself. */
static void a_packet_by_hand_is_flushed_by_the_loop(void **state)
{
	static uint8_t garbage[20];
	struct iovec iov = {garbage, sizeof(garbage)};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = sizeof(garbage)};
	struct loop loop;

	(void)state;
	loop_open(&loop);
	evtcp_stack_input(loop.stacks[0], &packet);
	assert_int_equal(packet.reason.cause, EVTCP_CAUSE_IP_VERSION);
	event_base_loop(loop.base, EVLOOP_NONBLOCK);
	assert_int_equal(evtcp_stack_next_deadline(loop.stacks[0]), UINT64_MAX);
	loop_close(&loop);
}

/* An idle stack has no timer running: the loop has nothing to wait for. */
static void an_idle_stack_lets_the_loop_end(void **state)
{
	struct loop loop;

	(void)state;
	loop_open(&loop);
	echo_listen(&loop);
	assert_int_equal(event_base_dispatch(loop.base), 1); /* no events */
	loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_megabyte_comes_back_identical),
		cmocka_unit_test(what_is_lost_is_sent_again_by_the_loops_timer),
		cmocka_unit_test(a_call_from_another_event_wakes_the_stack),
		cmocka_unit_test(a_failed_link_is_told_by_the_loop),
		cmocka_unit_test(a_packet_by_hand_is_flushed_by_the_loop),
		cmocka_unit_test(an_idle_stack_lets_the_loop_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
