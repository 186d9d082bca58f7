/* SPDX-License-Identifier: BSD-3-Clause */

/* Lines of a ladder, in their order. Input: rows, each of a connection, and when it was.
 * Output: lines of text. What a row says it does not know; when a connection spoke last it does. */

#include "trace/ladder_page.h"

#include "trace/duration.h"

#include <assert.h>

void ladder_page_init(
	struct ladder_page *page, void (*write)(void *arg, const char *line), void *arg)
{
	*page = (struct ladder_page){
		.write = write, .arg = arg, .look = ladder_look_fit(0, LADDER_LANE)};
}

void ladder_page_head(
	struct ladder_page *page, struct ladder_conn *conn, const char *note, uint64_t at_us)
{
	const struct evtcp_tuple *tuple = &conn->tuple;
	char local[EVTCP_ENDPOINT_TEXT], remote[EVTCP_ENDPOINT_TEXT], line[LADDER_ROW_TEXT];
	struct ladder_row row = {.look = page->look, .tag = conn->tag, .note = note};

	evtcp_endpoint_format(&tuple->local, local, sizeof(local));
	evtcp_endpoint_format(&tuple->remote, remote, sizeof(remote));
	ladder_draw_head(&row, conn->local_left ? local : remote, conn->local_left ? remote : local,
		line, sizeof(line));
	if (page->begun)
		page->write(page->arg, "");
	else
		page->began_at_us = at_us;
	page->begun = true;
	page->write(page->arg, line);
	while (row.note[0])
		page->write(page->arg, ladder_draw_head(&row, "", "", line, sizeof(line)));
	conn->drawn = true;
	conn->began_at_us = conn->drawn_at_us = at_us;
}

/* Draws row, below it what did not fit, and in its lane there also below. */
static void ladder_page_row(
	struct ladder_page *page, const struct ladder_row *row, const char *below)
{
	struct ladder_row rest = *row;
	char line[LADDER_ROW_TEXT];

	rest.look = page->look;
	ladder_draw_row(&rest, line, sizeof(line));
	page->write(page->arg, line);
	rest.shape = LADDER_TEXT;
	rest.timed = false;
	if (below[0])
		rest.text = below;
	while (rest.text[0] || rest.note[0]) {
		ladder_draw_row(&rest, line, sizeof(line));
		page->write(page->arg, line);
	}
}

static void ladder_page_silence(
	struct ladder_page *page, const struct ladder_conn *conn, uint64_t at_us)
{
	char span[DURATION_TEXT];
	struct ladder_row wait = {
		.tag = conn->tag, .shape = LADDER_WAIT, .tone = LADDER_FAINT, .note = ""};

	if (at_us <= conn->drawn_at_us || at_us - conn->drawn_at_us <= LADDER_SILENCE_US)
		return;
	wait.text = duration_format(at_us - conn->drawn_at_us, span, sizeof(span));
	ladder_page_row(page, &wait, "");
}

static uint64_t ladder_page_origin(const struct ladder_page *page, const struct ladder_conn *conn)
{
	switch (page->time) {
	case LADDER_SINCE_CONNECTION:
		return conn->began_at_us;
	case LADDER_SINCE_PREVIOUS:
		return conn->drawn_at_us;
	case LADDER_SINCE_FIRST:
		break;
	}
	return page->began_at_us;
}

void ladder_page_line(struct ladder_page *page, struct ladder_conn *conn, struct ladder_row *row,
	const char *below, uint64_t at_us)
{
	assert(conn->drawn && "a connection has a head before it has lines");
	if (row->shape != LADDER_WAIT)
		ladder_page_silence(page, conn, at_us);
	row->tag = conn->tag;
	row->timed = true;
	row->at_us = (int64_t)(at_us - ladder_page_origin(page, conn));
	ladder_page_row(page, row, below);
	conn->drawn_at_us = at_us;
}

void ladder_page_remark(
	struct ladder_page *page, struct ladder_conn *conn, const char *note, uint64_t at_us)
{
	struct ladder_row row = {.shape = LADDER_TEXT, .text = "", .note = note};

	ladder_page_line(page, conn, &row, "", at_us);
}
