/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_FLUSH_H
#define STACK_FLUSH_H

/* The end of a batch, see evtcp_stack_flush. */

#include <stdbool.h>

struct evtcp_stack;

/* flush_pending: something waits for a flush: news, output, a buffer that the
 * application changed, the link's failure. */
bool flush_pending(const struct evtcp_stack *stack);

/* flush_send: hands everything that TCP wants to send to the link; no callback.
 * A batch is open. Returns how many segments there were. */
unsigned flush_send(struct evtcp_stack *stack);

#endif
