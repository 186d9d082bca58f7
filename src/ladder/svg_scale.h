/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_SVG_SCALE_H
#define LADDER_SVG_SCALE_H

/* An axis: from numbers to places in a picture, and where its ticks stand. */

#include <stddef.h>
#include <stdint.h>

struct svg_unit {
	const char *name;
	double size; /* of one, in what the axis counts */
};

struct svg_scale {
	double from, to;       /* numbers at its ends, from < to */
	double at_from, at_to; /* where those stand in the picture */
	double step;           /* from tick to tick */
	struct svg_unit unit;  /* in which ticks are written */
};

/* svg_scale_time, svg_scale_bytes: an axis of microseconds, or of sequence numbers, from `from` to
 * `to` (made longer if that is nothing), with about `ticks` ticks at round numbers. */
struct svg_scale svg_scale_time(double from, double to, unsigned ticks);
struct svg_scale svg_scale_bytes(double from, double to, unsigned ticks);

/* svg_scale_place: where number stands. */
double svg_scale_place(const struct svg_scale *scale, double number);

/* svg_scale_tick: the i-th tick, from 0; beyond scale->to there is none. */
double svg_scale_tick(const struct svg_scale *scale, unsigned i);

/* svg_scale_label: the number of a tick in the scale's unit: "2.5", "1,000". Returns text. */
#define SVG_LABEL 32
char *svg_scale_label(const struct svg_scale *scale, double number, char *text, size_t size);

#endif
