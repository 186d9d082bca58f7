/* SPDX-License-Identifier: BSD-3-Clause */

/* The fault language: text to rules.
 *
 *     script    = { [ rule ] [ "#" comment ] newline }
 *     rule      = where ":" what
 *     where     = ( direction kind | "reply" ) { condition }
 *     direction = "in" | "out"
 *     kind      = "segment" | "syn" | "data" | "fin" | "ack" | "rst"
 *     condition = "nth" number | "conn" number | "peer" address [ "/" bits ] | "port" number
 *               | "path" text | "tag" text | "state" state
 *               | "after" ( "sent" number | "received" number | span )
 *     what      = verb arguments [ number | "always" ]
 *
 * Input: a script of any bytes. Output: its rules, or the first place where it is
 * wrong with a sentence that says what would be right. What a rule means is
 * README.md's, matcher.c's and acts.c's business. */

#include "faults/lex.h"
#include "faults/script.h"

#include "util/memory.h"
#include "util/number.h"
#include "wire/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

/* What editors on other systems write before the first character (RFC 3629 6). */
#define PARSE_BYTE_ORDER "\xef\xbb\xbf"

#define PARSE_SPAN "a time: a number with us, ms, s or m behind it"

const char *const script_kind_words[] = {"segment", "syn", "data", "fin", "ack", "rst", "reply"};
const char *const script_field_words[] = {"payload", "checksum", "seq", "ack", "window", "options"};
const char *const script_aim_words[] = {"exact", "in-window", "blind"};

#define VERB_ROW(name, word, arguments, places, explanation) {word, arguments, places, explanation},
const struct verb_row verb_rows[SCRIPT_N_VERBS] = {FAULT_VERBS(VERB_ROW)};
#undef VERB_ROW

/* ---- where ----------------------------------------------------------- */

/* How many bits of an address matter, of all 128; -1: digits are no such number. IPv4 has the last
 * 32, in whatever form it is written. */
static int parse_bits(const char *digits, const struct evtcp_addr *address, unsigned family_bits)
{
	unsigned bits = 0;
	size_t n = strspn(digits, "0123456789");

	if (n == 0 || n > 3 || digits[n] != '\0')
		return -1;
	for (size_t i = 0; i < n; i++)
		bits = bits * 10 + (unsigned)(digits[i] - '0');
	if (bits > family_bits)
		return -1;
	bits += 128 - family_bits;
	return evtcp_addr_is_ipv4(address) && bits < 96 ? -1 : (int)bits;
}

/* An address, with or without the bits of it that matter; IPv4 is mapped. */
static int parse_peer(struct lex *lex, struct script_where *where)
{
	static const char expected[] = "an address, or a prefix such as 10.0.0.0/24";
	char text[INET6_ADDRSTRLEN + 4], *slash;
	struct sockaddr_storage address = {0};
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address;
	struct evtcp_endpoint peer;
	const struct lex before = *lex;
	unsigned most;
	int bits = 128;

	lex_widen(lex);
	if (lex_text(lex, expected, text, sizeof(text)) < 0)
		return -1;
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	address.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	most = address.ss_family == AF_INET6 ? 128 : 32;
	if (inet_pton(address.ss_family, text,
		    most == 32 ? (void *)&ipv4->sin_addr : (void *)&ipv6->sin6_addr) != 1)
		bits = -1;
	evtcp_endpoint_from_sockaddr(&peer, (struct sockaddr *)&address, sizeof(address));
	if (slash && bits >= 0)
		bits = parse_bits(slash, &peer.addr, most);
	if (bits < 0) {
		*lex = before;
		lex_widen(lex);
		return lex_expected(lex, expected);
	}
	where->has_peer = true;
	where->peer = peer.addr;
	where->peer_prefix = (uint8_t)bits;
	return 0;
}

/* What has 16 bits in a header, and is not 0. */
static int parse_16_bits(struct lex *lex, const char *expected, uint32_t *value)
{
	const struct lex before = *lex;

	if (lex_number(lex, expected, 1, value) == 0 && *value <= UINT16_MAX)
		return 0;
	*lex = before;
	return lex_expected(lex, expected);
}

static int parse_port(struct lex *lex, struct script_where *where)
{
	uint32_t port;

	if (parse_16_bits(lex, "the client's port, 1 to 65535", &port) < 0)
		return -1;
	where->peer_port = (uint16_t)port;
	return 0;
}

static int parse_state(struct lex *lex, struct script_where *where)
{
	for (int state = EVTCP_SYN_RECEIVED; state < EVTCP_N_STATES; state++) {
		if (!lex_take(lex, evtcp_state_name((enum evtcp_state)state)))
			continue;
		where->state = (enum evtcp_state)state;
		where->has_state = true;
		return 0;
	}
	return lex_expected(lex, "a state of the server (SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, "
				 "FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK or TIME-WAIT)");
}

static int parse_after(struct lex *lex, struct script_where *where)
{
	const struct script_where before = *where;

	if (lex_take(lex, "sent")) {
		if (lex_number(lex, "how many bytes were sent", 1, &where->after_sent) < 0)
			return -1;
	} else if (lex_take(lex, "received")) {
		if (lex_number(lex, "how many bytes were received", 1, &where->after_received) < 0)
			return -1;
	} else if (lex_span(lex, "'sent', 'received' or a time such as 500ms", &where->after_us) <
		   0) {
		return -1;
	}
	where->after_sent = number_max(where->after_sent, before.after_sent);
	where->after_received = number_max(where->after_received, before.after_received);
	if (where->after_us < before.after_us)
		where->after_us = before.after_us;
	return 0;
}

/* What no request is for is refused: the rule would wait for it for ever, and say nothing. */
static int parse_path(struct lex *lex, struct script_where *where)
{
	static const char expected[] = "a path from its first '/', as /bytes/1000 or /bytes/*";

	lex_widen(lex);
	if (!lex_at_end(lex) && *lex->token != '/' && *lex->token != '*')
		return lex_expected(lex, expected);
	if (memchr(lex->token, '?', lex->token_len))
		return lex_expected(lex, "a path without its query, which is not looked at");
	return lex_text(lex, expected, where->path, sizeof(where->path));
}

/* Whether the rule has the condition that begins here: two of a kind would be one too many. After
 * several moments is after the last. */
static bool parse_is_there(const struct lex *lex, const struct script_where *where)
{
	return (where->nth != 0 && lex_is(lex, "nth")) ||
	       (where->conn != 0 && lex_is(lex, "conn")) ||
	       (where->has_peer && lex_is(lex, "peer")) ||
	       (where->peer_port != 0 && lex_is(lex, "port")) ||
	       (where->path[0] && lex_is(lex, "path")) || (where->tag[0] && lex_is(lex, "tag")) ||
	       (where->has_state && lex_is(lex, "state"));
}

/* One condition. 0: there was one; 1: none begins here; -1: it is wrong. */
static int parse_condition(struct lex *lex, struct script_where *where)
{
	if (parse_is_there(lex, where))
		return lex_mistake(lex, "the rule has this condition already");
	if (where->kind == SCRIPT_SYN && (lex_is(lex, "path") || lex_is(lex, "tag")))
		return lex_mistake(
			lex, "a SYN comes before any request: it has no path and no tag");
	if (lex_take(lex, "nth"))
		return lex_number(lex, "a number after 'nth' (1 is the first)", 1, &where->nth);
	if (lex_take(lex, "conn"))
		return lex_number(lex, "a number after 'conn' (1 is the first)", 1, &where->conn);
	if (lex_take(lex, "peer"))
		return parse_peer(lex, where);
	if (lex_take(lex, "port"))
		return parse_port(lex, where);
	if (lex_take(lex, "path"))
		return parse_path(lex, where);
	if (lex_take(lex, "tag"))
		return lex_text(lex, "the tag that a request gives in x-evtcp-fault", where->tag,
			sizeof(where->tag));
	if (lex_take(lex, "state"))
		return parse_state(lex, where);
	if (lex_take(lex, "after"))
		return parse_after(lex, where);
	return 1;
}

static int parse_where(struct lex *lex, struct script_where *where)
{
	static const struct lex_word directions[] = {
		{"in", 0}, {"out", 1}, {"reply", 2}, {NULL, 0}};
	static const struct lex_word kinds[] = {
		{"segment", SCRIPT_SEGMENT},
		{"syn", SCRIPT_SYN},
		{"data", SCRIPT_DATA},
		{"fin", SCRIPT_FIN},
		{"ack", SCRIPT_ACK},
		{"rst", SCRIPT_RST},
		{NULL, 0},
	};
	int direction = 0, kind = SCRIPT_REPLY, found;

	*where = (struct script_where){0};
	if (lex_keyword(lex, directions, "'in' or 'out', as the server sees it, or 'reply'",
		    &direction) < 0)
		return -1;
	if (direction < 2 &&
		lex_keyword(lex, kinds, "a kind of segment (segment, syn, data, fin, ack or rst)",
			&kind) < 0)
		return -1;
	where->outbound = direction != 0;
	where->kind = (enum script_kind)kind;
	while ((found = parse_condition(lex, where)) == 0)
		continue;
	return found < 0 ? -1 : 0;
}

/* ---- what ------------------------------------------------------------ */

static int parse_selector(struct lex *lex, const char *const *words, unsigned n, unsigned *selector)
{
	for (unsigned i = 0; i < n; i++) {
		if (!lex_take(lex, words[i]))
			continue;
		*selector = i;
		return 0;
	}
	return -1;
}

static int parse_offset(struct lex *lex, int32_t *offset)
{
	static const char expected[] = "by how many bytes it is wrong, as +10 or -10";
	bool plus = lex->token_len > 1 && lex->token[0] == '+';
	bool minus = lex->token_len > 1 && lex->token[0] == '-';
	struct lex inner = *lex;
	uint32_t number;

	if (!plus && !minus)
		return lex_expected(lex, expected);
	inner.token++;
	inner.token_len--;
	if (lex_number(&inner, expected, 1, &number) < 0)
		return lex_expected(lex, expected);
	*lex = inner;
	*offset = minus ? -(int32_t)number : (int32_t)number;
	return 0;
}

/* A span that the verb needs; what lasts can last for ever. */
static int parse_span(struct lex *lex, struct script_what *what)
{
	bool lasts = verb_rows[what->verb].places & VERB_LASTS;

	if (!lasts || !lex_take(lex, "forever"))
		return lex_span(
			lex, lasts ? PARSE_SPAN ", or 'forever'" : PARSE_SPAN, &what->span_us);
	what->span_us = SCRIPT_FOREVER;
	return 0;
}

/* A number, a word of the language, a span. */
static int parse_number_span(
	struct lex *lex, struct script_what *what, uint32_t least, const char *between)
{
	char expected[64];

	if (lex_number(lex, "how many bytes", least, &what->number) < 0)
		return -1;
	snprintf(expected, sizeof(expected), "'%s' and a time", between);
	if (!lex_take(lex, between))
		return lex_expected(lex, expected);
	return parse_span(lex, what);
}

/* exact goes without saying. */
static int parse_aim(struct lex *lex, struct script_what *what)
{
	bool times = lex_at_end(lex) || lex_is(lex, "always") ||
		     (*lex->token >= '0' && *lex->token <= '9');

	if (parse_selector(lex, script_aim_words, SCRIPT_N_AIMS, &what->selector) == 0 || times)
		return 0;
	return lex_expected(
		lex, "where the RST is aimed (exact, in-window or blind), or how many times");
}

static int parse_arguments(struct lex *lex, struct script_what *what)
{
	switch (verb_rows[what->verb].arguments) {
	case VERB_NOTHING:
		return 0;
	case VERB_NUMBER:
		return lex_number(lex, "a number",
			what->verb != SCRIPT_VERB_CUT && what->verb != SCRIPT_VERB_TRUNCATE,
			&what->number);
	case VERB_MSS:
		return parse_16_bits(lex, "an MSS, 1 to 65535", &what->number);
	case VERB_SPAN:
		return parse_span(lex, what);
	case VERB_NUMBER_SPAN:
		return parse_number_span(lex, what, 1, "for");
	case VERB_DRIP:
		return parse_number_span(lex, what, 1, "every");
	case VERB_FIELD:
		if (parse_selector(lex, script_field_words, SCRIPT_N_FIELDS, &what->selector) == 0)
			return 0;
		return lex_expected(
			lex, "what to corrupt (payload, checksum, seq, ack, window or options)");
	case VERB_AIM:
		return parse_aim(lex, what);
	case VERB_OFFSET:
		return parse_offset(lex, &what->offset);
	}
	return 0;
}

/* Whether the verb can be done to what the rule names; if not, what it can be done to. */
static const char *parse_wrong_place(const struct script_where *where, unsigned places)
{
	unsigned here = where->outbound ? VERB_OUT : VERB_IN;

	if (where->kind == SCRIPT_REPLY)
		return places & VERB_REPLY ? NULL : "a verb for replies (cut, length or drip)";
	if (places & VERB_REPLY)
		return "a verb for segments: this one goes with 'reply'";
	if ((places & here) == 0)
		return where->outbound ? "a verb for 'out': this one goes with 'in'"
				       : "a verb for 'in': this one goes with 'out'";
	if (places & VERB_SYN && where->kind != SCRIPT_SYN)
		return "a verb for this kind of segment: this one goes with 'syn'";
	return NULL;
}

/* The verbs that are known, for a message. */
static int parse_unknown_verb(struct lex *lex)
{
	char text[sizeof(lex->error->text)] = "";
	size_t len = 0;

	for (unsigned i = 0; i < SCRIPT_N_VERBS; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
			i == 0                              ? "a verb ("
			: i + 1 == (unsigned)SCRIPT_N_VERBS ? " or "
							    : ", ",
			verb_rows[i].word);
	snprintf(text + len, sizeof(text) - len, ")");
	return lex_expected(lex, text);
}

static int parse_what(struct lex *lex, const struct script_where *where, struct script_what *what)
{
	unsigned verb = 0;
	const char *wrong;

	*what = (struct script_what){.times = 1};
	while (verb < SCRIPT_N_VERBS && !lex_is(lex, verb_rows[verb].word))
		verb++;
	if (verb == SCRIPT_N_VERBS)
		return parse_unknown_verb(lex);
	wrong = parse_wrong_place(where, verb_rows[verb].places);
	if (wrong)
		return lex_expected(lex, wrong);
	lex_advance(lex);
	what->verb = (enum script_verb)verb;
	if (parse_arguments(lex, what) < 0)
		return -1;
	if (lex_at_end(lex))
		return 0;
	if (lex_take(lex, "always")) {
		what->times = UINT32_MAX;
		return 0;
	}
	return lex_number(lex, "how many times: a number or 'always'", 1, &what->times);
}

/* ---- rules ----------------------------------------------------------- */

/* The rule as it was written, without the blanks around it. */
static void parse_keep_text(const struct lex *lex, char *text, size_t size)
{
	const char *start = lex->line, *end = lex->end;
	size_t n = 0;

	while (start < end && (*start == ' ' || *start == '\t' || *start == '\r'))
		start++;
	while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	for (; start < end && n + 1 < size; start++)
		text[n++] = *start == '\t' ? ' ' : *start;
	text[n] = '\0';
}

int script_parse_rule(const char *line, size_t len, unsigned number, struct script_rule *rule,
	struct evtcp_fault_error *error)
{
	struct lex lex;

	*error = (struct evtcp_fault_error){0};
	lex_init(&lex, line, len, number, error);
	if (lex_at_end(&lex))
		return 0;
	*rule = (struct script_rule){.number = number};
	if (parse_where(&lex, &rule->where) < 0)
		return -1;
	if (!lex_take(&lex, ":"))
		return lex_expected(&lex, "':' or a condition (nth, conn, peer, port, path, tag, "
					  "state or after)");
	if (parse_what(&lex, &rule->where, &rule->what) < 0)
		return -1;
	if (!lex_at_end(&lex))
		return lex_expected(&lex, "the end of the line");
	parse_keep_text(&lex, rule->text, sizeof(rule->text));
	return 1;
}

static int parse_line(struct evtcp_fault_script *script, const char *line, size_t len,
	unsigned number, struct evtcp_fault_error *error)
{
	struct script_rule rule;
	int found = script_parse_rule(line, len, number, &rule, error);

	if (found <= 0)
		return found;
	if (script->n_rules == SCRIPT_MAX_RULES) {
		struct lex lex;

		lex_init(&lex, line, len, number, error);
		return lex_mistake(&lex, "a script can have at most 64 rules");
	}
	script->rules[script->n_rules++] = rule;
	return 0;
}

struct evtcp_fault_script *evtcp_fault_parse(const char *text, size_t len,
	const struct evtcp_world *world, struct evtcp_fault_error *error)
{
	struct evtcp_fault_script *script = memory_zalloc(world, sizeof(*script));
	const char *line = text, *end = text + len;

	*error = (struct evtcp_fault_error){0};
	if (!script) {
		errno = ENOMEM;
		return NULL;
	}
	script->world = *world;
	if (len >= strlen(PARSE_BYTE_ORDER) &&
		memcmp(text, PARSE_BYTE_ORDER, strlen(PARSE_BYTE_ORDER)) == 0)
		line += strlen(PARSE_BYTE_ORDER);
	for (unsigned number = 1; line < end; number++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t line_len = (size_t)((newline ? newline : end) - line);

		if (parse_line(script, line, line_len, number, error) < 0) {
			evtcp_fault_free(script);
			errno = EINVAL;
			return NULL;
		}
		line = newline ? newline + 1 : end;
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

int evtcp_fault_script_rule(
	const struct evtcp_fault_script *script, unsigned i, struct evtcp_fault_rule *rule)
{
	if (i >= script->n_rules)
		return -1;
	*rule = (struct evtcp_fault_rule){.number = script->rules[i].number};
	memcpy(rule->text, script->rules[i].text, sizeof(rule->text));
	script_explain_rule(&script->rules[i], rule->explanation, sizeof(rule->explanation));
	return 0;
}
