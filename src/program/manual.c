/* SPDX-License-Identifier: BSD-3-Clause */

/* Tables and paragraphs as source for man. */

#include "program/manual.h"

#include <stdio.h>

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

void manual_line(const char *text)
{
	manual_text(text);
	putchar('\n');
}

void manual_paragraph(const char *text)
{
	puts(".PP");
	manual_line(text);
}

void manual_entry(const char *name, const char *argument, const char *meaning)
{
	fputs(".TP\n\\fB", stdout);
	manual_text(name);
	fputs("\\fR", stdout);
	if (argument != NULL)
		printf(" \\fI%s\\fR", argument);
	putchar('\n');
	manual_line(meaning);
}

static void manual_option(const struct program_option *option)
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

void manual_options(const struct program_option *options, size_t n)
{
	puts(".SH OPTIONS\nDefaults are given in brackets.");
	for (size_t i = 0; i < n; i++)
		manual_option(&options[i]);
}

void manual_statuses(const struct program_status *statuses, size_t n)
{
	puts(".SH EXIT STATUS");
	for (size_t i = 0; i < n; i++) {
		printf(".TP\n%d\n", statuses[i].number);
		manual_line(statuses[i].meaning);
	}
}

void manual_example(const char *what, const char *command)
{
	manual_paragraph(what);
	puts(".PP\n.nf\n.RS");
	manual_line(command);
	puts(".RE\n.fi");
}
