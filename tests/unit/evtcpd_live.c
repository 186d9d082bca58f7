/* SPDX-License-Identifier: BSD-3-Clause */

/* /_/ and /_/events of one worker: what readers are told and when, that a slow one costs a bounded
 * amount of memory, that all of it ends, and that nobody listens to a stack when nobody watches. */

#include "evtcpd/live/page.h"
#include "test_live.h"

static int setup(void **state)
{
	return setup_of(state, 1);
}

/* ---- the page ---------------------------------------------------------------------------- */

static void the_page_is_one_file_that_may_run_nothing_else(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text = rig_exchange(client, GET("/_/"));

	assert_says(text, "HTTP/1.1 200 OK\r\n");
	assert_says(text, "\r\nContent-Type: text/html; charset=utf-8\r\n");
	assert_says(text, "\r\nContent-Security-Policy: default-src 'none'; script-src 'sha256-");
	assert_says(text, "connect-src 'self'; img-src data:; base-uri 'none'; ");
	assert_says(text, "\r\nX-Content-Type-Options: nosniff\r\n");
	assert_silent_on(text, "unsafe-inline");
	assert_silent_on(text, "<!-- script");
	assert_silent_on(text, " src=");
	assert_silent_on(text, " style=");
	assert_silent_on(text, "innerHTML");
	assert_int_equal(count(text, "<script>"), 1);
	assert_string_equal(text + strlen(text) - 8, "</html>\n");
}

static const struct {
	int status;
	const char *request;
} answers[] = {
	{404, GET("/_/nothing")},
	{404, GET("/_")},
	{404, GET("/_/%3Cscript%3E")},
	{404, GET("/_/events/")},
	{400, GET("/_/events?conn=")},
	{400, GET("/_/events?conn=x")},
	{400, GET("/_/events?conn=10.0.0.1")},
	{400, GET("/_/events?conn=10.0.0.1:0")},
	{400, GET("/_/events?conn=10.0.0.1:65536")},
	{400, GET("/_/events?conn=10.0.0.1:1&conn=10.0.0.1:1")},
	{400, GET("/_/events?conn=%22%3E%3Cscript%3E:1")},
	{400, GET("/_/events?conn=[fd00::1:1")},
	{200, GET("/_/events?conn=[fd00::1]:1")},
	{200, GET("/_/events?conn=%5Bfd00::1%5D:1")},
	{200, "HEAD /_/events HTTP/1.1\r\nHost: a\r\n\r\n"},
	{200, "HEAD /_/ HTTP/1.1\r\nHost: a\r\n\r\n"},
	{405, "POST /_/events HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
};

/* And nothing of what was asked stands in the answer. */
static void what_is_no_page_and_no_connection_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct rig_client *client = rig_connect(*state);
		const char *text = rig_exchange(client, answers[i].request);

		assert_int_equal(atoi(text + 9), answers[i].status);
		assert_silent_on(text, "script%3E");
		rig_end(client, ECONNRESET);
	}
}

/* ---- one worker -------------------------------------------------------------------------- */

static void a_stream_begins_with_causes_and_goes_on_four_times_a_second(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(0, 9, 5000);
	rig_exchange(client, GET("/_/events"));
	rig_pass(*state, 0);
	rig_take_all(client);
	text = rig_received(client);
	assert_says(text, "\r\nContent-Type: text/event-stream\r\n");
	assert_says(text, "\r\nCache-Control: no-store\r\n");
	assert_says(text, "retry: 1000\nevent: causes\ndata: {\"none\":");
	assert_says(text, "event: connections\ndata: {\"now\":");
	assert_says(text, "\"usage\":{\"connections\":1,\"half_open\":0,\"time_wait\":2,");
	assert_says(text, "\"connections\":[{\"local\":\"[::]:0\",\"remote\":\"10.0.0.9:5000\",");
	assert_says(text, "}],\"omitted\":0}\n\n");
	assert_silent_on(text, "event: segments");
	assert_string_equal(after(*state, client, READER_SLICE_US - 1), "");
	assert_int_equal(count(after(*state, client, 1), "event: connections"), 1);
	assert_int_equal(count(after(*state, client, SECONDS(10)), "event: connections"), 40);
	assert_int_equal(sinks[0].kinds, 0); /* nobody watches a connection */
}

static void the_list_is_bounded(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	for (uint16_t i = 0; i < CONNECTIONS; i++)
		add_connection(0, 1, i);
	rig_exchange(client, GET("/_/events?conn=10.0.0.1:150"));
	rig_pass(*state, 0);
	rig_take_all(client);
	text = rig_received(client);
	assert_int_equal(count(text, "{\"local\":"), SOURCE_LISTED + 1);
	assert_says(text, "\"omitted\":100}\n\n");
	/* The one that is asked for is found all the same. */
	assert_says(text, "\"connection\":{\"local\":\"[::]:0\",\"remote\":\"10.0.0.1:150\",");
}

/* As the rig says, it comes from 10.0.0.1:40000. */
static void its_own_connection_is_marked_and_never_recorded(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(0, 1, 40000);
	add_connection(0, 2, 40000);
	rig_exchange(client, GET("/_/events?conn=10.0.0.1:40000"));
	text = after(*state, client, READER_SLICE_US);
	assert_says(text, "\"remote\":\"10.0.0.1:40000\",\"own\":1,\"state\"");
	assert_says(text, "\"remote\":\"10.0.0.2:40000\",\"state\"");
	assert_says(text, "\"remote\":\"10.0.0.1:40000\",\"own\":1,\"connection\":{");
	assert_int_equal(sinks[0].kinds, 0); /* its segments would make more of them */
}

static void a_connection_that_is_watched_tells_its_segments(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(0, 9, 5000);
	rig_exchange(client, WATCH);
	after(*state, client, 0);
	assert_int_not_equal(sinks[0].kinds, 0);
	tell(0, EVTCP_CAUSE_DATA, 1000);
	tell(0, EVTCP_CAUSE_RACK, 1000);
	source_sample(&sources[0], world_of->now_us);
	text = after(*state, client, READER_SLICE_US);
	assert_says(text, "event: segments\ndata: {\"now\":");
	assert_says(text, "\"remote\":\"10.0.0.9:5000\",\"connection\":{");
	assert_says(text, "\"why\":\"rack\",\"again\":1,\"seq\":1000,");
	assert_says(text, "\"sent\":[1100,0],\"received\":null,\"missed\":0,\"marks\":[{");
	assert_says(text, "\"samples\":[[");
	assert_says(text, ",14480,0,0,0,0]]}\n\n");
	text = after(*state, client, READER_SLICE_US);
	assert_says(text, "\"marks\":[],\"samples\":[]}");
	rig_end(client, ECONNRESET);
	assert_int_equal(sinks[0].kinds, 0);
}

/* Also where it is none of those that are listed. */
static void a_silent_connection_is_sampled(void **state)
{
	struct rig_client *client = rig_connect(*state);

	for (uint16_t i = 0; i < CONNECTIONS - 1; i++)
		add_connection(0, 1, i);
	add_connection(0, 9, 5000);
	rig_exchange(client, WATCH);
	after(*state, client, 0);
	source_sample(&sources[0], world_of->now_us);
	assert_says(after(*state, client, READER_SLICE_US), ",14480,0,0,0,0]]}\n\n");
}

static void a_connection_may_come_later(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	rig_exchange(client, WATCH);
	text = after(*state, client, READER_SLICE_US);
	assert_silent_on(text, "\"connection\":");
	tell(0, EVTCP_CAUSE_SYN_ACK, 1);
	add_connection(0, 9, 5000);
	text = after(*state, client, READER_SLICE_US);
	assert_says(text, "\"connection\":{");
	assert_says(text, "\"why\":\"syn_ack\"");
}

static void readers_do_not_disturb_each_other(void **state)
{
	struct rig_client *first = rig_connect(*state), *second = rig_connect(*state);

	rig_exchange(first, WATCH);
	rig_exchange(second, WATCH);
	rig_pass(*state, 0);
	rig_take_all(first);
	rig_take_all(second);
	tell(0, EVTCP_CAUSE_DATA, 1);
	rig_forget(second);
	assert_says(after(*state, first, READER_SLICE_US), "\"why\":\"data\"");
	rig_take_all(second);
	assert_says(rig_received(second), "\"why\":\"data\"");
	rig_end(first, ECONNRESET);
	assert_int_not_equal(sinks[0].kinds, 0);
	tell(0, EVTCP_CAUSE_FIN, 101);
	assert_says(after(*state, second, READER_SLICE_US), "\"why\":\"fin\"");
}

/* It takes nothing: what waits for it stays below the bound and one frame. */
static void a_slow_reader_is_told_less_and_how_much(void **state)
{
	struct rig_client *client = rig_connect(*state);
	size_t most = 0;

	for (uint16_t i = 0; i < CONNECTIONS; i++)
		add_connection(0, 3, i);
	rig_send_text(client, WATCH);
	for (int i = 0; i < 100; i++) {
		rig_pass(*state, READER_SLICE_US);
		tell(0, EVTCP_CAUSE_DATA, 1);
		most = evbuffer_get_length(client->stream.output);
		assert_true(most < READER_WAITING + 256 * 1024);
	}
	assert_true(most > READER_WAITING);
	rig_take_all(client);
	assert_says(after(*state, client, READER_SLICE_US), "\"skipped\":9");
	assert_says(after(*state, client, READER_SLICE_US), "\"skipped\":0");
}

static void there_are_so_many_readers_and_no_more(void **state)
{
	struct rig_client *clients[SOURCE_READERS + 1];

	for (int i = 0; i < SOURCE_READERS; i++) {
		clients[i] = rig_connect(*state);
		assert_says(rig_exchange(clients[i], GET("/_/events")), " 200 OK");
	}
	clients[SOURCE_READERS] = rig_connect(*state);
	assert_says(rig_exchange(clients[SOURCE_READERS], GET("/_/events")), " 503 ");
	rig_end(clients[0], ECONNRESET);
	rig_forget(clients[SOURCE_READERS]);
	assert_says(rig_exchange(clients[SOURCE_READERS], GET("/_/events")), " 200 OK");
}

static void a_stream_ends_when_the_server_stops(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);
	const char *text;

	rig_exchange(client, WATCH);
	after(rig, client, 0);
	http_server_drain(rig->server, NULL, NULL);
	text = after(rig, client, READER_SLICE_US);
	assert_says(text, "event: end\ndata: {}\n\n\r\n0\r\n\r\n");
	assert_true(client->finished || client->freed);
	assert_int_equal(sinks[0].kinds, 0);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(the_page_is_one_file_that_may_run_nothing_else),
		LIVE_TEST(what_is_no_page_and_no_connection_is_refused),
		LIVE_TEST(a_stream_begins_with_causes_and_goes_on_four_times_a_second),
		LIVE_TEST(the_list_is_bounded),
		LIVE_TEST(its_own_connection_is_marked_and_never_recorded),
		LIVE_TEST(a_connection_that_is_watched_tells_its_segments),
		LIVE_TEST(a_silent_connection_is_sampled),
		LIVE_TEST(a_connection_may_come_later),
		LIVE_TEST(readers_do_not_disturb_each_other),
		LIVE_TEST(a_slow_reader_is_told_less_and_how_much),
		LIVE_TEST(there_are_so_many_readers_and_no_more),
		LIVE_TEST(a_stream_ends_when_the_server_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
