/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_SVG_MARKS_H
#define LADDER_SVG_MARKS_H

/* What stands in a time-sequence graph: bars for segments, lines for acknowledgements and the
 * window, crosses for what did not arrive, and words beside some of them. Each kind has a class,
 * whose colours svg.c knows. */

#include "ladder/svg_plot.h"

/* svg_marks_write: draws all of it, what may be covered first. */
void svg_marks_write(const struct svg_plot *plot);

/* svg_labels_write: words beside what is remarkable, if that is not too much, and where there is
 * room; and where the connection begins and ends. */
void svg_labels_write(const struct svg_plot *plot);

/* svg_bar, svg_cross: pieces of a path, for a key to the picture, too: from below to above;
 * around a middle, to stand in a ring of radius mark. */
void svg_bar(FILE *file, double x, double from, double to);
void svg_cross(FILE *file, double x, double y, double mark);

/* svg_text: writes text, with what means something to XML escaped. */
void svg_text(FILE *file, const char *text);

#endif
