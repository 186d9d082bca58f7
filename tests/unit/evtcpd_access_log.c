/* SPDX-License-Identifier: BSD-3-Clause */

/* The access log: ATTACKS.md P14 and E11. */

#include "evtcpd/access_log.h"
#include "http_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
	struct rig rig;
	struct access_log *log;
	int ends[2];
	char text[65536];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	rig_init(&fixture->rig, NULL, NULL);
	assert_int_equal(pipe(fixture->ends), 0);
	fcntl(fixture->ends[0], F_SETFL, O_NONBLOCK);
	fixture->log = access_log_new(fixture->ends[1], NULL, &fixture->rig.world);
	assert_non_null(fixture->log);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	access_log_free(fixture->log);
	close(fixture->ends[0]);
	close(fixture->ends[1]);
	assert_int_equal(fixture->rig.allocated, 0);
	free(fixture);
	return 0;
}

/* What has been written so far, as a string. */
static const char *written(struct fixture *fixture)
{
	ssize_t n;

	access_log_flush(fixture->log);
	n = read(fixture->ends[0], fixture->text, sizeof(fixture->text) - 1);
	fixture->text[n > 0 ? n : 0] = '\0';
	return fixture->text;
}

static struct http_log_entry entry_of(const char *line)
{
	struct http_log_entry entry = {
		.wall_us = SECONDS(784111777),
		.line = {line, strlen(line)},
		.referer = {"", 0},
		.agent = {"", 0},
		.status = 200,
		.bytes = 13,
	};

	memcpy(entry.peer.addr.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
	return entry;
}

static void a_line_is_combined_log_format(void **state)
{
	struct http_log_entry entry = entry_of("GET / HTTP/1.1");
	struct fixture *fixture = *state;

	entry.agent = (struct http_text){"curl/7.88.1", 11};
	access_log_write(&entry, fixture->log);
	assert_string_equal(written(fixture),
		"10.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET / HTTP/1.1\" 200 13 \"-\" "
		"\"curl/7.88.1\"\n");
}

static void what_is_not_known_is_a_dash(void **state)
{
	struct http_log_entry entry = entry_of("");
	struct fixture *fixture = *state;

	entry.status = 0;
	entry.bytes = 0;
	memcpy(entry.peer.addr.bytes, "\xfd\0\0\xe7\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	access_log_write(&entry, fixture->log);
	assert_string_equal(written(fixture),
		"fd00:e7::1 - - [06/Nov/1994:08:49:37 +0000] \"-\" - - \"-\" \"-\"\n");
}

static void every_byte_from_0_to_255_stays_within_its_quotes(void **state)
{
	struct fixture *fixture = *state;

	for (int c = 0; c < 256; c++) {
		struct http_log_entry entry = entry_of("");
		char byte = (char)c, expected[8];
		const char *text;

		entry.line = entry.referer = entry.agent = (struct http_text){&byte, 1};
		access_log_write(&entry, fixture->log);
		if (c == '"' || c == '\\')
			snprintf(expected, sizeof(expected), "\"\\%c\"", c);
		else if (c >= 0x20 && c < 0x7f)
			snprintf(expected, sizeof(expected), "\"%c\"", c);
		else
			snprintf(expected, sizeof(expected), "\"\\x%02X\"", c);
		text = strchr(written(fixture), '"');
		assert_memory_equal(text, expected, strlen(expected));
		text = strstr(text + strlen(expected), expected);
		assert_non_null(text);
		text = strstr(text + strlen(expected), expected);
		assert_string_equal(text + strlen(expected), "\n");
	}
}

static void a_reader_that_does_not_read_stops_nothing_and_costs_a_megabyte(void **state)
{
	struct http_log_entry entry = entry_of("GET / HTTP/1.1");
	struct fixture *fixture = *state;
	size_t lines = 0, dropped = 0;

	for (int i = 0; i < 50000; i++)
		access_log_write(&entry, fixture->log);
	for (;;) {
		const char *text = written(fixture), *note = strchr(text, '#');

		if (*text == '\0')
			break;
		if (note != NULL)
			assert_int_equal(sscanf(note, "# %zu lines dropped\n", &dropped), 1);
		for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
			lines++;
	}
	lines--; /* the one that says how many were dropped */
	assert_in_range(lines, 1000000 / 100, 50000 - 1);
	assert_int_equal(lines + dropped, 50000);
}

static void a_reader_that_has_gone_is_no_trouble(void **state)
{
	struct http_log_entry entry = entry_of("GET / HTTP/1.1");
	struct fixture *fixture = *state;

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	close(fixture->ends[0]);
	fixture->ends[0] = -1;
	access_log_write(&entry, fixture->log);
	access_log_flush(fixture->log);
}

/* The whole way: what the server hands over when a request is over. */
static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	(void)request;
	(void)arg;
	http_reply_text(x, 200, "Hello World!\n");
}

static void the_server_logs_answers_refusals_and_lost_requests(void **state)
{
	struct fixture *fixture = *state;
	struct rig rig;

	rig_init(&rig, handle, NULL);
	rig.config.log = access_log_write;
	rig.config.log_arg = fixture->log;
	rig_start(&rig);
	rig_exchange(rig_connect(&rig), "GET /a\"b HTTP/1.1\r\nHost: a\r\nReferer: http://x/\r\n"
					"User-Agent: t\"\xff\r\n\r\n");
	rig_exchange(rig_connect(&rig), "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	rig_exchange(rig_connect(&rig), "GET /\x01\x80 HTTP/1.1\n");
	rig_exchange(rig_connect(&rig), "GET / HTTP/1.1\r\n\r\n");
	rig_free(&rig);
#define WHO "10.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "
	assert_string_equal(written(fixture),
		WHO "\"GET /a\\\"b HTTP/1.1\" 200 13 \"http://x/\" \"t\\\"\\xFF\"\n" WHO
		    "\"HEAD / HTTP/1.1\" 200 - \"-\" \"-\"\n" WHO
		    "\"GET /\\x01\\x80 HTTP/1.1\" 400 47 \"-\" \"-\"\n" WHO
		    "\"GET / HTTP/1.1\" 400 45 \"-\" \"-\"\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_combined_log_format),
		TEST(what_is_not_known_is_a_dash),
		TEST(every_byte_from_0_to_255_stays_within_its_quotes),
		TEST(a_reader_that_does_not_read_stops_nothing_and_costs_a_megabyte),
		TEST(a_reader_that_has_gone_is_no_trouble),
		TEST(the_server_logs_answers_refusals_and_lost_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
