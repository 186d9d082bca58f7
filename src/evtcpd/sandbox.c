/* SPDX-License-Identifier: BSD-3-Clause */
/* The two ways in which Linux lets a process promise what it will not do. Input is what the daemon
 * serves with; output are a Landlock domain and a seccomp filter, which nothing takes away again.
 */

#include "evtcpd/sandbox.h"

#include "evtcpd/log.h"
#include "evtcpd/sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* What the kernel does not offer: a word about it, or the reason why nobody is served. */
static int sandbox_lacks(
	const struct sandbox *sandbox, const char *what, int error, struct program_failure *failure)
{
	if (sandbox->mode == SANDBOX_REQUIRE)
		return program_fail(failure, EXIT_STATUS_FAILED, "--sandbox require: %s: %s", what,
			strerror(error));
	log_write(sandbox->log, LOG_WARNING, "sandbox: %s: %s", what, strerror(error));
	return 0;
}

/* ---- files (Landlock) ---------------------------------------------------------------- */

/* As the kernel has it today; the system's header may be older. */
struct sandbox_ruleset {
	uint64_t files, network, scope;
};

#define SANDBOX_TRUNCATE (1ULL << 14)
#define SANDBOX_IOCTL_DEVICE (1ULL << 15)
#define SANDBOX_BIND_TCP (1ULL << 0)
#define SANDBOX_CONNECT_TCP (1ULL << 1)
#define SANDBOX_ABSTRACT_SOCKETS (1ULL << 0)

/* All that this version of Landlock can forbid, but for signals, which COMMAND is sent. */
static struct sandbox_ruleset sandbox_ruleset(long version)
{
	struct sandbox_ruleset ruleset = {.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};

	if (version >= 2)
		ruleset.files |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		ruleset.files |= SANDBOX_TRUNCATE;
	if (version >= 4)
		ruleset.network = SANDBOX_BIND_TCP | SANDBOX_CONNECT_TCP;
	if (version >= 5)
		ruleset.files |= SANDBOX_IOCTL_DEVICE;
	if (version >= 6)
		ruleset.scope = SANDBOX_ABSTRACT_SOCKETS;
	return ruleset;
}

static int sandbox_let_read(int rules, int root)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = root,
	};

	return (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int sandbox_close_files(const struct sandbox *sandbox, struct program_failure *failure)
{
	static const char what[] = "the file system cannot be closed off (Landlock)";
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct sandbox_ruleset ruleset = sandbox_ruleset(version);
	size_t size = version >= 6 ? sizeof(ruleset) : version >= 4 ? 16 : 8;
	int rules, error = 0;

	if (sandbox->mode == SANDBOX_OFF)
		return 0;
	rules = version > 0 ? (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0) : -1;
	if (rules < 0)
		return sandbox_lacks(sandbox, what, errno, failure);
	if ((sandbox->root >= 0 && sandbox_let_read(rules, sandbox->root) < 0) ||
		syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		error = errno;
	close(rules);
	return error != 0 ? sandbox_lacks(sandbox, what, error, failure) : 0;
}

/* ---- calls (seccomp) --------------------------------------------------------------------- */

enum sandbox_when { SANDBOX_ALWAYS, SANDBOX_FILES };

static const struct {
	int call;
	enum sandbox_when when;
} calls[] = {
#define SANDBOX_CALL(call, when, what) {SCMP_SYS(call), SANDBOX_##when},
	SANDBOX_CALLS(SANDBOX_CALL)
#undef SANDBOX_CALL
};

struct sandbox_filter {
	scmp_filter_ctx context;
	int error; /* the first errno value of what was added to it */
};

static void sandbox_note(struct sandbox_filter *filter, int result)
{
	if (result < 0 && filter->error == 0)
		filter->error = -result;
}

/* Allows a call, where argument is not NULL only if that compares so. */
static void sandbox_allow(
	struct sandbox_filter *filter, int call, const struct scmp_arg_cmp *argument)
{
	sandbox_note(filter, seccomp_rule_add_array(filter->context, SCMP_ACT_ALLOW, call,
				     argument != NULL, argument));
}

/* What fails, and is not the end: before glibc's malloc gives memory of a thread back it looks into
 * /proc, and does well without. */
static void sandbox_refuse(struct sandbox_filter *filter, int call)
{
	sandbox_note(filter,
		seccomp_rule_add_array(filter->context, SCMP_ACT_ERRNO(EACCES), call, 0, NULL));
}

/* What is allowed for some arguments. No memory becomes code; of a terminal no more is asked than
 * whether it is one, and how wide; and nobody else gets signals. COMMAND gets those that we are
 * sent, by a descriptor whose owner it became before (command.c): which one is told, not to whom.
 */
static void sandbox_allow_some(struct sandbox_filter *filter)
{
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp is_one = SCMP_A1(SCMP_CMP_EQ, TCGETS);
	const struct scmp_arg_cmp how_wide = SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ);
	const struct scmp_arg_cmp self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());
	const struct scmp_arg_cmp flags = SCMP_A1(SCMP_CMP_EQ, F_GETFL);
	const struct scmp_arg_cmp which = SCMP_A1(SCMP_CMP_EQ, F_SETSIG);

	sandbox_allow(filter, SCMP_SYS(mmap), &no_code);
	sandbox_allow(filter, SCMP_SYS(mprotect), &no_code);
	sandbox_allow(filter, SCMP_SYS(ioctl), &is_one);
	sandbox_allow(filter, SCMP_SYS(ioctl), &how_wide);
	sandbox_allow(filter, SCMP_SYS(tgkill), &self);
	sandbox_allow(filter, SCMP_SYS(fcntl), &flags);
	sandbox_allow(filter, SCMP_SYS(fcntl), &which);
}

static void sandbox_fill(struct sandbox_filter *filter, const struct sandbox *sandbox)
{
	/* For all threads. The kernel would slow speculation down, against readers of memory that
	 * is not theirs: whoever runs code here has all of ours. Before Linux 4.17 nobody can tell
	 * it not to, and it is no less of a filter. */
	sandbox_note(filter, seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_TSYNC, 1));
	(void)seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_SSB, 1);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].when == SANDBOX_ALWAYS || sandbox->root >= 0)
			sandbox_allow(filter, calls[i].call, NULL);
	}
	sandbox_refuse(filter, SCMP_SYS(openat));
	sandbox_allow_some(filter);
}

/* ---- a call that is not in the table ------------------------------------------------------ */

/* All of this is in a signal handler, which cannot ask for a call's name. */

#define SANDBOX_NUMBERS 1024 /* of calls that are told once; others always */

/* 1 for the first call of this number. */
static int sandbox_is_news(unsigned number)
{
	static atomic_uchar sandbox_told[SANDBOX_NUMBERS]; /* of the process, as the filter is */

	return number >= SANDBOX_NUMBERS || atomic_exchange(&sandbox_told[number], 1) == 0;
}

static void sandbox_tell(const char *before, unsigned number, const char *behind)
{
	char text[160], digits[10];
	size_t len = strlen(before), n = sizeof(digits);
	ssize_t written;

	do
		digits[--n] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	memcpy(text, before, len);
	memcpy(text + len, digits + n, sizeof(digits) - n);
	len += sizeof(digits) - n;
	memcpy(text + len, behind, strlen(behind));
	written = write(STDERR_FILENO, text, len + strlen(behind));
	(void)written;
}

/* What the call that has led to context shall return. -1 where we do not know how to say it. */
static int sandbox_answer(void *context, int error)
{
#if defined(__x86_64__)
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -error;
	return 0;
#elif defined(__aarch64__)
	((ucontext_t *)context)->uc_mcontext.regs[0] = (unsigned long long)-error;
	return 0;
#else
	(void)context, (void)error;
	return -1;
#endif
}

/* Such a call is by somebody's doing, or because a library has changed. */
static void sandbox_on_call_end(int signal, siginfo_t *info, void *context)
{
	(void)context;
	sandbox_tell(LOG_MARK "stopped by system call ", (unsigned)info->si_syscall,
		", which serving does not take (see --sandbox)\n");
	(void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	raise(signal);
}

static void sandbox_on_call_refuse(int signal, siginfo_t *info, void *context)
{
	unsigned number = (unsigned)info->si_syscall;
	int error = errno;

	if (sandbox_answer(context, EPERM) < 0)
		sandbox_on_call_end(signal, info, context);
	else if (sandbox_is_news(number))
		sandbox_tell(LOG_MARK "system call ", number,
			" was refused: serving does not take it (--sandbox off does without this "
			"check)\n");
	errno = error;
}

int sandbox_close_calls(const struct sandbox *sandbox, struct program_failure *failure)
{
	const struct sigaction action = {
		.sa_sigaction = sandbox->mode == SANDBOX_REQUIRE ? sandbox_on_call_end
								 : sandbox_on_call_refuse,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	struct sandbox_filter filter = {.error = 0};

	if (sandbox->mode == SANDBOX_OFF)
		return 0;
	filter.context = seccomp_init(SCMP_ACT_TRAP);
	if (filter.context == NULL) {
		filter.error = ENOMEM;
	} else {
		sandbox_fill(&filter, sandbox);
		sigaction(SIGSYS, &action, NULL);
		if (filter.error == 0)
			sandbox_note(&filter, seccomp_load(filter.context));
		seccomp_release(filter.context);
	}
	return filter.error != 0
		       ? sandbox_lacks(sandbox, "system calls cannot be filtered (seccomp)",
				 filter.error, failure)
		       : 0;
}
