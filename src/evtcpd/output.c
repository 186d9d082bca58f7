/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps lines until their reader takes them. Input: lines; output: writes to a descriptor
 * that may be a file, a terminal, or a pipe that somebody else shares, so that it is not
 * made non-blocking: it is asked (util/descriptor.h). A regular file is written directly.
 * The queue is bounded, and what does not fit is counted. It knows nothing of what the
 * lines say, and no clock but the loop's. */
#include "evtcpd/output.h"

#include "util/descriptor.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MOST (1u << 20) /* bytes that may wait; then lines are dropped */
#define OUTPUT_PILE 32768      /* bytes that are written without waiting for the timer */
#define OUTPUT_DELAY_US 50000
#define OUTPUT_LAST_WAIT_MS 1000

int output_open(const char *path, int flags)
{
	if (strcmp(path, "-") == 0)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | flags, 0600);
}

void output_init(struct output *output, int fd, const char *mark)
{
	*output = (struct output){.fd = fd, .mark = mark, .end = ""};
}

void output_share(struct output *output, struct output_turn *turn)
{
	output->turn = turn;
}

static size_t output_length(const struct output *output)
{
	return output->waiting != NULL ? evbuffer_get_length(output->waiting) : 0;
}

/* ---- keeping ------------------------------------------------------------------------ */

/* 0, or -1 without memory, and nothing of the line is kept. */
static int output_keep(struct output *output, const char *line, size_t len)
{
	if (output->waiting == NULL)
		output->waiting = evbuffer_new();
	if (output->waiting == NULL || evbuffer_expand(output->waiting, len + 1) < 0)
		return -1;
	evbuffer_add(output->waiting, line, len);
	evbuffer_add(output->waiting, "\n", 1);
	return 0;
}

/* Where lines are missing, says how many. They go on missing while that cannot be said. */
static void output_tell_dropped(struct output *output)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "%s%" PRIu64 " lines dropped%s", output->mark,
		output->dropped, output->end);

	if (output_keep(output, line, (size_t)len) == 0)
		output->dropped = 0;
}

void output_add(struct output *output, const char *line, size_t len)
{
	if (output->dropped != 0 && output_length(output) <= OUTPUT_MOST / 2)
		output_tell_dropped(output);
	if (output->dropped != 0 || line == NULL || output_length(output) + len >= OUTPUT_MOST ||
		output_keep(output, line, len) < 0)
		output->dropped++;
}

/* ---- writing ------------------------------------------------------------------------ */

static int output_take_turn(struct output *output)
{
	struct output *whose = NULL;

	return output->turn == NULL ||
	       atomic_compare_exchange_strong(&output->turn->whose, &whose, output) ||
	       whose == output;
}

static void output_give_turn(struct output *output)
{
	struct output *whose = output;

	if (output->turn != NULL)
		atomic_compare_exchange_strong(&output->turn->whose, &whose, NULL);
}

/* One write of whole lines, as many as the kernel does not mix with those of others,
 * or of a part of one that is longer. How much was written. */
static size_t output_write_some(struct output *output)
{
	size_t len = output_length(output);
	const char *lines, *end;
	ssize_t n;

	len = len < PIPE_BUF ? len : PIPE_BUF;
	lines = (const char *)evbuffer_pullup(output->waiting, (ev_ssize_t)len);
	if (lines == NULL)
		return 0;
	end = memrchr(lines, '\n', len);
	n = descriptor_write_now(output->fd, lines, end != NULL ? (size_t)(end - lines) + 1 : len);
	output->error = n < 0 && errno != EAGAIN ? errno : 0;
	if (n <= 0)
		return 0;
	end = memrchr(lines, '\n', (size_t)n);
	output->cut = end != NULL ? (size_t)(lines + n - (end + 1)) : output->cut + (size_t)n;
	evbuffer_drain(output->waiting, (size_t)n);
	return (size_t)n;
}

/* The same, when it is our turn, which goes on while a line is not whole. 1: something was
 * written. */
static int output_write(struct output *output)
{
	size_t n;

	if (output_length(output) == 0 || !output_take_turn(output))
		return 0;
	n = output_write_some(output);
	if (output->cut == 0)
		output_give_turn(output);
	if (n == 0)
		return 0;
	if (output->dropped != 0 && output_length(output) <= OUTPUT_MOST / 2)
		output_tell_dropped(output);
	return 1;
}

static void output_arm(struct output *output)
{
	static const struct timeval delay = {0, OUTPUT_DELAY_US};

	if (output->timer != NULL && output_length(output) > 0 &&
		!event_pending(output->timer, EV_TIMEOUT, NULL))
		event_add(output->timer, &delay); /* if not: with the next line */
}

void output_flush(struct output *output)
{
	while (output_write(output))
		continue;
	output_arm(output);
}

void output_flush_later(struct output *output)
{
	if (output_length(output) >= OUTPUT_PILE)
		output_flush(output);
	else
		output_arm(output);
}

static void output_on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	output_flush((struct output *)arg);
}

/* ---- the loop and the end ----------------------------------------------------------- */

int output_attach(struct output *output, struct event_base *base)
{
	output->timer = event_new(base, -1, 0, output_on_timer, output);
	if (output->timer == NULL) {
		errno = ENOMEM;
		return -1;
	}
	output_arm(output);
	return 0;
}

void output_detach(struct output *output)
{
	if (output->timer != NULL)
		event_free(output->timer);
	output->timer = NULL;
}

/* Drops what is left. */
static void output_empty(struct output *output)
{
	if (output->waiting != NULL)
		evbuffer_free(output->waiting);
	output->waiting = NULL;
	output->dropped = 0;
	output->cut = 0;
	output_give_turn(output);
}

void output_give_up(struct output *output)
{
	if (output->cut != 0)
		descriptor_take_back(output->fd, output->cut);
	output_empty(output);
}

void output_end(struct output *output)
{
	struct pollfd pollfd = {.fd = output->fd, .events = POLLOUT};
	struct output *whose = output->turn != NULL ? atomic_load(&output->turn->whose) : NULL;

	if (whose != NULL && whose != output)
		output_end(whose);
	output_detach(output);
	output_flush(output);
	while (output_length(output) > 0 && poll(&pollfd, 1, OUTPUT_LAST_WAIT_MS) == 1 &&
		output_write(output))
		output_flush(output);
	output_give_up(output);
}
