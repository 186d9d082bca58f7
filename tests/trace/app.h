/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_H
#define APP_H

/* The application of a performance: it does what the script says, remembers what
 * the stack told it, and reads nothing that it was not asked to read. */

#include "play.h"

/* app_act: performs the act of the present line, which is one of the
 * application's. False with a failure when a call's result is not the one that
 * the line claims or the bytes read are not those of the peer's stream. */
bool app_act(struct play *play, struct flow *flow);

/* app_listen: listens on every address of the stack. 0, or -1 with errno. */
int app_listen(struct play *play);

/* app_connect: active open on flow. 0, or -1 with errno. */
int app_connect(struct play *play, struct flow *flow, uint32_t remote, bool any_port);

/* app_event_name: "eof"; app_event_matters: whether it must be claimed. */
const char *app_event_name(enum event_kind kind);
bool app_event_matters(const struct event *event);

/* app_take_event: the oldest event leaves the list. */
void app_take_event(struct flow *flow);

#endif
