/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_CONTROL_H
#define EVTCPD_CONTROL_H

/* The daemon's side of the control socket: what a request does. The protocol is described in
 * src/control/README.md. */

#include "evtcpd/stop.h"
#include "evtcpd/workers.h"

struct control;

/* All outlive the control. */
struct control_parts {
	struct workers *workers;
	struct stop *stop;
	const struct options *options;
	int listener; /* a descriptor that listens (control/listener.h) */
};

/* control_new: requests are served from the first worker's loop. NULL with errno. */
struct control *control_new(const struct control_parts *parts);

/* control_free: before the workers are closed. NULL is fine. */
void control_free(struct control *control);

#endif
