/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of the build: prints the manual page evtcpd(1), as source for man. Made of the
 * tables that evtcpd itself reads and of the paragraphs of --help, so that the page cannot
 * know an option or an exit status that the program does not. Input: nothing. */

#include "evtcpd/exit_status.h"
#include "evtcpd/help_text.h"
#include "evtcpd/options_table.h"

#include <stdio.h>

/* Text as it is: no character of it means anything to roff. */
static void manual_text(const char *text)
{
	fputs("\\&", stdout); /* else a dot or a quote at the start were a request */
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '\\':
			fputs("\\e", stdout);
			break;
		case '-':
			fputs("\\-", stdout);
			break;
		case '\'':
			fputs("\\(aq", stdout);
			break;
		default:
			putchar(*text);
		}
	}
}

static void manual_line(const char *text)
{
	manual_text(text);
	putchar('\n');
}

struct manual_option {
	char letter;
	const char *name, *argument, *default_text, *meaning;
};

static void manual_option(const struct manual_option *option)
{
	puts(".TP");
	if (option->letter != '\0')
		printf("\\fB\\-%c\\fR, ", option->letter);
	fputs("\\fB\\-\\-", stdout);
	manual_text(option->name);
	fputs("\\fR", stdout);
	if (option->argument != NULL)
		printf(" \\fI%s\\fR", option->argument);
	putchar('\n');
	manual_text(option->meaning);
	if (option->default_text != NULL)
		printf(" [%s]", option->default_text);
	putchar('\n');
}

static void manual_options(void)
{
#define MANUAL_OPTION(id, letter, name, argument, default_text, meaning) \
	{letter, name, argument, default_text, meaning},
	static const struct manual_option options[] = {OPTIONS(MANUAL_OPTION)};
#undef MANUAL_OPTION

	puts(".SH OPTIONS\nDefaults are given in brackets.");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		manual_option(&options[i]);
}

static void manual_statuses(void)
{
	puts(".SH EXIT STATUS");
#define MANUAL_STATUS(name, number, meaning) \
	printf(".TP\n%d\n", number); \
	manual_line(meaning);
	EXIT_STATUSES(MANUAL_STATUS)
#undef MANUAL_STATUS
	puts(".PP");
	manual_line(HELP_STATUS_WITH_COMMAND);
}

static void manual_examples(void)
{
	puts(".SH EXAMPLES");
#define MANUAL_EXAMPLE(what, command) \
	puts(".PP"); \
	manual_line(what); \
	puts(".PP\n.nf\n.RS"); \
	manual_line(command); \
	puts(".RE\n.fi");
	HELP_EXAMPLES(MANUAL_EXAMPLE)
#undef MANUAL_EXAMPLE
}

int main(void)
{
	puts(".TH EVTCPD 1 \"\" \"evtcp " EVTCPD_VERSION "\"");
	puts(".SH NAME\nevtcpd \\- " HELP_SUMMARY);
	puts(".SH SYNOPSIS\n\\fBevtcpd\\fR [\\fIOPTIONS\\fR] [\\fB\\-\\-\\fR \\fICOMMAND\\fR "
	     "[\\fIARG\\fR...]]");
	puts(".SH DESCRIPTION");
#define MANUAL_PARAGRAPH(text) \
	puts(".PP"); \
	manual_line(text);
	HELP_ABOUT(MANUAL_PARAGRAPH)
#undef MANUAL_PARAGRAPH
	manual_options();
	manual_statuses();
	manual_examples();
	puts(".SH SEE ALSO\n.BR curl (1),\n.BR tcpdump (8),\n.BR tshark (1)");
	return ferror(stdout) || fflush(stdout) != 0;
}
