/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of the build: prints the manual page evtcpd(1), as source for man. Made of the
 * tables that evtcpd itself reads and of the paragraphs of --help, so that the page cannot
 * know an option or an exit status that the program does not. Input: nothing. */

#include "program/manual.h"
#include "evtcpd/exit_status.h"
#include "evtcpd/help_text.h"
#include "evtcpd/metrics_table.h"
#include "evtcpd/options_table.h"
#include "evtcpd/pages_table.h"

#include <ctype.h>
#include <stdio.h>

static void manual_pages(void)
{
	puts(".SH PAGES");
	manual_line(HELP_PAGES);
#define MANUAL_PAGE(function, path, verbs, usage, meaning) manual_entry(usage, NULL, meaning);
	PAGES(MANUAL_PAGE)
#undef MANUAL_PAGE
}

/* "TEXT: cause cause." with the causes called as on the page, in lower case. */
static void manual_metric(const char *name, const char *text, const char *causes)
{
	char meaning[600];
	size_t len = (size_t)snprintf(meaning, sizeof(meaning), "%s:", text);

	for (; *causes != '\0' && len + 2 < sizeof(meaning); causes++)
		meaning[len++] = (char)tolower((unsigned char)*causes);
	meaning[len++] = '.';
	meaning[len] = '\0';
	manual_entry(name, NULL, meaning);
}

static void manual_metrics(void)
{
	puts(".SH METRICS");
	manual_line(HELP_METRICS);
#define C(cause) " " #cause
#define MANUAL_METRIC(name, text, causes) manual_metric("evtcp_" #name "_total", text, causes);
	METRICS_OF_LINUX(MANUAL_METRIC)
#undef MANUAL_METRIC
#undef C
}

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
	manual_pages();
	manual_metrics();
	manual_statuses(statuses, sizeof(statuses) / sizeof(statuses[0]));
	manual_paragraph(HELP_STATUS_WITH_COMMAND);
	puts(".SH EXAMPLES");
#define MANUAL_EXAMPLE(what, command) manual_example(what, command);
	HELP_EXAMPLES(MANUAL_EXAMPLE)
	puts(".SH SEE ALSO\n.BR evtcpctl (1),\n.BR evtcp\\-ladder (1),\n.BR curl (1),\n.BR tcpdump "
	     "(8),\n.BR tshark "
	     "(1)");
	return ferror(stdout) || fflush(stdout) != 0;
}
