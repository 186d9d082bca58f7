/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target F9 of the test plan: specifications of the link emulator.
 *
 * In: a specification. Out: nothing, or an abort. Beyond "no crash": a mistake is within
 * the text and is told in printable ASCII; what is understood is within its bounds, and
 * written down, read again and written down again it is the same. The input is a heap
 * block of exactly its size and a zero. */

#include "fuzz/target.h"

#include "link/impair/spec.h"

#include <stdlib.h>
#include <string.h>

static void check_error(const char *text, const struct evtcp_impair_error *error)
{
	require(error->column >= 1 && error->column - 1 <= strlen(text));
	require(error->text[0] != '\0' && memchr(error->text, '\0', sizeof(error->text)));
	for (const char *c = error->text; *c; c++)
		require(*c >= ' ' && *c <= '~');
}

static void check_again(const struct evtcp_impair_spec *spec)
{
	char once[EVTCP_IMPAIR_TEXT], twice[EVTCP_IMPAIR_TEXT];
	struct evtcp_impair_error error;
	struct evtcp_impair_spec again;

	require(spec_is_sound(spec));
	evtcp_impair_format(spec, once, sizeof(once));
	require(strlen(once) < sizeof(once) - 1);
	require(evtcp_impair_parse(once, &again, &error) == 0);
	require(strcmp(evtcp_impair_format(&again, twice, sizeof(twice)), once) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	char *text = malloc(size + 1);
	struct evtcp_impair_error error;
	struct evtcp_impair_spec spec;

	if (size > 0)
		memcpy(text, input, size);
	text[size] = '\0';
	if (evtcp_impair_parse(text, &spec, &error) == 0)
		check_again(&spec);
	else
		check_error(text, &error);
	free(text);
	return 0;
}

#define SEED(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

const struct fuzz_seed fuzz_seeds[] = {
	SEED("tx.loss=1%,rx.delay=20ms~5ms,reorder=1%/"
	     "5ms,dup=1%,corrupt=0.1%,rate=10mbit,queue=100,"
	     "seed=7"),
	SEED("gemodel=1%/25%/90%/0.5%, overtake, ecn,truncate=0.0001%,limit=64mb"),
	SEED("mtu=1400/silent,tx.queue=64kb,RX.RATE = 9.6kbit,dup=1%/16,corrupt=100%/64"),
	{NULL, 0},
};
