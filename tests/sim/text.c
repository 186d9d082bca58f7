/* SPDX-License-Identifier: BSD-3-Clause */

/* Scenarios to lines and back.
 *
 * In: a scenario, or lines. Out: the other. Order means nothing but for "connections",
 * which stands before the first of them. */

#include "text.h"

#include "fields.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A scenario beside the plain one, field by field. */
struct text {
	struct scenario scenario, plain;
	struct fields fields, plains;
};

static struct text *text_new(unsigned n_dialogues)
{
	struct text *text = malloc(sizeof(*text));

	scenario_plain(&text->scenario);
	scenario_plain(&text->plain);
	text->scenario.n_dialogues = text->plain.n_dialogues = n_dialogues;
	fields_list(&text->scenario, &text->fields);
	fields_list(&text->plain, &text->plains);
	return text;
}

unsigned text_write(const struct scenario *scenario, FILE *to)
{
	struct text *text = text_new(scenario->n_dialogues);
	unsigned lines = 0;

	text->scenario = *scenario;
	text->plain.n_dialogues = 1;
	for (unsigned i = 0; i < text->fields.n; i++) {
		const struct field *field = &text->fields.field[i];
		char value[FIELD_TEXT];

		if (field_get(field) == field_get(&text->plains.field[i]))
			continue;
		fprintf(to, "%s = %s\n", field->name, field_format(field, value));
		lines++;
	}
	free(text);
	return lines;
}

/* ---- reading ------------------------------------------------------------------- */

struct text_reader {
	struct scenario *scenario;
	struct fields *fields;
	unsigned line;
	char *error;
};

static bool text_fail(struct text_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool text_fail(struct text_reader *reader, const char *format, ...)
{
	va_list arguments;
	int len = 0;

	if (reader->line)
		len = snprintf(reader->error, TEXT_ERROR, "line %u: ", reader->line);
	va_start(arguments, format);
	vsnprintf(reader->error + len, TEXT_ERROR - (size_t)len, format, arguments);
	va_end(arguments);
	return false;
}

/* text without blanks around it. */
static char *text_trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static const struct field *text_find(const struct fields *fields, const char *name)
{
	for (unsigned i = 0; i < fields->n; i++) {
		if (strcmp(fields->field[i].name, name) == 0)
			return &fields->field[i];
	}
	return NULL;
}

static bool text_read_line(struct text_reader *reader, char *line)
{
	const struct field *field;
	char *equals, *name, *value;
	unsigned n = reader->scenario->n_dialogues;

	line[strcspn(line, "#")] = '\0';
	line = text_trim(line);
	if (*line == '\0')
		return true;
	equals = strchr(line, '=');
	if (!equals)
		return text_fail(reader, "expected \"name = value\"");
	*equals = '\0';
	name = text_trim(line);
	value = text_trim(equals + 1);
	field = text_find(reader->fields, name);
	if (!field)
		return text_fail(reader, "no field \"%.40s\" (of %u connections)", name, n);
	if (!field_parse(field, value))
		return text_fail(reader, "\"%.40s\" is no value of %.40s", value, name);
	if (reader->scenario->n_dialogues == n)
		return true;
	if (reader->scenario->n_dialogues < 1 || reader->scenario->n_dialogues > SCENARIO_DIALOGUES)
		return text_fail(reader, "1 to %d connections", SCENARIO_DIALOGUES);
	fields_list(reader->scenario, reader->fields);
	return true;
}

bool text_read(struct scenario *scenario, FILE *from, char error[TEXT_ERROR])
{
	struct text_reader reader = {
		.scenario = scenario, .fields = malloc(sizeof(struct fields)), .error = error};
	const char *unsound;
	char *line = NULL; /* of any length: a remark tells what has failed */
	size_t size = 0;
	bool good = true;

	scenario_plain(scenario);
	fields_list(scenario, reader.fields);
	while (good && getline(&line, &size, from) != -1) {
		reader.line++;
		good = text_read_line(&reader, line);
	}
	free(line);
	free(reader.fields);
	unsound = good ? scenario_unsound(scenario) : NULL;
	reader.line = 0;
	return unsound ? text_fail(&reader, "%s", unsound) : good;
}
