/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_JUDGE_H
#define LADDER_JUDGE_H

/* What a segment is, judged by nothing but the segments before it in the same file. */

#include "ladder/connections.h"
#include "trace/ladder_draw.h"
#include "trace/ladder_text.h"

enum verdict {
	VERDICT_NONE,         /* nothing worth a word: new data, a plain ACK */
	VERDICT_COPY,         /* captured before; counts for nothing */
	VERDICT_AGAIN,        /* all of it has been seen before */
	VERDICT_AGAIN_ACKED,  /* the same, and acknowledged */
	VERDICT_AGAIN_PARTLY, /* some of it has */
	VERDICT_LATE,         /* it fills a gap */
	VERDICT_BEFORE,       /* from before all that was seen of this side */
	VERDICT_GAP,          /* something before it has not been seen */
	VERDICT_KEEPALIVE,
	VERDICT_PROBE,       /* of a window that is closed */
	VERDICT_DUPLICATE,   /* ACK: acknowledges the same again, for data is missing */
	VERDICT_UNSEEN,      /* ACK: of what the file does not have */
	VERDICT_WINDOW_OPENS /* ACK: all it says is that the window is larger */
};

struct judgement {
	enum verdict verdict;
	uint64_t bytes;      /* that are seen again, or missing */
	bool timed;          /* of what is sent again: */
	uint64_t since_us;   /* how long ago it was sent last */
	unsigned duplicates; /* ACKs: which it is in the row, or how many there were before this */
};

/* judge_segment: what the segment is, which the ladder has noted (ladder_conn_note); and takes it
 * into account for those to come. fate: whether it arrives, as far as the file tells. */
struct judgement judge_segment(
	struct connection *connection, const struct ladder_segment *segment, enum ladder_fate fate);

/* judge_is_again: whether something is sent that has been sent before. */
bool judge_is_again(enum verdict verdict);

/* judge_format: adds the judgement in words: "retransmission, 204 ms after the last". */
void judge_format(struct ladder_text text, const struct judgement *judgement);

#endif
