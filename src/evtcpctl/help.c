/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables in, --help out. The manual page is made of the same (manual.c). */

#include "evtcpctl/help.h"

#include "control/commands.h"
#include "evtcpctl/tables.h"
#include "program/help.h"

static void help_print_commands(FILE *file)
{
	fputs("\nCommands:\n", file);
#define HELP_COMMAND(id, name, arguments, meaning) \
	program_help_entry(file, name, arguments, meaning);
	CONTROL_COMMANDS(HELP_COMMAND)
#define HELP_OWN(name, arguments, meaning) program_help_entry(file, name, arguments, meaning);
	CONTROL_CLIENT_COMMANDS(HELP_OWN)
}

void help_print(FILE *file)
{
#define HELP_OPTION_ROW(id, letter, name, argument, meaning) \
	{letter, name, argument, NULL, meaning},
	static const struct program_option options[] = {EVTCPCTL_OPTIONS(HELP_OPTION_ROW)};
#define HELP_STATUS_ROW(name, number, meaning) {number, meaning},
	static const struct program_status statuses[] = {EVTCPCTL_STATUSES(HELP_STATUS_ROW)};

	fputs("Usage: evtcpctl [OPTIONS] COMMAND [ARGUMENT...]\n", file);
#define HELP_PARAGRAPH(text) \
	fputc('\n', file); \
	program_help_wrap(file, 0, text);
	EVTCPCTL_ABOUT(HELP_PARAGRAPH)
	help_print_commands(file);
	fputs("\nOptions:\n", file);
	program_help_options(file, options, sizeof(options) / sizeof(options[0]));
	fputs("\nExit status:\n", file);
	program_help_statuses(file, statuses, sizeof(statuses) / sizeof(statuses[0]));
	fputs("\nExamples:\n", file);
#define HELP_EXAMPLE(what, command) fprintf(file, "  %s\n    %s\n", what, command);
	EVTCPCTL_EXAMPLES(HELP_EXAMPLE)
}
