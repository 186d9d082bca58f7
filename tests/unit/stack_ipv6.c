/* SPDX-License-Identifier: BSD-3-Clause */

/* A stack with addresses of both families: connections over IPv6 beside those over IPv4,
 * what a listener takes, what cannot be connected, the MTU that IPv6 needs. */

#include "stack_pair.h"

#include "stack/stack.h"
#include "wire/ipv6.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* fd00:e7::`last`, port; 0 is ::. */
static struct sockaddr_in6 address6(unsigned last, unsigned port)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

	if (last != 0)
		sin6.sin6_addr = (struct in6_addr){{{0xfd, 0, 0, 0xe7, [15] = (uint8_t)last}}};
	return sin6;
}

static void add_address6(struct pair_host *host, unsigned last)
{
	struct sockaddr_in6 address = address6(last, 0);

	assert_int_equal(evtcp_stack_add_address(
				 host->stack, (struct sockaddr *)&address, sizeof(address), 64),
		0);
}

static void open_both_families(struct pair *pair)
{
	pair_open(pair, NULL);
	add_address6(&pair->client, 1);
	add_address6(&pair->server, 2);
}

static struct evtcp_listener *listen6(struct pair *pair, struct pair_app *app)
{
	struct sockaddr_in6 any = address6(0, PAIR_PORT);

	memset(app, 0, sizeof(*app));
	app->pair = pair;
	return evtcp_listener_new(
		pair->server.stack, pair_app_accept, app, (struct sockaddr *)&any, sizeof(any));
}

static struct evtcp_conn *connect6(struct pair *pair, struct pair_app *app, unsigned last)
{
	struct sockaddr_in6 server = address6(last, PAIR_PORT);
	struct evtcp_conn *conn;

	memset(app, 0, sizeof(*app));
	app->pair = pair;
	conn = evtcp_conn_connect(
		pair->client.stack, NULL, 0, (struct sockaddr *)&server, sizeof(server));
	if (conn)
		pair_app_adopt(app, conn);
	return conn;
}

static void a_connection_over_ipv6_carries_data_both_ways(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};

	(void)state;
	open_both_families(&pair);
	assert_non_null(listen6(&pair, &server));
	assert_non_null(connect6(&pair, &client, 2));
	pair_run(&pair);
	pair_heard(&client, "connected");
	pair_heard(&server, "accepted");
	pair_say(&client, "hello");
	pair_run(&pair);
	assert_int_equal(server.data_len, 5);
	assert_memory_equal(server.data, "hello", 5);
	pair_say(&server, "good day");
	pair_run(&pair);
	assert_int_equal(client.data_len, 8);
	assert_memory_equal(client.data, "good day", 8);
	evtcp_conn_free(client.conn);
	evtcp_conn_free(server.conn);
	pair_run(&pair);
	pair_close(&pair);
}

/* RFC 9293 3.7.1, MUST-67: 1,500 less 40 and 20. */
/* RFC 8200 8.3. */
static void the_mss_of_a_syn_over_ipv6_is_the_mtu_less_60(void **state)
{
	struct pair pair;
	struct pair_app client = {0};
	struct memory_packet *syn;
	const uint8_t *tcp;

	(void)state;
	open_both_families(&pair);
	assert_non_null(connect6(&pair, &client, 2));
	evtcp_stack_flush(pair.client.stack);
	syn = memory_link_pop(pair.client.link);
	assert_int_equal(syn->bytes[0] >> 4, 6);
	tcp = syn->bytes + IPV6_HEADER;
	assert_memory_equal(tcp + 20, "\x02\x04\x05\xa0", 4);
	memory_link_drop(pair.client.link, syn);
	pair_close(&pair);
}

/* Each family has its "any": who wants both listens twice. */
static void a_listener_takes_its_own_family_only(void **state)
{
	struct pair pair;
	struct pair_app ipv4 = {0}, ipv6 = {0}, client = {0};

	(void)state;
	open_both_families(&pair);
	assert_non_null(pair_listen(&pair, &ipv4));
	assert_non_null(connect6(&pair, &client, 2));
	pair_run(&pair);
	pair_heard(&client, "reading error 111");
	assert_non_null(listen6(&pair, &ipv6));
	assert_null(listen6(&pair, &ipv6));
	assert_int_equal(errno, EADDRINUSE);
	assert_non_null(connect6(&pair, &client, 2));
	pair_run(&pair);
	pair_heard(&ipv4, "");
	pair_heard(&ipv6, "accepted");
	assert_non_null(pair_connect(&pair, &client));
	pair_run(&pair);
	pair_heard(&ipv4, "accepted");
	pair_heard(&ipv6, "");
	pair_close(&pair);
}

static void what_cannot_be_reached_over_ipv6_is_refused_with_its_errno(void **state)
{
	struct sockaddr_in ipv4 = {.sin_family = AF_INET};
	struct sockaddr_in6 server = address6(2, 80), multicast = address6(2, 80);
	struct pair pair;
	struct pair_app app = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_null(connect6(&pair, &app, 2)); /* no address of that family yet */
	assert_int_equal(errno, EADDRNOTAVAIL);
	add_address6(&pair.client, 1);
	assert_null(connect6(&pair, &app, 1)); /* itself */
	assert_int_equal(errno, ENETUNREACH);
	assert_null(connect6(&pair, &app, 0));
	assert_int_equal(errno, EINVAL);
	multicast.sin6_addr.s6_addr[0] = 0xff;
	assert_null(evtcp_conn_connect(
		pair.client.stack, NULL, 0, (struct sockaddr *)&multicast, sizeof(multicast)));
	assert_int_equal(errno, ENETUNREACH);
	assert_null(evtcp_conn_connect(pair.client.stack, (struct sockaddr *)&ipv4, sizeof(ipv4),
		(struct sockaddr *)&server, sizeof(server)));
	assert_int_equal(errno, EAFNOSUPPORT);
	pair_close(&pair);
}

static int swallow(void *ctx, const struct evtcp_packet *packet)
{
	(void)ctx;
	(void)packet;
	return 0;
}

static void release(void *ctx)
{
	(void)ctx;
}

/* RFC 8200 5 rule 1. */
static void a_link_below_1280_carries_no_ipv6(void **state)
{
	static const struct evtcp_link_ops ops = {.output = swallow, .free = release};
	struct evtcp_stack *stack = evtcp_stack_new(NULL, NULL);
	struct sockaddr_in6 address = address6(2, 0);
	struct evtcp_link *link = evtcp_link_new(&ops, NULL, 1279);

	(void)state;
	assert_int_equal(
		evtcp_stack_add_address(stack, (struct sockaddr *)&address, sizeof(address), 64),
		0);
	assert_int_equal(evtcp_stack_attach(stack, link), -1);
	assert_int_equal(errno, EMSGSIZE);
	evtcp_stack_free(stack);
	stack = evtcp_stack_new(NULL, NULL);
	assert_int_equal(evtcp_stack_attach(stack, link), 0);
	assert_int_equal(
		evtcp_stack_add_address(stack, (struct sockaddr *)&address, sizeof(address), 64),
		-1);
	assert_int_equal(errno, EMSGSIZE);
	evtcp_stack_free(stack);
}

/* RFC 8200 4.2 rule 1, RFC 4443 3.4, through the stack: the answer is sent, both things are
 * counted. */
static void a_parameter_problem_leaves_with_the_flush(void **state)
{
	uint8_t packet[48] = {0x60, [5] = 8, 60, 64, [40] = 59, 0, 0x80, 4};
	struct sockaddr_in6 client = address6(1, 0), server = address6(2, 0);
	struct pair pair;
	struct memory_packet *answer;

	(void)state;
	open_both_families(&pair);
	memcpy(packet + 8, &client.sin6_addr, 16);
	memcpy(packet + 24, &server.sin6_addr, 16);
	assert_int_equal(memory_link_inject(pair.server.link, packet, sizeof(packet), 0).cause,
		EVTCP_CAUSE_IP_OPTION_UNKNOWN);
	memory_link_end_batch(pair.server.link);
	answer = memory_link_pop(pair.server.link);
	assert_int_equal(answer->reason.cause, EVTCP_CAUSE_ICMP_PARAMETER_PROBLEM);
	assert_int_equal(answer->len, 40 + 8 + sizeof(packet));
	assert_int_equal(answer->bytes[40], 4);
	memory_link_drop(pair.server.link, answer);
	assert_int_equal(
		evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_IP_OPTION_UNKNOWN), 1);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_over_ipv6_carries_data_both_ways),
		cmocka_unit_test(the_mss_of_a_syn_over_ipv6_is_the_mtu_less_60),
		cmocka_unit_test(a_listener_takes_its_own_family_only),
		cmocka_unit_test(what_cannot_be_reached_over_ipv6_is_refused_with_its_errno),
		cmocka_unit_test(a_link_below_1280_carries_no_ipv6),
		cmocka_unit_test(a_parameter_problem_leaves_with_the_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
