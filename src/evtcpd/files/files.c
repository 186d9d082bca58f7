/* SPDX-License-Identifier: BSD-3-Clause */
/* From a request to a file's bytes in the output. Input is a path and the fields about conditions
 * and ranges; output a reply: its head at once, the body as the client takes it. */
#include "evtcpd/files/files.h"

#include "evtcpd/files/media_type.h"
#include "evtcpd/files/root.h"
#include "http/conditions.h"
#include "http/date.h"
#include "http/range.h"
#include "http/reply.h"
#include "http/text.h"

#include <errno.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILES_INDEX "index.html"
#define FILES_PATH 4096  /* what Linux takes for a path, with the terminator */
#define FILES_FIELDS 768 /* of a head: HTTP_RESPONSE_HEAD less what every response has */
#define FILES_ETAG 48
#define FILES_MOST (65536 - 64) /* at once: with libevent's header 64 KiB of memory, not 128 */
#define FILES_LEAST 4096        /* what is worth a call, but at the end: the least `output` */
#define NS_PER_SECOND 1000000000u

/* ---- the body ------------------------------------------------------------------- */

struct files_state {
	uint64_t at, end; /* in the file: what has still to be read */
	int fd;
};

_Static_assert(sizeof(struct files_state) <= HTTP_EXCHANGE_STATE, "the state fits");

/* Reads up to n bytes behind what is in `to`. How many: 0 at the end of the file, -1 with errno. */
static ssize_t files_read(const struct files_state *state, struct evbuffer *to, size_t n)
{
	struct evbuffer_iovec space;
	ssize_t got;

	if (evbuffer_reserve_space(to, (ev_ssize_t)n, &space, 1) != 1)
		return -1;
	do
		got = pread(state->fd, space.iov_base, n, (off_t)state->at);
	while (got < 0 && errno == EINTR);
	space.iov_len = got > 0 ? (size_t)got : 0;
	if (evbuffer_commit_space(to, &space, 1) < 0)
		return -1;
	return got;
}

/* How much to read next into so much room; 0 at the end, or if more room is worth waiting for. */
static size_t files_next(const struct files_state *state, size_t room)
{
	uint64_t left = state->end - state->at;
	size_t most = room < FILES_MOST ? room : FILES_MOST;

	if (left <= most)
		return (size_t)left;
	return most >= FILES_LEAST ? most : 0;
}

static void files_room(struct http_exchange *exchange, struct evbuffer *to, size_t room)
{
	struct files_state *state = http_exchange_state(exchange);
	size_t n = files_next(state, room);
	ssize_t got = n > 0 ? files_read(state, to, n) : 0;

	if (got > 0)
		state->at += (uint64_t)got;
	else if (n > 0)
		http_reply_abort(exchange);
}

static void files_gone(struct http_exchange *exchange)
{
	struct files_state *state = http_exchange_state(exchange);

	close(state->fd);
}

static const struct http_exchange_ops files_ops = {.room = files_room, .gone = files_gone};

/* ---- the head --------------------------------------------------------------------- */

/* What a head tells of a file. */
struct files_about {
	const char *type;
	uint64_t size;
	char etag[FILES_ETAG], modified[HTTP_DATE_TEXT];
	struct http_representation representation; /* its etag is the one above */
};

/* RFC 9110 8.8.1: what changes twice at one moment of the clock of files has the same etag both
 * times, so it is a weak one until a second has passed. 8.8.2.1: no date lies ahead. */
static void files_describe(
	struct files_about *about, const struct root_found *found, const char *path, uint64_t now_s)
{
	uint64_t modified_s = found->modified_ns / NS_PER_SECOND;
	int is_fresh = modified_s + 1 >= now_s;

	about->type = media_type_of(path);
	about->size = found->size;
	snprintf(about->etag, sizeof(about->etag), "%s\"%" PRIx64 "-%" PRIx64 "\"",
		is_fresh ? "W/" : "", found->modified_ns, found->size);
	if (modified_s > now_s)
		modified_s = now_s;
	http_date_format(modified_s, about->modified);
	about->representation = (struct http_representation){
		.etag = about->etag, .modified_s = modified_s, .now_s = now_s};
}

/* What of the file is asked for: *range. The status: 200, 206 or 416. */
static int files_range(const struct http_request *request, const struct files_about *about,
	struct http_range *range)
{
	struct http_text value = http_request_field(request, "Range");

	*range = (struct http_range){.first = 0, .len = about->size};
	/* RFC 9110 14.2: of GET alone, and where If-Range (13.1.5) does not hold, of nothing. */
	if (value.at == NULL || request->verb != HTTP_VERB_GET ||
		!http_conditions_range_applies(request, &about->representation))
		return 200;
	switch (http_range_parse(value, about->size, range)) {
	case HTTP_RANGE_PART:
		return 206;
	case HTTP_RANGE_UNSATISFIABLE:
		return 416;
	default:
		return 200;
	}
}

/* RFC 9110 15.4.5 */
static void files_unchanged(struct http_exchange *exchange, const struct files_about *about)
{
	char fields[FILES_FIELDS];

	snprintf(fields, sizeof(fields), "ETag: %s\r\nLast-Modified: %s\r\n", about->etag,
		about->modified);
	http_reply_whole(exchange, &(struct http_reply){.status = 304, .fields = fields}, "", 0);
}

/* RFC 9110 15.5.17 */
static void files_unsatisfiable(struct http_exchange *exchange, const struct files_about *about)
{
	static const char text[] = "416 Range Not Satisfiable: the file ends before that\n";
	char fields[FILES_FIELDS];

	snprintf(fields, sizeof(fields), "Content-Range: bytes */%" PRIu64 "\r\n", about->size);
	http_reply_whole(exchange,
		&(struct http_reply){.status = 416, .type = "text/plain", .fields = fields}, text,
		strlen(text));
}

/* The head of a reply with range, all of the file or a part of it. */
static void files_begin(struct http_exchange *exchange, int status, const struct files_about *about,
	const struct http_range *range)
{
	char fields[FILES_FIELDS];
	size_t len = (size_t)snprintf(fields, sizeof(fields),
		"Accept-Ranges: bytes\r\nETag: %s\r\nLast-Modified: %s\r\n", about->etag,
		about->modified);

	if (status == 206)
		snprintf(fields + len, sizeof(fields) - len,
			"Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
			range->first, range->first + range->len - 1, about->size);
	http_reply_begin(exchange, &(struct http_reply){.status = status,
					   .type = about->type,
					   .length = range->len,
					   .fields = fields});
}

/* Replies with a file, which is the exchange's from here on. */
static void files_send(struct http_exchange *exchange, const struct http_request *request,
	const char *path, const struct root_found *found)
{
	struct files_state *state = http_exchange_state(exchange);
	struct files_about about;
	struct http_range range;
	enum http_condition condition;
	int status;

	http_exchange_take(exchange, &files_ops);
	*state = (struct files_state){.fd = found->fd};
	files_describe(&about, found, path, http_exchange_wall(exchange));
	condition = http_conditions_check(request, &about.representation);
	status = files_range(request, &about, &range);
	if (condition == HTTP_CONDITION_NOT_MODIFIED) {
		files_unchanged(exchange, &about);
	} else if (condition == HTTP_CONDITION_FAILED) {
		http_reply_text(exchange, 412,
			"412 Precondition Failed: the file is not the one that is meant\n");
	} else if (status == 416) {
		files_unsatisfiable(exchange, &about);
	} else {
		state->at = range.first;
		state->end = range.first + range.len;
		files_begin(exchange, status, &about, &range);
	}
}

/* ---- what is no file ----------------------------------------------------------------- */

static void files_refuse(struct http_exchange *exchange, int error)
{
	switch (error) {
	case ENOENT:
		http_reply_text(exchange, 404, "404 Not Found: there is no such file\n");
		break;
	case EACCES:
		http_reply_text(exchange, 403, "403 Forbidden: the file may not be read\n");
		break;
	case EMFILE:
		http_reply_text(exchange, 503,
			"503 Service Unavailable: too many files are open; try again\n");
		break;
	case EAGAIN:
		http_reply_text(exchange, 503,
			"503 Service Unavailable: somebody else has the file just now; try "
			"again\n");
		break;
	default:
		http_reply_text(exchange, 500, "500 Internal Server Error: the disk has failed\n");
		break;
	}
}

/* RFC 9110 15.4.2. What is relative in a directory's page is so to a path that ends with a slash.
 * With one slash in front it is a path of this server: "//name/" would be another's. */
static void files_redirect(struct http_exchange *exchange, const struct http_request *request)
{
	static const char text[] = "301 Moved Permanently: the path of a directory ends with '/'\n";
	char path[FILES_FIELDS / 2], fields[FILES_FIELDS];
	const char *from = request->path + strspn(request->path, "/");
	int len;

	if (http_text_escape(from, path, sizeof(path)) < 0) {
		http_reply_text(exchange, 414,
			"414 URI Too Long: this is a directory, whose path ends with '/'\n");
		return;
	}
	len = snprintf(fields, sizeof(fields), "Location: /%s/%s%.*s\r\n", path,
		request->query.len > 0 ? "?" : "", (int)request->query.len, request->query.at);
	if ((size_t)len >= sizeof(fields))
		snprintf(fields, sizeof(fields), "Location: /%s/\r\n", path);
	http_reply_whole(exchange,
		&(struct http_reply){.status = 301, .type = "text/plain", .fields = fields}, text,
		strlen(text));
}

/* ---- the whole ------------------------------------------------------------------------ */

void files_answer(
	struct http_exchange *exchange, const struct http_request *request, const struct root *root)
{
	size_t len = strlen(request->path);
	int is_directory = request->path[len - 1] == '/';
	char path[FILES_PATH];
	struct root_found found;
	int error = ENOENT;

	if ((size_t)snprintf(path, sizeof(path), "%s%s", request->path,
		    is_directory ? FILES_INDEX : "") < sizeof(path))
		error = root_find(root, path, &found);
	if (error != 0)
		files_refuse(exchange, error);
	else if (!found.is_directory)
		files_send(exchange, request, path, &found);
	else if (is_directory) /* a directory called index.html */
		files_refuse(exchange, ENOENT);
	else
		files_redirect(exchange, request);
}
