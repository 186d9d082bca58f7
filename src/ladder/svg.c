/* SPDX-License-Identifier: BSD-3-Clause */

/* The document around a time-sequence graph: colours, title, axes, the key. Input: a graph. Output:
 * SVG.
 *
 * Colours are those of a light page, or of a dark one where the reader prefers that. Kinds differ
 * in shape, too, for who does not see their colours. Fonts are whatever the reader has. */

#include "ladder/svg.h"

#include "ladder/svg_marks.h"
#include "trace/duration.h"

#include <inttypes.h>
#include <string.h>

enum {
	SVG_WIDTH = 1040,
	SVG_HEIGHT = 640,
	SVG_LEFT = 84, /* of the plot, and so on */
	SVG_RIGHT = 1012,
	SVG_TOP = 84,
	SVG_BOTTOM = 540,
	SVG_MAX_TICKS = 40,
	SVG_KEY_Y = 608,
	SVG_RING = 7 /* radius, in the key */
};

static const char svg_style[] =
	"text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;"
	"font-size:13px;fill:#47505c}\n"
	".page{fill:#ffffff}.plot{fill:#f8f9fb}\n"
	".title{font-size:19px;font-weight:600;fill:#1b2027}\n"
	".grid{stroke:#e2e6eb;stroke-width:1}.axis{stroke:#8a94a1;stroke-width:1}\n"
	"path{fill:none}circle{fill:none}\n"
	".line{stroke-linejoin:round}\n"
	".data{stroke:#1f5fbf;stroke-width:1.8}\n"
	".again{stroke:#c75300;stroke-width:2.2}circle.again{stroke-width:1.4}\n"
	".late{stroke:#7b3fb5;stroke-width:2.2}\n"
	".lost{stroke:#c1121f;stroke-width:2}\n"
	".sack{stroke:#0b8a8a;stroke-width:2.4;stroke-opacity:.55}\n"
	".ack{stroke:#2b8a3e;stroke-width:1.6}\n"
	".window{stroke:#8d7400;stroke-width:1.4;stroke-dasharray:5 3}\n"
	".reason{font-size:11.5px;fill:#5a3410}.turn{font-size:11.5px;font-weight:600}\n"
	".reason,.turn{paint-order:stroke;stroke:#f8f9fb;stroke-width:4;stroke-opacity:.8;stroke-"
	"linejoin:round}\n"
	".broken{fill:#c1121f}\n"
	"@media (prefers-color-scheme:dark){\n"
	"text{fill:#aab4c0}.page{fill:#12161b}.plot{fill:#181d24}.title{fill:#eef1f5}\n"
	".grid{stroke:#2a313b}.axis{stroke:#66707d}\n"
	".data{stroke:#6ba6ff}.again{stroke:#ff9d4d}.late{stroke:#c79bff}.lost{stroke:#ff6673}\n"
	".sack{stroke:#45cfcf}.ack{stroke:#5bc980}.window{stroke:#d3b53f}\n"
	".reason{fill:#f0c9a0}.broken{fill:#ff6673}.reason,.turn{stroke:#181d24}\n"
	"}\n";

/* ---- title ------------------------------------------------------------------ */

static void svg_write_title(const struct svg_plot *plot, const char *from, const char *to)
{
	FILE *file = plot->file;

	fprintf(file, "<text class=\"title\" x=\"%d\" y=\"36\">", SVG_LEFT);
	svg_text(file, from);
	fputs(" \xe2\x86\x92 ", file);
	svg_text(file, to);
	fputs("</text>\n", file);
}

/* "1.2 Mbit/s" */
static void svg_write_rate(FILE *file, double bits_per_s)
{
	static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"};
	size_t i = 0;

	for (; bits_per_s >= 1000 && i < 3; i++)
		bits_per_s /= 1000;
	fprintf(file, ", %.*f %s",
		bits_per_s < 10    ? 2
		: bits_per_s < 100 ? 1
				   : 0,
		bits_per_s, units[i]);
}

/* "400,120": digits in threes. */
static void svg_write_count(FILE *file, uint64_t count)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			fputc(',', file);
		fputc(digits[i], file);
	}
}

/* How much it was, in which time, and what went wrong. */
static void svg_write_summary(const struct svg_plot *plot)
{
	uint64_t span_us = plot->last_at_us - plot->first_at_us;
	char span[DURATION_TEXT];
	FILE *file = plot->file;

	fprintf(file, "<text x=\"%d\" y=\"60\">", SVG_LEFT);
	svg_write_count(file, plot->bytes);
	fprintf(file, " bytes in %u segments", plot->counts[SVG_DATA]);
	if (span_us > 0) {
		fprintf(file, ", within %s", duration_format(span_us, span, sizeof(span)));
		svg_write_rate(file, (double)plot->bytes * 8e6 / (double)span_us);
	}
	if (plot->counts[SVG_AGAIN] > 0)
		fprintf(file, "; sent again: %u", plot->counts[SVG_AGAIN]);
	if (plot->counts[SVG_LATE] > 0)
		fprintf(file, "; late: %u", plot->counts[SVG_LATE]);
	if (plot->counts[SVG_LOST] > 0)
		fprintf(file, "; lost or refused: %u", plot->counts[SVG_LOST]);
	fputs("</text>\n", file);
}

/* ---- axes ---------------------------------------------------------------------- */

static void svg_write_x_axis(const struct svg_plot *plot)
{
	char label[SVG_LABEL];

	for (unsigned i = 0; i < SVG_MAX_TICKS; i++) {
		double number = svg_scale_tick(&plot->x, i), x = svg_scale_place(&plot->x, number);

		if (number > plot->x.to)
			break;
		fprintf(plot->file,
			"<path class=\"grid\" d=\"M%.1f %dV%d\"/><text x=\"%.1f\" y=\"%d\" "
			"text-anchor=\"middle\">%s</text>\n",
			x, SVG_TOP, SVG_BOTTOM, x, SVG_BOTTOM + 20,
			svg_scale_label(&plot->x, number, label, sizeof(label)));
	}
	fprintf(plot->file, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">time, %s</text>\n",
		(SVG_LEFT + SVG_RIGHT) / 2, SVG_BOTTOM + 42, plot->x.unit.name);
}

static void svg_write_y_axis(const struct svg_plot *plot)
{
	char label[SVG_LABEL];

	for (unsigned i = 0; i < SVG_MAX_TICKS; i++) {
		double number = svg_scale_tick(&plot->y, i), y = svg_scale_place(&plot->y, number);

		if (number > plot->y.to)
			break;
		fprintf(plot->file,
			"<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" "
			"text-anchor=\"end\">%s</text>\n",
			SVG_LEFT, y, SVG_RIGHT, SVG_LEFT - 10, y + 4.5,
			svg_scale_label(&plot->y, number, label, sizeof(label)));
	}
	fprintf(plot->file,
		"<text transform=\"translate(22 %d) rotate(-90)\" text-anchor=\"middle\">"
		"sequence number, %s</text>\n",
		(SVG_TOP + SVG_BOTTOM) / 2, plot->y.unit.name);
}

static void svg_write_frame(FILE *file)
{
	fprintf(file, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", SVG_LEFT, SVG_TOP, SVG_BOTTOM,
		SVG_RIGHT);
}

/* ---- the key --------------------------------------------------------------------- */

/* The mark of a kind as it looks in the picture, around (x, y). */
static void svg_write_sample(FILE *file, enum svg_kind kind, double x, double y)
{
	bool is_line = kind == SVG_ACK || kind == SVG_WINDOW;

	fprintf(file, "<path class=\"%s%s\" d=\"", svg_class(kind), is_line ? " line" : "");
	if (is_line)
		fprintf(file, "M%.1f %.1fh9v-7h9", x - 9, y + 3.5);
	else if (kind == SVG_SACK)
		fprintf(file, "M%.1f %.1fV%.1f", x, y + 7, y - 7);
	else
		svg_bar(file, x, y + 7, y - 7);
	if (kind == SVG_LOST)
		svg_cross(file, x, y, SVG_RING);
	fputs("\"/>", file);
	if (kind == SVG_AGAIN)
		fprintf(file, "<circle class=\"again\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/>", x, y,
			SVG_RING);
}

/* What there is in the picture, from left to right. */
static void svg_write_key(const struct svg_plot *plot)
{
	static const char *const words[] = {[SVG_DATA] = "data",
		[SVG_AGAIN] = "sent again",
		[SVG_LATE] = "fills a gap",
		[SVG_LOST] = "lost or refused",
		[SVG_SACK] = "SACK block",
		[SVG_ACK] = "acknowledged",
		[SVG_WINDOW] = "end of the receiver's window"};
	double x = SVG_LEFT + 8;

	fputs("<g class=\"key\">\n", plot->file);
	for (int kind = 0; kind < SVG_KINDS; kind++) {
		const char *word = words[kind];

		if (plot->counts[kind] == 0)
			continue;
		if (kind == SVG_WINDOW && plot->window_is_above)
			word = "the receiver's window ends above";
		svg_write_sample(plot->file, (enum svg_kind)kind, x, SVG_KEY_Y);
		fprintf(plot->file, "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", x + 16,
			SVG_KEY_Y + 4.5, word);
		x += 52 + 6.3 * (double)strlen(word);
	}
	fputs("</g>\n", plot->file);
}

/* ---- the document ------------------------------------------------------------------- */

static void svg_write_begin(const struct svg_plot *plot, const char *from, const char *to)
{
	FILE *file = plot->file;

	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" role=\"img\">\n<title>",
		SVG_WIDTH, SVG_HEIGHT, SVG_WIDTH, SVG_HEIGHT);
	svg_text(file, from);
	fputs(" to ", file);
	svg_text(file, to);
	fprintf(file,
		": time and sequence numbers of a TCP connection</title>\n<style>\n%s</style>\n"
		"<clipPath id=\"plot\"><rect x=\"%d\" y=\"%d\" width=\"%d\" "
		"height=\"%d\"/></clipPath>\n"
		"<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n"
		"<rect class=\"plot\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
		svg_style, SVG_LEFT, SVG_TOP - 6, SVG_RIGHT - SVG_LEFT, SVG_BOTTOM - SVG_TOP + 12,
		SVG_WIDTH, SVG_HEIGHT, SVG_LEFT, SVG_TOP, SVG_RIGHT - SVG_LEFT,
		SVG_BOTTOM - SVG_TOP);
}

void svg_write(FILE *file, const struct graph *graph, bool outbound)
{
	const struct evtcp_tuple *tuple = &graph->tuple;
	char from[EVTCP_ENDPOINT_TEXT], to[EVTCP_ENDPOINT_TEXT];
	struct svg_plot plot;

	evtcp_endpoint_format(outbound ? &tuple->local : &tuple->remote, from, sizeof(from));
	evtcp_endpoint_format(outbound ? &tuple->remote : &tuple->local, to, sizeof(to));
	svg_plot_init(&plot, file, graph, outbound);
	plot.x.at_from = SVG_LEFT + 10;
	plot.x.at_to = SVG_RIGHT;
	plot.y.at_from = SVG_BOTTOM - 8;
	plot.y.at_to = SVG_TOP;
	svg_write_begin(&plot, from, to);
	svg_write_title(&plot, from, to);
	svg_write_summary(&plot);
	svg_write_x_axis(&plot);
	svg_write_y_axis(&plot);
	fputs("<g clip-path=\"url(#plot)\">\n", file);
	svg_marks_write(&plot);
	fputs("</g>\n", file);
	svg_write_frame(file);
	svg_labels_write(&plot);
	svg_write_key(&plot);
	fputs("</svg>\n", file);
}
