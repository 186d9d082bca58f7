/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_BATCH_H
#define STACK_BATCH_H

/* A batch: some packets that came together, the timers of one turn, or a flush
 * alone. It has one moment, and ends with a flush. */

#include "stack/replies.h"
#include <stdbool.h>
#include <stdint.h>

struct evtcp_stack;

struct batch {
	bool open;       /* between its first act and the end of its flush */
	uint64_t now_us; /* its moment; valid while open */
	uint8_t *linear; /* where a packet of several pieces becomes one; NULL until needed */
	struct replies replies;
};

/* batch_free: releases what a batch keeps for the next one. */
void batch_free(struct evtcp_stack *stack);

/* batch_begin: opens a batch unless one is open, reading the clock. Returns its
 * moment. */
uint64_t batch_begin(struct evtcp_stack *stack);

/* batch_now: the moment for a call of the application: the open batch's, else the
 * clock's. Opens nothing. */
uint64_t batch_now(const struct evtcp_stack *stack);

/* batch_end: the flush is over. */
void batch_end(struct evtcp_stack *stack);

/* batch_link_input: evtcp_stack_input for a link, which promises to say when the
 * batch ends. */
void batch_link_input(struct evtcp_stack *stack, struct evtcp_packet *packet);

/* batch_offer: the same for a packet that another stack of the group passes on. false: it is
 * nobody's here either, and as if it had not come. With tcp.has_siblings off it is always
 * true: nobody else is left to ask. */
bool batch_offer(struct evtcp_stack *stack, struct evtcp_packet *packet);

#endif
