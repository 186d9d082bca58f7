/* SPDX-License-Identifier: BSD-3-Clause */

/* /_/ and /_/events on the rig of the HTTP server, of one worker and of three: what readers are
 * told and when, that a slow one costs a bounded amount of memory, that all of it ends, and that
 * nobody listens to a stack when nobody watches. What is posted to other workers waits until the
 * test runs it, whichever thread that were. */

#include "evtcpd/live/page.h"
#include "evtcpd/live/reader.h"
#include "evtcpd/pages.h"
#include "http_rig.h"

#include <errno.h>
#include <event2/buffer.h>
#include <evtcp/conn.h>
#include <evtcp/group.h>
#include <stdio.h>
#include <stdlib.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define WATCH GET("/_/events?conn=10.0.0.9:5000")

enum { WORKERS = 3, HOME = 1, POSTS = 16, CONNECTIONS = 200 };

/* ---- stacks that are not there: told apart by their addresses ---------------------------- */

static char stacks[WORKERS];
static struct evtcp_conn_info connections[WORKERS][CONNECTIONS];
static unsigned n_connections[WORKERS];
static struct rig *world_of; /* whose clock all have */

static struct evtcp_stack *stack_at(unsigned i)
{
	return (struct evtcp_stack *)(void *)&stacks[i];
}

int evtcp_group_get_index(const struct evtcp_stack *stack)
{
	return (int)((const char *)(const void *)stack - stacks);
}

void evtcp_stack_get_usage(const struct evtcp_stack *stack, struct evtcp_stack_usage *usage)
{
	*usage = (struct evtcp_stack_usage){
		.connections = n_connections[evtcp_group_get_index(stack)], .time_wait = 2};
}

uint64_t evtcp_stack_get_counter(const struct evtcp_stack *stack, enum evtcp_cause cause)
{
	(void)stack, (void)cause;
	return 0;
}

const struct evtcp_world *evtcp_stack_get_world(const struct evtcp_stack *stack)
{
	(void)stack;
	return &world_of->world;
}

enum evtcp_state evtcp_conn_get_state(const struct evtcp_conn *conn)
{
	(void)conn;
	return EVTCP_ESTABLISHED;
}

void evtcp_stack_get_rtts(const struct evtcp_stack *stack, struct evtcp_rtt_histogram *rtts)
{
	(void)stack;
	*rtts = (struct evtcp_rtt_histogram){0};
}

struct event_base *evtcp_stack_get_base(const struct evtcp_stack *stack)
{
	(void)stack;
	return NULL;
}

void evtcp_conn_get_info(const struct evtcp_conn *conn, struct evtcp_conn_info *info)
{
	*info = *(const struct evtcp_conn_info *)(const void *)conn;
}

int evtcp_stack_foreach_conn(
	struct evtcp_stack *stack, int (*fn)(const struct evtcp_conn *conn, void *arg), void *arg)
{
	int at = evtcp_group_get_index(stack), result = 0;

	for (unsigned i = 0; i < n_connections[at] && result == 0; i++)
		result = fn((const struct evtcp_conn *)(const void *)&connections[at][i], arg);
	return result;
}

int evtcp_stack_find_conn(
	struct evtcp_stack *stack, const struct evtcp_tuple *tuple, struct evtcp_conn_info *info)
{
	int at = evtcp_group_get_index(stack);

	for (unsigned i = 0; i < n_connections[at]; i++) {
		*info = connections[at][i];
		if (memcmp(&info->tuple, tuple, sizeof(*tuple)) == 0)
			return 0;
	}
	return -1;
}

/* ---- posts ---------------------------------------------------------------------------------- */

struct post {
	unsigned to;
	void (*cb)(struct evtcp_stack *stack, void *arg);
	void *arg;
};

static struct post posts[POSTS];
static unsigned n_posts;
static int refuses; /* no post is taken */

int evtcp_group_post(struct evtcp_group *group, unsigned index,
	void (*cb)(struct evtcp_stack *stack, void *arg), void *arg)
{
	assert_non_null(group);
	assert_in_range(n_posts, 0, POSTS - 1);
	if (refuses) {
		errno = EAGAIN;
		return -1;
	}
	posts[n_posts++] = (struct post){index, cb, arg};
	return 0;
}

/* Runs the oldest post for worker `to`, in vain or not; fails if there is none. */
static void run_post(unsigned to, int in_vain)
{
	struct post post;
	unsigned i = 0;

	while (i < n_posts && posts[i].to != to)
		i++;
	assert_true(i < n_posts);
	post = posts[i];
	memmove(posts + i, posts + i + 1, (--n_posts - i) * sizeof(post));
	post.cb(in_vain ? NULL : stack_at(to), post.arg);
}

/* ---- the rig ----------------------------------------------------------------------------------
 */

static struct pages_host hosts[WORKERS];
static struct source sources[WORKERS];
static struct evtcp_sink sinks[WORKERS]; /* who listens to each stack */

static void set_sink(void *arg, const struct evtcp_sink *sink)
{
	*(struct evtcp_sink *)arg = sink != NULL ? *sink : (struct evtcp_sink){0};
}

static struct evtcp_endpoint endpoint(unsigned last, uint16_t port)
{
	return (struct evtcp_endpoint){
		.addr = {{[10] = 0xff, 0xff, 10, 0, 0, (uint8_t)last}}, .port = port};
}

static struct evtcp_conn_info *add_connection(unsigned worker, unsigned last, uint16_t port)
{
	struct evtcp_conn_info *info = &connections[worker][n_connections[worker]++];

	*info = (struct evtcp_conn_info){.state = EVTCP_ESTABLISHED,
		.cc = "cubic",
		.cwnd = 14480,
		.snd_mss = 1448,
		.tuple = {.remote = endpoint(last, port)}};
	return info;
}

static void setup_hosts(struct rig *rig, unsigned n)
{
	static struct http_server_counters counters[WORKERS];
	static char group;

	for (unsigned i = 0; i < WORKERS; i++) {
		source_init(&sources[i], stack_at(i), set_sink, &sinks[i]);
		sinks[i] = (struct evtcp_sink){0};
		n_connections[i] = 0;
		hosts[i] = (struct pages_host){.stack = stack_at(i),
			.http = &counters[i],
			.live = &sources[i],
			.group = n > 1 ? (struct evtcp_group *)(void *)&group : NULL,
			.all = n > 1 ? hosts : NULL,
			.n = n > 1 ? n : 0,
			.place = n > 1 ? i : 0};
	}
	world_of = rig;
	n_posts = 0;
	refuses = 0;
}

static int setup_of(void **state, unsigned n)
{
	struct rig *rig = malloc(sizeof(*rig));

	rig_init(rig, pages_handle, &hosts[n > 1 ? HOME : 0]);
	rig_start(rig);
	setup_hosts(rig, n);
	*state = rig;
	return 0;
}

static int setup_one(void **state)
{
	return setup_of(state, 1);
}

static int setup_all(void **state)
{
	return setup_of(state, WORKERS);
}

static int teardown(void **state)
{
	while (n_posts != 0)
		run_post(posts[0].to, 1);
	rig_free(*state);
	for (unsigned i = 0; i < WORKERS; i++) {
		source_end(&sources[i]);
		assert_int_equal(sinks[i].kinds, 0);
		assert_int_equal(atomic_load(&sources[i].readers), 0);
	}
	free(*state);
	return 0;
}

/* An event of the connection that is watched. */
static void tell(unsigned worker, enum evtcp_cause cause, uint32_t seq)
{
	struct evtcp_event event = {.at_us = world_of->now_us,
		.kind = EVTCP_EVENT_SENT,
		.reason = {.cause = cause},
		.tuple = {.remote = endpoint(9, 5000)}};

	event.u.segment.seq = seq;
	event.u.segment.payload_len = 100;
	event.u.segment.flags = 0x10;
	assert_non_null(sinks[worker].event);
	sinks[worker].event(sinks[worker].arg, &event);
}

/* Everything that the client has been told since the last call, after so long. */
static const char *after(struct rig *rig, struct rig_client *client, uint64_t us)
{
	rig_forget(client);
	rig_pass(rig, us);
	rig_take_all(client);
	return rig_received(client);
}

static void assert_says(const char *text, const char *what)
{
	assert_non_null(text);
	assert_non_null(what);
	if (strstr(text, what) == NULL)
		fail_msg("'%s' does not say '%s'", text, what);
}

static void assert_silent_on(const char *text, const char *what)
{
	assert_non_null(text);
	assert_non_null(what);
	if (strstr(text, what) != NULL)
		fail_msg("'%s' says '%s'", text, what);
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* ---- the page
 * ------------------------------------------------------------------------------------ */

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

/* ---- one worker --------------------------------------------------------------------------------
 */

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

/* ---- several
 * ------------------------------------------------------------------------------------- */

static void all_workers_are_told_of(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(0, 4, 1);
	add_connection(1, 5, 1);
	add_connection(2, 9, 5000);
	rig_exchange(client, WATCH);
	after(*state, client, 0);
	run_post(0, 0);
	run_post(2, 0);
	run_post(HOME, 0);
	assert_silent_on(after(*state, client, 0), "event: connections");
	run_post(HOME, 0);
	text = after(*state, client, 0);
	assert_says(text, "\"workers\":3,\"missing\":[],\"usage\":{\"connections\":3,");
	assert_says(text, "\"remote\":\"10.0.0.4:1\",\"worker\":0,");
	assert_says(text, "\"remote\":\"10.0.0.5:1\",\"worker\":1,");
	assert_says(text, "\"connection\":{\"local\":\"[::]:0\",\"remote\":\"10.0.0.9:5000\","
			  "\"worker\":2,");
	assert_int_equal(count(text, "{\"local\":"), 4);
	tell(2, EVTCP_CAUSE_RACK, 77);
	rig_pass(*state, READER_SLICE_US);
	for (unsigned i = 0; i < WORKERS; i += 2) {
		run_post(i, 0);
		run_post(HOME, 0);
	}
	assert_says(after(*state, client, 0), "\"marks\":[{\"kind\":\"sent\",");
}

static void who_is_late_is_missing_and_told_of_later(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(2, 9, 5000);
	rig_exchange(client, WATCH);
	rig_pass(*state, 0);
	run_post(0, 0);
	run_post(HOME, 0);
	text = after(*state, client, READER_SLICE_US);
	assert_says(text, "\"missing\":[2],");
	assert_silent_on(text, "\"worker\":2");
	/* It is not asked again while it has not answered. */
	rig_pass(*state, 1);
	assert_int_equal(n_posts, 2);
	run_post(0, 0);
	run_post(2, 0);
	run_post(HOME, 0);
	run_post(HOME, 0);
	text = after(*state, client, READER_SLICE_US);
	assert_says(text, "\"worker\":2");
	assert_says(text, "\"missing\":[],");
}

static void who_cannot_be_asked_is_not_waited_for(void **state)
{
	struct rig_client *client = rig_connect(*state);

	add_connection(HOME, 5, 1);
	refuses = 1;
	rig_exchange(client, WATCH);
	assert_says(after(*state, client, READER_SLICE_US), "\"remote\":\"10.0.0.5:1\"");
}

/* An inbox that is full, or a worker that has left: on the way there, and on the way back. */
static void who_cannot_answer_is_asked_again(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(2, 9, 5000);
	rig_exchange(client, WATCH);
	rig_pass(*state, 0);
	run_post(0, 1);
	refuses = 1;
	run_post(2, 0);
	refuses = 0;
	assert_int_equal(n_posts, 0);
	text = after(*state, client, READER_SLICE_US);
	assert_silent_on(text, "\"worker\":2");
	rig_pass(*state, 1);
	for (unsigned i = 0; i < WORKERS; i += 2) {
		run_post(i, 0);
		run_post(HOME, 0);
	}
	assert_says(after(*state, client, 0), "\"worker\":2");
}

static void a_reader_that_leaves_is_not_waited_for(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, WATCH);
	rig_pass(*state, 0);
	run_post(0, 0);
	rig_end(client, ECONNRESET);
	assert_true(rig_is_over(client));
	run_post(HOME, 0);
	run_post(2, 0);
	run_post(HOME, 0);
	/* Nothing tells the other workers; nobody asks them any more. */
	assert_int_not_equal(sinks[2].kinds, 0);
	source_sample(&sources[2], world_of->now_us + SOURCE_LEASE_US);
	assert_int_not_equal(sinks[2].kinds, 0);
	source_sample(&sources[2], world_of->now_us + SOURCE_LEASE_US + 1);
	assert_int_equal(sinks[2].kinds, 0);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, setup_one, teardown)
#define ALL(name) cmocka_unit_test_setup_teardown(name, setup_all, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(the_page_is_one_file_that_may_run_nothing_else),
		ONE(what_is_no_page_and_no_connection_is_refused),
		ONE(a_stream_begins_with_causes_and_goes_on_four_times_a_second),
		ONE(the_list_is_bounded),
		ONE(its_own_connection_is_marked_and_never_recorded),
		ONE(a_connection_that_is_watched_tells_its_segments),
		ONE(a_connection_may_come_later),
		ONE(readers_do_not_disturb_each_other),
		ONE(a_slow_reader_is_told_less_and_how_much),
		ONE(there_are_so_many_readers_and_no_more),
		ONE(a_stream_ends_when_the_server_stops),
		ALL(all_workers_are_told_of),
		ALL(who_is_late_is_missing_and_told_of_later),
		ALL(who_cannot_be_asked_is_not_waited_for),
		ALL(who_cannot_answer_is_asked_again),
		ALL(a_reader_that_leaves_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
