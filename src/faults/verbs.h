/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_VERBS_H
#define FAULTS_VERBS_H

/* The one table of what a rule can do. The parser, the explanation of a script and its
 * messages read it; what a verb does to a packet is acts.c's.
 *
 *   X(NAME, "word", ARGUMENTS, PLACES, "explanation")
 *
 * ARGUMENTS    what stands behind the word, an enum verb_arguments
 * PLACES       what it can be done to, bits of enum verb_places
 * explanation  what happens to the segment or reply that the rule names, as it goes on behind its
 *              name; %n and %t stand for the number and the span of time, %w for the word */

#include <stdint.h>

enum verb_arguments {
	VERB_NOTHING,
	VERB_NUMBER,      /* N */
	VERB_MSS,         /* N, of 16 bits */
	VERB_SPAN,        /* TIME */
	VERB_NUMBER_SPAN, /* N for TIME */
	VERB_DRIP,        /* N every TIME */
	VERB_FIELD,       /* what of a segment: enum script_field */
	VERB_AIM,         /* how well an RST is aimed: enum script_aim, or nothing */
	VERB_OFFSET       /* +N or -N */
};

enum verb_places {
	VERB_OUT = 1,   /* any segment that the server sends */
	VERB_IN = 2,    /* any that the client sends */
	VERB_BOTH = 3,  /* either */
	VERB_SYN = 4,   /* with VERB_IN or VERB_OUT: a SYN only */
	VERB_REPLY = 8, /* an HTTP reply */
	VERB_LASTS = 16 /* what it begins goes on by itself for a time, or for good */
};

// clang-format off
#define FAULT_VERBS(X) \
	X(DROP, "drop", VERB_NOTHING, VERB_BOTH, "is lost") \
	X(DELAY, "delay", VERB_SPAN, VERB_BOTH, "arrives %t later; what follows may overtake it") \
	X(DUPLICATE, "duplicate", VERB_NOTHING, VERB_BOTH, "arrives twice") \
	X(REORDER, "reorder", VERB_NUMBER, VERB_BOTH, \
		"arrives behind the next %n segments of its direction, or a second later") \
	X(CORRUPT, "corrupt", VERB_FIELD, VERB_BOTH, "arrives with another %w") \
	X(TRUNCATE, "truncate", VERB_NUMBER, VERB_BOTH, \
		"arrives cut off after %n bytes of its payload") \
	X(RESET, "reset", VERB_AIM, VERB_BOTH, "%w") \
	X(FIN, "fin", VERB_NOTHING, VERB_OUT, \
		"is not sent: a FIN stands in its place, and nothing follows") \
	X(STALL, "stall", VERB_SPAN, VERB_OUT | VERB_LASTS, \
		", with all data behind it, waits for %t") \
	X(WINDOW, "window", VERB_NUMBER_SPAN, VERB_OUT | VERB_LASTS, \
		", with all that is sent for %t, offers a window of at most %n bytes") \
	X(ZERO_WINDOW, "zero-window", VERB_SPAN, VERB_OUT | VERB_LASTS, \
		", with all that is sent for %t, offers no window") \
	X(IGNORE, "ignore", VERB_SPAN, VERB_BOTH | VERB_LASTS, \
		"is where it begins: for %t nothing that comes is acknowledged") \
	X(MSS, "mss", VERB_MSS, VERB_BOTH | VERB_SYN, "announces an MSS of %n") \
	X(REFUSE, "refuse", VERB_NOTHING, VERB_IN | VERB_SYN, "is answered with RST: refused") \
	X(BLACK_HOLE, "black-hole", VERB_NOTHING, VERB_BOTH | VERB_LASTS, \
		", with all that follows both ways, is lost") \
	X(NEVER_CLOSE, "never-close", VERB_NOTHING, VERB_OUT | VERB_LASTS, \
		", with all behind it, loses its FIN") \
	X(CUT, "cut", VERB_NUMBER, VERB_REPLY, \
		"ends after %n bytes of its body, with the connection") \
	X(LENGTH, "length", VERB_OFFSET, VERB_REPLY, \
		"says a Content-Length that is wrong by %n, and ends with the connection") \
	X(DRIP, "drip", VERB_DRIP, VERB_REPLY, "leaves %n bytes at a time, one every %t")
// clang-format on

#define FAULT_VERB_ENUMERATOR(name, word, arguments, places, explanation) SCRIPT_VERB_##name,
enum script_verb { FAULT_VERBS(FAULT_VERB_ENUMERATOR) SCRIPT_N_VERBS };
#undef FAULT_VERB_ENUMERATOR

struct verb_row {
	const char *word;
	enum verb_arguments arguments;
	unsigned places;
	const char *explanation;
};

/* The rows, in the order of enum script_verb. */
extern const struct verb_row verb_rows[SCRIPT_N_VERBS];

#endif
