/* SPDX-License-Identifier: BSD-3-Clause */

/* Measuring a graph. Input: segments. Output: the axes that they need, counts. */

#include "ladder/svg_plot.h"

enum { SVG_TICKS_X = 11, SVG_TICKS_Y = 8 };

/* So many marks are few, or many: then they are smaller. */
enum { SVG_FEW = 40, SVG_MANY = 160 };

/* How far above the data the window's edge may be for the picture to show it, in heights of the
 * data. */
#define SVG_WINDOW_ROOM 0.35

const char *svg_class(enum svg_kind kind)
{
	static const char *const names[] = {[SVG_DATA] = "data",
		[SVG_AGAIN] = "again",
		[SVG_LATE] = "late",
		[SVG_LOST] = "lost",
		[SVG_SACK] = "sack",
		[SVG_ACK] = "ack",
		[SVG_WINDOW] = "window"};

	return names[kind];
}

/* ---- what there is ---------------------------------------------------------- */

bool svg_is_data(const struct svg_plot *plot, const struct graph_segment *segment)
{
	return segment->outbound == plot->outbound && segment->end > segment->begin;
}

bool svg_is_ack(const struct svg_plot *plot, const struct graph_segment *segment)
{
	return segment->outbound != plot->outbound && segment->acks;
}

enum svg_kind svg_kind_of(const struct graph_segment *segment)
{
	if (segment->lost || segment->refused)
		return SVG_LOST;
	if (segment->again)
		return SVG_AGAIN;
	return segment->late ? SVG_LATE : SVG_DATA;
}

static void svg_count_data(struct svg_plot *plot, const struct graph_segment *segment)
{
	plot->counts[SVG_DATA]++;
	plot->counts[SVG_AGAIN] += segment->again;
	plot->counts[SVG_LATE] += segment->late;
	if (segment->payload_len == 0)
		return;
	if (!segment->again)
		plot->bytes += segment->payload_len;
	if (plot->first_at_us == 0)
		plot->first_at_us = segment->at_us;
	plot->last_at_us = segment->at_us;
}

/* The numbers that a picture must show, and those that it may. */
struct svg_extent {
	int64_t low, high, edge_low, edge_high;
	uint64_t last_at_us;
};

static void svg_extend(struct svg_extent *extent, int64_t low, int64_t high)
{
	if (low < extent->low)
		extent->low = low;
	if (high > extent->high)
		extent->high = high;
}

static void svg_count_ack(
	struct svg_plot *plot, struct svg_extent *extent, const struct graph_segment *segment)
{
	plot->counts[SVG_ACK]++;
	plot->counts[SVG_WINDOW]++;
	plot->counts[SVG_SACK] += segment->n_sack;
	svg_extend(extent, segment->acked, segment->acked);
	if (segment->edge < extent->edge_low)
		extent->edge_low = segment->edge;
	if (segment->edge > extent->edge_high)
		extent->edge_high = segment->edge;
}

static double svg_mark_for(unsigned marks)
{
	if (marks > SVG_MANY)
		return 3;
	return marks > SVG_FEW ? 4.5 : 7;
}

void svg_plot_init(struct svg_plot *plot, FILE *file, const struct graph *graph, bool outbound)
{
	struct svg_extent extent = {INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN, 0};
	double room;

	*plot = (struct svg_plot){.file = file, .graph = graph, .outbound = outbound};
	plot->began_at_us = graph->n > 0 ? graph->segments[0].at_us : 0;
	for (size_t i = 0; i < graph->n; i++) {
		const struct graph_segment *segment = &graph->segments[i];

		if (segment->at_us < plot->began_at_us)
			plot->began_at_us = segment->at_us;
		if (segment->at_us > extent.last_at_us)
			extent.last_at_us = segment->at_us;
		plot->counts[SVG_LOST] += segment->lost || segment->refused;
		if (svg_is_data(plot, segment)) {
			svg_count_data(plot, segment);
			svg_extend(&extent, segment->begin, segment->end);
		} else if (svg_is_ack(plot, segment)) {
			svg_count_ack(plot, &extent, segment);
		}
	}
	if (extent.low > extent.high)
		extent.low = extent.high = 0;
	plot->mark = svg_mark_for(plot->counts[SVG_AGAIN] + plot->counts[SVG_LOST]);
	/* A window far above the data would press them flat. */
	room = (double)(extent.high - extent.low);
	plot->window_is_above =
		plot->counts[SVG_WINDOW] > 0 &&
		(double)extent.edge_low > (double)extent.high + room * SVG_WINDOW_ROOM;
	if (!plot->window_is_above && extent.edge_high > extent.high)
		extent.high =
			(double)extent.edge_high < (double)extent.high + room * SVG_WINDOW_ROOM
				? extent.edge_high
				: extent.high + (int64_t)(room * SVG_WINDOW_ROOM);
	room = (double)(extent.high - extent.low);
	plot->x = svg_scale_time(
		0, (double)(extent.last_at_us - plot->began_at_us) * 1.02, SVG_TICKS_X);
	plot->y =
		svg_scale_bytes((double)extent.low, (double)extent.high + room * 0.04, SVG_TICKS_Y);
}

double svg_x(const struct svg_plot *plot, uint64_t at_us)
{
	return svg_scale_place(&plot->x, (double)(at_us - plot->began_at_us));
}

double svg_y(const struct svg_plot *plot, int64_t number)
{
	return svg_scale_place(&plot->y, (double)number);
}

bool svg_is_remarkable(const struct svg_plot *plot, const struct graph_segment *segment)
{
	if (svg_is_data(plot, segment))
		return svg_kind_of(segment) != SVG_DATA;
	return svg_is_ack(plot, segment) && svg_kind_of(segment) == SVG_LOST;
}
