/* SPDX-License-Identifier: BSD-3-Clause */

/* Lines of a ladder, drawn with the box characters that every terminal has.
 *
 * Input: a row: label, direction, fate, note. Output: UTF-8 in the caller's buffer.
 * A label stands beside its sender, as speech does. Labels are ASCII, so that
 * bytes count columns; one that is wider than the lane widens it for that line.
 *
 * It remembers nothing between two rows and knows no TCP: ladder.c does. */

#include "trace/ladder_draw.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	DRAW_LANE = 46,   /* columns between the lifelines */
	DRAW_REACH = 34,  /* how far a lost arrow comes */
	DRAW_MARGIN = 17, /* columns before the left lifeline */
	DRAW_SHAFT = 2    /* shortest visible piece of an arrow beside its label */
};

#define US_PER_S 1000000u

/* Text that grows at its end by whole characters. */
struct draw {
	char *text;
	size_t size, len;
};

static void draw_begin(struct draw *draw, char *text, size_t size)
{
	assert(size > 0 && "there is room for the terminator");
	*draw = (struct draw){text, size, 0};
	text[0] = '\0';
}

/* Adds all of s, or nothing and then nothing more. */
static void draw_add(struct draw *draw, const char *s)
{
	size_t n = strlen(s);

	if (n >= draw->size - draw->len) {
		draw->size = draw->len + 1;
		return;
	}
	memcpy(draw->text + draw->len, s, n + 1);
	draw->len += n;
}

static void draw_repeat(struct draw *draw, const char *s, int n)
{
	while (n-- > 0)
		draw_add(draw, s);
}

static int draw_max(int a, int b)
{
	return a > b ? a : b;
}

static void draw_trim(struct draw *draw)
{
	while (draw->len > 0 && draw->text[draw->len - 1] == ' ')
		draw->text[--draw->len] = '\0';
}

/* ---- the columns ----------------------------------------------------- */

/* The tag at the left, the time up to the lifeline, one blank between at least. */
static void draw_margin(struct draw *draw, const struct ladder_row *row)
{
	char tag[16] = "", time[32] = "";
	int used = 0;

	if (row->tag != 0)
		used += snprintf(tag, sizeof(tag), "#%u", row->tag);
	if (row->timed)
		used += snprintf(time, sizeof(time), "%" PRIu64 ".%06" PRIu64,
			row->at_us / US_PER_S, row->at_us % US_PER_S);
	draw_add(draw, tag);
	draw_repeat(draw, " ", draw_max(DRAW_MARGIN - 1 - used, 1));
	draw_add(draw, time);
	draw_add(draw, " ");
}

/* The head of an arrow, as its fate wills. */
static const char *draw_tip(const struct ladder_row *row)
{
	if (row->fate != LADDER_ARRIVES)
		return "╳";
	return row->to_right ? "▶" : "◀";
}

/* How many columns an arrow takes that has width columns of label. */
static int draw_reach(const struct ladder_row *row, int width)
{
	int least = width + DRAW_SHAFT + 1;

	switch (row->fate) {
	case LADDER_LOST:
		return draw_max(DRAW_REACH, least);
	case LADDER_UNSENT:
		return width + 1;
	case LADDER_ARRIVES:
	case LADDER_REFUSED:
		break;
	}
	return draw_max(DRAW_LANE, least);
}

static void draw_arrow(struct draw *draw, const struct ladder_row *row)
{
	int width = DRAW_SHAFT + 2 + (int)strlen(row->text); /* "── label " */
	int reach = draw_reach(row, width);
	int shaft = reach - width - 1, space = DRAW_LANE - reach;

	if (row->to_right) {
		draw_repeat(draw, "─", DRAW_SHAFT);
		draw_add(draw, " ");
		draw_add(draw, row->text);
		draw_add(draw, " ");
		draw_repeat(draw, "─", shaft);
		draw_add(draw, draw_tip(row));
		draw_repeat(draw, " ", space);
		return;
	}
	draw_repeat(draw, " ", space);
	draw_add(draw, draw_tip(row));
	draw_repeat(draw, "─", shaft);
	draw_add(draw, " ");
	draw_add(draw, row->text);
	draw_add(draw, " ");
	draw_repeat(draw, "─", DRAW_SHAFT);
}

/* Text under an arrow, as far from its sender as the arrow's label. */
static void draw_text(struct draw *draw, const struct ladder_row *row)
{
	int indent = DRAW_SHAFT + 1, width = (int)strlen(row->text);
	int space = DRAW_LANE - indent - width;

	draw_repeat(draw, " ", row->to_right ? indent : space);
	draw_add(draw, row->text);
	draw_repeat(draw, " ", row->to_right ? space : indent);
}

static void draw_wait(struct draw *draw, const struct ladder_row *row)
{
	int width = (int)strlen(row->text), left = draw_max(DRAW_LANE - width, 0) / 2;

	draw_repeat(draw, " ", left);
	draw_add(draw, row->text);
	draw_repeat(draw, " ", DRAW_LANE - width - left);
}

char *ladder_draw_row(const struct ladder_row *row, char *text, size_t size)
{
	const char *lifeline = row->shape == LADDER_WAIT ? "┊" : "│";
	struct draw draw;

	draw_begin(&draw, text, size);
	draw_margin(&draw, row);
	draw_add(&draw, lifeline);
	if (row->shape == LADDER_ARROW)
		draw_arrow(&draw, row);
	else if (row->shape == LADDER_WAIT)
		draw_wait(&draw, row);
	else
		draw_text(&draw, row);
	draw_add(&draw, lifeline);
	draw_add(&draw, " ");
	draw_add(&draw, row->note);
	draw_trim(&draw);
	return text;
}

char *ladder_draw_head(
	const struct ladder_row *row, const char *left, const char *right, char *text, size_t size)
{
	/* The names begin and end above the lifelines, hence two columns more. */
	int used = (int)(strlen(left) + strlen(right));
	struct draw draw;

	draw_begin(&draw, text, size);
	draw_margin(&draw, row);
	draw_add(&draw, left);
	draw_repeat(&draw, " ", draw_max(DRAW_LANE + 2 - used, 2));
	draw_add(&draw, right);
	draw_add(&draw, " ");
	draw_add(&draw, row->note);
	draw_trim(&draw);
	return text;
}
