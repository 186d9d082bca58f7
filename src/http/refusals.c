/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of refusals, unfolded into strings. Input: the X-macro of the header;
 * output: its columns, one function each. Whoever adds a refusal adds a line
 * there and nothing here. */
#include "http/refusals.h"

#include <assert.h>

struct refusal_row {
	const char *name, *sentence;
	int status;
};

#define REFUSAL_ROW(name_, status_, sentence_) \
	{.name = #name_, .sentence = sentence_, .status = status_},
static const struct refusal_row refusal_rows[HTTP_N_REFUSALS] = {HTTP_REFUSALS(REFUSAL_ROW)};

static const struct refusal_row *refusals_row(enum http_refusal refusal)
{
	assert((unsigned)refusal < HTTP_N_REFUSALS && "a refusal comes from the table");
	return &refusal_rows[refusal];
}

int http_refusals_status(enum http_refusal refusal)
{
	return refusals_row(refusal)->status;
}

const char *http_refusals_sentence(enum http_refusal refusal)
{
	return refusals_row(refusal)->sentence;
}

const char *http_refusals_name(enum http_refusal refusal)
{
	return refusals_row(refusal)->name;
}
