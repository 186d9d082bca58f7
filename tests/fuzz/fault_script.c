/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target F9 of the test plan: the fault language.
 *
 * In: a script. Out: nothing, or an abort. Beyond "no crash": a mistake is within the
 * script and is told in printable ASCII; a script that is understood, written down
 * from its rules and read again is the same. The input is a heap block of exactly
 * its size. */

#include "fuzz/target.h"

#include "faults/script.h"

#include <stdlib.h>
#include <string.h>

static void check_error(const char *text, size_t len, const struct evtcp_fault_error *error)
{
	unsigned line = 1;
	size_t at = 0;

	while (at < len && line < error->line)
		line += text[at++] == '\n';
	require(line == error->line && error->column >= 1);
	require(at + error->column - 1 <= len);
	require(error->text[0] != '\0' && memchr(error->text, '\0', sizeof(error->text)));
	for (const char *c = error->text; *c; c++)
		require(*c >= ' ' && *c <= '~');
}

static void check_text(const char *text)
{
	for (const char *c = text; *c; c++)
		require(*c >= ' ' && *c <= '~');
}

/* Each rule, read again from the text that it keeps, means the same. */
static void check_again(const struct evtcp_fault_script *script)
{
	struct evtcp_fault_rule rule;
	struct evtcp_fault_error error;
	unsigned n = 0;

	require(script->n_rules <= SCRIPT_MAX_RULES);
	for (; evtcp_fault_script_rule(script, n, &rule) == 0; n++) {
		char explanation[EVTCP_FAULT_EXPLAIN_TEXT];
		struct script_rule again;

		check_text(rule.explanation);
		if (strlen(rule.text) + 1 == sizeof(rule.text))
			continue; /* cut */
		require(script_parse_rule(
				rule.text, strlen(rule.text), rule.number, &again, &error) == 1);
		script_explain_rule(&again, explanation, sizeof(explanation));
		require(strcmp(explanation, rule.explanation) == 0);
	}
	require(n == script->n_rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	char *text = malloc(size ? size : 1);
	struct evtcp_fault_error error;
	struct evtcp_fault_script *script;

	if (size > 0)
		memcpy(text, input, size);
	script = evtcp_fault_parse(text, size, evtcp_world_system(), &error);
	if (script)
		check_again(script);
	else
		check_error(text, size, &error);
	evtcp_fault_free(script);
	free(text);
	return 0;
}

#define SEED(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

const struct fuzz_seed fuzz_seeds[] = {
	SEED("out data nth 1: drop 3"),
	SEED("in syn nth 2: drop\n\n# twice\nout segment: drop always\r\n"),
	SEED("in fin nth 1000000000: drop 1000000000 # most\nout ack : drop 2\nin rst:drop\n"),
	SEED("out data after sent 5000 state ESTABLISHED: stall 1.5s always\n"),
	SEED("in data peer fd00:e7::/64 port 5 conn 3: reset in-window\nout syn: mss 300\n"),
	SEED("reply path /bytes/* tag x: drip 10 every 5ms\nreply: length -3\nreply: cut 0\n"),
	SEED("out segment after 2s: window 100 for forever\nout data: corrupt seq 2\n"),
	{NULL, 0},
};
