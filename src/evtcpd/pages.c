/* SPDX-License-Identifier: BSD-3-Clause */
/* From the path of a request to the page that answers it, by one table, or to the file. Unknown
 * paths are answered with 404 and the list of pages, methods that a page does not take with 405,
 * OPTIONS with the methods that it does take. The pages that need more than a line live in files of
 * their own. */
#include "evtcpd/pages.h"

#include "evtcpd/files/files.h"
#include "evtcpd/pages_each.h"
#include "evtcpd/pages_table.h"
#include "http/reply.h"
#include "http/response.h"

#include <stdio.h>
#include <string.h>

#define PAGES_ALLOW (HTTP_VERBS_TEXT + 16)
#define PAGES_READ (HTTP_VERB_BIT(GET) | HTTP_VERB_BIT(HEAD) | HTTP_VERB_BIT(OPTIONS))
#define PAGES_WRITE (PAGES_READ | HTTP_VERB_BIT(POST) | HTTP_VERB_BIT(PUT))
#define PAGES_ANY (PAGES_WRITE | HTTP_VERB_BIT(DELETE) | HTTP_VERB_BIT(PATCH))

struct pages_row {
	const char *path;
	unsigned verbs;
	void (*answer)(struct http_exchange *exchange, const struct pages_call *call);
	const char *usage;
};

static const struct pages_row rows[] = {
#define PAGES_ROW(function, path, verbs, usage, meaning) \
	{path, PAGES_##verbs, pages_##function, usage},
	PAGES(PAGES_ROW)
#undef PAGES_ROW
};

static void pages_file(struct http_exchange *exchange, const struct pages_call *call)
{
	files_answer(exchange, call->request, call->host->root);
}

static const struct pages_row row_of_files = {"/", PAGES_READ, pages_file, "/FILE"};

#define N_PAGES (sizeof(rows) / sizeof(rows[0]))

/* What follows the row's path in path, or NULL if the row is not meant. */
static const char *pages_match(const struct pages_row *row, const char *path)
{
	size_t len = strlen(row->path);
	int is_prefix = len > 1 && row->path[len - 1] == '/';

	if (strncmp(path, row->path, len) != 0)
		return NULL;
	return is_prefix || path[len] == '\0' ? path + len : NULL;
}

static void pages_not_found(struct http_exchange *exchange)
{
	char text[512];
	size_t len = (size_t)snprintf(text, sizeof(text), "404 Not Found: the pages are");

	for (size_t i = 0; i < N_PAGES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s", rows[i].usage);
	snprintf(text + len, sizeof(text) - len, "\n");
	http_reply_text(exchange, 404, text);
}

/* The methods in an Allow field, with this status and text (RFC 9110 10.2.1). */
static void pages_allow(
	struct http_exchange *exchange, unsigned verbs, int status, const char *text)
{
	char list[HTTP_VERBS_TEXT], field[PAGES_ALLOW];
	struct http_reply reply = {.status = status, .type = "text/plain", .fields = field};

	if (status == 204)
		reply.type = NULL;
	snprintf(field, sizeof(field), "Allow: %s\r\n", http_verbs_list(verbs, list, sizeof(list)));
	http_reply_whole(exchange, &reply, text, strlen(text));
}

static void pages_answer(
	struct http_exchange *exchange, const struct pages_row *row, const struct pages_call *call)
{
	enum http_verb verb = call->request->verb;

	if (verb == HTTP_VERB_OPTIONS)
		pages_allow(exchange, row->verbs, 204, "");
	else if (row->verbs & (1u << verb))
		row->answer(exchange, call);
	else
		pages_allow(exchange, row->verbs, 405,
			"405 Method Not Allowed: the Allow field lists those that are\n");
}

/* The first row that path fits, and what follows in *rest; NULL if there is none. */
static const struct pages_row *pages_find(const char *path, const char **rest)
{
	for (size_t i = 0; i < N_PAGES; i++) {
		*rest = pages_match(&rows[i], path);
		if (*rest != NULL)
			return &rows[i];
	}
	return NULL;
}

/* The same of a request's path. Below /_/ there are the live page's own, and all the others. */
static const struct pages_row *pages_choose(struct pages_call *call)
{
	static const char below[] = "/_/";
	const char *path = call->request->path;
	int is_below = strncmp(path, below, strlen(below)) == 0;
	const struct pages_row *row = NULL;

	if (call->host->root != NULL && !is_below)
		return &row_of_files;
	if (is_below && path[strlen(below)] != '\0')
		row = pages_find(path + strlen(below) - 1, &call->rest);
	return row != NULL ? row : pages_find(path, &call->rest);
}

void pages_handle(struct http_exchange *exchange, const struct http_request *request, void *host)
{
	struct pages_call call = {.request = request, .host = host};
	const struct pages_row *row;

	if (strcmp(request->path, "*") == 0) { /* OPTIONS * asks about the server */
		pages_allow(exchange, PAGES_ANY, 204, "");
		return;
	}
	row = pages_choose(&call);
	if (row != NULL)
		pages_answer(exchange, row, &call);
	else
		pages_not_found(exchange);
}

void pages_hello(struct http_exchange *exchange, const struct pages_call *call)
{
	(void)call;
	http_reply_text(exchange, 200, "Hello World!\n");
}
