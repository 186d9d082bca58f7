/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SCAN_H
#define SCAN_H

/* A cursor over one line of a segment script. Every scan_ function skips blanks
 * first. A function that returns bool leaves the cursor where it was when it
 * returns false; those that demand something (scan_need_...) also record an error
 * with line and column, the first of which stays. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCAN_WORD = 64, SCAN_TEXT = 64, SCAN_ERROR = 200 };

struct scan {
	const char *start, *at; /* of the line; it ends at a NUL */
	const char *word;       /* where the word taken last begins */
	unsigned line;          /* its number, from 1 */
	char error[SCAN_ERROR]; /* "12:7: what is wrong", empty while nothing is */
};

/* scan_init: a cursor at the start of text, which must outlive it. */
void scan_init(struct scan *scan, const char *text, unsigned line);

/* scan_fail: records an error at the cursor unless there is one. Returns false. */
bool scan_fail(struct scan *scan, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* scan_fail_word: the same at the word taken last: it is not one that is known here.
 * what says of which kind it should be. */
bool scan_fail_word(struct scan *scan, const char *what);

/* scan_at_end: nothing follows but blanks or a comment (";" to the end). */
bool scan_at_end(struct scan *scan);

/* scan_need_end: the same, as a demand. */
bool scan_need_end(struct scan *scan);

/* scan_text: takes exactly this punctuation; scan_is: takes exactly this word. */
bool scan_text(struct scan *scan, const char *text);
bool scan_is(struct scan *scan, const char *word);
bool scan_need_text(struct scan *scan, const char *text);

/* scan_word: takes letters, digits, '_' and '-', at least one, a letter first.
 * size is that of word; what is longer is an error. */
bool scan_word(struct scan *scan, char *word, size_t size);
bool scan_need_word(struct scan *scan, char *word, size_t size);

/* scan_number: takes a whole number within [min, max], with '-' where min allows. */
bool scan_need_number(struct scan *scan, int64_t min, int64_t max, int64_t *value);

/* scan_rest: takes what is left of the line, without blanks around it, into text of size. */
bool scan_rest(struct scan *scan, char *text, size_t size);

/* scan_is_number: whether a digit comes next. */
bool scan_is_number(struct scan *scan);

/* scan_need_seconds: takes "0.25", at most six decimals, as microseconds. */
bool scan_need_seconds(struct scan *scan, uint64_t *us);

/* scan_need_ipv4: takes "10.0.0.1" in host byte order. */
bool scan_need_ipv4(struct scan *scan, uint32_t *address);

#endif
