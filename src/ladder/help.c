/* SPDX-License-Identifier: BSD-3-Clause */

/* What --help prints: the tables of options and exit statuses and the paragraphs of help_text.h. */

#include "ladder/help.h"

#include "ladder/exit_status.h"
#include "ladder/help_text.h"
#include "ladder/options_table.h"
#include "program/help.h"

void help_print(FILE *file)
{
#define HELP_OPTION_ROW(id, letter, name, argument, default_text, meaning) \
	{letter, name, argument, default_text, meaning},
	static const struct program_option options[] = {OPTIONS(HELP_OPTION_ROW)};
#define HELP_STATUS_ROW(name, number, meaning) {number, meaning},
	static const struct program_status statuses[] = {EXIT_STATUSES(HELP_STATUS_ROW)};

	fputs("Usage: evtcp-ladder [OPTIONS] FILE\n", file);
#define HELP_PARAGRAPH(text) \
	fputc('\n', file); \
	program_help_wrap(file, 0, text);
	HELP_ABOUT(HELP_PARAGRAPH)
	fputs("\nOptions, with their defaults in brackets:\n", file);
	program_help_options(file, options, sizeof(options) / sizeof(options[0]));
	fputs("\nExit status:\n", file);
	program_help_statuses(file, statuses, sizeof(statuses) / sizeof(statuses[0]));
	fputs("\nExamples:\n", file);
#define HELP_EXAMPLE(what, command) fprintf(file, "  %s\n    %s\n", what, command);
	HELP_EXAMPLES(HELP_EXAMPLE)
}
