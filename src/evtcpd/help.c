/* SPDX-License-Identifier: BSD-3-Clause */
/* What --help prints: the tables of options and exit statuses and the paragraphs of
 * help_text.h in, lines of 80 columns out. The manual page is made of the same
 * (manual.c). Knows no option and no status by name. */

#include "evtcpd/help.h"
#include "evtcpd/exit_status.h"
#include "evtcpd/help_text.h"
#include "evtcpd/options_table.h"
#include "program/help.h"

static void help_print_options(FILE *file)
{
#define HELP_OPTION_ROW(id, letter, name, argument, default_text, meaning) \
	{letter, name, argument, default_text, meaning},
	static const struct program_option options[] = {OPTIONS(HELP_OPTION_ROW)};
#undef HELP_OPTION_ROW

	fputs("\nOptions, with their defaults in brackets:\n", file);
	program_help_options(file, options, sizeof(options) / sizeof(options[0]));
}

static void help_print_statuses(FILE *file)
{
#define HELP_STATUS_ROW(name, number, meaning) {number, meaning},
	static const struct program_status statuses[] = {EXIT_STATUSES(HELP_STATUS_ROW)};
#undef HELP_STATUS_ROW

	fputs("\nExit status:\n", file);
	program_help_statuses(file, statuses, sizeof(statuses) / sizeof(statuses[0]));
	program_help_wrap(file, 0, HELP_STATUS_WITH_COMMAND);
}

void help_print(FILE *file)
{
	fputs("Usage: evtcpd [OPTIONS] [-- COMMAND [ARG...]]\n", file);
#define HELP_PARAGRAPH(text) \
	fputc('\n', file); \
	program_help_wrap(file, 0, text);
	HELP_ABOUT(HELP_PARAGRAPH)
#undef HELP_PARAGRAPH
	help_print_options(file);
	help_print_statuses(file);
	fputs("\nExamples:\n", file);
#define HELP_EXAMPLE(what, command) fprintf(file, "  %s\n    %s\n", what, command);
	HELP_EXAMPLES(HELP_EXAMPLE)
#undef HELP_EXAMPLE
}
