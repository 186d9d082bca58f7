/* SPDX-License-Identifier: BSD-3-Clause */

/* The fault language: text to rules.
 *
 *     script    = { [ rule ] [ "#" comment ] newline }
 *     rule      = where ":" what
 *     where     = direction kind [ "nth" number ]
 *     direction = "in" | "out"
 *     kind      = "segment" | "syn" | "data" | "fin" | "ack" | "rst"
 *     what      = "drop" [ number | "always" ]
 *
 * Input: a script of any bytes. Output: its rules, or the first place where it is
 * wrong with a sentence that says what would be right. What a rule means is
 * README.md's and matcher.c's business. */

#include "faults/script.h"

#include "util/memory.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>

#define PARSE_WORD 24 /* longest word repeated in a message */

struct parse_token {
	const char *start;
	size_t len; /* 0 at the end of the line */
};

/* One line under the reader's finger. */
struct parse {
	const char *line, *at, *end; /* the line without its newline and comment */
	unsigned number;             /* of the line, from 1 */
	struct parse_token token;    /* the next one, not yet taken */
	struct evtcp_fault_error *error;
};

struct parse_word {
	const char *word;
	int value;
};

/* ---- tokens ---------------------------------------------------------- */

static bool parse_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Reads the next token: a colon, or everything up to a blank or a colon. */
static void parse_advance(struct parse *p)
{
	while (p->at < p->end && parse_is_blank(*p->at))
		p->at++;
	p->token.start = p->at;
	if (p->at < p->end && *p->at == ':')
		p->at++;
	else
		while (p->at < p->end && !parse_is_blank(*p->at) && *p->at != ':')
			p->at++;
	p->token.len = (size_t)(p->at - p->token.start);
}

static bool parse_at_end(const struct parse *p)
{
	return p->token.len == 0;
}

static bool parse_token_is(const struct parse *p, const char *word)
{
	return p->token.len == strlen(word) && strncasecmp(p->token.start, word, p->token.len) == 0;
}

/* ---- mistakes -------------------------------------------------------- */

/* The token as a message may show it: quoted, short, printable. */
static const char *parse_found(const struct parse *p, char text[PARSE_WORD + 8])
{
	size_t n = p->token.len < PARSE_WORD ? p->token.len : PARSE_WORD;
	char word[PARSE_WORD + 1];

	if (parse_at_end(p))
		return "the end of the line";
	for (size_t i = 0; i < n; i++) {
		char c = p->token.start[i];

		word[i] = c > ' ' && c < 0x7f ? c : '?';
	}
	word[n] = '\0';
	snprintf(text, PARSE_WORD + 8, "'%s%s'", word, n < p->token.len ? "..." : "");
	return text;
}

/* Notes what is wrong from the token on. Always -1. */
static int parse_mistake(struct parse *p, const char *text)
{
	p->error->line = p->number;
	p->error->column = (unsigned)(p->token.start - p->line) + 1;
	snprintf(p->error->text, sizeof(p->error->text), "%s", text);
	errno = EINVAL;
	return -1;
}

/* The token is not what should stand here. Always -1. */
static int parse_expected(struct parse *p, const char *expected)
{
	char found[PARSE_WORD + 8], text[sizeof(p->error->text)];

	snprintf(text, sizeof(text), "expected %s, found %s", expected, parse_found(p, found));
	return parse_mistake(p, text);
}

/* ---- the grammar, one function a line -------------------------------- */

static int parse_keyword(
	struct parse *p, const struct parse_word *words, const char *expected, int *value)
{
	for (; words->word; words++) {
		if (!parse_token_is(p, words->word))
			continue;
		*value = words->value;
		parse_advance(p);
		return 0;
	}
	return parse_expected(p, expected);
}

static int parse_number(struct parse *p, const char *expected, uint32_t *value)
{
	uint32_t number = 0;

	if (parse_at_end(p))
		return parse_expected(p, expected);
	for (size_t i = 0; i < p->token.len; i++) {
		char c = p->token.start[i];

		if (c < '0' || c > '9')
			return parse_expected(p, expected);
		number = number * 10 + (uint32_t)(c - '0');
		if (number > SCRIPT_MAX_NUMBER)
			return parse_expected(p, "a number from 1 to 1000000000");
	}
	if (number == 0)
		return parse_expected(p, "a number from 1 to 1000000000");
	*value = number;
	parse_advance(p);
	return 0;
}

static int parse_where(struct parse *p, struct script_where *where)
{
	static const struct parse_word directions[] = {{"in", 0}, {"out", 1}, {NULL, 0}};
	static const struct parse_word kinds[] = {
		{"segment", SCRIPT_SEGMENT},
		{"syn", SCRIPT_SYN},
		{"data", SCRIPT_DATA},
		{"fin", SCRIPT_FIN},
		{"ack", SCRIPT_ACK},
		{"rst", SCRIPT_RST},
		{NULL, 0},
	};
	int outbound = 0, kind = SCRIPT_SEGMENT;

	if (parse_keyword(p, directions, "'in' or 'out', as the server sees it", &outbound) < 0 ||
		parse_keyword(p, kinds, "a kind of segment (segment, syn, data, fin, ack or rst)",
			&kind) < 0)
		return -1;
	*where = (struct script_where){.outbound = outbound, .kind = (enum script_kind)kind};
	if (!parse_token_is(p, "nth"))
		return 0;
	parse_advance(p);
	return parse_number(p, "a number after 'nth' (1 is the first)", &where->nth);
}

static int parse_what(struct parse *p, struct script_what *what)
{
	static const struct parse_word verbs[] = {{"drop", SCRIPT_DROP}, {NULL, 0}};
	int verb;

	if (parse_keyword(p, verbs, "'drop'", &verb) < 0)
		return -1;
	*what = (struct script_what){.verb = (enum script_verb)verb, .times = 1};
	if (parse_at_end(p))
		return 0;
	if (parse_token_is(p, "always")) {
		what->times = UINT32_MAX;
		parse_advance(p);
		return 0;
	}
	return parse_number(p, "how many times: a number or 'always'", &what->times);
}

static int parse_rule(struct parse *p, struct script_rule *rule)
{
	if (parse_where(p, &rule->where) < 0)
		return -1;
	if (!parse_token_is(p, ":"))
		return parse_expected(p, rule->where.nth ? "':'" : "':' or 'nth'");
	parse_advance(p);
	if (parse_what(p, &rule->what) < 0)
		return -1;
	return parse_at_end(p) ? 0 : parse_expected(p, "the end of the line");
}

static int parse_line(struct parse *p, struct evtcp_fault_script *script)
{
	const char *comment = memchr(p->line, '#', (size_t)(p->end - p->line));

	if (comment)
		p->end = comment;
	p->at = p->line;
	parse_advance(p);
	if (parse_at_end(p))
		return 0;
	if (script->n_rules == SCRIPT_MAX_RULES)
		return parse_mistake(p, "a script can have at most 64 rules");
	if (parse_rule(p, &script->rules[script->n_rules]) < 0)
		return -1;
	script->n_rules++;
	return 0;
}

struct evtcp_fault_script *evtcp_fault_parse(const char *text, size_t len,
	const struct evtcp_world *world, struct evtcp_fault_error *error)
{
	struct evtcp_fault_script *script = memory_zalloc(world, sizeof(*script));
	struct parse p = {.error = error, .line = text};
	const char *end = text + len;

	*error = (struct evtcp_fault_error){0};
	if (!script) {
		errno = ENOMEM;
		return NULL;
	}
	script->world = *world;
	while (p.line < end) {
		const char *newline = memchr(p.line, '\n', (size_t)(end - p.line));

		p.number++;
		p.end = newline ? newline : end;
		if (parse_line(&p, script) < 0) {
			evtcp_fault_free(script);
			errno = EINVAL;
			return NULL;
		}
		p.line = newline ? newline + 1 : end;
	}
	return script;
}

void evtcp_fault_free(struct evtcp_fault_script *script)
{
	if (!script)
		return;

	struct evtcp_world world = script->world;

	memory_free(&world, script);
}
