/* SPDX-License-Identifier: BSD-3-Clause */

/* The protocol of the control socket, over real sockets and a real loop: lines become calls, calls
 * become answers, one at a time for each client; and what a client can make the daemon hold is
 * bounded. */

#include "control/commands.h"
#include "control/listener.h"
#include "control/passing.h"
#include "control/server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { CALLS = 8, CLIENTS = 16 };

static struct event_base *base;
static struct control_listener listener;
static struct control_server *server;
static char path[64];
static char directory[] = "/tmp/evtcp-control-XXXXXX";

/* What was asked, and the calls that the test has still to end. */
static char asked[2 * CONTROL_LINE];
static struct control_call *calls[CALLS];
static unsigned n_calls;

static void on_request(struct control_call *call, const char *line, void *arg)
{
	assert_ptr_equal(arg, asked);
	snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked), "%s|", line);
	if (strcmp(line, "ping") == 0) {
		control_call_end_text(call, "pong");
		return;
	}
	assert_in_range(n_calls, 0, CALLS - 1);
	calls[n_calls++] = call;
}

static int setup(void **state)
{
	char why[CONTROL_LISTENER_WHY];

	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s", directory);
	base = event_base_new();
	assert_int_equal(control_listener_open(&listener, path, why), 0);
	server = control_server_new(base, listener.fd, on_request, asked);
	assert_non_null(server);
	asked[0] = '\0';
	n_calls = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	control_server_free(server);
	control_listener_close(&listener);
	event_base_free(base);
	return rmdir(directory);
}

/* ---- clients ---------------------------------------------------------------------------- */

/* What is there to do, is done. */
static void turn(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static int client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	turn();
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	turn();
}

/* What has come back; "gone" at the end of the connection, "" if nothing. */
static const char *heard(int fd)
{
	static char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	if (n < 0 && errno == EAGAIN)
		n = 0;
	else if (n <= 0)
		return "gone";
	text[n] = '\0';
	return text;
}

/* ---- tests ------------------------------------------------------------------------------ */

static void a_line_is_a_request_and_its_answer_a_line(void **state)
{
	int fd = client();

	(void)state;
	say(fd, "pi");
	assert_string_equal(heard(fd), "");
	say(fd, "ng\n");
	assert_string_equal(asked, "ping|");
	assert_string_equal(heard(fd), "{\"ok\":true,\"text\":\"pong\"}\n");
	close(fd);
}

static void lines_that_come_together_are_answered_in_order(void **state)
{
	int fd = client();

	(void)state;
	say(fd, "ping\nlater\nping\n");
	assert_string_equal(asked, "ping|later|"); /* one at a time */
	assert_string_equal(heard(fd), "{\"ok\":true,\"text\":\"pong\"}\n");
	control_call_end(calls[0], ",\"cc\":\"%s\"", "bbr");
	turn();
	assert_string_equal(asked, "ping|later|ping|");
	assert_string_equal(
		heard(fd), "{\"ok\":true,\"cc\":\"bbr\"}\n{\"ok\":true,\"text\":\"pong\"}\n");
	close(fd);
}

static void an_answer_may_have_many_lines(void **state)
{
	struct evbuffer *lines = evbuffer_new();
	int fd = client();

	(void)state;
	say(fd, "tell\n");
	control_call_print(calls[0], "{\"n\":%d}\n", 1);
	evbuffer_add_printf(lines, "{\"n\":2}\n");
	control_call_add(calls[0], lines);
	control_call_print_text(calls[0], "a %s", "\"word\"");
	control_call_end(calls[0], "%s", "");
	assert_string_equal(heard(fd), "{\"n\":1}\n{\"n\":2}\n{\"text\":\"a \\\"word\\\"\"}\n"
				       "{\"ok\":true}\n");
	evbuffer_free(lines);
	close(fd);
}

static void a_failure_says_why_whatever_bytes_that_has(void **state)
{
	int fd = client();

	(void)state;
	say(fd, "x\xff\"\n");
	control_call_fail(calls[0], "no '%s'", "x\xff\"");
	assert_string_equal(heard(fd), "{\"ok\":false,\"error\":\"no 'x\\ufffd\\\"'\"}\n");
	close(fd);
}

static void a_descriptor_comes_with_its_request(void **state)
{
	int fd = client(), ends[2], got;
	char byte = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(passing_send(fd, "take\n", 5, ends[1]), 5);
	close(ends[1]);
	turn();
	got = control_call_take_descriptor(calls[0]);
	assert_true(got >= 0);
	assert_int_equal(fcntl(got, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(control_call_take_descriptor(calls[0]), -1);
	assert_int_equal(write(got, "!", 1), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, '!');
	control_call_end(calls[0], "%s", "");
	close(got);
	close(ends[0]);
	close(fd);
}

/* The kernel may hand over what was sent before it in the same read. */
static void a_descriptor_waits_for_its_request_behind_others(void **state)
{
	int fd = client(), ends[2], got;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(send(fd, "ping\nlater\n", 11, MSG_NOSIGNAL), 11);
	assert_int_equal(passing_send(fd, "take\n", 5, ends[1]), 5);
	turn();
	control_call_end(calls[0], "%s", "");
	turn();
	assert_string_equal(asked, "ping|later|take|");
	got = control_call_take_descriptor(calls[1]);
	assert_true(got >= 0);
	control_call_end(calls[1], "%s", "");
	close(got);
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

/* Or whoever reads the other end would never see it end. */
static void a_descriptor_that_nobody_takes_is_closed(void **state)
{
	int fd = client(), ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(passing_send(fd, "ping\n", 5, ends[1]), 5);
	close(ends[1]);
	turn();
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	close(fd);
}

static void a_line_that_is_too_long_ends_the_connection(void **state)
{
	char line[CONTROL_LINE + 1];
	int fd = client();

	(void)state;
	memset(line, 'a', sizeof(line));
	line[CONTROL_LINE - 1] = '\n'; /* as long as it may be */
	line[CONTROL_LINE] = '\0';
	say(fd, line);
	assert_int_equal(strlen(asked), CONTROL_LINE);
	control_call_end(calls[0], "%s", "");
	turn();
	assert_string_equal(heard(fd), "{\"ok\":true}\n");
	line[CONTROL_LINE - 1] = 'a';
	say(fd, line);
	assert_string_equal(heard(fd), "gone");
	assert_int_equal(n_calls, 1);
	close(fd);
}

static void so_many_clients_and_no_more(void **state)
{
	int fds[CLIENTS], more;

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = client();
	more = client();
	assert_string_equal(heard(more),
		"{\"ok\":false,\"error\":\"too many use the control socket already\"}\n");
	assert_string_equal(heard(more), "gone");
	close(more);
	close(fds[0]);
	turn();
	fds[0] = client();
	say(fds[0], "ping\n");
	assert_string_equal(heard(fds[0]), "{\"ok\":true,\"text\":\"pong\"}\n");
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
}

/* While a request is under way nothing is read, so that the end is seen when it is answered. */
static void a_client_that_leaves_does_not_end_its_call(void **state)
{
	int fd = client(), other = client();

	(void)state;
	say(fd, "later\n");
	close(fd);
	turn();
	control_call_print(calls[0], "{\"n\":1}\n");
	control_call_end(calls[0], "%s", "");
	turn();
	say(other, "ping\n");
	assert_string_equal(heard(other), "{\"ok\":true,\"text\":\"pong\"}\n");
	close(other);
}

static void calls_outlive_the_server(void **state)
{
	int fd = client();

	(void)state;
	say(fd, "later\n");
	control_server_free(server);
	server = NULL;
	assert_string_equal(heard(fd), "gone");
	assert_int_equal(control_call_take_descriptor(calls[0]), -1);
	control_call_fail(calls[0], "too late");
	close(fd);
}

/* More than a socket takes at once: the next request waits until the client has read it all. */
static void a_long_answer_waits_for_its_reader(void **state)
{
	enum { LINES = 100000 };
	int fd = client();
	size_t n = 0;

	(void)state;
	say(fd, "tell\nping\n");
	for (int i = 0; i < LINES; i++)
		control_call_print(calls[0], "{\"line\":\"0123456789\"}\n");
	control_call_end(calls[0], "%s", "");
	turn();
	assert_string_equal(asked, "tell|");
	for (int i = 0; i < 100000 && strcmp(asked, "tell|ping|") != 0; i++) {
		n += strlen(heard(fd));
		turn();
	}
	for (const char *rest = heard(fd); rest[0] != '\0'; rest = heard(fd))
		n += strlen(rest);
	assert_int_equal(n, LINES * strlen("{\"line\":\"0123456789\"}\n") +
				    strlen("{\"ok\":true}\n{\"ok\":true,\"text\":\"pong\"}\n"));
	close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_a_request_and_its_answer_a_line),
		TEST(lines_that_come_together_are_answered_in_order),
		TEST(an_answer_may_have_many_lines),
		TEST(a_failure_says_why_whatever_bytes_that_has),
		TEST(a_descriptor_comes_with_its_request),
		TEST(a_descriptor_waits_for_its_request_behind_others),
		TEST(a_descriptor_that_nobody_takes_is_closed),
		TEST(a_line_that_is_too_long_ends_the_connection),
		TEST(so_many_clients_and_no_more),
		TEST(a_client_that_leaves_does_not_end_its_call),
		TEST(calls_outlive_the_server),
		TEST(a_long_answer_waits_for_its_reader),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
