/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_RUNGS_H
#define LADDER_RUNGS_H

/* A capture as text: a row for each segment, on the page that live ladders are drawn on, too. */

#include "ladder/follow.h"
#include "trace/ladder_page.h"

/* Connections that are drawn, if not all. */
#define RUNGS_CHOICES 64

struct rungs {
	struct ladder_page page;
	unsigned choices[RUNGS_CHOICES]; /* their numbers */
	unsigned n_choices;              /* 0: all are drawn */
};

/* rungs_is_chosen: whether the connection with this number is drawn. */
bool rungs_is_chosen(const struct rungs *rungs, unsigned number);

/* rungs_show, rungs_show_error: for struct view; arg is a struct rungs. */
void rungs_show(void *arg, const struct rung *rung);
void rungs_show_error(void *arg, struct connection *connection, const struct icmp_error *error,
	bool outbound, uint64_t at_us);

#endif
