/* SPDX-License-Identifier: BSD-3-Clause */

/* The limits of size, each at one below, at, and one above: ATTACKS.md H03, H04 and
 * section 2. Each case is fed at once and byte by byte. */

#include "http_rig.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST "Host: a\r\n"
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"

static void on_body(struct http_exchange *x, struct evbuffer *data)
{
	(void)x;
	(void)data;
}

static void on_body_end(struct http_exchange *x)
{
	http_reply_text(x, 200, "ok\n");
}

static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	static const struct http_exchange_ops ops = {.body = on_body, .body_end = on_body_end};

	(void)request;
	(void)arg;
	http_exchange_take(x, &ops);
}

static int setup(void **state)
{
	return rig_setup(state, handle, 0);
}

/* Feeds request at once and byte by byte; both times the status must be this. */
static void expect(struct rig *rig, struct evbuffer *request, int status)
{
	size_t len = evbuffer_get_length(request);
	const char *bytes = (const char *)evbuffer_pullup(request, -1);
	struct rig_client *whole = rig_connect(rig), *bytewise = rig_connect(rig);
	char text[64], expected[64];

	snprintf(expected, sizeof(expected), "%d ", status);
	rig_send(whole, bytes, len);
	rig_take_all(whole);
	assert_string_equal(rig_statuses(whole, 0, text, sizeof(text)), expected);
	for (size_t i = 0; i < len; i++)
		rig_send(bytewise, bytes + i, 1);
	rig_take_all(bytewise);
	assert_string_equal(rig_statuses(bytewise, 0, text, sizeof(text)), expected);
	assert_int_equal(whole->finished, status != 200);
	assert_string_equal(rig_received(whole), rig_received(bytewise));
	rig_end(whole, 0);
	rig_end(bytewise, 0);
	evbuffer_free(request);
}

static void add_many(struct evbuffer *to, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		evbuffer_add(to, &c, 1);
}

static struct evbuffer *text_buffer(const char *text)
{
	struct evbuffer *buffer = evbuffer_new();

	evbuffer_add(buffer, text, strlen(text));
	return buffer;
}

static void a_request_line_has_at_most_8192_bytes(void **state)
{
	for (size_t len = 8191; len <= 8193; len++) {
		struct evbuffer *request = text_buffer("GET /");

		add_many(request, 'x', len - strlen("GET / HTTP/1.1"));
		evbuffer_add_printf(request, " HTTP/1.1\r\n" HOST "\r\n");
		expect(*state, request, len <= 8192 ? 200 : 414);
	}
}

static void a_header_line_has_at_most_8192_bytes(void **state)
{
	for (size_t len = 8191; len <= 8193; len++) {
		struct evbuffer *request = text_buffer("GET / HTTP/1.1\r\n" HOST "X:");

		add_many(request, 'y', len - 2);
		evbuffer_add_printf(request, "\r\n\r\n");
		expect(*state, request, len <= 8192 ? 200 : 431);
	}
}

static void a_header_has_at_most_32768_bytes(void **state)
{
	for (size_t len = 32767; len <= 32769; len++) {
		struct evbuffer *request = text_buffer("GET / HTTP/1.1\r\n" HOST);

		while (evbuffer_get_length(request) + 8000 < len)
			evbuffer_add_printf(request, "X:%7000d\r\n", 0);
		evbuffer_add_printf(request, "X:");
		add_many(request, 'y', len - evbuffer_get_length(request) - 4);
		evbuffer_add_printf(request, "\r\n\r\n");
		assert_int_equal(evbuffer_get_length(request), len);
		expect(*state, request, len <= 32768 ? 200 : 431);
	}
}

static void a_header_has_at_most_100_fields(void **state)
{
	for (size_t n = 99; n <= 101; n++) {
		struct evbuffer *request = text_buffer("GET / HTTP/1.1\r\n" HOST);

		for (size_t i = 1; i < n; i++)
			evbuffer_add_printf(request, "X:\r\n");
		evbuffer_add_printf(request, "\r\n");
		expect(*state, request, n <= 100 ? 200 : 431);
	}
}

static void a_header_without_any_line_end_is_refused_at_the_limit(void **state)
{
	struct rig_client *client = rig_connect(*state);

	for (int i = 0; i < 8194; i++) {
		assert_false(client->finished);
		rig_send(client, "x", 1);
	}
	assert_true(client->finished);
	rig_take_all(client);
	assert_int_equal(atoi(rig_received(client) + 9), 414);
}

static void a_body_has_at_most_1048576_bytes(void **state)
{
	for (size_t len = 1048575; len <= 1048577; len++) {
		struct rig_client *client = rig_connect(*state);
		char *body = calloc(1, len), head[128];

		snprintf(head, sizeof(head),
			"POST / HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", len);
		rig_exchange(client, head);
		rig_send(client, body, len);
		rig_take_all(client);
		assert_int_equal(atoi(rig_received(client) + 9), len <= 1048576 ? 200 : 413);
		rig_end(client, 0);
		free(body);
	}
}

static void a_chunked_body_has_at_most_1048576_bytes(void **state)
{
	for (size_t last = 15; last <= 17; last++) {
		struct rig_client *client = rig_connect(*state);
		char *body = calloc(1, 1048560), head[64];

		rig_send_text(client, CHUNKED "ffff0\r\n");
		rig_send(client, body, 1048560);
		snprintf(head, sizeof(head), "\r\n%zx\r\n", last);
		rig_send_text(client, head);
		rig_send(client, body, last);
		rig_send_text(client, "\r\n0\r\n\r\n");
		rig_take_all(client);
		assert_int_equal(atoi(rig_received(client) + 9), last <= 16 ? 200 : 413);
		rig_end(client, 0);
		free(body);
	}
}

static void the_extension_of_a_chunk_has_at_most_256_bytes(void **state)
{
	for (size_t len = 255; len <= 257; len++) {
		struct evbuffer *request = text_buffer(CHUNKED "5;");

		add_many(request, 'x', len - 1);
		evbuffer_add_printf(request, "\r\nhello\r\n0\r\n\r\n");
		expect(*state, request, len <= 256 ? 200 : 400);
	}
}

static void an_extension_that_never_ends_is_refused(void **state)
{
	struct evbuffer *request = text_buffer(CHUNKED "5;");

	add_many(request, 'x', 5000);
	expect(*state, request, 400);
}

static void the_extensions_of_a_body_have_at_most_16384_bytes(void **state)
{
	for (size_t last = 255; last <= 257; last++) {
		struct evbuffer *request = text_buffer(CHUNKED);

		for (int i = 0; i < 127; i++)
			evbuffer_add_printf(request, "1;%0127d\r\nx\r\n", 0);
		evbuffer_add_printf(request, "1;%0*d\r\nx\r\n0\r\n\r\n", (int)last - 129, 0);
		/* 127 of 128 bytes are 16,256; 128 are left */
		expect(*state, request, last <= 256 ? 200 : 400);
	}
}

static void the_trailers_have_at_most_8192_bytes(void **state)
{
	for (size_t len = 8191; len <= 8193; len++) {
		struct evbuffer *request = text_buffer(CHUNKED "0\r\nA: b\r\nX:");

		add_many(request, 'y', len - strlen("A: b\r\nX:\r\n"));
		evbuffer_add_printf(request, "\r\n\r\n");
		expect(*state, request, len <= 8192 ? 200 : 431);
	}
}

static void many_small_trailers_are_refused_too(void **state)
{
	struct evbuffer *request = text_buffer(CHUNKED "0\r\n");

	for (int i = 0; i < 4000; i++)
		evbuffer_add_printf(request, "X:\r\n");
	evbuffer_add_printf(request, "\r\n");
	expect(*state, request, 431);
}

static void a_connection_may_be_held_to_a_number_of_requests(void **state)
{
	struct rig rig;
	struct rig_client *client;
	char text[64];

	(void)state;
	rig_init(&rig, handle, NULL);
	assert_int_equal(http_limits_set(&rig.config.limits, "http_requests", "3"), 0);
	rig_start(&rig);
	client = rig_connect(&rig);
	for (int i = 0; i < 4; i++)
		rig_exchange(client, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_string_equal(rig_statuses(client, 0, text, sizeof(text)), "200 200 200 ");
	assert_non_null(strstr(rig_received(client), "\r\nConnection: close\r\n"));
	rig_free(&rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_request_line_has_at_most_8192_bytes),
		TEST(a_header_line_has_at_most_8192_bytes),
		TEST(a_header_has_at_most_32768_bytes),
		TEST(a_header_has_at_most_100_fields),
		TEST(a_header_without_any_line_end_is_refused_at_the_limit),
		TEST(a_body_has_at_most_1048576_bytes),
		TEST(a_chunked_body_has_at_most_1048576_bytes),
		TEST(the_extension_of_a_chunk_has_at_most_256_bytes),
		TEST(an_extension_that_never_ends_is_refused),
		TEST(the_extensions_of_a_body_have_at_most_16384_bytes),
		TEST(the_trailers_have_at_most_8192_bytes),
		TEST(many_small_trailers_are_refused_too),
		TEST(a_connection_may_be_held_to_a_number_of_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
