/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_LADDER_PAGE_H
#define TRACE_LADDER_PAGE_H

/* The page that ladders are drawn on, line by line: heads, rows with their times, silences, and
 * what goes on in the next line. */

#include "trace/ladder_conn.h"
#include "trace/ladder_draw.h"

/* A silence of a connection that is longer than this is drawn. */
#define LADDER_SILENCE_US 20000

/* What the times at the left count from. */
enum ladder_time {
	LADDER_SINCE_FIRST,      /* the first line of all */
	LADDER_SINCE_CONNECTION, /* the first of the same connection */
	LADDER_SINCE_PREVIOUS    /* the one before, of the same connection */
};

struct ladder_page {
	void (*write)(void *arg, const char *line); /* gets each line, without newline */
	void *arg;
	struct ladder_look look;
	enum ladder_time time;
	bool begun;           /* a line stands */
	uint64_t began_at_us; /* when the first was */
};

/* ladder_page_init: an empty page, on which times count from the first line. */
void ladder_page_init(
	struct ladder_page *page, void (*write)(void *arg, const char *line), void *arg);

/* ladder_page_head: the line above the first of conn, at at_us, with its ends and a note; an empty
 * one before it unless it is the first. */
void ladder_page_head(
	struct ladder_page *page, struct ladder_conn *conn, const char *note, uint64_t at_us);

/* ladder_page_line: makes row the next line of conn, whose head stands, at at_us: sets its tag,
 * time and look, draws the silence before it, if there was one, and below it what did not fit; and
 * in its lane, there, below ("" for nothing). */
void ladder_page_line(struct ladder_page *page, struct ladder_conn *conn, struct ladder_row *row,
	const char *below, uint64_t at_us);

/* ladder_page_remark: the same for a remark between two segments. */
void ladder_page_remark(
	struct ladder_page *page, struct ladder_conn *conn, const char *note, uint64_t at_us);

#endif
