/* SPDX-License-Identifier: BSD-3-Clause */

/* The language of specifications: text to struct.
 *
 *     spec   = clause { "," clause }
 *     clause = [ "tx." | "rx." ] verb [ "=" value ] | "seed" "=" number
 *     value  = quantity { "/" quantity }        as many as the verb takes
 *     span   = time [ "~" time ]
 *
 * Input: a text of any bytes. Output: a specification within its bounds, or the first
 * place where the text is wrong with a sentence that says what would be right. What a
 * verb means is README.md's and way.c's business.
 *
 * One function a verb reads its value into one way; a clause without direction is read
 * twice. */

#include "link/impair/spec.h"
#include "link/impair/way.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PARSE_WORD 24     /* longest word repeated in a message */
#define PARSE_DECIMALS 18 /* behind a point; 10^18 fits 64 bits */

struct parse {
	const char *text, *at; /* at: what is to be read next */
	struct evtcp_impair_error *error;
};

/* What may stand behind a number, and what it makes of it. */
struct parse_unit {
	const char *name;
	uint64_t factor;
};

/* A number with a unit: value * factor must be whole. */
struct parse_quantity {
	const struct parse_unit *units; /* ended by a name of NULL */
	uint64_t min, max;
	const char *expected;
};

/* ---- mistakes -------------------------------------------------------- */

static bool parse_ends_word(char c)
{
	return c == '\0' || c == ',' || c == ' ' || c == '\t' || c == '\n';
}

/* What stands at the place, as a message may show it: quoted, short, printable. */
static const char *parse_found(const char *at, char text[PARSE_WORD + 8])
{
	char word[PARSE_WORD + 1];
	size_t n = 0;

	if (*at == '\0')
		return "the end";
	if (*at == ',')
		return "','";
	for (; n < PARSE_WORD && !parse_ends_word(at[n]); n++)
		word[n] = at[n] > ' ' && at[n] < 0x7f ? at[n] : '?';
	word[n] = '\0';
	snprintf(text, PARSE_WORD + 8, "'%s%s'", word, parse_ends_word(at[n]) ? "" : "...");
	return text;
}

/* At this place something else should stand. Always -1. */
static int parse_expected(struct parse *p, const char *at, const char *expected)
{
	char found[PARSE_WORD + 8];

	p->error->column = (unsigned)(at - p->text) + 1;
	snprintf(p->error->text, sizeof(p->error->text), "expected %s, found %s", expected,
		parse_found(at, found));
	errno = EINVAL;
	return -1;
}

/* ---- words ----------------------------------------------------------- */

static void parse_skip_blanks(struct parse *p)
{
	p->at += strspn(p->at, " \t\n");
}

static bool parse_accept(struct parse *p, char c)
{
	parse_skip_blanks(p);
	if (*p->at != c)
		return false;
	p->at++;
	parse_skip_blanks(p);
	return true;
}

/* Takes word if it stands here as a whole. */
static bool parse_accept_word(struct parse *p, const char *word)
{
	size_t len = strlen(word);
	char after;

	if (strncasecmp(p->at, word, len) != 0)
		return false;
	after = p->at[len];
	if ((after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z') || after == '.')
		return false;
	p->at += len;
	return true;
}

/* ---- numbers --------------------------------------------------------- */

/* Reads digits into *number, and returns how many there
 * were; 0 also if they make more than 64 bits. */
static unsigned parse_digits(struct parse *p, uint64_t *number)
{
	unsigned n = 0;

	for (*number = 0; *p->at >= '0' && *p->at <= '9'; n++) {
		if (__builtin_mul_overflow(*number, 10u, number) ||
			__builtin_add_overflow(*number, (uint64_t)(*p->at - '0'), number))
			return 0;
		p->at++;
	}
	return n;
}

static uint64_t parse_power_of_ten(unsigned n)
{
	uint64_t power = 1;

	while (n-- > 0)
		power *= 10;
	return power;
}

static const struct parse_unit *parse_unit(struct parse *p, const struct parse_unit *units)
{
	for (; units->name; units++) {
		if (parse_accept_word(p, units->name))
			return units;
	}
	return NULL;
}

static int parse_quantity(struct parse *p, const struct parse_quantity *kind, uint64_t *value)
{
	const char *start = p->at;
	uint64_t whole, fraction = 0, scale = 1, rest;
	const struct parse_unit *unit;
	unsigned n = parse_digits(p, &whole), decimals = 0;

	if (n > 0 && *p->at == '.') {
		p->at++;
		n = decimals = parse_digits(p, &fraction);
		if (decimals > PARSE_DECIMALS)
			return parse_expected(p, start, kind->expected);
		scale = parse_power_of_ten(decimals);
	}
	unit = n > 0 ? parse_unit(p, kind->units) : NULL;
	if (!unit || __builtin_mul_overflow(whole, unit->factor, value) ||
		__builtin_mul_overflow(fraction, unit->factor, &rest) || rest % scale != 0 ||
		__builtin_add_overflow(*value, rest / scale, value) || *value < kind->min ||
		*value > kind->max)
		return parse_expected(p, start, kind->expected);
	return 0;
}

static int parse_u32(struct parse *p, const struct parse_quantity *kind, uint32_t *value)
{
	uint64_t wide = 0; /* within kind->max, which fits */

	if (parse_quantity(p, kind, &wide) < 0)
		return -1;
	*value = (uint32_t)wide;
	return 0;
}

/* ---- kinds of values --------------------------------------------------- */

static const struct parse_unit parse_units_none[] = {{"", 1}, {NULL, 0}};

static int parse_chance(struct parse *p, uint32_t *ppm)
{
	static const struct parse_unit units[] = {{"%", SPEC_PPM_MAX / 100}, {NULL, 0}};
	static const struct parse_quantity chance = {units, 0, SPEC_PPM_MAX,
		"a share of the packets, 0% to 100%, such as 0.5% (no finer than 0.0001%)"};

	return parse_u32(p, &chance, ppm);
}

static int parse_time(struct parse *p, uint64_t *us)
{
	static const struct parse_unit units[] = {
		{"us", 1}, {"ms", 1000}, {"s", 1000000}, {NULL, 0}};
	static const struct parse_quantity time = {units, 0, SPEC_SPAN_MAX_US,
		"a time with its unit, such as 20ms, 0.5s or 150us (no finer, at most 3600s)"};

	return parse_quantity(p, &time, us);
}

/* 20ms, or 20ms~5ms: from 15 to 25. */
static int parse_span(struct parse *p, struct evtcp_impair_span *span)
{
	const char *start;

	span->jitter_us = 0;
	if (parse_time(p, &span->us) < 0)
		return -1;
	if (!parse_accept(p, '~'))
		return 0;
	start = p->at;
	if (parse_time(p, &span->jitter_us) < 0)
		return -1;
	if (span->jitter_us > span->us)
		return parse_expected(
			p, start, "no more jitter than delay (20ms~5ms is 15 to 25 ms)");
	return 0;
}

/* "/" and how many at most, or nothing: one. */
static int parse_at_most(struct parse *p, const struct parse_quantity *kind, uint32_t *most)
{
	*most = 0;
	return parse_accept(p, '/') ? parse_u32(p, kind, most) : 0;
}

static int parse_bytes(struct parse *p, const char *expected, uint64_t *bytes)
{
	static const struct parse_unit units[] = {{"b", 1}, {"k", 1 << 10}, {"kb", 1 << 10},
		{"m", 1 << 20}, {"mb", 1 << 20}, {NULL, 0}};
	struct parse_quantity size = {units, 1, SPEC_BYTES_MAX, expected};

	return parse_quantity(p, &size, bytes);
}

/* ---- verbs, one function each ------------------------------------------ */

static int parse_loss(struct parse *p, struct evtcp_impair_way *way)
{
	return parse_chance(p, &way->loss_ppm);
}

/* BEGIN/END[/BAD[/GOOD]], the order of netem's p, r, 1-h, 1-k. */
static int parse_gemodel(struct parse *p, struct evtcp_impair_way *way)
{
	way->burst.loss_bad_ppm = SPEC_PPM_MAX;
	way->burst.loss_good_ppm = 0;
	if (parse_chance(p, &way->burst.begin_ppm) < 0)
		return -1;
	if (!parse_accept(p, '/'))
		return parse_expected(p, p->at, "'/' and how likely a burst ends (gemodel=1%/25%)");
	if (parse_chance(p, &way->burst.end_ppm) < 0)
		return -1;
	if (parse_accept(p, '/') && parse_chance(p, &way->burst.loss_bad_ppm) < 0)
		return -1;
	return parse_accept(p, '/') ? parse_chance(p, &way->burst.loss_good_ppm) : 0;
}

static int parse_delay(struct parse *p, struct evtcp_impair_way *way)
{
	return parse_span(p, &way->delay);
}

static int parse_overtake(struct parse *p, struct evtcp_impair_way *way)
{
	(void)p;
	way->overtake = 1;
	return 0;
}

static int parse_reorder(struct parse *p, struct evtcp_impair_way *way)
{
	if (parse_chance(p, &way->reorder_ppm) < 0)
		return -1;
	if (!parse_accept(p, '/'))
		return parse_expected(p, p->at, "'/' and how much later (reorder=1%/5ms)");
	return parse_span(p, &way->hold);
}

static int parse_dup(struct parse *p, struct evtcp_impair_way *way)
{
	static const struct parse_quantity copies = {
		parse_units_none, 1, WAY_COPIES_MAX, "at most how many copies more, 1 to 16"};

	return parse_chance(p, &way->duplicate_ppm) < 0
		       ? -1
		       : parse_at_most(p, &copies, &way->duplicate_max);
}

static int parse_corrupt(struct parse *p, struct evtcp_impair_way *way)
{
	static const struct parse_quantity bits = {
		parse_units_none, 1, WAY_FLIPS_MAX, "at most how many bits, 1 to 64"};

	return parse_chance(p, &way->corrupt_ppm) < 0 ? -1
						      : parse_at_most(p, &bits, &way->corrupt_max);
}

static int parse_truncate(struct parse *p, struct evtcp_impair_way *way)
{
	return parse_chance(p, &way->truncate_ppm);
}

static int parse_rate(struct parse *p, struct evtcp_impair_way *way)
{
	static const struct parse_unit units[] = {
		{"bit", 1}, {"kbit", 1000}, {"mbit", 1000000}, {"gbit", 1000000000}, {NULL, 0}};
	static const struct parse_quantity rate = {units, 1, SPEC_RATE_MAX_BPS,
		"bits a second, such as 10mbit, 512kbit or 1gbit (at most 1000gbit)"};

	return parse_quantity(p, &rate, &way->rate_bps);
}

/* A bare number is packets, as netem's limit. */
static int parse_queue(struct parse *p, struct evtcp_impair_way *way)
{
	static const char expected[] = "packets (100, at most 1000000) or bytes (64kb, 2mb, 1500b)";
	static const struct parse_quantity packets = {
		parse_units_none, 1, SPEC_QUEUE_MAX_PACKETS, expected};
	const char *start = p->at;

	way->queue_packets = 0;
	way->queue_bytes = 0;
	p->at += strspn(p->at, "0123456789");
	if (parse_ends_word(*p->at)) {
		p->at = start;
		return parse_u32(p, &packets, &way->queue_packets);
	}
	p->at = start;
	return parse_bytes(p, expected, &way->queue_bytes);
}

static int parse_ecn(struct parse *p, struct evtcp_impair_way *way)
{
	(void)p;
	way->ecn = 1;
	return 0;
}

static int parse_mtu(struct parse *p, struct evtcp_impair_way *way)
{
	static const struct parse_quantity mtu = {
		parse_units_none, SPEC_MTU_MIN, SPEC_MTU_MAX, "bytes, 68 to 65535"};
	uint32_t bytes;

	if (parse_u32(p, &mtu, &bytes) < 0)
		return -1;
	way->mtu = (uint16_t)bytes;
	way->silent = 0;
	if (!parse_accept(p, '/'))
		return 0;
	way->silent = 1;
	return parse_accept_word(p, "silent")
		       ? 0
		       : parse_expected(p, p->at, "'silent' (no ICMP) behind the '/'");
}

static int parse_limit(struct parse *p, struct evtcp_impair_way *way)
{
	return parse_bytes(p, "bytes of memory, such as 16mb (at most 4096mb)", &way->limit_bytes);
}

struct parse_verb {
	const char *name;
	bool is_flag;
	int (*read)(struct parse *p, struct evtcp_impair_way *way);
};

static const struct parse_verb parse_verbs[] = {
	{"loss", false, parse_loss},
	{"gemodel", false, parse_gemodel},
	{"delay", false, parse_delay},
	{"overtake", true, parse_overtake},
	{"reorder", false, parse_reorder},
	{"dup", false, parse_dup},
	{"corrupt", false, parse_corrupt},
	{"truncate", false, parse_truncate},
	{"rate", false, parse_rate},
	{"queue", false, parse_queue},
	{"ecn", true, parse_ecn},
	{"mtu", false, parse_mtu},
	{"limit", false, parse_limit},
};

/* ---- clauses ----------------------------------------------------------- */

static const struct parse_verb *parse_verb(struct parse *p)
{
	for (size_t i = 0; i < sizeof(parse_verbs) / sizeof(parse_verbs[0]); i++) {
		if (parse_accept_word(p, parse_verbs[i].name))
			return &parse_verbs[i];
	}
	return NULL;
}

static int parse_seed(struct parse *p, uint64_t *seed)
{
	static const struct parse_quantity number = {
		parse_units_none, 0, UINT64_MAX, "a whole number below 2^64"};

	if (!parse_accept(p, '='))
		return parse_expected(p, p->at, "'=' and a number (seed=7)");
	return parse_quantity(p, &number, seed);
}

/* The directions that a clause is for: a bit each. */
static unsigned parse_directions(struct parse *p)
{
	static const struct {
		const char *prefix;
		unsigned directions;
	} prefixes[] = {{"tx.", 1u << EVTCP_IMPAIR_TX}, {"rx.", 1u << EVTCP_IMPAIR_RX}};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncasecmp(p->at, prefixes[i].prefix, 3) != 0)
			continue;
		p->at += 3;
		return prefixes[i].directions;
	}
	return 1u << EVTCP_IMPAIR_TX | 1u << EVTCP_IMPAIR_RX;
}

static int parse_clause(struct parse *p, struct evtcp_impair_spec *spec)
{
	const char *start = p->at, *value;
	unsigned directions = parse_directions(p);
	const struct parse_verb *verb;

	if (p->at == start && parse_accept_word(p, "seed"))
		return parse_seed(p, &spec->seed);
	verb = parse_verb(p);
	if (!verb)
		return parse_expected(p, p->at,
			p->at != start
				? "a verb behind the direction (seed has none)"
				: "a verb: loss, gemodel, delay, overtake, reorder, dup, corrupt, "
				  "truncate, rate, queue, ecn, mtu, limit or seed; before it tx. "
				  "or rx. for one direction");
	if (!verb->is_flag && !parse_accept(p, '='))
		return parse_expected(p, p->at, "'=' and a value");
	value = p->at;
	for (unsigned i = 0; i < EVTCP_IMPAIR_N_DIRECTIONS; i++) {
		if (!(directions & 1u << i))
			continue;
		p->at = value;
		if (verb->read(p, &spec->ways[i]) < 0)
			return -1;
	}
	return 0;
}

int evtcp_impair_parse(
	const char *text, struct evtcp_impair_spec *spec, struct evtcp_impair_error *error)
{
	struct parse p = {.text = text, .at = text, .error = error};

	*error = (struct evtcp_impair_error){0};
	evtcp_impair_spec_init(spec);
	do {
		parse_skip_blanks(&p);
		if (parse_clause(&p, spec) < 0)
			return -1;
	} while (parse_accept(&p, ','));
	return *p.at == '\0' ? 0 : parse_expected(&p, p.at, "',' or the end");
}
