/* SPDX-License-Identifier: BSD-3-Clause */

/* A program of the build: prints the manual page evtcp-ladder(1), as source for man. Made of the
 * tables that evtcp-ladder itself reads and of the paragraphs of --help. Input: nothing. */

#include "program/manual.h"

#include "ladder/exit_status.h"
#include "ladder/help_text.h"
#include "ladder/options_table.h"

#include <stdio.h>

int main(void)
{
#define MANUAL_OPTION(id, letter, name, argument, default_text, meaning) \
	{letter, name, argument, default_text, meaning},
	static const struct program_option options[] = {OPTIONS(MANUAL_OPTION)};
#define MANUAL_STATUS(name, number, meaning) {number, meaning},
	static const struct program_status statuses[] = {EXIT_STATUSES(MANUAL_STATUS)};

	puts(".TH EVTCP\\-LADDER 1 \"\" \"evtcp " EVTCP_LADDER_VERSION "\"");
	puts(".SH NAME\nevtcp\\-ladder \\- " HELP_SUMMARY);
	puts(".SH SYNOPSIS\n\\fBevtcp\\-ladder\\fR [\\fIOPTIONS\\fR] \\fIFILE\\fR");
	puts(".SH DESCRIPTION");
#define MANUAL_PARAGRAPH(text) manual_paragraph(text);
	HELP_ABOUT(MANUAL_PARAGRAPH)
	manual_options(options, sizeof(options) / sizeof(options[0]));
	manual_statuses(statuses, sizeof(statuses) / sizeof(statuses[0]));
	puts(".SH EXAMPLES");
#define MANUAL_EXAMPLE(what, command) manual_example(what, command);
	HELP_EXAMPLES(MANUAL_EXAMPLE)
	puts(".SH SEE ALSO\n.BR evtcpd (1),\n.BR tcpdump (8),\n.BR tshark (1)");
	return ferror(stdout) || fflush(stdout) != 0;
}
