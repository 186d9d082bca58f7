/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of the build: prints the manual page evtcpd(1), as source for man. Made of the
 * tables that evtcpd itself reads and of the paragraphs of --help, so that the page cannot
 * know an option or an exit status that the program does not. Input: nothing. */

#include "program/manual.h"
#include "evtcpd/exit_status.h"
#include "evtcpd/help_text.h"
#include "evtcpd/options_table.h"

#include <stdio.h>

int main(void)
{
#define MANUAL_OPTION(id, letter, name, argument, default_text, meaning) \
	{letter, name, argument, default_text, meaning},
	static const struct program_option options[] = {OPTIONS(MANUAL_OPTION)};
#define MANUAL_STATUS(name, number, meaning) {number, meaning},
	static const struct program_status statuses[] = {EXIT_STATUSES(MANUAL_STATUS)};

	puts(".TH EVTCPD 1 \"\" \"evtcp " EVTCPD_VERSION "\"");
	puts(".SH NAME\nevtcpd \\- " HELP_SUMMARY);
	puts(".SH SYNOPSIS\n\\fBevtcpd\\fR [\\fIOPTIONS\\fR] [\\fB\\-\\-\\fR \\fICOMMAND\\fR "
	     "[\\fIARG\\fR...]]");
	puts(".SH DESCRIPTION");
#define MANUAL_PARAGRAPH(text) manual_paragraph(text);
	HELP_ABOUT(MANUAL_PARAGRAPH)
	manual_options(options, sizeof(options) / sizeof(options[0]));
	manual_statuses(statuses, sizeof(statuses) / sizeof(statuses[0]));
	manual_paragraph(HELP_STATUS_WITH_COMMAND);
	puts(".SH EXAMPLES");
#define MANUAL_EXAMPLE(what, command) manual_example(what, command);
	HELP_EXAMPLES(MANUAL_EXAMPLE)
	puts(".SH SEE ALSO\n.BR evtcp\\-ladder (1),\n.BR curl (1),\n.BR tcpdump (8),\n.BR tshark "
	     "(1)");
	return ferror(stdout) || fflush(stdout) != 0;
}
