/* SPDX-License-Identifier: BSD-3-Clause */

/* Without random bytes there is no stack (ATTACKS T05): a system that gives none, here one
 * whose getrandom() and open() fail, is no place to guess in. Skipped where a program may not
 * take system calls from itself. */

#include <errno.h>
#include <evtcp/evtcp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { CANNOT = 77, HAS_A_WORLD = 3 };

/* From here on this process gets neither random bytes nor files. */
static bool be_without(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* What becomes of a child that asks for the system's world: its exit status, or 128 and the
 * signal that ended it. */
static int child_asks(bool without)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (without && !be_without())
			_exit(CANNOT);
		_exit(evtcp_world_system() ? HAS_A_WORLD : EXIT_FAILURE);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void without_random_bytes_nothing_starts(void **state)
{
	int end;

	(void)state;
	assert_int_equal(child_asks(false), HAS_A_WORLD);
	end = child_asks(true);
	if (end == CANNOT)
		skip();
	assert_true(end == EXIT_FAILURE || end > 128); /* libsodium itself may abort */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_random_bytes_nothing_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
