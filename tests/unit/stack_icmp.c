/* SPDX-License-Identifier: BSD-3-Clause */

/* What is not TCP: how a stack answers it, and what an ICMP error does to the
 * connection that it is about. */

#include "stack_pair.h"

#include "ip/ip.h"
#include "stack/stack.h"
#include "wire/checksum.h"

#include <errno.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

enum { UNREACHABLE = 3, HOST = 1, PORT = 3 };

struct test_datagram {
	uint8_t bytes[200];
	size_t len;
};

/* payload from `from` to the other host, as IP. */
static struct test_datagram wrap(
	const struct pair_host *from, uint8_t protocol, const void *payload, size_t len)
{
	const struct ip *ip = &from->stack->ip;
	struct ip_datagram datagram = {.protocol = protocol, .payload_len = len};
	struct test_datagram made;

	datagram.src = datagram.dst = ip->addresses[0].addr;
	datagram.dst.bytes[15] ^= 3; /* 10.0.0.1 and 10.0.0.2 */
	made.len = ip_output_header(ip, &datagram, made.bytes);
	memcpy(made.bytes + made.len, payload, len);
	made.len += len;
	return made;
}

static enum evtcp_cause inject(struct pair_host *to, const struct test_datagram *datagram)
{
	enum evtcp_cause cause =
		memory_link_inject(to->link, datagram->bytes, datagram->len, 0).cause;

	memory_link_end_batch(to->link);
	return cause;
}

/* An ICMP destination unreachable with code from `from`, about packet. */
static struct test_datagram build_unreachable(
	const struct pair_host *from, uint8_t code, const struct memory_packet *packet)
{
	uint8_t message[36] = {UNREACHABLE, code};
	struct checksum sum;
	uint16_t value;

	memcpy(message + 8, packet->bytes, 28); /* its IP header and 8 octets */
	checksum_init(&sum);
	checksum_add(&sum, message, sizeof(message));
	value = checksum_finish(&sum);
	message[2] = (uint8_t)(value >> 8);
	message[3] = (uint8_t)value;
	return wrap(from, IP_PROTOCOL_ICMP, message, sizeof(message));
}

/* ---- answers ------------------------------------------------------------------ */

static void udp_is_answered_with_port_unreachable(void **state)
{
	static const uint8_t udp[12] = {0x12, 0x34, 0, 53, 0, 12, 0, 0, 'h', 'i', '!', '!'};
	struct pair pair;
	struct test_datagram datagram;
	struct memory_packet *answer;

	(void)state;
	pair_open(&pair, NULL);
	datagram = wrap(&pair.client, IP_PROTOCOL_UDP, udp, sizeof(udp));
	assert_int_equal(inject(&pair.server, &datagram), EVTCP_CAUSE_UDP_NO_PORT);
	answer = memory_link_pop(pair.server.link);
	assert_int_equal(answer->reason.cause, EVTCP_CAUSE_ICMP_PORT_UNREACHABLE);
	assert_int_equal(answer->bytes[9], IP_PROTOCOL_ICMP);
	assert_int_equal(answer->bytes[20], UNREACHABLE);
	assert_int_equal(answer->bytes[21], PORT);
	memory_link_drop(pair.server.link, answer);
	/* One error to each destination a second. */
	assert_int_equal(inject(&pair.server, &datagram), EVTCP_CAUSE_UDP_NO_PORT);
	assert_int_equal(memory_link_len(pair.server.link), 0);
	assert_int_equal(
		evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_ICMP_RATE_LIMIT), 1);
	pair_close(&pair);
}

static void an_error_about_nothing_we_sent_is_dropped(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct test_datagram datagram;
	struct memory_packet *packet;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	pair_say(&client, "hello");
	evtcp_stack_flush(pair.client.stack);
	packet = memory_link_pop(pair.client.link);
	packet->bytes[24] ^= 0x80; /* its sequence number is not in flight */
	datagram = build_unreachable(&pair.server, PORT, packet);
	assert_int_equal(inject(&pair.client, &datagram), EVTCP_CAUSE_ICMP_QUOTE);
	memory_link_drop(pair.client.link, packet);
	pair_close(&pair);
}

/* ---- connections --------------------------------------------------------------- */

/* The client has connected; what became of its SYN is told as code. */
static void answer_syn(struct pair *pair, uint8_t code)
{
	struct memory_packet *syn;
	struct test_datagram datagram;

	evtcp_stack_flush(pair->client.stack);
	syn = memory_link_pop(pair->client.link);
	datagram = build_unreachable(&pair->server, code, syn);
	memory_link_drop(pair->client.link, syn);
	assert_int_equal(inject(&pair->client, &datagram), EVTCP_CAUSE_ICMP_ERROR);
}

/* RFC 9293 3.9.2.2, SHLD-26: a hard error ends an open that is under way. */
static void a_hard_error_refuses_an_open(void **state)
{
	struct pair pair;
	struct pair_app client = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_connect(&pair, &client));
	answer_syn(&pair, PORT);
	pair_heard(&client, "reading error 111");
	pair_close(&pair);
}

/* MUST-56: a soft error does not; it is what is told if nothing better happens. */
static void a_soft_error_is_the_reason_when_time_runs_out(void **state)
{
	struct pair pair;
	struct pair_app client = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_connect(&pair, &client));
	answer_syn(&pair, HOST);
	pair_heard(&client, "");
	memory_link_refuse(pair.client.link, EIO);
	pair_wait(&pair, 500 * SECOND);
	pair_heard(&client, "writing error 113");
	assert_int_equal(evtcp_conn_get_error(client.conn), EHOSTUNREACH);
	pair_close(&pair);
}

static void free_on_advisory(struct evtcp_conn *conn, enum evtcp_cause cause, int error, void *arg)
{
	struct pair_app *app = arg;

	assert_int_equal(cause, EVTCP_CAUSE_ICMP_ERROR);
	assert_int_equal(error, EHOSTUNREACH);
	assert_ptr_equal(conn, app->conn);
	evtcp_conn_free(conn);
	app->conn = NULL;
}

/* MUST-47: who asks is told at once, and may draw conclusions. */
static void an_application_that_asks_may_give_up_at_a_soft_error(void **state)
{
	struct pair pair;
	struct pair_app client = {0};
	struct evtcp_stack_usage usage;

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_connect(&pair, &client));
	evtcp_conn_set_advisory_cb(client.conn, free_on_advisory);
	answer_syn(&pair, HOST);
	assert_null(client.conn);
	pair_heard(&client, "");
	evtcp_stack_get_usage(pair.client.stack, &usage);
	assert_int_equal(usage.connections, 0);
	pair_close(&pair);
}

/* RFC 5927 5.2: once synchronized, no ICMP ends a connection (T09). */
static void an_established_connection_outlives_hard_errors(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct test_datagram datagram;
	struct memory_packet *packet;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	pair_say(&client, "hello");
	evtcp_stack_flush(pair.client.stack);
	packet = memory_link_pop(pair.client.link);
	datagram = build_unreachable(&pair.server, PORT, packet);
	assert_int_equal(inject(&pair.client, &datagram), EVTCP_CAUSE_ICMP_ERROR);
	memory_link_drop(pair.client.link, packet);
	pair_wait(&pair, 2 * SECOND);
	pair_heard(&client, "write");
	pair_heard(&server, "read 5"); /* sent again */
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_is_answered_with_port_unreachable),
		cmocka_unit_test(an_error_about_nothing_we_sent_is_dropped),
		cmocka_unit_test(a_hard_error_refuses_an_open),
		cmocka_unit_test(a_soft_error_is_the_reason_when_time_runs_out),
		cmocka_unit_test(an_application_that_asks_may_give_up_at_a_soft_error),
		cmocka_unit_test(an_established_connection_outlives_hard_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
