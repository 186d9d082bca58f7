/* SPDX-License-Identifier: BSD-3-Clause */
/* The command capture: a capture begins in a file that evtcpctl has opened, since the daemon opens
 * none, and ends. The first worker writes it out; all show packets to it. What is stopped is closed
 * when all have said that they show it none any more. */

#include "evtcpd/control_each.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static struct watchers *capture_watchers(struct control *control)
{
	return &workers_first(control->parts.workers)->watchers;
}

static void capture_show_to(struct worker *worker, const void *value)
{
	struct evtcp_capture *const *capture = value;

	worker_show_to(worker, *capture);
}

static void capture_has_begun(struct control *control, struct control_call *call)
{
	(void)control;
	control_call_end_text(call, "the capture has begun");
}

/* A file begins anew, unless who opened it has written to it, or wants to append. */
static void capture_empty(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && (flags & O_APPEND) == 0 && lseek(fd, 0, SEEK_CUR) == 0)
		(void)!ftruncate(fd, 0);
}

static void capture_start(struct control *control, struct control_call *call)
{
	struct watchers *watchers = capture_watchers(control);
	int fd = control_call_take_descriptor(call);
	struct control_order order = {.act = capture_show_to,
		.value = &watchers->capture,
		.len = sizeof(watchers->capture),
		.done = capture_has_begun};

	if (fd < 0) {
		control_call_fail(call, "capture: no open file came with the request");
		return;
	}
	capture_empty(fd);
	if (watchers_begin_capture(watchers, fd) < 0) {
		control_call_fail(call, "capture: cannot write to the file: %s", strerror(errno));
		close(fd);
		return;
	}
	if (control_order(control, call, &order) < 0) {
		watchers_retire_capture(watchers);
		watchers_end_capture(watchers);
	}
}

static void capture_has_ended(struct control *control, struct control_call *call)
{
	struct watchers *watchers = capture_watchers(control);
	int error = watchers_end_capture(watchers);

	if (error != 0)
		control_call_fail(call, "capture: it had stopped before, when a write failed: %s",
			strerror(error));
	else if (watchers->told.dropped != 0)
		control_call_end_text(call,
			"the capture has ended; its reader was too slow for %" PRIu64 " packets",
			watchers->told.dropped);
	else
		control_call_end_text(call, "the capture has ended");
}

/* Without memory for the order the capture goes on. */
static void capture_stop(struct control *control, struct control_call *call)
{
	struct watchers *watchers = capture_watchers(control);
	struct evtcp_capture *capture = watchers->capture, *none = NULL;
	struct control_order order = {.act = capture_show_to,
		.value = &none,
		.len = sizeof(none),
		.done = capture_has_ended};

	watchers_retire_capture(watchers);
	if (control_order(control, call, &order) == 0)
		return;
	watchers->retired = NULL;
	watchers_set_capture(watchers, capture);
}

/* Whether rest begins with word, which stands alone. */
static int capture_is(const char *rest, const char *word)
{
	size_t len = strlen(word);

	return strncmp(rest, word, len) == 0 && (rest[len] == '\0' || rest[len] == ' ');
}

void control_do_capture(struct control *control, struct control_call *call, const char *rest)
{
	int is_there = capture_watchers(control)->capture != NULL;

	if (control_is_busy(control, call))
		return;
	if (capture_is(rest, "start") && is_there)
		control_call_fail(
			call, "capture: one is being written already; 'capture stop' ends it");
	else if (capture_is(rest, "start"))
		capture_start(control, call);
	else if (strcmp(rest, "stop") == 0 && !is_there)
		control_call_fail(call, "capture: there is none to stop");
	else if (strcmp(rest, "stop") == 0)
		capture_stop(control, call);
	else
		control_call_fail(call, "capture: 'start FILE' or 'stop', not '%.100s'", rest);
}
