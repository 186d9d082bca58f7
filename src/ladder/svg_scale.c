/* SPDX-License-Identifier: BSD-3-Clause */

/* Axes. Input: the least and the largest number. Output: round steps and a unit in which they are
 * short. */

#include "ladder/svg_scale.h"

#include <stdio.h>
#include <string.h>

/* The largest unit of which there are ten or so at the end of the axis. */
static struct svg_unit scale_unit(const struct svg_unit *units, size_t n, double largest)
{
	size_t i = 0;

	while (i + 1 < n && largest >= 5 * units[i + 1].size)
		i++;
	return units[i];
}

/* 1, 2 or 5 times a power of ten. */
static double scale_step(double span, unsigned ticks)
{
	double step = 1, rough = span / ticks;

	while (step * 10 <= rough)
		step *= 10;
	while (step > rough && step > 1)
		step /= 10;
	if (rough > 5 * step)
		return 10 * step;
	if (rough > 2 * step)
		return 5 * step;
	return rough > step ? 2 * step : step;
}

static struct svg_scale scale_of(
	double from, double to, unsigned ticks, const struct svg_unit *units, size_t n)
{
	struct svg_scale scale = {.from = from, .to = to > from ? to : from + 1};

	scale.step = scale_step(scale.to - scale.from, ticks);
	scale.unit = scale_unit(units, n, scale.to);
	return scale;
}

struct svg_scale svg_scale_time(double from, double to, unsigned ticks)
{
	static const struct svg_unit units[] = {{"\xc2\xb5s", 1}, {"ms", 1e3}, {"s", 1e6}};

	return scale_of(from, to, ticks, units, sizeof(units) / sizeof(units[0]));
}

struct svg_scale svg_scale_bytes(double from, double to, unsigned ticks)
{
	static const struct svg_unit units[] = {
		{"bytes", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};

	return scale_of(from, to, ticks, units, sizeof(units) / sizeof(units[0]));
}

double svg_scale_place(const struct svg_scale *scale, double number)
{
	return scale->at_from +
	       (number - scale->from) / (scale->to - scale->from) * (scale->at_to - scale->at_from);
}

double svg_scale_tick(const struct svg_scale *scale, unsigned i)
{
	/* The first multiple of step that is not before the axis. */
	double first = (double)(int64_t)(scale->from / scale->step) * scale->step;

	if (first < scale->from)
		first += scale->step;
	return first + i * scale->step;
}

char *svg_scale_label(const struct svg_scale *scale, double number, char *text, size_t size)
{
	double value = number / scale->unit.size, step = scale->step / scale->unit.size;
	int digits = 0;

	for (double shown = step; digits < 6 && shown < 0.9999; digits++)
		shown *= 10;
	snprintf(text, size, "%.*f", digits, value);
	return text;
}
