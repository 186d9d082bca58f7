/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target F9 of the test plan: the fault language.
 *
 * In: a script. Out: nothing, or an abort. Beyond "no crash": a mistake is within the
 * script and is told in printable ASCII; a script that is understood, written down
 * from its rules and read again is the same. The input is a heap block of exactly
 * its size. */

#include "fuzz/target.h"

#include "faults/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULE_TEXT = 80 };

static void require(bool condition)
{
	if (!condition)
		abort();
}

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

static size_t write_rule(char *text, const struct script_rule *rule)
{
	static const char *const kinds[] = {"segment", "syn", "data", "fin", "ack", "rst"};
	char nth[24] = "", times[24] = "always";

	if (rule->where.nth != 0)
		snprintf(nth, sizeof(nth), " nth %u", (unsigned)rule->where.nth);
	if (rule->what.times != UINT32_MAX)
		snprintf(times, sizeof(times), "%u", (unsigned)rule->what.times);
	return (size_t)snprintf(text, RULE_TEXT, "%s %s%s: drop %s\n",
		rule->where.outbound ? "out" : "in", kinds[rule->where.kind], nth, times);
}

static void check_again(const struct evtcp_fault_script *script)
{
	char text[SCRIPT_MAX_RULES * RULE_TEXT];
	struct evtcp_fault_error error;
	size_t len = 0;

	require(script->n_rules <= SCRIPT_MAX_RULES);
	for (unsigned i = 0; i < script->n_rules; i++)
		len += write_rule(text + len, &script->rules[i]);

	struct evtcp_fault_script *again =
		evtcp_fault_parse(text, len, evtcp_world_system(), &error);

	require(again && again->n_rules == script->n_rules);
	for (unsigned i = 0; i < script->n_rules; i++) {
		const struct script_rule *a = &script->rules[i], *b = &again->rules[i];

		require(a->where.outbound == b->where.outbound && a->where.kind == b->where.kind);
		require(a->where.nth == b->where.nth && a->what.times == b->what.times);
		require(a->what.verb == b->what.verb);
	}
	evtcp_fault_free(again);
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
	{NULL, 0},
};
