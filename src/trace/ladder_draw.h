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

/* What a row is about, for who draws in colours. */
enum ladder_tone {
	LADDER_PLAIN,
	LADDER_TURN,  /* a connection begins or ends in order */
	LADDER_AGAIN, /* something is sent once more, or comes late */
	LADDER_GONE,  /* something is lost, refused, broken off */
	LADDER_FAINT  /* nothing happens */
};

/* How a ladder looks, and where its columns stand. */
struct ladder_look {
	int margin;  /* columns before the left lifeline */
	int lane;    /* columns between the lifelines */
	int all;     /* of a whole line; 0: as many as it takes */
	bool ascii;  /* drawn with what every terminal and editor has */
	bool colour; /* rows have the colour of their tone (ECMA-48 SGR) */
};

/* The usual number of columns between lifelines; a note beside them is read most easily. */
#define LADDER_LANE 46

/* ladder_look_fit: for lines of so many columns, 0 for any number, whose lane has lane columns
 * where there is room for that; UTF-8 without colours. */
struct ladder_look ladder_look_fit(unsigned columns, int lane);

/* ladder_look_label: how long a label may be for the lane to keep its width. */
size_t ladder_look_label(const struct ladder_look *look);

struct ladder_row {
	struct ladder_look look;
	unsigned tag;  /* of the connection; 0 leaves the column empty */
	bool timed;    /* whether at_us is written */
	int64_t at_us; /* since the ladder began */
	enum ladder_shape shape;
	bool to_right; /* sent by the left end */
	enum ladder_fate fate;
	enum ladder_tone tone;
	const char *text; /* in the lane, ASCII; "" for nothing */
	const char *note; /* beside it, words of UTF-8; "" for nothing */
};

/* A row as UTF-8, any texts at their longest. */
#define LADDER_ROW_TEXT 1024

/* ladder_draw_row: writes row as one line without newline or trailing blanks,
 * terminated, cut before a character that does not fit in size. Text in the lane (of
 * LADDER_TEXT) and a note that are wider than their columns are broken between words, or within
 * one that is wider itself:
 * row->text and row->note become what is left, for a row below; else "". */
void ladder_draw_row(struct ladder_row *row, char *text, size_t size);

/* ladder_draw_head: the line above a new connection: its tag, the names of both
 * ends above their lifelines, a note, of which row->note becomes what is left for a line below,
 * where the ends have no names. Returns text. */
char *ladder_draw_head(
	struct ladder_row *row, const char *left, const char *right, char *text, size_t size);

#endif
