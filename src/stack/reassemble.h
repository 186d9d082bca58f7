/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_REASSEMBLE_H
#define STACK_REASSEMBLE_H

/* The stack's side of reassembly (ip/reassembly.h): limits, counters, time, and who is told
 * of what never became whole. */

#include "ip/reassembly.h"
#include <evtcp/limits.h>

struct evtcp_stack;

/* reassemble_init: nothing waits; reassembly_free takes it down. */
void reassemble_init(struct evtcp_stack *stack, const struct evtcp_limits *limits);

/* reassemble_input: reassembly_add, and counts the datagrams that gave way. The whole packet,
 * when it returns NONE, is the caller's to release. */
enum evtcp_cause reassemble_input(struct evtcp_stack *stack, const struct ip_view *view,
	uint64_t now, uint8_t **whole, size_t *len);

/* reassemble_run_timers: drops and counts what is overdue; answers wait for the flush. */
void reassemble_run_timers(struct evtcp_stack *stack, uint64_t now);

#endif
