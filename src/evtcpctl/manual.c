/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of the build: prints the manual page evtcpctl(1), as source for man, made of the tables
 * that evtcpctl itself reads. Input: nothing. */

#include "program/manual.h"

#include "control/commands.h"
#include "evtcpctl/tables.h"

#include <stdio.h>

int main(void)
{
#define MANUAL_OPTION(id, letter, name, argument, meaning) {letter, name, argument, NULL, meaning},
	static const struct program_option options[] = {EVTCPCTL_OPTIONS(MANUAL_OPTION)};
#define MANUAL_STATUS(name, number, meaning) {number, meaning},
	static const struct program_status statuses[] = {EVTCPCTL_STATUSES(MANUAL_STATUS)};

	puts(".TH EVTCPCTL 1 \"\" \"evtcp " EVTCPD_VERSION "\"");
	puts(".SH NAME\nevtcpctl \\- " EVTCPCTL_SUMMARY);
	puts(".SH SYNOPSIS\n\\fBevtcpctl\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR "
	     "[\\fIARGUMENT\\fR...]");
	puts(".SH DESCRIPTION");
#define MANUAL_PARAGRAPH(text) manual_paragraph(text);
	EVTCPCTL_ABOUT(MANUAL_PARAGRAPH)
	puts(".SH COMMANDS");
#define MANUAL_COMMAND(id, name, arguments, meaning) manual_entry(name, arguments, meaning);
	CONTROL_COMMANDS(MANUAL_COMMAND)
#define MANUAL_OWN(name, arguments, meaning) manual_entry(name, arguments, meaning);
	CONTROL_CLIENT_COMMANDS(MANUAL_OWN)
	manual_options(options, sizeof(options) / sizeof(options[0]));
	manual_statuses(statuses, sizeof(statuses) / sizeof(statuses[0]));
	puts(".SH EXAMPLES");
#define MANUAL_EXAMPLE(what, command) manual_example(what, command);
	EVTCPCTL_EXAMPLES(MANUAL_EXAMPLE)
	puts(".SH SEE ALSO\n.BR evtcpd (1),\n.BR ss (8)");
	return ferror(stdout) || fflush(stdout) != 0;
}
