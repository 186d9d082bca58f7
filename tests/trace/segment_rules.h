/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEGMENT_RULES_H
#define SEGMENT_RULES_H

/* What RFC 9293 3.10.7 says about a segment that arrives, as a table written by hand
 * from its text, one row a rule. It knows no code of the stack. */

#include "situation.h"

#include <stdbool.h>
#include <stdint.h>

/* A segment and the variables of who receives it; numbers relative to the ISNs. */
struct arrival {
	enum situation in;
	uint8_t flags;
	uint32_t seq, len, ack;
	uint32_t snd_una, snd_nxt, max_snd_wnd;
	uint32_t rcv_nxt, rcv_edge; /* the window is [rcv_nxt, rcv_edge) */
};

enum reply {
	REPLY_NONE,
	REPLY_ACK,      /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, at once */
	REPLY_ACK_SOON, /* the same within half a second (MUST-40) */
	REPLY_RST,      /* <SEQ=SEG.ACK><CTL=RST> */
	REPLY_RST_ACK,  /* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
	REPLY_SYN_ACK   /* <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> */
};

/* What has to become of it. */
struct outcome {
	const char *rule; /* the row's sentence */
	enum reply reply;
	enum situation then; /* the state; its second form is the same */
	int error;           /* errno that the application is told, 0 for none */
	bool eof;            /* it is told the end of the stream */
	uint32_t delivered;  /* bytes of text that it can read */
	uint32_t kept;       /* bytes kept until what precedes them has come */
	uint32_t rcv_nxt;    /* afterwards */
};

/* segment_rules_apply: what the table says. */
void segment_rules_apply(const struct arrival *arrival, struct outcome *outcome);

/* segment_rules_unused: the sentence of a row that was never applied, NULL if there is
 * none: a rule that no cell needs is a mistake of the table or of the test. */
const char *segment_rules_unused(void);

/* segment_rules_len: how many rows there are. */
unsigned segment_rules_len(void);

#endif
