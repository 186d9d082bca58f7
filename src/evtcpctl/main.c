/* SPDX-License-Identifier: BSD-3-Clause */
/* evtcpctl: one request to a running evtcpd, and its answer on stdout. Every failure is a sentence
 * on stderr and an exit status (tables.h). */

#include "evtcpctl/arguments.h"
#include "evtcpctl/client.h"
#include "evtcpctl/draw.h"
#include "evtcpctl/help.h"
#include "evtcpctl/tables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAIN_CLEAR "\033[H\033[J" /* a terminal, from its first line on */

__attribute__((format(printf, 2, 3))) static enum evtcpctl_status main_fail(
	enum evtcpctl_status status, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("evtcpctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

/* ---- reaching it -------------------------------------------------------------------------- */

static enum evtcpctl_status main_unreachable(const char *path)
{
	switch (errno) {
	case ENOENT:
		return main_fail(EVTCPCTL_UNREACHABLE,
			"there is no socket %s: is evtcpd running, with --control %s?", path, path);
	case ECONNREFUSED:
		return main_fail(EVTCPCTL_UNREACHABLE,
			"nobody listens at %s: the evtcpd that made it has ended", path);
	case EACCES:
	case EPERM:
		return main_fail(EVTCPCTL_UNREACHABLE,
			"no permission to use %s: only who has started evtcpd may, and root", path);
	default:
		return main_fail(
			EVTCPCTL_UNREACHABLE, "cannot connect to %s: %s", path, strerror(errno));
	}
}

/* The descriptor that goes with the request: -1 for none, -2 if it could not be opened; *is_new:
 * there was no such file. What is in the file the daemon takes out of it when it begins: it may be
 * that of a capture under way. */
static int main_open_file(const char *path, bool *is_new)
{
	static const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
	int fd;

	*is_new = false;
	if (path == NULL)
		return -1;
	if (strcmp(path, "-") == 0)
		return STDOUT_FILENO;
	fd = open(path, flags | O_EXCL, 0600);
	*is_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, flags, 0600);
	return fd >= 0 ? fd : -2;
}

/* ---- an answer ---------------------------------------------------------------------------- */

static enum evtcpctl_status main_refused(const char *last)
{
	char text[2048];

	json_find_text((struct json){last, strlen(last)}, "error", text, sizeof(text));
	return main_fail(EVTCPCTL_REFUSED, "%s", text);
}

/* To stderr where stdout is the file that was handed over: it is the daemon's now. */
static FILE *main_stream(const struct arguments *arguments)
{
	return arguments->file != NULL && strcmp(arguments->file, "-") == 0 ? stderr : stdout;
}

static int main_is_ok(const char *last)
{
	struct json value;

	return json_find((struct json){last, strlen(last)}, "ok", &value) && value.len == 4 &&
	       memcmp(value.at, "true", 4) == 0;
}

static enum evtcpctl_status main_show(
	struct client *client, const struct arguments *arguments, struct draw *draw)
{
	FILE *file = main_stream(arguments);
	const char *line;
	int is_last = 0;

	while ((line = client_hear(client, &is_last)) != NULL) {
		if (arguments->json)
			fprintf(file, "%s\n", line);
		if (is_last && !main_is_ok(line))
			return arguments->json ? EVTCPCTL_REFUSED : main_refused(line);
		if (is_last && !arguments->json)
			draw_last(draw, file, line);
		if (is_last)
			return EVTCPCTL_OK;
		if (!arguments->json && draw_line(draw, file, line) < 0)
			return main_fail(EVTCPCTL_REFUSED, "out of memory");
	}
	return main_fail(EVTCPCTL_LOST, "evtcpd has ended, or does not answer");
}

/* A file that is new, and for nothing, does not stay. */
static enum evtcpctl_status main_ask(
	struct client *client, const struct arguments *arguments, int descriptor, bool is_new)
{
	struct draw draw = {0};
	enum evtcpctl_status status;

	if (client_ask(client, arguments->request, descriptor) < 0)
		return main_fail(EVTCPCTL_LOST, "evtcpd has ended: %s", strerror(errno));
	status = main_show(client, arguments, &draw);
	draw_free(&draw);
	if (status == EVTCPCTL_REFUSED && is_new)
		unlink(arguments->file);
	if (fflush(main_stream(arguments)) != 0 && status == EVTCPCTL_OK)
		status =
			main_fail(EVTCPCTL_REFUSED, "cannot write the answer: %s", strerror(errno));
	return status;
}

/* Until it fails, or a signal ends it. */
static enum evtcpctl_status main_watch(struct client *client, const struct arguments *arguments)
{
	int is_terminal = !arguments->json && isatty(STDOUT_FILENO);
	enum evtcpctl_status status;

	for (;;) {
		if (is_terminal)
			fputs(MAIN_CLEAR, stdout);
		status = main_ask(client, arguments, -1, false);
		if (status != EVTCPCTL_OK)
			return status;
		sleep(1);
		if (!is_terminal && !arguments->json)
			putchar('\n');
	}
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum evtcpctl_status main_run(const struct arguments *arguments)
{
	enum evtcpctl_status status;
	struct client client;
	bool is_new;
	int descriptor;

	if (client_open(&client, arguments->socket) < 0)
		return main_unreachable(arguments->socket);
	descriptor = main_open_file(arguments->file, &is_new);
	if (descriptor == STDOUT_FILENO && isatty(descriptor))
		status = main_fail(EVTCPCTL_FILE,
			"a capture is nothing for a terminal: 'capture start - | tshark -r -'");
	else if (descriptor == -2)
		status = main_fail(
			EVTCPCTL_FILE, "cannot open %s: %s", arguments->file, strerror(errno));
	else if (arguments->action == ARGUMENTS_WATCH)
		status = main_watch(&client, arguments);
	else
		status = main_ask(&client, arguments, descriptor, is_new);
	client_close(&client);
	return status;
}

static void main_print_version(FILE *file)
{
	fprintf(file, "evtcpctl %s\n", EVTCPD_VERSION);
}

static enum evtcpctl_status main_print(void (*print)(FILE *file))
{
	print(stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EVTCPCTL_OK;
	return main_fail(EVTCPCTL_REFUSED, "cannot write to stdout: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct program_failure failure;

	(void)argc;
	if (arguments_parse(&arguments, argv, getenv(CONTROL_VARIABLE), &failure) < 0)
		return main_fail((enum evtcpctl_status)failure.status, "%s", failure.text);
	switch (arguments.action) {
	case ARGUMENTS_HELP:
		return main_print(help_print);
	case ARGUMENTS_VERSION:
		return main_print(main_print_version);
	default:
		return main_run(&arguments);
	}
}
