/* SPDX-License-Identifier: BSD-3-Clause */

/* Tables as text for a terminal. Input: rows. Output: lines of 80 columns. Knows no option and no
 * status by name. */

#include "program/help.h"

#include <string.h>

#define HELP_COLUMNS 80
#define HELP_OPTION 29 /* where the meaning of an option begins */
#define HELP_STATUS 7  /* ... and of an exit status */
#define HELP_TEXT 400  /* the longest meaning with its default */

void program_help_wrap(FILE *file, int indent, const char *text)
{
	int column = indent;

	while (*text != '\0') {
		int len = (int)strcspn(text, " ");

		if (column > indent && column + 1 + len > HELP_COLUMNS) {
			fprintf(file, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', file);
			column++;
		}
		fprintf(file, "%.*s", len, text);
		column += len;
		text += len + strspn(text + len, " ");
	}
	fputc('\n', file);
}

void program_help_entry(FILE *file, const char *name, const char *argument, const char *meaning)
{
	int len = fprintf(file, "  %s%s%s", name, argument != NULL ? " " : "",
		argument != NULL ? argument : "");

	if (len >= HELP_OPTION)
		fprintf(file, "\n%*s", HELP_OPTION, "");
	else
		fprintf(file, "%*s", HELP_OPTION - len, "");
	program_help_wrap(file, HELP_OPTION, meaning);
}

static void help_print_option(FILE *file, const struct program_option *option)
{
	char form[HELP_OPTION + 1], text[HELP_TEXT];
	const char *argument = option->argument ? option->argument : "";

	if (option->letter != '\0')
		snprintf(form, sizeof(form), "  -%c, --%s %s", option->letter, option->name,
			argument);
	else
		snprintf(form, sizeof(form), "      --%s %s", option->name, argument);
	fprintf(file, "%-*s", HELP_OPTION, form);
	if (option->default_text != NULL)
		snprintf(text, sizeof(text), "%s [%s]", option->meaning, option->default_text);
	else
		snprintf(text, sizeof(text), "%s", option->meaning);
	program_help_wrap(file, HELP_OPTION, text);
}

void program_help_options(FILE *file, const struct program_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++)
		help_print_option(file, &options[i]);
}

void program_help_statuses(FILE *file, const struct program_status *statuses, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fprintf(file, "  %3d  ", statuses[i].number);
		program_help_wrap(file, HELP_STATUS, statuses[i].meaning);
	}
}
