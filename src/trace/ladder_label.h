/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_LADDER_LABEL_H
#define TRACE_LADDER_LABEL_H

/* A segment in words: what stands on its arrow and below it. All ASCII, made of numbers. The
 * segment must have been noted (ladder_conn_note). */

#include "trace/ladder_conn.h"
#include "trace/ladder_text.h"

/* Enough for a label or a detail. */
#define LADDER_LABEL 256

/* ladder_label: "PSH 1:75 (74)  ACK 1": flags, the numbers that the segment occupies, the number
 * that it acknowledges. */
void ladder_label(struct ladder_text label, const struct ladder_conn *conn,
	const struct ladder_segment *segment);

/* ladder_label_window: "  win 64256". Unless always, only where it decides something: on SYN,
 * when it is 0, when it opens again or is all that the segment says, and while a fault script
 * makes it small. Not of a reset. */
void ladder_label_window(struct ladder_text label, struct ladder_conn *conn,
	const struct ladder_segment *segment, bool always);

/* ladder_label_news: "  cookie" (Fast Open), "  ACE 2  marked 1234" (Accurate ECN), where these are
 * not as before. */
void ladder_label_news(
	struct ladder_text label, struct ladder_conn *conn, const struct ladder_segment *segment);

/* ladder_label_detail: the options that say something more: those of a SYN, SACK blocks. */
void ladder_label_detail(struct ladder_text detail, const struct ladder_conn *conn,
	const struct ladder_segment *segment);

#endif
