/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_LEX_H
#define FAULTS_LEX_H

/* One line of a fault script, token by token, and mistakes in it. */

#include <evtcp/fault.h>
#include <stdbool.h>

/* A word of the language and what it means; a list of them ends with NULL. */
struct lex_word {
	const char *word;
	int value;
};

struct lex {
	const char *line, *at, *end; /* the line without its newline and comment */
	unsigned number;             /* of the line, from 1 */
	const char *token;           /* the next one, not yet taken, and */
	size_t token_len;            /* how long it is: 0 at the end of the line */
	struct evtcp_fault_error *error;
};

/* lex_init: before the first token of a line of len bytes. What follows a '#' that begins a word is
 * comment. */
void lex_init(struct lex *lex, const char *line, size_t len, unsigned number,
	struct evtcp_fault_error *error);

/* lex_advance: takes the token. The next is a colon, or everything up to a blank or a colon. */
void lex_advance(struct lex *lex);

/* lex_widen: what must not end at a colon inside, an address or a path: the token goes up to the
 * next blank, but for a colon at its very end. */
void lex_widen(struct lex *lex);

bool lex_at_end(const struct lex *lex);

/* lex_is: the token is this word, in small or capital letters. */
bool lex_is(const struct lex *lex, const char *word);

/* lex_take: takes the token if it is this word; whether it was. */
bool lex_take(struct lex *lex, const char *word);

/* Each of the following returns 0, or -1 with a mistake noted at the token. */

/* lex_keyword: takes one of words. expected names them in a message. */
int lex_keyword(struct lex *lex, const struct lex_word *words, const char *expected, int *value);

/* lex_number: takes a number from least to SCRIPT_MAX_NUMBER. */
int lex_number(struct lex *lex, const char *expected, uint32_t least, uint32_t *value);

/* lex_span: takes a span of time: a number with us, ms, s or m behind it, at most an hour. */
int lex_span(struct lex *lex, const char *expected, uint64_t *us);

/* lex_text: takes the token as a terminated text of less than size bytes, all of them visible
 * ASCII; the colon in front of a verb is none. */
int lex_text(struct lex *lex, const char *expected, char *text, size_t size);

/* lex_mistake: text is what is wrong with the token. lex_expected: it is not what should stand
 * here. Always -1, with errno EINVAL. */
int lex_mistake(struct lex *lex, const char *text);
int lex_expected(struct lex *lex, const char *expected);

#endif
