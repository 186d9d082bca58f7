/* SPDX-License-Identifier: BSD-3-Clause */

/* The table of causes, unfolded into strings.
 *
 * Input: the X-macro of <evtcp/causes.h>. Output: text, counter name and class
 * of each cause, and the three functions that hand them out. Nothing is written
 * down twice: whoever adds a cause adds a line to that header.
 *
 * A counter's name is its enumerator in lower case. The compiler does that, one
 * character at a time: the table stays constant and nothing runs at start. */

#include <assert.h>
#include <evtcp/causes.h>

#define CAUSES_NAME_SIZE 32

struct cause {
	char name[CAUSES_NAME_SIZE];
	const char *text;
	enum evtcp_cause_class class;
};

// clang-format off
/* Character i of the string literal s in lower case, 0 past its end. */
#define CAUSES_AT(s, i) ((i) < sizeof(s) ? (s)[(i) < sizeof(s) ? (i) : 0] : '\0')
#define CAUSES_LOWER(s, i) \
	(char)(CAUSES_AT(s, i) >= 'A' && CAUSES_AT(s, i) <= 'Z' ? CAUSES_AT(s, i) + ('a' - 'A') \
	                                                        : CAUSES_AT(s, i))
#define CAUSES_LOWER_8(s, i) \
	CAUSES_LOWER(s, (i) + 0), CAUSES_LOWER(s, (i) + 1), CAUSES_LOWER(s, (i) + 2), \
	CAUSES_LOWER(s, (i) + 3), CAUSES_LOWER(s, (i) + 4), CAUSES_LOWER(s, (i) + 5), \
	CAUSES_LOWER(s, (i) + 6), CAUSES_LOWER(s, (i) + 7)
#define CAUSES_NAME(s) \
	CAUSES_LOWER_8(s, 0), CAUSES_LOWER_8(s, 8), CAUSES_LOWER_8(s, 16), CAUSES_LOWER_8(s, 24)

#define CAUSES_ENTRY(name, class_, text) {{CAUSES_NAME(#name)}, text, EVTCP_CLASS_##class_},
#define CAUSES_NAME_FITS(name, class_, text) \
	_Static_assert(sizeof(#name) <= CAUSES_NAME_SIZE, "name of a cause too long: " #name);
// clang-format on

EVTCP_CAUSES(CAUSES_NAME_FITS)

static const struct cause causes[EVTCP_N_CAUSES] = {EVTCP_CAUSES(CAUSES_ENTRY)};

static const struct cause *causes_get(enum evtcp_cause cause)
{
	assert((unsigned)cause < EVTCP_N_CAUSES && "a cause comes from the table");
	return &causes[cause];
}

const char *evtcp_cause_text(enum evtcp_cause cause)
{
	return causes_get(cause)->text;
}

const char *evtcp_cause_name(enum evtcp_cause cause)
{
	return causes_get(cause)->name;
}

enum evtcp_cause_class evtcp_cause_class(enum evtcp_cause cause)
{
	return causes_get(cause)->class;
}
