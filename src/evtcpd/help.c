/* SPDX-License-Identifier: BSD-3-Clause */
/* What --help prints: the tables of options and exit statuses and the paragraphs of
 * help_text.h in, lines of 80 columns out. The manual page is made of the same
 * (manual.c). Knows no option and no status by name. */

#include "evtcpd/help.h"
#include "evtcpd/exit_status.h"
#include "evtcpd/help_text.h"
#include "evtcpd/options_table.h"

#include <string.h>

#define HELP_COLUMNS 80
#define HELP_OPTION 29 /* where the meaning of an option begins */
#define HELP_STATUS 7  /* ... and of an exit status */
#define HELP_TEXT 400  /* the longest meaning with its default */

/* Writes text, which begins in column indent, and ends the line; what goes beyond the
 * last column goes on below, at indent. */
static void help_wrap(FILE *file, int indent, const char *text)
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

struct help_option {
	char letter;
	const char *name, *argument, *default_text, *meaning;
};

static void help_print_option(FILE *file, const struct help_option *option)
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
	help_wrap(file, HELP_OPTION, text);
}

static void help_print_options(FILE *file)
{
#define HELP_OPTION_ROW(id, letter, name, argument, default_text, meaning) \
	{letter, name, argument, default_text, meaning},
	static const struct help_option options[] = {OPTIONS(HELP_OPTION_ROW)};
#undef HELP_OPTION_ROW

	fputs("\nOptions, with their defaults in brackets:\n", file);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		help_print_option(file, &options[i]);
}

static void help_print_statuses(FILE *file)
{
	fputs("\nExit status:\n", file);
#define HELP_STATUS_ROW(name, number, meaning) \
	fprintf(file, "  %3d  ", number); \
	help_wrap(file, HELP_STATUS, meaning);
	EXIT_STATUSES(HELP_STATUS_ROW)
#undef HELP_STATUS_ROW
	help_wrap(file, 0, HELP_STATUS_WITH_COMMAND);
}

void help_print(FILE *file)
{
	fputs("Usage: evtcpd [OPTIONS] [-- COMMAND [ARG...]]\n", file);
#define HELP_PARAGRAPH(text) \
	fputc('\n', file); \
	help_wrap(file, 0, text);
	HELP_ABOUT(HELP_PARAGRAPH)
#undef HELP_PARAGRAPH
	help_print_options(file);
	help_print_statuses(file);
	fputs("\nExamples:\n", file);
#define HELP_EXAMPLE(what, command) fprintf(file, "  %s\n    %s\n", what, command);
	HELP_EXAMPLES(HELP_EXAMPLE)
#undef HELP_EXAMPLE
}
