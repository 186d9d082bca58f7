/* SPDX-License-Identifier: BSD-3-Clause */

/* A line of a fault script as tokens: words, numbers, spans of time, texts.
 *
 * In: a line of any bytes. Out: one token after another, or the first that is not what
 * the grammar asks for, with a sentence that says what would be right, in printable
 * ASCII whatever the line holds. What the words mean is parse.c's. */

#include "faults/lex.h"

#include "faults/script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LEX_SHOWN = 24 }; /* longest word repeated in a message */

static bool lex_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A tag or a path may hold a '#': only where a word begins one begins a comment. */
static const char *lex_comment(const char *line, const char *end)
{
	for (const char *at = line; at < end; at++)
		if (*at == '#' && (at == line || lex_is_blank(at[-1])))
			return at;
	return end;
}

void lex_init(struct lex *lex, const char *line, size_t len, unsigned number,
	struct evtcp_fault_error *error)
{
	*lex = (struct lex){.line = line, .at = line, .number = number, .error = error};
	lex->end = lex_comment(line, line + len);
	lex_advance(lex);
}

void lex_advance(struct lex *lex)
{
	while (lex->at < lex->end && lex_is_blank(*lex->at))
		lex->at++;
	lex->token = lex->at;
	if (lex->at < lex->end && *lex->at == ':')
		lex->at++;
	else
		while (lex->at < lex->end && !lex_is_blank(*lex->at) && *lex->at != ':')
			lex->at++;
	lex->token_len = (size_t)(lex->at - lex->token);
}

void lex_widen(struct lex *lex)
{
	const char *end = lex->token;

	while (end < lex->end && !lex_is_blank(*end))
		end++;
	if (end > lex->token + 1 && end[-1] == ':')
		end--;
	lex->at = end;
	lex->token_len = (size_t)(end - lex->token);
}

bool lex_at_end(const struct lex *lex)
{
	return lex->token_len == 0;
}

bool lex_is(const struct lex *lex, const char *word)
{
	return lex->token_len == strlen(word) && strncasecmp(lex->token, word, lex->token_len) == 0;
}

bool lex_take(struct lex *lex, const char *word)
{
	if (!lex_is(lex, word))
		return false;
	lex_advance(lex);
	return true;
}

/* ---- mistakes -------------------------------------------------------- */

/* The token as a message may show it: quoted, short, printable. */
static const char *lex_found(const struct lex *lex, char text[LEX_SHOWN + 8])
{
	size_t n = lex->token_len < LEX_SHOWN ? lex->token_len : LEX_SHOWN;
	char word[LEX_SHOWN + 1];

	if (lex_at_end(lex))
		return "the end of the line";
	for (size_t i = 0; i < n; i++) {
		char c = lex->token[i];

		word[i] = c > ' ' && c < 0x7f ? c : '?';
	}
	word[n] = '\0';
	snprintf(text, LEX_SHOWN + 8, "'%s%s'", word, n < lex->token_len ? "..." : "");
	return text;
}

int lex_mistake(struct lex *lex, const char *text)
{
	lex->error->line = lex->number;
	lex->error->column = (unsigned)(lex->token - lex->line) + 1;
	snprintf(lex->error->text, sizeof(lex->error->text), "%s", text);
	errno = EINVAL;
	return -1;
}

int lex_expected(struct lex *lex, const char *expected)
{
	char found[LEX_SHOWN + 8], text[sizeof(lex->error->text)];

	snprintf(text, sizeof(text), "expected %s, found %s", expected, lex_found(lex, found));
	return lex_mistake(lex, text);
}

/* ---- what a token can be --------------------------------------------- */

int lex_keyword(struct lex *lex, const struct lex_word *words, const char *expected, int *value)
{
	for (; words->word; words++) {
		if (!lex_take(lex, words->word))
			continue;
		*value = words->value;
		return 0;
	}
	return lex_expected(lex, expected);
}

/* The digits at the start of the token. Returns how many there are; *value is too large to be
 * used where it is beyond SCRIPT_MAX_NUMBER. */
static size_t lex_digits(const struct lex *lex, uint32_t *value)
{
	uint64_t number = 0;
	size_t n = 0;

	for (; n < lex->token_len && lex->token[n] >= '0' && lex->token[n] <= '9'; n++) {
		number = number * 10 + (uint64_t)(lex->token[n] - '0');
		if (number > SCRIPT_MAX_NUMBER)
			number = SCRIPT_MAX_NUMBER + 1;
	}
	*value = (uint32_t)number;
	return n;
}

int lex_number(struct lex *lex, const char *expected, uint32_t least, uint32_t *value)
{
	size_t n = lex_digits(lex, value);

	if (n == 0 || n < lex->token_len)
		return lex_expected(lex, expected);
	if (*value < least || *value > SCRIPT_MAX_NUMBER)
		return lex_expected(lex, least == 0 ? "a number from 0 to 1000000000"
						    : "a number from 1 to 1000000000");
	lex_advance(lex);
	return 0;
}

/* Microseconds in the unit at the end of the token, of len bytes; 0: there is none such. */
static uint64_t lex_unit(const char *unit, size_t len)
{
	static const struct {
		const char *name;
		uint64_t us;
	} units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (len == strlen(units[i].name) && strncasecmp(unit, units[i].name, len) == 0)
			return units[i].us;
	return 0;
}

int lex_span(struct lex *lex, const char *expected, uint64_t *us)
{
	uint32_t number, fraction = 0, parts = 1;
	size_t n = lex_digits(lex, &number);
	uint64_t unit;

	if (n > 0 && n < lex->token_len && lex->token[n] == '.')
		for (n++; n < lex->token_len && parts < 1000000 && lex->token[n] >= '0' &&
			  lex->token[n] <= '9';
			n++, parts *= 10)
			fraction = fraction * 10 + (uint32_t)(lex->token[n] - '0');
	unit = n > 0 ? lex_unit(lex->token + n, lex->token_len - n) : 0;
	if (unit == 0)
		return lex_expected(lex, expected);
	*us = number * unit + fraction * unit / parts;
	if (*us == 0 || *us > SCRIPT_MAX_SPAN_US)
		return lex_expected(lex, "a time from 1us to 60m");
	lex_advance(lex);
	return 0;
}

int lex_text(struct lex *lex, const char *expected, char *text, size_t size)
{
	if (lex_at_end(lex) || lex_is(lex, ":"))
		return lex_expected(lex, expected);
	for (size_t i = 0; i < lex->token_len; i++)
		if (lex->token[i] <= ' ' || lex->token[i] >= 0x7f)
			return lex_expected(lex, expected);
	if (lex->token_len >= size)
		return lex_mistake(lex, "this is too long");
	memcpy(text, lex->token, lex->token_len);
	text[lex->token_len] = '\0';
	lex_advance(lex);
	return 0;
}
