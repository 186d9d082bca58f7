/* SPDX-License-Identifier: BSD-3-Clause */
/* Formats the access log. Input: entries of the HTTP server; output: lines, which
 * output.c keeps until whoever reads them takes them. */
#include "evtcpd/access_log.h"

#include "evtcpd/output.h"
#include "http/date.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <string.h>

#define US_PER_SECOND 1000000u

struct access_log {
	const struct evtcp_world *world;
	struct evbuffer *line; /* the one being made; empty between two */
	struct output output;
};

struct access_log *access_log_new(int fd, struct event_base *base, const struct evtcp_world *world)
{
	struct access_log *log = world->alloc(world->arg, sizeof(*log));

	if (log == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	*log = (struct access_log){.world = world, .line = evbuffer_new()};
	output_init(&log->output, fd, "# ");
	if (log->line == NULL || (base && output_attach(&log->output, base) < 0)) {
		access_log_free(log);
		errno = ENOMEM;
		return NULL;
	}
	return log;
}

void access_log_share(struct access_log *log, struct output_turn *turn)
{
	output_share(&log->output, turn);
}

void access_log_free(struct access_log *log)
{
	if (log == NULL)
		return;
	output_end(&log->output);
	if (log->line)
		evbuffer_free(log->line);
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
}

/* ---- writing ------------------------------------------------------------------------ */

void access_log_flush(struct access_log *log)
{
	output_flush(&log->output);
}

void access_log_write(const struct http_log_entry *entry, void *arg)
{
	struct access_log *log = arg;
	size_t len;

	log_add_entry(log->line, entry);
	len = evbuffer_get_length(log->line);
	output_add(&log->output, (const char *)evbuffer_pullup(log->line, -1), len);
	output_flush_later(&log->output);
	evbuffer_drain(log->line, len);
}
