/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of request methods, unfolded. Input: a name or a set of bits; output:
 * a number or a list of names. What a method does is the page's business. */
#include "http/verbs.h"

#include <assert.h>
#include <stdio.h>

#define VERB_NAME(name) #name,
static const char *const verb_names[HTTP_N_VERBS] = {HTTP_VERBS(VERB_NAME)};
#undef VERB_NAME

enum http_verb http_verbs_find(struct http_text name)
{
#define VERB_FOUND(verb) \
	if (http_text_equal(name, #verb)) \
		return HTTP_VERB_##verb;
	HTTP_VERBS(VERB_FOUND)
#undef VERB_FOUND
	return HTTP_N_VERBS;
}

const char *http_verbs_name(enum http_verb verb)
{
	assert((unsigned)verb < HTTP_N_VERBS && "a verb comes from the table");
	return verb_names[verb];
}

char *http_verbs_list(unsigned bits, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned verb = 0; verb < HTTP_N_VERBS && len < size; verb++)
		if (bits & (1u << verb))
			len += (size_t)snprintf(
				text + len, size - len, "%s%s", len ? ", " : "", verb_names[verb]);
	return text;
}
