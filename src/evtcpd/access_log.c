/* SPDX-License-Identifier: BSD-3-Clause */
/* Formats and writes the access log. Input: entries of the HTTP server; output: lines
 * on a descriptor that may be a file, a terminal or a pipe that somebody else shares,
 * so it is not made non-blocking: it is asked before each write, and no write is
 * larger than what a pipe that says it is writable takes at once (PIPE_BUF). What does
 * not go out waits in a bounded buffer. */
#include "evtcpd/access_log.h"

#include "http/date.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define US_PER_SECOND 1000000u
#define LOG_PILE 32768      /* bytes that are written without waiting for the timer */
#define LOG_MOST (1u << 20) /* bytes that may wait; then lines are dropped */
#define LOG_DELAY_US 250000

struct access_log {
	const struct evtcp_world *world;
	struct evbuffer *lines;
	struct event *timer; /* NULL without a base */
	uint64_t dropped;    /* lines since the last that was kept */
	int fd;
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	access_log_flush(arg);
}

struct access_log *access_log_new(int fd, struct event_base *base, const struct evtcp_world *world)
{
	struct access_log *log = world->alloc(world->arg, sizeof(*log));

	if (log == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	*log = (struct access_log){.world = world, .fd = fd, .lines = evbuffer_new()};
	if (base)
		log->timer = event_new(base, -1, 0, on_timer, log);
	if (log->lines == NULL || (base && log->timer == NULL)) {
		access_log_free(log);
		errno = ENOMEM;
		return NULL;
	}
	return log;
}

void access_log_free(struct access_log *log)
{
	if (log == NULL)
		return;
	if (log->lines) {
		access_log_flush(log);
		evbuffer_free(log->lines);
	}
	if (log->timer)
		event_free(log->timer);
	log->world->free(log->world->arg, log);
}

/* ---- a line ----------------------------------------------------------------------- */

static void log_add_quoted(struct evbuffer *to, struct http_text text)
{
	size_t plain = 0;

	evbuffer_add(to, " \"", 2);
	if (text.len == 0)
		evbuffer_add(to, "-", 1);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
			continue;
		evbuffer_add(to, text.at + plain, i - plain);
		if (c == '"' || c == '\\')
			evbuffer_add_printf(to, "\\%c", c);
		else
			evbuffer_add_printf(to, "\\x%02X", c);
		plain = i + 1;
	}
	if (plain < text.len)
		evbuffer_add(to, text.at + plain, text.len - plain);
	evbuffer_add(to, "\"", 1);
}

static void log_add_peer(struct evbuffer *to, const struct evtcp_addr *addr)
{
	static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	int is_v4 = memcmp(addr->bytes, v4_mapped, sizeof(v4_mapped)) == 0;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(is_v4 ? AF_INET : AF_INET6, addr->bytes + (is_v4 ? sizeof(v4_mapped) : 0), text,
		sizeof(text));
	evbuffer_add(to, text, strlen(text));
}

static void log_add_entry(struct evbuffer *to, const struct http_log_entry *entry)
{
	char date[HTTP_DATE_LOG_TEXT];

	log_add_peer(to, &entry->peer.addr);
	evbuffer_add_printf(
		to, " - - [%s]", http_date_format_log(entry->wall_us / US_PER_SECOND, date));
	log_add_quoted(to, entry->line);
	/* %>s and %b: no status when the client left before one, "-" for no bytes. */
	if (entry->status)
		evbuffer_add_printf(to, " %d", entry->status);
	else
		evbuffer_add(to, " -", 2);
	if (entry->bytes)
		evbuffer_add_printf(to, " %" PRIu64, entry->bytes);
	else
		evbuffer_add(to, " -", 2);
	log_add_quoted(to, entry->referer);
	log_add_quoted(to, entry->agent);
	evbuffer_add(to, "\n", 1);
}

/* ---- writing ------------------------------------------------------------------------ */

/* 1 when a write of PIPE_BUF bytes would not wait. */
static int log_is_writable(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLOUT);
}

void access_log_flush(struct access_log *log)
{
	static const struct timeval delay = {0, LOG_DELAY_US};

	while (evbuffer_get_length(log->lines) > 0 && log_is_writable(log->fd)) {
		size_t len = evbuffer_get_length(log->lines);
		ssize_t n;

		len = len < PIPE_BUF ? len : PIPE_BUF;
		n = write(log->fd, evbuffer_pullup(log->lines, (ev_ssize_t)len), len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		evbuffer_drain(log->lines, (size_t)n);
	}
	if (log->timer && evbuffer_get_length(log->lines) > 0)
		event_add(log->timer, &delay);
}

void access_log_write(const struct http_log_entry *entry, void *arg)
{
	static const struct timeval delay = {0, LOG_DELAY_US};
	struct access_log *log = arg;

	if (evbuffer_get_length(log->lines) > LOG_MOST) {
		log->dropped++;
		return;
	}
	if (log->dropped) {
		evbuffer_add_printf(log->lines, "# %" PRIu64 " lines dropped\n", log->dropped);
		log->dropped = 0;
	}
	log_add_entry(log->lines, entry);
	if (evbuffer_get_length(log->lines) >= LOG_PILE)
		access_log_flush(log);
	else if (log->timer && !event_pending(log->timer, EV_TIMEOUT, NULL))
		event_add(log->timer, &delay);
}
