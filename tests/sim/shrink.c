/* SPDX-License-Identifier: BSD-3-Clause */

/* A search downhill, from a failing scenario towards the plain one.
 *
 * In: a scenario, a judge. Out: a scenario nearer to the plain one that the judge still
 * finds guilty of the same.
 *
 * It knows no field by name. First whole connections go, then fields in groups: all, all of
 * a part (way.*, host.0.*), one in all parts (connection.*.end.*.total); then one by one.
 * What is left is halved as long as that works. When nothing more can be had, or the tries
 * are used up, it ends. */

#include "shrink.h"

#include "fields.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct shrink {
	const struct shrink_options *options;
	const char *kind;
	struct shrink_result *result;
	struct scenario best, candidate, plain;
	/* Of candidate and plain, with as many connections as best has. */
	struct fields fields, plains;
};

static void shrink_begin(struct shrink *shrink)
{
	shrink->candidate = shrink->best;
	shrink->plain.n_dialogues = shrink->best.n_dialogues;
	fields_list(&shrink->candidate, &shrink->fields);
	fields_list(&shrink->plain, &shrink->plains);
}

static bool shrink_is_over(const struct shrink *shrink)
{
	return shrink->result->tries >= shrink->options->tries_max;
}

/* Plays the candidate, and keeps it if it fails in the same way. */
static bool shrink_try(struct shrink *shrink)
{
	struct verdict verdict = {.failed = false};

	if (shrink_is_over(shrink) || scenario_unsound(&shrink->candidate))
		return false;
	shrink->result->tries++;
	shrink->options->judge(shrink->options->arg, &shrink->candidate, &verdict);
	if (!verdict.failed || strcmp(verdict.kind, shrink->kind) != 0)
		return false;
	shrink->best = shrink->candidate;
	shrink->result->verdict = verdict;
	return true;
}

/* ---- connections ----------------------------------------------------------------- */

/* Takes connection n out of the candidate. Who waited for its end waits for that of the
 * one before it. */
static void shrink_take_out(struct scenario *s, unsigned n)
{
	int after = s->dialogues[n].after;

	s->n_dialogues--;
	for (unsigned i = n; i < s->n_dialogues; i++) {
		struct dialogue_plan *d = &s->dialogues[i];

		*d = s->dialogues[i + 1];
		if (d->after == (int)n)
			d->after = after;
		else if (d->after > (int)n)
			d->after--;
	}
}

/* All but one, or failing that each by itself. */
static bool shrink_connections(struct shrink *shrink)
{
	bool better = false;

	for (unsigned kept = 0; kept < shrink->best.n_dialogues && shrink->best.n_dialogues > 1;
		kept++) {
		shrink_begin(shrink);
		for (unsigned i = shrink->best.n_dialogues; i-- > 0;) {
			if (i != kept)
				shrink_take_out(&shrink->candidate, i);
		}
		if (shrink_try(shrink))
			return true;
	}
	for (unsigned i = shrink->best.n_dialogues; i-- > 0 && shrink->best.n_dialogues > 1;) {
		shrink_begin(shrink);
		shrink_take_out(&shrink->candidate, i);
		better = shrink_try(shrink) || better;
	}
	return better;
}

/* ---- fields in groups ------------------------------------------------------------- */

/* name with each number between dots as '*': what it has in common with its like. */
static void shrink_family(const char *name, char family[FIELD_NAME])
{
	size_t n = 0;

	while (*name) {
		size_t digits = strspn(name, "0123456789");
		bool whole = digits > 0 && (name[digits] == '.' || name[digits] == '\0');

		family[n++] = whole ? '*' : *name;
		name += whole ? digits : 1;
	}
	family[n] = '\0';
}

enum shrink_group { SHRINK_PREFIX, SHRINK_FAMILY };

static bool shrink_is_in(const struct field *field, enum shrink_group group, const char *name)
{
	char family[FIELD_NAME];

	if (field->use == FIELD_KEPT)
		return false;
	if (group == SHRINK_PREFIX)
		return strncmp(field->name, name, strlen(name)) == 0;
	shrink_family(field->name, family);
	return strcmp(family, name) == 0;
}

/* Makes plain what belongs to the group. */
static bool shrink_group(struct shrink *shrink, enum shrink_group group, const char *name)
{
	unsigned changed = 0;

	shrink_begin(shrink);
	for (unsigned i = 0; i < shrink->fields.n; i++) {
		const struct field *field = &shrink->fields.field[i];
		uint64_t plain = field_get(&shrink->plains.field[i]);

		if (!shrink_is_in(field, group, name) || field_get(field) == plain)
			continue;
		field_set(field, plain);
		changed++;
	}
	return changed > 0 && shrink_try(shrink);
}

/* Each prefix that ends with a dot, the shortest first for each field. */
static bool shrink_prefixes(struct shrink *shrink)
{
	char last[FIELD_NAME] = "";
	bool better = shrink_group(shrink, SHRINK_PREFIX, "");

	for (unsigned i = 0; i < shrink->fields.n; i++) {
		const char *name = shrink->fields.field[i].name;
		char prefix[FIELD_NAME];

		for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
			size_t len = (size_t)(dot - name) + 1;

			memcpy(prefix, name, len);
			prefix[len] = '\0';
			if (strncmp(last, prefix, len) == 0)
				continue; /* was tried with the field before */
			better = shrink_group(shrink, SHRINK_PREFIX, prefix) || better;
		}
		memcpy(last, name, sizeof(last));
	}
	return better;
}

static bool shrink_families(struct shrink *shrink)
{
	bool better = false;

	shrink_begin(shrink);
	for (unsigned i = 0; i < shrink->fields.n; i++) {
		char family[FIELD_NAME], other[FIELD_NAME];
		bool first = true;

		shrink_family(shrink->fields.field[i].name, family);
		for (unsigned j = 0; j < i && first; j++) {
			shrink_family(shrink->fields.field[j].name, other);
			first = strcmp(family, other) != 0;
		}
		if (first && strchr(family, '*'))
			better = shrink_group(shrink, SHRINK_FAMILY, family) || better;
	}
	return better;
}

/* ---- fields by themselves ----------------------------------------------------------- */

static bool shrink_set(struct shrink *shrink, unsigned i, uint64_t value)
{
	shrink_begin(shrink);
	field_set(&shrink->fields.field[i], value);
	return shrink_try(shrink);
}

/* The smallest value that still fails, to a sixteenth. */
static bool shrink_amount(struct shrink *shrink, unsigned i)
{
	uint64_t good = field_get(&shrink->plains.field[i]);
	uint64_t bad = field_get(&shrink->fields.field[i]);
	bool better = false;

	while (bad > good && bad - good > 1 + bad / 16 && !shrink_is_over(shrink)) {
		uint64_t middle = good + (bad - good) / 2;

		if (shrink_set(shrink, i, middle)) {
			bad = middle;
			better = true;
		} else {
			good = middle;
		}
	}
	return better;
}

static bool shrink_fields(struct shrink *shrink)
{
	bool better = false;

	shrink_begin(shrink);
	for (unsigned i = 0; i < shrink->fields.n && !shrink_is_over(shrink); i++) {
		const struct field *field = &shrink->fields.field[i];
		uint64_t plain = field_get(&shrink->plains.field[i]);

		shrink_begin(shrink);
		if (field->use == FIELD_KEPT || field_get(field) == plain)
			continue;
		if (shrink_set(shrink, i, plain))
			better = true;
	}
	return better;
}

static bool shrink_amounts(struct shrink *shrink)
{
	bool better = false;

	shrink_begin(shrink);
	for (unsigned i = 0; i < shrink->fields.n && !shrink_is_over(shrink); i++) {
		shrink_begin(shrink);
		if (shrink->fields.field[i].use == FIELD_AMOUNT)
			better = shrink_amount(shrink, i) || better;
	}
	return better;
}

/* ---- the whole ------------------------------------------------------------------------ */

static unsigned shrink_lines(const struct scenario *scenario)
{
	FILE *nowhere = fopen("/dev/null", "w");
	unsigned lines = nowhere ? text_write(scenario, nowhere) : 0;

	if (nowhere)
		fclose(nowhere);
	return lines;
}

void shrink_scenario(struct scenario *scenario, const struct verdict *verdict,
	const struct shrink_options *options, struct shrink_result *result)
{
	struct shrink *shrink = malloc(sizeof(*shrink)); /* large */
	bool better = true;

	*result =
		(struct shrink_result){.verdict = *verdict, .lines_before = shrink_lines(scenario)};
	shrink->options = options;
	shrink->kind = verdict->kind;
	shrink->result = result;
	shrink->best = *scenario;
	scenario_plain(&shrink->plain);
	while (better && !shrink_is_over(shrink)) {
		better = shrink_connections(shrink);
		better = shrink_prefixes(shrink) || better;
		better = shrink_families(shrink) || better;
		better = shrink_fields(shrink) || better;
		better = shrink_amounts(shrink) || better;
	}
	*scenario = shrink->best;
	free(shrink);
	result->lines = shrink_lines(scenario);
}
