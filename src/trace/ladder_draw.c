/* SPDX-License-Identifier: BSD-3-Clause */

/* Lines of a ladder, drawn with the box characters that every terminal has.
 *
 * Input: a row: label, direction, fate, note. Output: UTF-8 in the caller's buffer.
 * A label stands beside its sender, as speech does. Labels are ASCII, so that
 * bytes count columns; one that is wider than the lane widens it for that line.
 *
 * A line has as many columns as it takes, or no more than it is given: then the lane is
 * narrower, and what is too wide is broken between words. Colours take no columns.
 *
 * It remembers nothing between two rows and knows no TCP: ladder.c does. */

#include "trace/ladder_draw.h"

#include "util/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	DRAW_MARGIN = 17,        /* columns before the left lifeline, */
	DRAW_MARGIN_NARROW = 14, /* where columns are few */
	DRAW_LANE_MIN = 34,      /* between the lifelines: a lost arrow ends on its way */
	DRAW_NOTE = 36,          /* columns that most notes need */
	DRAW_NOTE_MIN = 16,      /* beside an arrow that is wider than the lane */
	DRAW_COLUMNS_MIN = 72,
	DRAW_SHAFT = 2 /* shortest visible piece of an arrow beside its label */
};

#define US_PER_S 1000000u

/* What is drawn with. */
struct draw_glyphs {
	const char *lifeline, *waiting, *shaft, *to_right, *to_left, *cross;
};

static const struct draw_glyphs draw_utf8 = {"│", "┊", "─", "▶", "◀", "╳"};
static const struct draw_glyphs draw_ascii = {"|", ":", "-", ">", "<", "X"};

static const struct draw_glyphs *draw_glyphs(const struct ladder_row *row)
{
	return row->look.ascii ? &draw_ascii : &draw_utf8;
}

/* Text that grows at its end by whole characters. */
struct draw {
	char *text;
	size_t size, len;
	int columns; /* that it takes */
};

static void draw_begin(struct draw *draw, char *text, size_t size)
{
	assert(size > 0 && "there is room for the terminator");
	*draw = (struct draw){text, size, 0, 0};
	text[0] = '\0';
}

/* Adds n bytes of s, or nothing and then nothing more. */
static void draw_add_bytes(struct draw *draw, const char *s, size_t n)
{
	if (n >= draw->size - draw->len) {
		draw->size = draw->len + 1;
		return;
	}
	memcpy(draw->text + draw->len, s, n);
	draw->len += n;
	draw->text[draw->len] = '\0';
	draw->columns += (int)utf8_width(s, n);
}

static void draw_add(struct draw *draw, const char *s)
{
	draw_add_bytes(draw, s, strlen(s));
}

/* From here on text has the colour of the tone; draw_plain: no more. */
static void draw_colour(struct draw *draw, const struct ladder_row *row)
{
	static const char *const colours[] = {[LADDER_PLAIN] = "",
		[LADDER_TURN] = "\033[32m",
		[LADDER_AGAIN] = "\033[33m",
		[LADDER_GONE] = "\033[31m",
		[LADDER_FAINT] = "\033[2m"};
	int columns = draw->columns;

	if (row->look.colour && row->tone != LADDER_PLAIN)
		draw_add(draw, colours[row->tone]);
	draw->columns = columns;
}

static void draw_plain(struct draw *draw, const struct ladder_row *row)
{
	int columns = draw->columns;

	if (row->look.colour && row->tone != LADDER_PLAIN)
		draw_add(draw, "\033[0m");
	draw->columns = columns;
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

static int draw_min(int a, int b)
{
	return a < b ? a : b;
}

/* As many bytes of s, whose first word is n long, as fit in so many columns, at least one
 * character. */
static size_t draw_fit_word(const char *s, size_t n, int columns)
{
	size_t end = 0, next;
	uint32_t code;

	if ((int)utf8_width(s, n) <= columns)
		return n;
	for (next = 0; next < n; end = next) {
		size_t len = utf8_decode(s + next, n - next, &code);

		next += len == 0 ? 1 : len;
		if (end > 0 && (int)utf8_width(s, next) > columns)
			return end;
	}
	return n;
}

/* How many bytes of s fit in so many columns: all, or some words, a piece of one at least. */
static size_t draw_fit(const char *s, int columns)
{
	size_t end = strcspn(s, " "), next = end;

	if ((int)utf8_width(s, end) > columns)
		return draw_fit_word(s, end, columns);
	while (s[next] != '\0') {
		next += 1 + strcspn(s + next + 1, " ");
		if ((int)utf8_width(s, next) > columns)
			return end;
		end = next;
	}
	return end;
}

/* The text behind the first len bytes and the blanks that follow them. */
static const char *draw_rest(const char *s, size_t len)
{
	return s + len + strspn(s + len, " ");
}

static void draw_trim(struct draw *draw)
{
	while (draw->len > 0 && draw->text[draw->len - 1] == ' ')
		draw->text[--draw->len] = '\0';
}

/* ---- the columns ----------------------------------------------------- */

struct ladder_look ladder_look_fit(unsigned columns, int lane)
{
	struct ladder_look fit = {.margin = DRAW_MARGIN, .lane = lane};
	int all = columns < DRAW_COLUMNS_MIN ? DRAW_COLUMNS_MIN : (int)columns, room;

	if (columns == 0)
		return fit;
	fit.all = all;
	/* Three more: the lifelines, and a blank before the note. */
	room = all - 3 - DRAW_NOTE;
	if (room >= DRAW_MARGIN + draw_min(lane, LADDER_LANE)) {
		fit.lane = draw_min(room - DRAW_MARGIN, lane);
		return fit;
	}
	fit.margin = DRAW_MARGIN_NARROW;
	fit.lane = draw_min(draw_max(room - DRAW_MARGIN_NARROW, DRAW_LANE_MIN), lane);
	return fit;
}

size_t ladder_look_label(const struct ladder_look *look)
{
	return (size_t)look->lane - 2 * DRAW_SHAFT - 3; /* two blanks, and the tip */
}

/* Seconds, of whatever sign; returns their length. */
static int draw_time(char *text, size_t size, int64_t at_us)
{
	uint64_t us = at_us < 0 ? 0 - (uint64_t)at_us : (uint64_t)at_us;

	return snprintf(text, size, "%s%" PRIu64 ".%06" PRIu64, at_us < 0 ? "-" : "", us / US_PER_S,
		us % US_PER_S);
}

/* The tag at the left, the time up to the lifeline, one blank between at least. */
static void draw_margin(struct draw *draw, const struct ladder_row *row)
{
	char tag[16] = "", time[32] = "";
	int used = 0;

	if (row->tag != 0)
		used += snprintf(tag, sizeof(tag), "#%u", row->tag);
	if (row->timed)
		used += draw_time(time, sizeof(time), row->at_us);
	draw_add(draw, tag);
	draw_repeat(draw, " ", draw_max(row->look.margin - 1 - used, 1));
	draw_add(draw, time);
	draw_add(draw, " ");
}

/* The head of an arrow, as its fate wills. */
static const char *draw_tip(const struct ladder_row *row)
{
	const struct draw_glyphs *glyphs = draw_glyphs(row);

	if (row->fate != LADDER_ARRIVES)
		return glyphs->cross;
	return row->to_right ? glyphs->to_right : glyphs->to_left;
}

/* How many columns an arrow takes that has width columns of label. */
static int draw_reach(const struct ladder_row *row, int width)
{
	int least = width + DRAW_SHAFT + 1;

	switch (row->fate) {
	case LADDER_LOST:
		return draw_max(row->look.lane * 3 / 4, least);
	case LADDER_UNSENT:
		return width + 1;
	case LADDER_ARRIVES:
	case LADDER_REFUSED:
		break;
	}
	return draw_max(row->look.lane, least);
}

static void draw_arrow(struct draw *draw, const struct ladder_row *row)
{
	const char *line = draw_glyphs(row)->shaft;
	int width = DRAW_SHAFT + 2 + (int)strlen(row->text); /* "── label " */
	int reach = draw_reach(row, width);
	int shaft = reach - width - 1, space = row->look.lane - reach;

	if (row->to_right) {
		draw_repeat(draw, line, DRAW_SHAFT);
		draw_add(draw, " ");
		draw_add(draw, row->text);
		draw_add(draw, " ");
		draw_repeat(draw, line, shaft);
		draw_add(draw, draw_tip(row));
		draw_repeat(draw, " ", space);
		return;
	}
	draw_repeat(draw, " ", space);
	draw_add(draw, draw_tip(row));
	draw_repeat(draw, line, shaft);
	draw_add(draw, " ");
	draw_add(draw, row->text);
	draw_add(draw, " ");
	draw_repeat(draw, line, DRAW_SHAFT);
}

/* Text under an arrow, as far from its sender as the arrow's label; the words that
 * fit. */
static void draw_text(struct draw *draw, struct ladder_row *row)
{
	int indent = DRAW_SHAFT + 1, room = row->look.lane - 2 * indent;
	size_t len = row->look.all != 0 ? draw_fit(row->text, room) : strlen(row->text);
	int space = row->look.lane - indent - (int)len;

	draw_repeat(draw, " ", row->to_right ? indent : space);
	draw_add_bytes(draw, row->text, len);
	draw_repeat(draw, " ", row->to_right ? space : indent);
	row->text = draw_rest(row->text, len);
}

static void draw_wait(struct draw *draw, const struct ladder_row *row)
{
	int width = (int)strlen(row->text), left = draw_max(row->look.lane - width, 0) / 2;

	draw_repeat(draw, " ", left);
	draw_add(draw, row->text);
	draw_repeat(draw, " ", row->look.lane - width - left);
}

/* The words of the note that fit in what is left of the line. */
static void draw_note(struct draw *draw, struct ladder_row *row)
{
	size_t len = strlen(row->note);

	draw_add(draw, " ");
	if (row->look.all != 0)
		len = draw_fit(row->note, draw_max(row->look.all - draw->columns, DRAW_NOTE_MIN));
	draw_add_bytes(draw, row->note, len);
	row->note = draw_rest(row->note, len);
}

void ladder_draw_row(struct ladder_row *row, char *text, size_t size)
{
	const struct draw_glyphs *glyphs = draw_glyphs(row);
	const char *lifeline = row->shape == LADDER_WAIT ? glyphs->waiting : glyphs->lifeline;
	struct draw draw;

	draw_begin(&draw, text, size);
	draw_margin(&draw, row);
	draw_add(&draw, lifeline);
	draw_colour(&draw, row);
	if (row->shape == LADDER_ARROW)
		draw_arrow(&draw, row);
	else if (row->shape == LADDER_WAIT)
		draw_wait(&draw, row);
	else
		draw_text(&draw, row);
	if (row->shape != LADDER_TEXT)
		row->text = "";
	draw_plain(&draw, row);
	draw_add(&draw, lifeline);
	if (row->note[0]) {
		draw_colour(&draw, row);
		draw_note(&draw, row);
		draw_plain(&draw, row);
	}
}

char *ladder_draw_head(
	struct ladder_row *row, const char *left, const char *right, char *text, size_t size)
{
	/* The names begin and end above the lifelines, hence two columns more. */
	int used = (int)(strlen(left) + strlen(right));
	struct draw draw;

	draw_begin(&draw, text, size);
	draw_margin(&draw, row);
	draw_add(&draw, left);
	draw_repeat(&draw, " ", draw_max(row->look.lane + 2 - used, 2));
	draw_add(&draw, right);
	draw_note(&draw, row);
	draw_trim(&draw);
	return text;
}
