/* SPDX-License-Identifier: BSD-3-Clause */

/* The control socket in the file system: nobody else may ever connect, nobody's socket is taken
 * away but one that is left over, and ours is when we end, however that is. */

#include "control/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/evtcp-control-XXXXXX";
static char path[64];

static int setup(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s", directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory); /* nothing else was left there */
}

static int exists(void)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static struct control_listener opened(void)
{
	struct control_listener listener;
	char why[CONTROL_LISTENER_WHY];

	if (control_listener_open(&listener, path, why) < 0)
		fail_msg("%s", why);
	return listener;
}

static void assert_refused(const char *at, const char *says)
{
	struct control_listener listener;
	char why[CONTROL_LISTENER_WHY];

	assert_int_equal(control_listener_open(&listener, at, why), -1);
	if (strstr(why, says) == NULL)
		fail_msg("'%s' does not say '%s'", why, says);
	assert_int_equal(listener.fd, -1);
	control_listener_close(&listener);
}

/* A connection, or -1 with errno. */
static int connected(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What a process that was killed leaves. */
static void leave_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

/* ATTACKS H15 */
static void only_its_owner_may_connect_whatever_the_umask(void **state)
{
	mode_t before = umask(0);
	struct control_listener listener = opened();
	struct stat status;
	int fd;

	(void)state;
	assert_int_equal(umask(before), 0); /* and it is back */
	assert_int_equal(lstat(path, &status), 0);
	assert_int_equal(status.st_mode, S_IFSOCK | 0600);
	fd = connected();
	assert_true(fd >= 0);
	close(fd);
	control_listener_close(&listener);
	assert_false(exists());
}

static void what_is_left_over_gives_way(void **state)
{
	struct control_listener listener;

	(void)state;
	leave_socket();
	assert_true(exists());
	listener = opened();
	control_listener_close(&listener);
	assert_false(exists());
}

static void where_somebody_listens_nobody_else_does(void **state)
{
	struct control_listener listener = opened();
	int fd;

	(void)state;
	assert_refused(path, "another process listens there");
	fd = connected();
	assert_true(fd >= 0);
	close(fd);
	control_listener_close(&listener);
}

/* Connections wait until there is no room for more: it is used all the same. */
static void who_is_busy_listens_as_well(void **state)
{
	struct control_listener listener = opened();
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fds[64], n = 0;

	(void)state;
	strcpy(address.sun_path, path);
	do
		fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	while (connect(fds[n++], (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		n < 64);
	assert_int_equal(errno, EAGAIN);
	assert_refused(path, "another process listens there");
	while (n-- > 0)
		close(fds[n]);
	control_listener_close(&listener);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	(void)state;
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_refused(path, "no socket");
	assert_true(exists());
	unlink(path);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	assert_refused(path, "no socket");
	assert_true(exists());
}

static void a_path_that_cannot_be_is_refused(void **state)
{
	char too_long[256];

	(void)state;
	memset(too_long, 'a', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_refused(too_long, "1 to 107 bytes");
	assert_refused("", "1 to 107 bytes");
	assert_refused("/nowhere/at/all", "its directory: No such file or directory");
}

/* Two that start at once, one of which has found what is left over, do not take each other's. */
static void a_locked_directory_is_waited_for_and_then_told_of(void **state)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_refused(path, "locked its directory");
	assert_false(exists());
	close(fd);
}

static void another_ones_socket_is_not_taken_away(void **state)
{
	struct control_listener listener = opened();

	(void)state;
	unlink(path);
	leave_socket();
	control_listener_close(&listener);
	assert_true(exists());
}

/* As a daemon that is killed. */
static void the_guard_takes_it_away_when_the_process_is_no_more(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		struct control_listener listener;
		char why[CONTROL_LISTENER_WHY];

		if (control_listener_open(&listener, path, why) < 0 ||
			control_listener_guard(&listener) < 0)
			_exit(1);
		_exit(access(path, F_OK) == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (int i = 0; i < 500 && exists(); i++)
		usleep(10000);
	assert_false(exists());
}

static void with_a_guard_closing_waits_until_it_is_gone(void **state)
{
	struct control_listener listener = opened();

	(void)state;
	assert_int_equal(control_listener_guard(&listener), 0);
	assert_true(exists());
	control_listener_close(&listener);
	assert_false(exists());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(only_its_owner_may_connect_whatever_the_umask),
		TEST(what_is_left_over_gives_way),
		TEST(where_somebody_listens_nobody_else_does),
		TEST(who_is_busy_listens_as_well),
		TEST(what_is_no_socket_is_left_alone),
		TEST(a_path_that_cannot_be_is_refused),
		TEST(a_locked_directory_is_waited_for_and_then_told_of),
		TEST(another_ones_socket_is_not_taken_away),
		TEST(the_guard_takes_it_away_when_the_process_is_no_more),
		TEST(with_a_guard_closing_waits_until_it_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
