/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_CONTROL_EACH_H
#define EVTCPD_CONTROL_EACH_H

/* The commands, one function each: control_do_ID for each row of CONTROL_COMMANDS. rest is what
 * comes behind the name, without blanks around it, good during the call; "" if nothing does. Each
 * ends the call, now or later (control/server.h).
 *
 * What is to be done by all workers goes by control_order, what is to be asked of all by a gather
 * (gather.h), and what a worker alone can do says so if there are several. */

#include "control/commands.h"
#include "control/server.h"
#include "evtcpd/control.h"
#include "evtcpd/errand.h"

struct control_question; /* control_tell.c */

struct control {
	struct control_parts parts;
	struct control_server *server;
	struct control_question *questions; /* under way */
	/* An order to all workers, one at a time; call is NULL when there is none. */
	struct errand *errand;
	struct control_call *call;
	void (*done)(struct control *control, struct control_call *call);
};

#define CONTROL_DO(id, name, arguments, meaning) \
	void control_do_##id(struct control *control, struct control_call *call, const char *rest);
CONTROL_COMMANDS(CONTROL_DO)
#undef CONTROL_DO

/* control_order: act runs with a copy of len bytes at value (errand.h) in each worker's thread;
 * when all have acted, done, which ends the call. While another order is under way, or without
 * memory, -1: the call has failed and is over. Else 0. */
struct control_order {
	void (*act)(struct worker *worker, const void *value);
	const void *value;
	size_t len;
	void (*done)(struct control *control, struct control_call *call);
};

int control_order(
	struct control *control, struct control_call *call, const struct control_order *order);

/* control_is_busy: an order is under way; then the call has failed and is over. For who must know
 * before it begins something. */
int control_is_busy(const struct control *control, struct control_call *call);

/* control_drop_questions: at the end; their calls end unanswered. */
void control_drop_questions(struct control *control);

#endif
