/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPCTL_DRAW_H
#define EVTCPCTL_DRAW_H

/* Answers for a person: connections as ss -ti shows them, counters by their class, and for whatever
 * else was asked the sentences that the answer has. */

#include "control/json.h"

#include <stdio.h>

/* A picture under way. All zero is an empty one. */
struct draw {
	char **lines; /* of connections, kept until all are known: columns are as wide as they need
		       */
	size_t n_lines, room;
	uint64_t now_us;  /* of the daemon, when it answered */
	char heading[16]; /* the class of the last counter */
};

/* draw_line: a line of an answer that is not its last, as text. 0, or -1 without memory. */
int draw_line(struct draw *draw, FILE *file, const char *text);

/* draw_last: the last line of an answer that went well. */
void draw_last(struct draw *draw, FILE *file, const char *text);

/* draw_free: what is kept; draw is empty afterwards. */
void draw_free(struct draw *draw);

/* draw_connections: the table of n lines, {"connection":{...}}. */
void draw_connections(FILE *file, char *const *lines, size_t n, uint64_t now_us);

#endif
