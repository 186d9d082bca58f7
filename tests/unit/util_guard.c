/* SPDX-License-Identifier: BSD-3-Clause */

/* A guard, whose work is to write a byte into a pipe: what a test reads there, and what no longer
 * comes, says what it has done. */

#include "util/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

enum { SOON_MS = 10000, NOW_MS = 50 };

static void write_byte(void *arg)
{
	while (write(*(int *)arg, "x", 1) < 0 && errno == EINTR)
		continue;
}

/* What comes within so many milliseconds: 'x', '.' for the end of the pipe, ' ' for nothing. */
static char heard(int fd, int ms)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	char byte;

	if (poll(&pollfd, 1, ms) <= 0)
		return ' ';
	return read(fd, &byte, 1) == 1 ? byte : '.';
}

static void it_works_when_it_is_told_to_and_is_waited_for(void **state)
{
	struct guard guard = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(guard_is_set(&guard));
	assert_int_equal(guard_start(&guard, ends[1], write_byte, &ends[1]), 0);
	assert_true(guard_is_set(&guard));
	assert_int_equal(heard(ends[0], NOW_MS), ' ');
	guard_end(&guard);
	assert_int_equal(heard(ends[0], 0), 'x');
	assert_false(guard_is_set(&guard));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
	close(ends[0]);
	close(ends[1]);
}

/* A process that starts a guard and, when that is ready, ends by this signal, as does its whole
 * group. */
static _Noreturn void be_killed(int to, int signal_number)
{
	struct guard guard = {0};
	int ready[2];

	if (setpgid(0, 0) < 0 || pipe(ready) < 0 || guard_start(&guard, to, write_byte, &to) < 0)
		_exit(1);
	close(ready[1]); /* and the guard, when it ignores signals, does the same */
	if (heard(ready[0], SOON_MS) != '.')
		_exit(2);
	if (signal_number == SIGKILL) /* which nobody can ignore */
		raise(SIGKILL);
	kill(0, signal_number);
	_exit(3);
}

static void it_works_when_its_process_is_no_more(void **state)
{
	static const int signals[] = {SIGKILL, SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		int ends[2], status;
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		if (child == 0)
			be_killed(ends[1], signals[i]);
		close(ends[1]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		assert_int_equal(heard(ends[0], SOON_MS), 'x');
		assert_int_equal(heard(ends[0], SOON_MS), '.'); /* and ends */
		close(ends[0]);
	}
}

/* Who waits for the end of a pipe does not wait for a guard. */
static void it_holds_no_other_descriptor(void **state)
{
	struct guard guard = {0};
	int before[2], kept[2], between[2], beyond[2], high;

	(void)state;
	assert_int_equal(pipe(before) | pipe(kept) | pipe(between) | pipe(beyond), 0);
	high = fcntl(beyond[1], F_DUPFD, 200); /* the guard's own pipe is between */
	close(beyond[1]);
	assert_int_equal(guard_start(&guard, kept[1], write_byte, &kept[1]), 0);
	close(before[1]);
	close(between[1]);
	close(high);
	assert_int_equal(heard(before[0], SOON_MS), '.');
	assert_int_equal(heard(between[0], SOON_MS), '.');
	assert_int_equal(heard(beyond[0], SOON_MS), '.');
	guard_end(&guard);
	assert_int_equal(heard(kept[0], 0), 'x');
	close(before[0]);
	close(between[0]);
	close(beyond[0]);
	close(kept[0]);
	close(kept[1]);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void it_may_keep_nothing(void **state)
{
	struct guard guard = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(guard_start(&guard, -1, nothing, NULL), 0);
	close(ends[1]);
	assert_int_equal(heard(ends[0], SOON_MS), '.');
	guard_end(&guard);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_works_when_it_is_told_to_and_is_waited_for),
		cmocka_unit_test(it_works_when_its_process_is_no_more),
		cmocka_unit_test(it_holds_no_other_descriptor),
		cmocka_unit_test(it_may_keep_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
