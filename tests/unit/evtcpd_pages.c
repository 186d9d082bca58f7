/* SPDX-License-Identifier: BSD-3-Clause */

/* The built-in pages, on the rig of the HTTP server: ATTACKS.md H10 to H12. */

#include "evtcpd/pages.h"
#include "http_rig.h"
#include "test_connections.h"

#include <errno.h>
#include <event2/buffer.h>
#include <evtcp/group.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST " HTTP/1.1\r\nHost: a\r\n"
#define END "\r\n"

/* ---- a stack with two connections --------------------------------------------- */

void evtcp_stack_get_usage(const struct evtcp_stack *stack, struct evtcp_stack_usage *usage)
{
	(void)stack;
	*usage = (struct evtcp_stack_usage){.connections = 2, .memory_bytes = 1024};
}

uint64_t evtcp_stack_get_counter(const struct evtcp_stack *stack, enum evtcp_cause cause)
{
	(void)stack;
	return cause == EVTCP_CAUSE_RTO ? 3 : cause == EVTCP_CAUSE_DATA ? 7 : 0;
}

void evtcp_conn_get_info(const struct evtcp_conn *conn, struct evtcp_conn_info *info)
{
	(void)conn;
	*info = (struct evtcp_conn_info){.state = EVTCP_ESTABLISHED,
		.cc = "newreno",
		.cc_state = EVTCP_CC_FAST_RECOVERY,
		.undone = 3,
		.ce_received = 4,
		.ce_delivered = 5,
		.ce_delivered_bytes = 6,
		.ecn_reductions = 7,
		.rcv_buf = 65536,
		.soft_error = ETIMEDOUT,
		.soft_cause = EVTCP_CAUSE_R1_REACHED};
}

/* It is alone: see evtcpd_gather.c for several. */
int evtcp_group_get_index(const struct evtcp_stack *stack)
{
	(void)stack;
	return -1;
}

int evtcp_group_post(struct evtcp_group *group, unsigned index,
	void (*cb)(struct evtcp_stack *stack, void *arg), void *arg)
{
	(void)group, (void)index, (void)cb, (void)arg;
	errno = EINVAL;
	return -1;
}

static int setup(void **state)
{
	struct rig *rig;
	struct pages_host *host;

	rig_setup(state, pages_handle, sizeof(struct pages_host));
	rig = *state;
	host = rig->config.handler_arg;
	host->http = http_server_get_counters(rig->server);
	return 0;
}

/* ---- replies that come at once ------------------------------------------------- */

static void hello_is_one_piece_with_fields_in_a_fixed_order(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_string_equal(rig_exchange(client, "GET /" HOST END),
		"HTTP/1.1 200 OK\r\n"
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"Content-Type: text/plain\r\n"
		"Content-Length: 13\r\n"
		"\r\n"
		"Hello World!\n");
}

/* RFC 9110 9.3.2 */
static void head_differs_from_get_by_the_body_only(void **state)
{
	static const char *const paths[] = {
		"/", "/bytes/10", "/status/200", "/drip?bytes=3&seconds=9", "/nowhere", "/echo"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct rig_client *get = rig_connect(*state), *head = rig_connect(*state);
		char request[64];
		size_t len;

		snprintf(request, sizeof(request), "GET %s" HOST END, paths[i]);
		rig_exchange(get, request);
		snprintf(request, sizeof(request), "HEAD %s" HOST END, paths[i]);
		rig_exchange(head, request);
		len = strlen(rig_received(head));
		assert_memory_equal(rig_received(get), rig_received(head), len);
		assert_memory_equal(rig_received(head) + len - 4, "\r\n\r\n", 4);
	}
}

static const struct {
	int status;
	const char *request;
} answers[] = {
	{404, "GET /nowhere"},
	{404, "GET /echo/"},
	{404, "GET /Echo"},
	{404, "GET //"},
	{404, "GET /../bytes/1"},
	{404, "GET /bytes"},
	{404, "GET /%2e%2e/"},
	{200, "GET /%62ytes/1"},
	{404, "GET /%2562ytes/1"}, /* unescaped once */
	{200, "GET /bytes/0"},
	{200, "GET /?x"},
	{400, "GET /bytes/"},
	{400, "GET /bytes/x"},
	{400, "GET /bytes/-1"},
	{400, "GET /bytes/+1"},
	{400, "GET /bytes/%201"},
	{400, "GET /bytes/1e18"},
	{400, "GET /bytes/0x10"},
	{400, "GET /bytes/1/2"},
	{400, "GET /bytes/1099511627777"},
	{400, "GET /bytes/18446744073709551616"},
	{400, "GET /bytes/99999999999999999999999999999999"},
	{200, "GET /delay/0"},
	{200, "GET /delay/0.0"},
	{400, "GET /delay/-1"},
	{400, "GET /delay/"},
	{400, "GET /delay/."},
	{400, "GET /delay/.5"},
	{400, "GET /delay/1."},
	{400, "GET /delay/1.5.5"},
	{400, "GET /delay/1.0000000"},
	{400, "GET /delay/3600.000001"},
	{400, "GET /delay/3601"},
	{400, "GET /delay/1e3"},
	{400, "GET /delay/nan"},
	{400, "GET /drip"},
	{400, "GET /drip?bytes=1"},
	{400, "GET /drip?seconds=1"},
	{400, "GET /drip?bytes=1&bytes=2&seconds=1"},
	{400, "GET /drip?bytes=-1&seconds=1"},
	{400, "GET /drip?bytes=1&seconds=3601"},
	{400, "GET /drip?bytes=1099511627777&seconds=1"},
	{400, "GET /drip?bytes=&seconds=1"},
	{400, "GET /drip?bytes=1&seconds=%zz"},
	{400, "GET /drip?bytes=000000000000000000000000000000000000001&seconds=1"},
	{200, "GET /drip?bytes=0&seconds=1"},
	{200, "GET /drip?x=y&seconds=0&bytes=%31"},
	{400, "GET /status/"},
	{400, "GET /status/x"},
	{400, "GET /status/100"},
	{400, "GET /status/199"},
	{400, "GET /status/600"},
	{400, "GET /status/99999"},
	{405, "POST /"},
	{405, "DELETE /bytes/1"},
	{405, "TRACE /"},
	{405, "PUT /connections"},
	{204, "OPTIONS /"},
	{204, "OPTIONS *"},
	{404, "OPTIONS /nowhere"},
};

static void what_is_wrong_is_answered_with_4xx(void **state)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct rig_client *client = rig_connect(*state);
		char request[128];
		int status;

		snprintf(request, sizeof(request), "%s" HOST END, answers[i].request);
		rig_send_text(client, request);
		rig_pass(*state, 0);
		rig_take_all(client);
		status = atoi(rig_received(client) + 9);
		if (status != answers[i].status)
			fail_msg("%s: %d, not %d", answers[i].request, status, answers[i].status);
		assert_false(client->finished); /* such an answer ends nothing */
	}
}

/* RFC 9110 15.5.6: a 405 names the methods that are allowed. */
static void a_method_that_a_page_does_not_take_is_answered_with_those_it_takes(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "DELETE /" HOST END);
	assert_non_null(strstr(rig_received(client), "\r\nAllow: GET, HEAD, OPTIONS\r\n"));
	rig_exchange(client, "OPTIONS /echo" HOST END);
	assert_non_null(
		strstr(rig_received(client), "\r\nAllow: GET, HEAD, POST, PUT, OPTIONS\r\n"));
}

/* H11: what a request says comes back neither in a field nor in a body. */
static void nothing_of_a_request_is_reflected(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET /evil%0d%0aX:%20evil?evil HTTP/1.1\r\nHost: evil\r\n"
			     "Evil: evil\r\n\r\n");
	assert_null(strstr(rig_received(client), "evil"));
	assert_null(strstr(rig_received(client), "Evil"));
}

static void every_status_from_200_to_599_can_be_had(void **state)
{
	struct rig_client *client = rig_connect(*state);

	for (int status = 200; status <= 599; status++) {
		char request[64], statuses[16], expected[16];

		snprintf(request, sizeof(request), "GET /status/%d" HOST END, status);
		snprintf(expected, sizeof(expected), "%d ", status);
		rig_exchange(client, request);
		assert_string_equal(rig_statuses(client, 0, statuses, sizeof(statuses)), expected);
		rig_forget(client);
	}
	assert_false(client->finished);
}

/* RFC 9110 6.4.1, 8.6, 15.3.6 */
static void a_status_without_body_has_no_length_either(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_null(strstr(rig_exchange(client, "GET /status/204" HOST END), "Content-Length"));
	rig_forget(client);
	assert_null(strstr(rig_exchange(client, "GET /status/304" HOST END), "Content-Length"));
	rig_forget(client);
	assert_non_null(strstr(
		rig_exchange(client, "GET /status/205" HOST END), "\r\nContent-Length: 0\r\n"));
}

/* ---- bodies ---------------------------------------------------------------------- */

/* The byte of the pattern at this offset, told in another way than in the source. */
static char *expected_pattern(size_t len)
{
	char *bytes = malloc(len + 16);

	for (size_t at = 0, i = 1; at < len; i = i % 9999 + 1)
		at += (size_t)sprintf(bytes + at, "%zu\n", i);
	return bytes;
}

static void bytes_are_the_numbers_from_1_to_9999_over_and_over(void **state)
{
	static const size_t lengths[] = {1, 2, 48887, 48888, 48889, 65536, 300000};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct rig_client *client = rig_connect(*state);
		char request[64], *body, *expected = expected_pattern(lengths[i]);
		size_t len;

		snprintf(request, sizeof(request), "GET /bytes/%zu" HOST END, lengths[i]);
		rig_exchange(client, request);
		body = rig_body(client, &len);
		assert_int_equal(len, lengths[i]);
		assert_memory_equal(body, expected, len);
		free(body);
		free(expected);
	}
}

static void a_terabyte_is_begun_with_bounded_output(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET /bytes/1099511627776" HOST END);
	for (int i = 0; i < 1000; i++) {
		assert_in_range(evbuffer_get_length(client->stream.output), 1, 65536);
		rig_take(client, 50000);
		rig_forget(client);
	}
	assert_false(rig_is_over(client));
}

/* RFC 9112 9.3.2, E08: requests sent ahead wait in the input. */
static void long_replies_to_pipelined_requests_keep_their_order_and_bound(void **state)
{
	struct rig_client *client = rig_connect(*state);
	char statuses[128];

	for (int i = 0; i < 20; i++)
		rig_send_text(client, "GET /bytes/100000" HOST END);
	assert_in_range(evbuffer_get_length(client->stream.output), 1, 65536);
	rig_take_all(client);
	rig_statuses(client, 0, statuses, sizeof(statuses));
	assert_int_equal(strlen(statuses), 20 * 4);
	assert_int_equal(evbuffer_get_length(client->received) / 100000, 20);
}

static void echo_and_sink_take_bodies_of_either_framing(void **state)
{
	static const struct {
		const char *request, *body, *field;
	} cases[] = {
		{"POST /echo" HOST "Content-Length: 5\r\n\r\nhello", "hello",
			"\r\nContent-Length: 5\r\n"},
		{"PUT /echo" HOST "Transfer-Encoding: chunked\r\n\r\n"
		 "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
			"hello world", "\r\nTransfer-Encoding: chunked\r\n"},
		{"POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "",
			"\r\nTransfer-Encoding: chunked\r\n"},
		{"POST /echo" HOST "Content-Length: 0\r\n\r\n", "", "\r\nContent-Length: 0\r\n"},
		{"GET /echo" HOST END, "", "\r\nContent-Length: 0\r\n"},
		{"POST /sink" HOST "Content-Length: 5\r\n\r\nhello", "5 bytes\n",
			"\r\nContent-Length: 8\r\n"},
		{"PUT /sink" HOST "Transfer-Encoding: chunked\r\n\r\n"
		 "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
			"11 bytes\n", "\r\nContent-Length: 9\r\n"},
		{"GET /sink" HOST END, "0 bytes\n", "\r\nContent-Length: 8\r\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig_client *client = rig_connect(*state);
		size_t len;
		char *body;

		assert_non_null(strstr(rig_exchange(client, cases[i].request), cases[i].field));
		body = rig_body(client, &len);
		assert_string_equal(body, cases[i].body);
		free(body);
		assert_false(client->finished);
	}
}

/* H10: any length with bounded buffers: who does not take what came back, can send no
 * more than what fits in the input. */
static void echo_holds_no_more_than_its_output_limit(void **state)
{
	struct rig_client *client = rig_connect(*state);
	char block[4096];
	size_t fed = 0;

	memset(block, 'x', sizeof(block));
	rig_send_text(client, "POST /echo" HOST "Content-Length: 10737418240\r\n\r\n");
	for (int i = 0; i < 64; i++) {
		rig_send(client, block, sizeof(block));
		fed += sizeof(block);
		assert_in_range(evbuffer_get_length(client->stream.output), 1, 65536 + 256);
	}
	/* The rest is in the input: it would close the window of a real client. */
	assert_true(evbuffer_get_length(client->stream.input) >= fed - 65536);
	rig_take_all(client);
	assert_int_equal(evbuffer_get_length(client->stream.input), 0);
	assert_true(evbuffer_get_length(client->received) >= fed);
}

static void echo_of_a_chunked_body_cut_anywhere_comes_back_whole(void **state)
{
	static const char request[] = "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n"
				      "5;x=y\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nA: b\r\n\r\n";

	for (size_t cut = 1; cut < sizeof(request) - 1; cut++) {
		struct rig_client *client = rig_connect(*state);
		size_t len;
		char *body;

		rig_send(client, request, cut);
		rig_take_all(client);
		rig_send(client, request + cut, sizeof(request) - 1 - cut);
		rig_take_all(client);
		body = rig_body(client, &len);
		assert_string_equal(body, "hello world");
		free(body);
	}
}

/* A reply that has begun can not be taken back, and must not look complete. */
static void echo_of_a_body_that_goes_wrong_is_reset(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx");
	rig_exchange(client, "\r\n");
	assert_true(client->aborted);
}

static void echo_to_http_1_0_ends_with_the_connection_or_has_a_length(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi");
	assert_non_null(strstr(rig_received(client), "\r\nContent-Length: 2\r\n"));
	assert_true(client->finished);
}

/* ---- time --------------------------------------------------------------------------- */

static void delay_answers_when_its_time_has_come_and_not_before(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_string_equal(rig_exchange(client, "GET /delay/1.5" HOST END), "");
	rig_pass(*state, SECONDS(1.5) - 1);
	assert_string_equal(rig_exchange(client, ""), "");
	rig_pass(*state, 1);
	rig_take_all(client);
	assert_non_null(strstr(rig_received(client), "waited 1.500000 s\n"));
}

static void delay_holds_the_next_request_back_but_not_another_connection(void **state)
{
	struct rig_client *client = rig_connect(*state), *other = rig_connect(*state);
	char statuses[16];

	assert_string_equal(rig_exchange(client, "GET /delay/60" HOST END "GET /" HOST END), "");
	assert_non_null(strstr(rig_exchange(other, "GET /" HOST END), "Hello World!"));
	rig_pass(*state, SECONDS(60));
	rig_take_all(client);
	assert_string_equal(rig_statuses(client, 0, statuses, sizeof(statuses)), "200 200 ");
}

static void a_client_that_leaves_during_a_delay_is_forgotten(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET /delay/60" HOST END);
	rig_end(client, 104);
	assert_true(client->freed);
}

static void a_client_that_has_closed_its_half_still_gets_its_answer(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET /delay/1" HOST END);
	rig_end(client, 0);
	rig_pass(*state, SECONDS(1));
	rig_take_all(client);
	assert_non_null(strstr(rig_received(client), "waited"));
	rig_pass(*state, SECONDS(1));
	assert_true(client->freed);
}

static void drip_sends_each_byte_when_it_is_due(void **state)
{
	struct rig_client *client = rig_connect(*state);
	size_t head;

	head = strlen(rig_exchange(client, "GET /drip?bytes=4&seconds=2" HOST END));
	for (size_t i = 1; i <= 4; i++) {
		rig_pass(*state, SECONDS(0.5) - 1);
		rig_take_all(client);
		assert_int_equal(strlen(rig_received(client)), head + i - 1);
		rig_pass(*state, 1);
		rig_take_all(client);
		assert_int_equal(strlen(rig_received(client)), head + i);
	}
	assert_string_equal(rig_received(client) + head, "1\n2\n");
}

/* E04: the rate is the client's duty, not that of a page that is slow on purpose. */
static void drip_may_be_slower_than_the_rate_that_clients_must_keep(void **state)
{
	struct rig_client *client = rig_connect(*state);
	size_t len;
	char *body;

	rig_send_text(client, "GET /drip?bytes=3600&seconds=3600" HOST END);
	for (int i = 0; i <= 3600; i++) {
		rig_take_all(client);
		rig_pass(*state, SECONDS(1));
	}
	rig_take_all(client);
	body = rig_body(client, &len);
	assert_int_equal(len, 3600);
	free(body);
}

static void drip_of_many_bytes_is_even_and_exact(void **state)
{
	struct rig_client *client = rig_connect(*state);
	size_t head, len, before;
	char *body, *expected = expected_pattern(1000000);

	head = strlen(rig_exchange(client, "GET /drip?bytes=1000000&seconds=3" HOST END));
	for (int i = 0; i < 30; i++) {
		before = strlen(rig_received(client));
		for (int tick = 0; tick < 10; tick++) {
			rig_pass(*state, SECONDS(0.01));
			rig_take_all(client);
		}
		len = strlen(rig_received(client)) - before;
		assert_in_range(len, 30000, 36700); /* a tick is 3,333 bytes */
	}
	assert_int_equal(strlen(rig_received(client)), head + 1000000);
	body = rig_body(client, &len);
	assert_memory_equal(body, expected, 1000000);
	free(body);
	free(expected);
}

/* ---- /connections --------------------------------------------------------------------- */

static void connections_lists_what_the_stack_holds(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	n_connections = 2;
	text = rig_exchange(client, "GET /connections" HOST END);
	assert_non_null(strstr(text, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(text, "\"connections\":2,"));
	assert_non_null(strstr(text, "\"counters\": {\"data\":7,\"rto\":3}"));
	assert_non_null(strstr(text, "\"state\":\"ESTABLISHED\",\"cc\":\"newreno\""));
	assert_non_null(strstr(text, "\"soft_cause\":\"r1_reached\""));
	assert_non_null(strstr(text, "\"cc_state\":\"fast_recovery\""));
	assert_non_null(strstr(text, "\"undone\":3,"));
	assert_non_null(strstr(text, "\"ce_received\":4,\"ce_delivered\":5,"
				     "\"ce_delivered_bytes\":6,\"ecn_reductions\":7,"));
	assert_non_null(strstr(text, "\"rcv_buf\":65536,"));
	assert_non_null(strstr(text, "\"omitted\": 0"));
}

static void connections_tells_what_http_has_seen(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig), *slow = rig_connect(rig);
	const char *text;

	rig_exchange(client, "GET /nowhere" HOST END);
	rig_exchange(rig_connect(rig), "BREW / HTTP/1.1\r\n\r\n");
	rig_send_text(slow, "GET");
	rig_pass(rig, SECONDS(11));
	rig_forget(client);
	text = rig_exchange(client, "GET /connections" HOST END);
	/* The page itself is requested, but not yet answered. */
	assert_non_null(strstr(text, "\"accepted\":3,\"requests\":2,\"replies\":1,"));
	assert_non_null(strstr(text, "\"2xx\":0,\"3xx\":0,\"4xx\":2,\"5xx\":1,"));
	assert_non_null(strstr(text, "\"timed_out\": {\"header_time\":1,\"linger_time\":1}"));
	assert_non_null(strstr(text, "\"refused\": {\"method\":1,\"head_slow\":1}"));
}

/* H15: what a reader makes us hold is bounded. */
static void connections_lists_a_thousand_at_most(void **state)
{
	struct rig_client *client = rig_connect(*state);

	n_connections = 16384;
	assert_non_null(
		strstr(rig_exchange(client, "GET /connections" HOST END), "\"omitted\": 15384"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(hello_is_one_piece_with_fields_in_a_fixed_order),
		TEST(head_differs_from_get_by_the_body_only),
		TEST(what_is_wrong_is_answered_with_4xx),
		TEST(a_method_that_a_page_does_not_take_is_answered_with_those_it_takes),
		TEST(nothing_of_a_request_is_reflected),
		TEST(every_status_from_200_to_599_can_be_had),
		TEST(a_status_without_body_has_no_length_either),
		TEST(bytes_are_the_numbers_from_1_to_9999_over_and_over),
		TEST(a_terabyte_is_begun_with_bounded_output),
		TEST(long_replies_to_pipelined_requests_keep_their_order_and_bound),
		TEST(echo_and_sink_take_bodies_of_either_framing),
		TEST(echo_holds_no_more_than_its_output_limit),
		TEST(echo_of_a_chunked_body_cut_anywhere_comes_back_whole),
		TEST(echo_of_a_body_that_goes_wrong_is_reset),
		TEST(echo_to_http_1_0_ends_with_the_connection_or_has_a_length),
		TEST(delay_answers_when_its_time_has_come_and_not_before),
		TEST(delay_holds_the_next_request_back_but_not_another_connection),
		TEST(a_client_that_leaves_during_a_delay_is_forgotten),
		TEST(a_client_that_has_closed_its_half_still_gets_its_answer),
		TEST(drip_sends_each_byte_when_it_is_due),
		TEST(drip_may_be_slower_than_the_rate_that_clients_must_keep),
		TEST(drip_of_many_bytes_is_even_and_exact),
		TEST(connections_lists_what_the_stack_holds),
		TEST(connections_tells_what_http_has_seen),
		TEST(connections_lists_a_thousand_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
