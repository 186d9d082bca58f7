/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_LADDER_DRAW_H
#define TRACE_LADDER_DRAW_H

/* The rows of a ladder as text: where the columns stand, what an arrow looks
 * like. Knows nothing of TCP.
 *
 *     tag  time         lane (between the lifelines of left and right)     note
 *     #1     0.000215  │── PSH 1:75 (74)  ACK 1 ──────────────────────▶│ → ESTABLISHED
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands in the lane. */
enum ladder_shape {
	LADDER_ARROW, /* a segment on its way: text is its label */
	LADDER_TEXT,  /* text beside the sender, a second line for an arrow */
	LADDER_WAIT   /* time passes: text says how much; the lifelines are dotted */
};

/* How far an arrow comes. */
enum ladder_fate {
	LADDER_ARRIVES, /* ──▶ */
	LADDER_REFUSED, /* ──╳ at the receiver, who does nothing with it */
	LADDER_LOST,    /* ──╳ on the way */
	LADDER_UNSENT   /* ╳   at the sender */
};

/* Where the columns of a ladder stand. */
struct ladder_columns {
	int margin; /* columns before the left lifeline */
	int lane;   /* columns between the lifelines */
	int all;    /* of a whole line; 0: as many as it takes */
};

/* ladder_columns_fit: for lines of so many columns; 0 for any number. */
struct ladder_columns ladder_columns_fit(unsigned columns);

struct ladder_row {
	struct ladder_columns columns;
	unsigned tag;   /* of the connection; 0 leaves the column empty */
	bool timed;     /* whether at_us is written */
	uint64_t at_us; /* since the ladder began */
	enum ladder_shape shape;
	bool to_right; /* sent by the left end */
	enum ladder_fate fate;
	const char *text; /* in the lane, ASCII; "" for nothing */
	const char *note; /* beside it, words of UTF-8; "" for nothing */
};

/* A row as UTF-8, any texts at their longest. */
#define LADDER_ROW_TEXT 1024

/* ladder_draw_row: writes row as one line without newline or trailing blanks,
 * terminated, cut before a character that does not fit in size. Text in the lane (of
 * LADDER_TEXT) and a note that are wider than their columns are broken between words:
 * row->text and row->note become what is left, for a row below; else "". */
void ladder_draw_row(struct ladder_row *row, char *text, size_t size);

/* ladder_draw_head: the line above a new connection: its tag, the names of both
 * ends above their lifelines, a note,
 * which is not broken. Returns text. */
char *ladder_draw_head(
	const struct ladder_row *row, const char *left, const char *right, char *text, size_t size);

#endif
