/* SPDX-License-Identifier: BSD-3-Clause */

/* Words in a time-sequence graph. Input: segments, and axes. Output: text beside marks, none over
 * another. */

#include "ladder/svg_marks.h"

#include "util/utf8.h"

#include <string.h>

enum {
	SVG_LABELS = 24,  /* at most, in a picture */
	SVG_REMARKS = 12, /* remarkable segments beyond which no reason is written */
	SVG_LABEL_HEIGHT = 14,
	SVG_LABEL_GAP = 12, /* beside the mark */
	SVG_LABEL_COLUMNS = 60,
	SVG_MARK = 8 /* around the middle of one, where no word is to stand */
};

#define SVG_LABEL_CHAR 6.4 /* width of a character, about */

/* What a label covers. */
struct svg_box {
	double left, right, top, bottom;
};

struct svg_labels {
	const struct svg_plot *plot;
	struct svg_box boxes[SVG_LABELS + SVG_REMARKS]; /* of labels, and of marks */
	unsigned n;
	unsigned left; /* labels that may still be written */
};

static bool svg_collides(const struct svg_labels *labels, const struct svg_box *box)
{
	for (unsigned i = 0; i < labels->n; i++) {
		const struct svg_box *other = &labels->boxes[i];

		if (box->left < other->right && other->left < box->right &&
			box->top < other->bottom && other->top < box->bottom)
			return true;
	}
	return false;
}

static bool svg_is_inside(const struct svg_plot *plot, const struct svg_box *box)
{
	return box->left > plot->x.at_from && box->right < plot->x.at_to + SVG_LABEL_GAP &&
	       box->top > plot->y.at_to && box->bottom < plot->y.at_from;
}

/* A place beside (x, y) for a text of this width that no other label has, nearest first; false if
 * there is none. */
static bool svg_find_place(
	const struct svg_labels *labels, double x, double y, double width, struct svg_box *box)
{
	static const double shifts[] = {0, -1, 1, -2, 2, -3, 3};

	for (size_t i = 0; i < 2 * sizeof(shifts) / sizeof(shifts[0]); i++) {
		double middle = y + shifts[i / 2] * SVG_LABEL_HEIGHT;

		box->left = i % 2 == 0 ? x + SVG_LABEL_GAP : x - SVG_LABEL_GAP - width;
		box->right = box->left + width;
		box->top = middle - SVG_LABEL_HEIGHT / 2.0;
		box->bottom = box->top + SVG_LABEL_HEIGHT;
		if (svg_is_inside(labels->plot, box) && !svg_collides(labels, box))
			return true;
	}
	return false;
}

static void svg_label(
	struct svg_labels *labels, double x, double y, const char *class, const char *text)
{
	double width = (double)utf8_width(text, strlen(text)) * SVG_LABEL_CHAR;
	struct svg_box box;

	if (labels->left == 0 || !text[0] || !svg_find_place(labels, x, y, width, &box))
		return;
	labels->left--;
	labels->boxes[labels->n++] = box;
	fprintf(labels->plot->file, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\"%s>", class,
		box.left < x ? box.right : box.left, box.bottom - 4,
		box.left < x ? " text-anchor=\"end\"" : "");
	svg_text(labels->plot->file, text);
	fputs("</text>\n", labels->plot->file);
}

/* The number at which a remarkable segment has its mark. */
static int64_t svg_mark_at(const struct svg_plot *plot, const struct graph_segment *segment)
{
	return svg_is_data(plot, segment) ? (segment->begin + segment->end) / 2 : segment->acked;
}

/* Keeps words away from marks. */
static void svg_reserve(struct svg_labels *labels, const struct graph_segment *segment)
{
	double x = svg_x(labels->plot, segment->at_us);
	double y = svg_y(labels->plot, svg_mark_at(labels->plot, segment));

	labels->boxes[labels->n++] =
		(struct svg_box){x - SVG_MARK, x + SVG_MARK, y - SVG_MARK, y + SVG_MARK};
}

/* Beside a mark a reason stands without its source, "RACK: lost (RFC 8985)"; the title has that. */
static size_t svg_reason_len(const char *reason)
{
	const char *source = strstr(reason, " (RFC "), *end = source ? strchr(source, ')') : NULL;

	return end && end[1] == '\0' ? (size_t)(source - reason) : strlen(reason);
}

/* Why something was sent again, or was lost: if there is little of that, each is told. */
static void svg_label_reason(struct svg_labels *labels, const struct graph_segment *segment)
{
	const struct svg_plot *plot = labels->plot;
	const char *note = segment->note ? plot->graph->notes[segment->note] : "";
	char text[SVG_LABEL_COLUMNS];

	utf8_clean(text, sizeof(text), note, svg_reason_len(note), false);
	svg_label(labels, svg_x(plot, segment->at_us), svg_y(plot, svg_mark_at(plot, segment)),
		"reason", text);
}

static void svg_label_reasons(struct svg_labels *labels,
	void (*each)(struct svg_labels *labels, const struct graph_segment *segment))
{
	const struct svg_plot *plot = labels->plot;
	unsigned remarks = 0;

	for (size_t i = 0; i < plot->graph->n; i++)
		remarks += svg_is_remarkable(plot, &plot->graph->segments[i]);
	if (remarks > SVG_REMARKS)
		return;
	for (size_t i = 0; i < plot->graph->n; i++)
		if (svg_is_remarkable(plot, &plot->graph->segments[i]))
			each(labels, &plot->graph->segments[i]);
}

/* SYN, FIN and RST, of the side whose data is shown; a reset of either. */
static void svg_label_turns(struct svg_labels *labels)
{
	const struct svg_plot *plot = labels->plot;
	unsigned left = SVG_LABELS / 2;

	for (size_t i = 0; i < plot->graph->n && left > 0; i++) {
		const struct graph_segment *segment = &plot->graph->segments[i];
		bool ours = segment->outbound == plot->outbound;
		double x = svg_x(plot, segment->at_us);

		if (segment->flags & TCP_RST)
			svg_label(labels, x, svg_y(plot, ours ? segment->begin : segment->acked),
				"turn broken", ours ? "RST" : "RST of the other side");
		else if (ours && !segment->again && segment->flags & (TCP_SYN | TCP_FIN))
			svg_label(labels, x, svg_y(plot, segment->end), "turn",
				segment->flags & TCP_SYN ? "SYN" : "FIN");
		else
			continue;
		left--;
	}
}

void svg_labels_write(const struct svg_plot *plot)
{
	struct svg_labels labels = {.plot = plot, .left = SVG_LABELS};

	svg_label_reasons(&labels, svg_reserve);
	svg_label_turns(&labels);
	svg_label_reasons(&labels, svg_label_reason);
}
