/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_SVG_PLOT_H
#define LADDER_SVG_PLOT_H

/* A graph on its way into a picture: what there is of each kind, and where it stands. */

#include "ladder/graph.h"
#include "ladder/svg_scale.h"

#include <stdio.h>

enum svg_kind {
	SVG_DATA,
	SVG_AGAIN, /* sent again */
	SVG_LATE,  /* fills a gap */
	SVG_LOST,  /* did not arrive, or was refused; ACKs, too */
	SVG_SACK,
	SVG_ACK,
	SVG_WINDOW,
	SVG_KINDS
};

/* The class of each kind. */
const char *svg_class(enum svg_kind kind);

struct svg_plot {
	FILE *file;
	const struct graph *graph;
	bool outbound; /* whose data it shows */
	uint64_t began_at_us;
	struct svg_scale x, y;
	bool window_is_above;       /* the window's edge is nowhere in the picture */
	double mark;                /* radius of rings, in pixels: less where there are many */
	unsigned counts[SVG_KINDS]; /* of what was seen: data segments, blocks, ACKs */
	uint64_t bytes;             /* of payload, but for what was sent again */
	uint64_t first_at_us, last_at_us; /* of segments with payload */
};

/* svg_plot_init: measures graph: scales without places, counts. */
void svg_plot_init(struct svg_plot *plot, FILE *file, const struct graph *graph, bool outbound);

/* svg_is_data, svg_is_ack: what the segment is in this picture; it may be neither. */
bool svg_is_data(const struct svg_plot *plot, const struct graph_segment *segment);
bool svg_is_ack(const struct svg_plot *plot, const struct graph_segment *segment);

/* svg_kind_of: of a segment with data, or of an ACK that is lost. */
enum svg_kind svg_kind_of(const struct graph_segment *segment);

/* svg_is_remarkable: it is drawn by itself, with what it has to tell. */
bool svg_is_remarkable(const struct svg_plot *plot, const struct graph_segment *segment);

/* svg_x, svg_y: places of a time and of a number. */
double svg_x(const struct svg_plot *plot, uint64_t at_us);
double svg_y(const struct svg_plot *plot, int64_t number);

#endif
