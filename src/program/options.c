/* SPDX-License-Identifier: BSD-3-Clause */

/* Reading a command line. Input: argv and a table of options. Output: a call for each option and
 * operand. What values mean is not known here. */

#include "program/options.h"

#include <stdio.h>
#include <string.h>

enum { OPTIONS_NAME = 40 };

/* Where the reading stands. */
struct options_reader {
	const struct program_syntax *syntax;
	struct program_failure *failure;
	char **next; /* the argument after the one at hand; NULL ends */
};

/* The row of a letter, or of a name of len characters; n_options if there is none. */
static size_t options_find_letter(const struct program_syntax *syntax, char letter)
{
	size_t row = 0;

	while (row < syntax->n_options && syntax->options[row].letter != letter)
		row++;
	return row;
}

static size_t options_find_name(const struct program_syntax *syntax, const char *name, size_t len)
{
	size_t row = 0;

	while (row < syntax->n_options &&
		(strlen(syntax->options[row].name) != len ||
			memcmp(syntax->options[row].name, name, len) != 0))
		row++;
	return row;
}

/* Sets row, called by name, with attached as value if it is not NULL, else with the next argument
 * if the option takes one. */
static int options_apply(
	struct options_reader *reader, size_t row, const char *name, const char *attached)
{
	const struct program_syntax *syntax = reader->syntax;
	const char *argument = syntax->options[row].argument, *value = attached;

	if (argument != NULL && attached == NULL) {
		/* "--svg -- file" forgot the value: a file called "--" is "--svg=--". */
		if (*reader->next == NULL || strcmp(*reader->next, "--") == 0)
			return program_fail(reader->failure, syntax->value_status,
				"%s needs a value: %s %s", name, name, argument);
		value = *reader->next++;
	}
	if (argument == NULL && attached != NULL)
		return program_fail(reader->failure, syntax->value_status,
			"%s takes no value, but '%s' was given", name, attached);
	return syntax->set(syntax->arg, row, name, value);
}

/* "--name", "--name=value" */
static int options_read_long(struct options_reader *reader, const char *argument)
{
	const struct program_syntax *syntax = reader->syntax;
	size_t len = strcspn(argument + 2, "=");
	size_t row = options_find_name(syntax, argument + 2, len);
	char name[OPTIONS_NAME];

	if (row == syntax->n_options)
		return program_fail(reader->failure, syntax->unknown_status,
			"unknown option '%s'; --help lists all options", argument);
	snprintf(name, sizeof(name), "--%s", syntax->options[row].name);
	return options_apply(
		reader, row, name, argument[2 + len] == '=' ? argument + 3 + len : NULL);
}

/* "-w80", "-w 80", "-al", "-aw80" */
static int options_read_short(struct options_reader *reader, const char *argument)
{
	const struct program_syntax *syntax = reader->syntax;
	int result = 0;

	for (const char *p = argument + 1; *p != '\0' && result == 0; p++) {
		size_t row = options_find_letter(syntax, *p);
		const char name[] = {'-', *p, '\0'};

		if (row == syntax->n_options)
			return program_fail(reader->failure, syntax->unknown_status,
				"unknown option '%s' in '%s'; --help lists all options", name,
				argument);
		if (syntax->options[row].argument != NULL)
			return options_apply(reader, row, name, p[1] != '\0' ? p + 1 : NULL);
		result = options_apply(reader, row, name, NULL);
	}
	return result;
}

/* "-5" is a number, unless an option is called so, or only another program takes operands. */
static bool options_is_number(const struct program_syntax *syntax, const char *argument)
{
	return !syntax->rest && argument[1] >= '0' && argument[1] <= '9' &&
	       options_find_letter(syntax, argument[1]) == syntax->n_options;
}

/* What follows "--". */
static int options_read_rest(struct options_reader *reader)
{
	const struct program_syntax *syntax = reader->syntax;

	if (syntax->rest)
		return syntax->rest(syntax->arg, reader->next);
	for (; *reader->next != NULL; reader->next++)
		if (syntax->operand(syntax->arg, *reader->next) < 0)
			return -1;
	return 0;
}

int program_read_options(
	const struct program_syntax *syntax, char **argv, struct program_failure *failure)
{
	struct options_reader reader = {syntax, failure, argv + (argv[0] != NULL)};
	int result = 0;

	while (*reader.next != NULL && result == 0) {
		const char *argument = *reader.next++;

		if (strcmp(argument, "--") == 0)
			return options_read_rest(&reader);
		if (strncmp(argument, "--", 2) == 0)
			result = options_read_long(&reader, argument);
		else if (argument[0] == '-' && argument[1] != '\0' &&
			 !options_is_number(syntax, argument))
			result = options_read_short(&reader, argument);
		else
			result = syntax->operand(syntax->arg, argument);
	}
	return result < 0 ? -1 : 0;
}
