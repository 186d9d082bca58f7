/* SPDX-License-Identifier: BSD-3-Clause */
/* evtcpd: an HTTP server whose TCP is our own. This file is the order of events, which
 * is where the safety of the daemon lies:
 *
 *   1. read the command line; 2. open the files it names, which may be descriptors that
 *   we inherited, and the control socket; 3. enter the private network and fork COMMAND's process,
 * both with what the caller gave us; 4. contain ourselves (descriptors, umask, core); 5. open
 * device, stacks, listeners; 6. give up every privilege, and what else the kernel would do for us
 * (sandbox.h), in between start threads if there are to be several (workers.h); 7. let COMMAND run,
 * and serve; 8. put back what was changed.
 *
 * Each step is a function of another file. A failure is a value (failure.h) that ends
 * up here, is printed once, and decides the exit status. */

#include "control/commands.h"
#include "control/listener.h"
#include "evtcpd/command.h"
#include "evtcpd/control.h"
#include "evtcpd/doctor.h"
#include "evtcpd/fault_file.h"
#include "evtcpd/fault_help.h"
#include "evtcpd/files/root.h"
#include "evtcpd/heap.h"
#include "evtcpd/help.h"
#include "evtcpd/impair_help.h"
#include "evtcpd/log.h"
#include "evtcpd/netns.h"
#include "evtcpd/options.h"
#include "evtcpd/privileges.h"
#include "evtcpd/sandbox.h"
#include "evtcpd/server.h"
#include "evtcpd/stop.h"
#include "evtcpd/workers.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* Everything the daemon holds, in the order in which it is opened. */
struct daemon {
	struct options *options;
	struct evtcp_world world;
	struct workers *workers;
	struct worker *first; /* of them; its log is the daemon's */
	struct privileges_user user;
	struct command command;            /* pid 0 without one */
	struct evtcp_fault_script *script; /* until a worker owns it; NULL: none */
	struct root root;                  /* of --root; its fd is -1 without */
	int access_fd;                     /* of the access log; -1: none, or stderr */
	struct control_listener listener;  /* of the control socket */
	struct control *control;           /* who serves it; NULL without */
	struct stop *stop;
};

/* ---- files ------------------------------------------------------------------- */

static int main_open_access_log(struct daemon *daemon, struct program_failure *failure)
{
	const char *path = daemon->options->access_log;

	if (path == NULL || strcmp(path, "-") == 0)
		return 0;
	daemon->access_fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (daemon->access_fd < 0)
		return program_fail(failure, EXIT_STATUS_FILE,
			"--access-log %s: cannot open the log for writing: %s", path,
			strerror(errno));
	return 0;
}

static int main_open_root(struct daemon *daemon, struct program_failure *failure)
{
	const char *path = daemon->options->root;
	int error = path != NULL ? root_open(&daemon->root, path) : 0;

	if (error == 0)
		return 0;
	return program_fail(failure, EXIT_STATUS_FILE,
		"--root %s: cannot serve what is below it: %s", path,
		error == ENOSYS ? "that needs Linux 5.6 or later" : strerror(error));
}

/* COMMAND, and what it runs, finds the socket by the variable, also from another directory: so what
 * it has is absolute, unless that is longer than the name of a socket can be. */
static void main_tell_control(const char *path)
{
	const size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path);
	char *absolute = path[0] != '/' ? realpath(path, NULL) : NULL;

	setenv(CONTROL_VARIABLE, absolute != NULL && strlen(absolute) < most ? absolute : path, 1);
	free(absolute);
}

static int main_open_control(struct daemon *daemon, struct program_failure *failure)
{
	const char *path = daemon->options->control;
	char why[CONTROL_LISTENER_WHY];

	if (path == NULL)
		return 0;
	if (control_listener_open(&daemon->listener, path, why) < 0)
		return program_fail(failure, EXIT_STATUS_FILE, "--control %s: %s", path, why);
	main_tell_control(path);
	return 0;
}

static int main_open_files(struct daemon *daemon, struct program_failure *failure)
{
	const struct options *options = daemon->options;

	if (options->fault != NULL) {
		daemon->script = fault_file_load(options->fault, &daemon->world, failure);
		if (daemon->script == NULL)
			return -1;
	}
	if (main_open_root(daemon, failure) < 0 || main_open_access_log(daemon, failure) < 0 ||
		main_open_control(daemon, failure) < 0)
		return -1;
	return watchers_open(&daemon->first->watchers, options, &daemon->first->log, failure);
}

/* ---- containing ------------------------------------------------------------------- */

/* Where the caller has closed descriptors 0 to 2, what we open would take their place:
 * messages would go into a capture. COMMAND finds them closed, as they were. */
static void main_occupy_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* stdin and stdout are COMMAND's alone: whoever reads the one or writes the other sees
 * it end when COMMAND closes it, not when we do. */
static void main_leave_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int main_isolate(struct daemon *daemon, struct program_failure *failure)
{
	int keep[COMMAND_DESCRIPTORS + 7] = {daemon->access_fd, daemon->first->watchers.capture_fd,
		daemon->first->watchers.stack_capture_fd, daemon->first->watchers.trace_fd,
		daemon->listener.fd, daemon->listener.directory, daemon->root.fd};
	size_t n = 7;

	if (daemon->options->command != NULL) {
		if (netns_enter(failure) < 0 ||
			command_fork(&daemon->command, daemon->options->command, failure) < 0)
			return -1;
		main_leave_stdio();
		command_descriptors(&daemon->command, keep + n);
		n += COMMAND_DESCRIPTORS;
	}
	privileges_contain(keep, n);
	/* A reader that has gone, a file at its limit (setrlimit(2)): errors of a write, no end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return 0;
}

/* ---- opening ----------------------------------------------------------------------- */

static enum exit_status main_tun_status(enum evtcp_tun_error error)
{
	switch (error) {
	case EVTCP_TUN_NO_DEVICE_NODE:
		return EXIT_STATUS_NO_DEVICE_NODE;
	case EVTCP_TUN_NO_PERMISSION:
		return EXIT_STATUS_NO_PERMISSION;
	case EVTCP_TUN_BUSY:
		return EXIT_STATUS_DEVICE_BUSY;
	case EVTCP_TUN_NOT_TUN:
		return EXIT_STATUS_NOT_A_TUN;
	case EVTCP_TUN_BAD_NAME:
		return EXIT_STATUS_BAD_VALUE;
	case EVTCP_TUN_ADDRESS_TAKEN:
		return EXIT_STATUS_ADDRESS_TAKEN;
	case EVTCP_TUN_NO_IPV6:
		return EXIT_STATUS_NO_IPV6;
	case EVTCP_TUN_PREFIX_OVERLAP:
		return EXIT_STATUS_PREFIX_OVERLAP;
	default:
		return EXIT_STATUS_FAILED;
	}
}

/* Opens the device. Where only the IPv6 addresses that nobody asked for stand in the way,
 * for want of IPv6 or of the right to add them, it serves without them and says so. */
static struct evtcp_tun *main_try_tun(
	struct daemon *daemon, enum evtcp_tun_error *error, char *text)
{
	const struct evtcp_tun_config *config = &daemon->options->tun;
	struct evtcp_tun *tun = evtcp_tun_open(config, error, text, EVTCP_TUN_TEXT);
	char why[EVTCP_TUN_TEXT];

	if (tun != NULL || (*error != EVTCP_TUN_NO_IPV6 && *error != EVTCP_TUN_NO_PERMISSION) ||
		options_without_ipv6(daemon->options) < 0)
		return tun;
	memcpy(why, text, sizeof(why));
	tun = evtcp_tun_open(config, error, text, EVTCP_TUN_TEXT);
	if (tun != NULL)
		log_write(&daemon->first->log, LOG_NOTICE, "serving IPv4 only: %s", why);
	return tun;
}

/* Opens the device; one that existed before and was set up is guarded, as giving up privileges,
 * be they root's or a capability, means giving up the right to put it back as it was. NULL with
 * *failure. */
static struct evtcp_tun *main_open_tun(struct daemon *daemon, struct program_failure *failure)
{
	const struct evtcp_tun_config *config = &daemon->options->tun;
	enum evtcp_tun_error error;
	char text[EVTCP_TUN_TEXT];
	struct evtcp_tun *tun = main_try_tun(daemon, &error, text);

	if (tun == NULL) {
		int could_be_private = error == EVTCP_TUN_NO_PERMISSION &&
				       daemon->options->command == NULL &&
				       access("/dev/net/tun", R_OK | W_OK) == 0;

		program_fail(failure, main_tun_status(error), "%s%s", text,
			could_be_private
				? ". In a private network none of that is needed: evtcpd -- COMMAND"
				: "");
		return NULL;
	}
	if (evtcp_tun_guard(tun) < 0) {
		program_fail(failure, EXIT_STATUS_FAILED,
			"cannot start the process that will put %s back as it was: %s",
			config->name, strerror(errno));
		evtcp_tun_close(tun);
		return NULL;
	}
	return tun;
}

static int main_access_fd(const struct daemon *daemon)
{
	if (daemon->options->access_log == NULL || daemon->access_fd >= 0)
		return daemon->access_fd;
	return STDERR_FILENO;
}

/* Who becomes another user, or may do nothing any more, could not take the socket away. */
static int main_serve_control(struct daemon *daemon, struct program_failure *failure)
{
	const struct control_parts parts = {.workers = daemon->workers,
		.stop = daemon->stop,
		.options = daemon->options,
		.listener = daemon->listener.fd};

	if (daemon->options->control == NULL)
		return 0;
	if ((daemon->user.name != NULL || daemon->options->sandbox != SANDBOX_OFF) &&
		control_listener_guard(&daemon->listener) < 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot start the process that will take the control socket away: %s",
			strerror(errno));
	daemon->control = control_new(&parts);
	if (daemon->control == NULL)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot serve the control socket: %s", strerror(errno));
	return 0;
}

static int main_open(struct daemon *daemon, struct program_failure *failure)
{
	const struct options *options = daemon->options;
	struct evtcp_fault_script *script = daemon->script;
	struct evtcp_tun *tun;

	if (workers_open_loops(daemon->workers, main_access_fd(daemon), failure) < 0)
		return -1;
	tun = main_open_tun(daemon, failure);
	if (tun == NULL)
		return -1;
	daemon->script = NULL;
	if (options->root != NULL)
		workers_set_root(daemon->workers, &daemon->root);
	if (workers_open_servers(daemon->workers, tun, script, failure) < 0)
		return -1;
	daemon->stop = stop_new(
		daemon->workers, options->command != NULL ? &daemon->command : NULL, options);
	if (daemon->stop == NULL)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot set up signal handling: %s", strerror(errno));
	return main_serve_control(daemon, failure);
}

/* ---- closing --------------------------------------------------------------------- */

static void main_close(struct daemon *daemon)
{
	unsigned aborted;

	control_free(daemon->control);
	control_listener_close(&daemon->listener);
	stop_free(daemon->stop);
	aborted = workers_close(daemon->workers);
	if (aborted != 0)
		log_write(&daemon->first->log,
			daemon->options->command != NULL ? LOG_INFO : LOG_NOTICE,
			"connections that were still open and have been reset: %u", aborted);
	evtcp_fault_free(daemon->script);
	if (daemon->access_fd >= 0)
		close(daemon->access_fd);
	root_close(&daemon->root);
	command_close(&daemon->command);
	workers_free(daemon->workers);
}

/* ---- the whole -------------------------------------------------------------------- */

/* What Landlock forbids a thread it forbids those that this one makes, a filter of calls that
 * forbids to make them can hold for all. */
static int main_confine(struct daemon *daemon, struct program_failure *failure)
{
	const struct sandbox sandbox = {
		.mode = daemon->options->sandbox,
		.root = daemon->root.fd,
		.log = &daemon->first->log,
	};

	if (privileges_drop(&daemon->user, failure) < 0 ||
		sandbox_close_files(&sandbox, failure) < 0 ||
		workers_start(daemon->workers, failure) < 0)
		return -1;
	return sandbox_close_calls(&sandbox, failure);
}

static int main_serve(struct daemon *daemon, struct program_failure *failure)
{
	if (privileges_find_user(&daemon->user, daemon->options->user, failure) < 0 ||
		main_open_files(daemon, failure) < 0 || main_isolate(daemon, failure) < 0 ||
		main_open(daemon, failure) < 0 || main_confine(daemon, failure) < 0)
		return -1;
	server_announce(daemon->options, &daemon->first->log);
	if (daemon->options->command != NULL)
		command_start(&daemon->command);
	return stop_run(daemon->stop, failure);
}

static int main_tell(const struct program_failure *failure, const struct log *log, int has_command)
{
	log_write(log, LOG_ERROR, "%s", failure->text);
	return has_command ? EXIT_STATUS_OWN_FAILURE : (int)failure->status;
}

/* The same where there is no daemon yet. */
static int main_fail(const struct program_failure *failure, int has_command)
{
	struct output output;
	struct log log;
	int status;

	output_init(&output, STDERR_FILENO, LOG_MARK);
	log_init(&log, &output, 0);
	status = main_tell(failure, &log, has_command);
	output_end(&output);
	return status;
}

static int main_run(struct options *options)
{
	struct daemon daemon = {
		.options = options,
		.root = {.fd = -1},
		.access_fd = -1,
		.listener = CONTROL_LISTENER_NONE};
	struct program_failure failure;
	int status;

	heap_begin();
	heap_world(&daemon.world);
	daemon.workers = workers_new(options, &daemon.world);
	if (daemon.workers == NULL) {
		program_fail(&failure, EXIT_STATUS_FAILED, "out of memory");
		return main_fail(&failure, options->command != NULL);
	}
	daemon.first = workers_first(daemon.workers);
	status = main_serve(&daemon, &failure);
	if (status < 0)
		status = main_tell(&failure, &daemon.first->log, options->command != NULL);
	main_close(&daemon);
	return status;
}

/* ---- what is only printed ------------------------------------------------------------ */

static void main_print_version(FILE *stream)
{
	fprintf(stream, "evtcpd %s (libevent %s)\n", EVTCPD_VERSION, event_get_version());
}

/* That a disk was full or a pipe closed shows only when all is written out; who asked for a text
 * and got half of it must learn of that. status, if all of it is out. */
static int main_printed(int status)
{
	struct program_failure failure;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	program_fail(&failure, EXIT_STATUS_FAILED, "cannot write to stdout: %s", strerror(errno));
	return main_fail(&failure, 0);
}

static int main_print(void (*print)(FILE *stream))
{
	print(stdout);
	return main_printed(EXIT_STATUS_OK);
}

static int main_check_fault(const struct options *options)
{
	struct program_failure failure;
	struct evtcp_fault_script *script =
		fault_file_load(options->fault, evtcp_world_system(), &failure);

	if (script == NULL)
		return main_fail(&failure, 0);
	fault_file_explain(script, stdout);
	evtcp_fault_free(script);
	return main_printed(EXIT_STATUS_OK);
}

/* With a COMMAND our own failures are 125, also when the options before it are so
 * wrong that we never got to it. */
static int main_has_command(char **argv)
{
	for (; *argv != NULL; argv++) {
		if (strcmp(*argv, "--") == 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options options;
	struct program_failure failure;

	(void)argc;
	main_occupy_stdio();
	if (options_parse(&options, argv, &failure) < 0)
		return main_fail(&failure, main_has_command(argv));
	switch (options.action) {
	case OPTIONS_HELP:
		return main_print(help_print);
	case OPTIONS_VERSION:
		return main_print(main_print_version);
	case OPTIONS_LIMIT_HELP:
		return main_print(limits_print_help);
	case OPTIONS_IMPAIR_HELP:
		return main_print(impair_help_print);
	case OPTIONS_FAULT_HELP:
		return main_print(fault_help_print);
	case OPTIONS_FAULT_CHECK:
		return main_check_fault(&options);
	default:
		return options.doctor ? main_printed(doctor_run(&options, stdout))
				      : main_run(&options);
	}
}
