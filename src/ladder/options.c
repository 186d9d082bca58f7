/* SPDX-License-Identifier: BSD-3-Clause */

/* The command line of evtcp-ladder: one setter for each row of options_table.h, which checks the
 * value. The syntax is that of all our programs (program/options.h). */

#include "ladder/options.h"

#include "ladder/options_table.h"
#include "program/options.h"

#include <string.h>

enum { OPTIONS_WIDTH_MIN = 72, OPTIONS_WIDTH_MAX = 1000, OPTIONS_DIGITS = 9 };

/* One setting under way: where it goes, and how it was called, for messages. */
struct options_setting {
	struct options *options;
	struct program_failure *failure;
	const char *name;
	const char *value;
};

/* "--width 20: WHY" */
static int options_bad_value(const struct options_setting *setting, const char *why)
{
	return program_fail(setting->failure, EXIT_STATUS_BAD_VALUE, "%s %s: %s", setting->name,
		setting->value, why);
}

/* A whole number in decimal digits, all of text. */
static bool options_read_number(const char *text, unsigned *number)
{
	size_t len = strlen(text);

	if (len == 0 || len > OPTIONS_DIGITS || strspn(text, "0123456789") != len)
		return false;
	*number = 0;
	for (; *text != '\0'; text++)
		*number = *number * 10 + (unsigned)(*text - '0');
	return true;
}

/* Which of n words value is; n if none. */
static size_t options_read_word(const char *value, const char *const *words, size_t n)
{
	size_t i = 0;

	while (i < n && strcmp(value, words[i]) != 0)
		i++;
	return i;
}

/* ---- setters, in the order of the table -------------------------------------- */

static int options_set_list(const struct options_setting *setting)
{
	setting->options->action = OPTIONS_LIST;
	setting->options->has_list = true;
	return 0;
}

static int options_set_connection(const struct options_setting *setting)
{
	struct options *options = setting->options;
	unsigned number;

	if (!options_read_number(setting->value, &number) || number == 0)
		return options_bad_value(setting, "connections have numbers from 1 on; see --list");
	if (options->n_connections == RUNGS_CHOICES)
		return options_bad_value(setting, "at most 64 connections can be chosen");
	options->connections[options->n_connections++] = number;
	return 0;
}

static int options_set_svg(const struct options_setting *setting)
{
	setting->options->svg = setting->value;
	setting->options->action = OPTIONS_SVG;
	return 0;
}

static int options_set_from(const struct options_setting *setting)
{
	static const char *const words[] = {"client", "server"};
	size_t word = options_read_word(setting->value, words, 2);

	if (word == 2)
		return options_bad_value(setting, "a side is client or server");
	setting->options->from = word == 0 ? OPTIONS_FROM_CLIENT : OPTIONS_FROM_SERVER;
	return 0;
}

static int options_set_time(const struct options_setting *setting)
{
	static const char *const words[] = {"first", "connection", "previous"};
	static const enum ladder_time times[] = {
		LADDER_SINCE_FIRST, LADDER_SINCE_CONNECTION, LADDER_SINCE_PREVIOUS};
	size_t word = options_read_word(setting->value, words, 3);

	if (word == 3)
		return options_bad_value(setting, "times count from first, connection or previous");
	setting->options->time = times[word];
	return 0;
}

static int options_set_width(const struct options_setting *setting)
{
	struct options *options = setting->options;

	if (!options_read_number(setting->value, &options->width) ||
		(options->width != 0 &&
			(options->width < OPTIONS_WIDTH_MIN || options->width > OPTIONS_WIDTH_MAX)))
		return options_bad_value(setting, "a width is 72 to 1000 columns, or 0");
	options->has_width = true;
	return 0;
}

static int options_set_ascii(const struct options_setting *setting)
{
	setting->options->ascii = true;
	return 0;
}

static int options_set_color(const struct options_setting *setting)
{
	static const char *const words[] = {"auto", "always", "never"};
	size_t word = options_read_word(setting->value, words, 3);

	if (word == 3)
		return options_bad_value(setting, "colours are auto, always or never");
	setting->options->colour = (enum options_colour)word;
	return 0;
}

static int options_set_help(const struct options_setting *setting)
{
	setting->options->action = OPTIONS_HELP;
	return 1;
}

static int options_set_version(const struct options_setting *setting)
{
	setting->options->action = OPTIONS_VERSION;
	return 1;
}

/* ---- the whole ------------------------------------------------------------------ */

struct options_reading {
	struct options *options;
	struct program_failure *failure;
};

static int options_set(void *arg, size_t row, const char *name, const char *value)
{
#define OPTIONS_SETTER(id, letter, long_name, argument, default_text, meaning) options_set_##id,
	static int (*const setters[])(const struct options_setting *setting) = {
		OPTIONS(OPTIONS_SETTER)};
#undef OPTIONS_SETTER
	const struct options_reading *reading = arg;
	const struct options_setting setting = {reading->options, reading->failure, name, value};

	return setters[row](&setting);
}

static int options_operand(void *arg, const char *operand)
{
	const struct options_reading *reading = arg;

	if (reading->options->file)
		return program_fail(reading->failure, EXIT_STATUS_UNKNOWN_OPTION,
			"one FILE at a time: '%s' and '%s' are two", reading->options->file,
			operand);
	reading->options->file = operand;
	return 0;
}

int options_parse(struct options *options, char **argv, struct program_failure *failure)
{
#define OPTIONS_ROW(id, letter, name, argument, default_text, meaning) \
	{letter, name, argument, default_text, meaning},
	static const struct program_option rows[] = {OPTIONS(OPTIONS_ROW)};
#undef OPTIONS_ROW
	struct options_reading reading = {options, failure};
	const struct program_syntax syntax = {.options = rows,
		.n_options = sizeof(rows) / sizeof(rows[0]),
		.unknown_status = EXIT_STATUS_UNKNOWN_OPTION,
		.value_status = EXIT_STATUS_BAD_VALUE,
		.set = options_set,
		.operand = options_operand,
		.arg = &reading};

	*options = (struct options){.action = OPTIONS_DRAW};
	if (program_read_options(&syntax, argv, failure) < 0)
		return -1;
	if (options->action == OPTIONS_HELP || options->action == OPTIONS_VERSION)
		return 0;
	if (!options->file)
		return program_fail(failure, EXIT_STATUS_UNKNOWN_OPTION,
			"which FILE? '-' is stdin; --help tells more");
	if (options->svg != NULL && options->has_list)
		return program_fail(failure, EXIT_STATUS_BAD_VALUE,
			"--list or --svg: both would show something else than a ladder");
	if (options->svg == NULL && options->from != OPTIONS_FROM_EITHER)
		return program_fail(failure, EXIT_STATUS_BAD_VALUE,
			"--from is of the graph that --svg FILE draws; a ladder shows both sides");
	if (options->action == OPTIONS_SVG && options->n_connections > 1)
		return program_fail(failure, EXIT_STATUS_BAD_VALUE,
			"--svg draws one connection, and %u were chosen", options->n_connections);
	return 0;
}
