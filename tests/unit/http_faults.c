/* SPDX-License-Identifier: BSD-3-Clause */

/* Replies that are wrong on purpose: what the client gets, octet by octet, and when. */

#include "http_rig.h"

#include <event2/buffer.h>
#include <stdio.h>

static struct evtcp_fault_reply plan;
static const struct http_request *asked;
static uint64_t counted;

static void on_fault(struct evtcp_fault_reply *reply, const struct http_request *request,
	const struct http_stream *stream, void *arg)
{
	(void)stream;
	(void)arg;
	asked = request;
	*reply = plan;
}

static void room(struct http_exchange *x, struct evbuffer *to, size_t most)
{
	(void)most;
	evbuffer_add(to, "0123456789", 10);
	if (!http_reply_has_ended(x))
		http_reply_end(x);
}

/* Writes ten bytes, and notes how many more wait now. */
static void write_and_count(struct http_exchange *x)
{
	struct evbuffer *data = evbuffer_new();
	struct http_stream_info before, after;

	http_exchange_get_stream(x, &before);
	evbuffer_add(data, "0123456789", 10);
	http_reply_write(x, data);
	http_exchange_get_stream(x, &after);
	evbuffer_free(data);
	counted = after.pending_bytes - before.pending_bytes;
}

/* "/" has a body of a known length in one piece, "/pieces" in pieces, "/chunks" in chunks,
 * "/counted" one that has no end. */
static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	static const struct http_exchange_ops ops = {.room = room}, none = {.room = NULL};
	struct http_reply reply = {.status = 200, .length = HTTP_REPLY_UNKNOWN};

	(void)arg;
	if (strcmp(request->path, "/") == 0) {
		http_reply_text(x, 200, "0123456789");
		return;
	}
	if (strcmp(request->path, "/pieces") == 0)
		reply.length = 10;
	http_exchange_take(x, strcmp(request->path, "/counted") == 0 ? &none : &ops);
	http_reply_begin(x, &reply);
	if (strcmp(request->path, "/counted") == 0)
		write_and_count(x);
}

static void open_rig(struct rig *rig)
{
	rig_init(rig, handle, NULL);
	rig->config.fault = on_fault;
	rig_start(rig);
}

/* What comes behind the head, as it is on the wire, for a GET of path. */
static const char *body_of(struct rig_client *client, const char *path)
{
	char text[128];
	const char *all, *end;

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	all = rig_exchange(client, text);
	end = strstr(all, "\r\n\r\n");
	assert_non_null(end);
	return end + 4;
}

static void without_a_plan_nothing_is_wrong(void **state)
{
	struct rig_client *client;
	struct rig rig;

	(void)state;
	plan = (struct evtcp_fault_reply){0};
	open_rig(&rig);
	client = rig_connect(&rig);
	assert_string_equal(body_of(client, "/"), "0123456789");
	assert_non_null(asked);
	assert_false(client->finished);
	rig_free(&rig);
}

static void a_cut_body_ends_with_a_fin_and_no_word_of_it(void **state)
{
	static const char *const paths[] = {"/", "/pieces"};

	(void)state;
	plan = (struct evtcp_fault_reply){.rule = 1, .cut = true, .cut_at = 4};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct rig_client *client;
		struct rig rig;

		open_rig(&rig);
		client = rig_connect(&rig);
		assert_string_equal(body_of(client, paths[i]), "0123");
		assert_non_null(strstr(rig_received(client), "Content-Length: 10\r\n"));
		assert_null(strstr(rig_received(client), "Connection:"));
		assert_true(client->finished);
		assert_false(client->aborted);
		rig_free(&rig);
	}
}

static void a_chunk_is_cut_within(void **state)
{
	struct rig_client *client;
	struct rig rig;

	(void)state;
	plan = (struct evtcp_fault_reply){.rule = 1, .cut = true, .cut_at = 4};
	open_rig(&rig);
	client = rig_connect(&rig);
	assert_string_equal(body_of(client, "/chunks"), "a\r\n0123");
	assert_true(client->finished);
	rig_free(&rig);
}

static void a_cut_beyond_the_end_cuts_nothing(void **state)
{
	struct rig_client *client;
	struct rig rig;

	(void)state;
	plan = (struct evtcp_fault_reply){.rule = 1, .cut = true, .cut_at = 10};
	open_rig(&rig);
	client = rig_connect(&rig);
	assert_string_equal(body_of(client, "/chunks"), "a\r\n0123456789\r\n0\r\n\r\n");
	rig_free(&rig);
}

static void a_length_can_lie(void **state)
{
	static const struct {
		int offset;
		const char *field;
	} lies[] = {{+5, "Content-Length: 15\r\n"}, {-3, "Content-Length: 7\r\n"},
		{-30, "Content-Length: 0\r\n"}};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct rig_client *client;
		struct rig rig;

		plan = (struct evtcp_fault_reply){.rule = 1, .length_offset = lies[i].offset};
		open_rig(&rig);
		client = rig_connect(&rig);
		assert_string_equal(body_of(client, "/"), "0123456789");
		assert_non_null(strstr(rig_received(client), lies[i].field));
		assert_true(client->finished);
		rig_free(&rig);
	}
}

static void a_body_drips(void **state)
{
	struct rig_client *client;
	struct rig rig;

	(void)state;
	plan = (struct evtcp_fault_reply){.rule = 1, .drip_bytes = 4, .drip_us = SECONDS(1)};
	open_rig(&rig);
	client = rig_connect(&rig);
	rig_send_text(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
	rig_pass(&rig, 0);
	rig_take_all(client);
	assert_non_null(strstr(rig_received(client), "\r\n\r\n0123"));
	rig_forget(client);
	rig_pass(&rig, SECONDS(0.9));
	rig_take_all(client);
	assert_string_equal(rig_received(client), "");
	rig_pass(&rig, SECONDS(0.1));
	rig_take_all(client);
	assert_string_equal(rig_received(client), "4567");
	rig_forget(client);
	/* The last of it, and then, not before, the next reply. */
	rig_pass(&rig, SECONDS(1));
	rig_take_all(client);
	assert_memory_equal(rig_received(client), "89HTTP/1.1 200 OK\r\n", 19);
	assert_false(client->finished);
	rig_free(&rig);
}

/* Else who writes without being asked, as long as little waits, would write without end. */
static void what_is_to_drip_waits_as_well(void **state)
{
	struct rig_client *client;
	struct rig rig;

	(void)state;
	plan = (struct evtcp_fault_reply){.rule = 1, .drip_bytes = 1, .drip_us = SECONDS(60)};
	open_rig(&rig);
	client = rig_connect(&rig);
	rig_send_text(client, "GET /counted HTTP/1.1\r\nHost: a\r\n\r\n");
	rig_pass(&rig, 0);
	assert_int_equal(counted, strlen("a\r\n0123456789\r\n"));
	rig_free(&rig);
}

static void without_memory_the_reply_is_as_it_should_be(void **state)
{
	struct rig_client *client;
	struct rig rig;

	(void)state;
	plan = (struct evtcp_fault_reply){.rule = 1, .cut = true, .cut_at = 4};
	open_rig(&rig);
	client = rig_connect(&rig);
	rig.fail_at = 2; /* the first is for the exchange */
	assert_string_equal(body_of(client, "/"), "0123456789");
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_plan_nothing_is_wrong),
		cmocka_unit_test(a_cut_body_ends_with_a_fin_and_no_word_of_it),
		cmocka_unit_test(a_chunk_is_cut_within),
		cmocka_unit_test(a_cut_beyond_the_end_cuts_nothing),
		cmocka_unit_test(a_length_can_lie),
		cmocka_unit_test(a_body_drips),
		cmocka_unit_test(what_is_to_drip_waits_as_well),
		cmocka_unit_test(without_memory_the_reply_is_as_it_should_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
