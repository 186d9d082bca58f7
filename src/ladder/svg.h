/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_SVG_H
#define LADDER_SVG_H

/* The time-sequence graph that Stevens made common: time to the right, sequence numbers upwards. */

#include "ladder/graph.h"

#include <stdio.h>

/* svg_write: a whole SVG document (SVG 1.1, and media queries of CSS for dark backgrounds), which
 * needs nothing from elsewhere. outbound: the data of the client. A write that fails shows in file.
 */
void svg_write(FILE *file, const struct graph *graph, bool outbound);

#endif
