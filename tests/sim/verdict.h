/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_VERDICT_H
#define SIM_VERDICT_H

/* What a run has done wrong: the first thing only, since what follows is mostly
 * its consequence. */

#include <stdarg.h>
#include <stdbool.h>

enum { VERDICT_KIND = 160, VERDICT_TEXT = 400 };

struct verdict {
	bool failed;
	char kind[VERDICT_KIND]; /* the rule that was broken, without its figures */
	char text[VERDICT_TEXT];
};

/* verdict_fail: notes the failure that format describes, if it is the first; format itself
 * is its kind. verdict_fail_as: the same with a kind that the caller names. */
void verdict_fail(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void verdict_fail_as(struct verdict *verdict, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
