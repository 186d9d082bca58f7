/* SPDX-License-Identifier: BSD-3-Clause */

/* Descriptors, on the kernel at hand and on one that lacks what newer ones have: a
 * filter refuses the calls, in a child so that it goes with it. */

#include "util/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* From here on close_range and pwritev2 do not exist in this process. */
static int become_old(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pwritev2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) |
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Runs a part of a test in a child of an old kernel. It says 0 when all is well. */
static void assert_on_an_old_kernel(int (*part)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(become_old() == 0 ? part() : 100);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 100)
		skip(); /* no filters here */
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- closing ---------------------------------------------------------------------- */

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* The number of the first claim that is wrong, or 0. */
static int close_some(void)
{
	for (int fd = 40; fd < 50; fd++) {
		if (dup2(STDERR_FILENO, fd) < 0)
			return 1;
	}
	descriptor_close_range(42, 44);
	if (!is_open(41) || is_open(42) || is_open(44) || !is_open(45))
		return 2;
	descriptor_close_range(46, 45); /* an empty range */
	if (!is_open(45) || !is_open(46))
		return 3;
	descriptor_close_range(46, ~0u);
	return is_open(45) && !is_open(46) && !is_open(49) ? 0 : 4;
}

static void a_range_is_closed_and_nothing_beside_it(void **state)
{
	pid_t pid = fork(); /* the range has no end: not in the test itself */
	int status;

	(void)state;
	if (pid == 0)
		_exit(close_some());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void without_close_range_it_is_closed_one_by_one(void **state)
{
	(void)state;
	assert_on_an_old_kernel(close_some);
}

/* ---- writing ---------------------------------------------------------------------- */

/* Fills a pipe that nobody reads, in blocking mode, as one that is shared is. How many
 * bytes it took; an alarm ends whoever waits. */
static size_t fill(int fd, size_t piece)
{
	static char bytes[65536];
	size_t all = 0;
	ssize_t n;

	while ((n = descriptor_write_now(fd, bytes, piece)) > 0)
		all += (size_t)n;
	return errno == EAGAIN ? all : 0;
}

static int fill_pipes(void)
{
	static const size_t pieces[] = {100, PIPE_BUF, 65536};
	char bytes[PIPE_BUF];
	int ends[2];

	alarm(10);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		if (pipe(ends) < 0 || fcntl(ends[1], F_SETPIPE_SZ, 65536) < 0)
			return 1;
		if (fill(ends[1], pieces[i]) < 60000)
			return 2;
		if (read(ends[0], bytes, sizeof(bytes)) != sizeof(bytes))
			return 3;
		if (descriptor_write_now(ends[1], bytes, 10) != 10)
			return 4;
		if (fcntl(ends[1], F_GETFL) & O_NONBLOCK)
			return 5; /* others share it */
		close(ends[0]);
		close(ends[1]);
	}
	alarm(0);
	return 0;
}

static void a_pipe_that_nobody_reads_is_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(fill_pipes(), 0);
}

static void nor_on_a_kernel_that_cannot_be_asked_so(void **state)
{
	(void)state;
	assert_on_an_old_kernel(fill_pipes);
}

static void a_socket_is_not_waited_for_either(void **state)
{
	int ends[2];

	(void)state;
	alarm(10);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(fill(ends[1], 1000) > 0);
	alarm(0);
	close(ends[0]);
	close(ends[1]);
}

static void a_file_takes_everything(void **state)
{
	static char bytes[200000];
	FILE *file = tmpfile();

	(void)state;
	assert_int_equal(descriptor_write_now(fileno(file), bytes, sizeof(bytes)), sizeof(bytes));
	fclose(file);
}

/* ---- taking back ------------------------------------------------------------------------ */

static off_t file_length(int fd)
{
	return lseek(fd, 0, SEEK_END);
}

static void what_a_file_ends_with_can_be_taken_back(void **state)
{
	FILE *file = tmpfile();
	int fd = fileno(file);

	(void)state;
	assert_int_equal(write(fd, "abcdef", 6), 6);
	descriptor_take_back(fd, 2);
	assert_int_equal(write(fd, "g", 1), 1);
	assert_int_equal(file_length(fd), 5);
	descriptor_take_back(fd, 6); /* there was never so much */
	assert_int_equal(file_length(fd), 5);
	fclose(file);
}

static void what_somebody_has_appended_to_is_left_alone(void **state)
{
	char path[] = "/tmp/evtcp-descriptor-XXXXXX";
	int fd = mkstemp(path), other = open(path, O_WRONLY | O_APPEND);

	(void)state;
	assert_int_equal(write(fd, "abcdef", 6), 6);
	assert_int_equal(write(other, "x", 1), 1);
	descriptor_take_back(fd, 2);
	assert_int_equal(file_length(fd), 7);
	close(fd);
	close(other);
	unlink(path);
}

static void errors_are_told(void **state)
{
	(void)state;
	assert_int_equal(descriptor_write_now(-1, "a", 1), -1);
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_closed_and_nothing_beside_it),
		cmocka_unit_test(without_close_range_it_is_closed_one_by_one),
		cmocka_unit_test(a_pipe_that_nobody_reads_is_not_waited_for),
		cmocka_unit_test(nor_on_a_kernel_that_cannot_be_asked_so),
		cmocka_unit_test(a_socket_is_not_waited_for_either),
		cmocka_unit_test(a_file_takes_everything),
		cmocka_unit_test(what_a_file_ends_with_can_be_taken_back),
		cmocka_unit_test(what_somebody_has_appended_to_is_left_alone),
		cmocka_unit_test(errors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
