/* SPDX-License-Identifier: BSD-3-Clause */

/* Files as answers, on the rig of the HTTP server, whose clock stands on 6 November 1994:
 * ATTACKS.md H05, H08, H09, H11. What a path may reach is the test of the root. */

#include "evtcpd/pages.h"
#include "http_rig.h"
#include "test_tree.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <sys/resource.h>

#define HOST " HTTP/1.1\r\nHost: a\r\n"
#define END "\r\n"
#define NOW_S 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define BIG 1000000

struct fixture {
	struct pages_host host; /* first: it is the handler's argument */
	struct tree tree;
	unsigned descriptors; /* that were open at first */
};

static struct fixture *fixture_of(void **state)
{
	const struct rig *rig = *state;

	return rig->config.handler_arg;
}

static unsigned count_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void modified_at(const struct tree *tree, const char *name, time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	assert_int_equal(utimensat(AT_FDCWD, tree_path(tree, name), times, 0), 0);
}

static int setup(void **state)
{
	struct fixture *fixture;

	rig_setup(state, pages_handle, sizeof(struct fixture));
	fixture = fixture_of(state);
	tree_init(&fixture->tree);
	tree_file(&fixture->tree, "root/index.html", "<p>top");
	tree_file(&fixture->tree, "root/empty", "");
	tree_file(&fixture->tree, "root/big", "");
	assert_int_equal(truncate(tree_path(&fixture->tree, "root/big"), BIG), 0);
	modified_at(&fixture->tree, "root/a.txt", NOW_S - 60);
	modified_at(&fixture->tree, "root/big", NOW_S - 60);
	fixture->host.root = &fixture->tree.root;
	fixture->descriptors = count_descriptors();
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;
	struct fixture *fixture = fixture_of(state);
	unsigned left;

	http_server_free(rig->server);
	rig->server = NULL;
	left = count_descriptors() - fixture->descriptors;
	tree_free(&fixture->tree);
	rig_teardown(state);
	assert_int_equal(left, 0);
	return 0;
}

/* The answer to a request with these further fields, each with its CRLF. */
static const char *ask(struct rig_client *client, const char *request, const char *fields)
{
	char text[2048];

	rig_forget(client);
	snprintf(text, sizeof(text), "%s" HOST "%s" END, request, fields);
	return rig_exchange(client, text);
}

static const char *get(struct rig_client *client, const char *path, const char *fields)
{
	char request[1200];

	snprintf(request, sizeof(request), "GET %s", path);
	return ask(client, request, fields);
}

static void expect_status(
	struct rig_client *client, const char *path, const char *fields, int status)
{
	const char *answer = get(client, path, fields);

	if (atoi(answer + strlen("HTTP/1.1 ")) != status)
		fail_msg("%s %s: %.12s", path, fields, answer);
}

/* ---- whole --------------------------------------------------------------------------- */

static void a_file_is_told_of_and_sent(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_string_equal(get(client, "/a.txt", ""),
		"HTTP/1.1 200 OK\r\n"
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Length: 5\r\n"
		"Accept-Ranges: bytes\r\n"
		"ETag: \"ae1b973c401b200-5\"\r\n"
		"Last-Modified: Sun, 06 Nov 1994 08:48:37 GMT\r\n"
		"\r\n"
		"hello");
}

static void head_and_an_empty_file_have_no_body(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_non_null(strstr(ask(client, "HEAD /big", ""), "Content-Length: 1000000\r\n"));
	assert_string_equal(strstr(rig_received(client), "\r\n\r\n"), "\r\n\r\n");
	assert_non_null(strstr(get(client, "/empty", ""), "Content-Length: 0\r\n"));
}

static void no_more_is_read_than_the_client_takes(void **state)
{
	struct rig_client *client = rig_connect(*state);
	size_t most = ((struct rig *)*state)->config.limits.output, taken = 0;

	rig_send_text(client, "GET /big" HOST END);
	while (taken < BIG / 2) {
		assert_true(evbuffer_get_length(client->stream.output) <= most + 1024);
		taken += rig_take(client, 10000);
	}
	assert_int_equal(count_descriptors(), fixture_of(state)->descriptors + 1);
	rig_take_all(client);
	assert_int_equal(count_descriptors(), fixture_of(state)->descriptors);
}

static void who_leaves_lets_go_of_the_file(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET /big" HOST END);
	assert_int_equal(count_descriptors(), fixture_of(state)->descriptors + 1);
	rig_end(client, 104);
	assert_int_equal(count_descriptors(), fixture_of(state)->descriptors);
}

/* ---- a part --------------------------------------------------------------------------- */

static void a_part_is_told_and_sent(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *answer = get(client, "/a.txt", "Range: bytes=1-3\r\n");

	assert_non_null(strstr(answer, "HTTP/1.1 206 Partial Content\r\n"));
	assert_non_null(strstr(answer, "Content-Length: 3\r\n"));
	assert_non_null(strstr(answer, "Content-Range: bytes 1-3/5\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\nell");
}

static void a_part_of_nothing_is_refused_with_the_size(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *answer = get(client, "/a.txt", "Range: bytes=5-\r\n");

	assert_non_null(strstr(answer, "HTTP/1.1 416 Range Not Satisfiable\r\n"));
	assert_non_null(strstr(answer, "Content-Range: bytes */5\r\n"));
}

/* RFC 9110 14.2 */
static void head_has_no_part(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_non_null(
		strstr(ask(client, "HEAD /a.txt", "Range: bytes=1-3\r\n"), "HTTP/1.1 200 OK\r\n"));
}

/* ---- on condition ------------------------------------------------------------------------ */

#define ETAG "\"ae1b973c401b200-5\""

static const struct {
	int status;
	const char *fields;
} conditions[] = {
	{304, "If-None-Match: " ETAG "\r\n"}, {200, "If-None-Match: \"other\"\r\n"},
	{304, "If-Modified-Since: Sun, 06 Nov 1994 08:48:37 GMT\r\n"},
	{200, "If-Modified-Since: Sun, 06 Nov 1994 08:48:36 GMT\r\n"},
	{412, "If-Match: \"other\"\r\n"}, {200, "If-Match: " ETAG "\r\n"},
	{412, "If-Unmodified-Since: Sun, 06 Nov 1994 08:48:36 GMT\r\n"},
	{206, "Range: bytes=0-0\r\nIf-Range: " ETAG "\r\n"},
	{200, "Range: bytes=0-0\r\nIf-Range: \"other\"\r\n"},
	{304, "Range: bytes=9-\r\nIf-None-Match: " ETAG "\r\n"}, /* 13.2.2: Range comes last */
};

static void conditions_are_heeded(void **state)
{
	struct rig_client *client = rig_connect(*state);

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		expect_status(client, "/a.txt", conditions[i].fields, conditions[i].status);
}

/* RFC 9110 8.8.1, 8.8.2.1: it may change once more without being seen to. */
static void what_has_just_changed_has_a_weak_tag_and_no_date_ahead(void **state)
{
	static const time_t moments[] = {NOW_S - 1, NOW_S, NOW_S + 3600};
	struct rig_client *client = rig_connect(*state);

	for (size_t i = 0; i < 3; i++) {
		modified_at(&fixture_of(state)->tree, "root/a.txt", moments[i]);
		assert_non_null(strstr(get(client, "/a.txt", ""), "ETag: W/\""));
		assert_non_null(strstr(rig_received(client),
			i == 0 ? "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT\r\n"
			       : "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	}
	modified_at(&fixture_of(state)->tree, "root/a.txt", NOW_S - 2);
	assert_non_null(strstr(get(client, "/a.txt", ""), "ETag: \""));
}

/* The Date is made once a second, by another clock than that of files. */
static void a_file_is_not_of_later_than_the_date_beside_it(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);

	get(client, "/a.txt", "");
	rig->wall_us += 1000000;
	modified_at(&fixture_of(state)->tree, "root/a.txt", NOW_S + 1);
	assert_non_null(strstr(
		get(client, "/a.txt", ""), "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	assert_non_null(
		strstr(rig_received(client), "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

/* ---- directories --------------------------------------------------------------------------- */

static void a_directory_is_its_page_or_none(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_non_null(strstr(get(client, "/", ""), "Content-Type: text/html; charset=utf-8\r\n"));
	assert_non_null(strstr(rig_received(client), "\r\n\r\n<p>top"));
	expect_status(client, "/sub/", "", 404);
	tree_directory(&fixture_of(state)->tree, "root/sub/index.html");
	expect_status(client, "/sub/", "", 404);
}

static void expect_location(struct rig_client *client, const char *path, const char *location)
{
	char field[512];

	snprintf(field, sizeof(field), "\r\nLocation: %s\r\n", location);
	expect_status(client, path, "", 301);
	if (strstr(rig_received(client), field) == NULL)
		fail_msg("%s: %s", path, rig_received(client));
}

/* H11: nothing of the name ends the field, and no name is another host's. */
static void without_its_slash_it_is_where_it_has_one(void **state)
{
	struct rig_client *client = rig_connect(*state);

	tree_directory(&fixture_of(state)->tree, "root/a\r\nb c%");
	tree_directory(&fixture_of(state)->tree, "root/\\x");
	expect_location(client, "/sub", "/sub/");
	expect_location(client, "/sub/deep?a=1&b=%20", "/sub/deep/?a=1&b=%20");
	expect_location(client, "//sub", "/sub/");
	expect_location(client, "/%2fsub", "/sub/");
	expect_location(client, "/a%0d%0ab%20c%25", "/a%0D%0Ab%20c%25/");
	expect_location(client, "/%5cx", "/%5Cx/");
}

static void a_long_query_is_left_out_and_a_long_name_refused(void **state)
{
	struct rig_client *client = rig_connect(*state);
	char name[220], path[1100];

	snprintf(path, sizeof(path), "/sub?%0*d", 1000, 7);
	expect_location(client, path, "/sub/");
	memset(name, 'n', sizeof(name));
	memcpy(name, "root/", 5);
	name[sizeof(name) - 1] = '\0';
	tree_directory(&fixture_of(state)->tree, name);
	snprintf(path, sizeof(path), "/%s/../%s", name + 5, name + 5);
	expect_status(client, path, "", 414);
}

/* ---- what goes wrong ------------------------------------------------------------------------ */

/* H09 */
static void a_file_that_is_cut_short_meanwhile_is_aborted(void **state)
{
	struct rig_client *client = rig_connect(*state), *other = rig_connect(*state);

	rig_send_text(client, "GET /big" HOST END);
	rig_take(client, 1000);
	assert_int_equal(truncate(tree_path(&fixture_of(state)->tree, "root/big"), 100), 0);
	rig_take_all(client);
	assert_true(client->aborted);
	expect_status(other, "/a.txt", "", 200);
}

static void what_it_has_grown_meanwhile_is_not_sent(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET /big" HOST END);
	assert_int_equal(truncate(tree_path(&fixture_of(state)->tree, "root/big"), 2 * BIG), 0);
	rig_take_all(client);
	expect_status(client, "/a.txt", "", 200);
}

/* H08 */
static void a_fifo_keeps_nobody_waiting(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_int_equal(mkfifo(tree_path(&fixture_of(state)->tree, "root/fifo"), 0644), 0);
	expect_status(client, "/fifo", "", 404);
}

static void without_descriptors_clients_may_come_again(void **state)
{
	struct rig_client *client = rig_connect(*state);
	struct rlimit limit, none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){0, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	expect_status(client, "/a.txt", "", 503);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect_status(client, "/a.txt", "", 200);
}

static void a_file_is_only_read(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_non_null(
		strstr(ask(client, "POST /a.txt", "Content-Length: 0\r\n"), "HTTP/1.1 405 "));
	assert_non_null(strstr(ask(client, "OPTIONS /a.txt", ""), "Allow: GET, HEAD, OPTIONS\r\n"));
}

/* ---- beside the pages ----------------------------------------------------------------------- */

static void the_pages_are_below_their_own_path(void **state)
{
	struct rig_client *client = rig_connect(*state);

	expect_status(client, "/bytes/10", "", 404);
	assert_non_null(strstr(get(client, "/_/bytes/10", ""), "\r\n\r\n1\n2\n3\n4\n5\n"));
	assert_non_null(strstr(get(client, "/_/", ""), "<!doctype html>"));
	expect_status(client, "/_/status/418", "", 418);
	expect_status(client, "/_/a.txt", "", 404);
	expect_status(client, "/_", "", 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_file_is_told_of_and_sent),
		TEST(head_and_an_empty_file_have_no_body),
		TEST(no_more_is_read_than_the_client_takes),
		TEST(who_leaves_lets_go_of_the_file),
		TEST(a_part_is_told_and_sent),
		TEST(a_part_of_nothing_is_refused_with_the_size),
		TEST(head_has_no_part),
		TEST(conditions_are_heeded),
		TEST(what_has_just_changed_has_a_weak_tag_and_no_date_ahead),
		TEST(a_file_is_not_of_later_than_the_date_beside_it),
		TEST(a_directory_is_its_page_or_none),
		TEST(without_its_slash_it_is_where_it_has_one),
		TEST(a_long_query_is_left_out_and_a_long_name_refused),
		TEST(a_file_that_is_cut_short_meanwhile_is_aborted),
		TEST(what_it_has_grown_meanwhile_is_not_sent),
		TEST(a_fifo_keeps_nobody_waiting),
		TEST(without_descriptors_clients_may_come_again),
		TEST(a_file_is_only_read),
		TEST(the_pages_are_below_their_own_path),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
