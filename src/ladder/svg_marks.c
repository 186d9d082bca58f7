/* SPDX-License-Identifier: BSD-3-Clause */

/* Marks of a time-sequence graph. Input: segments, and axes. Output: elements of SVG, one path for
 * all that looks alike, but for what has something to tell: that is an element of its own with a
 * title, which a browser shows beside the pointer. */

#include "ladder/svg_marks.h"

enum {
	SVG_CAP = 6,      /* pixels of a bar that has caps */
	SVG_TITLES = 5000 /* of what is remarkable */
};

void svg_text(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		case '\'':
			fputs("&#39;", file);
			break;
		default:
			fputc(*text, file);
		}
	}
}

/* ---- lines ---------------------------------------------------------------------- */

/* A line that goes level until the next number is told: of what is acknowledged, or of the
 * window's edge. */
static void svg_steps(const struct svg_plot *plot, enum svg_kind kind)
{
	int64_t at = INT64_MIN;
	double x = 0;

	fprintf(plot->file, "<path class=\"%s line\" d=\"", svg_class(kind));
	for (size_t i = 0; i < plot->graph->n; i++) {
		const struct graph_segment *segment = &plot->graph->segments[i];
		int64_t number = kind == SVG_ACK ? segment->acked : segment->edge;

		if (!svg_is_ack(plot, segment) || segment->lost || segment->refused ||
			number == at || (kind == SVG_ACK && number < at))
			continue;
		x = svg_x(plot, segment->at_us);
		if (at == INT64_MIN)
			fprintf(plot->file, "M%.1f %.1f", x, svg_y(plot, number));
		else
			fprintf(plot->file, "H%.1fV%.1f", x, svg_y(plot, number));
		at = number;
	}
	if (at != INT64_MIN)
		fprintf(plot->file, "H%.1f", plot->x.at_to);
	fputs("\"/>\n", plot->file);
}

/* ---- bars and crosses ------------------------------------------------------------- */

/* From number to number, with caps if it is long enough to tell them apart. */
void svg_bar(FILE *file, double x, double from, double to)
{
	if (from - to < 1.6)
		fprintf(file, "M%.1f %.1fV%.1f", x, (from + to) / 2 + 0.8, (from + to) / 2 - 0.8);
	else if (from - to < SVG_CAP)
		fprintf(file, "M%.1f %.1fV%.1f", x, from, to);
	else
		fprintf(file, "M%.1f %.1fh4M%.1f %.1fV%.1fm-2 0h4", x - 2, from, x, from, to);
}

void svg_cross(FILE *file, double x, double y, double mark)
{
	double half = 0.65 * mark;

	fprintf(file, "M%.1f %.1fL%.1f %.1fM%.1f %.1fL%.1f %.1f", x - half, y - half, x + half,
		y + half, x + half, y - half, x - half, y + half);
}

/* New data: what follows in the same column without a gap becomes one bar. */
static void svg_data(const struct svg_plot *plot)
{
	double column = -1, from = 0, to = 0;
	int64_t end = 0;

	fprintf(plot->file, "<path class=\"%s\" d=\"", svg_class(SVG_DATA));
	for (size_t i = 0; i < plot->graph->n; i++) {
		const struct graph_segment *segment = &plot->graph->segments[i];
		double x = svg_x(plot, segment->at_us);

		if (!svg_is_data(plot, segment) || svg_kind_of(segment) != SVG_DATA)
			continue;
		if (column >= 0 && x - column < 0.05 && segment->begin == end &&
			svg_y(plot, segment->begin) - svg_y(plot, segment->end) < SVG_CAP) {
			to = svg_y(plot, segment->end);
			end = segment->end;
			continue;
		}
		if (column >= 0)
			svg_bar(plot->file, column, from, to);
		column = x;
		from = svg_y(plot, segment->begin);
		to = svg_y(plot, segment->end);
		end = segment->end;
	}
	if (column >= 0)
		svg_bar(plot->file, column, from, to);
	fputs("\"/>\n", plot->file);
}

static void svg_sack(const struct svg_plot *plot)
{
	fprintf(plot->file, "<path class=\"%s\" d=\"", svg_class(SVG_SACK));
	for (size_t i = 0; i < plot->graph->n; i++) {
		const struct graph_segment *segment = &plot->graph->segments[i];

		if (!svg_is_ack(plot, segment))
			continue;
		for (unsigned k = 0; k < segment->n_sack; k++)
			fprintf(plot->file, "M%.1f %.1fV%.1f", svg_x(plot, segment->at_us),
				svg_y(plot, segment->sack[k].begin),
				svg_y(plot, segment->sack[k].end));
	}
	fputs("\"/>\n", plot->file);
}

/* A segment that has something to tell: a bar, a cross on it or on the line of ACKs, a title. */
static void svg_remarkable(const struct svg_plot *plot, const struct graph_segment *segment)
{
	enum svg_kind kind = svg_kind_of(segment);
	double x = svg_x(plot, segment->at_us);
	double from = svg_y(plot, svg_is_data(plot, segment) ? segment->begin : segment->acked);
	double to = svg_is_data(plot, segment) ? svg_y(plot, segment->end) : from;

	fprintf(plot->file, "<g class=\"%s\"><title>", svg_class(kind));
	if (segment->note)
		svg_text(plot->file, plot->graph->notes[segment->note]);
	fputs("</title><path d=\"", plot->file);
	if (svg_is_data(plot, segment))
		svg_bar(plot->file, x, from, to);
	if (kind == SVG_LOST)
		svg_cross(plot->file, x, (from + to) / 2, plot->mark);
	fputs("\"/>", plot->file);
	if (kind == SVG_AGAIN || (kind == SVG_LOST && segment->again))
		fprintf(plot->file, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>",
			svg_class(SVG_AGAIN), x, (from + to) / 2, plot->mark);
	fputs("</g>\n", plot->file);
}

void svg_marks_write(const struct svg_plot *plot)
{
	unsigned titles = 0;

	svg_steps(plot, SVG_WINDOW);
	svg_steps(plot, SVG_ACK);
	svg_sack(plot);
	svg_data(plot);
	for (size_t i = 0; i < plot->graph->n && titles < SVG_TITLES; i++) {
		if (!svg_is_remarkable(plot, &plot->graph->segments[i]))
			continue;
		svg_remarkable(plot, &plot->graph->segments[i]);
		titles++;
	}
}
