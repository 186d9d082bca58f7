/* SPDX-License-Identifier: BSD-3-Clause */
/* argv in, a request out. The syntax of options is that of all our programs (program/options.h);
 * the other words are the command and what belongs to it, which is sent as it is: whether it is
 * right the daemon knows. Here are only the two things that are not its business: the file of a
 * capture, and watch. Knows commands by the table. */

#include "evtcpctl/arguments.h"

#include "evtcpctl/tables.h"
#include "program/options.h"

#include <stdio.h>
#include <string.h>

#define ARGUMENTS_WORDS 64 /* a rule of a fault script with all its conditions has half as many */

/* The reading under way. */
struct arguments_reader {
	struct arguments *arguments;
	struct program_failure *failure;
	const char *words[ARGUMENTS_WORDS]; /* those that are no options */
	size_t n_words;
	int all;
};

enum arguments_option {
#define ARGUMENTS_ID(id, letter, name, argument, meaning) ARGUMENTS_OPTION_##id,
	EVTCPCTL_OPTIONS(ARGUMENTS_ID)
#undef ARGUMENTS_ID
};

#define ARGUMENTS_ROW(id, letter, name, argument, meaning) {letter, name, argument, NULL, meaning},
static const struct program_option options[] = {EVTCPCTL_OPTIONS(ARGUMENTS_ROW)};
#undef ARGUMENTS_ROW

#define ARGUMENTS_COMMAND(id, name, arguments, meaning) name,
#define ARGUMENTS_OWN(name, arguments, meaning) name,
static const char *const commands[] = {
	CONTROL_COMMANDS(ARGUMENTS_COMMAND) CONTROL_CLIENT_COMMANDS(ARGUMENTS_OWN)};
#undef ARGUMENTS_COMMAND
#undef ARGUMENTS_OWN

/* ---- reading ------------------------------------------------------------------------------ */

static int arguments_set(void *arg, size_t row, const char *name, const char *value)
{
	struct arguments_reader *reader = arg;
	struct arguments *arguments = reader->arguments;

	(void)name;
	switch ((enum arguments_option)row) {
	case ARGUMENTS_OPTION_control:
		arguments->socket = value;
		return 0;
	case ARGUMENTS_OPTION_json:
		arguments->json = 1;
		return 0;
	case ARGUMENTS_OPTION_all:
		reader->all = 1;
		return 0;
	case ARGUMENTS_OPTION_help:
		arguments->action = ARGUMENTS_HELP;
		return 1;
	case ARGUMENTS_OPTION_version:
		arguments->action = ARGUMENTS_VERSION;
		return 1;
	}
	return 0;
}

static int arguments_take(void *arg, const char *word)
{
	struct arguments_reader *reader = arg;

	if (reader->n_words == ARGUMENTS_WORDS)
		return program_fail(reader->failure, EVTCPCTL_USAGE, "too many words");
	reader->words[reader->n_words++] = word;
	return 0;
}

/* ---- understanding ------------------------------------------------------------------------ */

static int arguments_is_command(const char *word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i], word) == 0)
			return 1;
	}
	return 0;
}

/* The words as one line. */
static int arguments_join(struct arguments_reader *reader)
{
	char *request = reader->arguments->request;
	size_t len = 0;

	for (size_t i = 0; i < reader->n_words; i++) {
		const char *word = reader->words[i];

		if (strchr(word, '\n') != NULL || len + strlen(word) + 2 >= CONTROL_LINE)
			return program_fail(reader->failure, EVTCPCTL_USAGE,
				"'%.40s...' is too long, or has a line break", word);
		len += (size_t)snprintf(
			request + len, CONTROL_LINE - len, "%s%s", i > 0 ? " " : "", word);
	}
	return 0;
}

static int arguments_understand_all(struct arguments_reader *reader)
{
	if (!reader->all)
		return 0;
	if (strcmp(reader->words[0], "counters") != 0)
		return program_fail(reader->failure, EVTCPCTL_USAGE, "--all is for counters");
	if (reader->n_words == 1)
		reader->words[reader->n_words++] = "all";
	return 0;
}

/* Connections, again and again. */
static int arguments_understand_watch(struct arguments_reader *reader)
{
	if (strcmp(reader->words[0], "watch") != 0)
		return 0;
	if (reader->n_words > 1)
		return program_fail(reader->failure, EVTCPCTL_USAGE, "watch takes no argument");
	reader->arguments->action = ARGUMENTS_WATCH;
	reader->words[0] = "connections";
	return 0;
}

/* The file's name is nothing to the daemon. */
static int arguments_understand_capture(struct arguments_reader *reader)
{
	if (reader->n_words < 2 || strcmp(reader->words[0], "capture") != 0 ||
		strcmp(reader->words[1], "start") != 0)
		return 0;
	if (reader->n_words != 3)
		return program_fail(
			reader->failure, EVTCPCTL_USAGE, "capture start needs a FILE, and no more");
	reader->arguments->file = reader->words[2];
	reader->n_words = 2;
	return 0;
}

static int arguments_understand(struct arguments_reader *reader)
{
	const struct arguments *arguments = reader->arguments;

	if (reader->n_words == 0)
		return program_fail(reader->failure, EVTCPCTL_USAGE,
			"there is no command; --help lists them all");
	if (!arguments_is_command(reader->words[0]))
		return program_fail(reader->failure, EVTCPCTL_USAGE,
			"unknown command '%.100s'; --help lists them all", reader->words[0]);
	if (arguments->socket == NULL || arguments->socket[0] == '\0')
		return program_fail(reader->failure, EVTCPCTL_USAGE,
			"which evtcpd? Name its socket: --control PATH, as evtcpd was started "
			"with, "
			"or the variable " CONTROL_VARIABLE);
	if (arguments_understand_all(reader) < 0 || arguments_understand_watch(reader) < 0 ||
		arguments_understand_capture(reader) < 0)
		return -1;
	return arguments_join(reader);
}

int arguments_parse(struct arguments *arguments, char **argv, const char *variable,
	struct program_failure *failure)
{
	struct arguments_reader reader = {.arguments = arguments, .failure = failure};
	const struct program_syntax syntax = {.options = options,
		.n_options = sizeof(options) / sizeof(options[0]),
		.unknown_status = EVTCPCTL_USAGE,
		.value_status = EVTCPCTL_USAGE,
		.set = arguments_set,
		.operand = arguments_take,
		.arg = &reader};

	*arguments = (struct arguments){.action = ARGUMENTS_ASK, .socket = variable};
	if (program_read_options(&syntax, argv, failure) < 0)
		return -1;
	return arguments->action == ARGUMENTS_ASK ? arguments_understand(&reader) : 0;
}
