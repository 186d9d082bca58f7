/* SPDX-License-Identifier: BSD-3-Clause */

/* What a process in the sandbox may do, and what not: each act is done by a child of its own, which
 * is confined as the daemon is. */

#include "evtcpd/log.h"
#include "evtcpd/output.h"
#include "evtcpd/sandbox.h"
#include "test_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static struct tree tree;
static pid_t parent; /* of the children: to ask for it is forbidden as well */
static struct output output;
static struct log quiet;

/* How an act ends: 0 done, or refused with an errno value; the child has no other way to tell. */
static int done(long result)
{
	return result < 0 ? errno : 0;
}

/* ---- children ---------------------------------------------------------------------------- */

static void confine(const struct sandbox *sandbox)
{
	struct program_failure failure;

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(sandbox_close_files(sandbox, &failure), 0);
	assert_int_equal(sandbox_close_calls(sandbox, &failure), 0);
}

static const struct sandbox *strict(int has_root)
{
	static struct sandbox sandbox;

	sandbox = (struct sandbox){
		.mode = SANDBOX_REQUIRE, .root = has_root ? tree.root.fd : -1, .log = &quiet};
	return &sandbox;
}

/* The wait status of a child that is confined and acts; what it has written to stderr in text. */
static int status_of(const struct sandbox *sandbox, int (*act)(void), char *text, size_t size)
{
	int ends[2], status;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		confine(sandbox);
		syscall(SYS_exit_group, act());
	}
	close(ends[1]);
	got = read(ends[0], text, size - 1);
	text[got > 0 ? got : 0] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* ---- what is forbidden --------------------------------------------------------------------- */

static int act_socket(void)
{
	return done(socket(AF_INET, SOCK_STREAM, 0));
}

static int act_execve(void)
{
	char *const argv[] = {(char *)(uintptr_t) "true", NULL};

	return done(execv("/bin/true", argv));
}

static int act_fork(void)
{
	return done(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int act_ptrace(void)
{
	return done(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int act_open(void)
{
	return done(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int act_code(void)
{
	void *code = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return code == MAP_FAILED ? errno : 0;
}

static int act_make_code(void)
{
	void *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return done(mprotect(data, 4096, PROT_READ | PROT_EXEC));
}

static int act_kill(void)
{
	return done(kill(parent, 0));
}

/* Whoever owns a descriptor is sent signals by the kernel, in the name of who says so. */
static int act_own(void)
{
	return done(fcntl(tree.root.fd, F_SETOWN, parent));
}

static int act_unshare(void)
{
	return done(unshare(CLONE_NEWUSER));
}

static int act_bpf(void)
{
	return done(syscall(SYS_bpf, 0, NULL, 0));
}

static int act_io_uring(void)
{
	return done(syscall(SYS_io_uring_setup, 1, NULL));
}

static int act_setuid(void)
{
	return done(syscall(SYS_setuid, 0));
}

static int act_mount(void)
{
	return done(mount("none", "/mnt", "tmpfs", 0, NULL));
}

static int act_unlink(void)
{
	return done(unlink(tree_path(&tree, "root/a.txt")));
}

static int act_device(void)
{
	return done(ioctl(0, 0x400454ca, NULL)); /* TUNSETIFF */
}

static const struct {
	int (*act)(void);
	const char *name;
} forbidden[] = {
#define ACT(name) \
	{ \
		act_##name, #name \
	}
	ACT(socket),
	ACT(execve),
	ACT(fork),
	ACT(ptrace),
	ACT(code),
	ACT(make_code),
	ACT(kill),
	ACT(own),
	ACT(unshare),
	ACT(bpf),
	ACT(io_uring),
	ACT(setuid),
	ACT(mount),
	ACT(unlink),
	ACT(device),
#undef ACT
};

static void a_forbidden_call_is_the_end_and_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		char text[256];
		int status = status_of(strict(1), forbidden[i].act, text, sizeof(text));

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: wait status %d, %s", forbidden[i].name, status, text);
		if (strncmp(text, "evtcpd: stopped by system call ", 31) != 0)
			fail_msg("%s: %s", forbidden[i].name, text);
	}
}

static int act_sockets(void)
{
	int error = done(socket(AF_INET, SOCK_STREAM, 0));

	return error == done(socket(AF_INET6, SOCK_STREAM, 0)) ? error : -1;
}

static void where_it_is_not_required_such_a_call_fails_and_is_told_once(void **state)
{
	struct sandbox sandbox = *strict(1);
	char text[256];
	int status;

	(void)state;
	sandbox.mode = SANDBOX_ON;
	status = status_of(&sandbox, act_sockets, text, sizeof(text));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EPERM);
	assert_memory_equal(text, "evtcpd: system call ", 20);
	assert_non_null(strstr(text, " was refused: serving does not take it"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

/* ---- files ----------------------------------------------------------------------------------- */

static long open_with(int directory, const char *path, uint64_t flags)
{
	const struct open_how how = {.flags = flags};

	return syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

static int act_find(void)
{
	struct root_found found;

	return root_find(&tree.root, "/a.txt", &found);
}

static int act_open_elsewhere(void)
{
	return done(open_with(AT_FDCWD, "/etc/passwd", O_RDONLY));
}

static int act_open_up(void)
{
	return done(open_with(tree.root.fd, "../outside/secret", O_RDONLY));
}

static int act_write_below(void)
{
	return done(open_with(tree.root.fd, "a.txt", O_WRONLY));
}

static int act_make_below(void)
{
	const struct open_how how = {.flags = O_WRONLY | O_CREAT, .mode = 0600};

	return done(syscall(SYS_openat2, tree.root.fd, "new", &how, sizeof(how)));
}

static void expect_exit(int (*act)(void), int error)
{
	char text[256];
	int status = status_of(strict(1), act, text, sizeof(text));

	if (!WIFEXITED(status) || WEXITSTATUS(status) != error)
		fail_msg("wait status %d, wanted an exit with %d: %s", status, error, text);
}

static void nothing_but_what_is_below_the_root_is_opened_and_that_for_reading(void **state)
{
	(void)state;
	expect_exit(act_find, 0);
	expect_exit(act_open, EACCES);
	expect_exit(act_open_elsewhere, EACCES);
	expect_exit(act_open_up, EACCES);
	expect_exit(act_write_below, EACCES);
	expect_exit(act_make_below, EACCES);
}

static void without_a_root_nothing_is_opened_at_all(void **state)
{
	char text[256];
	int status = status_of(strict(0), act_find, text, sizeof(text));

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

/* ---- what serving takes ------------------------------------------------------------------------
 */

static int act_serve(void)
{
	char *memory = malloc(1 << 24);
	struct timespec now;
	char random[16];

	if (memory == NULL || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return ENOMEM;
	memset(memory, 1, 1 << 24);
	free(memory);
	if (usleep(1) < 0)
		return errno;
	return done(syscall(SYS_getrandom, random, sizeof(random), 0));
}

static void what_serving_takes_is_there(void **state)
{
	(void)state;
	expect_exit(act_serve, 0);
}

static void *in_a_thread(void *arg)
{
	(void)arg;
	for (;;) /* until the filter is there, for this thread as well */
		close(socket(AF_UNIX, SOCK_STREAM, 0));
	return NULL;
}

static void threads_that_are_there_are_in_it_too(void **state)
{
	const struct sandbox sandbox = {.mode = SANDBOX_REQUIRE, .root = -1, .log = &quiet};
	pid_t child = fork();
	pthread_t thread;
	int status;

	(void)state;
	if (child == 0) {
		close(STDERR_FILENO);
		alarm(10); /* should the thread go on for ever */
		pthread_create(&thread, NULL, in_a_thread, NULL);
		confine(&sandbox);
		for (;;)
			usleep(1000);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

/* A sanitizer's malloc makes other calls (tests/e2e/sandbox.sh has threads without one). */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MALLOC_IS_THE_SYSTEMS

#define THREADS 12 /* glibc asks how many processors there are before it makes a tenth arena */
#define PIECES 256
static sem_t has_begun, is_confined, has_ended;

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) < 0)
		; /* by a signal */
}

/* Makes an arena of malloc, lets it grow, and gives it back. */
static void *in_an_arena(void *arg)
{
	void *pieces[PIECES];

	(void)arg;
	sem_post(&has_begun);
	wait_for(&is_confined);
	for (size_t i = 0; i < PIECES; i++)
		pieces[i] = malloc(32768);
	for (size_t i = 0; i < PIECES; i++)
		free(pieces[i]);
	sem_post(&has_ended);
	return NULL;
}

static void malloc_may_ask_what_it_asks_in_threads(void **state)
{
	const struct sandbox sandbox = {.mode = SANDBOX_REQUIRE, .root = -1, .log = &quiet};
	pthread_t thread;
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		sem_init(&has_begun, 0, 0);
		sem_init(&is_confined, 0, 0);
		sem_init(&has_ended, 0, 0);
		for (int i = 0; i < THREADS; i++)
			pthread_create(&thread, NULL, in_an_arena, NULL);
		for (int i = 0; i < THREADS; i++)
			wait_for(&has_begun);
		confine(&sandbox);
		for (int i = 0; i < THREADS; i++)
			sem_post(&is_confined);
		for (int i = 0; i < THREADS; i++)
			wait_for(&has_ended);
		syscall(SYS_exit_group, 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
#endif

/* For libseccomp it is Linux 3.17: threads can be confined together, but nothing can be said about
 * speculation yet. */
static void an_older_kernel_will_do(void **state)
{
	unsigned level = seccomp_api_get();

	(void)state;
	assert_int_equal(seccomp_api_set(2), 0);
	expect_exit(act_serve, 0);
	assert_int_equal(seccomp_api_set(level), 0);
}

static int act_open_off(void)
{
	return done(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static void off_is_off(void **state)
{
	const struct sandbox sandbox = {.mode = SANDBOX_OFF, .root = -1, .log = &quiet};
	struct program_failure failure;

	(void)state;
	assert_int_equal(sandbox_close_files(&sandbox, &failure), 0);
	assert_int_equal(sandbox_close_calls(&sandbox, &failure), 0);
	assert_int_equal(act_open_off(), 0);
}

static int setup(void **state)
{
	(void)state;
	tree_init(&tree);
	parent = getpid();
	output_init(&output, STDERR_FILENO, LOG_MARK);
	log_init(&quiet, &output, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_free(&tree);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forbidden_call_is_the_end_and_says_so),
		cmocka_unit_test(where_it_is_not_required_such_a_call_fails_and_is_told_once),
		cmocka_unit_test(nothing_but_what_is_below_the_root_is_opened_and_that_for_reading),
		cmocka_unit_test(without_a_root_nothing_is_opened_at_all),
		cmocka_unit_test(what_serving_takes_is_there),
		cmocka_unit_test(threads_that_are_there_are_in_it_too),
#ifdef MALLOC_IS_THE_SYSTEMS
		cmocka_unit_test(malloc_may_ask_what_it_asks_in_threads),
#endif
		cmocka_unit_test(an_older_kernel_will_do),
		cmocka_unit_test(off_is_off),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
